import { expect, test } from "vitest";
import { Matrix, type Transition } from "./matrix.ts";

// No copy of Interlock's lifecycle: another one, of which the page must be able to draw the same conclusions.
function move(action: string, from: string, to: string, ...actors: string[]): Transition {
  return { action, from, to, actors, number: null, taskEffect: "KEPT", description: action } as unknown as Transition;
}

const matrix = new Matrix({
  recordStatuses: ["WAITING", "HOLD", "ERROR"],
  transitions: [
    move("HOLD", "WAITING", "HOLD", "USER"),
    move("RELEASE", "HOLD", "WAITING", "USER"),
    move("RETRY", "ERROR", "WAITING", "USER", "SERVER"),
    move("REPORT_ERROR", "WAITING", "ERROR", "MANAGER"),
    move("KILL", "WAITING", "KILLED", "USER"),
    move("KILL", "HOLD", "KILLED", "USER"),
  ],
});

test("what takes an action back is a person's transition the other way", () => {
  expect(matrix.undo("HOLD", "WAITING")).toBe("RELEASE");
  expect(matrix.undo("RELEASE", "HOLD")).toBe("HOLD");
});

test("what only a manager can undo is not offered to people", () => {
  expect(matrix.undo("RETRY", "ERROR")).toBeUndefined();
});

test("an action is final where nothing leads away from its target", () => {
  expect([matrix.final("KILL"), matrix.final("HOLD")]).toEqual([true, false]);
});

test("the actions of several statuses are those of any of them, each once", () => {
  expect(matrix.actions("USER", ["WAITING", "HOLD"])).toEqual(["HOLD", "RELEASE", "KILL"]);
});

test("places are the statuses and wherever else a transition leads", () => {
  expect(matrix.places).toEqual(["WAITING", "HOLD", "ERROR", "KILLED"]);
});
