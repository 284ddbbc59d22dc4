// The active managers, kept up by what the feed tells of them: those that work are heard there.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect } from "react";
import { execute } from "../../api/execute.ts";
import { ManagersDocument, type ManagersQuery } from "../../api/generated/graphql.ts";
import { clock } from "../../live/clock.ts";
import { useWhenChanged } from "../../live/hooks.ts";

export type Manager = ManagersQuery["managers"]["nodes"][number];
const KEY = ["managers"];

export function useManagers() {
  const query = useQuery({ queryKey: KEY, queryFn: ({ signal }) => execute(ManagersDocument, {}, signal) });
  return { ...query, managers: query.data?.managers.nodes };
}

// To be called by one component of a page.
export function useManagersKeptUp(): void {
  const queries = useQueryClient();
  const renew = useCallback(() => void queries.invalidateQueries({ queryKey: KEY }), [queries]);
  useWhenChanged(({ actor, action }) => actor === "MANAGER" || action === "REPORT_ERROR", renew, 2_000);
  const { managers } = useManagers();
  // An idle manager beats without an event. Before one would look late, or lost, it is asked for once more.
  const due = Math.min(...(managers ?? []).flatMap((each) => [lateAt(each), lostAt(each)]).filter((at) => at > clock.now()));
  useEffect(() => {
    if (!Number.isFinite(due)) return;
    const timer = setTimeout(renew, Math.max(1_000, due - clock.now() - 1_000));
    return () => clearTimeout(timer);
  }, [due, renew]);
}

// A manager beats several times within one lease: after half of one in silence it is late.
export function lateAt(manager: Manager): number {
  return Date.parse(manager.heartbeatAt) + manager.leaseSeconds * 500;
}

const lostAt = (manager: Manager) => Date.parse(manager.heartbeatAt) + manager.leaseSeconds * 1000;

export type Health = "well" | "late" | "lost" | "failing";
const JUDGED = 5; // answers, before its success rate says anything
const POOR = 0.5;

export function health(manager: Manager, now: number): Health {
  if (now > lostAt(manager)) return "lost";
  if (now > lateAt(manager)) return "late";
  const answers = manager.completedCount + manager.errorCount;
  return answers >= JUDGED && manager.completedCount / answers < POOR ? "failing" : "well";
}
