// Lines over time, drawn by uPlot in the colours of the style sheet.
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { short } from "./numbers.ts";

export interface Series {
  name: string;
  colour: string;
  values: (number | null)[];
  dash?: number[];
}

const HEIGHT = 190;
const MINUTE = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const SECOND = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export function Chart({ label, times, series }: { label: string; times: number[]; series: Series[] }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const lines = series.map(({ name }) => name).join();
  const latest = useRef(series);
  latest.current = series;

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(element, latest.current), [[], ...latest.current.map(() => [])], element);
    };
    draw();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    const recoloured = new MutationObserver(draw);
    recoloured.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      resized.disconnect();
      recoloured.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [lines]);

  useEffect(() => plot.current?.setData([times, ...series.map(({ values }) => values)]));
  return <div ref={place} className="chart" role="img" aria-label={label} />;
}

function options(element: HTMLElement, series: Series[]): uPlot.Options {
  const style = getComputedStyle(element);
  const value = (name: string) => style.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: value("--dim"),
    font: `11px ${value("--sans")}`,
    grid: { stroke: value("--line"), width: 1 },
    ticks: { show: false },
    space: 70,
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 26, 0, 0],
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(5, high * 1.1)] } },
    axes: [
      { ...axis, size: 24, values: (_plot, splits) => clockTimes(splits) },
      { ...axis, size: 44, space: 40, values: (_plot, splits) => splits.map((split) => short(split)) },
    ],
    series: [
      {},
      ...series.map(({ name, colour, dash }) => ({
        label: name,
        stroke: value(colour),
        width: 1.75,
        points: { show: false },
        ...(dash && { dash }),
      })),
    ],
  };
}

// With seconds where a minute does not tell them apart.
function clockTimes(seconds: number[]): string[] {
  const { format } = seconds.every((second) => second % 60 === 0) ? MINUTE : SECOND;
  return seconds.map((second) => format(second * 1000));
}
