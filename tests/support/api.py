"""A client of the API as tests need it: plain HTTP, and the graphql-transport-ws protocol by hand."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import websockets

from interlock.domain.roles import Role

MOVE = """mutation ($input: {Name}Input!) {{ {name}(input: $input) {{
  matched moved unchanged refused dryRun movedIds counts {{ code count }} errors {{ code message path }}
  refusals {{ id code message currentStatus permitted shortestWay {{ action to }} }} }} }}"""
SUBMIT = """mutation ($input: SubmitRecordsInput!) { submitRecords(input: $input) {
  ids submitted errors { code message path } } }"""
ACTIVATE = """mutation ($input: ActivateManagerInput!) { activateManager(input: $input) {
  manager { id name active } errors { code message path } } }"""
_LEASES = "leases { token recordId taskId attempt expiresAt function args kwargs requiredPrograms tag priority }"
CLAIM = f"""mutation ($input: ClaimTasksInput!) {{ claimTasks(input: $input) {{
  {_LEASES} errors {{ code message path }} }} }}"""
HEARTBEAT = """mutation ($input: HeartbeatInput!) { heartbeat(input: $input) {
  renewed expiresAt lost { token code message } errors { code message path } } }"""
RETURN = f"""mutation ($input: ReturnTasksInput!) {{ returnTasks(input: $input) {{
  answers {{ token code message }} {_LEASES} errors {{ code message path }} }} }}"""
DEACTIVATE = """mutation ($input: DeactivateManagerInput!) { deactivateManager(input: $input) {
  manager { active } handedBack givenUp errors { code message path } } }"""
UPDATE = """mutation ($input: UpdateRecordsInput!) { updateRecords(input: $input) {
  matched updated unchanged refused counts { code count } errors { code message path }
  refusals { id code message currentStatus permitted shortestWay { action to } } } }"""
FOLLOW = """subscription ($after: String, $filter: StatusChangeFilter) { statusChanges(after: $after, filter: $filter) {
  cursor position recordId from to action actor who reason at attempt owner campaign tag } }"""


class GraphQLFailure(AssertionError):
    """The answer has errors; they are in ``errors``."""

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(json.dumps(errors, indent=1))
        self.errors = errors

    @property
    def code(self) -> str:
        return str(self.errors[0]["extensions"]["code"])


@dataclass
class Client:
    """One principal's way to the server."""

    http: httpx.AsyncClient
    url: str
    key: str

    async def post(self, query: str, **variables: Any) -> httpx.Response:
        return await self.http.post(
            f"{self.url}/graphql",
            json={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {self.key}"},
        )

    async def execute(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors; raises GraphQLFailure for one with errors."""
        answer = (await self.post(query, **variables)).json()
        if answer.get("errors"):
            raise GraphQLFailure(answer["errors"])
        data: dict[str, Any] = answer["data"]
        return data

    async def call(self, query: str, **given: Any) -> dict[str, Any]:
        """The payload of a mutation with one root field, for this ``input``."""
        data = await self.execute(query, input=given)
        (payload,) = data.values()
        assert isinstance(payload, dict)
        return payload

    async def move(self, action: str, ids: Sequence[str] | None = None, **given: Any) -> dict[str, Any]:
        """hold, release, retry, fail, kill or regenerate, by ids or by ``filter``."""
        target = {"ids": list(ids)} if ids is not None else {"filter": given.pop("filter")}
        return await self.call(MOVE.format(Name=action.capitalize(), name=action), target=target, **given)

    async def submit(self, count: int = 1, kind: str = "python", **given: Any) -> list[str]:
        """The ids of new records; python ones that call math.sqrt unless specifications are given."""
        specifications = given.pop("specifications", None)
        if specifications is None:
            specifications = [{"function": "math:sqrt", "args": [i]} for i in range(count)]
        payload = await self.call(SUBMIT, kind=kind, specifications=specifications, **given)
        assert payload["errors"] == []
        ids: list[str] = payload["ids"]
        return ids

    async def activate(self, name: str = "manager", **given: Any) -> str:
        """The id of an active manager that serves all tags."""
        payload = await self.call(ACTIVATE, **({"name": name, "tags": ["*"], "programs": []} | given))
        assert payload["errors"] == []
        return str(payload["manager"]["id"])

    async def claim(self, manager: str, limit: int = 100, **given: Any) -> list[dict[str, Any]]:
        payload = await self.call(CLAIM, managerId=manager, limit=limit, **given)
        assert payload["errors"] == []
        leases: list[dict[str, Any]] = payload["leases"]
        return leases

    async def give_back(self, manager: str, returns: Sequence[tuple[str, Any]]) -> list[str]:
        """Return (token, outcome) pairs; the codes of the answers."""
        given = [{"token": token, "outcome": outcome} for token, outcome in returns]
        payload = await self.call(RETURN, managerId=manager, returns=given)
        assert payload["errors"] == []
        return [answer["code"] for answer in payload["answers"]]

    async def statuses(self, ids: Sequence[str]) -> list[str | None]:
        """The records' statuses in the order of the ids; None for those that are gone."""
        data = await self.execute(
            "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Record { status } } }", ids=list(ids)
        )
        return [node and node["status"] for node in data["nodes"]]

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[Socket]:
        """An acknowledged graphql-transport-ws connection."""
        async with self.knock() as socket:
            assert (await socket.receive())["type"] == "connection_ack"
            yield socket

    @asynccontextmanager
    async def knock(self) -> AsyncIterator[Socket]:
        """A connection that has not been acknowledged yet."""
        url = self.url.replace("http", "ws", 1) + "/graphql"
        protocol = websockets.Subprotocol("graphql-transport-ws")
        async with websockets.connect(url, subprotocols=[protocol], max_size=None) as raw:
            socket = Socket(raw)
            await socket.send(type="connection_init", payload={"authorization": f"Bearer {self.key}"})
            yield socket

    @asynccontextmanager
    async def follow(self, after: str | None = None, **given: Any) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        """Status changes as they come."""
        async with self.socket() as socket:
            yield socket.subscribe(FOLLOW, after=after, **given)


class Socket:
    """Frames of one connection."""

    def __init__(self, raw: websockets.ClientConnection) -> None:
        self.raw = raw
        self._ids = itertools.count(1)

    async def send(self, **frame: Any) -> None:
        await self.raw.send(json.dumps(frame))

    async def receive(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(await self.raw.recv())
        return frame

    async def subscribe(self, query: str, **variables: Any) -> AsyncIterator[dict[str, Any]]:
        """The payload's one root field, event by event; raises GraphQLFailure for errors."""
        await self.send(id=str(next(self._ids)), type="subscribe", payload={"query": query, "variables": variables})
        while True:
            frame = await self.receive()
            if frame["type"] == "complete":
                return
            if frame["type"] == "error":
                raise GraphQLFailure(frame["payload"])
            if frame["type"] == "next":
                if frame["payload"].get("errors"):
                    raise GraphQLFailure(frame["payload"]["errors"])
                (value,) = frame["payload"]["data"].values()
                yield value


@dataclass
class Api:
    """A client for every role."""

    viewer: Client
    submitter: Client
    operator: Client
    manager: Client
    admin: Client

    @classmethod
    @asynccontextmanager
    async def of(cls, url: str, keys: Mapping[Role, str]) -> AsyncIterator[Api]:
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(httpx.AsyncClient(timeout=60))
            yield cls(**{role.lower(): Client(http, url, key) for role, key in keys.items()})

    def by_role(self, role: Role) -> Client:
        client: Client = getattr(self, role.lower())
        return client
