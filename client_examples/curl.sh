#!/bin/sh
# A tour of the API with curl alone: who am I, submit, look, ask for what is not permitted, clean up.
#
#     export INTERLOCK_URL=http://127.0.0.1:8765 INTERLOCK_API_KEY=...    # of a SUBMITTER, say
#     sh client_examples/curl.sh
set -eu
: "${INTERLOCK_URL:=http://127.0.0.1:8765}"
: "${INTERLOCK_API_KEY:?set it to an API key; interlock keys create --name me --role SUBMITTER prints one}"

# The key goes in by standard input, not as an argument: arguments are seen by everybody on the machine.
ask() {
  printf 'header = "Authorization: Bearer %s"\n' "$INTERLOCK_API_KEY" |
    curl --silent --show-error --fail-with-body --config - "$INTERLOCK_URL/graphql" \
      --header 'Content-Type: application/json' --data "$1"
  echo
}

echo "Who am I?"
ask '{"query": "{ viewer { name role capabilities } }"}'

echo "Submit a record that is put aside at once, so that nobody computes it:"
answer=$(ask '{"query": "mutation ($input: SubmitRecordsInput!) { submitRecords(input: $input) { ids errors { message } } }",
  "variables": {"input": {"kind": "python", "specifications": [{"function": "math:sqrt", "args": [2]}], "hold": true}}}')
echo "$answer"
id=$(echo "$answer" | sed -n 's/.*"ids": *\["\([^"]*\)".*/\1/p')
[ -n "$id" ] || { echo "Nothing was submitted; the answer says why." >&2; exit 1; }

echo "What may I do with it?"
ask '{"query": "query ($id: ID!) { record(id: $id) { status permittedActions { action to } } }",
  "variables": {"id": "'"$id"'"}}'

echo "Retry it? It has not failed; the answer says what is permitted instead:"
ask '{"query": "mutation ($input: RetryInput!) { retry(input: $input) { moved refusals { message permitted } } }",
  "variables": {"input": {"target": {"ids": ["'"$id"'"]}}}}'

echo "Kill it, and see what is left: its events."
ask '{"query": "mutation ($input: KillInput!) { kill(input: $input) { moved } }",
  "variables": {"input": {"target": {"ids": ["'"$id"'"]}, "reason": "only a tour"}}}'
ask '{"query": "query ($of: [ID!]) { statusChanges(filter: {record: $of}) { nodes { action from to who reason } } }",
  "variables": {"of": ["'"$id"'"]}}'
