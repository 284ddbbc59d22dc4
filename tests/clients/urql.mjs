// @urql/core: with subscriptions as event streams that its own fetch reads, and through graphql-ws.
import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { createClient } from "graphql-ws";
import { pipe, subscribe } from "wonka";
import { FOLLOW, SERVER_URL, SOCKET_URL, SUBMIT, VIEWER, WRONG, authorization, cursor, submission, submitElsewhere, tell } from "./common.mjs";

const kinds = [];
const options = {
  url: SERVER_URL,
  fetchOptions: { headers: { authorization } },
  fetch: async (url, options) => {
    const response = await fetch(url, options);
    kinds.push([options.method, response.headers.get("content-type")]);
    return response;
  },
};
// A lazy one closes its socket after each result, and may lose an operation that is begun in that moment.
const sockets = createClient({ url: SOCKET_URL, connectionParams: { authorization }, lazy: false });
const forwardSubscription = (request) => ({
  subscribe: (sink) => ({ unsubscribe: sockets.subscribe({ ...request, query: request.query || "" }, sink) }),
});
const clients = {
  fetch: new Client({ ...options, exchanges: [fetchExchange], fetchSubscriptions: true }),
  socket: new Client({
    ...options,
    exchanges: [subscriptionExchange({ forwardSubscription, enableAllOperations: true })],
  }),
};

const told = ({ data, error }) => ({ data, error: error?.message });

async function run(client) {
  const seen = {
    query: told(await client.query(VIEWER, {}).toPromise()),
    mutation: told(await client.mutation(SUBMIT, submission(2)).toPromise()),
    wrong: told(await client.query(WRONG, {}).toPromise()),
    changes: [],
  };
  const after = await cursor();
  let submitting;
  await new Promise((resolve, reject) => {
    pipe(
      client.subscription(FOLLOW, { after }),
      subscribe(({ data, error }) => {
        if (error) return reject(error);
        if (seen.changes.length < 3) seen.changes.push(data.statusChanges);
        if (seen.changes.length === 3) resolve();
      }),
    );
    submitting = submitElsewhere(3);
  });
  seen.ids = await submitting;
  return seen;
}

tell({ fetch: await run(clients.fetch), socket: await run(clients.socket), kinds });
