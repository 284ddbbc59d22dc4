// The lifecycle as the square table: from, to, and the action that leads there.
import { verb } from "../../actions/words.ts";
import { meaning } from "../../lifecycle/meaning.ts";
import { Status } from "../../lifecycle/status.tsx";
import { useMatrix } from "../../session/viewer.tsx";
import type { Lit } from "./lit.ts";

export function Square({ lit }: { lit: Lit | null }) {
  const matrix = useMatrix();
  return (
    <div className="scroll">
      <table className="square">
        <thead>
          <tr>
            <th scope="col">from \ to</th>
            {matrix.places.map((place) => (
              <th key={place} scope="col">
                <Status status={place} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {matrix.statuses.map((from) => (
            <tr key={from} className={lit?.status === from ? "here" : lit ? "elsewhere" : ""}>
              <th scope="row">
                <Status status={from} />
              </th>
              {matrix.places.map((to) => (
                <td key={to} className={from === to ? "same" : ""}>
                  {matrix.between(from, to).map(({ action, number, actors, description, taskEffect }) => (
                    <span
                      key={action}
                      className={`move${lit?.status === from ? (lit.open.has(action) ? " open" : " denied") : ""}`}
                      title={(lit?.status === from && lit.why.get(action)) || `${meaning(description)} The task is ${taskEffect.toLowerCase()}.`}
                    >
                      {number !== null && <span className="dim">{number}</span>} {verb(action)}
                      <small>{actors.join(", ").toLowerCase()}</small>
                    </span>
                  ))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
