"""The story of ``scenario.py``, told with the client that ariadne-codegen made of operations.graphql."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import aclosing
from typing import Any

from generated import (
    Client,
    HoldInput,
    RecordFilter,
    RecordStatus,
    RecordTarget,
    ReleaseInput,
    RetryInput,
    SubmitRecordsInput,
)

URL, KEY = os.environ["INTERLOCK_URL"], os.environ["INTERLOCK_API_KEY"]
SPECIFICATIONS: list[Any] = [{"function": "math:sqrt", "args": [i]} for i in range(3)]


async def follow(client: Client, after: str, count: int) -> tuple[str, list[list[object]]]:
    """So many changes behind a cursor, and the cursor of the last one; then the connection is closed."""
    told: list[list[object]] = []
    async with aclosing(client.follow(after=after)) as changes:  # type: ignore[type-var]  # it is told to be an iterator
        async for data in changes:
            change = data.status_changes
            assert change.cursor is not None
            told.append([change.position, change.record_id, change.action, change.to])
            if len(told) == count:
                return change.cursor, told
    raise RuntimeError("the feed ended")


async def main() -> None:
    # What has a default is passed: made from introspection, this client knows of none.
    labels: dict[str, Any] = {"tag": "default", "priority": 5, "hold": False}
    how: dict[str, Any] = {"dry_run": False, "all_or_nothing": False}
    async with Client(
        url=f"{URL}/graphql",
        headers={"Authorization": f"Bearer {KEY}"},
        ws_url=f"{URL.replace('http', 'ws', 1)}/graphql",
        ws_connection_init_payload={"authorization": f"Bearer {KEY}"},
    ) as client:
        begin = await client.matrix(from_=RecordStatus.ERROR)
        given = SubmitRecordsInput(kind="python", specifications=SPECIFICATIONS, campaign="generated", **labels)
        refused = (await client.submit(input=given.model_copy(update={"priority": 12}))).submit_records
        ids = (await client.submit(input=given)).submit_records.ids
        campaign = RecordTarget(filter=RecordFilter(campaign=["generated"]))
        held = (await client.hold(input=HoldInput(target=campaign, reason="later", **how))).hold
        retried = (await client.retry(input=RetryInput(target=RecordTarget(ids=ids[:1]), **how))).retry
        cursor, before = await follow(client, begin.feed_cursor, 4)
        released = (await client.release(input=ReleaseInput(target=RecordTarget(ids=ids), **how))).release
        _, behind = await follow(client, cursor, 5)
    json.dump(
        {
            "matrix": [[t.action, t.to] for t in begin.transition_matrix.transitions],
            "invalid": [[error.code, error.path] for error in refused.errors],
            "ids": ids,
            "held": held.moved,
            "refusals": [[r.id, r.code, r.current_status, r.permitted] for r in retried.refusals],
            "released": released.moved,
            "changes": before + behind,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    asyncio.run(main())
