"""@graphql-eslint finds nothing in schema.graphql; eslint.config.js says what is asked, and why not wherever not."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.tools import NODE, ROOT, ToolFailed, npm_installed, run

pytestmark = pytest.mark.slow


async def _lint(folder: Path) -> str:
    """What ESLint says of the ``schema.graphql`` in a folder; by its own choice it reads nothing outside of that."""
    clients = await npm_installed()
    eslint = clients / "node_modules" / "eslint" / "bin" / "eslint.js"
    config = clients / "eslint.config.js"
    return await run(NODE, eslint, "--max-warnings", "0", "--config", config, "schema.graphql", cwd=folder)


async def test_the_rules_for_schemas_and_those_of_relay_find_nothing() -> None:
    assert await _lint(ROOT) == ""


@pytest.mark.parametrize(
    ("was", "now", "rule"),
    [
        ('"""An API key, as it may be shown."""', "# An API key, as it may be shown.", "no-hashtag-description"),
        ("submittedAt: DateTime!", "submitted_at: DateTime!", "naming-convention"),
        ("  hasNextPage: Boolean!", "  hasNextPage: Boolean", "relay-page-info"),
        ("type RecordEdge {", "type RecordEntry {", "relay-edge-types"),
        ("  first: Int = null", "  first: String = null", "relay-arguments"),
        ("type Viewer {", "type Onlooker {", "strict-id-in-types"),
        ("input HoldInput {", "input HoldingInput {", "input-name"),
    ],
)
async def test_what_breaks_a_rule_is_found(tmp_path: Path, was: str, now: str, rule: str) -> None:
    text = (ROOT / "schema.graphql").read_text()
    assert was in text
    name, renamed = was.split()[1], now.split()[1]
    if was.startswith(("type", "input")):  # wherever it is used, too
        text = text.replace(f" {name}", f" {renamed}").replace(f"[{name}", f"[{renamed}")
    else:
        text = text.replace(was, now)
    (tmp_path / "schema.graphql").write_text(text)
    with pytest.raises(ToolFailed, match=f"@graphql-eslint/{rule}"):
        await _lint(tmp_path)
