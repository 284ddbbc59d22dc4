"""relay-compiler's artifacts, used with relay-runtime: connections, pages, nodes, mutations, subscriptions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from support.api import Api
from support.story import assert_well_told
from support.tools import CLIENTS, NODE, ROOT, ToolFailed, npm_installed, run

pytestmark = pytest.mark.slow
PROGRAMS = CLIENTS / "programs"
CONFIG = {
    "src": ".",
    "schema": "schema.graphql",
    "language": "typescript",
    "artifactDirectory": "generated",
    "eagerEsModules": True,
    "useImportTypeSyntax": True,
    "customScalarTypes": {"BigInt": "number", "DateTime": "string", "JSON": "unknown"},
    "requireCustomScalarTypes": True,
}


async def _project(folder: Path) -> Path:
    """A folder with the program, its operations and the schema; the compiler takes no schema from servers."""
    (folder / "node_modules").symlink_to(await npm_installed() / "node_modules")
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "relay.config.json").write_text(json.dumps(CONFIG))
    (folder / "generated").mkdir()
    shutil.copy(ROOT / "schema.graphql", folder)
    shutil.copy(PROGRAMS / "tsconfig.json", folder)
    shutil.copy(PROGRAMS / "with_relay_operations.ts", folder / "Interlock.ts")
    return Path(shutil.copy(PROGRAMS / "with_relay.ts", folder / "program.ts"))


async def _compile(folder: Path) -> str:
    return await run(NODE, "node_modules/relay-compiler/cli.js", "relay.config.json", cwd=folder)


async def test_artifacts_are_made_typed_and_used(api: Api, tmp_path: Path) -> None:
    program = await _project(tmp_path)
    await _compile(tmp_path)
    assert await run(NODE, "node_modules/typescript/bin/tsc", "-p", ".", cwd=tmp_path) == ""
    me = api.submitter
    environment = {"INTERLOCK_URL": me.url, "INTERLOCK_API_KEY": me.key}
    said = await run(NODE, "--import", PROGRAMS / "relay_artifacts.mjs", program, cwd=tmp_path, environment=environment)
    besides = await assert_well_told(api, said)
    ids = json.loads(said.splitlines()[-1])["ids"]
    assert besides == {
        "pages": [ids[:2], ids],
        "more": False,
        # held; the first asked for again after the release, the third not; then the feed brought the third's
        "statuses": ["HOLD", "WAITING", "HOLD", "WAITING"],
    }


async def test_what_the_schema_has_not_is_refused_by_the_compiler(tmp_path: Path) -> None:
    await _project(tmp_path)
    operations = tmp_path / "Interlock.ts"
    operations.write_text(operations.read_text().replace("hasNextPage", "hasMorePages"))
    with pytest.raises(ToolFailed, match="hasMorePages"):
        await _compile(tmp_path)
