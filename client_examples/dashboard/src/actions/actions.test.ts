import { expect, test } from "vitest";
import { type Group, groups, size } from "./groups.ts";
import { gather, type Refused } from "./preview.ts";
import { movedOf, SLICE, Slices } from "./run.ts";
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

async function all(slices: Slices): Promise<string[][]> {
  const found = [];
  for (let slice = await slices.next(); slice; slice = await slices.next()) found.push(slice.ids);
  return found;
}

const part = (group: Group, matched = 0) => ({ group, outcome: outcome({ matched }) });

test("slices are bounded and together are the whole", async () => {
  const many = ids(2 * SLICE + 1);
  const first = part({ by: "ids", status: "WAITING", ids: many, count: many.length });
  const slices = await all(new Slices([first, part({ by: "ids", status: "HOLD", ids: ["rec_x"], count: 1 })]));

  expect(slices.map(({ length }) => length)).toEqual([SLICE, SLICE, 1, 1]);
  expect(slices.flat()).toEqual([...many, "rec_x"]);
});

test("a page that cannot be had is asked for again, and nothing is left out", async () => {
  const many = ids(2 * SLICE);
  let asked = 0;
  const ask = (_: object, first: number, after: string | null) => {
    asked += 1;
    if (asked % 2 === 1) return Promise.reject(new Error("The server cannot be reached."));
    const begin = after === null ? 0 : Number(after);
    const end = begin + first;
    const nodes = many.slice(begin, end).map((id) => ({ id }));
    return Promise.resolve({ records: { nodes, pageInfo: { endCursor: `${end}`, hasNextPage: end < many.length } } });
  };
  const slices = new Slices([part({ by: "filter", status: "WAITING", filter: {}, count: many.length }, many.length)], ask);

  await expect(slices.next()).rejects.toThrow("reached");
  expect((await slices.next())?.ids).toHaveLength(SLICE);
  await expect(slices.next()).rejects.toThrow("reached");
  expect((await slices.next())?.ids.at(-1)).toBe(many.at(-1));
  expect(await slices.next()).toBeUndefined();
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

test("refusals are gathered by code and status over all slices, without what moved", () => {
  const refused: Refused = new Map();
  for (const id of ["rec_1", "rec_2"]) {
    gather(refused, outcome({ counts: [{ code: "NOT_PERMITTED", count: 1 }, { code: "MOVED", count: 5 }], refusals: refusals([id]) }), "COMPLETE");
  }
  gather(refused, outcome({ counts: [{ code: "NOT_PERMITTED", count: 3 }] }), "FAILED");

  expect([...refused.values()].map(({ code, count, first }) => [code, count, first.map(({ id }) => id)])).toEqual([
    ["NOT_PERMITTED", 2, ["rec_1", "rec_2"]],
    ["NOT_PERMITTED", 3, []],
  ]);
});
