// How long ago something was, in words that go on counting; the moment itself on hovering.
import { useSyncExternalStore } from "react";
import { clock } from "../live/clock.ts";
import { moment, span } from "./numbers.ts";

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let second = 0;

// One clock for all ages that are on the page.
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    second += 1;
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

// Draws again every second; the server's time.
export function useNow(): number {
  useSyncExternalStore(subscribe, () => second);
  return clock.now();
}

export function Age({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={moment(at)}>
      {span(Math.max(1000, now - Date.parse(at)))}
    </time>
  );
}
