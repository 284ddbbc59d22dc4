// What was done last, with the way back: it stays when the dialog is closed, until it is dismissed or something else is done.
import { Undo2, X } from "lucide-react";
import { useFresh } from "../live/hooks.ts";
import type { Undo } from "./undo.ts";

interface Props {
  undo: Undo;
  take: () => void;
  dismiss: () => void;
}

export function Notice({ undo, take, dismiss }: Props) {
  const fresh = useFresh();
  return (
    <aside className="notice" aria-label="Last action">
      <span role="status">{undo.said}</span>
      <button onClick={take} disabled={!fresh}>
        <Undo2 size={14} aria-hidden /> {undo.name}
      </button>
      <button className="quiet icon" aria-label="Dismiss" onClick={dismiss}>
        <X size={16} />
      </button>
    </aside>
  );
}
