// A tile for each status: how many, how that came to be, and how old the oldest is. It leads to its records.
import { Link } from "wouter";
import type { RecordStatus } from "../../api/generated/graphql.ts";
import { StatusSign } from "../../lifecycle/status.tsx";
import { useKnownUntil, useLive } from "../../live/hooks.ts";
import { POINTS, type Trend } from "../../live/trends.ts";
import { Age, useNow } from "../../parts/age.tsx";
import { moment, span, whole } from "../../parts/numbers.ts";
import { Sparkline } from "../../parts/sparkline.tsx";
import { useMatrix } from "../../session/viewer.tsx";
import { useOldest } from "./oldest.ts";

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
  const { figures, trends } = useLive();
  const { transitions } = useMatrix();
  const now = useKnownUntil(useNow());
  const count = figures?.totals.get(status) ?? 0;
  const trend = trends?.of(status, count, now, transitions);
  return (
    <Link href={`/records?status=${status}`} className="tile" data-status={status}>
      <span className="tile-name">
        <StatusSign status={status} size={16} /> {status}
      </span>
      <span className="tile-count">{figures ? whole(count) : "…"}</span>
      <Sparkline values={trend?.values ?? []} of={POINTS} />
      <span className="tile-notes">
        {trend && <Gained trend={trend} now={now} />}
        {oldest && count > 0 && (
          <span title="Since when the one that is longest here is here">
            oldest <Age at={oldest} />
          </span>
        )}
      </span>
    </Link>
  );
}

// How much it has changed since it is known; never without saying since when.
function Gained({ trend: { values, since, cut }, now }: { trend: Trend; now: number }) {
  const [first, ...later] = values;
  const last = later.at(-1);
  if (first === undefined || last === undefined) return <span title={UNKNOWN}>trend not known yet</span>;
  const period = span(Math.floor((now - since) / 60_000) * 60_000 || now - since);
  const gained = last - first;
  const short = cut ? ` ${UNKNOWN}` : "";
  return (
    <span title={`Since ${moment(new Date(since).toISOString())}.${short}`}>
      {`${gained > 0 ? "+" : gained < 0 ? "−" : "±"}${whole(Math.abs(gained))} in ${period}${cut ? ", since a kill" : ""}`}
    </span>
  );
}

const UNKNOWN = "What was before is not known: records were killed, and are not counted by the status that they were in.";
