// How much was submitted, claimed, finished and failed, in time.
import type { CountedAction } from "../../live/counted.ts";
import { useKnownUntil, useLive } from "../../live/hooks.ts";
import { useNow } from "../../parts/age.tsx";
import { Chart } from "../../parts/chart.tsx";
import { keep, useKept } from "../../parts/kept.ts";
import { whole } from "../../parts/numbers.ts";

const LINES: { of: CountedAction; name: string; colour: string; dash?: number[] }[] = [
  { of: "SUBMIT", name: "submitted", colour: "--waiting", dash: [4, 3] },
  { of: "CLAIM", name: "claimed", colour: "--running", dash: [1, 3] },
  { of: "COMPLETE", name: "completed", colour: "--complete" },
  { of: "REPORT_ERROR", name: "errors", colour: "--error" },
];
const SPAN = "interlock-span";
const SPANS = ["5 min", "1 h", "24 h"]; // as `live.throughput` has them

export function Throughput() {
  const { throughput } = useLive();
  const chosen = Math.max(0, SPANS.indexOf(useKept(SPAN, "1 h")));
  const counted = throughput[chosen];
  const now = useKnownUntil(useNow());
  const times = counted?.times(now) ?? [];
  const series = LINES.map((line) => ({ ...line, values: counted?.perMinute(line.of, times, now) ?? [] }));
  return (
    <section className="panel throughput figures">
      <header>
        <h2>Throughput</h2>
        <span className="dim">per minute</span>
        <fieldset className="choice">
          <legend className="unseen">Span of time</legend>
          {SPANS.map((name, i) => (
            <button key={name} aria-pressed={i === chosen} onClick={() => keep(SPAN, name)}>
              {name}
            </button>
          ))}
        </fieldset>
      </header>
      <ul className="legend" title="In the last minute, or in the last step of the line">
        {series.map(({ of, name, colour, values }) => (
          <li key={of} className="legend-entry" data-colour={colour.slice(2)}>
            {name} <b>{whole(Math.round(lately(values, counted?.step ?? 1)))}</b>
          </li>
        ))}
      </ul>
      <Chart
        label={`Submitted, claimed, completed and errors per minute in the last ${SPANS[chosen]}`}
        times={times}
        series={series}
      />
    </section>
  );
}

function lately(perMinute: (number | null)[], step: number): number {
  const last = perMinute.slice(-Math.ceil(60 / step)).filter((value) => value !== null);
  return last.reduce((sum, value) => sum + value, 0) / Math.max(1, last.length);
}
