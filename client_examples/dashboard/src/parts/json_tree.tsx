// JSON as people read it: what is large is folded, numbers stand in one line, long lists show their beginning.
import { useState } from "react";

const FLAT = 12; // numbers or short texts that still stand in one line
const SHOWN = 100; // entries of one level

export function JsonTree({ value }: { value: unknown }) {
  return (
    <div className="json code" tabIndex={0} role="region" aria-label="JSON">
      <Value value={value} depth={0} />
    </div>
  );
}

function Value({ value, depth }: { value: unknown; depth: number }) {
  if (value === null || typeof value !== "object") return <Leaf value={value} />;
  const list = Array.isArray(value);
  const entries = Object.entries(value);
  if (entries.length === 0) return <span className="dim">{list ? "[]" : "{}"}</span>;
  if (list && entries.length <= FLAT && value.every(isShort)) {
    return <span>[{value.map((each, i) => <span key={i}>{i > 0 && ", "}<Leaf value={each} /></span>)}]</span>;
  }
  return <Entries entries={entries} list={list} depth={depth} />;
}

function Entries({ entries, list, depth }: { entries: [string, unknown][]; list: boolean; depth: number }) {
  const [open, setOpen] = useState(depth < 2 && entries.length <= SHOWN);
  const [all, setAll] = useState(false);
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="dim">{list ? `[${entries.length}]` : `{${entries.length}}`}</summary>
      {open && (
        <ul>
          {entries.slice(0, all ? undefined : SHOWN).map(([name, value]) => (
            <li key={name}>
              <span className="dim">{name}: </span>
              <Value value={value} depth={depth + 1} />
            </li>
          ))}
          {entries.length > SHOWN && !all && (
            <li>
              <button className="quiet" onClick={() => setAll(true)}>
                {entries.length - SHOWN} more
              </button>
            </li>
          )}
        </ul>
      )}
    </details>
  );
}

function Leaf({ value }: { value: unknown }) {
  return <span className={`json-${value === null ? "null" : typeof value}`}>{JSON.stringify(value)}</span>;
}

function isShort(value: unknown): boolean {
  return value === null || typeof value === "number" || typeof value === "boolean" || (typeof value === "string" && value.length < 20);
}
