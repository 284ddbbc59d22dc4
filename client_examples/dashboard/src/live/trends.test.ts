import { expect, test } from "vitest";
import type { MinuteFragment } from "../api/generated/graphql.ts";
import { change } from "./change_for_tests.ts";
import { type Move, Trends } from "./trends.ts";

const START = Date.parse("2026-01-01T00:00:00Z");
const at = (seconds: number) => new Date(START + 1000 * seconds).toISOString().replace("Z", "000Z");
const NONE = { SUBMIT: 0, CLAIM: 0, COMPLETE: 0, REPORT_ERROR: 0, HOLD: 0, RELEASE: 0, KILL: 0, RETRY: 0, FAIL: 0, REGENERATE: 0 };
const point = (minutes: number, counts: Partial<MinuteFragment>): MinuteFragment => ({ at: at(60 * minutes), ...NONE, ...counts });
const MATRIX: Move[] = [
  { action: "CLAIM", from: "WAITING", to: "RUNNING" },
  { action: "HOLD", from: "WAITING", to: "HOLD" },
  { action: "KILL", from: "WAITING", to: "KILLED" },
  { action: "KILL", from: "HOLD", to: "KILLED" },
];

const trend = (trends: Trends, status: "WAITING" | "RUNNING" | "HOLD", present: number, seconds: number) => {
  const { values, since } = trends.of(status, present, START + 1000 * seconds, MATRIX);
  return [values, (since - START) / 60_000];
};

test("a count is told back by what the server counted before the snapshot and the feed told since", () => {
  const trends = new Trends([point(0, { SUBMIT: 9 }), point(1, { CLAIM: 4 }), point(2, { HOLD: 1 })], START);
  trends.apply(change({ at: at(130), from: "WAITING", to: "RUNNING" }));
  trends.apply(change({ at: at(181), from: "WAITING", to: "KILLED", action: "KILL" }));

  expect(trend(trends, "WAITING", 2, 185)).toEqual([[0, 9, 5, 3, 2], 0]);
  expect(trend(trends, "RUNNING", 5, 185)).toEqual([[0, 0, 4, 5, 5], 0]);
});

test("nothing is told of what was before records were killed from a status that the server does not name", () => {
  const trends = new Trends([point(0, { SUBMIT: 9 }), point(1, { KILL: 4 }), point(2, { CLAIM: 2 })], START);

  expect(trend(trends, "WAITING", 3, 125)).toEqual([[5, 3], 2]);
  expect(trend(trends, "RUNNING", 2, 125)).toEqual([[0, 0, 0, 2], 0]);
  expect(trends.of("WAITING", 3, START + 125_000, MATRIX).cut).toBe(true);
  expect(trends.of("RUNNING", 2, START + 125_000, MATRIX).cut).toBe(false);
});

test("a count that would have been less than none is not known", () => {
  const trends = new Trends([point(0, {}), point(1, { CLAIM: 4 })], START);

  expect(trend(trends, "RUNNING", 1, 65)).toEqual([[1], 65 / 60]);
});

test("nothing is told of what was before the server's first count, and no more than an hour", () => {
  const trends = new Trends(Array.from({ length: 90 }, (_, i) => point(i, {})), START);

  expect(trends.of("HOLD", 3, START + 60_000 * 89.5, MATRIX)).toEqual({ values: Array(62).fill(3), since: START + 60_000 * 29, cut: false });
  expect(trend(new Trends([point(5, {})], START), "HOLD", 3, 390)).toEqual([[3, 3, 3], 5]);
});
