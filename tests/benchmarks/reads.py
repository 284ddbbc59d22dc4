"""Reads over HTTP: a page of 100 records with their tasks, and one record by id, from 100,000 records.

All servers of a comparison are up and read the same tables; each is one process with ten connections to the
database, and is loaded in turn with the same inputs over 32 connections. Ours asks for a key; no peer does.
"""

from __future__ import annotations

import base64
import json
import random
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg
import httpx

from benchmarks.measuring import peers
from benchmarks.measuring.ground import Ground, at_rest, ground
from benchmarks.measuring.load import Generator, Slice, Target
from benchmarks.measuring.pairs import Result, Timed, compare
from benchmarks.measuring.serving import Served, served
from benchmarks.measuring.statements import statement
from interlock.domain.cursor import list_cursor
from support.population import populate

RECORDS = 100_000
_BEHIND = 987_654_321
"""A number that is nowhere else in a statement."""
PAGE = "page of 100 with tasks"
ONE = "one record by id"

_NODE = """id status since kind campaign tag priority owner submittedAt attemptCount errorType
  task { id function status tag priority }"""
_PAGE_INFO = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
_PAGE = f"""query($after: String, $first: Int) {{ records(first: $first, after: $after) {{
  edges {{ cursor node {{ {_NODE} }} }} {_PAGE_INFO} }} }}"""
_ONE = "query($id: ID!) { record(id: $id) { id status since kind tag priority owner attemptCount } }"

# PostGraphile has names of its own for the same fields.
_GRAPHILE_NODE = _NODE.replace("{ id ", "{ id: taskId ").replace("id ", "id: recordId ", 1)
_GRAPHILE_PAGE = f"""query($after: Cursor, $first: Int) {{ records: allRecords(first: $first, after: $after) {{
  edges {{ cursor node {{ {_GRAPHILE_NODE} }} }} {_PAGE_INFO} }} }}"""


@dataclass(frozen=True)
class Competitor:
    """A server that is up, and how it wants to be asked."""

    served: Served
    documents: Mapping[str, str] = field(default_factory=lambda: {PAGE: _PAGE, ONE: _ONE})
    cursor: Callable[[int], str] = str
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, operation: str, record: int) -> str:
        """A request for this record, or for the page behind it."""
        page = {"first": 100, "after": self.cursor(record)}
        variables = page if operation == PAGE else {"id": f"rec_{record}"}
        return json.dumps({"query": self.documents[operation], "variables": variables})

    def target(self, operation: str) -> Target:
        """The load: every competitor is asked for the same records."""
        chosen = random.Random(operation).choices(range(1, RECORDS), k=5_000)
        bodies = [self.body(operation, record) for record in chosen]
        return Target(self.served.port, self.served.pid, self.headers, bodies)

    async def ask(self, operation: str, record: int) -> Any:
        """The answer's data, with what may differ between servers made alike."""
        async with httpx.AsyncClient() as http:
            answer = await http.post(
                f"http://127.0.0.1:{self.served.port}/graphql",
                content=self.body(operation, record),
                headers={"Content-Type": "application/json", **self.headers},
            )
        return _alike(answer.raise_for_status().json()["data"])


