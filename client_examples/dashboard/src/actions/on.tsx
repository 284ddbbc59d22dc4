// What an action is taken on, what it means, and where it leads.
import type { TransitionTarget } from "../api/generated/graphql.ts";
import { Status } from "../lifecycle/status.tsx";
import { usePatterns } from "../pages/errors/patterns.ts";
import { useMatrix } from "../session/viewer.tsx";
import { inWords } from "./chosen_words.ts";
import { type Chosen, size } from "./groups.ts";
import type { UserAction } from "./take.ts";

interface Props {
  action: UserAction;
  chosen: Chosen;
  // Not yet done: what it means and where it leads is still to be weighed.
  planned: boolean;
}

export function On({ action, chosen, planned }: Props) {
  const matrix = useMatrix();
  const found = usePatterns((chosen.by === "filter" && chosen.filter.errorPattern?.map(String)) || []);
  const patterns = new Map([...found].map(([id, { errorType, message }]) => [id, `${errorType}${message ? ` “${message}”` : ""}`]));
  const target = matrix.target(action);
  const one = size(chosen) === 1;
  return (
    <div className="on">
      <p className="on-what">{inWords(chosen, patterns)}</p>
      {planned && (
        <p className="dim">
          {matrix.describe(action)}{" "}
          {matrix.final(action) ? (
            <>
              {one ? "Record and task are deleted; its history stays. " : "Records and tasks are deleted; their history stays. "}
              <strong className="wrong">This cannot be taken back.</strong>
            </>
          ) : (
            target && <Leads one={one} target={target} />
          )}
        </p>
      )}
    </div>
  );
}

function Leads({ one, target }: { one: boolean; target: TransitionTarget }) {
  return (
    <>
      {one ? "It goes to" : "They go to"} <Status status={target} />.
    </>
  );
}
