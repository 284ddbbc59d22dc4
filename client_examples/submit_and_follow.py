"""Submits computations and follows them to their end, without asking twice.

It stretches the bonds of a water molecule and asks for its energy at each length: the curve is the result. Shown:
submitting in bulk, following exactly these records through the subscription from a cursor that was taken before they
existed, so that no change can be missed, and reading results and errors.

    export INTERLOCK_URL=http://127.0.0.1:8765 INTERLOCK_API_KEY=...      # of a SUBMITTER, say
    python client_examples/submit_and_follow.py [--points 5] [--tag default]

Somewhere a manager must run that offers tblite and serves the tag: `interlock manager`; that of `interlock demo` serves
the tag `demo`. Needs gql: pip install 'gql[httpx,websockets]'.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import signal
import sys
from typing import Any

from gql import Client, GraphQLRequest, gql
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport
from websockets.exceptions import WebSocketException

CURSOR = gql("{ feedCursor }")
SUBMIT = gql("""
  mutation ($input: SubmitRecordsInput!) { submitRecords(input: $input) { ids errors { message path } } }
""")
FOLLOW = gql("""
  subscription ($after: String!, $ids: [ID!]!) {
    statusChanges(after: $after, filter: {record: $ids}) { recordId from to who }
  }
""")
RESULTS = gql("""
  query ($ids: [ID!]!) {
    nodes(ids: $ids) { ... on Record { status result attempts { error { type message } } } }
  }
""")
ENDED = {"COMPLETE", "ERROR", "FAILED", "KILLED"}


def water(length: float) -> dict[str, Any]:
    """What to compute: a water molecule with O-H bonds of this length (in bohr)."""
    half = math.radians(104.5) / 2
    x, z = length * math.sin(half), length * math.cos(half)
    return {
        "program": "tblite",
        "input": {
            "driver": "energy",
            "model": {"method": "GFN2-xTB"},
            "molecule": {"symbols": ["O", "H", "H"], "geometry": [0, 0, 0, x, 0, z, -x, 0, z]},
        },
    }


async def main(url: str, key: str, points: int, tag: str) -> bool:
    """Whether every energy was computed."""
    lengths = [1.6 + 0.1 * point for point in range(points)]
    http = HTTPXAsyncTransport(url=url, headers={"Authorization": f"Bearer {key}"})
    async with Client(transport=http) as server:
        cursor = (await server.execute(CURSOR))["feedCursor"]
        asked = [water(length) for length in lengths]
        request = {"kind": "qcschema", "specifications": asked, "campaign": "water", "tag": tag}
        answer = await server.execute(GraphQLRequest(SUBMIT, variable_values={"input": request}))
        if answer["submitRecords"]["errors"]:
            raise SystemExit(f"Not submitted: {answer['submitRecords']['errors']}")
        ids = answer["submitRecords"]["ids"]
        print(f"Submitted {', '.join(ids)}")

        await follow(url, key, cursor, ids)

        records = (await server.execute(GraphQLRequest(RESULTS, variable_values={"ids": ids})))["nodes"]
        for length, record in zip(lengths, records, strict=True):
            print(f"{length:.1f} bohr  {outcome(record)}")
        return all(record is not None and record["status"] == "COMPLETE" for record in records)


async def follow(url: str, key: str, cursor: str, ids: list[str]) -> None:
    """Print every change of these records, until all have ended."""
    running = set(ids)
    socket = WebsocketsTransport(
        url=url.replace("http", "ws", 1),
        init_payload={"authorization": f"Bearer {key}"},
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
    )
    async with Client(transport=socket) as server:
        request = GraphQLRequest(FOLLOW, variable_values={"after": cursor, "ids": ids})
        async for data in server.subscribe(request):
            change = data["statusChanges"]
            print(f"{change['recordId']}  {change['from'] or 'nothing'} -> {change['to']}, by {change['who']}")
            if change["to"] in ENDED:
                running.discard(change["recordId"])
            else:
                running.add(change["recordId"])  # tried again
            if not running:
                return


def outcome(record: dict[str, Any] | None) -> str:
    if record is None:
        return "killed"
    if record["status"] == "COMPLETE":
        return f"{record['result']['return_result']:.6f} hartree"
    error = record["attempts"][-1]["error"]
    return f"{record['status']}: {error['message']} ({error['type']})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Submit computations and follow them to their end.")
    parser.add_argument("--url", default=os.environ.get("INTERLOCK_URL", "http://127.0.0.1:8765"))
    parser.add_argument("--key", default=os.environ.get("INTERLOCK_API_KEY", ""), help="better in INTERLOCK_API_KEY")
    parser.add_argument("--points", type=int, default=5)
    parser.add_argument("--tag", default="default", help="which managers are to compute it")
    given = parser.parse_args()
    if not given.key:
        sys.exit("INTERLOCK_API_KEY: set it to an API key; interlock keys create --name me --role SUBMITTER prints one")
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it at once: the server has what was submitted
    try:
        sys.exit(0 if asyncio.run(main(f"{given.url.rstrip('/')}/graphql", given.key, given.points, given.tag)) else 1)
    except TransportQueryError as error:
        sys.exit(f"The server says: {(error.errors or [{}])[0].get('message', error)}")
    except (TransportError, WebSocketException, OSError) as error:
        sys.exit(f"There is no answer from {given.url}: {error}")
