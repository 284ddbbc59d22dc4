// How the count of each status came to be what it is: back from it, minute by minute, by what came to the status and left it.
//
// Before the snapshot the server counted transitions by action. One that leads away from several statuses (KILL) does not
// say from which: what these had before such a minute is not known. Since the snapshot the feed tells all.
import type { Action, MinuteFragment, RecordStatus, TransitionTarget } from "../api/generated/graphql.ts";
import type { Change } from "./figures.ts";

export interface Move {
  action: Action;
  from: RecordStatus | null;
  to: TransitionTarget;
}

export interface Trend {
  // One after each minute, the present one last.
  values: number[];
  // Since when they are known, in ms.
  since: number;
  // Whether what was before cannot be known: records were killed, and the server does not count from where.
  cut: boolean;
}

type Counts = Partial<Record<Action, number>>;
type Gains = Partial<Record<TransitionTarget, number>>;

const MINUTE = 60_000;
export const POINTS = 62; // an hour of minutes before the present one, which goes on
const SUBMISSION: Move = { action: "SUBMIT", from: null, to: "WAITING" }; // creation, which is no row of the matrix

export class Trends {
  readonly #counted = new Map<number, Counts>();
  readonly #told = new Map<number, Gains>();
  readonly #began: number;

  constructor(points: MinuteFragment[], now: number) {
    for (const { at, ...counts } of points) this.#counted.set(minute(Date.parse(at)), counts);
    this.#began = points[0] ? Date.parse(points[0].at) : now;
  }

  apply({ at, from, to }: Change): void {
    const when = minute(Date.parse(at));
    let gains = this.#told.get(when);
    if (!gains) {
      this.#told.set(when, (gains = {}));
      for (const old of this.#told.keys()) if (old < when - POINTS) this.#told.delete(old);
    }
    gains[to] = (gains[to] ?? 0) + 1;
    if (from) gains[from] = (gains[from] ?? 0) - 1;
  }

  // The last hour, or as much of it as is known.
  of(status: RecordStatus, present: number, now: number, matrix: readonly Move[]): Trend {
    const moves = [...matrix, SUBMISSION];
    const values = [present];
    let since = now;
    let cut = false;
    for (let when = minute(now); values.length < POINTS && when * MINUTE >= this.#began; when -= 1) {
      const before = (values[0] ?? 0) - this.#gained(status, when, moves);
      cut = Number.isNaN(before);
      if (!(before >= 0)) break; // not known, or of a database that was written to by hand
      values.unshift(before);
      since = when * MINUTE;
    }
    return { values, since, cut };
  }

  // NaN where that is not known.
  #gained(status: RecordStatus, when: number, moves: Move[]): number {
    let gained = this.#told.get(when)?.[status] ?? 0;
    const counts = this.#counted.get(when);
    for (const action of new Set(counts ? moves.map(({ action }) => action) : [])) {
      const count = counts?.[action] ?? 0;
      const ways = moves.filter((move) => move.action === action);
      if (count === 0) continue;
      if (ways.some(({ to }) => to === status)) gained += count;
      if (ways.some(({ from }) => from === status)) gained -= ways.length === 1 ? count : Number.NaN;
    }
    return gained;
  }
}

const minute = (moment: number) => Math.floor(moment / MINUTE);
