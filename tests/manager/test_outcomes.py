"""What a task gives back, while its worker lives on: results, failures, and what was printed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from interlock.manager.outcome import Outcome
from interlock.manager.pool import Pool
from manager.calls import call, failure, ignore
from manager.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared() -> AsyncIterator[Pool]:
    """One worker, for tests that leave it as it was."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONUNBUFFERED", raising=False)  # it would take C's buffer away, which is to be flushed
        async with Pool(1, (), ignore) as pool:
            await until(lambda: pool.ready == 1)
            yield pool


async def test_a_task_gives_its_result(shared: Pool) -> None:
    assert (await shared.run(call("add", 2, b=3))).result == 5


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("(1, {'a': (2.5, None, True)})", [1, {"a": [2.5, None, True]}]),
        ("np.arange(4).reshape(2, 2)", [[0, 1], [2, 3]]),
        ("{'e': np.float64(-5.0), 'n': np.int32(3)}", {"e": -5.0, "n": 3}),
        ("{1: 'one'}", {"1": "one"}),
        ("'\\\\\\\\u0000 is not a NUL, é is é'", "\\\\u0000 is not a NUL, é is é"),
    ],
)
async def test_a_result_becomes_json(shared: Pool, expression: str, result: Any) -> None:
    outcome = await shared.run(call("make", expression))
    assert outcome.failure is None
    assert outcome.result == result


@pytest.mark.parametrize(
    "expression",
    [
        "object()",
        "float('nan')",
        "[np.inf]",
        "{1, 2}",
        "b'bytes'",
        "'\\ud800'",
        "'a\\0b'",
        "{(1, 2): 3}",
        "2**64",
    ],
)
async def test_a_result_that_json_or_the_database_cannot_hold_is_a_failure(shared: Pool, expression: str) -> None:
    kind, message = failure(await shared.run(call("make", expression)))
    assert kind == "result_not_json"
    assert message.startswith("The result")


async def test_a_result_that_is_too_large_is_a_failure_that_says_so(shared: Pool) -> None:
    outcome = await shared.run(call("make", "'x' * 5000", result_bytes=4000))
    assert failure(outcome) == (
        "result_too_large",
        "The result has 5,002 bytes as JSON; the limit is 4,000.",
    )


async def test_an_exception_is_a_failure_with_type_message_and_traceback(shared: Pool) -> None:
    outcome = await shared.run(call("fail", "wrong \ud800 by \0 design"))
    assert failure(outcome) == ("ValueError", "wrong ? by \ufffd design")
    assert outcome.failure is not None
    assert outcome.failure.traceback is not None
    assert "tasks.py" in outcome.failure.traceback


@pytest.mark.parametrize(
    ("function", "args", "kind", "words"),
    [
        ("fail_in_its_own_way", [], "convergence_error", "not converged in 3 cycles"),
        ("fail_unprintably", [], "UnprintableError", "cannot be shown"),
        ("exhaust_memory", [], "out_of_memory", "MemoryError"),
        ("leave", [3], "SystemExit", "3"),
        ("give", [None], "result_missing", "returned None"),
        ("add", [], "TypeError", "missing 1 required positional argument"),
        ("no_such_function", [], "function_not_found", "manager.tasks:no_such_function"),
        ("_hidden", [], "function_not_allowed", "does not run manager.tasks:_hidden"),
    ],
)
async def test_whatever_goes_wrong_has_a_type(
    shared: Pool, function: str, args: list[Any], kind: str, words: str
) -> None:
    found, message = failure(await shared.run(call(function, *args)))
    assert found == kind
    assert words in message


async def test_all_that_is_printed_is_caught(shared: Pool) -> None:
    outcome = await shared.run(call("speak", "from Python"))
    assert outcome.stdout is not None
    assert sorted(outcome.stdout.splitlines()) == ["from C", "from Python", "from a program", "from the system"]
    assert outcome.stdout.startswith("from Python\n")
    assert outcome.stderr == "to stderr\n"


async def test_what_one_task_prints_is_not_another_tasks_output(shared: Pool) -> None:
    await shared.run(call("speak", "first"))
    assert await shared.run(call("add", 1)) == Outcome(result=2, size=1)


async def test_only_the_end_of_much_output_is_kept(shared: Pool) -> None:
    outcome = await shared.run(call("speak", "x" * 99, times=100, output_bytes=1000))
    assert outcome.stdout is not None
    assert outcome.stdout.startswith("[the first 9")
    assert "from a program\n" in outcome.stdout
    assert 1000 < len(outcome.stdout) < 1100


async def test_a_task_that_closes_its_output_takes_it_from_no_other(shared: Pool) -> None:
    assert (await shared.run(call("close_stdout"))).failure is None
    assert "still here" in str((await shared.run(call("speak", "still here"))).stdout)
