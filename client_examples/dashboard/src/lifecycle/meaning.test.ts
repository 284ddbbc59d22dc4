import { expect, test } from "vitest";
import { actors, meaning } from "./meaning.ts";

const FAIL = "SERVER: the time passed; USER: marked as a permanent failure";

test("who acts reads what it means where people do it, and nothing of the server", () => {
  expect(meaning(FAIL, "USER")).toBe("Marked as a permanent failure.");
  expect(meaning("try again; SERVER: by retry policy", "USER")).toBe("Try again.");
  expect(meaning("no longer wanted; the manager is told to stop it", "USER")).toBe("No longer wanted; the manager is told to stop it.");
});

test("who only looks reads all of it, and whose each part is", () => {
  expect(meaning(FAIL)).toBe("The time passed (the server); marked as a permanent failure (a person).");
});

test("actors are told in words", () => {
  expect(actors(["MANAGER", "SERVER"])).toBe("a manager or the server");
});
