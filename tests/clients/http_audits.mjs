// The audits of graphql-http against a server, as JSON: [{id, name, status, reason}].
import { serverAudits } from "graphql-http";

const { SERVER_URL, API_KEY } = process.env;

const fetchFn = (url, options = {}) =>
  fetch(url, { ...options, headers: { ...options.headers, authorization: `Bearer ${API_KEY}` } });

const results = [];
for (const audit of serverAudits({ url: SERVER_URL, fetchFn })) {
  const { status, reason } = await audit.fn();
  results.push({ id: audit.id, name: audit.name, status, reason });
}
console.log(JSON.stringify(results));
