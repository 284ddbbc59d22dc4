// What the lines of the graph mean, each as it is drawn.
const LINES: [string, string][] = [
  ["by-user", "a person may do it"],
  ["", "only a manager or the server does it"],
];
const LIT: [string, string][] = [
  ["by-user open", "permitted to you on this record"],
  ["by-user denied", "not permitted to you"],
];

export function Legend({ lit }: { lit: boolean }) {
  return (
    <ul className="graph-legend" aria-label="What the lines mean">
      {[...LINES, ...(lit ? LIT : [])].map(([kind, words]) => (
        <li key={kind}>
          <svg width={34} height={8} className={`way ${kind}`} aria-hidden>
            <path d="M0,4L34,4" />
          </svg>
          {words}
        </li>
      ))}
    </ul>
  );
}
