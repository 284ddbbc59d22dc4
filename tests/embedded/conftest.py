"""Every test has folders of its own, outside of pytest's (which others than root cannot enter), and leaves no
process.

Most tests run twice: "root" is root with its data in a folder only root can enter, and "user" is an ordinary
user (for whom root steps down to `nobody`, with a copy of the wheel where `nobody` can read it).
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from embedded.driving import NewUser, UserProcess
from embedded.places import IS_ROOT, ORDINARY, home_of, public_folder, readable_site, remove_copies
from interlock.store.embedded import postmaster, processes


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # In CI a missing privilege fails the test by itself; only elsewhere is it a reason to leave it out.
    if IS_ROOT or os.environ.get("CI") == "true":
        return
    for item in items:
        if item.get_closest_marker("root"):
            item.add_marker(pytest.mark.skip(reason="needs to be root"))


@pytest.fixture(params=[pytest.param("root", marks=pytest.mark.root), "user"])
def who(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def ground() -> Iterator[Path]:
    """A folder that everybody can enter, cleared of processes and files afterwards."""
    folder = public_folder()
    yield folder
    _clear(folder)


@pytest.fixture
def data_dir(ground: Path, who: str) -> Path:
    """Where a data folder may be made; nothing is there yet."""
    return home_of(who, ground) / "data"


@pytest.fixture
def made_data_dir(data_dir: Path, who: str, templates: dict[str, Path]) -> Path:
    """A data folder with a cluster that is not running: a copy, since copying is quicker than initdb."""
    if who not in templates:
        templates[who] = home_of(who, public_folder()) / "data"
        with contextlib.closing(UserProcess(templates[who], **_how_to_be(who))) as user:
            user.start()
            user.stop()
    subprocess.run(["cp", "-a", str(templates[who]), str(data_dir)], check=True)
    return data_dir


@pytest.fixture(scope="session")
def templates() -> Iterator[dict[str, Path]]:
    found: dict[str, Path] = {}
    yield found
    for template in found.values():
        _clear(template.parent.parent)


@pytest.fixture(scope="session", autouse=True)
def _no_copy_stays() -> Iterator[None]:
    yield
    remove_copies()


@pytest.fixture
def new_user(who: str, data_dir: Path) -> Iterator[NewUser]:
    """Make a process that uses the data folder (or another), as root or as an ordinary user."""
    made: list[UserProcess] = []

    def make(*settings: str, folder: Path = data_dir, **options: Any) -> UserProcess:
        made.append(UserProcess(folder, *settings, **options, **_how_to_be(who)))
        return made[-1]

    yield make
    for user in made:
        user.close()


def _how_to_be(who: str) -> dict[str, Any]:
    return {"user": ORDINARY, "site": str(readable_site())} if IS_ROOT and who == "user" else {}


def _clear(folder: Path) -> None:
    for cluster in (*folder.rglob("cluster"), *folder.rglob("initdb-*")):
        postmaster.shut_down(cluster)
        processes.kill_inhabitants(cluster)
    shutil.rmtree(folder)
