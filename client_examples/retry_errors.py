"""What an operator does after a bad night: look at the errors by type, retry one type in bulk, watch it to the end.

    export INTERLOCK_URL=http://127.0.0.1:8765 INTERLOCK_API_KEY=...      # of an OPERATOR, or the owner's
    python client_examples/retry_errors.py                       # which errors are there?
    python client_examples/retry_errors.py out_of_memory         # what would happen?
    python client_examples/retry_errors.py out_of_memory --yes   # do it, and watch

However many records there are, they are retried by one call, and watched through the feed, from a cursor that was taken
before: nothing is missed, and nobody asks twice. Needs gql: pip install 'gql[httpx,websockets]'.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import uuid
from collections import Counter

from gql import Client, GraphQLRequest, gql
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport
from websockets.exceptions import WebSocketException

GROUPS = gql("{ feedCursor errorGroups { errorType status count exampleId exampleMessage } }")
RETRY = gql("""
  mutation ($input: RetryInput!) {
    retry(input: $input) { matched moved refused refusals { id message } errors { message path } }
  }
""")
FOLLOW = gql("subscription ($after: String!) { statusChanges(after: $after) { recordId action to reason } }")
ENDED = {"COMPLETE", "ERROR", "FAILED", "KILLED"}


async def main(url: str, key: str, error_type: str | None, *, yes: bool) -> bool:
    http = HTTPXAsyncTransport(url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60)
    async with Client(transport=http, execute_timeout=60) as server:
        seen = await server.execute(GROUPS)
        if error_type is None:
            for group in seen["errorGroups"]:
                example = f"such as {group['exampleId']}: {group['exampleMessage']}"
                print(f"{group['count']:>8}  {group['status']:<6}  {group['errorType']}  {example}")
            return True

        mark = f"retried in bulk, {uuid.uuid4()}"  # by which the feed shows which records these were
        target = {"filter": {"status": ["ERROR"], "errorType": [error_type]}}
        request = {"target": target, "reason": mark, "dryRun": not yes, "idempotencyKey": mark if yes else None}
        answer = (await server.execute(GraphQLRequest(RETRY, variable_values={"input": request})))["retry"]
    if answer["errors"]:
        raise SystemExit(f"Not retried: {answer['errors'][0]['message']}")
    print(f"{answer['matched']} match, {answer['moved']} {'were' if yes else 'would be'} retried")
    for refusal in answer["refusals"]:
        print(f"{refusal['id']}: {refusal['message']}")
    return not yes or not answer["moved"] or await watched(url, key, seen["feedCursor"], mark, answer["moved"])


async def watched(url: str, key: str, cursor: str, mark: str, count: int) -> bool:
    """Follow the records that were retried with this mark until each has ended; whether all are complete."""
    socket = WebsocketsTransport(
        url=url.replace("http", "ws", 1),
        init_payload={"authorization": f"Bearer {key}"},
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
    )
    became: dict[str, str] = {}
    async with Client(transport=socket) as server:
        request = GraphQLRequest(FOLLOW, variable_values={"after": cursor})
        async for data in server.subscribe(request):
            change = data["statusChanges"]
            if change["recordId"] not in became and change["reason"] != mark:
                continue
            became[change["recordId"]] = change["to"]
            ended = Counter(to for to in became.values() if to in ENDED)
            if change["to"] in ENDED:
                print(", ".join(f"{number} {status}" for status, number in sorted(ended.items())), flush=True)
            if ended.total() == count:
                return ended["COMPLETE"] == count
    return False


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Retry all records with one type of error, and watch them.")
    parser.add_argument("error_type", nargs="?", help="without it: list the types")
    parser.add_argument("--yes", action="store_true", help="do it; without this, only say what would happen")
    parser.add_argument("--url", default=os.environ.get("INTERLOCK_URL", "http://127.0.0.1:8765"))
    parser.add_argument("--key", default=os.environ.get("INTERLOCK_API_KEY", ""), help="better in INTERLOCK_API_KEY")
    given = parser.parse_args()
    try:
        done = asyncio.run(main(f"{given.url.rstrip('/')}/graphql", given.key, given.error_type, yes=given.yes))
        sys.exit(0 if done else 1)
    except KeyboardInterrupt:
        sys.exit(130)
    except TransportQueryError as error:
        sys.exit(f"The server says: {(error.errors or [{}])[0].get('message', error)}")
    except (TransportError, WebSocketException, OSError) as error:
        sys.exit(f"There is no answer from {given.url}: {error}")
