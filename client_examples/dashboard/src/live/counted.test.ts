import { expect, test } from "vitest";
import { change } from "./change_for_tests.ts";
import { Counted } from "./counted.ts";

const START = Date.parse("2026-01-01T00:00:00Z");
const at = (seconds: number) => new Date(START + 1000 * seconds).toISOString().replace("Z", "000Z");
const claim = (seconds: number) => change({ at: at(seconds), action: "CLAIM" });
const point = (seconds: number, CLAIM: number) => ({ at: at(seconds), SUBMIT: 0, CLAIM, COMPLETE: 0, REPORT_ERROR: 0 });

function shown(counted: Counted, seconds: number) {
  const now = START + 1000 * seconds;
  return counted.perMinute("CLAIM", counted.times(now), now);
}

test("what the server counted and what the feed told of since are one, in the step of the snapshot too", () => {
  const counted = new Counted(60, 3, START + 130_000, [point(0, 5), point(60, 7), point(120, 1)]);
  for (const seconds of [131, 179, 180]) counted.apply(claim(seconds));

  expect(counted.times(START + 241_000)).toEqual([60, 120, 180].map((seconds) => START / 1000 + seconds));
  expect(shown(counted, 241)).toEqual([7, 3, 1]);
});

test("a step that goes on is shown at its own rate, once it says anything", () => {
  const counted = new Counted(60, 2, START, [point(0, 5), point(60, 1)]);

  expect(shown(counted, 62)).toEqual([0, 5]);
  expect(shown(counted, 80)).toEqual([5, 3]);
});

test("without the server's counts nothing is known of what was before", () => {
  const counted = new Counted(2, 4, START + 2_500);
  counted.apply(claim(3));

  expect(shown(counted, 6)).toEqual([null, null, 30, 0]);
});

test("transitions that are not counted change nothing", () => {
  const counted = new Counted(2, 2, START);
  counted.apply(change({ at: at(1), action: "HOLD" }));

  expect(counted.perMinute("SUBMIT", counted.times(START + 4_000), START + 4_000)).toEqual([0, 0]);
});
