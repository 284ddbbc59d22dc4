// graphql-sse in its distinct connections mode: queries, mutations, errors, and a subscription that is resumed.
import { createClient } from "graphql-sse";
import { FOLLOW, SERVER_URL, SUBMIT, VIEWER, WRONG, authorization, cursor, submission, submitElsewhere, tell } from "./common.mjs";

const client = createClient({ url: SERVER_URL, headers: { authorization }, retryAttempts: 0 });

async function once(payload, from = client) {
  for await (const result of from.iterate(payload)) return result;
}

const seen = {
  query: await once({ query: VIEWER }),
  mutation: await once({ query: SUBMIT, variables: submission(2) }),
  wrong: await once({ query: WRONG }),
  syntax: await once({ query: "{" }),
};

let after = await cursor();
seen.ids = [];
seen.changes = [];
for (let connections = 0; connections < 3; connections++) {
  seen.ids.push(...(await submitElsewhere(3)));
  for await (const { data } of client.iterate({ query: FOLLOW, variables: { after } })) {
    seen.changes.push(data.statusChanges);
    after = data.statusChanges.cursor;
    if (seen.changes.length === seen.ids.length - (connections < 2 ? 1 : 0)) break;
  }
}

const stranger = createClient({ url: SERVER_URL, headers: { authorization: "Bearer nobody's" }, retryAttempts: 0 });
const error = await once({ query: VIEWER }, stranger).catch((error) => error);
seen.stranger = error.response?.status ?? String(error);
tell(seen);
