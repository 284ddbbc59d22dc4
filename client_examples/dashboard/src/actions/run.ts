// An action taken in slices of bounded size, each with an idempotency key: what was cut off can be sent again safely.
import { execute } from "../api/execute.ts";
import { IdsDocument, type RecordStatus } from "../api/generated/graphql.ts";
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
  readonly #slices: AsyncGenerator<Slice, void>;
  #pending: Slice | undefined;

  constructor(action: UserAction, preview: Preview, reason: string, tell: () => void) {
    this.#action = action;
    this.#reason = reason;
    this.#tell = tell;
    this.progress = { total: preview.moved, done: 0, moved: [], refused: new Map(), incomplete: false };
    this.#slices = slices(preview.parts.filter(({ outcome }) => outcome.moved > 0));
  }

  // To the end, or until something fails; called again, it goes on with the slice that was under way.
  async go(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#pending ??= (await this.#slices.next()).value ?? undefined;
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
    gather(progress.refused, outcome);
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

async function* slices(parts: Previewed[]): AsyncGenerator<Slice, void> {
  for (const { group, outcome } of parts) {
    const pages = group.by === "ids" ? cut(group.ids) : matching(group.filter, outcome.matched);
    for await (const ids of pages) yield { ids, status: group.status, key: crypto.randomUUID() };
  }
}

export function* cut(ids: string[]): Generator<string[]> {
  for (let i = 0; i < ids.length; i += SLICE) yield ids.slice(i, i + SLICE);
}

// Page by page, and no more than were previewed: others may come in meanwhile.
async function* matching(filter: object, most: number): AsyncGenerator<string[]> {
  let after: string | null = null;
  for (let left = most; left > 0; ) {
    const first: number = Math.min(SLICE, left);
    const { records }: Awaited<ReturnType<typeof page>> = await page(filter, first, after);
    const ids = records.nodes.map(({ id }) => id);
    if (ids.length > 0) yield ids;
    left -= ids.length;
    after = records.pageInfo.endCursor;
    if (!records.pageInfo.hasNextPage) return;
  }
}

const page = (filter: object, first: number, after: string | null) => execute(IdsDocument, { filter, first, after });
