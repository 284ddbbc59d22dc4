import { expect, test } from "vitest";
import { groups, size } from "./groups.ts";
import { gather, type Refused } from "./preview.ts";
import { cut, movedOf, SLICE } from "./run.ts";
import type { Outcome } from "./take.ts";

const ids = (count: number) => Array.from({ length: count }, (_, i) => `rec_${i + 1}`);

function outcome(given: Partial<Outcome>): Outcome {
  return { matched: 0, moved: 0, refused: 0, unchanged: 0, movedIds: [], counts: [], refusals: [], errors: [], ...given };
}

function refusals(some: string[]): Outcome["refusals"] {
  return some.map((id) => ({ id, code: "NOT_PERMITTED", message: "", currentStatus: "COMPLETE", permitted: [] }));
}

test("records are taken in groups by the status in which they were seen", () => {
  const records = [
    { id: "rec_1", status: "WAITING" as const },
    { id: "rec_2", status: "HOLD" as const },
    { id: "rec_3", status: "WAITING" as const },
  ];

  expect(groups({ by: "ids", records }).map(({ status, count }) => [status, count])).toEqual([
    ["WAITING", 2],
    ["HOLD", 1],
  ]);
  expect(size({ by: "ids", records })).toBe(3);
});

test("a filter is taken once for each status that has records, and for no other", () => {
  const counts = new Map([["WAITING" as const, 7], ["ERROR" as const, 0]]);

  expect(groups({ by: "filter", filter: { tag: ["a"] }, counts })).toEqual([
    { by: "filter", status: "WAITING", filter: { tag: ["a"], status: ["WAITING"] }, count: 7 },
  ]);
});

test("slices are bounded and together are the whole", () => {
  const slices = [...cut(ids(2 * SLICE + 1))];

  expect(slices.map(({ length }) => length)).toEqual([SLICE, SLICE, 1]);
  expect(slices.flat()).toEqual(ids(2 * SLICE + 1));
});

test("all that moved is known where all refusals are listed", () => {
  const some = refusals(["rec_2"]);

  expect(movedOf(ids(300), outcome({ moved: 299, movedIds: ids(100), refused: 1, refusals: some }))).toHaveLength(299);
  expect(movedOf(ids(3), outcome({ moved: 1, movedIds: ["rec_3"], refused: 2, refusals: refusals(ids(2)) }))).toEqual(["rec_3"]);
});

test("only what is surely moved counts as moved where refusals are not all listed", () => {
  const many = outcome({ moved: 400, movedIds: ids(100), refused: 200, refusals: refusals(ids(100)) });

  expect(movedOf(ids(600), many)).toEqual(ids(100));
});

test("refusals are gathered by code over all slices, without what moved", () => {
  const refused: Refused = new Map();
  for (const id of ["rec_1", "rec_2"]) {
    gather(refused, outcome({ counts: [{ code: "NOT_PERMITTED", count: 1 }, { code: "MOVED", count: 5 }], refusals: refusals([id]) }));
  }

  expect([...refused.keys()]).toEqual(["NOT_PERMITTED"]);
  expect(refused.get("NOT_PERMITTED")?.count).toBe(2);
  expect(refused.get("NOT_PERMITTED")?.first.map(({ id }) => id)).toEqual(["rec_1", "rec_2"]);
});
