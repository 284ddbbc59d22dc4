"""Reading: one snapshot for all of a query, the same number of statements for any page, times in UTC."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import asyncpg
import pytest

from interlock.domain.lifecycle import RecordStatus
from support.api import Api, GraphQLFailure
from support.scenario import Bench, brought, events, failed, record
from support.statements import statements

DEEP = """query ($n: Int!) { records(first: $n) { pageInfo { endCursor } nodes { id status specification result retry { used }
  task { function args manager { name } permittedActions { action } }
  attempts { number manager { name programs { name } } error { type } }
  events(first: 3) { action record { id status } } few: events(first: 1) { action }
  permittedActions(includeDenied: true) { action denial { message shortestWay { action } } } } }
  tasks(first: $n) { nodes { id record { id events { at } } } } }"""
NODES = """query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Record { specification events { action } }
  ... on Task { function record { attempts { number } } } ... on Manager { name } } }"""


async def test_a_page_of_fifty_takes_as_many_statements_as_a_page_of_five(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [id_ for status in (*RecordStatus,) for id_ in await brought(api, status, 9)]
    counts = {}
    for client in (api.operator, api.manager):
        for n in (5, 50):
            with statements(monkeypatch) as sent:
                await client.execute(DEEP, n=n)
            counts[n] = len(sent)
        # the first five are all WAITING; more kinds of record take a level more, and levels whose answers come at
        # different moments go apart: but none per record
        assert counts[50] <= counts[5] + 6, counts
        assert counts[50] < 25
    for n in (5, 50):
        some = ids[:n] + [id_.replace("rec", "task") for id_ in ids[:n]] + ["mgr_1", "rec_999999"]
        with statements(monkeypatch) as sent:
            await api.viewer.execute(NODES, ids=some)
        counts[n] = len(sent)
    assert counts[5] == counts[50] < 15, counts


async def test_all_root_fields_of_a_query_see_one_state_while_it_changes(api: Api) -> None:
    ids = await api.operator.submit(2, tag="t")
    query = """query ($a: ID!, $b: ID!) {
      first: record(id: $a) { status events(first: 1000) { to } } counts: statusCounts { status count }
      list: records { nodes { id status task { status } } } second: record(id: $b) { status task { status } }
      cursor: feedCursor nodes(ids: [$a, $b]) { ... on Record { status } } tasks { nodes { status } }
      again: record(id: $a) { status } keys: viewer { name } }"""
    stop = asyncio.Event()

    async def change() -> int:
        rounds = 0
        while not stop.is_set():
            await api.operator.move("release" if rounds % 2 else "hold", ids)
            rounds += 1
        return rounds

    changing = asyncio.create_task(change())
    seen = set()
    for _ in range(40):
        data = await api.viewer.execute(query, a=ids[0], b=ids[1])
        status = data["first"]["status"]
        seen.add(status)
        assert data["first"]["events"][-1]["to"] == status
        assert data["counts"] == [{"status": status, "count": 2}]
        assert [node["status"] for node in data["list"]["nodes"]] == [status] * 2
        assert [node["task"]["status"] for node in data["list"]["nodes"]] == [status] * 2
        assert data["second"] == {"status": status, "task": {"status": status}}
        assert data["nodes"] == [{"status": status}] * 2
        assert [node["status"] for node in data["tasks"]["nodes"]] == [status] * 2
        assert data["again"]["status"] == status
    stop.set()
    assert await changing > 2
    assert seen == {"WAITING", "HOLD"}


async def test_more_queries_than_connections_each_get_their_snapshot(api: Api) -> None:
    await api.operator.submit(3)
    query = (
        "{ records { nodes { id task { args } } } keys { id } feedCursor statusChanges { nodes { record { id } } } }"
    )
    answers = await asyncio.gather(*(api.admin.execute(query) for _ in range(60)))
    assert {len(answer["records"]["nodes"]) for answer in answers} == {3}


async def test_every_time_is_in_utc_and_says_so(api: Api) -> None:
    await brought(api, RecordStatus.ERROR)
    (running,) = await api.operator.submit(tag="t")
    await (await Bench.of(api, "t")).claim()
    seen = await record(api.viewer, running)
    times = re.findall(r"'\w+': '(\d{4}-\d\d-\d\d[^']*)'", str(seen))
    data = await api.admin.execute(
        """{ keys { createdAt } managers { nodes { activatedAt heartbeatAt } } statusChanges { nodes { at } }
        errorGroups { firstSince lastSince } }"""
    )
    times += re.findall(r"'(\d{4}-[^']*)'", str(data))
    assert len(times) > 15
    for time in times:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", time), time


async def test_node_finds_anything_by_its_id_and_nothing_by_others(api: Api) -> None:
    (id_,) = await brought(api, RecordStatus.COMPLETE)
    (open_,) = await api.operator.submit()
    task = open_.replace("rec", "task")
    ids = [id_, open_, task, "mgr_1", id_.replace("rec", "task"), "rec_999999", "mgr_99999999999999", "key_1", id_]
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    found = [node and (node["__typename"], node["id"]) for node in (await api.viewer.execute(query, ids=ids))["nodes"]]
    assert found == [
        ("Record", id_), ("Record", open_), ("Task", task), ("Manager", "mgr_1"), None, None, None, None, ("Record", id_),
    ]  # fmt: skip
    one = "query ($id: ID!) { node(id: $id) { id } }"
    for any_ in ids:
        node = (await api.viewer.execute(one, id=any_))["node"]
        assert node is None or node["id"] == any_
    for field, wrong in (
        ("record", task),
        ("task", id_),
        ("manager", id_),
        ("node", "x"),
        ("record", ""),
        ("node", "\0"),
    ):
        with pytest.raises(GraphQLFailure) as failure:
            await api.viewer.execute(f"query ($id: ID!) {{ {field}(id: $id) {{ id }} }}", id=wrong)
        assert failure.value.code == "INVALID_INPUT"
        assert failure.value.errors[0]["extensions"]["argument"] == "id"
    with pytest.raises(GraphQLFailure) as failure:
        await api.viewer.execute(query, ids=[id_, "nonsense"])
    assert failure.value.errors[0]["extensions"]["argument"] == "ids.1"
    with pytest.raises(GraphQLFailure) as failure:
        await api.viewer.execute(query, ids=[id_] * 1_001)
    assert failure.value.code == "LIMIT_EXCEEDED"


async def test_counts_and_groups_of_errors_answer_by_filter(api: Api, psql: asyncpg.Connection[Any]) -> None:
    for tag, type_, fail in (("a", "scf", False), ("a", "memory", True), ("b", "scf", True)):
        ids = await api.submitter.submit(2, tag=tag, campaign=type_)
        bench = await Bench.of(api, tag)
        await bench.give_back(list((await bench.claim()).values()), failed(type_, f"{type_} of {tag}"))
        if fail:
            await api.submitter.move("fail", ids[:1])
    groups = "query ($f: RecordFilter) { errorGroups(filter: $f) { errorType status count } }"
    rows = await psql.fetch(
        """SELECT r.id, l.tag, c.campaign, r.status::text, r.error_type FROM record r
        JOIN cohort c ON c.id = r.cohort_id JOIN lane l ON l.id = c.lane_id"""
    )
    fields = {"tag": "tag", "campaign": "campaign", "status": "status", "errorType": "error_type"}
    filters: list[dict[str, list[str]]] = [
        {}, {"tag": ["a"]}, {"status": ["FAILED"]}, {"status": ["COMPLETE"]}, {"errorType": ["scf"]}, {"errorType": []},
        {"campaign": ["memory"], "status": ["ERROR"]}, {"tag": ["b"], "errorType": ["scf"], "status": ["FAILED", "ERROR"]},
    ]  # fmt: skip
    for where in filters:
        found = (await api.viewer.execute(groups, f=where))["errorGroups"]
        passing = [row for row in rows if all(row[fields[k]] in v for k, v in where.items())]
        expected = {(row["error_type"], row["status"]) for row in passing}
        assert {(g["errorType"], g["status"]) for g in found} == expected, where
        assert sum(g["count"] for g in found) == len(passing)
        counts = "query ($f: RecordFilter) { statusCounts(groupBy: [STATUS, TAG], filter: $f) { status tag count } }"
        if "errorType" not in where:
            counted = (await api.viewer.execute(counts, f=where))["statusCounts"]
            assert sum(entry["count"] for entry in counted) == len(passing)
        else:
            with pytest.raises(GraphQLFailure) as failure:
                await api.viewer.execute(counts, f=where)
            assert failure.value.errors[0]["extensions"] == {"code": "INVALID_INPUT", "argument": "filter.errorType"}
    assert (await api.viewer.execute("{ statusCounts(groupBy: []) { status count } }"))["statusCounts"] == [
        {"status": None, "count": 6}
    ]


async def test_a_record_that_is_met_several_times_in_one_query_has_its_events_once_each_time(api: Api) -> None:
    (id_,) = await brought(api, RecordStatus.ERROR)
    twice = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Record { events { action } } } }"
    by_change = "{ statusChanges { nodes { record { events(first: 2) { action } } } } }"
    whole = [{"action": action} for action in ("SUBMIT", "CLAIM", "REPORT_ERROR")]
    assert (await api.viewer.execute(twice, ids=[id_, id_]))["nodes"] == [{"events": whole}] * 2
    await events(api.viewer)  # all of them have their positions
    changes = (await api.viewer.execute(by_change))["statusChanges"]["nodes"]
    assert changes == [{"record": {"events": whole[:2]}}] * 3
