// How many transitions there were in each step of time: what the server counted up to a snapshot, and the feed since.
import type { Action, StepFragment } from "../api/generated/graphql.ts";
import type { Change } from "./figures.ts";

export const COUNTED = ["SUBMIT", "CLAIM", "COMPLETE", "REPORT_ERROR"] as const satisfies readonly `${Action}`[];
export type CountedAction = (typeof COUNTED)[number];
type Tally = Record<CountedAction, number>;
const ENOUGH = 10; // seconds of a step that goes on, before it says anything

export class Counted {
  readonly step: number;
  readonly #kept: number;
  readonly #known: number;
  readonly #tallies = new Map<number, Tally>();

  // Steps of so many seconds, so many of them. Without points, nothing is known of what was before this moment (in ms).
  constructor(step: number, kept: number, now: number, points?: StepFragment[]) {
    this.step = step;
    this.#kept = kept;
    this.#known = points ? -Infinity : this.#begins(now);
    for (const { at, ...tally } of points ?? []) this.#tallies.set(this.#begins(Date.parse(at)), { ...tally });
  }

  apply({ at, action }: Change): void {
    if (!isCounted(action)) return;
    const begins = this.#begins(Date.parse(at));
    let tally = this.#tallies.get(begins);
    if (!tally) {
      this.#tallies.set(begins, (tally = { SUBMIT: 0, CLAIM: 0, COMPLETE: 0, REPORT_ERROR: 0 }));
      for (const old of this.#tallies.keys()) if (old <= begins - 2 * this.#kept * this.step) this.#tallies.delete(old);
    }
    tally[action] += 1;
  }

  // When the last steps began, in seconds since 1970; the latest last, which may be going on.
  times(now: number): number[] {
    const present = this.#begins(now);
    const last = now / 1000 - present < ENOUGH ? present - this.step : present;
    return Array.from({ length: this.#kept }, (_, i) => last - (this.#kept - 1 - i) * this.step);
  }

  // How many there were a minute in each of these steps, as far as they have come; null where that is not known.
  perMinute(action: CountedAction, times: number[], now: number): (number | null)[] {
    return times.map((time) => {
      if (time < this.#known) return null;
      const seconds = Math.min(this.step, now / 1000 - time);
      return ((this.#tallies.get(time)?.[action] ?? 0) * 60) / seconds;
    });
  }

  #begins(moment: number): number {
    return Math.floor(moment / 1000 / this.step) * this.step;
  }
}

function isCounted(action: string): action is CountedAction {
  return (COUNTED as readonly string[]).includes(action);
}
