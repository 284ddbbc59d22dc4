// One record in the table; its status follows the feed.
import { memo } from "react";
import { Link } from "wouter";
import type { TransitionTarget } from "../../api/generated/graphql.ts";
import { Status } from "../../lifecycle/status.tsx";
import { Age } from "../../parts/age.tsx";
import type { Row } from "./rows.ts";

interface Props {
  row: Row;
  newer: { status: TransitionTarget; since: string } | undefined;
  // It would not be listed any more.
  left: boolean;
  index: number;
  start: number;
  active: boolean;
  selected: boolean;
  press: ((index: number, row: Row, between: boolean) => void) | undefined;
}

export const RowView = memo(Cells, (a, b) => {
  return (
    a.row === b.row &&
    a.newer?.since === b.newer?.since &&
    a.index === b.index &&
    a.start === b.start &&
    a.active === b.active &&
    a.selected === b.selected &&
    a.press === b.press
  );
});

function Cells({ row, newer, left, index, start, active, selected, press }: Props) {
  const status = newer?.status ?? row.status;
  const seen = { ...row, status: status === "KILLED" ? row.status : status };
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={press ? selected : undefined}
      className={`grid-row${active ? " active" : ""}${selected ? " selected" : ""}${left ? " left" : ""}${status === "KILLED" ? " gone" : ""}`}
      style={{ transform: `translateY(${start}px)` }}
    >
      {press && (
        <span role="cell">
          <input
            type="checkbox"
            aria-label={`Select ${row.id}`}
            checked={selected}
            onChange={() => undefined}
            onClick={(event) => press(index, seen, event.shiftKey)}
          />
        </span>
      )}
      <span role="cell">
        <Link href={`/records/${row.id}`}>{row.id}</Link>
      </span>
      <span role="cell">
        <Status status={status} />
      </span>
      <span role="cell" className="dim">
        <Age at={newer?.since ?? row.since} />
      </span>
      <span role="cell">{row.campaign ?? <span className="dim">–</span>}</span>
      <span role="cell">{row.tag}</span>
      <span role="cell">{row.priority}</span>
      <span role="cell">{row.owner}</span>
      <span role="cell">{row.kind}</span>
      <span role="cell">{row.attemptCount}</span>
      <span role="cell" className="code">
        {status === row.status ? row.errorType : null}
      </span>
    </div>
  );
}
