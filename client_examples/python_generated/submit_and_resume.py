"""Submits square roots and follows them with a client that ariadne-codegen makes: typed, and checked before it is sent.

    cd client_examples/python_generated
    pip install ariadne-codegen httpx pydantic websockets && ariadne-codegen
    export INTERLOCK_URL=http://127.0.0.1:8765 INTERLOCK_API_KEY=...      # of a SUBMITTER, say
    python submit_and_resume.py

Where the connection breaks, it goes on behind the last change that it has seen. A manager must be there that runs math.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

from interlock_client import Client, SubmitRecordsInput
from interlock_client.exceptions import GraphQLClientError
from websockets.exceptions import WebSocketException

ENDED = {"COMPLETE", "ERROR", "FAILED", "KILLED"}
NUMBERS = (2, 3, 5)


async def main(url: str, key: str) -> None:
    async with Client(
        url=f"{url}/graphql",
        headers={"Authorization": f"Bearer {key}"},
        ws_url=f"{url.replace('http', 'ws', 1)}/graphql",
        ws_connection_init_payload={"authorization": f"Bearer {key}"},
    ) as client:
        cursor = (await client.begin()).feed_cursor  # from before they exist: no change can be missed
        asked: list[Any] = [{"function": "math:sqrt", "args": [number]} for number in NUMBERS]
        answer = (await client.submit(SubmitRecordsInput(kind="python", specifications=asked))).submit_records
        if answer.errors:
            raise SystemExit(f"Not submitted: {answer.errors[0].message}")
        await follow(client, cursor, answer.ids)
        for number, node in zip(NUMBERS, (await client.results(answer.ids)).nodes, strict=True):
            if node is not None and node.typename__ == "Record":
                print(f"sqrt({number}): {node.status.value}, {node.result}")


async def follow(client: Client, cursor: str, ids: list[str]) -> None:
    """Print every change of these records once, until all have ended."""
    running = set(ids)
    while running:
        try:
            async for data in client.follow(after=cursor, ids=ids):
                change = data.status_changes
                cursor = change.cursor or cursor
                source = change.from_.value if change.from_ else "nothing"
                print(f"{change.record_id}  {source} -> {change.to.value}", flush=True)
                (running.discard if change.to in ENDED else running.add)(change.record_id)
                if not running:
                    return
        except (GraphQLClientError, WebSocketException, OSError) as error:
            print(f"Connection lost ({error}), going on behind {cursor}", flush=True)
            await asyncio.sleep(1)


if __name__ == "__main__":
    asyncio.run(main(os.environ.get("INTERLOCK_URL", "http://127.0.0.1:8765"), os.environ["INTERLOCK_API_KEY"]))
