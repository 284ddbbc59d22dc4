import { expect, test } from "vitest";
import { change } from "./change_for_tests.ts";
import { Knowledge } from "./knowledge.ts";

const EARLY = "2026-01-01T00:00:00.000001Z";
const LATE = "2026-01-01T00:00:00.000002Z";

test("the feed knows better than a list that was asked for before the change", () => {
  const knowledge = new Knowledge();
  knowledge.apply(change({ at: LATE, to: "HOLD" }));

  expect(knowledge.newer({ id: "rec_1", since: EARLY })).toEqual({ status: "HOLD", since: LATE });
});

test("a list that was asked for after the change knows better than the feed", () => {
  const knowledge = new Knowledge();
  knowledge.apply(change({ at: EARLY }));

  expect(knowledge.newer({ id: "rec_1", since: LATE })).toBeUndefined();
  expect(knowledge.newer({ id: "rec_1", since: EARLY })).toBeUndefined();
  expect(knowledge.newer({ id: "rec_2", since: EARLY })).toBeUndefined();
});

test("what changed longest ago is forgotten first", () => {
  const knowledge = new Knowledge();
  for (let i = 0; i < 20_001; i += 1) knowledge.apply(change({ recordId: `rec_${i}`, at: LATE }));

  expect(knowledge.last("rec_0")).toBeUndefined();
  expect(knowledge.last("rec_1")).toBeDefined();
});
