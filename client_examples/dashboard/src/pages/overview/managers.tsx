// Who computes: when each was last heard, what it holds, and how it does. A sick one stands out.
import { Activity, HeartCrack, type LucideIcon, TriangleAlert, Unplug } from "lucide-react";
import { failing, type Health, health, type Manager } from "../../live/fleet.ts";
import { useKnownUntil, useLive } from "../../live/hooks.ts";
import { useNow } from "../../parts/age.tsx";
import { moment, span, whole } from "../../parts/numbers.ts";

const SAID: Record<Health, [LucideIcon, string, string]> = {
  well: [Activity, "well", "It is heard, and most of what it runs succeeds."],
  failing: [TriangleAlert, "failing", "More of what it runs fails than succeeds."],
  late: [HeartCrack, "late", "It has not been heard for half of its lease."],
  lost: [Unplug, "silent", "It has not been heard for a whole lease: what it runs goes to ERROR."],
};

export function Managers() {
  const { fleet } = useLive();
  const managers = fleet.managers && [...fleet.managers.values()].sort((a, b) => a.name.localeCompare(b.name));
  const now = useKnownUntil(useNow());
  const silent = managers?.filter((manager) => health(manager, now) === "lost").length ?? 0;
  return (
    <section className="panel managers figures">
      <header>
        <h2>Managers</h2>
        {managers && (
          <span className="dim">
            {whole(managers.length)} active{silence(managers.length, silent)}
          </span>
        )}
      </header>
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
              {managers.sort((a, b) => Number(health(a, now) === "well") - Number(health(b, now) === "well")).map(
                (manager) => (
                  <Row key={manager.id} manager={manager} health={health(manager, now)} now={now} />
                ),
              )}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Row({ manager, health, now }: { manager: Manager; health: Health; now: number }) {
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
        {health !== "failing" && failing(manager) && (
          <span className="mark" title={SAID.failing[2]}>
            failing
          </span>
        )}
      </td>
      <td className="number" title={moment(manager.heartbeatAt)}>
        {span(Math.max(1000, now - Date.parse(manager.heartbeatAt)))}
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

function silence(all: number, silent: number): string {
  if (silent === 0) return "";
  if (silent < all) return `, ${whole(silent)} of them silent`;
  return all === 1 ? ", but silent" : ", but all of them silent";
}
