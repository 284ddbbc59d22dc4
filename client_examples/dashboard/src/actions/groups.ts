// What an action is taken on, as the page showed it: in groups by the status that was seen.
//
// The status goes along as `expectedStatus`, so that nothing is moved from where nobody saw it.
import type { RecordFilter, RecordStatus } from "../api/generated/graphql.ts";

export interface Seen {
  id: string;
  status: RecordStatus;
}

// `moved`: they are what an action has just moved, to be taken back.
export type Chosen =
  | { by: "ids"; records: Seen[]; moved?: boolean }
  | { by: "filter"; filter: RecordFilter; counts: Map<RecordStatus, number> };

export type Group =
  | { by: "ids"; status: RecordStatus; ids: string[]; count: number }
  | { by: "filter"; status: RecordStatus; filter: RecordFilter; count: number };

export function groups(chosen: Chosen): Group[] {
  if (chosen.by === "filter") {
    return [...chosen.counts]
      .filter(([, count]) => count > 0)
      .map(([status, count]) => ({ by: "filter", status, filter: { ...chosen.filter, status: [status] }, count }));
  }
  const ids = new Map<RecordStatus, string[]>();
  for (const { id, status } of chosen.records) {
    const group = ids.get(status);
    if (group) group.push(id);
    else ids.set(status, [id]);
  }
  return [...ids].map(([status, group]) => ({ by: "ids", status, ids: group, count: group.length }));
}

export const size = (chosen: Chosen): number => groups(chosen).reduce((sum, { count }) => sum + count, 0);
