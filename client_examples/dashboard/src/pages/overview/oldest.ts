// How long the oldest record of each status has been on its way. COMPLETE and FAILED are where records rest: no age there.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { execute } from "../../api/execute.ts";
import { OldestDocument, type OldestQuery, type RecordStatus } from "../../api/generated/graphql.ts";
import { useWhenChanged } from "../../live/hooks.ts";

const KEY = ["oldest"];

export function useOldest(): Partial<Record<RecordStatus, string>> | undefined {
  const queries = useQueryClient();
  // the first of a status has changed only if one has left it, or one has come back
  useWhenChanged(({ from }) => from !== null, () => void queries.invalidateQueries({ queryKey: KEY }), 5_000);
  return useQuery({ queryKey: KEY, queryFn: ({ signal }) => execute(OldestDocument, {}, signal), select }).data;
}

function select(data: OldestQuery): Partial<Record<RecordStatus, string>> {
  const found: Partial<Record<RecordStatus, string>> = {};
  for (const status of ["WAITING", "RUNNING", "ERROR", "HOLD"] as const) {
    const first = data[status].nodes[0];
    if (first) found[status] = first.submittedAt;
  }
  return found;
}
