// What came to each status and left it in each second since a snapshot: how counts came to be what they are.
import type { RecordStatus, TransitionTarget } from "../api/generated/graphql.ts";
import type { Change } from "./figures.ts";

type Tally = Partial<Record<TransitionTarget, number>>;

interface Second {
  into: Tally;
  outOf: Tally;
}

const KEPT = 600; // seconds

export class Rates {
  readonly #seconds = new Map<number, Second>();
  #last = 0;

  apply(change: Change): void {
    const at = Math.floor(Date.parse(change.at) / 1000);
    const second = this.#second(at);
    count(second.into, change.to);
    if (change.from) count(second.outOf, change.from);
  }

  // How many were there at the end of each of the last intervals, given how many there are now.
  history(status: RecordStatus, present: number, now: number, interval: number, intervals: number): number[] {
    const gained = this.#sums(now, interval, intervals, (s) => (s.into[status] ?? 0) - (s.outOf[status] ?? 0));
    let sum = present;
    return gained.map((_, i) => (sum -= gained[intervals - i] ?? 0)).reverse();
  }

  #sums(now: number, interval: number, intervals: number, value: (second: Second) => number): number[] {
    const end = Math.floor(now / 1000 / interval) * interval + interval;
    const sums = new Array<number>(intervals).fill(0);
    for (const [at, second] of this.#seconds) {
      const index = intervals - Math.ceil((end - at) / interval);
      if (index >= 0 && index < intervals) sums[index] = (sums[index] ?? 0) + value(second);
    }
    return sums;
  }

  #second(at: number): Second {
    let second = this.#seconds.get(at);
    if (!second) {
      this.#seconds.set(at, (second = { into: {}, outOf: {} }));
      this.#last = Math.max(this.#last, at);
      for (const old of this.#seconds.keys()) if (old < this.#last - KEPT) this.#seconds.delete(old);
    }
    return second;
  }
}

function count(tally: Tally, name: keyof Tally): void {
  tally[name] = (tally[name] ?? 0) + 1;
}
