// The labels that the server knows, by which one may filter.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { execute } from "../../api/execute.ts";
import { LabelNamesDocument, type LabelNamesQuery } from "../../api/generated/graphql.ts";
import type { Label } from "./filter.ts";

export type LabelNames = Record<Label, string[]>;

const QUERY = {
  queryKey: ["label names"],
  queryFn: ({ signal }: { signal: AbortSignal }) => execute(LabelNamesDocument, {}, signal),
};

// As they are known now, undefined until they are; and a promise of them, asked for again where they may be old.
export function useLabelNames(): { names: LabelNames | undefined; ask: () => Promise<LabelNames> } {
  const queries = useQueryClient();
  const { data } = useQuery(QUERY);
  const names = useMemo(() => data && namesIn(data), [data]);
  return { names, ask: async () => namesIn(await queries.fetchQuery(QUERY)) };
}

function namesIn(data: LabelNamesQuery): LabelNames {
  const sorted = (names: (string | null)[]) => [...new Set(names.filter((name) => name !== null))].sort();
  return {
    campaign: sorted(data.campaigns.map(({ campaign }) => campaign)),
    tag: sorted(data.tags.map(({ tag }) => tag)),
    owner: sorted(data.owners.map(({ owner }) => owner)),
    kind: sorted(data.kinds.map(({ name }) => name)),
    errorType: sorted(data.errorGroups.map(({ errorType }) => errorType)),
  };
}
