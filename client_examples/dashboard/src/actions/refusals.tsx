// What was refused: by reason, and the first of each with its present status and what is permitted instead.
import { Link } from "wouter";
import { Status } from "../lifecycle/status.tsx";
import { whole } from "../parts/numbers.ts";
import type { Refused } from "./preview.ts";
import { code as inWords, verb } from "./words.ts";

export function Refusals({ refused }: { refused: Refused }) {
  if (refused.size === 0) return null;
  return (
    <div className="refusals">
      {[...refused].map(([kind, { code, count, first }]) => (
        <details key={kind} open={refused.size === 1 && count <= 3}>
          <summary>
            <b>{whole(count)}</b> {inWords(code)}
            {first[0] && <span className="dim">: {first[0].message}</span>}
          </summary>
          <ul>
            {first.map(({ id, currentStatus, permitted }) => (
              <li key={id}>
                <Link href={`/records/${id}`}>{id}</Link> {currentStatus && <Status status={currentStatus} />}{" "}
                <span className="dim">
                  {permitted.length > 0 ? `permitted: ${permitted.map(verb).join(", ").toLowerCase()}` : "nothing is permitted"}
                </span>
              </li>
            ))}
          </ul>
        </details>
      ))}
    </div>
  );
}
