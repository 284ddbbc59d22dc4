// An action, step by step: what it would do, why, its progress, what was refused, and what takes it back.
import { useEffect, useReducer, useRef, useState } from "react";
import { useFresh } from "../live/hooks.ts";
import { Dialog } from "../parts/dialog.tsx";
import { plural, whole } from "../parts/numbers.ts";
import { Problem } from "../parts/problem.tsx";
import { useMatrix } from "../session/viewer.tsx";
import { type Chosen, size } from "./groups.ts";
import { type Preview, preview } from "./preview.ts";
import { Refusals } from "./refusals.tsx";
import { Run, type Progress } from "./run.ts";
import type { UserAction } from "./take.ts";
import { Done } from "./done.tsx";
import { On } from "./on.tsx";
import { type Undo, undoOf } from "./undo.ts";
import { verb } from "./words.ts";
import "./actions.css";

interface Props {
  action: UserAction;
  chosen: Chosen;
  // With what was done, where anything was.
  close: (progress: Progress | undefined) => void;
  then: (undo: Undo) => void;
}

type Step = "preview" | "running" | "stopped" | "done";

export function ActionDialog({ action, chosen, close, then }: Props) {
  const matrix = useMatrix();
  const fresh = useFresh();
  const [step, setStep] = useState<Step>("preview");
  const [expected, setExpected] = useState<Preview | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [reason, setReason] = useState(chosen.by === "ids" && chosen.moved ? "taken back" : "");
  const [, progressed] = useReducer((count: number) => count + 1, 0);
  const run = useRef<Run | null>(null);
  const abort = useRef(new AbortController());
  const leave = () => close(run.current?.progress);

  useEffect(() => {
    const asking = new AbortController();
    preview(action, chosen, asking.signal).then(setExpected, (failure: Error) => {
      if (!asking.signal.aborted) setError(failure);
    });
    return () => asking.abort();
  }, [action, chosen]);

  async function go() {
    if (!expected) return;
    run.current ??= new Run(action, expected, reason.trim(), progressed);
    abort.current = new AbortController();
    setError(null);
    setStep("running");
    try {
      await run.current.go(abort.current.signal);
      setStep(abort.current.signal.aborted ? "stopped" : "done");
    } catch (failure) {
      setError(failure as Error);
      setStep("stopped");
    }
  }

  const progress = run.current?.progress;
  return (
    <Dialog title={step === "done" ? `${verb(action)}: done` : `${verb(action)} ${plural(size(chosen), "record")}`} close={leave} locked={step === "running"}>
      <div className="action">
        <On action={action} chosen={chosen} planned={step === "preview"} />
        {step === "preview" && !expected && !error && <p role="status">Asking what it would do …</p>}
        {step === "preview" && expected && (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void go();
            }}
          >
            <p className="would" role="status">
              <b>{whole(expected.moved)}</b> would move
              {expected.refused.size > 0 && (
                <>
                  , <b>{whole([...expected.refused.values()].reduce((sum, { count }) => sum + count, 0))}</b> would be
                  refused
                </>
              )}
              .
            </p>
            <Refusals refused={expected.refused} />
            {expected.moved > 0 && (
              <>
                <label htmlFor="reason">
                  Reason <span className="dim">(required; it is kept with {expected.moved === 1 ? "the record" : "each of them"})</span>
                </label>
                <input id="reason" autoFocus required maxLength={2000} value={reason} onChange={(e) => setReason(e.target.value)} />
              </>
            )}
            <footer>
              <button type="button" onClick={leave}>
                Cancel
              </button>
              {expected.moved > 0 && (
                <button
                  className={matrix.final(action) ? "primary final" : "primary"}
                  disabled={!fresh || reason.trim() === ""}
                  title={reason.trim() === "" ? "It needs a reason." : undefined}
                >
                  {verb(action)} {whole(expected.moved)}
                </button>
              )}
            </footer>
          </form>
        )}
        {error && <Problem error={error} />}
        {step !== "preview" && progress && (
          <>
            <progress value={progress.done} max={progress.total} aria-label="Progress" />
            <p role="status">
              <b>{whole(progress.moved.length)}</b> moved{progress.incomplete ? " and more" : ""}, {whole(progress.done)} of{" "}
              {whole(progress.total)} done.
            </p>
            <Refusals refused={progress.refused} />
          </>
        )}
        {step === "running" && (
          <footer>
            <button onClick={() => abort.current.abort()}>Stop after this slice</button>
          </footer>
        )}
        {step === "stopped" && (
          <footer>
            <button onClick={leave}>Leave it there</button>
            <button className="primary" onClick={() => void go()}>
              Go on
            </button>
          </footer>
        )}
        {step === "done" && progress && <Done undo={undoOf(matrix, action, progress)} close={leave} then={then} />}
        {error && step === "preview" && (
          <footer>
            <button onClick={leave}>Close</button>
          </footer>
        )}
      </div>
    </Dialog>
  );
}
