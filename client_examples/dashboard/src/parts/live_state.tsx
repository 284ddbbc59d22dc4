// The connection's state, always in sight; where it is lost, why and since when.
import type { FeedState } from "../live/feed.ts";
import { useLive } from "../live/hooks.ts";
import { clockTime } from "./numbers.ts";

const WORDS: Record<FeedState, [string, string]> = {
  connecting: ["Connecting", "The first figures are on their way."],
  live: ["Live", "Every change is shown as it happens."],
  reconnecting: ["Reconnecting", "The connection was lost a moment ago; nothing will be missed."],
  stale: ["Stale", "The figures are as they were then, and actions are off until the connection is back."],
};

export function LiveState() {
  const { state, why, lost } = useLive();
  const [word, meaning] = WORDS[state];
  const since = state === "stale" ? `since ${clockTime(lost)}. ${why}` : "";
  return (
    <span className={`live-state ${state}`} role="status" title={[word, since, meaning].filter(Boolean).join(" ")}>
      <span className="dot" aria-hidden />
      <span>{word}</span>
      {since && <span className="live-why">{since}</span>}
    </span>
  );
}
