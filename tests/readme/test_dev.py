"""The script ./dev, with a Python that only writes down what it is asked to install."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    for name in ("dev", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv/lib/python3.11/site-packages/one-1.0.dist-info").mkdir(parents=True)
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\necho "$@" >> installed\n')
    python.chmod(0o755)
    return tmp_path


def installs(clone: Path) -> bool:
    """Whether ./dev installs something before it runs a command."""
    (clone / "installed").unlink(missing_ok=True)
    done = subprocess.run([clone / "dev", "run", "env"], capture_output=True, text=True, check=True)
    assert "INTERLOCK_COMMAND=./dev run interlock\n" in done.stdout
    return (clone / "installed").exists()


def test_it_installs_once_and_again_whenever_somebody_else_has_changed_what_is_there(clone: Path) -> None:
    assert installs(clone)
    assert not installs(clone)
    (clone / ".venv/lib/python3.11/site-packages/one-1.0.dist-info").rename(
        clone / ".venv/lib/python3.11/site-packages/one-2.0.dist-info"
    )
    assert installs(clone)
    assert not installs(clone)
    with (clone / "pyproject.toml").open("a") as file:
        file.write("# changed\n")
    assert installs(clone)


def test_what_was_installed_by_halves_is_installed_again(clone: Path) -> None:
    (clone / ".venv/bin/python").write_text("#!/bin/sh\ncase $* in *pip\\ install*) exit 1 ;; esac\n")
    assert subprocess.run([clone / "dev", "run", "true"], capture_output=True, check=False).returncode != 0
    (clone / ".venv/bin/python").write_text('#!/bin/sh\necho "$@" >> installed\n')
    assert installs(clone)


def test_the_licence_is_the_one_that_the_package_names() -> None:
    assert 'license = "BSD-3-Clause"' in (ROOT / "pyproject.toml").read_text()
    assert (
        (ROOT / "LICENSE").read_text().startswith("BSD 3-Clause License\n\nCopyright (c) 2026, The Interlock authors")
    )
