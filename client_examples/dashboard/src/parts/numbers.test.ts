import { expect, test } from "vitest";
import { plural, span } from "./numbers.ts";

test("a span has its two largest units, and none that is zero", () => {
  const seconds = [0.25, 1, 59, 60, 61, 3_600, 3_661, 90_061, 172_800];

  expect(seconds.map((each) => span(each * 1000))).toEqual([
    "250 ms",
    "1 s",
    "59 s",
    "1 min",
    "1 min 1 s",
    "1 h",
    "1 h 1 min",
    "1 d 1 h",
    "2 d",
  ]);
});

test("a span into the future is none", () => {
  expect(span(-5)).toBe("0 ms");
});

test("one record, two records", () => {
  expect([plural(1, "record"), plural(2_000, "record")]).toEqual(["1 record", "2,000 records"]);
});
