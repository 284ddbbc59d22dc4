"""A witness between a client and the server: it hears each answer, and looks at the database before and after.

Calls must come one after the other.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from graphql import FieldNode, GraphQLError, InlineFragmentNode, OperationDefinitionNode, parse

_TABLES = ("record", "task", "specification", "result", "attempt", "cohort", "lane", "principal")
"""What only a call that does something may change."""
_DIGEST = "(SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {} t)"
_ACCOUNT = f"SELECT (SELECT count(*) FROM event), concat_ws(' ', {', '.join(map(_DIGEST.format, _TABLES))})"
_NOTHING: tuple[tuple[str, Any], ...] = (
    ("moved", 0),
    ("updated", 0),
    ("submitted", 0),
    ("dryRun", True),
)


@dataclass
class Witness:
    """The ASGI application around the server's own."""

    app: Any
    psql: asyncpg.Connection[asyncpg.Record]
    heard: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != "/graphql":
            await self.app(scope, receive, send)
            return
        asked, told = bytearray(), bytearray()
        status = 0

        async def hear() -> Any:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def say(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)
            told.extend(message.get("body", b""))
            if message["type"] == "http.response.body" and not message.get("more_body"):
                await self._judge(before, bytes(asked), status, bytes(told))  # before the client can ask anew
            await send(message)

        before = await self._account()
        await self.app(scope, hear, say)

    async def _account(self) -> tuple[int, str]:
        """How many events there are, and a digest of everything that a mutation may change."""
        row = await self.psql.fetchrow(_ACCOUNT)
        assert row is not None
        return row[0], row[1]

    async def _judge(self, before: tuple[int, str], asked: bytes, status: int, told: bytes) -> None:
        after = await self._account()
        answer = json.loads(told)
        codes = {error.get("extensions", {}).get("code") for error in answer.get("errors", [])}
        self.heard["answers"] += 1
        self.heard[f"status {status}"] += 1
        if status >= 500 or "INTERNAL" in codes:
            self._complain("a fault", asked, told)
        mutation, said_nothing, moved = _read(asked, answer)
        self.heard["mutations"] += mutation
        if before != after:
            self.heard["changes"] += 1
        if not mutation or said_nothing:
            self.heard["refused mutations" if mutation else "queries"] += 1
            if before != after:
                self._complain("changed data, though it says that it did not", asked, told)
        elif moved is not None:
            self.heard["moves"] += 1
            if after[0] - before[0] != moved:
                self._complain(f"{after[0] - before[0]} events instead of {moved}", asked, told)

    def _complain(self, why: str, asked: bytes, told: bytes) -> None:
        self.complaints.append(f"{why}:\n{asked.decode()}\n{told.decode()}")


def _read(asked: bytes, answer: Any) -> tuple[bool, bool, int | None]:
    """Whether it was a mutation, whether its answer says that nothing was done, and how many moves it tells of."""
    try:
        document = parse(json.loads(asked)["query"])
    except (GraphQLError, ValueError, KeyError, TypeError):
        return False, True, None
    (operation,) = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if operation.operation.value != "mutation":
        return False, True, None
    data = answer.get("data")
    if not data:
        return True, True, None
    fields = [(node, data[key]) for key, node in _fields(operation) if data.get(key) is not None]
    found = [{"field": node.name.value, **dict(_named(node, said))} for node, said in fields]
    whole = all("moved" in said for said in found)
    moved = sum(said["moved"] for said in found if said.get("dryRun") is not True) if whole else None
    # a repeated key tells what was done before
    sure = whole and all("dryRun" in said for said in found) and b"idempotencyKey" not in asked
    return True, all(map(_says_nothing, found)), moved if sure else None


def _says_nothing(said: dict[str, Any]) -> bool:
    """Whether a payload says that nothing was done; a return's `leases` are another matter than what it returned."""
    claimed_none = said["field"] == "claimTasks" and said.get("leases") == []
    return claimed_none or bool(said.get("errors")) or any(said.get(name) == value for name, value in _NOTHING)


def _fields(node: Any) -> Iterator[tuple[str, FieldNode]]:
    """The fields that a node selects, by their keys in the answer."""
    for one in node.selection_set.selections:
        if isinstance(one, InlineFragmentNode):
            yield from _fields(one)
        else:
            yield (one.alias or one.name).value, one


def _named(node: FieldNode, said: Any) -> Iterator[tuple[str, Any]]:
    """What a payload says, by the names of its fields."""
    if node.selection_set is not None and isinstance(said, dict):
        for key, one in _fields(node):
            yield one.name.value, said.get(key)
