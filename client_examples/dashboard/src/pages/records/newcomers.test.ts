import { expect, test } from "vitest";
import { change } from "../../live/change_for_tests.ts";
import { fold } from "./newcomers.ts";

const submitted = change({ from: null, to: "WAITING", action: "SUBMIT" });
const claimed = change({ from: "WAITING", to: "RUNNING" });
const completed = change({ from: "RUNNING", to: "COMPLETE", action: "COMPLETE" });

function folded(filter: object, changes: ReturnType<typeof change>[]): number[] {
  const ids = new Set<string>();
  return changes.map((each) => {
    fold(ids, filter, each);
    return ids.size;
  });
}

test("who came stays new while it moves on inside the filter", () => {
  expect(folded({}, [submitted, claimed, completed])).toEqual([1, 1, 1]);
  expect(folded({ status: ["WAITING", "RUNNING"] }, [submitted, claimed, completed])).toEqual([1, 1, 0]);
});

test("who was there before is not new when it moves on", () => {
  expect(folded({}, [claimed, completed])).toEqual([0, 0]);
  expect(folded({ status: ["COMPLETE"] }, [claimed, completed])).toEqual([0, 1]);
});

test("a killed one is new no more", () => {
  expect(folded({}, [submitted, change({ to: "KILLED", action: "KILL" })])).toEqual([1, 0]);
});
