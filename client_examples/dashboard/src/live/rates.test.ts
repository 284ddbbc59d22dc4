import { expect, test } from "vitest";
import { change } from "./change_for_tests.ts";
import { Rates } from "./rates.ts";

const START = Date.parse("2026-01-01T00:00:00Z");
const at = (seconds: number) => new Date(START + 1000 * seconds).toISOString().replace("Z", "000Z");

function rates(): Rates {
  const made = new Rates();
  for (const seconds of [0, 1, 9, 10, 19]) made.apply(change({ at: at(seconds) }));
  made.apply(change({ at: at(15), from: null, to: "WAITING", action: "SUBMIT" }));
  return made;
}

test("changes are counted in the interval in which they happened, the latest last", () => {
  expect(rates().into("RUNNING", START + 19_500, 10, 3)).toEqual([0, 3, 2]);
});

test("a submission is counted as such, and as one that waits", () => {
  expect(rates().into("SUBMIT", START + 19_500, 10, 2)).toEqual([0, 1]);
  expect(rates().into("WAITING", START + 19_500, 10, 2)).toEqual([0, 1]);
});

test("a count's history ends with what it is now", () => {
  // ten wait now; one came and two left in the last interval, three left in the one before
  expect(rates().history("WAITING", 10, START + 19_500, 10, 3)).toEqual([14, 11, 10]);
});

test("what is older than an hour is forgotten", () => {
  const made = rates();
  made.apply(change({ at: at(3_700) }));

  expect(made.into("RUNNING", START + 3_700_000, 3_800, 1)).toEqual([1]);
});
