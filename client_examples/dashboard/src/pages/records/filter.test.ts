import { expect, test } from "vitest";
import { change } from "../../live/change_for_tests.ts";
import { enters, filterOf, isFiltered, orderOf, paramsOf, remains, touches, unfiltered, withValues } from "./filter.ts";

const params = new URLSearchParams("status=ERROR&status=NONSENSE&tag=a&tag=b&order=oldest");

test("the address says the filter and the order; what is no status is left out", () => {
  expect(filterOf(params, ["WAITING", "ERROR"])).toEqual({ status: ["ERROR"], tag: ["a", "b"] });
  expect(orderOf(params)).toBe("OLDEST_FIRST");
  expect(orderOf(new URLSearchParams())).toBe("NEWEST_FIRST");
});

test("a filter and its address say the same", () => {
  const filter = { status: ["ERROR" as const], tag: ["a", "b"], errorPattern: ["err_1"] };

  expect(filterOf(paramsOf(filter), ["ERROR"])).toEqual(filter);
});

test("to clear the filter leaves the order", () => {
  expect(isFiltered(params)).toBe(true);
  expect(unfiltered(params).toString()).toBe("order=oldest");
  expect(isFiltered(unfiltered(params))).toBe(false);
});

test("one name's values are replaced, and no other's", () => {
  expect(withValues(params, "tag", ["c"]).getAll("tag")).toEqual(["c"]);
  expect(withValues(params, "tag", ["c"]).getAll("status")).toEqual(["ERROR", "NONSENSE"]);
});

test("a change enters a filter when it leads there from outside", () => {
  const errors = { status: ["ERROR" as const] };

  expect(enters(errors, change({ from: "RUNNING", to: "ERROR" }))).toBe(true);
  expect(enters(errors, change({ from: "ERROR", to: "WAITING" }))).toBe(false);
  expect(enters({ ...errors, tag: ["other"] }, change({ from: "RUNNING", to: "ERROR" }))).toBe(false);
  expect(enters({ ...errors, campaign: ["c"] }, change({ from: "RUNNING", to: "ERROR", campaign: null }))).toBe(false);
});

test("without statuses only a new record enters, for all others are in it already", () => {
  expect(enters({}, change({ from: null, to: "WAITING" }))).toBe(true);
  expect(enters({}, change({ from: "WAITING", to: "RUNNING" }))).toBe(false);
});

test("one that is killed enters nothing", () => {
  expect(enters({}, change({ from: null, to: "KILLED" }))).toBe(false);
});

test("a change alters what matches where it leads into the filter, out of it, or within", () => {
  const errors = { status: ["ERROR" as const], tag: ["a"] };

  expect(touches(errors, change({ from: "RUNNING", to: "ERROR" }))).toBe(true);
  expect(touches(errors, change({ from: "ERROR", to: "WAITING" }))).toBe(true);
  expect(touches({}, change({ from: "WAITING", to: "RUNNING" }))).toBe(true);
  expect(touches(errors, change({ from: "WAITING", to: "RUNNING" }))).toBe(false);
  expect(touches(errors, change({ from: "ERROR", to: "WAITING", tag: "b" }))).toBe(false);
});

test("a record remains in a filter as long as its status does", () => {
  expect(remains({ status: ["ERROR"] }, "ERROR")).toBe(true);
  expect(remains({ status: ["ERROR"] }, "WAITING")).toBe(false);
  expect(remains({ tag: ["a"] }, "RUNNING")).toBe(true);
  expect(remains({}, "KILLED")).toBe(false);
});

test("what is tried again has left a filter by errors", () => {
  expect(remains({ errorType: ["crash"] }, "WAITING")).toBe(false);
  expect(remains({ errorPattern: ["err_1"] }, "FAILED")).toBe(true);
});
