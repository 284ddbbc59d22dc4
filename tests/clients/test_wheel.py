"""A wheel, built from the sources alone: with the pages, or where npm cannot be reached without them."""

from __future__ import annotations

import shutil
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from interlock.api.http.pages import PAGES
from support.tools import INSTALLATION, ROOT, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
DISTRIBUTED = ("pyproject.toml", "README.md", "LICENSE", "schema.graphql", "src", "client_examples")


async def test_a_wheel_has_the_pages_where_npm_can_be_reached(tmp_path: Path) -> None:
    said, names = await wheel(tmp_path)

    for page in PAGES:
        assert f"interlock/web/{page.name}/index.html" in names, said
        assert [name for name in names if name.startswith(f"interlock/web/{page.name}/assets/index-")]


async def test_without_npm_a_wheel_is_built_and_says_that_it_has_no_pages(tmp_path: Path) -> None:
    nowhere = {"npm_config_registry": "http://127.0.0.1:9/", "npm_config_cache": str(tmp_path / "npm")}
    said, names = await wheel(tmp_path, nowhere)

    for page in PAGES:
        assert f"The wheel has no {page.name}, since it could not be built." in said
    assert "interlock/app.py" in names
    assert not [name for name in names if "/web/" in name]


async def wheel(folder: Path, environment: Mapping[str, str] | None = None) -> tuple[str, list[str]]:
    """What building a wheel from the sources alone said, and the names in it."""
    sources = folder / "sources"
    built = shutil.ignore_patterns("node_modules", "generated", "web", "__pycache__")
    for name in DISTRIBUTED:
        (sources / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, sources / name, ignore=built)
        else:
            shutil.copy(ROOT / name, sources / name)
    said = await run(
        sys.executable, "-m", "pip", "wheel", "-v", "--no-deps", "--no-build-isolation", "-w", folder, sources,
        environment=environment, within=INSTALLATION,
    )  # fmt: skip
    return said, names_in(folder)


def names_in(folder: Path) -> list[str]:
    """The files of the one wheel in a folder."""
    (made,) = folder.glob("*.whl")
    return zipfile.ZipFile(made).namelist()
