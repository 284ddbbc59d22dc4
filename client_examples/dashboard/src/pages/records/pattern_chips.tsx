// The patterns of errors that are filtered by: they come by a link, and can be taken away.
import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { execute } from "../../api/execute.ts";
import { PatternsDocument } from "../../api/generated/graphql.ts";
import { Pattern } from "../errors/pattern.tsx";

interface Props {
  values: string[];
  change: (values: string[]) => void;
}

export function PatternChips({ values, change }: Props) {
  const { data } = useQuery({
    queryKey: ["patterns", values],
    queryFn: ({ signal }) => execute(PatternsDocument, { ids: values }, signal),
    enabled: values.length > 0,
  });
  const found = new Map(data?.errorGroups.map((group) => [group.pattern, group]));
  return values.map((value) => {
    const { errorType, message } = found.get(value) ?? {};
    return (
      <button
        key={value}
        className="chip chosen pattern"
        aria-label={`error ${message ?? value}: remove`}
        title={message ?? `No error follows the pattern ${value} any more.`}
        onClick={() => change(values.filter((other) => other !== value))}
      >
        <span className="dim">{errorType ?? "error"}</span> <Pattern text={message ?? value} /> <X size={12} aria-hidden />
      </button>
    );
  });
}
