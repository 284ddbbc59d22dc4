// Why records fail: their errors in groups, the largest first, and what can be done with a whole group.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
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
import { filterOf } from "../records/filter.ts";
import { Filters } from "../records/filters.tsx";
import "./errors.css";

type Group = ErrorGroupsQuery["errorGroups"][number];
const FAILED = new Set<string>(["ERROR", "FAILED"]);

export default function Errors() {
  const [params, setParams] = useSearchParams();
  const matrix = useMatrix();
  const queries = useQueryClient();
  const text = params.toString();
  const statuses = useMemo(() => matrix.statuses.filter((status) => FAILED.has(status)), [matrix]);
  const filter = useMemo(() => filterOf(params, statuses), [text, statuses]);
  const key = ["errors", filter];
  useWhenChanged(
    ({ from, to }) => FAILED.has(to) || FAILED.has(from ?? ""),
    () => void queries.invalidateQueries({ queryKey: key }),
    2_000,
  );
  const { data, error, refetch } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => execute(ErrorGroupsDocument, { filter }, signal),
    placeholderData: (before) => before,
  });
  const groups = data?.errorGroups;
  const most = Math.max(1, ...(groups ?? []).map(({ count }) => count));
  return (
    <div className="errors">
      <h1 className="unseen">Errors</h1>
      <Filters params={params} statuses={statuses} change={(changed) => setParams(changed, { replace: true })} />
      {error && <Problem error={error} again={() => void refetch()} />}
      {groups && (
        <p className="errors-sum dim" role="status">
          {plural(groups.reduce((sum, { count }) => sum + count, 0), "record")} in {plural(groups.length, "group")}
        </p>
      )}
      <ul className="figures">
        {groups?.map((group) => (
          <GroupView key={`${group.errorType} ${group.status}`} group={group} filter={filter} share={group.count / most} />
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
  const { errorType, status, count, exampleId, exampleMessage, firstSince, lastSince } = group;
  const these: RecordFilter = { ...filter, status: [status], errorType: [errorType] };
  const mine = all || these.owner ? these : { ...these, owner: [name] };
  const link = new URLSearchParams(
    Object.entries(these).flatMap(([label, values]) => (values as string[]).map((value) => [label, value])),
  );
  return (
    <li className="panel group" data-status={status}>
      <div className="group-count">
        <Link href={`/records?${link}`}>{whole(count)}</Link>
        <Status status={status} />
      </div>
      <div className="group-what">
        <h2>
          <code>{errorType}</code>
        </h2>
        <p className="group-message">{exampleMessage ?? <span className="dim">without a message</span>}</p>
        <p className="dim">
          first <Age at={firstSince} /> ago, last <Age at={lastSince} /> ago, such as{" "}
          <Link href={`/records/${exampleId}`}>{exampleId}</Link>
        </p>
      </div>
      {(own || all) && (
        <ActionButtons
          actions={matrix.actions("USER", [status])}
          chosen={{ by: "filter", filter: mine, counts: new Map([[status, count]]) }}
        />
      )}
      <meter value={share} aria-label={`${whole(count)} records`} />
    </li>
  );
}
