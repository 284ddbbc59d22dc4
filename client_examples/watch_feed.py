"""Writes every status change to a file, each exactly once, also when the network, the server or itself goes down.

The trick is that the file is its own bookmark: each line has one change together with its cursor, so the two cannot
disagree. Whoever starts again cuts off a line that was not finished, and goes on behind the last one that was.

    export INTERLOCK_URL=http://127.0.0.1:8765 INTERLOCK_API_KEY=...      # of a VIEWER, say
    python client_examples/watch_feed.py [changes.jsonl]

The first time it begins with the oldest change that the server has kept. Kill it, start it again: nothing is missing,
nothing is there twice. Needs gql: pip install 'gql[websockets]'.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from gql import Client, GraphQLRequest, gql
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.websockets import WebsocketsTransport
from websockets.exceptions import WebSocketException

CHANGE = "cursor position at recordId from to action who reason"
FOLLOW = gql(f"subscription ($after: String!) {{ statusChanges(after: $after) {{ {CHANGE} }} }}")
BEGIN = gql(f"{{ feedCursor statusChanges(first: 1) {{ nodes {{ {CHANGE} }} }} }}")
REFUSED_KEY = 4401


async def changes(url: str, key: str, after: str | None) -> AsyncIterator[dict[str, Any]]:
    """Every change after the cursor, or every one that there is, as long as the connection lasts."""
    socket = WebsocketsTransport(
        url=url.replace("http", "ws", 1),
        init_payload={"authorization": f"Bearer {key}"},
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
    )
    async with Client(transport=socket) as server:
        if after is None:
            begin = await server.execute(BEGIN)
            after = begin["feedCursor"]  # of the same moment: nothing comes between it and an empty list
            for change in begin["statusChanges"]["nodes"]:
                yield change
                after = change["cursor"]
        async for data in server.subscribe(GraphQLRequest(FOLLOW, variable_values={"after": after})):
            yield data["statusChanges"]


def bookmark(path: Path) -> str | None:
    """The cursor of the last whole line; what comes after it is cut off. None if there is none yet."""
    cursor, end = None, 0
    with path.open("a+b") as file:
        file.seek(0)
        for line in file:
            if line.endswith(b"\n"):
                cursor, end = json.loads(line)["cursor"], end + len(line)
        file.truncate(end)
    return cursor


async def main(url: str, key: str, path: Path) -> None:
    cursor = bookmark(path)
    with path.open("ab", buffering=0) as file:
        while True:
            try:
                async for change in changes(url, key, cursor):
                    file.write(json.dumps(change).encode() + b"\n")
                    cursor = change["cursor"]
                    print(change["position"], change["recordId"], change["action"], change["to"], flush=True)
            except TransportQueryError as error:  # such as CURSOR_EXPIRED: this file has a gap now, begin another
                raise SystemExit(f"The server cannot go on from here: {error}") from error
            except (TransportError, WebSocketException, OSError) as error:
                if getattr(error.__cause__ or error, "code", None) == REFUSED_KEY:
                    raise SystemExit("The server does not accept the key in INTERLOCK_API_KEY.") from error
                print(f"Connection lost ({error}), trying again", file=sys.stderr)
            await asyncio.sleep(1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write every status change to a file, exactly once.")
    parser.add_argument("file", type=Path, nargs="?", default=Path("changes.jsonl"))
    parser.add_argument("--url", default=os.environ.get("INTERLOCK_URL", "http://127.0.0.1:8765"))
    parser.add_argument("--key", default=os.environ.get("INTERLOCK_API_KEY", ""), help="better in INTERLOCK_API_KEY")
    given = parser.parse_args()
    if not given.key:
        sys.exit("INTERLOCK_API_KEY: set it to an API key; interlock keys create --name me --role SUBMITTER prints one")
    # Ctrl-C ends it at once, wherever it is: what was written is whole, or is cut off the next time
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    asyncio.run(main(f"{given.url.rstrip('/')}/graphql", given.key, given.file))
