// Why records fail: errors in groups of alike messages, the largest first, and what can be done with a whole group.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useRef } from "react";
import { Link, useSearchParams } from "wouter";
import { ActionButtons } from "../../actions/buttons.tsx";
import { execute } from "../../api/execute.ts";
import { ErrorGroupsDocument, type ErrorGroupsQuery, type RecordFilter } from "../../api/generated/graphql.ts";
import { Status } from "../../lifecycle/status.tsx";
import { useWhenChanged } from "../../live/hooks.ts";
import { Age } from "../../parts/age.tsx";
import { plural, whole } from "../../parts/numbers.ts";
import { Problem } from "../../parts/problem.tsx";
import { useMatrix, useMay, useViewer } from "../../session/viewer.tsx";
import { filterOf, paramsOf, WITH_ERROR } from "../records/filter.ts";
import { Filters } from "../records/filters.tsx";
import { Pattern } from "./pattern.tsx";
import "./errors.css";

type Group = ErrorGroupsQuery["errorGroups"][number];
const LOOKED = 200; // of each group: whose managers the server tells

export default function Errors() {
  const [params, setParams] = useSearchParams();
  const matrix = useMatrix();
  const queries = useQueryClient();
  const text = params.toString();
  const statuses = useMemo(() => matrix.statuses.filter((status) => WITH_ERROR.has(status)), [matrix]);
  const filter = useMemo(() => filterOf(params, statuses), [text, statuses]);
  const key = ["errors", filter];
  useWhenChanged(
    ({ from, to }) => WITH_ERROR.has(to) || WITH_ERROR.has(from ?? ""),
    () => void queries.invalidateQueries({ queryKey: key }),
    2_000,
  );
  const { data, error, refetch } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => execute(ErrorGroupsDocument, { filter }, signal),
    placeholderData: (before) => before,
  });
  const list = useRef<HTMLUListElement>(null);
  const groups = data?.errorGroups;
  const most = Math.max(1, ...(groups ?? []).map(({ count }) => count));
  return (
    <div className="errors">
      <h1 className="unseen">Errors</h1>
      <Filters params={params} statuses={statuses} change={(changed) => setParams(changed, { replace: true })} taken={() => list.current?.focus()} />
      {error && <Problem error={error} again={() => void refetch()} />}
      {groups && (
        <p className="errors-sum dim" role="status">
          {plural(groups.reduce((sum, { count }) => sum + count, 0), "record")} in {plural(groups.length, "group")}
        </p>
      )}
      <ul className="figures" ref={list} tabIndex={-1} aria-label="Errors in groups">
        {groups?.map((group) => (
          <GroupView
            key={`${group.errorType} ${group.pattern} ${group.status}`}
            group={group}
            filter={filter}
            share={group.count / most}
          />
        ))}
      </ul>
      {groups?.length === 0 && <p className="empty">No record is in error. Good.</p>}
    </div>
  );
}

function GroupView({ group, filter, share }: { group: Group; filter: RecordFilter; share: number }) {
  const matrix = useMatrix();
  const own = useMay("ACT_ON_OWN");
  const all = useMay("ACT_ON_ALL");
  const { name } = useViewer();
  const { errorType, pattern, message, status, count, exampleId, firstSince, lastSince } = group;
  const these: RecordFilter = { ...filter, status: [status], ...(pattern === null ? { errorType: [errorType] } : { errorPattern: [pattern] }) };
  const mine = all || these.owner ? these : { ...these, owner: [name] };
  return (
    <li className="panel group" data-status={status}>
      <div className="group-count">
        <Link href={`/records?${paramsOf(these)}`}>{whole(count)}</Link>
        <Status status={status} />
      </div>
      <div className="group-what">
        <h2>
          <code>{errorType}</code>
        </h2>
        <p className="group-message">{message === null ? <span className="dim">…</span> : <Pattern text={message} />}</p>
        <p className="group-when dim">
          {status === "ERROR" ? "" : `moved to ${status}: `}first <Age at={firstSince} /> ago, last <Age at={lastSince} /> ago; such as{" "}
          <Link href={`/records/${exampleId}`} title={group.exampleMessage ?? "without a message"}>
            {exampleId}
          </Link>
        </p>
        <Where managers={group.managers} of={count} />
      </div>
      {pattern !== null && (own || all) && (
        <ActionButtons
          actions={matrix.actions("USER", [status])}
          chosen={{ by: "filter", filter: mine, counts: new Map([[status, count]]) }}
        />
      )}
      <meter value={share} aria-label={plural(count, "record")} />
    </li>
  );
}

// Where the newest of them happened: an error that one manager alone has is that manager's.
function Where({ managers, of }: Pick<Group, "managers"> & { of: number }) {
  const [first, ...others] = managers;
  if (!first) return null;
  const looked = Math.min(of, LOOKED);
  const rest = managers.reduce((rest, { count }) => rest - count, looked);
  const which = of > LOOKED ? `the newest ${LOOKED} ` : "";
  if (first.count === looked) return <p className="dim">{`${which}all on ${first.name}`}</p>;
  const places = [first, ...others].map(({ name, count }) => `${whole(count)} on ${name}`);
  return <p className="dim">{which && `of ${which}`}{[...places, ...(rest > 0 ? [`${whole(rest)} elsewhere`] : [])].join(", ")}</p>;
}
