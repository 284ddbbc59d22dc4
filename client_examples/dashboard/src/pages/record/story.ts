// A record with its story: its own events while it is there, and what the feed still knows of it when it is not.
import { execute } from "../../api/execute.ts";
import {
  RecordDocument,
  type RecordQuery,
  RememberedDocument,
  type RememberedQuery,
  type ToldFragment,
} from "../../api/generated/graphql.ts";

export interface Story {
  record: RecordQuery["record"];
  changes: ToldFragment[];
  // There are more than are told.
  more: boolean;
}

const MOST = 500;

export async function story(id: string, signal: AbortSignal): Promise<Story> {
  const { record } = await execute(RecordDocument, { id }, signal);
  const changes = record ? record.events : await remembered(id, signal);
  return { record, changes: changes.slice(0, MOST), more: changes.length > MOST };
}

// Page by page: the feed is looked through from its beginning, which may take a while.
async function remembered(id: string, signal: AbortSignal): Promise<ToldFragment[]> {
  const changes: ToldFragment[] = [];
  for (let after: string | null = null, more = true; more && changes.length <= MOST; ) {
    const { statusChanges }: RememberedQuery = await execute(RememberedDocument, { ids: [id], after }, signal);
    changes.push(...statusChanges.nodes);
    after = statusChanges.pageInfo.endCursor;
    more = statusChanges.pageInfo.hasNextPage && changes.at(-1)?.to !== "KILLED";
  }
  return changes;
}
