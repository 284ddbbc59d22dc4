"""Records brought into any situation through the API alone, and the words that tests share to look at them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from interlock.domain.lifecycle import RecordStatus, Target
from support.api import Api, Client

PERMITTED = """{ action to permitted denial { code message currentStatus permitted shortestWay { action to } } }"""
SHOWN = f"""{{ id status since kind kindVersion owner campaign tag priority
  requiredPrograms submittedAt specification result attemptCount errorType retry {{ used allowed nextAt }}
  task {{ id status function args kwargs requiredPrograms manager {{ name }} leaseExpiresAt }}
  attempts {{ number manager {{ name }} claimedAt leaseExpiresAt endedAt outcome
    error {{ type message traceback }} stdout stderr }}
  events {{ from to action actor who reason attempt owner campaign tag }}
  permittedActions(includeDenied: true) {PERMITTED} }}"""
RECORD = f"query ($id: ID!) {{ record(id: $id) {SHOWN} }}"
EVERYTHING = """query ($after: String) { feedCursor statusChanges(after: $after, first: 1000) { pageInfo { endCursor hasNextPage }
  nodes { cursor position recordId from to action actor who reason at attempt owner campaign tag } } }"""

MOST_CLAIMED = 1_000


def failed(type_: str = "scf_not_converged", message: str = "no") -> dict[str, Any]:
    """The outcome of a task that failed."""
    return {"error": {"type": type_, "message": message}}


@dataclass
class Bench:
    """A manager that serves one tag, so that it claims what a test means it to claim."""

    client: Client
    id: str
    tag: str

    @classmethod
    async def of(cls, api: Api, tag: str = "default", name: str | None = None, **given: Any) -> Bench:
        id_ = await api.manager.activate(name or f"bench of {tag}", tags=[tag], **given)
        return cls(api.manager, id_, tag)

    async def claim(self, limit: int = 100, **given: Any) -> dict[str, str]:
        """Tokens by record."""
        leases = await self.client.claim(self.id, limit, **given)
        return {lease["recordId"]: lease["token"] for lease in leases}

    async def give_back(self, tokens: Sequence[str], outcome: Any) -> list[str]:
        return await self.client.give_back(self.id, [(token, outcome) for token in tokens])

    async def heartbeat(self, tokens: Sequence[str]) -> dict[str, Any]:
        from support.api import HEARTBEAT  # noqa: PLC0415 - beside its only use

        return await self.client.call(HEARTBEAT, managerId=self.id, tokens=list(tokens))


async def brought(
    api: Api, status: RecordStatus | Target, count: int = 1, owner: Client | None = None, **given: Any
) -> list[str]:
    """New records of ``owner`` in this status (KILLED: gone), brought there by the permitted ways only."""
    owner = owner or api.operator
    tag = given.setdefault("tag", f"to {status}")
    ids = await owner.submit(count, hold=status == RecordStatus.HOLD, **given)
    if status in {RecordStatus.WAITING, RecordStatus.HOLD}:
        return ids
    if status == Target.KILLED:
        await owner.move("kill", ids)
        return ids
    bench = await Bench.of(api, tag)
    outcome = {"result": {"answer": 42}} if status == RecordStatus.COMPLETE else failed()
    for _ in range(0, count, MOST_CLAIMED):
        tokens = await bench.claim(min(count, MOST_CLAIMED))
        assert tokens.keys() <= set(ids), "a tag of its own keeps other records out"
        if status != RecordStatus.RUNNING:
            assert set(await bench.give_back(list(tokens.values()), outcome)) == {"ACCEPTED"}
    if status == RecordStatus.FAILED:
        await owner.move("fail", ids)
    for start in range(0, count, MOST_CLAIMED):
        some = ids[start : start + MOST_CLAIMED]
        assert await owner.statuses(some) == [status] * len(some)
    return ids


async def record(client: Client, id_: str) -> dict[str, Any]:
    """All there is to see of a record."""
    found: dict[str, Any] = (await client.execute(RECORD, id=id_))["record"]
    return found


async def events(client: Client, id_: str | None = None) -> list[dict[str, Any]]:
    """The whole feed, of one record or of all, once every committed event has its position."""
    found: list[dict[str, Any]] = []
    after = None
    while True:
        data = await client.execute(EVERYTHING, after=after)
        page = data["statusChanges"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if after == data["feedCursor"]:
            return [event for event in found if id_ in {None, event["recordId"]}]


def by_id(refusals: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {refusal["id"]: refusal for refusal in refusals}


def counted(payload: dict[str, Any]) -> dict[str, int]:
    return {entry["code"]: entry["count"] for entry in payload["counts"]}
