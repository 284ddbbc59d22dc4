// graphql-ws: queries, mutations, errors, and a subscription that resumes with its cursor after the socket is lost.
import { createClient } from "graphql-ws";
import { FOLLOW, SOCKET_URL, SUBMIT, VIEWER, WRONG, authorization, cursor, submission, submitElsewhere, tell } from "./common.mjs";

let connections = 0;
const client = createClient({
  url: SOCKET_URL,
  connectionParams: { authorization },
  lazy: false,
  retryWait: async () => {},
  shouldRetry: () => true,
  on: { connected: () => connections++ },
});

async function once(payload, from = client) {
  for await (const result of from.iterate(payload)) return result;
}

const seen = { query: await once({ query: VIEWER }), mutation: await once({ query: SUBMIT, variables: submission(2) }) };
seen.wrong = await once({ query: WRONG }).catch((errors) => errors);
seen.syntax = await once({ query: "{" }).catch((errors) => errors);

// The payload is sent anew with each connection: what it resumes from is kept in it, as soon as it is there.
const payload = { query: FOLLOW, variables: { after: await cursor() } };
const submitting = [];
seen.changes = [];
await new Promise((resolve, reject) => {
  const next = ({ data }) => {
    seen.changes.push(data.statusChanges);
    payload.variables.after = data.statusChanges.cursor;
    if (seen.changes.length === 2 || seen.changes.length === 5) {
      client.terminate();
      submitting.push(submitElsewhere(3));
    }
    if (seen.changes.length === 9) resolve();
  };
  client.subscribe(payload, { next, error: reject, complete: reject });
  submitting.push(submitElsewhere(3));
});
seen.ids = (await Promise.all(submitting)).flat();
seen.connections = connections;

// A key that is not valid is not tried again and again.
let attempts = 0;
const stranger = createClient({
  url: SOCKET_URL,
  connectionParams: { authorization: "Bearer nobody's" },
  retryWait: async () => {},
  on: { opened: () => attempts++ },
});
const { code, reason } = await once({ query: VIEWER }, stranger).catch((closed) => closed);
seen.stranger = { code, reason, attempts };
tell(seen);
