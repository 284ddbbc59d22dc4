// Where the dialog of an action lives: above all pages, so that it outlives what it was opened from.
//
// A group of errors vanishes when all of it is retried; the dialog that says so stays, and then what takes it back.
import { createContext, type ReactNode, useCallback, useContext, useState } from "react";
import { useMatrix } from "../session/viewer.tsx";
import { ActionDialog } from "./dialog.tsx";
import type { Chosen } from "./groups.ts";
import { Notice } from "./notice.tsx";
import type { Progress } from "./run.ts";
import type { UserAction } from "./take.ts";
import { type Undo, undoOf } from "./undo.ts";

type Act = (action: UserAction, chosen: Chosen, done?: () => void) => void;

interface Open {
  action: UserAction;
  chosen: Chosen;
  done?: (() => void) | undefined;
}

const Context = createContext<Act>(() => {
  throw new Error("There is no ActionHost around this component.");
});

export const useAct = () => useContext(Context);

export function ActionHost({ children }: { children: ReactNode }) {
  const matrix = useMatrix();
  const [open, setOpen] = useState<Open | null>(null);
  const [last, setLast] = useState<Undo | null>(null);
  const act = useCallback<Act>((action, chosen, done) => setOpen({ action, chosen, done }), []);

  function close({ action, done }: Open, progress: Progress | undefined) {
    setOpen(null);
    if (!progress) return; // nothing was done, and what was selected still is
    const undo = undoOf(matrix, action, progress);
    if (undo || last?.action === action) setLast(undo); // what cannot be taken back leaves what can
    done?.();
  }

  return (
    <Context value={act}>
      {children}
      {last && !open && <Notice undo={last} take={() => act(last.action, last.chosen)} dismiss={() => setLast(null)} />}
      {open && (
        <ActionDialog
          key={open.action}
          action={open.action}
          chosen={open.chosen}
          then={(undo) => {
            setLast(undo);
            setOpen({ action: undo.action, chosen: undo.chosen, done: open.done });
          }}
          close={(progress) => close(open, progress)}
        />
      )}
    </Context>
  );
}
