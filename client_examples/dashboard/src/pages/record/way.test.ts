import { expect, test } from "vitest";
import { firstOf, wayInWords } from "./way.ts";

const steps = [
  { action: "RETRY" as const, from: "ERROR" as const, to: "WAITING" as const, actors: ["USER" as const, "SERVER" as const] },
  { action: "CLAIM" as const, from: "WAITING" as const, to: "RUNNING" as const, actors: ["MANAGER" as const] },
];

test("a way is told step by step: who takes it, and where it leads", () => {
  expect(wayInWords("RUNNING", steps)).toBe(
    "The way to RUNNING: Retry (by a person or the server) to WAITING, then Claim (by a manager) to RUNNING.",
  );
  expect(wayInWords("RUNNING", [])).toBe("");
});

test("only the first step is offered, and only where the server permits it", () => {
  expect(firstOf(steps, new Set(["FAIL" as const, "RETRY" as const]))).toBe("RETRY");
  expect(firstOf(steps.slice(1), new Set(["HOLD" as const]))).toBeUndefined();
  expect(firstOf(null, new Set(["HOLD" as const]))).toBeUndefined();
});
