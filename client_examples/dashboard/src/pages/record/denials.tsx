// What is not open on a record now: why, and the way to where it would lead.
import { useState } from "react";
import { ActionButtons } from "../../actions/buttons.tsx";
import type { Chosen } from "../../actions/groups.ts";
import type { PossibleFragment } from "../../api/generated/graphql.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { firstOf, wayInWords } from "./way.ts";
import "./denials.css";

type Move = PossibleFragment["permittedActions"][number];

interface Props {
  moves: Move[];
  chosen: Chosen;
}

export function Denials({ moves, chosen }: Props) {
  const [open, setOpen] = useState(false);
  if (moves.every(({ permitted }) => permitted)) return null;
  return (
    <>
      <button className="quiet" onClick={() => setOpen(true)}>
        What is not permitted?
      </button>
      {open && (
        <Dialog title="Not permitted now" close={() => setOpen(false)}>
          <DeniedList moves={moves} chosen={chosen} pressed={() => setOpen(false)} />
        </Dialog>
      )}
    </>
  );
}

export function DeniedList({ moves, chosen, pressed }: Props & { pressed?: () => void }) {
  const open = new Set(moves.filter(({ permitted }) => permitted).map(({ action }) => action));
  const denied = moves.filter(({ permitted }) => !permitted);
  return (
    <ul className="denied-moves">
      {denied.map(({ action, to, denial }) => {
        const way = denial?.shortestWay ?? [];
        const first = firstOf(way, open);
        return (
          <li key={action}>
            <p>
              {denial?.message} <span className="dim">{wayInWords(to, way)}</span>
            </p>
            {first && (
              <span className="first-step">
                {way.length > 1 && <span className="dim">first</span>}
                <ActionButtons actions={[first]} chosen={chosen} {...(pressed && { pressed })} />
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
