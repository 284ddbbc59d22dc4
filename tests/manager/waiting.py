"""Waiting for what other processes do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil


async def until(condition: Callable[[], Any], seconds: float = 20) -> None:
    """Wait for something that happens in another process."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


async def pid_in(file: Path) -> int:
    """The process that began a task, once it has."""
    await until(lambda: file.exists() and file.read_text("utf-8"))
    return int(file.read_text("utf-8"))  # noqa: ASYNC240 - tiny


def gone(pid: int) -> bool:
    """Whether a process has ended. Where nobody reaps orphans (in a container), it stays on as a zombie."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
