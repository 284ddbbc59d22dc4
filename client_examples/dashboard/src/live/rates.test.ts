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

test("a count's history ends with what it is now", () => {
  // ten wait now; one came and two left in the last interval, three left in the one before
  expect(rates().history("WAITING", 10, START + 19_500, 10, 3)).toEqual([14, 11, 10]);
});

test("what is older than ten minutes is forgotten", () => {
  const made = rates();
  made.apply(change({ at: at(700) }));

  expect(made.history("RUNNING", 10, START + 700_000, 800, 2)).toEqual([9, 10]);
});
