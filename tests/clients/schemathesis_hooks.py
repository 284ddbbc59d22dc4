"""What schemathesis needs to know of this API; it loads this module in an environment of its own.

Without values that exist, nearly all generated calls would be about records that nobody has: KNOWN_VALUES has, as JSON,
ids and strings of the server's. Errors of a request are answers here, so the check is whether each is an expected one.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any

import schemathesis
from graphql import FieldNode, NameNode, ObjectFieldNode, SelectionSetNode
from hypothesis import strategies as st
from schemathesis.graphql import nodes

_KNOWN = json.loads(os.environ["KNOWN_VALUES"])
_FAULTS = {"INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED"}
_MOMENTS = st.datetimes().map(lambda moment: moment.isoformat() + "Z")


_LEAVES = {bool: nodes.Boolean, int: nodes.Int, float: nodes.Float, str: nodes.String}


def _strings(*names: str) -> st.SearchStrategy[Any]:
    """Known ones thrice as often as any others."""
    known = st.one_of([st.sampled_from(_KNOWN[name]) for name in names])
    return st.one_of(known, known, known, st.text()).map(nodes.String)


def _json(value: Any) -> Any:
    """The value as a literal of GraphQL."""
    if value is None:
        return nodes.Null  # a node, not a function
    if isinstance(value, list):
        return nodes.List([_json(one) for one in value])
    if isinstance(value, dict):
        return nodes.Object([_field(name, one) for name, one in value.items()])
    return _LEAVES[type(value)](value)


def _field(name: str, value: Any) -> ObjectFieldNode:
    return ObjectFieldNode(name=NameNode(value=name), value=_json(value))


_NAMES = st.from_regex(r"[_a-zA-Z][_a-zA-Z0-9]{0,8}", fullmatch=True)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=5,
)
_USUAL, _ANY = st.integers(0, 20), st.integers(-(2**31), 2**31 - 1)
schemathesis.graphql.scalar("ID", _strings("records", "tasks", "managers"))
schemathesis.graphql.scalar("Int", st.one_of(_USUAL, _USUAL, _ANY).map(nodes.Int))
schemathesis.graphql.scalar("String", _strings("strings"))
schemathesis.graphql.scalar("DateTime", st.one_of(_MOMENTS, st.text()).map(nodes.String))
schemathesis.graphql.scalar("BigInt", st.integers(-(2**70), 2**70).map(nodes.Int))
schemathesis.graphql.scalar("JSON", st.one_of(st.sampled_from(_KNOWN["specifications"]), _VALUES).map(_json))


_TOLD = {
    **dict.fromkeys(("hold", "kill", "fail", "release", "retry", "regenerate"), ("errors", "moved", "dryRun")),
    "updateRecords": ("errors", "updated"),
    "submitRecords": ("errors", "submitted"),
}
"""What a payload is asked for in any case, so that each answer can be held against the database."""


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """The document, whose mutations ask for what they did."""
    del context
    (operation,) = body.definitions
    fields = operation.selection_set
    asking = replace(fields, selections=tuple(map(_asking, fields.selections)))
    return replace(body, definitions=(replace(operation, selection_set=asking),))


def _asking(field: Any) -> Any:
    told = tuple(map(_told, _TOLD.get(field.name.value, ())))
    chosen = field.selection_set.selections if field.selection_set else ()
    return replace(field, selection_set=SelectionSetNode(selections=(*chosen, *told))) if told else field


def _told(name: str) -> FieldNode:
    below = SelectionSetNode(selections=(FieldNode(name=NameNode(value="code")),)) if name == "errors" else None
    return FieldNode(alias=NameNode(value=f"told_{name}"), name=NameNode(value=name), selection_set=below)


@schemathesis.check
def no_fault(ctx: Any, response: Any, case: Any) -> None:
    """Whatever is asked, it is answered, and what is wrong with it is the caller's and told as such."""
    del ctx, case
    assert response.status_code in {200, 400}, f"the status is {response.status_code}"
    answer = response.json()
    assert ("data" in answer) == (response.status_code == 200), "what was executed is a 200, what was not is a 400"
    codes = {error.get("extensions", {}).get("code") for error in answer.get("errors", [])}
    assert not codes & _FAULTS, f"there is a fault: {answer['errors']}"