def _alike(value: Any, name: str = "") -> Any:
    """Moments as such, whatever their notation; cursors only as there or not, for each server has its own."""
    if isinstance(value, dict):
        return {key: _alike(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_alike(inner) for inner in value]
    if name in {"since", "submittedAt"}:
        return datetime.fromisoformat(value)
    return value is not None if "ursor" in name else value


@asynccontextmanager
async def _ours(g: Ground) -> AsyncIterator[Competitor]:
    port = int(g.client.url.rsplit(":", 1)[1])
    yield Competitor(Served(port, g.pid), cursor=list_cursor, headers={"Authorization": f"Bearer {g.client.key}"})


@asynccontextmanager
async def _bare(g: Ground) -> AsyncIterator[Competitor]:
    text, arguments = statement(_PAGE, {"first": 100, "after": list_cursor(_BEHIND)})
    page = json.dumps({"text": text, "arguments": arguments, "after": arguments.index(_BEHIND)})
    command = (sys.executable, "-m", "benchmarks.peers.bare")
    async with served(g.database, "interlock", *command, PAGE=page) as up:
        yield Competitor(up, cursor=list_cursor)


@asynccontextmanager
async def _orm(g: Ground) -> AsyncIterator[Competitor]:
    async with served(g.database, "interlock", sys.executable, "-m", "benchmarks.peers.orm") as up:
        yield Competitor(up)


@asynccontextmanager
async def _mercurius(g: Ground) -> AsyncIterator[Competitor]:
    folder = await peers.npm("mercurius")
    async with served(g.database, "interlock", await peers.node(), "server.js", folder=folder) as up:
        yield Competitor(up)


@asynccontextmanager
async def _postgraphile(g: Ground) -> AsyncIterator[Competitor]:
    folder = await peers.npm("postgraphile")
    connection = await asyncpg.connect(g.database)
    await connection.execute((folder / "views.sql").read_text())
    await connection.close()
    async with served(g.database, "peer", await peers.node(), "server.js", folder=folder) as up:
        async with httpx.AsyncClient() as http:
            asked = {"query": _GRAPHILE_PAGE, "variables": {"first": 1}}
            answer = (await http.post(f"http://127.0.0.1:{up.port}/graphql", json=asked)).json()
        order, _ = json.loads(base64.b64decode(answer["data"]["records"]["pageInfo"]["endCursor"]))

        def cursor(record: int) -> str:
            return base64.b64encode(json.dumps([order, str(record)], separators=(",", ":")).encode()).decode()

        yield Competitor(up, {PAGE: _GRAPHILE_PAGE}, cursor)


COMPETITORS = {
    "ours": _ours,
    "mercurius with JIT": _mercurius,
    "PostGraphile 5": _postgraphile,
    "Strawberry + SQLAlchemy ORM": _orm,
    "bare endpoint, same SQL": _bare,
}
GOALS = (
    (PAGE, "mercurius with JIT", 1.15),
    (PAGE, "PostGraphile 5", 4.0),
    (PAGE, "Strawberry + SQLAlchemy ORM", 50.0),
    (PAGE, "bare endpoint, same SQL", 0.85),
    (ONE, "mercurius with JIT", 1.15),
    (ONE, "bare endpoint, same SQL", 0.85),
)


@asynccontextmanager
async def competitors(*names: str) -> AsyncIterator[dict[str, Competitor]]:
    """These, all of them up, over a database with all records."""
    async with ground() as g, AsyncExitStack() as stack:
        await populate(g.database, RECORDS)
        await at_rest(g.pid)
        yield {name: await stack.enter_async_context(COMPETITORS[name](g)) for name in names}


async def check(operation: str, ours: Competitor, peer: Competitor) -> None:
    """See that both answer alike, at the ends and in between."""
    for record in (1, 99, 4_711, RECORDS // 2, RECORDS - 100, RECORDS - 50):
        expected, found = await ours.ask(operation, record), await peer.ask(operation, record)
        if peer.documents[operation] == _GRAPHILE_PAGE:  # it never looks back, as Relay permits
            expected["records"]["pageInfo"].pop("hasPreviousPage")
            found["records"]["pageInfo"].pop("hasPreviousPage")
        if expected != found:
            raise RuntimeError(f"answers differ for {operation}, record {record}:\n{expected}\n{found}")


async def only(name: str, operation: str, slices: int = 5) -> None:
    """For those who improve one server: a few slices of one operation, without a comparison."""
    async with competitors(name) as up, Generator.to(up[name].target(operation)) as generator:
        for _ in range(slices):
            _say(f"{name}, {operation}: {_told(await generator.slice())}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - progress


def _told(one: Slice) -> str:
    return f"{one.rate:,.0f} requests/s, {one.microseconds:,.0f} microseconds of the server's CPU each"


async def run() -> list[Result]:
    """Every goal: pairs of slices in turn, all servers up."""
    results = []
    async with competitors(*COMPETITORS) as up, AsyncExitStack() as stack:
        for operation, name, goal in GOALS:
            await check(operation, up["ours"], up[name])
            ours, peer = [await _timed(stack, one, operation, up[one]) for one in ("ours", name)]
            results.append(await compare(f"{operation}: ours / {name}", "requests/s", goal, ours, peer))
    return results


async def _timed(stack: AsyncExitStack, name: str, operation: str, competitor: Competitor) -> Timed:
    generator = await stack.enter_async_context(Generator.to(competitor.target(operation)))

    async def timed() -> float:
        one = await generator.slice()
        _say(f"{name}, {operation}: {_told(one)}")
        return one.rate

    return timed
