// The end of an action, and what takes it back where the matrix has that.
import type { Undo } from "./undo.ts";

interface Props {
  undo: Undo | null;
  close: () => void;
  then: (undo: Undo) => void;
}

export function Done({ undo, close, then }: Props) {
  return (
    <footer>
      {undo && <button onClick={() => then(undo)}>{undo.name}</button>}
      <button className="primary" onClick={close} autoFocus>
        Done
      </button>
    </footer>
  );
}
