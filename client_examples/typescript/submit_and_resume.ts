// Submits square roots and follows them, with types that graphql-codegen makes of schema.graphql, fetch and graphql-ws.
//
//     cd client_examples/typescript && npm ci && npm run generate && npm run check
//     export INTERLOCK_URL=http://127.0.0.1:8765 INTERLOCK_API_KEY=...      # of a SUBMITTER, say
//     npm start
//
// Where the connection breaks, it goes on behind the last change that it has seen. A manager must be there that runs
// math. Needs Node 24, which runs TypeScript as it stands.
import { createClient } from "graphql-ws";
import {
  BeginDocument,
  FollowDocument,
  ResultsDocument,
  SubmitDocument,
  type FollowSubscription,
  type TypedDocumentString,
} from "./generated/graphql.ts";

const url = process.env["INTERLOCK_URL"] ?? "http://127.0.0.1:8765";
const key = process.env["INTERLOCK_API_KEY"];
const ended = new Set(["COMPLETE", "ERROR", "FAILED", "KILLED"]);
const numbers = [2, 3, 5];

async function execute<Result, Variables>(query: TypedDocumentString<Result, Variables>, variables: Variables) {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const answer = (await response.json()) as { data: Result; errors?: { message: string }[] };
  if (answer.errors) throw new Error(answer.errors[0]?.message);
  return answer.data;
}

// Print every change of these records once, until all have ended.
async function follow(cursor: string, ids: string[]): Promise<void> {
  const running = new Set(ids);
  const client = createClient({
    url: `${url}/graphql`.replace("http", "ws"),
    connectionParams: { authorization: `Bearer ${key}` },
    retryAttempts: 0, // it would begin again at the first cursor
  });
  while (running.size > 0) {
    try {
      const variables = { after: cursor, ids };
      for await (const { data, errors } of client.iterate<FollowSubscription>({ query: `${FollowDocument}`, variables })) {
        if (errors || !data) throw new Error(errors?.[0]?.message);
        const change = data.statusChanges;
        cursor = change.cursor ?? cursor;
        console.log(`${change.recordId}  ${change.from ?? "nothing"} -> ${change.to}`);
        if (ended.has(change.to)) running.delete(change.recordId);
        else running.add(change.recordId);
        if (running.size === 0) break;
      }
    } catch (error) {
      console.log(`Connection lost (${error}), going on behind ${cursor}`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
  await client.dispose();
}

const { feedCursor } = await execute(BeginDocument, {}); // from before they exist: no change can be missed
const specifications = numbers.map((number) => ({ function: "math:sqrt", args: [number] }));
const { submitRecords } = await execute(SubmitDocument, { input: { kind: "python", specifications } });
if (submitRecords.errors[0]) throw new Error(submitRecords.errors[0].message);
await follow(feedCursor, submitRecords.ids);
const { nodes } = await execute(ResultsDocument, { ids: submitRecords.ids });
nodes.forEach((node, i) => {
  if (node?.__typename === "Record") console.log(`sqrt(${numbers[i]}): ${node.status}, ${node.result}`);
});
