// Rows in sight that have changed are asked for anew, together and not too often: the feed tells a status, but neither
// the error nor the number of attempts.
import { useEffect, useReducer, useRef } from "react";
import { execute } from "../../api/execute.ts";
import { RowsDocument } from "../../api/generated/graphql.ts";
import { useQuietLive } from "../../live/hooks.ts";
import type { Row } from "./rows.ts";

const PAUSE = 1_000; // ms between two questions

// The rows as they are known best.
export function useRenewed(rows: Row[]): Row[] {
  const { knowledge } = useQuietLive();
  const known = useRef(new Map<string, Row>());
  const changed = useRef<string[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const [, draw] = useReducer((count: number) => count + 1, 0);
  const best = rows.map((row) => {
    const renewed = known.current.get(row.id);
    return renewed && renewed.since >= row.since ? renewed : row;
  });
  changed.current = best.filter((row) => (knowledge.newer(row)?.status ?? "KILLED") !== "KILLED").map(({ id }) => id);
  useEffect(() => {
    if (changed.current.length === 0) return;
    timer.current ??= setTimeout(() => {
      void ask(changed.current).then((found) => {
        timer.current = undefined; // what changed meanwhile, or could not be had, is asked for with the next drawing
        known.current = new Map([...known.current, ...found].slice(-KEPT));
        draw();
      });
    }, PAUSE);
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  return best;
}

const KEPT = 1_000;

async function ask(ids: string[]): Promise<[string, Row][]> {
  try {
    const { nodes } = await execute(RowsDocument, { ids });
    return nodes.flatMap((node) => (node?.__typename === "Record" ? [[node.id, node] as [string, Row]] : []));
  } catch {
    return []; // the page's head says that the server cannot be reached
  }
}
