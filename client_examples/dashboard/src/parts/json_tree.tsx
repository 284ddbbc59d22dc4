// JSON as people read it: what is large is folded, numbers stand in one line, long lists show their beginning.
import { type ReactNode, useState } from "react";
import "./json_tree.css";

const FLAT = 12; // numbers or short texts that still stand in one line
const SHOWN = 100; // entries of one level

export function JsonTree({ value }: { value: unknown }) {
  return (
    <div className="json code" tabIndex={0} role="region" aria-label="JSON">
      <Value value={value} depth={0} />
    </div>
  );
}

interface Props {
  name?: ReactNode;
  value: unknown;
  depth: number;
}

function Value({ name, value, depth }: Props) {
  if (typeof value === "object" && value !== null) {
    const list = Array.isArray(value);
    const entries = Object.entries(value);
    if (entries.length > 0 && !(list && entries.length <= FLAT && value.every(isShort))) {
      return <Entries name={name} entries={entries} brackets={list ? "[]" : "{}"} depth={depth} />;
    }
  }
  return (
    <>
      {name}
      <Flat value={value} />
    </>
  );
}

interface EntriesProps extends Omit<Props, "value"> {
  entries: [string, unknown][];
  brackets: string;
}

function Entries({ name, entries, brackets, depth }: EntriesProps) {
  const [open, setOpen] = useState(depth < 2 && entries.length <= SHOWN);
  const [all, setAll] = useState(false);
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {name}
        <span className="dim">
          {brackets[0]}
          {entries.length}
          {brackets[1]}
        </span>
      </summary>
      {open && (
        <ul>
          {entries.slice(0, all ? undefined : SHOWN).map(([key, value]) => (
            <li key={key}>
              <Value name={<span className="dim">{key}: </span>} value={value} depth={depth + 1} />
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

// What stands in one line: no object but an empty one, no list but one of short entries.
function Flat({ value }: { value: unknown }) {
  if (Array.isArray(value)) {
    return (
      <span>
        [
        {value.map((each, i) => (
          <span key={i}>
            {i > 0 && ", "}
            <Flat value={each} />
          </span>
        ))}
        ]
      </span>
    );
  }
  return <span className={`json-${value === null ? "null" : typeof value}`}>{JSON.stringify(value)}</span>;
}

function isShort(value: unknown): boolean {
  return value === null || (typeof value === "string" ? value.length < 20 : typeof value !== "object");
}
