// The connection's state, always in sight.
import { useLive } from "../live/hooks.ts";
import type { FeedState } from "../live/feed.ts";

const WORDS: Record<FeedState, [string, string]> = {
  connecting: ["Connecting", "The first figures are on their way."],
  live: ["Live", "Every change is shown as it happens."],
  reconnecting: ["Reconnecting", "The connection was lost a moment ago; nothing will be missed."],
  stale: ["Stale", "There has been no connection for a while: figures are old, and actions are off until it is back."],
};

export function LiveState() {
  const { state } = useLive();
  const [word, meaning] = WORDS[state];
  return (
    <span className={`live-state ${state}`} role="status" title={meaning}>
      <span className="dot" aria-hidden />
      {word}
    </span>
  );
}
