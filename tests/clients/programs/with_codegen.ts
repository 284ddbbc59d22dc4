// The story of tests/support/story.py, told with what @graphql-codegen's client preset made of operations.graphql:
// fetch for queries and mutations, graphql-ws for the feed.
import { createClient } from "graphql-ws";
import { getFragmentData } from "./generated/index.ts";
import {
  FollowDocument,
  HoldDocument,
  MatrixDocument,
  MovedFragmentDoc,
  ReleaseDocument,
  RetryDocument,
  SubmitDocument,
  type FollowSubscription,
  type HoldInput,
  type SubmitRecordsInput,
  type TypedDocumentString,
} from "./generated/graphql.ts";

const { INTERLOCK_URL: url, INTERLOCK_API_KEY: key } = process.env;

async function execute<Result, Variables>(document: TypedDocumentString<Result, Variables>, variables: Variables) {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ query: document, variables }),
  });
  const answer = (await response.json()) as { data: Result; errors?: { message: string }[] };
  if (answer.errors) throw new Error(answer.errors.map((error) => error.message).join("\n"));
  return answer.data;
}

// So many changes behind a cursor; then the connection is closed.
async function follow(after: string, count: number): Promise<FollowSubscription["statusChanges"][]> {
  const client = createClient({
    url: `${url}/graphql`.replace("http", "ws"),
    connectionParams: { authorization: `Bearer ${key}` },
  });
  const changes: FollowSubscription["statusChanges"][] = [];
  const results = client.iterate<FollowSubscription>({ query: String(FollowDocument), variables: { after } });
  for await (const { data, errors } of results) {
    if (errors || !data) throw new Error(JSON.stringify(errors));
    changes.push(data.statusChanges);
    if (changes.length === count) break;
  }
  await client.dispose();
  return changes;
}

const begin = await execute(MatrixDocument, { from: "ERROR" });
const work: SubmitRecordsInput = {
  kind: "python",
  specifications: [0, 1, 2].map((i) => ({ function: "math:sqrt", args: [i] })),
  campaign: "generated",
};
const { submitRecords: refused } = await execute(SubmitDocument, { input: { ...work, priority: 12 } });
const { ids } = (await execute(SubmitDocument, { input: work })).submitRecords;
const campaign: HoldInput["target"] = { filter: { campaign: ["generated"] } };
const held = getFragmentData(MovedFragmentDoc, (await execute(HoldDocument, { input: { target: campaign } })).hold);
const first = { target: { ids: ids.slice(0, 1) } };
const retried = getFragmentData(MovedFragmentDoc, (await execute(RetryDocument, { input: first })).retry);
const before = await follow(begin.feedCursor, 4);
const released = getFragmentData(
  MovedFragmentDoc,
  (await execute(ReleaseDocument, { input: { target: { ids } } })).release,
);
const behind = await follow(before.at(-1)?.cursor ?? "", 5);

console.log(
  JSON.stringify({
    matrix: begin.transitionMatrix.transitions.map(({ action, to }) => [action, to]),
    invalid: refused.errors.map(({ code, path }) => [code, path]),
    ids,
    held: held.moved,
    refusals: retried.refusals.map((r) => [r.id, r.code, r.currentStatus, r.permitted]),
    released: released.moved,
    changes: [...before, ...behind].map((c) => [c.position, c.recordId, c.action, c.to]),
  }),
);
