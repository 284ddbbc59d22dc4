// What the feed last said of single records, newer than what a list or a page asked for.
import type { TransitionTarget } from "../api/generated/graphql.ts";
import type { Change } from "./figures.ts";

const KEPT = 20_000;

export class Knowledge {
  readonly #last = new Map<string, Change>();

  apply(change: Change): void {
    this.#last.delete(change.recordId); // to the end: what was told longest ago is forgotten first
    this.#last.set(change.recordId, change);
    if (this.#last.size > KEPT) {
      for (const oldest of this.#last.keys()) {
        this.#last.delete(oldest);
        break;
      }
    }
  }

  last(id: string): Change | undefined {
    return this.#last.get(id);
  }

  // Its status and since when, if the feed knows better than who asked: times of one record are of one clock.
  newer(seen: { id: string; since: string }): { status: TransitionTarget; since: string } | undefined {
    const change = this.#last.get(seen.id);
    return change && change.at > seen.since ? { status: change.to, since: change.at } : undefined;
  }
}
