// The story of tests/support/story.py, told with relay-runtime and what relay-compiler made; and what Relay asks of a
// server besides: a connection read page by page, a node asked for again, a store that subscriptions keep up to date.
import { createClient } from "graphql-ws";
import relay from "relay-runtime";
import type { GraphQLTaggedNode, MutationParameters, OperationType } from "relay-runtime";
import follow, { type InterlockFollowSubscription } from "./generated/InterlockFollowSubscription.graphql.ts";
import hold, { type InterlockHoldMutation } from "./generated/InterlockHoldMutation.graphql.ts";
import matrix, { type InterlockMatrixQuery } from "./generated/InterlockMatrixQuery.graphql.ts";
import refetch, { type InterlockRecordRefetchQuery } from "./generated/InterlockRecordRefetchQuery.graphql.ts";
import following, { type InterlockRecordsPaginationQuery } from "./generated/InterlockRecordsPaginationQuery.graphql.ts";
import records, { type InterlockRecordsQuery } from "./generated/InterlockRecordsQuery.graphql.ts";
import release, { type InterlockReleaseMutation } from "./generated/InterlockReleaseMutation.graphql.ts";
import retry, { type InterlockRetryMutation } from "./generated/InterlockRetryMutation.graphql.ts";
import submit, { type InterlockSubmitMutation } from "./generated/InterlockSubmitMutation.graphql.ts";
import moved, { type Interlock_moved$key } from "./generated/Interlock_moved.graphql.ts";
import recordsFragment, { type Interlock_records$data } from "./generated/Interlock_records.graphql.ts";

const { commitMutation, createOperationDescriptor, fetchQuery, getSingularSelector, readInlineData } = relay;
const { Environment, Network, Observable, RecordSource, Store, getRequest, requestSubscription } = relay;
const { INTERLOCK_URL: url, INTERLOCK_API_KEY: key } = process.env;
const socket = createClient({
  url: `${url}/graphql`.replace("http", "ws"),
  connectionParams: { authorization: `Bearer ${key}` },
});
const environment = new Environment({
  store: new Store(new RecordSource()),
  network: Network.create(
    async ({ text: query }, variables) => {
      const response = await fetch(`${url}/graphql`, {
        method: "POST",
        headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
        body: JSON.stringify({ query, variables }),
      });
      return response.json();
    },
    ({ text: query }, variables) =>
      Observable.create((sink) => socket.subscribe({ query: query ?? "", variables }, sink as never)),
  ),
});

async function ask<T extends OperationType>(query: GraphQLTaggedNode, variables: T["variables"]): Promise<T["response"]> {
  // what was read is kept: without a view that shows it, the store would let go of it
  environment.retain(createOperationDescriptor(getRequest(query), variables));
  const answer = await fetchQuery<T>(environment, query, variables, { fetchPolicy: "network-only" }).toPromise();
  if (!answer) throw new Error("no answer");
  return answer;
}

function change<T extends MutationParameters>(mutation: GraphQLTaggedNode, variables: T["variables"]): Promise<T["response"]> {
  return new Promise((resolve, reject) =>
    commitMutation<T>(environment, { mutation, variables, onCompleted: resolve, onError: reject }),
  );
}

type Change = InterlockFollowSubscription["response"]["statusChanges"];

// So many changes behind a cursor; then the subscription ends.
function changes(after: string, count: number): Promise<Change[]> {
  const told: Change[] = [];
  return new Promise((resolve, reject) => {
    const subscription = requestSubscription<InterlockFollowSubscription>(environment, {
      subscription: follow,
      variables: { after },
      onError: reject,
      onNext: (data) => {
        if (!data || told.length === count) return;
        told.push(data.statusChanges);
        if (told.length < count) return;
        subscription.dispose();
        resolve(told);
      },
    });
  });
}

// What the store has: the connection as a view would show it, or a record's status.
function connection(): Interlock_records$data["records"] {
  const { fragment } = createOperationDescriptor(getRequest(records), {});
  const selector = getSingularSelector(recordsFragment, environment.lookup(fragment).data);
  if (!selector) throw new Error("the store has no connection");
  return (environment.lookup(selector).data as Interlock_records$data).records;
}
const shown = () => connection().edges.map(({ node }) => node.id);
const status = (id: string) => environment.getStore().getSource().get(id)?.["status"];

const begin = await ask<InterlockMatrixQuery>(matrix, { from: "ERROR" });
const input = {
  kind: "python",
  specifications: [0, 1, 2].map((i) => ({ function: "math:sqrt", args: [i] })),
  campaign: "generated",
};
const refused = (await change<InterlockSubmitMutation>(submit, { input: { ...input, priority: 12 } })).submitRecords;
const { ids } = (await change<InterlockSubmitMutation>(submit, { input })).submitRecords;
const target = { filter: { campaign: ["generated"] } };
const some = { input: { target: { ids: ids.slice(0, 1) } } };
const inline = (ref: Interlock_moved$key) => readInlineData(moved, ref);
const held = inline((await change<InterlockHoldMutation>(hold, { input: { target } })).hold);
const retried = inline((await change<InterlockRetryMutation>(retry, some)).retry);

await ask<InterlockRecordsQuery>(records, {});
const pages = [shown()];
const { endCursor } = connection().pageInfo;
await ask<InterlockRecordsPaginationQuery>(following, { count: 2, cursor: endCursor });
pages.push(shown());
const statuses = [status(ids[0] ?? "")];

const before = await changes(begin.feedCursor, 4);
const released = inline((await change<InterlockReleaseMutation>(release, { input: { target: { ids } } })).release);
await ask<InterlockRecordRefetchQuery>(refetch, { id: ids[0] ?? "" });
statuses.push(status(ids[0] ?? ""), status(ids[2] ?? ""));
const behind = await changes(before.at(-1)?.cursor ?? "", 5);
statuses.push(status(ids[2] ?? ""));
await socket.dispose();

console.log(
  JSON.stringify({
    matrix: begin.transitionMatrix.transitions.map(({ action, to }) => [action, to]),
    invalid: refused.errors.map(({ code, path }) => [code, path]),
    ids,
    held: held.moved,
    refusals: retried.refusals.map((r) => [r.id, r.code, r.currentStatus, r.permitted]),
    released: released.moved,
    changes: [...before, ...behind].map((c) => [c.position, c.recordId, c.action, c.to]),
    pages,
    more: connection().pageInfo.hasNextPage,
    statuses,
  }),
);
