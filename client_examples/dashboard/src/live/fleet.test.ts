import type { Client, Sink } from "graphql-ws";
import { expect, test } from "vitest";
import { failing, Fleet, health, type Manager } from "./fleet.ts";

const manager = (id: string, change: Partial<Manager> = {}): Manager => ({
  id,
  name: id,
  active: true,
  cluster: null,
  hostname: null,
  version: null,
  tags: [],
  programs: [],
  heartbeatAt: "2026-01-01T00:00:00Z",
  leaseSeconds: 60,
  runningCount: 0,
  completedCount: 0,
  errorCount: 0,
  ...change,
});

// A connection in the test's own hands: only what a fleet does with one.
function connection() {
  let sink: Sink | undefined;
  const given = { up: true };
  const client = {
    subscribe: (_: unknown, its: Sink) => {
      sink = its;
      return () => undefined;
    },
    terminate: () => (given.up = false),
  } as unknown as Client;
  const tell = (managerChanges: Manager) => sink?.next({ data: { managerChanges } });
  return { client, given, tell, end: () => sink?.complete() };
}

const ids = ({ managers }: Fleet) => managers && [...managers.keys()];

test("those that leave go from the list, and each connection begins with those that are there then", () => {
  const fleet = new Fleet(() => undefined);
  const [first, second] = [connection(), connection()];
  fleet.follow(first.client);
  expect(ids(fleet)).toBeNull();
  for (const each of [manager("a"), manager("b"), manager("a", { active: false })]) first.tell(each);
  expect(ids(fleet)).toEqual(["b"]);

  fleet.follow(second.client);
  expect(ids(fleet)).toEqual(["b"]);
  second.tell(manager("c"));
  expect(ids(fleet)).toEqual(["c"]);
});

test("a snapshot without managers empties the list", () => {
  const fleet = new Fleet(() => undefined);
  const { client, tell } = connection();
  fleet.follow(client);
  tell(manager("a"));
  fleet.none();
  expect(ids(fleet)).toEqual([]);
});

test("where the managers are not told of any more the connection is given up, since the list would be old", () => {
  const { client, given, end } = connection();
  new Fleet(() => undefined).follow(client);
  end();
  expect(given.up).toBe(false);
});

test("one that falls silent is late after half a lease and lost after all of it", () => {
  const heard = Date.parse(manager("a").heartbeatAt);
  expect([29_000, 31_000, 61_000].map((silence) => health(manager("a"), heard + silence))).toEqual(["well", "late", "lost"]);
});

test("one that fails more than it finishes is failing, and still is when it has fallen silent", () => {
  const sick = manager("a", { completedCount: 1, errorCount: 9 });
  const heard = Date.parse(sick.heartbeatAt);

  expect(health(sick, heard)).toBe("failing");
  expect([health(sick, heard + 61_000), failing(sick)]).toEqual(["lost", true]);
  expect(failing(manager("a", { completedCount: 1, errorCount: 3 }))).toBe(false);
});
