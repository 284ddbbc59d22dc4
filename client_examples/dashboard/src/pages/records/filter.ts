// The filter and the order, as they are held in the URL.
import type { RecordFilter, RecordOrder, RecordStatus, TransitionTarget } from "../../api/generated/graphql.ts";
import type { Change } from "../../live/figures.ts";

export const LABELS = ["campaign", "tag", "owner", "kind", "errorType"] as const;
export type Label = (typeof LABELS)[number];
// The statuses in which a record has an error: filters by errors find no others.
export const WITH_ERROR: ReadonlySet<string> = new Set(["ERROR", "FAILED"]);
const FILTERS = [...LABELS, "errorPattern"] as const;

export function filterOf(params: URLSearchParams, statuses: RecordStatus[]): RecordFilter {
  const filter: RecordFilter = {};
  const chosen = statuses.filter((status) => params.getAll("status").includes(status));
  if (chosen.length > 0) filter.status = chosen;
  for (const name of FILTERS) {
    const values = params.getAll(name);
    if (values.length > 0) filter[name] = values;
  }
  return filter;
}

// The address's words for a filter.
export function paramsOf(filter: RecordFilter): URLSearchParams {
  const params = new URLSearchParams();
  for (const name of ["status", ...FILTERS] as const) {
    for (const value of filter[name] ?? []) params.append(name, `${value}`);
  }
  return params;
}

export const isFiltered = (params: URLSearchParams): boolean => ["status", ...FILTERS].some((name) => params.has(name));

export const unfiltered = (params: URLSearchParams): URLSearchParams =>
  ["status", ...FILTERS].reduce((rest, name) => withValues(rest, name, []), params);

export const orderOf = (params: URLSearchParams): RecordOrder =>
  params.get("order") === "oldest" ? "OLDEST_FIRST" : "NEWEST_FIRST";

// The parameters with one name's values replaced.
export function withValues(params: URLSearchParams, name: string, values: string[]): URLSearchParams {
  const changed = new URLSearchParams(params);
  changed.delete(name);
  for (const value of values) changed.append(name, value);
  return changed;
}

// Whether the change brings its record into the filter, as far as the change tells: it has neither kind nor error type.
export function enters(filter: RecordFilter, change: Change): boolean {
  if (change.to === "KILLED" || !has(filter.status, change.to)) return false;
  if (change.from !== null && (!filter.status || has(filter.status, change.from))) return false; // was in it already
  return labelled(filter, change);
}

// Whether a record that was in the filter still is, now that this is its status: its labels stay.
export function remains(filter: RecordFilter, status: TransitionTarget): boolean {
  if (status === "KILLED" || !has(filter.status, status)) return false;
  return !(filter.errorType || filter.errorPattern) || WITH_ERROR.has(status);
}

// Whether the change may alter how many match, or in which statuses.
export function touches(filter: RecordFilter, change: Change): boolean {
  return (has(filter.status, change.to) || has(filter.status, change.from)) && labelled(filter, change);
}

function labelled(filter: RecordFilter, change: Change): boolean {
  return has(filter.tag, change.tag) && has(filter.campaign, change.campaign) && has(filter.owner, change.owner);
}

function has(values: readonly string[] | null | undefined, value: string | null): boolean {
  return !values || (value !== null && values.includes(value));
}
