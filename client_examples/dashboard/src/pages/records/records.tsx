// All records, however many: filtered by the address, read page by page, and acted on.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useSearchParams } from "wouter";
import type { RecordOrder } from "../../api/generated/graphql.ts";
import { plural, whole } from "../../parts/numbers.ts";
import { Problem } from "../../parts/problem.tsx";
import { isTyping } from "../../parts/shortcuts.tsx";
import { useMatrix, useMay } from "../../session/viewer.tsx";
import { filterOf, orderOf, remains, withValues } from "./filter.ts";
import { Filters } from "./filters.tsx";
import { useLeft } from "./left.ts";
import { useNewcomers } from "./newcomers.ts";
import { type Row, useMatching, useRows } from "./rows.ts";
import { Selected } from "./selected.tsx";
import { useSelection } from "./selection.ts";
import { Table } from "./table.tsx";
import "./records.css";

const ORDERS: [RecordOrder, string, string[]][] = [
  ["NEWEST_FIRST", "newest first", []],
  ["OLDEST_FIRST", "oldest first", ["oldest"]],
];

const NONE: Row[] = [];

export default function Records() {
  const [params, setParams] = useSearchParams();
  const { statuses } = useMatrix();
  const text = params.toString();
  const filter = useMemo(() => filterOf(params, statuses), [text, statuses]); // its identity is that of its content
  const order = orderOf(params);
  const [generation, setGeneration] = useState(0);
  const query = useRows(filter, order, generation);
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage, refetch, isFetching, isPlaceholderData } = query;
  const rows = useMemo(() => data?.pages.flatMap(({ records }) => records.nodes) ?? [], [data]);
  const matching = useMatching(filter);
  const newcomers = useNewcomers(filter, generation, rows);
  const left = useLeft(filter, isPlaceholderData ? NONE : rows);
  const [selection, select] = useSelection(filter);
  const own = useMay("ACT_ON_OWN");
  const every = useMay("ACT_ON_ALL");
  const mayAct = own || every;
  const change = useCallback((changed: URLSearchParams) => setParams(changed, { replace: true }), [setParams]);
  const fetchMore = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [isFetchingNextPage, fetchNextPage]);
  const page = useFocusOnSlash();
  const toRows = useRef(false);
  const total = matching && [...matching.values()].reduce((sum, count) => sum + count, 0);

  return (
    <div className="records" ref={page}>
      <h1 className="unseen">Records</h1>
      <Filters params={params} statuses={statuses} change={change} taken={() => (toRows.current = true)} />
      <div className="records-bar">
        {selection.all || selection.some.size > 0 ? (
          <>
            <Selected selection={selection} filter={filter} done={() => select("none")} />
            {!selection.all && total !== undefined && total > selection.some.size && (
              <button className="quiet" onClick={() => select("all")}>
                Select all {whole(total)} matching
              </button>
            )}
            <button className="quiet" onClick={() => select("none")}>
              Select none
            </button>
          </>
        ) : (
          <>
            <span className="figures" role="status">
              {total === undefined ? "…" : plural(total, "record")}
              {left > 0 && ` ${total === 1 ? "matches" : "match"} now; ${plural(left, "row")} shown no longer ${left === 1 ? "does" : "do"}`}
            </span>
            {mayAct && total !== undefined && total > 0 && (
              <button className="quiet" onClick={() => select("all")}>
                {total === 1 ? "Select it" : `Select all ${whole(total)}`}
              </button>
            )}
          </>
        )}
        {newcomers > 0 && (
          <button className="newcomers" onClick={() => setGeneration(generation + 1)} aria-live="polite">
            {whole(newcomers)} new: show
          </button>
        )}
        {newcomers === 0 && left > 0 && (
          <button className="quiet" onClick={() => setGeneration(generation + 1)}>
            List anew
          </button>
        )}
        <fieldset className="choice">
          <legend className="unseen">Order</legend>
          {ORDERS.map(([value, name, inUrl]) => (
            <button key={value} aria-pressed={value === order} onClick={() => change(withValues(params, "order", inUrl))}>
              {name}
            </button>
          ))}
        </fieldset>
      </div>
      {error && <Problem error={error} again={() => void refetch()} />}
      {rows.length === 0 && !isFetching && !error && <p className="empty">No record matches.</p>}
      {rows.length > 0 && (
        <Table
          key={`${text} ${generation}`} // another list begins at its top
          rows={rows}
          more={hasNextPage}
          fetchMore={fetchMore}
          selectable={mayAct}
          selection={selection}
          toggle={(row: Row) => select({ toggle: row })}
          add={(added: Row[]) => select({ add: added })}
          none={() => select("none")}
          listed={(status) => remains(filter, status)}
          focus={toRows}
        />
      )}
    </div>
  );
}

// "/" leads to the filters.
function useFocusOnSlash() {
  const page = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== "/" || isTyping(event)) return;
      event.preventDefault();
      page.current?.querySelector("input")?.focus();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  return page;
}
