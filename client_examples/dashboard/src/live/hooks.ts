// What is live, for components.
import { createContext, useContext, useEffect, useRef, useSyncExternalStore } from "react";
import type { Change } from "./figures.ts";
import type { Live } from "./live.ts";

export const LiveContext = createContext<Live | null>(null);

function use(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error("There is no LiveContext around this component.");
  return live;
}

// Draws again, at most once a frame, whenever anything has changed.
export function useLive(): Live {
  const live = use();
  useSyncExternalStore(live.subscribe, () => live.version);
  return live;
}

// Without drawing again.
export function useQuietLive(): Live {
  return use();
}

// Whether figures may be trusted and actions taken.
export function useFresh(): boolean {
  const live = use();
  return useSyncExternalStore(live.subscribe, () => live.state !== "stale" && live.figures !== null);
}

// Up to when what is shown is known (ms): now, or when the connection was lost.
export function useKnownUntil(now: number): number {
  const live = use();
  const lost = useSyncExternalStore(live.subscribe, () => (live.state === "live" || live.figures === null ? null : live.lost));
  return lost === null ? now : Math.min(now, lost);
}

// What is asked for any number of times is done once in the next frame, unless it is cancelled.
export function onceAFrame(then: () => void): { ask: () => void; cancel: () => void } {
  let frame = 0;
  return {
    ask: () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        then();
      });
    },
    cancel: () => cancelAnimationFrame(frame),
  };
}

// Calls back at the first change that interests, and then at most once in so many milliseconds.
export function useWhenChanged(interests: (change: Change) => boolean, then: () => void, atMost = 1000): void {
  const live = use();
  const latest = useRef({ interests, then });
  latest.current = { interests, then };
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let called = 0;
    const call = () => {
      timer ??= setTimeout(
        () => {
          timer = undefined;
          called = Date.now();
          latest.current.then();
        },
        Math.max(50, called + atMost - Date.now()), // the changes of one transaction come together
      );
    };
    const unsubscribe = [
      live.onChange((change) => latest.current.interests(change) && call()),
      live.onSnapshot(call),
    ];
    return () => {
      clearTimeout(timer);
      for (const undo of unsubscribe) undo();
    };
  }, [live, atMost]);
}
