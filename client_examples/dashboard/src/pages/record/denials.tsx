// What is not open on a record now: why, and what is instead.
import { useState } from "react";
import { verb } from "../../actions/words.ts";
import type { PossibleFragment } from "../../api/generated/graphql.ts";
import { Dialog } from "../../parts/dialog.tsx";
import "./denials.css";

type Move = PossibleFragment["permittedActions"][number];

export function Denials({ moves }: { moves: Move[] }) {
  const [open, setOpen] = useState(false);
  const denied = moves.filter(({ permitted }) => !permitted);
  if (denied.length === 0) return null;
  return (
    <>
      <button className="quiet" onClick={() => setOpen(true)}>
        What is not permitted?
      </button>
      {open && (
        <Dialog title="Not permitted now" close={() => setOpen(false)}>
          <DeniedList moves={denied} />
        </Dialog>
      )}
    </>
  );
}

export function DeniedList({ moves }: { moves: Move[] }) {
  return (
    <ul className="denied">
      {moves.map(({ action, denial }) => (
        <li key={action}>
          <b>{verb(action)}</b> {denial?.message}{" "}
          <span className="dim">
            {denial?.shortestWay && denial.shortestWay.length > 0
              ? `The way there: ${denial.shortestWay.map((step) => verb(step.action).toLowerCase()).join(", then ")}.`
              : ""}{" "}
            {denial && (denial.permitted.length > 0 ? `Open instead: ${denial.permitted.map(verb).join(", ").toLowerCase()}.` : "")}
          </span>
        </li>
      ))}
    </ul>
  );
}
