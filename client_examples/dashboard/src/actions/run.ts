// An action taken in slices of bounded size, each with an idempotency key: what was cut off can be sent again safely.
import { execute } from "../api/execute.ts";
import { IdsDocument, type RecordFilter, type RecordStatus } from "../api/generated/graphql.ts";
import type { Seen } from "./groups.ts";
import { gather, type Preview, type Previewed, type Refused } from "./preview.ts";
import { type Outcome, take, type UserAction } from "./take.ts";

export const SLICE = 1_000;

interface Slice {
  ids: string[];
  status: RecordStatus;
  key: string;
}

export interface Progress {
  total: number;
  done: number;
  moved: Seen[];
  refused: Refused;
  // True where more was refused in one slice than the server lists: then not all that moved is known by id.
  incomplete: boolean;
}

export class Run {
  readonly progress: Progress;
  readonly #action: UserAction;
  readonly #reason: string;
  readonly #tell: () => void;
  readonly #slices: Slices;
  #pending: Slice | undefined;

  constructor(action: UserAction, preview: Preview, reason: string, tell: () => void) {
    this.#action = action;
    this.#reason = reason;
    this.#tell = tell;
    this.progress = { total: preview.moved, done: 0, moved: [], refused: new Map(), incomplete: false };
    this.#slices = new Slices(preview.parts.filter(({ outcome }) => outcome.moved > 0));
  }

  // To the end, or until something fails; called again, it goes on with the slice that was under way.
  async go(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#pending ??= await this.#slices.next();
      const slice = this.#pending;
      if (!slice) break;
      const outcome = await take(this.#action, {
        target: { ids: slice.ids },
        expectedStatus: slice.status,
        reason: this.#reason,
        idempotencyKey: slice.key,
        dryRun: false,
        allOrNothing: false,
      });
      this.#pending = undefined;
      this.#took(slice, outcome);
    }
  }

  #took(slice: Slice, outcome: Outcome): void {
    const { progress } = this;
    progress.done += slice.ids.length;
    gather(progress.refused, outcome, slice.status);
    for (const id of movedOf(slice.ids, outcome)) progress.moved.push({ id, status: slice.status });
    if (outcome.refused > outcome.refusals.length) progress.incomplete = true;
    this.#tell();
  }
}

// The payload lists the first hundred moved and the first hundred refused: one of the two tells all, mostly.
export function movedOf(ids: string[], { movedIds, moved, refused, refusals, unchanged }: Outcome): string[] {
  if (moved === movedIds.length) return movedIds;
  if (refused > refusals.length || unchanged > 0) return movedIds;
  const not = new Set(refusals.map(({ id }) => id));
  return ids.filter((id) => !not.has(id));
}

// What is left to do, a slice at a time. Where the next one cannot be had, it can be asked for again.
export class Slices {
  readonly #parts: Previewed[];
  readonly #page: typeof page;
  #begun = 0; // of the first part: so many are taken,
  #after: string | null = null; // up to this cursor

  constructor(parts: Previewed[], ask = page) {
    this.#parts = [...parts];
    this.#page = ask;
  }

  async next(): Promise<Slice | undefined> {
    for (let part = this.#parts[0]; part; part = this.#parts[0]) {
      const { group, outcome } = part;
      const ids = group.by === "ids" ? group.ids.slice(this.#begun, this.#begun + SLICE) : await this.#matching(group.filter, outcome.matched);
      this.#begun += ids.length;
      if (ids.length > 0) return { ids, status: group.status, key: crypto.randomUUID() };
      this.#parts.shift();
      this.#begun = 0;
      this.#after = null;
    }
    return undefined;
  }

  // Page by page, and no more than were previewed: others may come in meanwhile.
  async #matching(filter: RecordFilter, most: number): Promise<string[]> {
    const first = Math.min(SLICE, most - this.#begun);
    if (first <= 0 || (this.#begun > 0 && this.#after === null)) return [];
    const { records } = await this.#page(filter, first, this.#after);
    this.#after = records.pageInfo.hasNextPage ? records.pageInfo.endCursor : null;
    return records.nodes.map(({ id }) => id);
  }
}

const page = (filter: RecordFilter, first: number, after: string | null) => execute(IdsDocument, { filter, first, after });
