// The managers, as they are told of: each is heard here, also one that has nothing to do.
import type { Client } from "graphql-ws";
import { FleetDocument, type FleetSubscription } from "../api/generated/graphql.ts";

export type Manager = FleetSubscription["managerChanges"];

export class Fleet {
  // Those that are active, by id; null until that is known.
  managers: ReadonlyMap<string, Manager> | null = null;
  readonly #told: () => void;

  constructor(told: () => void) {
    this.#told = told;
  }

  // A snapshot says that there are none: then nothing more is told.
  none(): void {
    this.managers = new Map();
  }

  // For as long as this connection lasts. The next one begins again with all who are there.
  follow(client: Client): void {
    let active: Map<string, Manager> | undefined;
    client.subscribe<FleetSubscription>(
      { query: `${FleetDocument}` },
      {
        next: ({ data }) => {
          if (!data) return;
          const { managerChanges: manager } = data;
          this.managers = active ??= new Map();
          if (manager.active) active.set(manager.id, manager);
          else active.delete(manager.id);
          this.#told();
        },
        // Whatever ends this, the connection goes with it: the next one begins both anew.
        error: () => client.terminate(),
        complete: () => client.terminate(),
      },
    );
  }
}

// A manager beats several times within one lease: after half of one in silence it is late.
const lateAt = (manager: Manager) => Date.parse(manager.heartbeatAt) + manager.leaseSeconds * 500;
const lostAt = (manager: Manager) => Date.parse(manager.heartbeatAt) + manager.leaseSeconds * 1000;

export type Health = "well" | "late" | "lost" | "failing";
const JUDGED = 5; // answers, before its success rate says anything
const POOR = 0.5;

// Whether more of what it ran failed than succeeded, also of one that is not heard any more.
export function failing({ completedCount, errorCount }: Manager): boolean {
  const answers = completedCount + errorCount;
  return answers >= JUDGED && completedCount / answers < POOR;
}

export function health(manager: Manager, now: number): Health {
  if (now > lostAt(manager)) return "lost";
  if (now > lateAt(manager)) return "late";
  return failing(manager) ? "failing" : "well";
}
