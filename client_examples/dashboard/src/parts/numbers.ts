// Numbers and times as people read them.
const WHOLE = new Intl.NumberFormat("en");
const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const MOMENT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const CLOCK = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const UNITS: [number, string][] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
  [1, "s"],
];

export const whole = (number: number) => WHOLE.format(number);
export const short = (number: number) => SHORT.format(number);
export const plural = (number: number, one: string, many = `${one}s`) => `${whole(number)} ${number === 1 ? one : many}`;
export const clockTime = (at: number) => CLOCK.format(at);
export const moment = (at: string) => MOMENT.format(new Date(at));

// A span in its two largest units: 3 d 4 h.
export function span(milliseconds: number): string {
  let seconds = Math.max(0, milliseconds / 1000);
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  const said: string[] = [];
  for (const [size, unit] of UNITS) {
    const count = Math.floor(seconds / size);
    if (count > 0) said.push(`${count} ${unit}`);
    if (said.length === 2 || (said.length === 1 && count === 0)) break;
    seconds -= count * size;
  }
  return said.join(" ");
}
