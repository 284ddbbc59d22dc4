// How many have come into the filter since its rows were asked for: they are announced, and never move what is read.
import { useEffect, useReducer, useRef } from "react";
import type { RecordFilter } from "../../api/generated/graphql.ts";
import type { Change } from "../../live/figures.ts";
import { onceAFrame, useQuietLive } from "../../live/hooks.ts";
import { enters, remains } from "./filter.ts";
import type { Row } from "./rows.ts";

// Whether the change alters who they are: one that came stays new as long as it is in the filter.
export function fold(ids: Set<string>, filter: RecordFilter, change: Change): boolean {
  if (enters(filter, change)) return ids.size < ids.add(change.recordId).size;
  return !remains(filter, change.to) && ids.delete(change.recordId);
}

export function useNewcomers(filter: RecordFilter, generation: number, rows: Row[]): number {
  const live = useQuietLive();
  const ids = useRef(new Set<string>());
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    ids.current.clear();
    draw();
    const drawing = onceAFrame(draw);
    const stop = live.onChange((change) => fold(ids.current, filter, change) && drawing.ask());
    return () => {
      stop();
      drawing.cancel();
    };
  }, [live, filter, generation]);
  for (const { id } of ids.current.size > 0 ? rows : []) ids.current.delete(id);
  return ids.current.size;
}
