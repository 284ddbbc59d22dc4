// Every run of a record: where, how long, why it failed, and what it wrote.
import type { RecordQuery } from "../../api/generated/graphql.ts";
import { Status } from "../../lifecycle/status.tsx";
import { useNow } from "../../parts/age.tsx";
import { moment, span } from "../../parts/numbers.ts";

type Attempt = NonNullable<RecordQuery["record"]>["attempts"][number];

export function Attempts({ attempts }: { attempts: Attempt[] }) {
  if (attempts.length === 0) return null;
  return (
    <section className="panel attempts">
      <header>
        <h2>Attempts</h2>
      </header>
      <ol>
        {attempts.toReversed().map((attempt, i) => (
          <One key={attempt.number} attempt={attempt} open={i === 0 && attempt.error !== null} />
        ))}
      </ol>
    </section>
  );
}

function One({ attempt, open }: { attempt: Attempt; open: boolean }) {
  const now = useNow();
  const { number, outcome, manager, claimedAt, endedAt, error, stdout, stderr } = attempt;
  const texts: [string, string | null | undefined][] = [
    ["message", error?.message],
    ["traceback", error?.traceback],
    ["standard output", stdout],
    ["standard error", stderr],
  ];
  const written = texts.filter((entry): entry is [string, string] => Boolean(entry[1]));
  const head = (
    <>
      <b>{number}.</b> <Status status={outcome} /> {error && <code>{error.type}</code>}{" "}
      <span className="dim">
        {manager?.name ?? "a manager that is gone"}, {moment(claimedAt)}, {span((endedAt ? Date.parse(endedAt) : now) - Date.parse(claimedAt))}
        {endedAt ? "" : " so far"}
      </span>
    </>
  );
  if (written.length === 0) return <li className="attempt">{head}</li>;
  return (
    <li className="attempt">
      <details open={open}>
        <summary>{head}</summary>
        {written.map(([name, text]) => (
          <figure key={name}>
            <figcaption className="dim">{name}</figcaption>
            <pre tabIndex={0}>{text}</pre>
          </figure>
        ))}
      </details>
    </li>
  );
}
