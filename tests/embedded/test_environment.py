"""Nothing around us matters: neither variables, nor locales, nor how long or odd the path is."""

import os
import shutil
from pathlib import Path

import pytest

from embedded.driving import NewUser, master_of, query

ODD = {
    "PGDATA": "/nowhere",
    "PGHOST": "nowhere.invalid",
    "PGPORT": "9",
    "PGUSER": "nobody",
    "PGDATABASE": "nothing",
    "PGOPTIONS": "-c work_mem=1MB",
    "PGSERVICE": "none",
    "PGTZ": "Mars/Olympus",
    "PGSSLMODE": "verify-full",
    "PG_COLOR": "always",
    "LANG": "xx_YY.nonsense",
    "LC_ALL": "tlh_QO.KLINGON",
    "LANGUAGE": "??",
    "TZ": "Mars/Olympus",
    "A_SECRET": "of-ours",
}


def test_neither_variables_nor_unknown_locales_reach_the_server(
    new_user: NewUser, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn = new_user(environment=ODD).start()
    seen = Path(f"/proc/{master_of(data_dir)}/environ").read_bytes()
    leaked = [name for name in ODD if f"{name}=".encode() in seen and name not in {"LC_ALL", "TZ"}]
    assert not leaked
    assert b"KLINGON" not in seen
    assert b"Mars" not in seen
    assert [query(dsn, f"SHOW {name}") for name in ("timezone", "lc_messages", "lc_monetary")] == [
        "UTC",
        "C",
        "C",
    ]
    for name, value in ODD.items():
        monkeypatch.setenv(name, value)
    assert query(dsn, "SELECT 1") == 1


def test_it_starts_without_any_environment(new_user: NewUser, data_dir: Path) -> None:
    variables = [f"--unset={name}" for name in os.environ if not name.startswith("PYTHON")]
    assert query(new_user(prefix=("/usr/bin/env", *variables)).start(), "SELECT 1") == 1
    assert master_of(data_dir)


@pytest.fixture
def long_dir(data_dir: Path) -> Path:
    return data_dir.parent.joinpath(*["a-long-name-of-a-folder"] * 8)


@pytest.fixture
def links(data_dir: Path) -> Path:
    """The private folder for short links to long paths; in /tmp, were this no test."""
    return data_dir.parent / f"interlock-{data_dir.parent.stat().st_uid}"


def test_a_path_too_long_for_a_socket_gets_a_short_private_one(new_user: NewUser, long_dir: Path, links: Path) -> None:
    user = new_user(folder=long_dir)
    user.ask(f"links {links.parent}")
    dsn = user.start()
    assert len(os.fsencode(long_dir)) > 107
    assert query(dsn, "SELECT 1") == 1
    assert str(links) in dsn
    assert links.stat().st_mode & 0o077 == 0
    user.stop()
    assert not links.exists()


def test_the_supervisor_mends_a_short_path_that_was_cleaned_away(
    new_user: NewUser, long_dir: Path, links: Path
) -> None:
    user = new_user(folder=long_dir)
    user.ask(f"links {links.parent}")
    dsn = user.start()
    shutil.rmtree(links)
    assert user.ask("ensure") == "False"
    assert query(dsn, "SELECT 1") == 1


@pytest.mark.parametrize("who", [pytest.param("root", marks=pytest.mark.root)])
@pytest.mark.parametrize("trap", ["of somebody else", "open to all", "a link", "a file"])
def test_a_short_folder_that_is_not_private_is_not_trusted(
    new_user: NewUser, long_dir: Path, links: Path, trap: str
) -> None:
    if trap == "a link":
        links.symlink_to(links.parent)
    elif trap == "a file":
        links.touch(mode=0o600)
    else:
        links.mkdir()
        links.chmod(0o777 if trap == "open to all" else 0o700)
        os.chown(links, 65534 if trap == "of somebody else" else 0, -1)
    user = new_user(folder=long_dir)
    user.ask(f"links {links.parent}")
    refusal = user.ask("start")
    assert refusal.startswith("DataDirError: ")
    assert "not a private folder of this user" in refusal


@pytest.mark.parametrize(
    "name", ["with space and ünïcode", "comma,comma", "semi;colon:at@and%41&x=y#z?", "'quotes\" and \\ and $HOME"]
)
def test_odd_names_of_folders_do_not_matter(new_user: NewUser, data_dir: Path, name: str) -> None:
    user = new_user(folder=data_dir.parent / name)
    assert query(user.start(), "SELECT 1") == 1
    user.stop()


def test_a_folder_can_be_given_by_a_link(new_user: NewUser, made_data_dir: Path) -> None:
    link = made_data_dir.with_name("link")
    link.symlink_to(made_data_dir)
    linked, direct = new_user(folder=link), new_user()
    assert linked.start() == direct.start()
    linked.stop()
    assert master_of(made_data_dir)
