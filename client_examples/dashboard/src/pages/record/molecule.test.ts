import { expect, test } from "vitest";
import { formula, moleculeIn } from "./molecule.ts";

const water = { symbols: ["O", "H", "H"], geometry: [0, 0, 0, 0, 0, 1.8897261246, 0, 1, 0] };

test("a molecule is found where qcschema has it, and told in ångström", () => {
  const found = moleculeIn({ program: "tblite", input: { molecule: water } });

  expect(found?.formula).toBe("H₂O");
  expect(found?.xyz.split("\n")[3]).toBe("H 0.000000 0.000000 1.000000");
  expect(moleculeIn({ molecule: water })?.xyz).toBe(found?.xyz);
});

test("a flat molecule is looked at from where it is seen", () => {
  expect(moleculeIn({ molecule: water })?.thin).toBe("x");
  expect(moleculeIn({ molecule: { symbols: ["H", "H"], geometry: [0, 0, 0, 1, 2, 0] } })?.thin).toBe("z");
});

test("what is no molecule is none", () => {
  const wrong = [null, 3, {}, { molecule: null }, { molecule: { symbols: ["H"], geometry: [1, 2] } }, { input: [] }];
  for (const value of wrong) expect(moleculeIn(value)).toBeNull();
});

test("formulas are in Hill's order", () => {
  expect(formula(["O", "H", "C", "H", "H", "H", "Cl"])).toBe("CH₄ClO");
  expect(formula(["O", "H", "H"])).toBe("H₂O");
});
