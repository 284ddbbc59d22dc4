// What happened to a record: by whom, why, and how long it was in each status.
import type { ToldFragment } from "../../api/generated/graphql.ts";
import { verb } from "../../actions/words.ts";
import { Status } from "../../lifecycle/status.tsx";
import { useNow } from "../../parts/age.tsx";
import { moment, span } from "../../parts/numbers.ts";

export function Timeline({ changes, more }: { changes: ToldFragment[]; more: boolean }) {
  const now = useNow();
  const times = changes.map(({ at }) => Date.parse(at));
  const ended = changes.at(-1)?.to === "KILLED";
  const end = ended ? (times.at(-1) ?? now) : now;
  return (
    <section className="panel timeline">
      <header>
        <h2>What happened</h2>
        {more && <span className="dim">the first {changes.length}; there are more</span>}
      </header>
      <ol className="stretch" aria-hidden>
        {changes.map(({ to, at }, i) => (
          <li key={at} data-status={to} style={{ flexGrow: Math.max(1, (times[i + 1] ?? end) - (times[i] ?? end)) }} title={to} />
        ))}
      </ol>
      <ol className="events">
        {changes.map((change, i) => (
          <li key={change.at}>
            <time dateTime={change.at} className="dim">
              {moment(change.at)}
            </time>
            <Status status={change.to} />
            <span>
              <b>{verb(change.action)}</b> by {change.who} <span className="dim">{change.actor.toLowerCase()}</span>
              {change.reason && <q>{change.reason}</q>}
            </span>
            <span className="dim number" title={`Time in ${change.to}`}>
              {change.to === "KILLED" ? "" : span((times[i + 1] ?? end) - (times[i] ?? end))}
              {i === changes.length - 1 && !ended && !more ? " so far" : ""}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
