"""What happens inside a worker process: it is prepared once, and then runs one task after another."""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import json
import multiprocessing
import os
import re
import shutil
import signal
import threading
import traceback
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from interlock.manager.functions import AllowList
from interlock.manager.outcome import Failure, Outcome, clean
from interlock.manager.output import captured, tail

ENVIRONMENT = {
    # One thread each: the manager runs as many workers as there are processors.
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    # Fortran's own buffer would reach the file after the task, in the midst of the next one's output.
    "GFORTRAN_UNBUFFERED_PRECONNECTED": "y",
}
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True, slots=True)
class Call:
    """A function to run, with what it may be and what its result may weigh."""

    function: str
    args: list[Any]
    kwargs: dict[str, Any]
    allowed: tuple[str, ...]
    result_bytes: int
    output_bytes: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a worker writes what its task prints; its manager reads there what a dead worker left."""

    stdout: Path
    stderr: Path


_place: Place
OF_THE_MANAGER = (signal.SIGTERM, signal.SIGINT)
"""The signals that are for the manager to act upon, not for its workers."""


def prepare(place: Place, modules: tuple[str, ...]) -> None:
    """Make a fresh process a worker: quick to run the first task, and sure to end with its manager."""
    global _place  # noqa: PLW0603 - a worker is a process, and this is its only state
    _place = place
    # A group of its own, so that killing a worker reaches the programs it started, and Ctrl-C on a terminal
    # reaches the manager alone. SIGTERM may go to all processes of a service: the manager drains, we go on.
    os.setpgid(0, 0)
    for number in OF_THE_MANAGER:
        signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, OF_THE_MANAGER)  # so that what it starts can be stopped
    threading.Thread(target=_end_with_the_manager, daemon=True).start()
    os.environ.update(ENVIRONMENT)
    faulthandler.enable(file=2)
    with captured(place.stdout, place.stderr):
        for module in modules:
            # What cannot be imported is for the task to say; it may be a task that does not need it.
            with contextlib.suppress(Exception):
                importlib.import_module(module)


def run(call: Call) -> Outcome:
    """Run one task. Whatever it does, short of ending the process, becomes an outcome."""
    with captured(_place.stdout, _place.stderr):
        try:
            function = AllowList(call.allowed).resolve(call.function)
            outcome = _as_json(function(*call.args, **call.kwargs), call.result_bytes)
        except BaseException as error:  # noqa: BLE001 - sys.exit() and KeyboardInterrupt are no end for a worker
            outcome = Outcome(failure=failure_of(error))
    return replace(
        outcome,
        stdout=tail(_place.stdout, call.output_bytes),
        stderr=tail(_place.stderr, call.output_bytes),
    )


def failure_of(error: BaseException) -> Failure:
    """An exception as a failure. One with an ``error_type`` keeps it; else it is the exception's class."""
    given = getattr(error, "error_type", None)
    if isinstance(error, MemoryError):
        kind = "out_of_memory"
    elif isinstance(given, str) and given:
        kind = given
    else:
        kind = type(error).__name__
    try:
        message = str(error) or repr(error)
        trace = "".join(traceback.format_exception(error))
    except Exception:  # noqa: BLE001 - an exception may be broken itself
        message, trace = f"{kind} (its message cannot be shown)", ""
    return Failure(clean(kind), clean(message), clean(trace) or None)


def _as_json(value: Any, limit: int) -> Outcome:
    """The value as JSON has it: tuples become lists, NumPy's arrays and numbers lists and numbers."""
    if value is None:
        message = "The function returned None; the API cannot carry a result of null."
        return Outcome(failure=Failure("result_missing", message))
    try:
        plain = json.loads(json.dumps(value, allow_nan=False, default=_plain))
        text = orjson.dumps(plain)  # as the server writes it: no lone surrogates, no integers beyond 64 bits
    except (TypeError, ValueError, RecursionError) as error:
        return Outcome(failure=Failure("result_not_json", f"The result cannot be written as JSON: {error}"))
    if _NUL.search(text):
        return Outcome(failure=Failure("result_not_json", "The result has a text with a NUL character."))
    if len(text) > limit:
        message = f"The result has {len(text):,} bytes as JSON; the limit is {limit:,}."
        return Outcome(failure=Failure("result_too_large", message))
    return Outcome(result=plain, size=len(text))


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a value of type {type(value).__name__} is not JSON")


def _end_with_the_manager() -> None:
    """A manager that is killed can stop nobody; the worker notices, and takes what it started along."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    shutil.rmtree(_place.stdout.parent, ignore_errors=True)  # the manager's own folder, which it can clear no more
    os.killpg(0, signal.SIGKILL)
