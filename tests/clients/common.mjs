// What the clients' scripts share: who they are, what they ask, and how they say what they saw.
import { print } from "graphql";

export const { SERVER_URL, API_KEY } = process.env;
export const SOCKET_URL = SERVER_URL.replace(/^http/, "ws");
export const authorization = `Bearer ${API_KEY}`;

export const VIEWER = "query { viewer { name } }";
export const CURSOR = "query { feedCursor }";
export const SUBMIT = `mutation ($input: SubmitRecordsInput!) {
  submitRecords(input: $input) { ids errors { message } }
}`;
export const FOLLOW = `subscription ($after: String) {
  statusChanges(after: $after) { cursor position recordId to action }
}`;
export const WRONG = "query { qqqqqq }";
export const submission = (count) => ({
  input: { kind: "python", specifications: Array.from({ length: count }, () => ({ function: "math:sqrt", args: [2] })) },
});

// Past the client: what somebody else does meanwhile.
export async function elsewhere(query, variables) {
  const response = await fetch(SERVER_URL, {
    method: "POST",
    headers: { "content-type": "application/json", authorization },
    body: JSON.stringify({ query: typeof query === "string" ? query : print(query), variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

export const submitElsewhere = async (count) => (await elsewhere(SUBMIT, submission(count))).submitRecords.ids;
export const cursor = async () => (await elsewhere(CURSOR)).feedCursor;

// What was seen, and nothing after it: sockets that are still open do not keep the script.
export function tell(seen) {
  process.stdout.write(JSON.stringify(seen) + "\n", () => process.exit(0));
}
