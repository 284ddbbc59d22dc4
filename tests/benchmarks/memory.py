"""The server's memory under the largest calls: its highest above what it has when idle, against the bounds of the README.

The ratio is bound to measured: 1 or more is within. PostgreSQL's own part is what its largest process has for itself.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import asyncpg
import orjson

from benchmarks.measuring.ground import Ground, ground
from benchmarks.measuring.pairs import Result
from interlock.api.http.bodies import weight
from interlock.settings import Settings
from support import mass
from support.api import MOVE, RETURN, SUBMIT, Client
from support.memory import highest, private, resident

_RECORDS = 1_000_000
_IDS = 100_000
_RESULT = 63_000_000
_CLIENTS = 24
_MEGABYTE = 1_000_000
_LITTLE = 32 * _MEGABYTE
"""What a call may take that is no larger for more records."""
_PACKED = 2 * 8 * _RECORDS
"""What it takes for the ids of records that are regenerated: eight bytes each, and once more in the driver."""
_BACKEND = 512 * _MEGABYTE
"""What PostgreSQL may take for a million records in one statement."""
_SETTINGS = Settings()
_ANSWER = 3 * _SETTINGS.max_answer
_BODIES = _SETTINGS.body_memory + 3 * _SETTINGS.max_body
"""Those at work, two that arrive, and one of these once more, while its pieces are joined."""
_KEY = "mutation ($input: CreateKeyInput!) { createKey(input: $input) { key errors { message } } }"
_ONE = "query ($id: ID!) { record(id: $id) { result } }"
_COMPUTED = "query ($id: ID!) { record(id: $id) { result attempts { number } } }"
_PAGE = """{ records(first: 1000) { nodes { id status since kind owner campaign tag priority specification result
  task { id function args kwargs } attempts { outcome stdout } events(first: 3) { from to action actor who at }
  permittedActions(includeDenied: true) { action permitted } } } }"""


@dataclass
class Meter:
    """Measures one server; each line is the highest since it was idle."""

    ground: Ground
    idle: int
    results: list[Result] = field(default_factory=list)

    async def line(self, name: str, bound: int, work: Awaitable[Any]) -> Any:
        """What the work gives; its memory becomes a line."""
        found, peak = await highest(self.ground.pid, work)
        self.add(name, bound, peak - self.idle)
        return found

    def add(self, name: str, bound: int, measured: int) -> None:
        measured = max(measured, 1)
        ours, peer = measured / _MEGABYTE, bound / _MEGABYTE
        self.results.append(Result(f"memory: {name}", ours, peer, "MB, its bound as peer", bound / measured, 1.0))
        print(f"{name}: {ours:,.0f} MB of {peer:,.0f}", file=sys.stderr, flush=True)  # noqa: T201 - progress


async def _post(client: Client, body: bytes) -> dict[str, Any]:
    """The answer's data to a body that is written already; a server that has no room just now is asked again."""
    headers = {"Authorization": f"Bearer {client.key}", "Content-Type": "application/json"}
    while True:
        answer = await client.http.post(f"{client.url}/graphql", content=body, headers=headers)
        if answer.status_code != 503:
            break
        await asyncio.sleep(int(answer.headers["retry-after"]))
    assert answer.status_code == 200, answer.text[:500]
    found: dict[str, Any] = orjson.loads(answer.content)
    return found


def _written(query: str, **given: Any) -> bytes:
    return orjson.dumps({"query": query, "variables": {"input": given}})


async def _largest_backend(bare: asyncpg.Connection[Any], done: asyncio.Event) -> int:
    most = 0
    while not done.is_set():
        rows = await bare.fetch("SELECT pid FROM pg_stat_activity WHERE application_name = 'interlock'")
        most = max(most, private(row["pid"] for row in rows))
        await asyncio.sleep(0.2)
    return most


async def _bulk(meter: Meter) -> None:
    client, largest = meter.ground.client, 0
    database = await asyncpg.connect(
        meter.ground.database, server_settings={"search_path": "interlock", "timezone": "UTC"}
    )

    async def move(action: str, name: str = "", **given: Any) -> None:
        nonlocal largest
        done = asyncio.Event()
        watch = asyncio.create_task(_largest_backend(database, done))
        body = _written(
            MOVE.format(Name=action.capitalize(), name=action), target={"filter": {"tag": [mass.TAG]}}, **given
        )
        bound = _LITTLE + (_PACKED if action == "regenerate" else 0)
        found = await meter.line(f"{name or action}, 10^6 records by filter", bound, _post(client, body))
        assert found["data"][action]["moved"] == _RECORDS
        done.set()
        largest = max(largest, await watch)

    await mass.make(database, _RECORDS)
    await move("hold", "dry run", dryRun=True)
    await move("hold")
    await move("release", "release, all or nothing", allOrNothing=True)
    await mass.err(database)
    await move("retry")
    ids = [f"rec_{row['id']}" for row in await database.fetch(f"SELECT id FROM record ORDER BY id LIMIT {_IDS}")]
    body = _written(MOVE.format(Name="Hold", name="hold"), target={"ids": ids})
    await meter.line("hold, 100,000 records by id", weight(body) + _LITTLE, _post(client, body))
    await client.move("release", filter={"tag": [mass.TAG]})
    await mass.err(database)
    await move("fail")
    await move("regenerate")
    await move("kill")
    meter.add("PostgreSQL's largest process, 10^6 records in one statement", _BACKEND, largest)
    await database.close()


