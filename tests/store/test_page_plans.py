"""No page and no group reads a large table from end to end, whatever it is filtered by."""

from __future__ import annotations

import json

import pytest

from interlock.domain.lifecycle import RecordStatus
from interlock.domain.model import RecordFilter
from interlock.store import json_text
from interlock.store.bounded import WHOLE
from interlock.store.connection import Connection
from interlock.store.error_groups import error_groups
from interlock.store.page_json import JsonPage, PageShape
from interlock.store.record_json import statement
from interlock.store.records import RecordSource, page_shape, record_page
from support.by_index import by_index, rows_read

PATTERNS = tuple(range(1, 22))
"""All that there are."""
PAGES = {
    "all": RecordSource(),
    "backward": RecordSource(backward=True),
    "after": RecordSource(after=9_000),
    "between, backward": RecordSource(after=5_000, before=9_000, backward=True),
    "with a task": RecordSource(with_task=True),
    "status": RecordSource(RecordFilter(status=(RecordStatus.FAILED,))),
    "two statuses after": RecordSource(RecordFilter(status=(RecordStatus.HOLD, RecordStatus.ERROR)), after=4_000),
    "tag": RecordSource(RecordFilter(tag=("t1",))),
    "campaign": RecordSource(RecordFilter(campaign=("c7", "c8"))),
    "owner": RecordSource(RecordFilter(owner=("o1",)), backward=True),
    "kind": RecordSource(RecordFilter(kind=("python",))),
    "error": RecordSource(RecordFilter(error_type=("boom 3",))),
    "error of a campaign": RecordSource(RecordFilter(error_type=("boom 3",), campaign=("c16",))),
    "error pattern": RecordSource(RecordFilter(error_pattern=(4,))),
    "error pattern of a campaign": RecordSource(RecordFilter(error_pattern=(4, 5), campaign=("c16", "c17"))),
    "error pattern of a type": RecordSource(RecordFilter(error_pattern=(4, 5), error_type=("boom 3", "boom 4"))),
    "everything": RecordSource(
        RecordFilter((RecordStatus.ERROR,), ("t1",), ("c16",), ("o1",), ("python",), ("boom 3",), PATTERNS),
        after=3,
        before=23_000,
    ),
    "nothing": RecordSource(RecordFilter(campaign=("none",))),
}


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_goes_by_index(large: Connection, name: str) -> None:
    async with by_index(large):
        rows = await record_page(large, PAGES[name])
    assert bool(rows) == (name != "nothing")


@pytest.mark.parametrize(
    "where", [RecordFilter(), RecordFilter(campaign=("c16",)), RecordFilter(error_type=("boom 3",))]
)
async def test_groups_by_pattern_are_counted_in_an_index_alone(large: Connection, where: RecordFilter) -> None:
    await large.execute("VACUUM record")
    async with by_index(large):
        before = await rows_read(large)
        groups = await error_groups(large, where, 20, by_pattern=True)
        assert (await rows_read(large))["record"] == before.get("record", (0, 0))
    assert sum(group.count for group in groups) > 0


async def test_a_scan_would_be_seen(large: Connection) -> None:
    with pytest.raises(AssertionError, match="event"):
        async with by_index(large):
            await large.fetch("SELECT * FROM event WHERE reason = 'none'")


async def test_a_page_with_tasks_finds_them_together(large: Connection) -> None:
    shape = PageShape(page_shape(RecordSource(after=15_000, limit=1_001)), reversed=False, behind=True, in_front=False)
    page = JsonPage(shape, "")
    way = page.entity.ways["task"]()
    each = page.each(way.told(json_text.obj([("function", way.entity.values["function"])])))
    composed = statement(page.json(json_text.obj([("nodes", each)])))
    async with by_index(large):
        nodes = json.loads(await large.fetchval(composed.text, *composed.arguments({"after": 15_000, WHOLE: 10**6})))[
            "nodes"
        ]
        searches = await large.fetchval("SELECT idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'task'")
    assert len(nodes) == 1_000
    assert {"function": "math:sqrt"} in nodes
    assert searches < 100
