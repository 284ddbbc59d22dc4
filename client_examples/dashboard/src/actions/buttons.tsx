// A button for each action that the server permits, and the dialog that it opens.
import { useState } from "react";
import type { Action } from "../api/generated/graphql.ts";
import { StatusSign } from "../lifecycle/status.tsx";
import { useFresh } from "../live/hooks.ts";
import { short } from "../parts/numbers.ts";
import { useMatrix } from "../session/viewer.tsx";
import { ActionDialog } from "./dialog.tsx";
import type { Chosen } from "./groups.ts";
import { known, type UserAction } from "./take.ts";
import { verb } from "./words.ts";

interface Props {
  actions: Action[];
  chosen: Chosen;
  // On how many, where that is known.
  count?: (action: Action) => number | undefined;
  done?: () => void;
}

export function ActionButtons({ actions, chosen, count, done }: Props) {
  const [open, setOpen] = useState<{ action: UserAction; chosen: Chosen } | null>(null);
  const fresh = useFresh();
  const matrix = useMatrix();
  return (
    <>
      <span className="actions">
        {actions.filter(known).map((action) => {
          const number = count?.(action);
          return (
            <button
              key={action}
              disabled={!fresh}
              title={fresh ? matrix.describe(action) : "The connection is lost: what is shown may be old."}
              onClick={() => setOpen({ action, chosen })}
            >
              <StatusSign status={matrix.target(action) ?? "KILLED"} />
              {verb(action)}
              {number !== undefined && <span className="dim">{short(number)}</span>}
            </button>
          );
        })}
      </span>
      {open && (
        <ActionDialog
          key={open.action}
          {...open}
          then={(action, chosen) => setOpen({ action, chosen })}
          close={() => {
            setOpen(null);
            done?.();
          }}
        />
      )}
    </>
  );
}
