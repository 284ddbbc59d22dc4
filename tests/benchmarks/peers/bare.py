"""The bare endpoint: what any server on asyncpg has to do, and no more. No GraphQL, no keys, no checks.

It takes the variables out of the request, runs one prepared statement on a pool, and sends the bytes on.
"""

from __future__ import annotations

import base64
from typing import Any

import asyncpg
import orjson
import uvloop

from benchmarks.peers import asgi

_WHEN = """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""
_LABELS = "JOIN cohort c ON c.id = r.cohort_id JOIN lane l ON l.id = c.lane_id JOIN principal p ON p.id = c.owner_id"
_NODE = f"""'{{"id":"rec_', r.id, '","status":"', r.status, '","since":"', to_char(r.since, {_WHEN}),
  '","kind":', to_json(c.kind), ',"campaign":', coalesce(to_json(c.campaign)::text, 'null'),
  ',"tag":', to_json(l.tag), ',"priority":', r.priority, ',"owner":', to_json(p.name),
  ',"submittedAt":"', to_char(r.submitted_at, {_WHEN}), '","attemptCount":', r.attempt,
  ',"errorType":', coalesce(to_json(r.error_type)::text, 'null'), ',"task":', coalesce((
    SELECT concat('{{"id":"task_', r.id, '","status":"', r.status, '","function":', to_json(t.function),
      ',"tag":', to_json(l.tag), ',"priority":', r.priority, '}}')
    FROM task t WHERE t.part = 0 AND t.record_id = r.id
  ), 'null'), '}}'"""

PAGE = f"""
SELECT convert_to(concat('{{"data":{{"records":{{"edges":[', array_to_string(edges[1:100], ','),
  '],"pageInfo":{{"hasNextPage":', to_json(cardinality(edges) > 100), ',"hasPreviousPage":', to_json($1::bigint IS NOT NULL),
  ',"startCursor":', coalesce(cursors[1], 'null'),
  ',"endCursor":', coalesce(cursors[least(cardinality(edges), 100)], 'null'), '}}}}}}}}'), 'UTF8')
FROM (
  SELECT coalesce(array_agg(concat('{{"cursor":', cursor, ',"node":', node, '}}')), '{{}}') AS edges,
    array_agg(cursor) AS cursors
  FROM (
    SELECT concat('"', rtrim(translate(encode(convert_to('l~' || r.id, 'UTF8'), 'base64'), '+/', '-_'), '='), '"')
      AS cursor, concat({_NODE}) AS node
    FROM (SELECT * FROM record WHERE part = 0 AND id > coalesce($1, 0) ORDER BY id LIMIT 101) r {_LABELS}
    ORDER BY r.id
  ) nodes
) page"""

ONE = f"""
SELECT convert_to(concat('{{"data":{{"record":', (
  SELECT concat('{{"id":"rec_', r.id, '","status":"', r.status, '","since":"', to_char(r.since, {_WHEN}),
    '","kind":', to_json(c.kind), ',"tag":', to_json(l.tag), ',"priority":', r.priority,
    ',"owner":', to_json(p.name), ',"attemptCount":', r.attempt, '}}')
  FROM record r {_LABELS} WHERE r.part = 0 AND r.id = $1
), '}}}}'), 'UTF8')"""


def statement(variables: dict[str, Any]) -> tuple[str, int | None]:
    """The SQL that answers an operation with these variables, and its argument."""
    if "id" in variables:
        return ONE, int(variables["id"][4:])
    after = variables.get("after")
    return PAGE, None if after is None else int(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4))[2:])


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
