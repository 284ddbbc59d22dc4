// What is selected: some records, or all that match.
import { useMemo, useReducer } from "react";
import type { RecordFilter } from "../../api/generated/graphql.ts";
import type { Seen } from "../../actions/groups.ts";

export interface Selection {
  all: boolean;
  some: ReadonlyMap<string, Seen>;
}

type Step = { toggle: Seen } | { add: Seen[] } | "all" | "none";

const NONE: Selection = { all: false, some: new Map() };

export function useSelection(filter: RecordFilter): [Selection, (step: Step) => void] {
  const of = JSON.stringify(filter);
  const [state, take] = useReducer(
    (before: { of: string } & Selection, { of, step }: { of: string; step: Step }) => ({
      of,
      ...next(before.of === of ? before : NONE, step),
    }),
    { of, ...NONE },
  );
  // another filter, another selection
  const selection = state.of === of ? state : NONE;
  return useMemo(() => [selection, (step: Step) => take({ of, step })], [selection, of]);
}

function next({ some }: Selection, step: Step): Selection {
  if (step === "none") return NONE;
  if (step === "all") return { all: true, some: new Map() };
  const changed = new Map(some);
  if ("add" in step) for (const seen of step.add) changed.set(seen.id, seen);
  else if (!changed.delete(step.toggle.id)) changed.set(step.toggle.id, step.toggle);
  return { all: false, some: changed };
}
