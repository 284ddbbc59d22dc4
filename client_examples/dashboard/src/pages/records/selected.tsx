// What can be done with what is selected, as the server says.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { ActionButtons } from "../../actions/buttons.tsx";
import type { Chosen } from "../../actions/groups.ts";
import { execute } from "../../api/execute.ts";
import { type Action, PermittedDocument, type RecordFilter, type RecordStatus } from "../../api/generated/graphql.ts";
import { useWhenChanged } from "../../live/hooks.ts";
import { plural } from "../../parts/numbers.ts";
import { useMatrix, useMay, useViewer } from "../../session/viewer.tsx";
import { useMatching } from "./rows.ts";
import type { Selection } from "./selection.ts";

const ASKED = 1_000; // ids in one question

interface Props {
  selection: Selection;
  filter: RecordFilter;
  done: () => void;
}

export function Selected({ selection, filter, done }: Props) {
  return selection.all ? (
    <AllSelected filter={filter} done={done} />
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
      {data && counts.size === 0 && <span className="dim">Nothing is permitted on {records.length === 1 ? "it" : "them"}.</span>}
    </>
  );
}

// By filter, a call is taken only on those that the viewer may act on: no others are counted here.
function AllSelected({ filter, done }: Pick<Props, "filter" | "done">) {
  const matrix = useMatrix();
  const { name } = useViewer();
  const every = useMay("ACT_ON_ALL");
  const mine = useMemo<RecordFilter>(
    () => (every || filter.owner ? filter : { ...filter, owner: [name] }),
    [every, filter, name],
  );
  const matching = useMatching(mine) ?? new Map<RecordStatus, number>();
  const number = [...matching.values()].reduce((sum, count) => sum + count, 0);
  const possible = [...matching].filter(([, count]) => count > 0).map(([status]) => status);
  return (
    <>
      <b>
        {number === 1 ? "The one matching record" : `All ${plural(number, "matching record")}`}
        {every ? "" : " of yours"}
      </b>
      <ActionButtons
        actions={matrix.actions("USER", possible)}
        chosen={{ by: "filter", filter: mine, counts: matching }}
        count={(action) => matrix.sources(action).reduce((sum, status) => sum + (matching.get(status) ?? 0), 0)}
        done={done}
      />
    </>
  );
}
