"""ariadne-codegen's client: made from the schema's text and from introspection, type-checked, used."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from support.api import Api
from support.story import assert_well_told
from support.tools import ROOT, ToolFailed, python_tool, run

pytestmark = pytest.mark.slow
CLIENTS = Path(__file__).parent
PROGRAM = CLIENTS / "programs" / "with_ariadne.py"
FROM_TEXT = f'schema_path = "{ROOT / "schema.graphql"}"'
FROM_SERVER = """remote_schema_url = "{url}/graphql"
remote_schema_headers = {{"Authorization" = "Bearer {key}"}}
introspection_input_object_one_of = true
introspection_specified_by_url = true
introspection_input_value_deprecation = true
"""
CONFIG = """[tool.ariadne-codegen]
{source}
queries_path = "{queries}"
target_package_name = "generated"
target_package_path = "{folder}"
scalars.BigInt = {{ type = "int" }}
scalars.DateTime = {{ type = "datetime.datetime" }}
scalars.JSON = {{ type = "typing.Any" }}
"""


async def _generate(folder: Path, source: str) -> Path:
    """The package ``generated`` in a folder, and beside it the program that uses it."""
    config = folder / "config.toml"
    config.write_text(CONFIG.format(source=source, queries=CLIENTS / "operations.graphql", folder=folder))
    await run(await python_tool("ariadne-codegen") / "ariadne-codegen", "--config", config, cwd=folder)
    program = folder / "program.py"
    program.write_text(PROGRAM.read_text())
    return program


async def _checked(program: Path) -> str:
    """Strictly, but for the code of the generator's own."""
    (program.parent / "mypy.ini").write_text(
        "[mypy]\nstrict = true\nfollow_imports = silent\nplugins = pydantic.mypy\n[pydantic-mypy]\ninit_typed = true\n"
    )
    return await run(sys.executable, "-m", "mypy", program.name, cwd=program.parent)


@pytest.mark.parametrize("source", [FROM_TEXT, FROM_SERVER], ids=["text", "introspection"])
async def test_the_client_is_made_typed_and_used(api: Api, tmp_path: Path, source: str) -> None:
    me = api.submitter
    program = await _generate(tmp_path, source.format(url=me.url, key=me.key))
    await _checked(program)
    said = await run(
        sys.executable, program, cwd=tmp_path, environment={"INTERLOCK_URL": me.url, "INTERLOCK_API_KEY": me.key}
    )
    await assert_well_told(api, said)


async def test_a_wrong_type_is_found_before_it_is_sent(tmp_path: Path) -> None:
    program = await _generate(tmp_path, FROM_TEXT)
    program.write_text(program.read_text().replace("RecordFilter(campaign=[", "RecordFilter(campaign=[1, "))
    with pytest.raises(ToolFailed, match='"int"; expected "str"'):
        await _checked(program)
