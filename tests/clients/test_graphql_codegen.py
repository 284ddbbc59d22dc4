"""@graphql-codegen's client preset: made from the schema's text and from introspection, type-checked, used."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support.api import Api, Client
from support.story import assert_well_told
from support.tools import NODE, ROOT, ToolFailed, npm_installed, run

pytestmark = pytest.mark.slow
CLIENTS = Path(__file__).parent
TEXT = str(ROOT / "schema.graphql")


async def _generate(folder: Path, schema: str, key: str = "") -> Path:
    """The folder ``generated``, and beside it the program that uses it."""
    modules = await npm_installed() / "node_modules"
    (folder / "node_modules").symlink_to(modules)
    (folder / "package.json").write_text('{"type": "module"}')
    shutil.copy(CLIENTS / "programs" / "tsconfig.json", folder)
    program = Path(shutil.copy(CLIENTS / "programs" / "with_codegen.ts", folder / "program.ts"))
    codegen = modules / "@graphql-codegen" / "cli" / "cjs" / "bin.js"
    await run(
        NODE, codegen, "--config", CLIENTS / "codegen.mjs", cwd=folder,
        environment={
            "SCHEMA": schema, "DOCUMENTS": str(CLIENTS / "operations.graphql"), "OUT": "generated/",
            "INTERLOCK_API_KEY": key,
        },
    )  # fmt: skip
    return program


async def _checked(program: Path) -> str:
    """Strictly; the generated code, too."""
    return await run(NODE, "node_modules/typescript/bin/tsc", "-p", ".", cwd=program.parent)


async def _told(program: Path, client: Client) -> str:
    """Node strips the types, and runs the rest as it stands."""
    environment = {"INTERLOCK_URL": client.url, "INTERLOCK_API_KEY": client.key}
    return await run(NODE, program, cwd=program.parent, environment=environment)


async def test_the_client_is_made_of_the_text_typed_and_used(api: Api, tmp_path: Path) -> None:
    program = await _generate(tmp_path, TEXT)
    assert await _checked(program) == ""
    await assert_well_told(api, await _told(program, api.submitter))


async def test_the_client_is_made_of_introspection_typed_and_used(api: Api, tmp_path: Path) -> None:
    program = await _generate(tmp_path, f"{api.submitter.url}/graphql", api.submitter.key)
    assert await _checked(program) == ""
    await assert_well_told(api, await _told(program, api.submitter))
    # that an input is one of several survives introspection, too
    assert "ids?: never" in (tmp_path / "generated" / "graphql.ts").read_text()


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ('from: "ERROR"', 'from: "KILLED"', "TS2322"),
        ('kind: "python",\n', "", "TS2741"),
        ("{ ids: ids.slice(0, 1) }", "{ ids: ids.slice(0, 1), filter: {} }", "TS2322"),  # one of them, not both
        ("campaign: [", "campain: [", "TS2561"),
        ("held.moved", "held.mooved", "TS2551"),
        ("before.at(-1)?.cursor", "before.at(-1).cursor", "TS2532"),
    ],
)
async def test_a_wrong_type_is_found_before_it_is_sent(tmp_path: Path, was: str, now: str, said: str) -> None:
    program = await _generate(tmp_path, TEXT)
    text = program.read_text()
    assert was in text
    program.write_text(text.replace(was, now))
    with pytest.raises(ToolFailed, match=f"program.ts.*{said}"):
        await _checked(program)
