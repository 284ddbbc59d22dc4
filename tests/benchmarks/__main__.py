"""``./dev bench [NAME ...]``: without a name, the list; with names, their tables, also written to RESULTS.md."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.measuring.pairs import Result

HERE = Path(__file__).parent
NAMES = {
    "reads": "a page with tasks and one record over HTTP, against other GraphQL servers and a bare endpoint",
    "transitions": "one record, 100,000 records, and submission, against the same guarded statement run bare",
    "queue": "claim + return through the API, against other queues on PostgreSQL, and with each feature taken away",
    "scale": "claims, pages, counts and feed at 10^5, 10^6 and 10^7 records, and after a million transitions",
    "feed": "1,000 and 10,000 subscribers: CPU per delivery, delay, memory, and what the feed costs writers",
    "memory": "the server's memory under the largest bulk, page and result",
    "observing": "what log and metrics cost of a single transition and of a claim",
}
HEAD = "| what | ours | peer | unit | ratio (lower 95 % bound) | goal | reached |\n" + "| --- " * 7 + "|\n"


def _write(benchmark: str, results: list[Result]) -> None:
    """They replace the lines of an earlier run of this benchmark."""
    file = HERE / "results.json"
    others = [row for row in json.loads(file.read_text()) if row["benchmark"] != benchmark]
    rows = others + [{"benchmark": benchmark, **result.as_dict()} for result in results]
    rows.sort(key=lambda row: list(NAMES).index(row["benchmark"]))
    file.write_text(json.dumps(rows, indent=1) + "\n")
    _tell(rows)


def _tell(rows: list[dict[str, Any]]) -> None:
    """As RESULTS.md."""
    table = "".join(Result(**{name: row[name] for name in row if name != "benchmark"}).row() + "\n" for row in rows)
    when = f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}"
    (HERE / "RESULTS.md").write_text(
        f"# Results\n\nLast run: {when}. Ratios are of one run on one machine; each is the lower 95 % bound over\n"
        f"at least nine pairs run in turn, or, of a limit, how many times it is kept. Made by `./dev bench NAME`.\n\n{HEAD}{table}"
    )


def main(names: list[str]) -> int:
    if not names or any(name not in NAMES for name in names):
        for name, meaning in NAMES.items():
            print(f"  {name:14} {meaning}")  # noqa: T201 - a command
        return 0 if not names else 2
    for name in names:
        results: list[Result] = asyncio.run(import_module(f"benchmarks.{name}").run())
        print(HEAD + "\n".join(result.row() for result in results))  # noqa: T201 - a command
        _write(name, results)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
