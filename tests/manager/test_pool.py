"""The pool, with real processes: deaths, kills, and replacements."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from interlock.manager.pool import Pool
from manager.calls import call, failure, ignore
from manager.waiting import gone, until


@pytest_asyncio.fixture
async def pool() -> AsyncIterator[Pool]:
    """Two workers, for tests that end them."""
    async with Pool(2, (), ignore) as made:
        await until(lambda: made.ready == 2)
        yield made


async def test_a_worker_computes_in_one_thread_and_outlives_sigterm(pool: Pool) -> None:
    found = (await pool.run(call("process"))).result
    assert found["pid"] in pool.pids
    assert found["threads"] == "1"
    assert not found["sigterm_ends_it"]


async def test_a_worker_has_imported_beforehand_what_it_was_told_to() -> None:
    async with Pool(1, ("qcengine", "no.such.module"), ignore) as made:
        assert (await made.run(call("process"))).result["loaded"] == ["qcengine"]


async def test_as_many_tasks_run_at_once_as_there_are_workers(pool: Pool, tmp_path: Path) -> None:
    files = [tmp_path / str(number) for number in range(3)]
    work = [asyncio.create_task(pool.run(call("sleep", 1.0, str(file)))) for file in files]
    await until(lambda: files[0].exists() and files[1].exists())
    assert not files[2].exists()
    assert [outcome.result for outcome in await asyncio.gather(*work)] == ["slept"] * 3


@pytest.mark.parametrize(
    ("function", "argument", "words"),
    [
        ("vanish", 7, "it exited with status 7"),
        ("end_by", signal.SIGKILL, "SIGKILL (as the kernel does when memory runs out)"),
        ("end_by", signal.SIGABRT, "SIGABRT"),
    ],
)
async def test_a_task_whose_worker_dies_is_lost_and_says_how(
    pool: Pool, function: str, argument: int, words: str
) -> None:
    kind, message = failure(await pool.run(call(function, argument)))
    assert kind == "worker_lost"
    assert words in message


async def test_a_segmentation_fault_leaves_a_traceback_of_where_it_happened(pool: Pool) -> None:
    outcome = await pool.run(call("segfault"))
    assert failure(outcome)[0] == "worker_lost"
    assert "SIGSEGV" in failure(outcome)[1]
    assert outcome.stderr is not None
    assert "in segfault" in outcome.stderr


async def test_what_a_task_printed_before_its_worker_died_is_kept(pool: Pool) -> None:
    assert (await pool.run(call("end_by", signal.SIGKILL))).stdout == "last words\n"


async def test_a_dead_worker_is_replaced_and_harms_no_other_task(pool: Pool, tmp_path: Path) -> None:
    began = tmp_path / "began"
    other = asyncio.create_task(pool.run(call("sleep", 2.0, str(began))))
    await until(began.exists)
    before = set(pool.pids)
    await pool.run(call("segfault"))
    await until(lambda: pool.ready == 2)
    assert len(before & set(pool.pids)) == 1
    assert (await other).result == "slept"


async def test_a_worker_that_dies_idle_costs_no_task(pool: Pool) -> None:
    pids = pool.pids
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    await until(lambda: not {child.pid for child in multiprocessing.active_children()} & set(pids))
    assert (await pool.run(call("add", 1))).result == 2


async def test_cancelling_a_task_kills_its_worker_at_once_and_only_that(pool: Pool, tmp_path: Path) -> None:
    began = [tmp_path / "first", tmp_path / "second"]
    first = asyncio.create_task(pool.run(call("sleep", 60, str(began[0]))))
    second = asyncio.create_task(pool.run(call("sleep", 2, str(began[1]))))
    await until(lambda: all(file.exists() and file.read_text("utf-8") for file in began))
    pid = int(began[0].read_text("utf-8"))
    asked = time.monotonic()
    first.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await first
    await until(lambda: gone(pid))
    assert time.monotonic() - asked < 2
    assert (await second).result == "slept"
    await until(lambda: pool.ready == 2)


async def test_killing_a_task_takes_the_programs_it_started_along(pool: Pool, tmp_path: Path) -> None:
    told = tmp_path / "pid"
    work = asyncio.create_task(pool.run(call("start_a_program_and_sleep", str(told))))
    await until(lambda: told.exists() and told.read_text("utf-8"))
    program = int(told.read_text("utf-8"))
    work.cancel()
    await until(lambda: gone(program))


async def test_a_task_cancelled_before_it_began_never_begins(pool: Pool, tmp_path: Path) -> None:
    busy = [asyncio.create_task(pool.run(call("sleep", 0.5))) for _ in range(2)]
    await asyncio.sleep(0)
    waiting = asyncio.create_task(pool.run(call("sleep", 0, str(tmp_path / "began"))))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(*busy)
    assert (await pool.run(call("add", 1))).result == 2
    assert not (tmp_path / "began").exists()


async def test_no_worker_outlives_the_pool(tmp_path: Path) -> None:
    began = tmp_path / "began"
    async with Pool(2, (), ignore) as made:
        work = asyncio.create_task(made.run(call("sleep", 60, str(began))))
        await until(lambda: began.exists() and made.ready == 2)
        pids = made.pids
    await until(lambda: all(gone(pid) for pid in pids))
    assert failure(await work)[0] == "worker_lost"


async def test_a_pool_that_is_closed_while_it_starts_leaves_nothing_behind() -> None:
    before = set(psutil.Process().children())
    async with Pool(2, ("qcengine",), ignore):
        await until(lambda: len(set(psutil.Process().children()) - before) == 2)
        started = set(psutil.Process().children()) - before
    await until(lambda: all(gone(process.pid) for process in started))


def test_no_worker_outlives_a_manager_that_is_killed(tmp_path: Path) -> None:
    """SIGKILL: the manager can do nothing, so the worker must notice, even in the midst of a task."""
    began = tmp_path / "began"
    script = tmp_path / "lonely.py"  # not manager.py, which would hide the tests' package
    script.write_text(
        textwrap.dedent(f"""
            import asyncio, sys
            sys.path.insert(0, {str(Path(__file__).parents[1])!r})
            from interlock.manager.pool import Pool
            from interlock.manager.worker import Call

            async def main():
                async with Pool(1, (), lambda *a, **k: None) as pool:
                    function = "manager.tasks:sleep"
                    await pool.run(Call(function, [60, {str(began)!r}], {{}}, (function,), 99, 99))

            if __name__ == "__main__":
                asyncio.run(main())
        """),
        "utf-8",
    )
    with subprocess.Popen([sys.executable, str(script)], env={**os.environ, "TMPDIR": str(tmp_path)}) as manager:
        asyncio.run(until(lambda: began.exists() and began.read_text("utf-8")))
        pid = int(began.read_text("utf-8"))
        assert list(tmp_path.glob("interlock-manager-*"))
        manager.kill()
    asyncio.run(until(lambda: gone(pid)))
    assert not list(tmp_path.glob("interlock-manager-*"))
