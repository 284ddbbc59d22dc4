// A button for each action that the server permits.
import type { Action } from "../api/generated/graphql.ts";
import { StatusSign } from "../lifecycle/status.tsx";
import { useFresh } from "../live/hooks.ts";
import { short } from "../parts/numbers.ts";
import { useMatrix } from "../session/viewer.tsx";
import type { Chosen } from "./groups.ts";
import { useAct } from "./host.tsx";
import { known } from "./take.ts";
import { verb } from "./words.ts";

interface Props {
  actions: Action[];
  chosen: Chosen;
  // On how many, where that is known.
  count?: (action: Action) => number | undefined;
  done?: () => void;
}

export function ActionButtons({ actions, chosen, count, done }: Props) {
  const act = useAct();
  const fresh = useFresh();
  const matrix = useMatrix();
  return (
    <span className="actions">
      {actions.filter(known).map((action) => {
        const number = count?.(action);
        return (
          <button
            key={action}
            disabled={!fresh}
            title={fresh ? matrix.describe(action) : "The connection is lost: what is shown may be old."}
            onClick={() => act(action, chosen, done)}
          >
            <StatusSign status={matrix.target(action) ?? "KILLED"} />
            {verb(action)}
            {number !== undefined && <span className="dim">{short(number)}</span>}
          </button>
        );
      })}
    </span>
  );
}
