// The matrix: what is permitted from where and by whom, and for one record: what, and why not.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId } from "react";
import { Link, useSearchParams } from "wouter";
import { ActionButtons } from "../../actions/buttons.tsx";
import type { Chosen } from "../../actions/groups.ts";
import { execute } from "../../api/execute.ts";
import { MovesOfDocument, type MovesOfQuery } from "../../api/generated/graphql.ts";
import { Status } from "../../lifecycle/status.tsx";
import { useWhenChanged } from "../../live/hooks.ts";
import { Problem } from "../../parts/problem.tsx";
import { useMay } from "../../session/viewer.tsx";
import { DeniedList } from "../record/denials.tsx";
import { Graph } from "./graph.tsx";
import { Legend } from "./legend.tsx";
import { litBy } from "./lit.ts";
import { Square } from "./square.tsx";
import "./matrix.css";

export default function MatrixPage() {
  const [params, setParams] = useSearchParams();
  const id = params.get("record") ?? "";
  const { record, error, asked } = useMoves(id);
  const lit = litBy(record);
  const input = useId();

  function choose(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const typed = String(new FormData(event.currentTarget).get("record")).trim().replace(/^(?=\d+$)/, "rec_");
    setParams(typed ? { record: typed } : {}, { replace: true });
  }

  return (
    <div className="matrix">
      <section className="panel">
        <header>
          <h1>The matrix</h1>
          <span className="dim">Nothing else is permitted, to anybody.</span>
          <form className="choose" onSubmit={choose}>
            <label htmlFor={input}>Light up what is permitted for</label>
            <input id={input} key={id} name="record" placeholder="rec_1" defaultValue={id} />
            <button>Show</button>
          </form>
        </header>
        <Legend lit={lit !== null} />
        <Graph lit={lit} />
      </section>
      {error && <Problem error={error} />}
      {id && asked && !record && !error && <p className="empty">There is no record {id}, or none any more.</p>}
      {record && <Moves record={record} />}
      <section className="panel">
        <header>
          <h2>From, to</h2>
          <span className="dim">
            The numbers are those of the table in “Task Queue and Records Status Overhaul”, the thread of QCFractal that this
            lifecycle comes from; what is in its text only has none.
          </span>
        </header>
        <Square lit={lit} />
      </section>
    </div>
  );
}

function useMoves(id: string) {
  const queries = useQueryClient();
  const key = ["moves", id];
  useWhenChanged(({ recordId }) => recordId === id, () => void queries.invalidateQueries({ queryKey: key }), 300);
  const { data, error } = useQuery({
    queryKey: key,
    enabled: id !== "",
    queryFn: ({ signal }) => execute(MovesOfDocument, { id }, signal),
  });
  return { record: data?.record, error, asked: data !== undefined };
}

function Moves({ record }: { record: NonNullable<MovesOfQuery["record"]> }) {
  const own = useMay("ACT_ON_OWN");
  const all = useMay("ACT_ON_ALL");
  const open = record.permittedActions.filter(({ permitted }) => permitted).map(({ action }) => action);
  const chosen: Chosen = { by: "ids", records: [{ id: record.id, status: record.status }] };
  return (
    <section className="panel figures">
      <header>
        <h2>
          <Link href={`/records/${record.id}`}>{record.id}</Link>
        </h2>
        <Status status={record.status} />
        {own || all ? (
          <ActionButtons actions={open} chosen={chosen} />
        ) : (
          <span className="dim">Your role changes nothing.</span>
        )}
      </header>
      <DeniedList moves={record.permittedActions} chosen={chosen} />
    </section>
  );
}
