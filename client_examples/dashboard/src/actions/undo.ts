// What takes an action back, where the matrix has that.
import type { RecordStatus } from "../api/generated/graphql.ts";
import type { Matrix } from "../lifecycle/matrix.ts";
import { plural } from "../parts/numbers.ts";
import type { Chosen } from "./groups.ts";
import type { Progress } from "./run.ts";
import { known, type UserAction } from "./take.ts";
import { verb } from "./words.ts";

export interface Undo {
  action: UserAction;
  chosen: Chosen;
  // What happened, and what would be done.
  said: string;
  name: string;
}

export function undoOf(matrix: Matrix, action: UserAction, { moved }: Pick<Progress, "moved">): Undo | null {
  const undo = matrix.sources(action).map((from) => matrix.undo(action, from)).find((found) => found !== undefined);
  if (!undo || !known(undo)) return null;
  const back = moved.filter(({ status }) => matrix.undo(action, status) === undo);
  if (back.length === 0) return null;
  const target = matrix.target(action) as RecordStatus; // where there is an undo, it leads from a status
  const number = plural(back.length, "record");
  return {
    action: undo,
    chosen: { by: "ids", records: back.map(({ id }) => ({ id, status: target })), moved: true },
    said: `${verb(action)}: ${number} moved to ${target}.`,
    name: `Undo: ${verb(undo).toLowerCase()} ${number}`,
  };
}
