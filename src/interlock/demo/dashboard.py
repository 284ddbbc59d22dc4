"""The dashboard, which the demo offers: in a clone it is built beside the calculations, unless it was before."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from interlock.demo.telling import Teller

_BUILDER = Path(__file__).parents[3] / "client_examples" / "hatch_build.py"
"""There in a clone only; elsewhere the dashboard is part of the package."""


@contextlib.asynccontextmanager
async def offered(teller: Teller, url: str, data_dir: Path, *, until: str) -> AsyncIterator[None]:
    """Say where the dashboard is, and open it once it is there, while the block goes on; ``until`` when that is."""
    offering = asyncio.ensure_future(_offer(teller, url.removesuffix("graphql"), data_dir, until))
    try:
        yield
    finally:
        offering.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await offering


async def _offer(teller: Teller, address: str, data_dir: Path, until: str) -> None:
    log = data_dir / "demo-dashboard.log"
    if _BUILDER.exists():
        async with _building(log) as builder:
            assert builder.stdout is not None
            said = (await builder.stdout.readline()).decode()
            if said.startswith("Building"):
                teller.line("dashboard", f"is being built beside this, once: in about a minute it is at {address}")
            failed = await builder.wait() != 0
        if failed:
            teller.line("dashboard", f"could not be built, and the demo goes on without it: {log} says why")
            return
    teller.line("dashboard", f"is at {address} until {until}")
    teller.line("key", f"to sign in with: cat {shlex.quote(str(data_dir / 'admin.key'))}")
    if _has_screen(os.environ):
        # With no terminal, a browser for terminals cannot take this one.
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "webbrowser", address,
            stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True,
        )  # fmt: skip


@contextlib.asynccontextmanager
async def _building(log: Path) -> AsyncIterator[Process]:
    """The build, after everything else that wants a processor; ended with the block."""
    with log.open("wb") as out:
        builder = await asyncio.create_subprocess_exec(
            "nice", sys.executable, _BUILDER, "dashboard",
            stdin=DEVNULL, stdout=PIPE, stderr=out, start_new_session=True,
        )  # fmt: skip
    try:
        yield builder
    finally:
        if builder.returncode is None:
            os.killpg(builder.pid, signal.SIGTERM)
            await builder.wait()


def _has_screen(environment: Mapping[str, str]) -> bool:
    """Whether a browser that opens here is seen by whoever started this."""
    if "SSH_CONNECTION" in environment:
        return False
    return sys.platform == "darwin" or bool({"DISPLAY", "WAYLAND_DISPLAY"} & environment.keys())
