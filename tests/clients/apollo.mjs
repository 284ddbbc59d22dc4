// @apollo/client: over HTTP with subscriptions as parts of one response, and over a graphql-ws socket.
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { createClient } from "graphql-ws";
import { FOLLOW, SERVER_URL, SOCKET_URL, SUBMIT, VIEWER, WRONG, authorization, cursor, submission, submitElsewhere, tell } from "./common.mjs";

const kinds = [];
const watched = async (url, options) => {
  const response = await fetch(url, options);
  kinds.push(response.headers.get("content-type"));
  return response;
};
const links = {
  http: new HttpLink({ uri: SERVER_URL, headers: { authorization }, fetch: watched }),
  socket: new GraphQLWsLink(createClient({ url: SOCKET_URL, connectionParams: { authorization }, lazy: false })),
};

async function run(link) {
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const seen = {
    query: await client.query({ query: gql(VIEWER) }),
    mutation: await client.mutate({ mutation: gql(SUBMIT), variables: submission(2) }),
    wrong: await client.query({ query: gql(WRONG) }).catch(({ name, message }) => ({ name, message })),
    changes: [],
  };
  const after = await cursor();
  let submitting;
  await new Promise((resolve, reject) => {
    const following = client.subscribe({ query: gql(FOLLOW), variables: { after } }).subscribe({
      next: async ({ data, error }) => {
        if (error) return reject(error);
        seen.changes.push(data.statusChanges);
        if (seen.changes.length === 3) {
          following.unsubscribe();
          resolve();
        }
      },
      error: reject,
    });
    submitting = submitElsewhere(3);
  });
  seen.ids = await submitting;
  return seen;
}

tell({ http: await run(links.http), socket: await run(links.socket), kinds });
