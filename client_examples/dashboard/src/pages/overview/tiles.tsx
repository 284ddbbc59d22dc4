// A tile for each status: how many, how that came to be, and how old the oldest is. It leads to its records.
import { Link } from "wouter";
import type { RecordStatus } from "../../api/generated/graphql.ts";
import { StatusSign } from "../../lifecycle/status.tsx";
import { useLive } from "../../live/hooks.ts";
import { Age, useNow } from "../../parts/age.tsx";
import { whole } from "../../parts/numbers.ts";
import { Sparkline } from "../../parts/sparkline.tsx";
import { useMatrix } from "../../session/viewer.tsx";
import { useOldest } from "./oldest.ts";

const POINTS = 60;
const INTERVAL = 5; // seconds

export function Tiles() {
  const { statuses } = useMatrix();
  const oldest = useOldest();
  return (
    <section className="tiles figures" aria-label="Records by status">
      {statuses.map((status) => (
        <Tile key={status} status={status} oldest={oldest?.get(status)} />
      ))}
    </section>
  );
}

function Tile({ status, oldest }: { status: RecordStatus; oldest: string | undefined }) {
  const { figures, rates } = useLive();
  const count = figures?.totals.get(status) ?? 0;
  const trend = rates.history(status, count, useNow(), INTERVAL, POINTS);
  const gained = count - (trend[0] ?? count);
  return (
    <Link href={`/records?status=${status}`} className="tile" data-status={status}>
      <span className="tile-name">
        <StatusSign status={status} size={16} /> {status}
      </span>
      <span className="tile-count">{figures ? whole(count) : "…"}</span>
      <Sparkline values={trend} />
      <span className="tile-notes">
        <span title="Change within the last five minutes, as far as this page has followed them">
          {gained === 0 ? "steady" : `${gained > 0 ? "+" : "−"}${whole(Math.abs(gained))}`}
        </span>
        {oldest && count > 0 && (
          <span title="Since when the one that is longest here is here">
            oldest <Age at={oldest} />
          </span>
        )}
      </span>
    </Link>
  );
}
