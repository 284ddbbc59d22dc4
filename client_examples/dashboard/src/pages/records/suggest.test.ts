import { expect, test } from "vitest";
import { suggest } from "./suggest.ts";

const known = ["benchmark-2", "conformers", "torsion", "Torsion-Drives", "history"];

test("what begins with what was typed comes before what only has it, and the very same before both", () => {
  expect(suggest(known, "tor", [])).toEqual(["torsion", "Torsion-Drives", "history"]);
  expect(suggest(["b", "ab", "B", "ba"], "B", [])).toEqual(["B", "b", "ba", "ab"]);
});

test("without anything typed all are suggested, but those that are chosen already", () => {
  expect(suggest(known, " ", ["torsion"])).toEqual(["benchmark-2", "conformers", "Torsion-Drives", "history"]);
});

test("what nothing is meant by has no suggestion", () => {
  expect(suggest(known, "torx", [])).toEqual([]);
});
