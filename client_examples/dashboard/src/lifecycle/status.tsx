// How a status looks: a colour, a sign and its word, so that no one of them is needed.
import { Ban, Circle, CircleCheck, CirclePause, CirclePlay, Clock3, type LucideIcon, OctagonX, TriangleAlert } from "lucide-react";
import type { TransitionTarget } from "../api/generated/graphql.ts";

const SIGNS: Partial<Record<TransitionTarget, LucideIcon>> = {
  WAITING: Clock3,
  RUNNING: CirclePlay,
  COMPLETE: CircleCheck,
  ERROR: TriangleAlert,
  FAILED: OctagonX,
  HOLD: CirclePause,
  KILLED: Ban,
};

// The name of the status' colour in the style sheet, for charts.
export const colour = (status: string) => `var(--${status.toLowerCase()}, var(--text))`;

export function StatusSign({ status, size = 14 }: { status: TransitionTarget; size?: number }) {
  const Sign = SIGNS[status] ?? Circle;
  return <Sign className="sign" data-status={status} size={size} aria-hidden />;
}

export function Status({ status }: { status: TransitionTarget }) {
  return (
    <span className="status" data-status={status}>
      <StatusSign status={status} />
      {status}
    </span>
  );
}
