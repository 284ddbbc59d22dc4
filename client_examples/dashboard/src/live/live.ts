// Everything that is live on the page, in one place: React reads it, and is told once a frame that it has changed.
import { execute } from "../api/execute.ts";
import { SnapshotDocument } from "../api/generated/graphql.ts";
import { clock } from "./clock.ts";
import { Counted } from "./counted.ts";
import { Feed, type FeedOptions, type FeedState } from "./feed.ts";
import { type Change, Figures } from "./figures.ts";
import { Fleet } from "./fleet.ts";
import { Knowledge } from "./knowledge.ts";
import { Trends } from "./trends.ts";

export type ChangeListener = (change: Change) => void;
const HOUR = 3600;
const before = (seconds: number) => new Date(clock.now() - 1000 * seconds).toISOString();

export class Live {
  figures: Figures | null = null;
  state: FeedState = "connecting";
  // Why it is not live, and since when (ms).
  why = "";
  lost = clock.now();
  version = 0;
  trends: Trends | null = null;
  // Throughput of the last five minutes, hour and day, in steps of different lengths.
  throughput: Counted[] = [];
  readonly fleet = new Fleet(() => this.#tell());
  readonly knowledge = new Knowledge();
  readonly #options: FeedOptions;
  #feed: Feed | null = null;
  readonly #listeners = new Set<() => void>();
  readonly #changes = new Set<ChangeListener>();
  readonly #anew = new Set<() => void>();
  readonly #back = new Set<() => void>();
  #awaited = false;

  constructor(key: string, refused: (reason: string) => void) {
    this.#options = {
      url: new URL("/graphql", location.href.replace(/^http/, "ws")).href,
      key,
      refused,
      snapshot: (signal) => this.#snapshot(signal),
      change: (change) => this.#take(change),
      alongside: (client) => this.fleet.follow(client),
      state: (state, why) => {
        if (this.state === "live") this.lost = clock.now();
        if (state === "live") for (const listener of this.#back) listener();
        this.state = state;
        this.why = why;
        this.#tell();
      },
    };
  }

  // Until what it returns is called.
  start(): () => void {
    const feed = new Feed(this.#options);
    this.#feed = feed;
    const hurry = () => feed.hurry();
    addEventListener("online", hurry);
    document.addEventListener("visibilitychange", hurry);
    void feed.run();
    return () => {
      removeEventListener("online", hurry);
      document.removeEventListener("visibilitychange", hurry);
      feed.stop();
    };
  }

  // After what the feed does not tell of, such as new labels.
  restart(): void {
    this.#feed?.restart();
  }

  subscribe = (listener: () => void): (() => void) => added(this.#listeners, listener);

  // Every change, as it comes.
  onChange = (listener: ChangeListener): (() => void) => added(this.#changes, listener);

  // A snapshot was taken: what was asked for before may be older than the changes that follow.
  onSnapshot = (listener: () => void): (() => void) => added(this.#anew, listener);

  // The server is there (again).
  onBack = (listener: () => void): (() => void) => added(this.#back, listener);

  async #snapshot(signal: AbortSignal): Promise<string> {
    const again = this.figures !== null;
    const snapshot = await execute(SnapshotDocument, { hourAgo: before(HOUR + 60), dayAgo: before(24.2 * HOUR) }, signal);
    const now = clock.now();
    this.figures = new Figures(snapshot);
    this.trends = new Trends(snapshot.hour, now);
    this.throughput = [
      new Counted(5, 60, now),
      new Counted(60, 60, now, snapshot.hour),
      new Counted(600, 144, now, snapshot.day),
    ];
    if (snapshot.managers.nodes.length === 0) this.fleet.none();
    if (again) for (const listener of this.#anew) listener();
    this.#tell();
    return snapshot.feedCursor;
  }

  // Folding is cheap and is done at once; drawing waits for the next frame, however many changes that has.
  #take(change: Change): void {
    this.figures?.apply(change);
    this.trends?.apply(change);
    for (const each of this.throughput) each.apply(change);
    this.knowledge.apply(change);
    for (const listener of this.#changes) listener(change);
    if (this.figures?.relabelled) this.restart();
    this.#tell();
  }

  #tell(): void {
    if (this.#awaited) return;
    this.#awaited = true;
    requestAnimationFrame(() => {
      this.#awaited = false;
      this.version += 1;
      for (const listener of this.#listeners) listener();
    });
  }
}

function added<Listener>(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
