// What patterns of errors stand for, as long as there are errors that follow them.
import { useQuery } from "@tanstack/react-query";
import { execute } from "../../api/execute.ts";
import { PatternsDocument, type PatternsQuery } from "../../api/generated/graphql.ts";

type Found = PatternsQuery["errorGroups"][number];
const NONE: ReadonlyMap<string, Found> = new Map();

export function usePatterns(ids: string[]): ReadonlyMap<string, Found> {
  const { data } = useQuery({
    queryKey: ["patterns", ids],
    queryFn: ({ signal }) => execute(PatternsDocument, { ids }, signal),
    enabled: ids.length > 0,
    select: ({ errorGroups }) =>
      new Map(errorGroups.flatMap((group) => (group.pattern === null ? [] : [[group.pattern, group] as const]))),
  });
  return data ?? NONE;
}
