"""Pages: Relay's four arguments over every filter give what a look at the whole list gives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from interlock.domain.lifecycle import STATUSES_WITH_TASK, RecordStatus
from interlock.settings import Settings
from support.api import Api, GraphQLFailure
from support.scenario import Bench, failed
from support.server_settings import tuned

LIST = """query ($filter: RecordFilter, $orderBy: RecordOrder!, $first: Int, $after: String, $last: Int, $before: String) {{
  {field}(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {{
    edges {{ cursor node {{ id }} }} nodes {{ id }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"""
UPDATE = "mutation ($input: UpdateRecordsInput!) { updateRecords(input: $input) { updated } }"
RECORDS = "{ records(first: 100) { edges { cursor node { id status tag campaign owner kind errorType } } } }"
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "status": st.lists(st.sampled_from(list(RecordStatus)), max_size=3),
        "tag": st.lists(st.sampled_from(["a", "b", "none"]), max_size=2),
        "campaign": st.lists(st.sampled_from(["spring", "autumn"]), max_size=2),
        "owner": st.lists(st.sampled_from(["submitter", "operator", "nobody"]), max_size=2),
        "errorType": st.lists(st.sampled_from(["scf", "memory"]), max_size=2),
    },
)


@pytest.fixture
def settings() -> Settings:
    return tuned(max_page=100)


@pytest.fixture
async def edges(api: Api) -> list[dict[str, Any]]:
    """All records, oldest first, with their cursors: of two owners, with all labels, in every status."""
    for i in range(24):
        owner = (api.submitter, api.operator)[i % 2]
        tag, campaign, status = "ab"[i // 2 % 2], (None, "spring", "autumn")[i % 3], list(RecordStatus)[i // 4]
        error = failed(("scf", "memory")[i // 2 % 2])
        (id_,) = await owner.submit(tag="making", campaign=campaign, hold=status == RecordStatus.HOLD)
        if status not in {RecordStatus.WAITING, RecordStatus.HOLD}:
            bench = await Bench.of(api, "making")
            (token,) = (await bench.claim()).values()
            if status != RecordStatus.RUNNING:
                await bench.give_back([token], {"result": 1} if status == RecordStatus.COMPLETE else error)
            if status == RecordStatus.FAILED:
                await owner.move("fail", [id_])
        await owner.call(UPDATE, target={"ids": [id_]}, tag=tag)
    found: list[dict[str, Any]] = (await api.viewer.execute(RECORDS))["records"]["edges"]
    assert {edge["node"]["status"] for edge in found} == set(RecordStatus)
    return found


def _expected(
    edges: list[dict[str, Any]], where: dict[str, Any], asked: dict[str, Any], *, tasks: bool
) -> tuple[list[str], bool]:
    """Ids of the page, and whether there is more beyond its open end, as Relay's algorithm has it."""
    newest_first = asked["orderBy"] == "NEWEST_FIRST"
    whole = edges[::-1] if newest_first else edges
    cursors = [edge["cursor"] for edge in whole]
    start = cursors.index(asked["after"]) + 1 if asked.get("after") else 0
    end = cursors.index(asked["before"]) if asked.get("before") else len(whole)
    passing = [
        edge["node"]["id"]
        for edge in whole[start:end]
        if all(edge["node"][name] in values for name, values in where.items())
        and (not tasks or edge["node"]["status"] in STATUSES_WITH_TASK)
    ]
    if (last := asked.get("last")) is not None:
        return (passing[-last:] if last else []), len(passing) > last
    first = asked.get("first", 100)
    return passing[:first], len(passing) > first


@hypothesis_settings(
    deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
async def test_every_page_of_every_filter_is_what_a_look_at_all_gives(
    api: Api, edges: list[dict[str, Any]], data: st.DataObject
) -> None:
    where = data.draw(FILTERS)
    cursors = st.none() | st.sampled_from([edge["cursor"] for edge in edges])
    asked: dict[str, Any] = {"orderBy": data.draw(st.sampled_from(["OLDEST_FIRST", "NEWEST_FIRST"]))}
    asked |= {name: cursor for name in ("after", "before") if (cursor := data.draw(cursors))}
    asked |= data.draw(
        st.just({}) | st.builds(dict, first=st.integers(0, 30)) | st.builds(dict, last=st.integers(0, 30))
    )
    for field in ("records", "tasks"):
        tasks = field == "tasks"
        page = (await api.viewer.execute(LIST.format(field=field), filter=where, **asked))[field]
        ids, more = _expected(edges, where, asked, tasks=tasks)
        assert [edge["node"]["id"].replace("task", "rec") for edge in page["edges"]] == ids
        assert page["nodes"] == [edge["node"] for edge in page["edges"]]
        info = page["pageInfo"]
        backward = "last" in asked
        assert info["hasPreviousPage" if backward else "hasNextPage"] == more
        assert info["hasNextPage" if backward else "hasPreviousPage"] == (("before" if backward else "after") in asked)
        ends = [page["edges"][i]["cursor"] if page["edges"] else None for i in (0, -1)]
        assert [info["startCursor"], info["endCursor"]] == ends


async def test_walking_page_by_page_visits_everything_once_in_both_directions(
    api: Api, edges: list[dict[str, Any]]
) -> None:
    ids = [edge["node"]["id"] for edge in edges]
    for order, whole in (("OLDEST_FIRST", ids), ("NEWEST_FIRST", ids[::-1])):
        for size, (count, cursor, end, more) in (
            (5, ("first", "after", "endCursor", "hasNextPage")),
            (7, ("last", "before", "startCursor", "hasPreviousPage")),
        ):
            visited: list[str] = []
            at = None
            while True:
                given_ = {"orderBy": order, count: size} | ({cursor: at} if at else {})
                page = (await api.viewer.execute(LIST.format(field="records"), **given_))["records"]
                here = [edge["node"]["id"] for edge in page["edges"]]
                visited = visited + here if count == "first" else here + visited
                if not page["pageInfo"][more]:
                    break
                at = page["pageInfo"][end]
            assert visited == whole


async def test_wrong_pages_are_named_by_their_argument(api: Api) -> None:
    await api.manager.activate("m")
    await api.operator.submit()
    feed = (await api.viewer.execute("{ feedCursor }"))["feedCursor"]
    wrong: list[tuple[dict[str, Any], str, str]] = [
        ({"first": -1}, "INVALID_INPUT", "first"),
        ({"last": -1}, "INVALID_INPUT", "last"),
        ({"first": 101}, "LIMIT_EXCEEDED", "first"),
        ({"last": 101}, "LIMIT_EXCEEDED", "last"),
        ({"first": 1, "last": 1}, "INVALID_INPUT", "last"),
        ({"after": ""}, "CURSOR_INVALID", "after"),
        ({"before": "x"}, "CURSOR_INVALID", "before"),
        ({"after": feed}, "CURSOR_INVALID", "after"),
        ({"after": "bH4tMQ"}, "CURSOR_INVALID", "after"),
        ({"before": "x" * 100_000}, "CURSOR_INVALID", "before"),
    ]
    query = LIST.replace("query ($filter: RecordFilter, $orderBy: RecordOrder!, ", "query (")
    query = query.replace("(filter: $filter, orderBy: $orderBy, ", "(")
    for field in ("records", "tasks", "managers"):
        for given_, code, argument in wrong:
            with pytest.raises(GraphQLFailure) as failure:
                await api.viewer.execute(query.format(field=field), **given_)
            extensions = failure.value.errors[0]["extensions"]
            assert (extensions["code"], extensions["argument"]) == (code, argument), (field, given_)
            assert len(failure.value.errors[0]["message"]) < 300
        huge = (await api.viewer.execute(query.format(field=field), after="bH45OTk5OTk5OTk5OTk5OTk5OTk"))[field]
        assert huge["edges"] == []
    for first in (2**31, "1", 1.5, True, [1]):
        answer = (await api.viewer.post(query.format(field="records"), first=first)).json()
        assert answer["errors"], first
        assert "INTERNAL" not in str(answer)


async def test_managers_are_listed_in_the_order_of_their_registration(api: Api) -> None:
    made = [await api.manager.activate(f"m{i}") for i in (3, 1, 2, 0)]
    query = """query ($first: Int, $last: Int, $after: String) { managers(first: $first, last: $last, after: $after) {
      nodes { id } pageInfo { endCursor hasNextPage hasPreviousPage } } }"""
    page = (await api.viewer.execute(query, first=3))["managers"]
    assert [node["id"] for node in page["nodes"]] == made[:3]
    assert page["pageInfo"]["hasNextPage"]
    rest = (await api.viewer.execute(query, after=page["pageInfo"]["endCursor"]))["managers"]
    assert [node["id"] for node in rest["nodes"]] == made[3:]
    assert [n["id"] for n in (await api.viewer.execute(query, last=2))["managers"]["nodes"]] == made[2:]
