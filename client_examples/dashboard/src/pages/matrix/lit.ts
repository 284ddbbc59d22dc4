// What lights up when a record is chosen: where it is, and which of its moves the server permits this viewer, or why not.
import type { Action, MovesOfQuery, RecordStatus } from "../../api/generated/graphql.ts";

export interface Lit {
  status: RecordStatus;
  open: Set<Action>;
  why: Map<Action, string>;
}

export function litBy(record: MovesOfQuery["record"] | undefined): Lit | null {
  if (!record) return null;
  const open = record.permittedActions.filter(({ permitted }) => permitted).map(({ action }) => action);
  const why = record.permittedActions.map(({ action, denial }): [Action, string] => [action, denial?.message ?? ""]);
  return { status: record.status, open: new Set(open), why: new Map(why) };
}
