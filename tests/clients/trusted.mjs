// @apollo/client's persisted query link: a document is named by its sha256, and sent whole only if it is asked for.
import { createHash } from "node:crypto";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { SERVER_URL, VIEWER, authorization, tell } from "./common.mjs";

const sent = [];
const watched = async (url, options) => {
  const { query, extensions } = JSON.parse(options.body);
  sent.push({ query: query ?? null, named: extensions.persistedQuery.sha256Hash });
  return fetch(url, options);
};
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const link = ApolloLink.from([
  new PersistedQueryLink({ sha256 }),
  new HttpLink({ uri: SERVER_URL, headers: { authorization }, fetch: watched }),
]);
const client = new ApolloClient({ link, cache: new InMemoryCache() });
const { data } = await client.query({ query: gql(VIEWER) });
tell({ data, sent });
