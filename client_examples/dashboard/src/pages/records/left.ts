// How many rows that are shown have left the filter since they were asked for: they stay where they are until asked anew.
import { useEffect, useReducer, useRef } from "react";
import type { RecordFilter } from "../../api/generated/graphql.ts";
import { onceAFrame, useQuietLive } from "../../live/hooks.ts";
import { remains } from "./filter.ts";
import type { Row } from "./rows.ts";

export function useLeft(filter: RecordFilter, rows: Row[]): number {
  const live = useQuietLive();
  const left = useRef(new Set<string>());
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const shown = new Set(rows.map(({ id }) => id));
    const gone = rows.filter((row) => !remains(filter, live.knowledge.newer(row)?.status ?? row.status));
    left.current = new Set(gone.map(({ id }) => id));
    draw();
    const drawing = onceAFrame(draw);
    const stop = live.onChange(({ recordId, to }) => {
      if (!shown.has(recordId)) return;
      const before = left.current.size;
      if (remains(filter, to)) left.current.delete(recordId);
      else left.current.add(recordId);
      if (left.current.size !== before) drawing.ask();
    });
    return () => {
      stop();
      drawing.cancel();
    };
  }, [live, filter, rows]);
  return left.current.size;
}
