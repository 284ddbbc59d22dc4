"""The script ./dev, with a Python that only writes down what it is asked to install."""

from __future__ import annotations

import shutil
import subprocess
import sys
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


def test_what_it_starts_has_a_path_where_the_shell_has_only_its_own_default(clone: Path) -> None:
    python = clone / ".venv/bin/python"
    python.write_text("#!/bin/sh\n/usr/bin/env >> seen\n")
    command = ["/usr/bin/env", "-i", f"PYTHON={sys.executable}", "/bin/sh", "-c", "./dev run true"]
    subprocess.run(command, cwd=clone, capture_output=True, check=True)
    assert "\nPATH=/" in "\n" + (clone / "seen").read_text()


def test_setting_up_says_what_it_does_and_how_far_it_is(clone: Path) -> None:
    done = subprocess.run([clone / "dev", "run", "true"], capture_output=True, text=True, check=True)
    first, second = done.stderr.splitlines()
    packages = sum("==" in line for line in (ROOT / "requirements.lock").read_text().splitlines())
    assert first.endswith(f"once: {packages} packages come from PyPI, in one to five minutes ...")
    assert second == "The packages are in; installing Interlock itself ..."
    again = subprocess.run([clone / "dev", "run", "true"], capture_output=True, text=True, check=True)
    assert again.stderr == ""


def test_run_with_nothing_to_run_shows_the_usage(clone: Path) -> None:
    done = subprocess.run([clone / "dev", "run"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: ./dev COMMAND")


def test_the_licence_is_the_one_that_the_package_names() -> None:
    assert 'license = "BSD-3-Clause"' in (ROOT / "pyproject.toml").read_text()
    assert (
        (ROOT / "LICENSE").read_text().startswith("BSD 3-Clause License\n\nCopyright (c) 2026, The Interlock authors")
    )
