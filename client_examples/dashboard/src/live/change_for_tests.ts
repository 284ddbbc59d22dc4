// A change of status, for tests that mean to say only what matters to them.
import type { Change } from "./figures.ts";

export function change(given: Partial<Change>): Change {
  return {
    cursor: "1",
    recordId: "rec_1",
    from: "WAITING",
    to: "RUNNING",
    action: "CLAIM",
    actor: "MANAGER",
    at: "2026-01-01T00:00:00.000000Z",
    tag: "a",
    campaign: null,
    owner: "someone",
    ...given,
  };
}
