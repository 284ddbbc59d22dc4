// The end of an action, and what takes it back where the matrix has that.
import type { RecordStatus } from "../api/generated/graphql.ts";
import { plural } from "../parts/numbers.ts";
import { useMatrix } from "../session/viewer.tsx";
import type { Chosen } from "./groups.ts";
import type { Progress } from "./run.ts";
import { known, type UserAction } from "./take.ts";
import { verb } from "./words.ts";

interface Props {
  action: UserAction;
  progress: Progress;
  close: () => void;
  then: (action: UserAction, chosen: Chosen) => void;
}

export function Done({ action, progress, close, then }: Props) {
  const matrix = useMatrix();
  const target = matrix.target(action) as RecordStatus; // where there is an undo, it leads from a status
  const undo = matrix.sources(action).map((from) => matrix.undo(action, from)).find((found) => found !== undefined);
  const back = progress.moved.filter(({ status }) => matrix.undo(action, status) === undo);
  return (
    <footer>
      {undo && known(undo) && back.length > 0 && (
        <button
          onClick={() => then(undo, { by: "ids", records: back.map(({ id }) => ({ id, status: target })) })}
          title="Takes it back"
        >
          Undo: {verb(undo).toLowerCase()} {plural(back.length, "record")}
        </button>
      )}
      <button className="primary" onClick={close} autoFocus>
        Done
      </button>
    </footer>
  );
}
