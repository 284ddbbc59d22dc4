// A button for each action that the server permits.
import type { Action } from "../api/generated/graphql.ts";
import type { Matrix } from "../lifecycle/matrix.ts";
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
  // Before the dialog opens.
  pressed?: () => void;
}

export function ActionButtons({ actions, chosen, count, done, pressed }: Props) {
  const act = useAct();
  const fresh = useFresh();
  const matrix = useMatrix();
  const last = (action: Action) => Number(matrix.final(action)); // what cannot be taken back stands apart
  return (
    <span className="actions">
      {actions.filter(known).sort((a, b) => last(a) - last(b)).map((action) => {
        const number = count?.(action);
        return (
          <button
            key={action}
            className={matrix.final(action) ? "danger" : undefined}
            disabled={!fresh}
            title={fresh ? title(matrix, action) : "The connection is lost: what is shown may be old."}
            onClick={() => {
              pressed?.();
              act(action, chosen, done);
            }}
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

const title = (matrix: Matrix, action: Action) =>
  `${matrix.describe(action)}${matrix.final(action) ? " It cannot be taken back." : ""}`;
