// The labels of a record, each leading to those that share it; and where it stands with the retry policy.
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { RecordQuery } from "../../api/generated/graphql.ts";
import { Age } from "../../parts/age.tsx";
import { moment } from "../../parts/numbers.ts";

type Found = NonNullable<RecordQuery["record"]>;

export function Facts({ record }: { record: Found }) {
  const { retry, task } = record;
  const facts: [string, ReactNode][] = [
    ["campaign", label("campaign", record.campaign)],
    ["tag", label("tag", record.tag)],
    ["owner", label("owner", record.owner)],
    ["kind", <>{label("kind", record.kind)} <span className="dim">version {record.kindVersion}</span></>],
    ["priority", record.priority],
    ["submitted", <><Age at={record.submittedAt} /> ago</>],
    ["programs", record.requiredPrograms.join(", ") || null],
    ["function", task && <code>{task.function}</code>],
    ["manager", task?.manager?.name],
    ["lease until", task?.leaseExpiresAt && moment(task.leaseExpiresAt)],
    ["error type", label("errorType", record.errorType)],
    ["same error", label("errorPattern", record.errorPattern, "all records whose message is alike")],
    ["automatic retries", record.errorType && `${retry.used} of ${retry.allowed} used${retry.nextAt ? `, the next at ${moment(retry.nextAt)}` : ""}`],
  ];
  return (
    <dl className="panel facts">
      {facts
        .filter(([, value]) => value !== null && value !== undefined && value !== "")
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

function label(name: string, value: string | null, text = value): ReactNode {
  return value === null ? null : <Link href={`/records?${new URLSearchParams({ [name]: value })}`}>{text}</Link>;
}
