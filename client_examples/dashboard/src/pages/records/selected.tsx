// What can be done with what is selected, as the server says.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ActionButtons } from "../../actions/buttons.tsx";
import type { Chosen } from "../../actions/groups.ts";
import { execute } from "../../api/execute.ts";
import { type Action, PermittedDocument, type RecordFilter } from "../../api/generated/graphql.ts";
import { useWhenChanged } from "../../live/hooks.ts";
import { plural } from "../../parts/numbers.ts";
import { useMatrix, useMay, useViewer } from "../../session/viewer.tsx";
import type { Matching } from "./rows.ts";
import type { Selection } from "./selection.ts";

const ASKED = 1_000; // ids in one question

interface Props {
  selection: Selection;
  filter: RecordFilter;
  matching: Matching | undefined;
  done: () => void;
}

export function Selected({ selection, filter, matching, done }: Props) {
  return selection.all ? (
    <AllSelected filter={filter} matching={matching ?? new Map()} done={done} />
  ) : (
    <SomeSelected selection={selection} done={done} />
  );
}

function SomeSelected({ selection, done }: Pick<Props, "selection" | "done">) {
  const records = [...selection.some.values()];
  const ids = records.slice(0, ASKED).map(({ id }) => id);
  const queries = useQueryClient();
  const key = ["permitted", ids];
  useWhenChanged(({ recordId }) => selection.some.has(recordId), () => void queries.invalidateQueries({ queryKey: key }), 500);
  const { data } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => execute(PermittedDocument, { ids }, signal),
    placeholderData: (before) => before,
    select: ({ nodes }) => nodes.flatMap((node) => (node?.__typename === "Record" ? [node] : [])),
  });
  const counts = new Map<Action, number>();
  for (const { permittedActions } of data ?? []) {
    for (const { action } of permittedActions) counts.set(action, (counts.get(action) ?? 0) + 1);
  }
  const whole = records.length <= ASKED;
  const chosen: Chosen = { by: "ids", records };
  return (
    <>
      <b>{plural(records.length, "record")} selected</b>
      <ActionButtons
        actions={[...counts.keys()]}
        chosen={chosen}
        count={(action) => (whole ? counts.get(action) : undefined)}
        done={done}
      />
      {data && counts.size === 0 && <span className="dim">Nothing is permitted on them.</span>}
    </>
  );
}

function AllSelected({ filter, matching, done }: Pick<Props, "filter" | "done"> & { matching: Matching }) {
  const matrix = useMatrix();
  const { name } = useViewer();
  const all = useMay("ACT_ON_ALL");
  const number = [...matching.values()].reduce((sum, count) => sum + count, 0);
  // by filter, a call is taken only on those that the viewer may act on
  const mine: RecordFilter = all || filter.owner ? filter : { ...filter, owner: [name] };
  const possible = [...matching].filter(([, count]) => count > 0).map(([status]) => status);
  return (
    <>
      <b>All {plural(number, "matching record")}</b>
      <ActionButtons
        actions={matrix.actions("USER", possible)}
        chosen={{ by: "filter", filter: mine, counts: matching }}
        count={(action) => matrix.sources(action).reduce((sum, status) => sum + (matching.get(status) ?? 0), 0)}
        done={done}
      />
    </>
  );
}
