"""Functions that tests have workers run: good, bad and deadly ones."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from subprocess import check_output  # noqa: F401 - imported, not defined here: out of reach of a pattern
from typing import Any


class OwnError(Exception):
    error_type = "convergence_error"


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise ValueError


def _hidden() -> str:
    return "out of reach of a pattern, too"


def add(a: int, b: int = 1) -> int:
    return a + b


def give(value: Any) -> Any:
    return value


def make(expression: str) -> Any:
    import numpy as np  # noqa: PLC0415

    return eval(expression, {"np": np})


def fail(message: str) -> None:
    raise ValueError(message)


def fail_in_its_own_way() -> None:
    raise OwnError("not converged in 3 cycles")


def fail_unprintably() -> None:
    raise UnprintableError


def exhaust_memory() -> None:
    raise MemoryError


def leave(status: int) -> None:
    sys.exit(status)


def vanish(status: int) -> None:
    os._exit(status)


def end_by(number: int) -> None:
    sys.stdout.write("last words\n")
    sys.stdout.flush()
    os.kill(os.getpid(), number)
    time.sleep(60)


def segfault() -> None:
    ctypes.string_at(0)


def speak(text: str, times: int = 1) -> str:
    for _ in range(times):
        sys.stdout.write(f"{text}\n")
    sys.stderr.write("to stderr\n")
    libc = ctypes.CDLL(None)
    libc.puts(b"from C")
    libc.write(1, b"from the system\n", 16)
    subprocess.run(["echo", "from a program"], check=True)
    return text


def close_stdout() -> bool:
    sys.stdout.close()
    os.close(1)
    return True


def sleep(seconds: float, began: str | None = None) -> str:
    """Tell by a file when it began, so that nobody has to guess."""
    if began is not None:
        Path(began).write_text(str(os.getpid()), "utf-8")
    time.sleep(seconds)
    return "slept"


def start_a_program_and_sleep(told: str) -> None:
    program = subprocess.Popen(["sleep", "60"])
    Path(told).write_text(str(program.pid), "utf-8")
    program.wait()


def process() -> dict[str, Any]:
    return {
        "pid": os.getpid(),
        "threads": os.environ["OMP_NUM_THREADS"],
        "sigterm_ends_it": signal.getsignal(signal.SIGTERM) == signal.SIG_DFL,
        "loaded": [name for name in ("tblite.qcschema", "qcengine") if name in sys.modules],
    }
