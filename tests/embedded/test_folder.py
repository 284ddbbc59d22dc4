"""Folders that cannot be used: each is refused, left as it is, and the message says what to do."""

import os
import shutil
from pathlib import Path

import pytest

from embedded.driving import NewUser, UserProcess, master_of, query
from interlock.store.embedded import DataDirError, EmbeddedPostgres


def _refusal(user: UserProcess, kind: str) -> str:
    answer = user.ask("start")
    assert answer.startswith(f"{kind}: "), answer
    return answer


def test_a_cluster_of_another_major_version_is_named_and_left_alone(new_user: NewUser, made_data_dir: Path) -> None:
    version = made_data_dir / "cluster" / "PG_VERSION"
    version.write_text("15\n")
    answer = _refusal(new_user(), "VersionError")
    assert "made by PostgreSQL 15, and this Interlock needs 18" in answer
    assert "pg_dump" in answer
    version.write_text("18\n")
    assert query(new_user().start(), "SELECT 1") == 1


def test_a_folder_with_other_things_in_it_is_left_alone(new_user: NewUser, data_dir: Path) -> None:
    _make(data_dir)
    (data_dir / "thesis.tex").touch()
    assert "it holds thesis.tex" in _refusal(new_user(), "DataDirError")
    assert [path.name for path in data_dir.iterdir()] == ["thesis.tex"]


def test_a_data_folder_of_another_postgresql_is_left_alone(new_user: NewUser, data_dir: Path) -> None:
    _make(data_dir)
    (data_dir / "PG_VERSION").write_text("18\n")
    assert "that Interlock did not make" in _refusal(new_user(), "DataDirError")
    assert [path.name for path in data_dir.iterdir()] == ["PG_VERSION"]


def test_an_empty_disk_of_its_own_is_fine(new_user: NewUser, data_dir: Path) -> None:
    _make(data_dir)
    (data_dir / "lost+found").mkdir()
    new_user().start()
    assert master_of(data_dir)


def test_a_cluster_that_is_not_whole_is_neither_used_nor_made_anew(new_user: NewUser, made_data_dir: Path) -> None:
    (made_data_dir / "cluster" / "PG_VERSION").unlink()
    assert "Restore a backup, or remove it" in _refusal(new_user(), "DataDirError")
    assert (made_data_dir / "cluster" / "base").exists()


def test_a_cluster_that_vanishes_is_not_made_anew_by_the_supervisor(new_user: NewUser, made_data_dir: Path) -> None:
    user = new_user()
    user.start()
    user.stop()
    user.start()
    cluster = made_data_dir / "cluster"
    cluster.rename(made_data_dir / "cluster-elsewhere")
    answer = user.ask("ensure")
    assert answer.startswith("DataDirError: "), answer
    (made_data_dir / "cluster-elsewhere").rename(cluster)
    assert user.ask("ensure") == "False"


@pytest.mark.parametrize("who", ["user"])
def test_a_folder_that_may_not_be_written_to_is_said_to_be_so(new_user: NewUser, data_dir: Path) -> None:
    _make(data_dir)
    data_dir.chmod(0o500)
    assert "Make it writable, or choose another" in _refusal(new_user(), "DataDirError")
    assert "Make it writable" in _refusal(new_user(folder=data_dir / "below"), "DataDirError")


@pytest.mark.parametrize("who", ["user"])
def test_a_folder_in_the_place_of_a_file_is_said_to_be_so(new_user: NewUser, data_dir: Path) -> None:
    data_dir.touch()
    assert "cannot be used" in _refusal(new_user(), "DataDirError")


@pytest.mark.root
@pytest.mark.parametrize("who", ["user"])
def test_the_folder_of_somebody_else_is_named_with_its_owner(new_user: NewUser, ground: Path) -> None:
    folder = ground / "of-root"
    folder.mkdir(mode=0o755)
    answer = _refusal(new_user(folder=folder), "DataDirError")
    assert "belongs to root, and nobody may not use it" in answer


@pytest.mark.root
def test_a_disk_that_is_full_is_said_to_be_so_and_leaves_nothing(new_user: NewUser, data_dir: Path) -> None:
    """The disk is a small one in memory, which only this process sees."""
    _make(data_dir)
    script = f'mount -t tmpfs -o size=20m,mode=0777 none {data_dir} && exec "$@"'
    small = new_user(prefix=("unshare", "--mount", "sh", "-c", script, "sh"))
    answer = _refusal(small, "DiskFullError")
    assert "no room left" in answer
    assert "free some" in answer
    assert small.ask("list") == "['gate.lock']"


def test_it_can_be_caught_as_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "something").touch()
    with pytest.raises(DataDirError, match="not empty"), EmbeddedPostgres(tmp_path):
        pass


def _make(folder: Path) -> None:
    """Make the folder as its user would."""
    folder.mkdir(mode=0o700)
    shutil.chown(folder, folder.parent.stat().st_uid, folder.parent.stat().st_gid)
    assert os.access(folder, os.R_OK)
