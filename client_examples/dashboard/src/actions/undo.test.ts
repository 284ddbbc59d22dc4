import { expect, test } from "vitest";
import { Matrix, type Transition } from "../lifecycle/matrix.ts";
import { undoOf } from "./undo.ts";

const move = (action: string, from: string, to: string) =>
  ({ action, from, to, actors: ["USER"], number: null, taskEffect: "KEPT", description: action }) as unknown as Transition;
const matrix = new Matrix({
  recordStatuses: ["WAITING", "HOLD"],
  transitions: [move("HOLD", "WAITING", "HOLD"), move("RELEASE", "HOLD", "WAITING"), move("KILL", "WAITING", "KILLED")],
});
const moved = ["rec_1", "rec_2"].map((id) => ({ id, status: "WAITING" as const }));

test("what was held is released, from the status to which it was moved", () => {
  expect(undoOf(matrix, "HOLD", { moved })).toEqual({
    action: "RELEASE",
    chosen: { by: "ids", records: ["rec_1", "rec_2"].map((id) => ({ id, status: "HOLD" })), moved: true },
    said: "Hold: 2 records moved to HOLD.",
    name: "Undo: release 2 records",
  });
});

test("what nothing takes back, and what moved nothing, has no undo", () => {
  expect(undoOf(matrix, "KILL", { moved })).toBeNull();
  expect(undoOf(matrix, "HOLD", { moved: [] })).toBeNull();
});
