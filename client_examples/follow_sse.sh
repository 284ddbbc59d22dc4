#!/bin/sh
# Follows the feed with curl alone, by server-sent events: each change is a line of JSON, and the cursor of the last one
# is kept in a file. Start it again, and it goes on behind that one; what was printed just before it was killed may come
# twice, but nothing is missed. The first time it begins with now.
#
#     export INTERLOCK_URL=http://127.0.0.1:8765 INTERLOCK_API_KEY=...    # of a VIEWER, say
#     sh client_examples/follow_sse.sh [feed.cursor]
set -eu
: "${INTERLOCK_URL:=http://127.0.0.1:8765}"
: "${INTERLOCK_API_KEY:?set it to an API key; interlock keys create --name me --role VIEWER prints one}"
bookmark=${1:-feed.cursor}

# The key goes in by standard input, not as an argument: arguments are seen by everybody on the machine.
ask() {
  printf 'header = "Authorization: Bearer %s"\n' "$INTERLOCK_API_KEY" |
    curl --silent --show-error --fail-with-body --no-buffer --config - "$INTERLOCK_URL/graphql" \
      --header 'Content-Type: application/json' --header "Accept: $1" --data "$2"
}

cursor_of() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"; }

keep() { echo "$1" > "$bookmark.new" && mv "$bookmark.new" "$bookmark"; }

if [ ! -s "$bookmark" ]; then
  answer=$(ask application/json '{"query": "{ feedCursor }"}') || { echo "$answer" >&2; exit 1; }
  keep "$(echo "$answer" | cursor_of feedCursor)"
fi

while :; do
  query='{"query": "subscription ($after: String) { statusChanges(after: $after) { cursor recordId from to who reason } }",
    "variables": {"after": "'"$(cat "$bookmark")"'"}}'
  { ask text/event-stream "$query" || echo "curl: $?"; } | while IFS= read -r line; do
    case "$line" in
      data:*'"errors"'*) echo "The server cannot go on from here: ${line#data: }" >&2; exit 1 ;;
      data:*'"statusChanges"'*) echo "${line#data: }"; keep "$(echo "$line" | cursor_of cursor)" ;;
      *'curl: 22') echo "The server refuses: ${line%curl: 22}" >&2; exit 1 ;;
    esac
  done || exit 1
  echo "Connection lost, trying again" >&2
  sleep 1
done
