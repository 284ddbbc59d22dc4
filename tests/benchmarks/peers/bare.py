"""The bare endpoint: what any server on asyncpg has to do, and no more. No GraphQL, no keys, no checks.

It takes the variables out of the request, runs one prepared statement on a pool, and sends the bytes on.
"""

from __future__ import annotations

import base64
import json
import os
from typing import Any

import asyncpg
import orjson
import uvloop

from benchmarks.peers import asgi

_WHEN = """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""
_LABELS = "JOIN cohort c ON c.id = r.cohort_id JOIN lane l ON l.id = c.lane_id JOIN principal p ON p.id = c.owner_id"
ONE = f"""
SELECT convert_to(concat('{{"data":{{"record":', (
  SELECT concat('{{"id":"rec_', r.id, '","status":"', r.status, '","since":"', to_char(r.since, {_WHEN}),
    '","kind":', to_json(c.kind), ',"tag":', to_json(l.tag), ',"priority":', r.priority,
    ',"owner":', to_json(p.name), ',"attemptCount":', r.attempt, '}}')
  FROM record r {_LABELS} WHERE r.part = 0 AND r.id = $1
), '}}}}'), 'UTF8')"""


PAGE = json.loads(os.environ.get("PAGE", "{}"))
"""The statement that ours has for a page behind a cursor, its arguments, and which of them is the cursor's number."""


def statement(variables: dict[str, Any]) -> tuple[Any, ...]:
    """The SQL that answers an operation with these variables, and its arguments."""
    if "id" in variables:
        return ONE, int(variables["id"][4:])
    cursor: str = variables["after"]
    arguments = list(PAGE["arguments"])
    arguments[PAGE["after"]] = int(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))[2:])
    return PAGE["text"], *arguments


async def _no_reset(_: Any) -> None:
    """Nothing is set in a session, so there is nothing to reset: as in ours, no round trip."""


async def main() -> None:
    """Serve."""
    pool = await asyncpg.create_pool(
        asgi.DATABASE_URL, min_size=1, max_size=asgi.POOL_SIZE, reset=_no_reset, server_settings=asgi.SESSION
    )

    async def app(_: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        answer = await pool.fetchval(*statement(orjson.loads(body)["variables"]))
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    await asgi.serve(app)


if __name__ == "__main__":
    uvloop.run(main())
