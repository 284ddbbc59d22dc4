"""Which functions may run."""

from __future__ import annotations

import pytest

from interlock.manager.functions import AllowList, FunctionError


@pytest.mark.parametrize("path", ["manager.tasks:add", "json:dumps"])
def test_a_function_that_a_pattern_names_may_run(path: str) -> None:
    assert callable(AllowList(["manager.tasks:*", "json:dumps"]).resolve(path))


@pytest.mark.parametrize(
    ("patterns", "path"),
    [
        ([], "manager.tasks:add"),
        (["manager.tasks:add"], "manager.tasks:give"),
        (["manager.tasks:add"], "manager.tasks:add2"),
        (["manager.tasks:*"], "manager.tasks_:add"),
        (["manager.tasks:*"], "manager:tasks"),
        (["manager:*"], "manager.tasks:add"),
        (["manager.tasks:*"], "manager.tasks:_hidden"),
        (["manager.tasks:*"], "manager.tasks:check_output"),
        (["manager.tasks:*"], "manager.tasks:subprocess"),
        (["manager.tasks:*"], "os:system"),
        (["manager.tasks:*"], "manager.tasks:*"),
    ],
)
def test_any_other_function_may_not(patterns: list[str], path: str) -> None:
    with pytest.raises(FunctionError) as caught:
        AllowList(patterns).resolve(path)
    assert caught.value.error_type in {"function_not_allowed", "function_not_found"}
    if path != "manager.tasks:subprocess":  # a module: allowed by name, but nothing to call
        assert path in str(caught.value) or "manager.tasks" in str(caught.value)


def test_a_refusal_says_what_would_be_run() -> None:
    with pytest.raises(FunctionError, match=r"does not run os:system. It runs: a:b, c.d:\*"):
        AllowList(["a:b", "c.d:*"]).check("os:system")


@pytest.mark.parametrize("path", ["no.such.module:f", "manager.tasks:no_such", "manager.tasks:UnknownError"])
def test_a_function_that_is_not_there_is_named(path: str) -> None:
    with pytest.raises(FunctionError, match=path) as caught:
        AllowList([path]).resolve(path)
    assert caught.value.error_type == "function_not_found"


@pytest.mark.parametrize("pattern", ["", "os", "os:", "*", "*:*", "os:sys*", "os.*:system", ":f", "a:b:c"])
def test_a_pattern_that_is_none_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="no pattern for functions"):
        AllowList([pattern])
