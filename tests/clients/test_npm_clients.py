"""The clients that people have, each as its own documentation has it, against a server that listens."""

from __future__ import annotations

from typing import Any

import pytest

from support.api import Api
from support.node import told

pytestmark = pytest.mark.slow
VIEWER = {"viewer": {"name": "operator"}}
NO_FIELD = "Cannot query field 'qqqqqq' on type 'Query'."


def _followed(seen: dict[str, Any]) -> None:
    """Every submission was seen once, in order."""
    changes = seen["changes"]
    assert [change["recordId"] for change in changes] == seen["ids"]
    first = changes[0]["position"]
    assert [change["position"] for change in changes] == list(range(first, first + len(seen["ids"])))


async def test_graphql_ws_resumes_where_its_socket_was_lost(api: Api) -> None:
    seen = await told("graphql_ws.mjs", api.operator)
    assert seen["query"]["data"] == VIEWER
    assert len(seen["mutation"]["data"]["submitRecords"]["ids"]) == 2
    assert [error["message"] for error in seen["wrong"]] == [NO_FIELD]
    assert seen["syntax"][0]["message"].startswith("Syntax Error")
    assert len(seen["ids"]) == 9
    _followed(seen)
    assert seen["connections"] >= 3
    assert seen["stranger"] == {
        "code": 4401,
        "reason": "This API key is not valid, or no longer. Ask an admin for a new one.",
        "attempts": 1,
    }


async def test_graphql_sse_has_a_connection_for_each_operation(api: Api) -> None:
    seen = await told("graphql_sse.mjs", api.operator)
    assert seen["query"]["data"] == VIEWER
    assert len(seen["mutation"]["data"]["submitRecords"]["ids"]) == 2
    assert [error["message"] for error in seen["wrong"]["errors"]] == [NO_FIELD]
    assert seen["syntax"].keys() == {"errors"}
    assert len(seen["ids"]) == 9
    _followed(seen)
    assert seen["stranger"] == 401


async def test_apollo_client_follows_by_parts_and_by_socket(api: Api) -> None:
    seen = await told("apollo.mjs", api.operator)
    for way in ("http", "socket"):
        one = seen[way]
        assert one["query"]["data"]["viewer"]["name"] == "operator"
        assert len(one["mutation"]["data"]["submitRecords"]["ids"]) == 2
        assert one["wrong"] == {"name": "CombinedGraphQLErrors", "message": NO_FIELD}
        assert len(one["ids"]) == 3
        _followed(one)
    answer = "application/graphql-response+json; charset=utf-8"
    assert seen["kinds"] == [answer] * 3 + ['multipart/mixed; boundary="graphql"; subscriptionSpec=1.0']


async def test_urql_follows_by_event_stream_and_by_socket(api: Api) -> None:
    seen = await told("urql.mjs", api.operator)
    for way in ("fetch", "socket"):
        one = seen[way]
        assert one["query"]["data"]["viewer"]["name"] == "operator"
        assert len(one["mutation"]["data"]["submitRecords"]["ids"]) == 2
        assert NO_FIELD in one["wrong"]["error"]
        assert len(one["ids"]) == 3
        _followed(one)
    answer = "application/graphql-response+json; charset=utf-8"
    kinds = [kind for _, kind in seen["kinds"]]
    assert kinds == [answer] * 3 + ["text/event-stream"]
