// Every filter that the API has.
import { X } from "lucide-react";
import { useEffect } from "react";
import type { RecordStatus } from "../../api/generated/graphql.ts";
import { StatusSign } from "../../lifecycle/status.tsx";
import { keepCampaigns } from "./campaigns.ts";
import { isFiltered, type Label, LABELS, unfiltered, withValues } from "./filter.ts";
import { LabelInput } from "./label_input.tsx";
import { useLabelNames } from "./label_names.ts";
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
  // A value was chosen by the keyboard, which goes on with what was found.
  taken: () => void;
}

export function Filters({ params, statuses, change, taken }: Props) {
  const { names, ask } = useLabelNames();
  useEffect(() => keepCampaigns(params), [params]);
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
            known={names?.[label]}
            ask={async () => (await ask())[label]}
            values={params.getAll(label)}
            change={(values) => change(withValues(params, label, values))}
            taken={taken}
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
