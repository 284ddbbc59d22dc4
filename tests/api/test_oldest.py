"""Since when the longest of each group is in its status: against all records, read one by one."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from interlock.api import queries
from interlock.domain.lifecycle import RecordStatus
from interlock.store.connection import Connection
from support.api import Api
from support.scenario import brought

RESTS = {"COMPLETE", "FAILED"}
COUNTS = """query ($groups: [CountGroup!]!, $filter: RecordFilter) { statusCounts(groupBy: $groups, filter: $filter) {
  status tag campaign owner kind count oldestSince } }"""
RECORDS = """query ($filter: RecordFilter) { records(first: 1000, filter: $filter) {
  nodes { status tag campaign owner kind since } } }"""


async def _various(api: Api, psql: Connection) -> None:
    for number, status in enumerate(RecordStatus):
        for owner in (api.operator, api.submitter):
            await brought(api, status, 2, owner, campaign=["a", None, "b"][number % 3])
    await api.operator.submit(5, tag="to WAITING", campaign="a")
    random = Random(5)
    for row in await psql.fetch("SELECT id FROM record"):
        back = random.randrange(10**6)
        await psql.execute("UPDATE record SET since = since - $1 * interval '1 s' WHERE id = $2", back, row["id"])


@pytest.mark.parametrize("groups", [["STATUS"], ["STATUS", "TAG"], ["CAMPAIGN", "STATUS", "OWNER"], ["KIND", "STATUS"]])
async def test_it_is_that_of_the_one_that_is_longest_in_it(api: Api, psql: Connection, groups: list[str]) -> None:
    await _various(api, psql)
    for where in (
        {},
        {"campaign": ["a"]},
        {"status": ["HOLD", "RUNNING", "FAILED"]},
        {"owner": ["submitter"], "tag": []},
    ):
        records = (await api.viewer.execute(RECORDS, filter=where))["records"]["nodes"]
        longest: dict[tuple[Any, ...], Any] = {}
        for one in sorted(records, key=lambda record: str(record["since"])):
            group = tuple(one[name.lower()] for name in groups)
            longest.setdefault(group, None if one["status"] in RESTS else one["since"])
        found = (await api.viewer.execute(COUNTS, groups=groups, filter=where))["statusCounts"]
        assert {tuple(one[name.lower()] for name in groups): one["oldestSince"] for one in found} == longest


async def test_without_a_status_to_be_in_there_is_none(api: Api) -> None:
    await brought(api, RecordStatus.HOLD)
    for groups in ([], ["TAG"], ["CAMPAIGN", "KIND"]):
        found = (await api.viewer.execute(COUNTS, groups=groups))["statusCounts"]
        assert [(one["count"], one["oldestSince"]) for one in found] == [(1, None)]


async def test_it_is_read_once_for_all_groups_and_not_where_nobody_asks(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    oldest = queries.oldest  # type: ignore[attr-defined]  # imported there

    async def counted(*arguments: Any) -> Any:
        read.append(arguments)
        return await oldest(*arguments)

    monkeypatch.setattr(queries, "oldest", counted)
    for status in RecordStatus:
        await brought(api, status)
    assert len((await api.viewer.execute("{ statusCounts { status count } }"))["statusCounts"]) == len(RecordStatus)
    assert read == []
    await api.viewer.execute(COUNTS, groups=["STATUS"])
    assert len(read) == 1
