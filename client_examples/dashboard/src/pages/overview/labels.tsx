// Label by status: where the work is, and which tags nobody serves.
import { useState } from "react";
import { Link } from "wouter";
import { StatusSign } from "../../lifecycle/status.tsx";
import type { Counts, Grouping } from "../../live/figures.ts";
import { health } from "../../live/fleet.ts";
import { useLive } from "../../live/hooks.ts";
import { useNow } from "../../parts/age.tsx";
import { keep, useKept } from "../../parts/kept.ts";
import { plural, whole } from "../../parts/numbers.ts";
import { useMatrix } from "../../session/viewer.tsx";

const SHOWN = 12;
const BY = "interlock-by";

export function Labels() {
  const { figures, fleet } = useLive();
  const { statuses } = useMatrix();
  const by: Grouping = useKept(BY, "tag") === "campaign" ? "campaign" : "tag";
  const [all, setAll] = useState(false);
  const rows = sorted(figures?.by[by] ?? new Map<string | null, Counts>());
  const now = useNow();
  const heard = fleet.managers && [...fleet.managers.values()].filter((manager) => health(manager, now) !== "lost");
  const tags = heard && new Set(heard.flatMap((manager) => manager.tags));
  const served = (tag: string) => !tags || tags.has("*") || tags.has(tag);
  return (
    <section className="panel labels figures">
      <header>
        <h2>By {by}</h2>
        <fieldset className="choice">
          <legend className="unseen">Grouped by</legend>
          {(["tag", "campaign"] as const).map((name) => (
            <button key={name} aria-pressed={name === by} onClick={() => keep(BY, name)}>
              {name}
            </button>
          ))}
        </fieldset>
      </header>
      {figures && rows.length === 0 && <p className="empty">There are no records yet.</p>}
      {rows.length > 0 && (
        <div className="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">{by}</th>
                {statuses.map((status) => (
                  <th key={status} scope="col" className="number">
                    <StatusSign status={status} size={12} /> {status.toLowerCase()}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, all ? undefined : SHOWN).map(([label, counts]) => (
                <tr key={label ?? ""}>
                  <th scope="row">
                    {label === null ? <span className="dim">none</span> : <Link href={where(by, label)}>{label}</Link>}
                    {by === "tag" && label !== null && !served(label) && (
                      <span className="mark" title="No manager that is heard serves this tag: its tasks wait until one does.">
                        not served
                      </span>
                    )}
                  </th>
                  {statuses.map((status) => (
                    <Cell key={status} count={counts.get(status) ?? 0} href={label !== null ? where(by, label, status) : null} />
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {rows.length > SHOWN && (
        <button className="quiet" onClick={() => setAll(!all)}>
          {all ? "Show fewer" : `Show all ${plural(rows.length, by)}`}
        </button>
      )}
    </section>
  );
}

function Cell({ count, href }: { count: number; href: string | null }) {
  if (count === 0) return <td className="number none">·</td>;
  return <td className="number">{href === null ? whole(count) : <Link href={href}>{whole(count)}</Link>}</td>;
}

function where(by: Grouping, label: string, status?: string): string {
  return `/records?${new URLSearchParams({ [by]: label, ...(status && { status }) })}`;
}

function sorted(groups: Map<string | null, Counts>): [string | null, Counts][] {
  const total = (counts: Counts) => [...counts.values()].reduce((sum, count) => sum + count, 0);
  return [...groups].filter(([, counts]) => total(counts) > 0).sort(([, a], [, b]) => total(b) - total(a));
}
