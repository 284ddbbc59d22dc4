"""What was released keeps working: graphql-inspector finds no breaking change from ``released.graphql`` to now.

``released.graphql`` is the schema of the last release, or, as long as there was none, of the day on which this test was
written. At a release, and only then, it is replaced: ``cp schema.graphql tests/clients/released.graphql``. What is
meant to go is deprecated first, in one release at least. Dangerous changes (a new enum value, say) are let through:
clients are told to expect them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.tools import NODE, ROOT, npm_installed, run

pytestmark = pytest.mark.slow
CLIENTS = Path(__file__).parent
RELEASED = CLIENTS / "released.graphql"


async def _breaking(released: Path, following: Path) -> list[tuple[str, str]]:
    """Kind and path of every change that breaks clients of the first schema."""
    clients = await npm_installed()
    changes: list[dict[str, Any]] = json.loads(await run(NODE, clients / "breaking.mjs", released, following))
    return [(change["type"], change["path"]) for change in changes if change["level"] == "BREAKING"]


async def test_nothing_that_was_released_is_broken() -> None:
    assert await _breaking(RELEASED, ROOT / "schema.graphql") == []


@pytest.mark.parametrize(
    ("was", "now", "change"),
    [
        ("  feedCursor: String!\n", "", ("FIELD_REMOVED", "Query.feedCursor")),
        ("  NEWEST_FIRST\n", "", ("ENUM_VALUE_REMOVED", "RecordOrder.NEWEST_FIRST")),
        ("  nodes(\n", "  nodes(\n    of: String!\n", ("FIELD_ARGUMENT_ADDED", "Query.nodes.of")),
        ("  managerId: ID!\n", "  managerId: ID!\n  site: ID!\n", ("INPUT_FIELD_ADDED", "ClaimTasksInput.site")),
        ('  result: JSON\n\n  """Where', '  result: String\n\n  """Where', ("FIELD_TYPE_CHANGED", "Record.result")),
        ("  attemptCount: Int!\n", "  attemptCount: Int\n", ("FIELD_TYPE_CHANGED", "Record.attemptCount")),
    ],
)  # fmt: skip
async def test_what_breaks_clients_is_found(tmp_path: Path, was: str, now: str, change: tuple[str, str]) -> None:
    text = RELEASED.read_text()
    assert was in text
    if not now:  # its description goes with it
        before, after = text.split(was, 1)
        text = before[: before.rstrip().rindex('"""', 0, before.rstrip().rindex('"""'))] + after
    else:
        text = text.replace(was, now)
    following = tmp_path / "next.graphql"
    following.write_text(text)
    assert change in await _breaking(RELEASED, following)


async def test_additions_and_deprecations_break_nobody(tmp_path: Path) -> None:
    text = RELEASED.read_text().replace(
        "  feedCursor: String!\n", "  feedCursor: String! @deprecated\n  news: String\n"
    )
    following = tmp_path / "next.graphql"
    following.write_text(text)
    assert await _breaking(RELEASED, following) == []
