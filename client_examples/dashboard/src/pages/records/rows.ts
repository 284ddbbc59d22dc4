// The rows of a filter, page by page behind a cursor, and how many match.
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { execute } from "../../api/execute.ts";
import {
  MatchingDocument,
  MatchingErrorsDocument,
  type RecordFilter,
  type RecordOrder,
  RecordsDocument,
  type RecordsQuery,
  type RecordStatus,
} from "../../api/generated/graphql.ts";
import { useWhenChanged } from "../../live/hooks.ts";
import { touches } from "./filter.ts";

export type Row = RecordsQuery["records"]["nodes"][number];

// Another generation is asked for anew.
export function useRows(filter: RecordFilter, orderBy: RecordOrder, generation: number) {
  return useInfiniteQuery({
    queryKey: ["records", filter, orderBy, generation],
    queryFn: ({ pageParam, signal }) => execute(RecordsDocument, { filter, orderBy, after: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ records: { pageInfo } }) => (pageInfo.hasNextPage ? pageInfo.endCursor : undefined),
    staleTime: Infinity, // the feed says what is new
    gcTime: 60_000,
    structuralSharing: false, // to compare all pages whenever one comes would take longer the more there are
    placeholderData: (before) => before,
  });
}

export type Matching = Map<RecordStatus, number>;

export function useMatching(filter: RecordFilter): Matching | undefined {
  const queries = useQueryClient();
  const key = ["matching", filter];
  useWhenChanged((change) => touches(filter, change), () => void queries.invalidateQueries({ queryKey: key }), 2_000);
  return useQuery({ queryKey: key, queryFn: ({ signal }) => matching(filter, signal), placeholderData: (before) => before })
    .data;
}

export async function matching(filter: RecordFilter, signal?: AbortSignal): Promise<Matching> {
  const counts: Matching = new Map();
  for (const { status, count } of await counted(filter, signal)) {
    if (status) counts.set(status, (counts.get(status) ?? 0) + count);
  }
  return counts;
}

// Counts do not know errors; the groups of errors do.
async function counted(filter: RecordFilter, signal?: AbortSignal) {
  if (filter.errorType || filter.errorPattern) return (await execute(MatchingErrorsDocument, { filter }, signal)).errorGroups;
  return (await execute(MatchingDocument, { filter }, signal)).statusCounts;
}
