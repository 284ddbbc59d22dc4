"""A manager in a process of its own, to be killed: ``lonely_manager.py URL KEY LEASE_SECONDS``."""

from __future__ import annotations

import asyncio
import sys

from interlock.manager.config import ManagerConfig
from interlock.manager.loop import run_manager


async def main(url: str, key: str, lease: str) -> None:
    config = ManagerConfig(
        url=url, key=key, workers=1, programs={}, functions=("manager.tasks:*",), lease_seconds=int(lease)
    )
    await run_manager(config, asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
