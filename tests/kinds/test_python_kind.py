"""The kind ``python``: what it accepts, what it refuses and how, and its pure function to tasks."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.domain.errors import InvalidSpecification
from interlock.domain.kinds import Kind, KindRegistry
from interlock.kinds.python import KIND

names = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
specifications = st.fixed_dictionaries(
    {"function": st.builds("{}.{}:{}".format, names, names, names)},
    optional={
        "args": st.lists(values, max_size=3),
        "kwargs": st.dictionaries(names, values, max_size=3),
        "programs": st.lists(st.sampled_from(["tblite", "rdkit", "psi4"]), max_size=2),
    },
)


def test_the_kind_is_found_by_its_entry_point() -> None:
    assert KindRegistry.installed().get("python", 1) is KIND
    assert isinstance(KIND, Kind)


@given(specifications)
def test_a_task_has_the_arguments_that_were_submitted(specification: dict[str, Any]) -> None:
    task = KIND.task(KIND.validate(specification))
    assert task.function == specification["function"]
    assert task.args == specification.get("args", [])
    assert task.kwargs == specification.get("kwargs", {})
    assert task.required_programs == set(specification.get("programs", []))


@given(specifications)
def test_a_task_is_a_pure_function_of_its_specification(specification: dict[str, Any]) -> None:
    stored = KIND.validate(specification)
    before = copy.deepcopy(stored)
    first = KIND.task(stored)
    first.args.append("changed by whoever got the task")
    first.kwargs["changed"] = True
    assert stored == before
    assert KIND.task(json.loads(json.dumps(stored))) == KIND.task(before)


@given(specifications)
def test_what_is_stored_is_valid_and_validating_it_again_changes_nothing(
    specification: dict[str, Any],
) -> None:
    stored = KIND.validate(specification)
    assert KIND.validate(stored) == stored


def nested(depth: int) -> list[Any]:
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner]
    return inner


@pytest.mark.parametrize(
    ("specification", "path", "fault"),
    [
        (None, "", "must be an object"),
        ([], "", "must be an object"),
        ({}, "function", "is missing"),
        ({"function": 3}, "function", "valid string"),
        ({"function": "os.system"}, "function", "'os.system' is not a path such as package.module:function"),
        ({"function": "os:system.x"}, "function", "is not a path"),
        ({"function": "os:system\n"}, "function", "is not a path"),
        ({"function": "1os:system"}, "function", "is not a path"),
        ({"function": "m:f" + "f" * 500}, "function", "500 characters"),
        ({"function": "m:f", "args": {}}, "args", "valid list"),
        ({"function": "m:f", "args": [1, float("nan")]}, "args.1", "finite"),
        ({"function": "m:f", "args": [{"x": object()}]}, "args.0.x", "JSON"),
        ({"function": "m:f", "args": nested(1000)}, "args.0.0.0", "nested too deeply"),
        ({"function": "m:f", "kwargs": []}, "kwargs", "must be an object"),
        ({"function": "m:f", "kwargs": {"x": {"y": [0, float("inf")]}}}, "kwargs.x.y.1", "finite"),
        ({"function": "m:f", "kwargs": {1: 2}}, "kwargs.1", "valid string"),
        ({"function": "m:f", "programs": "tblite"}, "programs", "valid list"),
        ({"function": "m:f", "programs": ["tblite", "no such"]}, "programs.1", "not the name of a program"),
        ({"function": "m:f", "argz": []}, "argz", "is not a field of this kind"),
    ],
)
def test_a_fault_is_refused_with_the_name_of_its_field(specification: Any, path: str, fault: str) -> None:
    with pytest.raises(InvalidSpecification) as caught:
        KIND.validate(specification)
    assert caught.value.path.startswith(path)
    assert caught.value.path.count(".") < 15
    assert str(caught.value).startswith(path or "the specification")
    assert fault in str(caught.value)


def test_many_faults_are_counted_and_not_all_listed() -> None:
    with pytest.raises(InvalidSpecification, match=r"args.2: .*\(and 7 more\)$"):
        KIND.validate({"function": "m:f", "args": [float("nan")] * 10})


def test_program_names_are_stored_in_lower_case() -> None:
    assert KIND.validate({"function": "m:f", "programs": ["TBLite"]})["programs"] == ["tblite"]
