// What an action is taken on, in words: the one who confirms it reads what it is, and not only how many.
import type { RecordFilter, RecordStatus } from "../api/generated/graphql.ts";
import { plural } from "../parts/numbers.ts";
import { type Chosen, groups, size } from "./groups.ts";

const AND = new Intl.ListFormat("en-GB", { type: "conjunction" });
const OR = new Intl.ListFormat("en-GB", { type: "disjunction" });
const NAMED = 5; // ids that are still read one by one

// The patterns of errors are told by what they look like, as far as that is known.
export function inWords(chosen: Chosen, patterns: ReadonlyMap<string, string> = new Map()): string {
  if (chosen.by === "filter") return all(size(chosen), conditions(chosen.filter, patterns));
  const { records, moved } = chosen;
  const [first, ...others] = records;
  if (!first) return "No record.";
  const how = moved ? "that you have just moved" : "chosen one by one";
  if (others.length === 0) return `The record ${first.id}, which is ${first.status}.`;
  const names = records.length <= NAMED ? `${AND.format(records.map(({ id }) => id))}: ` : "";
  return `${names}${plural(records.length, "record")} ${how}, ${byStatus(groups(chosen))}.`;
}

function all(count: number, said: string[]): string {
  if (said.length === 0) return `All ${plural(count, "record")} that there are, whatever their status.`;
  const whole = count === 1 ? "The one record" : `All ${plural(count, "record")}`;
  return `${whole} ${AND.format(said)}.`;
}

function conditions(filter: RecordFilter, patterns: ReadonlyMap<string, string>): string[] {
  const messages = filter.errorPattern?.map((id) => patterns.get(`${id}`) ?? `like the pattern ${id}`);
  const said: [string, readonly string[] | null | undefined][] = [
    ["with status", filter.status],
    ["with error type", filter.errorType],
    ["whose error is", messages],
    ["of campaign", filter.campaign],
    ["with tag", filter.tag],
    ["owned by", filter.owner],
    ["of kind", filter.kind],
  ];
  return said.flatMap(([words, values]) => (values && values.length > 0 ? [`${words} ${OR.format(values)}`] : []));
}

function byStatus(counts: { status: RecordStatus; count: number }[]): string {
  const [only, ...others] = counts;
  if (only && others.length === 0) return `all ${only.status}`;
  return AND.format(counts.map(({ status, count }) => `${plural(count, status, status)}`));
}
