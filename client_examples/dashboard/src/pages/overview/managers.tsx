// Who computes: when each was last heard, what it holds, and how it does. A sick one stands out.
import { Activity, HeartCrack, type LucideIcon, TriangleAlert, Unplug } from "lucide-react";
import { Age, useNow } from "../../parts/age.tsx";
import { whole } from "../../parts/numbers.ts";
import { Problem } from "../../parts/problem.tsx";
import { type Health, health, type Manager, useManagers } from "./managers_query.ts";

const SAID: Record<Health, [LucideIcon, string, string]> = {
  well: [Activity, "well", "It is heard, and most of what it runs succeeds."],
  failing: [TriangleAlert, "failing", "More of what it runs fails than succeeds."],
  late: [HeartCrack, "late", "It has not been heard for half of its lease."],
  lost: [Unplug, "silent", "It has not been heard for a whole lease: what it runs goes to ERROR."],
};

export function Managers() {
  const { managers, data, error, refetch } = useManagers();
  const now = useNow();
  return (
    <section className="panel managers figures">
      <header>
        <h2>Managers</h2>
        {managers && <span className="dim">{whole(managers.length)} active</span>}
        {data?.managers.pageInfo.hasNextPage && <span className="dim">, the first of them</span>}
      </header>
      {error && <Problem error={error} again={() => void refetch()} />}
      {managers?.length === 0 && (
        <p className="empty">
          No manager is active, so nothing is computed. Start one with <code>interlock manager</code>.
        </p>
      )}
      {managers && managers.length > 0 && (
        <div className="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">manager</th>
                <th scope="col">state</th>
                <th scope="col" className="number">heard</th>
                <th scope="col" className="number">runs</th>
                <th scope="col" className="number">done</th>
                <th scope="col" className="number">errors</th>
                <th scope="col" className="number">success</th>
                <th scope="col">tags</th>
                <th scope="col">programs</th>
              </tr>
            </thead>
            <tbody>
              {[...managers].sort((a, b) => Number(health(a, now) === "well") - Number(health(b, now) === "well")).map(
                (manager) => (
                  <Row key={manager.id} manager={manager} health={health(manager, now)} />
                ),
              )}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Row({ manager, health }: { manager: Manager; health: Health }) {
  const [Sign, word, meaning] = SAID[health];
  const answers = manager.completedCount + manager.errorCount;
  return (
    <tr className={`manager ${health}`}>
      <th scope="row" title={[manager.hostname, manager.cluster, manager.version].filter(Boolean).join(", ")}>
        {manager.name}
      </th>
      <td title={meaning}>
        <span className="health">
          <Sign size={14} aria-hidden /> {word}
        </span>
      </td>
      <td className="number">
        <Age at={manager.heartbeatAt} />
      </td>
      <td className="number">{whole(manager.runningCount)}</td>
      <td className="number">{whole(manager.completedCount)}</td>
      <td className="number">{whole(manager.errorCount)}</td>
      <td className="number">{answers ? `${Math.floor((100 * manager.completedCount) / answers)} %` : "–"}</td>
      <td>{manager.tags.join(", ")}</td>
      <td className="dim">{manager.programs.map(({ name, version }) => (version ? `${name} ${version}` : name)).join(", ")}</td>
    </tr>
  );
}
