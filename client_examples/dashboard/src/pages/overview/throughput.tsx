// What was submitted, finished and failed in each interval since the page was opened.
import { useState } from "react";
import { clock } from "../../live/clock.ts";
import { useLive } from "../../live/hooks.ts";
import type { Tally } from "../../live/rates.ts";
import { Chart } from "../../parts/chart.tsx";
import { whole } from "../../parts/numbers.ts";

const LINES: { of: keyof Tally; name: string; colour: string; dash?: number[] }[] = [
  { of: "SUBMIT", name: "submitted", colour: "--waiting", dash: [4, 3] },
  { of: "RUNNING", name: "claimed", colour: "--running", dash: [1, 3] },
  { of: "COMPLETE", name: "completed", colour: "--complete" },
  { of: "ERROR", name: "errors", colour: "--error" },
];
const SPANS = [
  { name: "5 min", interval: 2, intervals: 150 },
  { name: "15 min", interval: 5, intervals: 180 },
  { name: "1 h", interval: 20, intervals: 180 },
];

export function Throughput() {
  const { rates, opened } = useLive();
  const [chosen, choose] = useState(0);
  const { interval, intervals, name } = SPANS[chosen] ?? { interval: 2, intervals: 150, name: "" };
  const now = clock.now() - interval * 1000; // the last interval that is over
  const end = Math.floor(now / 1000 / interval) * interval;
  const times = Array.from({ length: intervals }, (_, i) => end - (intervals - 1 - i) * interval);
  const series = LINES.map((line) => ({
    ...line,
    perMinute: rates.into(line.of, now, interval, intervals).map((count) => (count * 60) / interval),
  }));
  const known = times.findIndex((time) => (time + interval) * 1000 > opened); // before, nobody looked
  const drawn = series.map((line) => ({ ...line, values: line.perMinute.map((value, i) => (i < known ? null : value)) }));
  return (
    <section className="panel throughput figures">
      <header>
        <h2>Throughput</h2>
        <span className="dim">per minute, since this page was opened</span>
        <fieldset className="choice">
          <legend className="unseen">Span of time</legend>
          {SPANS.map((span, i) => (
            <button key={span.name} aria-pressed={i === chosen} onClick={() => choose(i)}>
              {span.name}
            </button>
          ))}
        </fieldset>
      </header>
      <ul className="legend">
        {series.map(({ of, name: line, colour, perMinute }) => (
          <li key={of} className="legend-entry" data-colour={colour.slice(2)}>
            {line} <b>{whole(Math.round(lastMinute(perMinute, interval)))}</b>
          </li>
        ))}
      </ul>
      <Chart label={`Submitted, claimed, completed and errors per minute in the last ${name}`} times={times} series={drawn} />
    </section>
  );
}

function lastMinute(perMinute: number[], interval: number): number {
  const last = perMinute.slice(-Math.ceil(60 / interval));
  return last.reduce((sum, value) => sum + value, 0) / Math.max(1, last.length);
}
