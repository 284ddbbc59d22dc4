// The rows in sight, and no others: it is as quick with a million.
import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import type { TransitionTarget } from "../../api/generated/graphql.ts";
import { useLive } from "../../live/hooks.ts";
import { isTyping } from "../../parts/shortcuts.tsx";
import { useRenewed } from "./renewed.ts";
import { RowView } from "./row.tsx";
import type { Row } from "./rows.ts";
import type { Selection } from "./selection.ts";

const HEIGHT = 30;
const AHEAD = 30; // rows before the end at which the next page is asked for
const COLUMNS = ["id", "status", "since", "campaign", "tag", "priority", "owner", "kind", "attempts", "error type"];

interface Props {
  rows: Row[];
  more: boolean;
  fetchMore: () => void;
  selectable: boolean;
  selection: Selection;
  toggle: (row: Row) => void;
  add: (rows: Row[]) => void;
  none: () => void;
  // Whether a row with this status would still be listed.
  listed: (status: TransitionTarget) => boolean;
  // True where the keyboard is to go on here.
  focus: RefObject<boolean>;
}

export function Table({ rows, more, fetchMore, selectable, selection, toggle, add, none, listed, focus }: Props) {
  const { knowledge } = useLive();
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(-1);
  const last = useRef(-1);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => HEIGHT,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const shown = useRenewed(items.flatMap(({ index }) => rows[index] ?? []));
  const end = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && end >= rows.length - AHEAD) fetchMore();
  }, [more, end, rows.length, fetchMore]);
  useEffect(() => {
    if (focus.current) scroller.current?.focus();
    focus.current = false;
  }, [focus]);
  useKeys({ rows, active, toggle: selectable ? toggle : undefined, setActive, reveal: (i) => virtual.scrollToIndex(i) });

  // With Shift, everything between the last one pressed and this one.
  function press(index: number, row: Row, between: boolean) {
    if (between && last.current >= 0) {
      add(rows.slice(Math.min(index, last.current), Math.max(index, last.current) + 1));
    } else toggle(row);
    last.current = index;
  }

  const whole = selection.all || (rows.length > 0 && rows.every(({ id }) => selection.some.has(id)));
  return (
    <div className="records-scroll" ref={scroller} tabIndex={0} role="region" aria-label="Records, scrollable">
      <div role="table" aria-label="Records" aria-rowcount={more ? -1 : rows.length + 1} className={selectable ? "grid selectable" : "grid"}>
        <div role="rowgroup" className="grid-head">
          <div role="row" className="grid-row" aria-rowindex={1}>
            {selectable && (
              <span role="columnheader">
                <input
                  type="checkbox"
                  aria-label="Select all loaded rows"
                  checked={whole}
                  onChange={() => (whole ? none() : add(rows))}
                />
              </span>
            )}
            {COLUMNS.map((name) => (
              <span key={name} role="columnheader">
                {name}
              </span>
            ))}
          </div>
        </div>
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {items.map(({ index, start }, i) => {
            const row = shown[i];
            if (!row) return null;
            const newer = knowledge.newer(row);
            return (
              <RowView
                key={row.id}
                row={row}
                newer={newer}
                left={newer !== undefined && !listed(newer.status)}
                index={index}
                start={start}
                active={index === active}
                selected={selection.all || selection.some.has(row.id)}
                press={selectable ? press : undefined}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface Keys {
  rows: Row[];
  active: number;
  toggle: ((row: Row) => void) | undefined;
  setActive: (index: number) => void;
  reveal: (index: number) => void;
}

function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  const [, go] = useLocation();
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (isTyping(event) && (event.target as HTMLInputElement).type !== "checkbox") return;
      if (document.querySelector("dialog[open]")) return;
      const { rows, active, toggle, setActive, reveal } = latest.current;
      const row = rows[active];
      const step = { j: 1, k: -1 }[event.key];
      if (step) {
        const next = Math.max(0, Math.min(rows.length - 1, active + step));
        setActive(next);
        reveal(next);
      } else if (event.key === "x" && row) toggle?.(row);
      else if (event.key === "Enter" && row && !(event.target as HTMLElement).closest("a, button")) go(`/records/${row.id}`);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [go]);
}
