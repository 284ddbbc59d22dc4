// One record: what it is, what became of it, what can be done with it.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { ActionButtons } from "../../actions/buttons.tsx";
import type { Chosen } from "../../actions/groups.ts";
import type { RecordQuery } from "../../api/generated/graphql.ts";
import { Status } from "../../lifecycle/status.tsx";
import { useWhenChanged } from "../../live/hooks.ts";
import { Age } from "../../parts/age.tsx";
import { Copy } from "../../parts/copy.tsx";
import { JsonTree } from "../../parts/json_tree.tsx";
import { Problem } from "../../parts/problem.tsx";
import { useMay } from "../../session/viewer.tsx";
import { Attempts } from "./attempts.tsx";
import { Denials } from "./denials.tsx";
import { Facts } from "./facts.tsx";
import { moleculeIn } from "./molecule.ts";
import { MoleculeView } from "./molecule_view.tsx";
import { story } from "./story.ts";
import { Timeline } from "./timeline.tsx";
import "./record.css";

type Found = NonNullable<RecordQuery["record"]>;

export default function RecordPage({ id }: { id: string }) {
  const queries = useQueryClient();
  const key = ["record", id];
  useWhenChanged(({ recordId }) => recordId === id, () => void queries.invalidateQueries({ queryKey: key }), 500);
  const { data, error, refetch } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => story(id, signal),
  });
  if (error) return <Problem error={error} again={() => void refetch()} />;
  if (!data) return <p className="empty">Looking for {id} …</p>;
  const { record, changes, more } = data;
  return (
    <div className="record figures">
      <header className="record-head">
        <h1>
          {id} <Copy text={id} />
        </h1>
        <Standing record={record} gone={changes.length > 0} />
      </header>
      {record && <Facts record={record} />}
      <div className="record-column">
        <Timeline changes={changes} more={more} />
        {record && <Attempts attempts={record.attempts} />}
      </div>
      {record && <Content record={record} />}
    </div>
  );
}

function Standing({ record, gone }: { record: Found | null; gone: boolean }) {
  const own = useMay("ACT_ON_OWN");
  const all = useMay("ACT_ON_ALL");
  if (!record) {
    return gone ? (
      <>
        <Status status="KILLED" />
        <span className="dim">It was killed: record and task are deleted, and only its history stays.</span>
      </>
    ) : (
      <span className="dim">There is no such record.</span>
    );
  }
  const permitted = record.permittedActions.filter((each) => each.permitted).map(({ action }) => action);
  const chosen: Chosen = { by: "ids", records: [{ id: record.id, status: record.status }] };
  return (
    <>
      <Status status={record.status} />
      <span className="dim">
        for <Age at={record.since} />
      </span>
      {(own || all) && (
        <span className="record-actions">
          <ActionButtons actions={permitted} chosen={chosen} />
          <Denials moves={record.permittedActions} chosen={chosen} />
        </span>
      )}
      <Link href={`/matrix?record=${record.id}`}>in the matrix</Link>
    </>
  );
}

function Content({ record }: { record: Found }) {
  const molecule = moleculeIn(record.result) ?? moleculeIn(record.specification);
  return (
    <div className="record-column">
      {molecule && (
        <section className="panel">
          <header>
            <h2>Molecule</h2>
            <span className="dim">{molecule.formula}</span>
          </header>
          <MoleculeView molecule={molecule} />
        </section>
      )}
      {record.result !== null && <Tree title="Result" value={record.result} />}
      <Tree title="Specification" value={record.specification} />
    </div>
  );
}

function Tree({ title, value }: { title: string; value: unknown }) {
  return (
    <section className="panel">
      <header>
        <h2>{title}</h2>
        <Copy text={JSON.stringify(value, null, 2)} />
      </header>
      <JsonTree value={value} />
    </section>
  );
}
