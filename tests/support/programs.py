"""PostgreSQL's own programs, such as pg_dump and psql."""

from __future__ import annotations

import subprocess
from urllib.parse import parse_qs, urlsplit

from interlock.store.embedded import binaries


def run(program: str, url: str, *arguments: str, given: str | None = None) -> str:
    """One of PostgreSQL's programs, on the database at ``url``."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    where = ["-h", query["host"][0], "-p", query["port"][0], "-U", parts.username or "", "-d", parts.path[1:]]
    command = [str(binaries.find_wheel().bin / program), *where, *arguments]
    ended = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout
