// Follows the feed: from a snapshot's cursor, through cuts and restarts, without loss and without repetition.
//
// What was lost resumes behind the last change that was taken in. Where the server cannot go on from there (a restore,
// events no longer kept, a reader that fell too far behind), a new snapshot is taken.
import { type Client, CloseCode, createClient } from "graphql-ws";
import { FollowDocument, type FollowSubscription } from "../api/generated/graphql.ts";
import type { Change } from "./figures.ts";

export type FeedState = "connecting" | "live" | "reconnecting" | "stale";

export interface FeedOptions {
  url: string;
  key: string;
  // Takes a snapshot; its position in the feed.
  snapshot: (signal: AbortSignal) => Promise<string>;
  change: (change: Change) => void;
  // Whatever else is followed on the same connection, while that lasts.
  alongside: (client: Client) => void;
  // And why it is not live, as far as that is known.
  state: (state: FeedState, why: string) => void;
  // The key is not (or no longer) valid.
  refused: (reason: string) => void;
  pause?: (attempt: number) => number;
  patience?: number;
}

const PATIENCE = 10_000; // ms without a connection until what is shown is called stale
const SILENCE = 10_000; // ms until the server is asked whether it is there,
const ANSWER = 5_000; // ms that it has to answer
const RESTARTED = 1012;
const RESUMABLE = /Resume after (\S+)$/; // its reason
const TERMINATED = 4499; // by this page, which had no answer
const LOST = new Set(["CURSOR_STALE", "CURSOR_EXPIRED", "CURSOR_INVALID", "SUBSCRIBER_TOO_SLOW"]);

class Ended extends Error {}
const SILENT = "The server no longer answers.";
const BROKEN = "The connection broke off, and there is no new one yet.";

export class Feed {
  cursor: string | null = null;
  readonly #options: FeedOptions;
  readonly #stopped = new AbortController();
  #client: Client | null = null;
  #wake: () => void = () => undefined;
  #state: FeedState = "connecting";
  #why = "";
  #impatient: ReturnType<typeof setTimeout> | undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  // Runs until it is stopped or refused.
  async run(): Promise<void> {
    const { pause = backoff } = this.#options;
    this.#await("connecting");
    for (let attempt = 0; !this.#stopped.signal.aborted; attempt += 1) {
      try {
        this.cursor ??= await this.#options.snapshot(this.#stopped.signal);
        await this.#follow(this.cursor, () => (attempt = 0));
      } catch (error) {
        if (error instanceof Ended) return;
        this.#why = (error as Error).message;
      }
      if (this.#stopped.signal.aborted) return;
      this.#await("reconnecting");
      await this.#sleep(pause(attempt));
    }
  }

  stop(): void {
    this.#stopped.abort();
    clearTimeout(this.#impatient);
    this.#wake();
    void this.#client?.dispose();
  }

  // Begin anew: what was folded is known not to be right any more.
  restart(): void {
    this.cursor = null;
    this.#client?.terminate();
    this.#wake();
  }

  // There may be a network again.
  hurry(): void {
    this.#wake();
  }

  #follow(after: string, acknowledged: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const client = this.#connect(() => {
        acknowledged();
        this.#is("live");
      });
      this.#client = client;
      const leave = (way: () => void) => {
        void client.dispose();
        way();
      };
      client.subscribe<FollowSubscription>(
        { query: `${FollowDocument}`, variables: { after } },
        {
          next: ({ data, errors }) => {
            if (errors) this.#failed(errors[0]?.extensions?.["code"]);
            else if (data && this.cursor !== null) {
              this.cursor = data.statusChanges.cursor ?? this.cursor;
              this.#options.change(data.statusChanges);
            }
          },
          error: (error) => leave(() => (this.#closed(error) ? reject(new Ended()) : resolve())),
          complete: () => leave(resolve),
        },
      );
      this.#options.alongside(client);
    });
  }

  #connect(connected: () => void): Client {
    let unanswered: ReturnType<typeof setTimeout> | undefined;
    const client = createClient({
      url: this.#options.url,
      connectionParams: { authorization: `Bearer ${this.#options.key}` },
      retryAttempts: 0, // it would begin again at the first cursor
      keepAlive: SILENCE,
      on: {
        connected,
        ping: (received) => {
          if (!received) unanswered = setTimeout(() => client.terminate(), ANSWER);
        },
        pong: (received) => {
          if (received) clearTimeout(unanswered);
        },
        closed: () => clearTimeout(unanswered),
      },
    });
    return client;
  }

  #failed(code: unknown): void {
    if (LOST.has(String(code))) this.cursor = null;
  }

  // Whether it is of no use to connect again.
  #closed(error: unknown): boolean {
    if (Array.isArray(error)) this.#failed(error[0]?.extensions?.["code"]);
    const { code, reason } = error as { code?: number; reason?: string };
    this.#why = code === TERMINATED ? SILENT : reason && code !== RESTARTED ? `The server ended the connection: ${reason}` : BROKEN;
    const resume = RESUMABLE.exec(reason ?? "")?.[1];
    if (code === RESTARTED && resume && this.cursor !== null) this.cursor = resume;
    if (code !== CloseCode.Unauthorized && code !== CloseCode.Forbidden) return false;
    this.stop();
    this.#options.refused(reason ?? "");
    return true;
  }

  #is(state: FeedState): void {
    if (state === "live") clearTimeout(this.#impatient);
    if (state === this.#state || this.#stopped.signal.aborted) return;
    this.#state = state;
    this.#options.state(state, this.#why);
  }

  // Not live; stale when that lasts.
  #await(state: FeedState): void {
    if (this.#state === "stale") return;
    if (this.#state !== "reconnecting") {
      clearTimeout(this.#impatient);
      this.#impatient = setTimeout(() => this.#is("stale"), this.#options.patience ?? PATIENCE);
    }
    this.#is(state);
  }

  #sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

// Doubling, and not in step with all others that lost the same server.
function backoff(attempt: number): number {
  return Math.min(250 * 2 ** attempt, 8_000) * (0.5 + Math.random() / 2);
}
