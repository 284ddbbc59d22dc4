"""Many records in one call: one statement, one transaction, and every one of them with its event."""

from __future__ import annotations

import time
from typing import Any

import asyncpg

from support.api import Api
from support.scenario import counted

COUNT = 12_000


async def test_twelve_thousand_records_move_in_one_transaction_each_with_one_event(
    api: Api, psql: asyncpg.Connection[Any]
) -> None:
    ids = await api.operator.submit(COUNT, tag="large")
    assert len(set(ids)) == COUNT
    assert ids == sorted(ids, key=lambda id_: int(id_.removeprefix("rec_")))
    began = time.monotonic()
    dry = await api.operator.move("hold", ids, dryRun=True)
    payload = await api.operator.move("hold", ids, reason="all of them")
    released = await api.operator.move("release", filter={"tag": ["large"]})
    killed = await api.operator.move("kill", filter={"tag": ["large"]})
    took = time.monotonic() - began
    assert [counted(p) for p in (dry, payload, released, killed)] == [{"MOVED": COUNT}] * 4
    assert payload["movedIds"] == ids[:100]
    rows = await psql.fetch(
        """SELECT action::text, count(*) AS n, count(DISTINCT xid) AS transactions, count(DISTINCT record_id) AS records
        FROM event GROUP BY action"""
    )
    assert {row["action"]: tuple(row)[1:] for row in rows} == dict.fromkeys(
        ("SUBMIT", "HOLD", "RELEASE", "KILL"), (COUNT, 1, COUNT)
    )
    left = "SELECT count(*) FROM (SELECT record_id FROM task UNION ALL SELECT record_id FROM specification) x"
    assert await psql.fetchval(left) == 0
    counts = "{ statusCounts { count } records { nodes { id } } }"
    assert await api.viewer.execute(counts) == {"statusCounts": [], "records": {"nodes": []}}
    assert took < 60
