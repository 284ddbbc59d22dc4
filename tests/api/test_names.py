"""The same may be told under three names and no more: by queries, mutations and subscriptions, by every way."""

from __future__ import annotations

import time

import pytest

from support.api import Api

OF_TASK = "{ a: args b: args kwargs }"
FRAGMENTS = "fragment F on Task { a: args ...G } fragment G on Task { b: args c: args }"
CALL = "mutation ($input: %sInput!) { %s(input: $input) { %s } }"
TOO_OFTEN: dict[str, tuple[str, int]] = {
    '{ record(id: "rec_1") { a: id b: id c: id id } }': ("record(…).id", 4),
    '{ node(id: "rec_1") { ... on Record { a: tag b: tag permittedActions { action } c: tag d: tag } } }': (
        "node(…).tag",
        4,
    ),
    '{ record(id: "rec_1") { task { ...F d: args } } } ' + FRAGMENTS: ("record(…).task.args", 4),
    f'{{ record(id: "rec_1") {{ x: task {OF_TASK} y: task {OF_TASK} }} }}': ("record(…).task.args", 4),
    f'{{ record(id: "rec_1") {{ x: task {{ c: args d: args }} x: task {OF_TASK} }} }}': ("record(…).task.args", 4),
    "{ a: feedCursor b: feedCursor c: feedCursor d: feedCursor }": ("feedCursor", 4),
    "{ viewer { a: __typename b: __typename c: __typename d: __typename e: __typename } }": ("viewer.__typename", 5),
    CALL % ("ClaimTasks", "claimTasks", "l: leases { a: args b: args } m: leases { c: args d: args }"): (
        "claimTasks(…).leases.args",
        4,
    ),
    CALL % ("Heartbeat", "heartbeat", "lost { a: message b: message c: message d: message }"): (
        "heartbeat(…).lost.message",
        4,
    ),
    CALL % ("SubmitRecords", "submitRecords", "a: ids b: ids c: ids d: ids"): ("submitRecords(…).ids", 4),
    "subscription { statusChanges { a: at b: at c: at d: at } }": ("statusChanges.at", 4),
    "subscription { statusChanges { record { a: result b: result c: result d: result } } }": (
        "statusChanges.record.result",
        4,
    ),
}


@pytest.mark.parametrize("document", TOO_OFTEN)
async def test_a_fourth_name_for_the_same_is_refused_with_the_field_and_what_to_do(api: Api, document: str) -> None:
    field, asked = TOO_OFTEN[document]
    async with api.operator.socket() as socket:
        await socket.send(type="subscribe", id="1", payload={"query": document, "variables": {"input": {}}})
        (error,) = (await socket.receive())["payload"]
    assert error["extensions"] == {
        "code": "LIMIT_EXCEEDED",
        "limit": {"name": "max_names", "allowed": 3, "asked": asked},
    }
    assert f"`{field}`" in error["message"]
    assert error["message"].endswith("Select it once.")
    if not document.startswith("subscription"):
        assert (await api.operator.post(document, input={})).json()["errors"] == [error]


async def test_three_names_are_served_and_so_are_fields_with_arguments_under_more(api: Api) -> None:
    (id_,) = await api.operator.submit()
    events = " ".join(f"e{i}: events(first: {i}) {{ to }}" for i in range(5))
    found = await api.viewer.execute(
        f'{{ record(id: "{id_}") {{ a: id b: id id {events} }} x: record(id: "{id_}") {{ a: id b: id id id }} }}'
    )
    assert found["x"] == {"a": id_, "b": id_, "id": id_}
    assert found["record"]["e4"] == [{"to": "WAITING"}]


async def test_a_document_of_many_fragments_in_a_chain_or_a_cycle_is_walked_quickly(api: Api) -> None:
    chain = " ".join(f"fragment F{i} on Record {{ ...F{i + 1} }}" for i in range(120))
    spread = "...F0 " * 1_900
    ring = "fragment F120 on Record { task { record { ...F120 } } }"
    await api.viewer.execute("{ viewer { name } }")
    for last, refused in (("fragment F120 on Record { id }", False), (ring, True)):
        began = time.process_time()
        answer = (await api.viewer.post(f'{{ record(id: "rec_1") {{ {spread} }} }} {chain} {last}')).json()
        assert ("errors" in answer) is refused
        assert time.process_time() - began < 2
