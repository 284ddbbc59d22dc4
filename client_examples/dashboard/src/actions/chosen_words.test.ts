import { expect, test } from "vitest";
import type { RecordFilter } from "../api/generated/graphql.ts";
import { inWords } from "./chosen_words.ts";

const matching = (filter: RecordFilter, count = 312) => ({ by: "filter" as const, filter, counts: new Map([["ERROR" as const, count]]) });
const ids = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `rec_${i + 1}`, status: "WAITING" as const }));

test("a filter is told with each of its conditions", () => {
  expect(inWords(matching({ status: ["ERROR"], errorType: ["scf_not_converged"] }))).toBe(
    "All 312 records with status ERROR and with error type scf_not_converged.",
  );
  expect(inWords(matching({ status: ["ERROR", "FAILED"], campaign: ["a"], tag: ["b", "c"], owner: ["alice"], kind: ["python"] }))).toBe(
    "All 312 records with status ERROR or FAILED, of campaign a, with tag b or c, owned by alice and of kind python.",
  );
  expect(inWords(matching({ tag: ["a"] }, 1))).toBe("The one record with tag a.");
});

test("without a filter it is all that there are, and that is said", () => {
  expect(inWords(matching({}, 1_000_000))).toBe("All 1,000,000 records that there are, whatever their status.");
});

test("an error's pattern is told by what it looks like", () => {
  const filter = { errorPattern: ["err_7"] };

  expect(inWords(matching(filter), new Map([["err_7", "crash “at <n>”"]]))).toBe("All 312 records whose error is crash “at <n>”.");
  expect(inWords(matching(filter))).toBe("All 312 records whose error is like the pattern err_7.");
});

test("a single record is named, with the status in which it was seen", () => {
  expect(inWords({ by: "ids", records: ids(1) })).toBe("The record rec_1, which is WAITING.");
});

test("of several records a few are named, and always their statuses are", () => {
  const mixed = [...ids(2), { id: "rec_3", status: "COMPLETE" as const }];

  expect(inWords({ by: "ids", records: mixed })).toBe("rec_1, rec_2 and rec_3: 3 records chosen one by one, 2 WAITING and 1 COMPLETE.");
  expect(inWords({ by: "ids", records: ids(2_500), moved: true })).toBe("2,500 records that you have just moved, all WAITING.");
});
