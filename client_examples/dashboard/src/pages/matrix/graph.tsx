// The lifecycle as a graph: who may move what whither, and how many are where.
import { useMemo } from "react";
import { verb } from "../../actions/words.ts";
import type { RecordStatus } from "../../api/generated/graphql.ts";
import { actors, meaning } from "../../lifecycle/meaning.ts";
import { StatusSign } from "../../lifecycle/status.tsx";
import { useLive } from "../../live/hooks.ts";
import { whole } from "../../parts/numbers.ts";
import { useMatrix } from "../../session/viewer.tsx";
import { LABEL_HEIGHT, layout, type Place, type Way } from "./layout.ts";
import type { Lit } from "./lit.ts";

export function Graph({ lit }: { lit: Lit | null }) {
  const matrix = useMatrix();
  const { width, height, places, ways } = useMemo(() => layout(matrix), [matrix]);
  return (
    <div className="scroll">
      <svg
        className={`graph${lit ? " lit" : ""}`}
        viewBox={`0 0 ${width} ${height}`}
        width={width}
        height={height}
        role="img"
        aria-label="The lifecycle as a graph; the table below says the same"
      >
        <defs>
          {["", "-open", "-denied"].map((kind) => (
            <marker key={kind} id={`tip${kind}`} className={`tip${kind}`} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">
              <path d="M0,0L8,4L0,8Z" />
            </marker>
          ))}
        </defs>
        {ways.map((way) => (
          <WayView key={key(way)} way={way} lit={lit} />
        ))}
        {ways.map((way) => (
          <Label key={key(way)} way={way} lit={lit} />
        ))}
        {places.map((place) => (
          <PlaceView key={place.name} place={place} here={lit?.status === place.name} />
        ))}
      </svg>
    </div>
  );
}

const key = ({ transition: { action, from } }: Way) => action + from;

function kindOf({ transition: { action, from } }: Way, lit: Lit | null): "" | "open" | "denied" {
  if (lit?.status !== from) return "";
  return lit.open.has(action) ? "open" : "denied";
}

function WayView({ way, lit }: { way: Way; lit: Lit | null }) {
  const kind = kindOf(way, lit);
  return (
    <g className={`way ${kind} ${way.transition.actors.includes("USER") ? "by-user" : ""}`}>
      <path d={way.path} markerEnd={`url(#tip${kind && `-${kind}`})`} />
    </g>
  );
}

// Above all lines, so that none goes through its word.
function Label({ way, lit }: { way: Way; lit: Lit | null }) {
  const { label, transition } = way;
  const { action, actors: who, description } = transition;
  const kind = kindOf(way, lit);
  const name = verb(action);
  return (
    <g className={`way-name ${kind}`}>
      <title>{`${name}, by ${actors(who)}. ${(kind === "denied" && lit?.why.get(action)) || meaning(description)}`}</title>
      <rect x={label.x - name.length * 3.4 - 5} y={label.y - LABEL_HEIGHT / 2} width={name.length * 6.8 + 10} height={LABEL_HEIGHT} rx={4} />
      <text x={label.x} y={label.y + 4}>
        {name}
      </text>
    </g>
  );
}

function PlaceView({ place, here }: { place: Place; here: boolean }) {
  const { figures } = useLive();
  const { name, x, y, width, height } = place;
  const count = name === "KILLED" ? undefined : (figures?.totals.get(name as RecordStatus) ?? 0);
  return (
    <g className={`place${here ? " here" : ""}`} data-status={name} transform={`translate(${x - width / 2},${y - height / 2})`}>
      <rect width={width} height={height} rx={8} />
      <svg x={10} y={9} width={15} height={15}>
        <StatusSign status={name} size={15} />
      </svg>
      <text className="place-name" x={30} y={21}>
        {name}
      </text>
      <text className="place-count" x={30} y={42}>
        {count === undefined ? "deleted" : whole(count)}
      </text>
    </g>
  );
}
