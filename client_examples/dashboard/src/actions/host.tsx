// Where the dialog of an action lives: above all pages, so that it outlives what it was opened from.
//
// A group of errors vanishes when all of it is retried; the dialog that says so, and offers what takes it back, stays.
import { createContext, type ReactNode, useCallback, useContext, useState } from "react";
import { ActionDialog } from "./dialog.tsx";
import type { Chosen } from "./groups.ts";
import type { UserAction } from "./take.ts";

type Act = (action: UserAction, chosen: Chosen, done?: () => void) => void;

const Context = createContext<Act>(() => {
  throw new Error("There is no ActionHost around this component.");
});

export const useAct = () => useContext(Context);

export function ActionHost({ children }: { children: ReactNode }) {
  const [open, setOpen] = useState<{ action: UserAction; chosen: Chosen; done?: (() => void) | undefined } | null>(null);
  const act = useCallback<Act>((action, chosen, done) => setOpen({ action, chosen, done }), []);
  return (
    <Context value={act}>
      {children}
      {open && (
        <ActionDialog
          key={open.action}
          action={open.action}
          chosen={open.chosen}
          then={(action, chosen) => setOpen({ action, chosen, done: open.done })}
          close={() => {
            setOpen(null);
            open.done?.();
          }}
        />
      )}
    </Context>
  );
}
