import { expect, test } from "vitest";
import { change } from "./change_for_tests.ts";
import { Figures } from "./figures.ts";

const snapshot = {
  byTag: [
    { status: "WAITING" as const, tag: "a", count: 3 },
    { status: "COMPLETE" as const, tag: "b", count: 5 },
  ],
  byCampaign: [
    { status: "WAITING" as const, campaign: null, count: 3 },
    { status: "COMPLETE" as const, campaign: "c", count: 5 },
  ],
};

test("a move leaves one status and enters another, in the totals and under every label", () => {
  const figures = new Figures(snapshot);
  figures.apply(change({}));

  expect([figures.totals.get("WAITING"), figures.totals.get("RUNNING")]).toEqual([2, 1]);
  expect(figures.by.tag.get("a")).toEqual(new Map([["WAITING", 2], ["RUNNING", 1]]));
  expect(figures.by.campaign.get(null)).toEqual(new Map([["WAITING", 2], ["RUNNING", 1]]));
  expect(figures.relabelled).toBe(false);
});

test("a new record is counted, under a label that is new as well", () => {
  const figures = new Figures(snapshot);
  figures.apply(change({ from: null, to: "WAITING", action: "SUBMIT", tag: "new" }));

  expect(figures.totals.get("WAITING")).toBe(4);
  expect(figures.by.tag.get("new")).toEqual(new Map([["WAITING", 1]]));
});

test("a killed record is counted nowhere", () => {
  const figures = new Figures(snapshot);
  figures.apply(change({ to: "KILLED", action: "KILL" }));

  expect([...figures.totals.values()].reduce((a, b) => a + b)).toBe(7);
});

test("a label that loses more than it had tells that records were relabelled", () => {
  const figures = new Figures(snapshot);
  figures.apply(change({ tag: "b" }));

  expect(figures.relabelled).toBe(true);
});
