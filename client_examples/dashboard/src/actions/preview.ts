// What an action would do, as the server says: a dry run of each group.
import type { OutcomeCode, RecordStatus } from "../api/generated/graphql.ts";
import { type Chosen, type Group, groups } from "./groups.ts";
import { type Outcome, type Refusal, take, type UserAction } from "./take.ts";

export interface Previewed {
  group: Group;
  outcome: Outcome;
}

export interface Preview {
  parts: Previewed[];
  moved: number;
  refused: Refused;
}

// Refusals by code and by the status that was seen, with the first of each to look at.
export type Refused = Map<string, { code: OutcomeCode; count: number; first: Refusal[] }>;

export async function preview(action: UserAction, chosen: Chosen, signal: AbortSignal): Promise<Preview> {
  const parts: Previewed[] = [];
  for (const group of groups(chosen)) {
    parts.push({ group, outcome: await dryRun(action, group, signal) });
  }
  const refused: Refused = new Map();
  for (const { group, outcome } of parts) gather(refused, outcome, group.status);
  return { parts, moved: parts.reduce((sum, { outcome }) => sum + outcome.moved, 0), refused };
}

function dryRun(action: UserAction, group: Group, signal: AbortSignal): Promise<Outcome> {
  const target = group.by === "ids" ? { ids: group.ids } : { filter: group.filter };
  return take(action, { target, expectedStatus: group.status, dryRun: true, allOrNothing: false }, signal);
}

const LISTED = 100;

export function gather(refused: Refused, outcome: Outcome, seen: RecordStatus): void {
  for (const { code, count } of outcome.counts) {
    if (code === "MOVED" || code === "UNCHANGED") continue;
    const kind = `${code} ${seen}`;
    const known = refused.get(kind) ?? { count: 0, first: [] };
    const first = [...known.first, ...outcome.refusals.filter((refusal) => refusal.code === code)].slice(0, LISTED);
    refused.set(kind, { code, count: known.count + count, first });
  }
}