async def _submissions(meter: Meter) -> None:
    for size in (200, 1_000):
        one = {"function": "math:sqrt", "args": [2.0], "kwargs": {"note": "x" * size}}
        body = _written(SUBMIT, kind="python", specifications=[one] * _IDS, hold=True)
        name = f"submission of 100,000 specifications, {len(body) // _MEGABYTE} MB"
        found = await meter.line(name, weight(body) + 2 * _LITTLE, _post(meter.ground.client, body))
        assert len(found["data"]["submitRecords"]["ids"]) == _IDS


def _results() -> dict[str, bytes]:
    """Results of the largest size, as JSON."""
    number = b"-0.123456789012,"
    return {
        "a text": b'"' + b"x" * _RESULT + b'"',
        "numbers": b"[" + number * (_RESULT // len(number)) + b"1]",
        "digits": b"[" + b"1," * (_RESULT // 2) + b"1]",
    }


@dataclass
class Leased:
    """A manager with leases, to each of which it can return a result of any size."""

    manager: Client
    id: str
    leases: Sequence[dict[str, Any]]

    @classmethod
    async def of(cls, admin: Client, count: int) -> Leased:
        manager = Client(admin.http, admin.url, (await admin.call(_KEY, name="cluster", role="MANAGER"))["key"])
        await admin.submit(count, priority=9)
        id_ = await manager.activate()
        return cls(manager, id_, await manager.claim(id_, count))

    def body(self, i: int, result: bytes) -> bytes:
        returned = {"token": self.leases[i]["token"], "outcome": {"result": "HERE"}}
        return _written(RETURN, managerId=self.id, returns=[returned]).replace(b'"HERE"', result)

    async def give(self, i: int, result: bytes) -> None:
        (answer,) = (await _post(self.manager, self.body(i, result)))["data"]["returnTasks"]["answers"]
        assert answer["code"] == "ACCEPTED"

    async def read(self, query: str, i: int) -> None:
        body = orjson.dumps({"query": query, "variables": {"id": self.leases[i]["recordId"]}})
        assert (await _post(self.manager, body))["data"]["record"]["result"]


async def _one_result(name: str, meter: Meter) -> None:
    leased, result = await Leased.of(meter.ground.client, 1), _results()[name]
    bound = weight(leased.body(0, result)) + _LITTLE
    await meter.line(f"a result of 63 MB returned, {name}", bound, leased.give(0, result))


async def _one_read(name: str, query: str, meter: Meter) -> None:
    leased = await Leased.of(meter.ground.client, 1)
    await leased.give(0, _results()["a text"])
    await meter.line(f"a result of 63 MB read, {name}", _ANSWER, leased.read(query, 0))


async def _many(meter: Meter) -> None:
    leased, text = await Leased.of(meter.ground.client, _CLIENTS), _results()["a text"]
    name = f"{_CLIENTS} clients {{}} 63 MB each at the same time"
    await meter.line(
        name.format("return"),
        _BODIES + _LITTLE,
        asyncio.gather(*(leased.give(i, text) for i in range(_CLIENTS))),
    )
    await meter.line(
        name.format("read"),
        2 * _ANSWER,
        asyncio.gather(*(leased.read((_ONE, _COMPUTED)[i % 2], i) for i in range(_CLIENTS))),
    )
    refused = await meter.line("a page of results of 63 MB, which is refused", _ANSWER, _refused(leased.manager))
    assert refused == "LIMIT_EXCEEDED"


async def _refused(client: Client) -> str:
    answer = await client.post("{ records(first: 1000) { nodes { result } } }")
    return str(answer.json()["errors"][0]["extensions"]["code"])


async def _largest_page(meter: Meter) -> None:
    await meter.ground.client.submit(1_000)
    found = await meter.line(
        "a page of 1,000 records with everything", _ANSWER, _post(meter.ground.client, orjson.dumps({"query": _PAGE}))
    )
    assert len(found["data"]["records"]["nodes"]) == 1_000


async def run() -> list[Result]:
    """Each part on a server of its own: what a process once had, it keeps some of."""
    results: list[Result] = []
    parts: Sequence[Callable[[Meter], Awaitable[None]]] = (
        _bulk,
        _submissions,
        _largest_page,
        *(partial(_one_result, name) for name in _results()),
        partial(_one_read, "compiled", _ONE),
        partial(_one_read, "executed", _COMPUTED),
        _many,
    )
    for part in parts:
        async with ground() as g:
            await g.client.move("hold", await g.client.submit(1))  # whatever comes with a first call
            meter = Meter(g, resident(g.pid))
            await part(meter)
            results += meter.results
    return results
