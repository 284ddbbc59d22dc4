// Every filter that the API has.
import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useMemo } from "react";
import { execute } from "../../api/execute.ts";
import { LabelNamesDocument, type LabelNamesQuery, type RecordStatus } from "../../api/generated/graphql.ts";
import { StatusSign } from "../../lifecycle/status.tsx";
import { isFiltered, type Label, LABELS, unfiltered, withValues } from "./filter.ts";
import { LabelInput } from "./label_input.tsx";
import { PatternChips } from "./pattern_chips.tsx";
import "./filters.css";

const NAMES: Record<Label, string> = {
  campaign: "campaign",
  tag: "tag",
  owner: "owner",
  kind: "kind",
  errorType: "error type",
};

interface Props {
  params: URLSearchParams;
  statuses: RecordStatus[];
  change: (params: URLSearchParams) => void;
}

export function Filters({ params, statuses, change }: Props) {
  const names = useNames();
  const chosen = params.getAll("status");
  const toggled = (status: string) =>
    chosen.includes(status) ? chosen.filter((other) => other !== status) : [...chosen, status];
  return (
    <search className="filters">
      <fieldset className="statuses">
        <legend className="unseen">Status</legend>
        {statuses.map((status) => (
          <button
            key={status}
            className="chip"
            data-status={status}
            aria-pressed={chosen.includes(status)}
            onClick={() => change(withValues(params, "status", toggled(status)))}
          >
            <StatusSign status={status} size={13} /> {status}
          </button>
        ))}
      </fieldset>
      <div className="label-inputs">
        {LABELS.map((label) => (
          <LabelInput
            key={label}
            name={NAMES[label]}
            known={names[label]}
            values={params.getAll(label)}
            change={(values) => change(withValues(params, label, values))}
          />
        ))}
        <PatternChips
          values={params.getAll("errorPattern")}
          change={(values) => change(withValues(params, "errorPattern", values))}
        />
        {isFiltered(params) && (
          <button className="quiet" onClick={() => change(unfiltered(params))}>
            <X size={14} /> Clear
          </button>
        )}
      </div>
    </search>
  );
}

function useNames(): Record<Label, string[]> {
  const { data } = useQuery({
    queryKey: ["label names"],
    queryFn: ({ signal }) => execute(LabelNamesDocument, {}, signal),
  });
  return useMemo(() => namesIn(data), [data]);
}

function namesIn(data: LabelNamesQuery | undefined): Record<Label, string[]> {
  const sorted = (names: (string | null)[] = []) => [...new Set(names.filter((name) => name !== null))].sort();
  return {
    campaign: sorted(data?.campaigns.map(({ campaign }) => campaign)),
    tag: sorted(data?.tags.map(({ tag }) => tag)),
    owner: sorted(data?.owners.map(({ owner }) => owner)),
    kind: sorted(data?.kinds.map(({ name }) => name)),
    errorType: sorted(data?.errorGroups.map(({ errorType }) => errorType)),
  };
}
