// Since when the record that is longest in each status is in it. COMPLETE and FAILED are where records rest: no age there.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { execute } from "../../api/execute.ts";
import { OldestDocument, type OldestQuery, type RecordStatus } from "../../api/generated/graphql.ts";
import { useWhenChanged } from "../../live/hooks.ts";

const KEY = ["oldest"];

export function useOldest(): Map<RecordStatus, string> | undefined {
  const queries = useQueryClient();
  // the oldest of a status changes only when one leaves it, or comes to where there was none
  useWhenChanged(() => true, () => void queries.invalidateQueries({ queryKey: KEY }), 5_000);
  return useQuery({ queryKey: KEY, queryFn: ({ signal }) => execute(OldestDocument, {}, signal), select }).data;
}

function select({ statusCounts }: OldestQuery): Map<RecordStatus, string> {
  return new Map(
    statusCounts.flatMap(({ status, oldestSince }) => (status && oldestSince ? [[status, oldestSince] as const] : [])),
  );
}
