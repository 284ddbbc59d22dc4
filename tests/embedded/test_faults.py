"""Whatever is killed, and whatever it leaves behind: the next start works, and nothing stored is lost."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from embedded.driving import NewUser, await_that, master_of, pid_file_of, query
from embedded.places import IS_ROOT
from interlock.store.embedded import binaries, gate, processes

KEEP = "CREATE TABLE kept AS SELECT 42 AS answer"
KEPT = "SELECT answer FROM kept"
# Neither waits, when it would notice the death of its server, nor takes any room; and it ends in any case.
BUSY = "SET statement_timeout = '60s'; DO $$ BEGIN LOOP PERFORM 'busy'; END LOOP; END $$"


@pytest.fixture
def crashed_data_dir(new_user: NewUser, made_data_dir: Path) -> Path:
    """A data folder whose server and user were killed: with stale lock files."""
    user = new_user()
    query(user.start(), KEEP, "SELECT 1")
    user.kill()
    _kill_server(made_data_dir)
    assert pid_file_of(made_data_dir).exists()
    return made_data_dir


@pytest.fixture
def bystander(made_data_dir: Path) -> Iterator[int]:
    """The pid of a living process of the server's own account, which a stale lock file may happen to name."""
    owner = (made_data_dir / "cluster").stat()
    identity: dict[str, Any] = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if IS_ROOT else {}
    process = subprocess.Popen(["sleep", "1000"], **identity)
    yield process.pid
    process.kill()
    process.wait()


def test_the_supervisor_starts_a_killed_server_again(new_user: NewUser, made_data_dir: Path) -> None:
    user = new_user()
    dsn = user.start()
    query(dsn, KEEP, "SELECT 1")
    _kill_server(made_data_dir)
    assert user.ask("ensure") == "True"
    assert query(dsn, KEPT) == 42
    assert user.ask("ensure") == "False"
    user.stop()
    assert master_of(made_data_dir) is None


def test_of_two_supervisors_one_starts_it_again(new_user: NewUser, made_data_dir: Path) -> None:
    users = [new_user(), new_user()]
    dsn, _ = [user.start() for user in users]
    _kill_server(made_data_dir)
    for user in users:
        user.tell("ensure")
    assert "True" in [user.hear() for user in users]
    assert query(dsn, "SELECT 1") == 1
    for user in users:
        user.stop()
    assert master_of(made_data_dir) is None


def test_a_backend_that_outlives_its_killed_server_does_not_stop_the_next(
    new_user: NewUser, made_data_dir: Path
) -> None:
    user = new_user()
    dsn = user.start()
    with _psql(dsn, BUSY):
        busy = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%PERFORM ''busy''%'"
        await_that(lambda: query(dsn, busy) == 1, "the busy query runs")
        _kill_server(made_data_dir)
        assert processes.inhabitants(made_data_dir / "cluster"), "nothing outlived the server: the test is void"
        before = time.monotonic()
        assert user.ask("ensure") == "True"
        assert time.monotonic() - before < 30, "it waited for the backend to end by itself"
        assert query(dsn, busy) == 0


@pytest.mark.parametrize("file", ["", "PG_VERSION", "global/pg_control", "base/1/pg_filenode.map"])
def test_a_launcher_killed_during_initdb_leaves_nothing_in_the_way(
    new_user: NewUser, data_dir: Path, file: str
) -> None:
    killed = new_user()
    killed.tell("start")
    await_that(lambda: list(data_dir.glob(f"initdb-*/{file}")), "initdb gets there")
    killed.kill()
    assert not (data_dir / "cluster").exists()
    _starts_cleanly(new_user, data_dir)


def test_a_launcher_killed_before_the_cluster_has_its_name_leaves_nothing_in_the_way(
    new_user: NewUser, data_dir: Path
) -> None:
    killed = new_user()
    place = "before the cluster gets its name"
    assert killed.ask(f"halt {place}") == "ok"
    assert killed.ask("start") == f"halted {place}"
    killed.kill()
    assert [path.suffix for path in data_dir.glob("initdb-*")]
    _starts_cleanly(new_user, data_dir)


def test_a_launcher_killed_while_the_server_starts_has_started_it_for_the_next(
    new_user: NewUser, made_data_dir: Path
) -> None:
    killed = new_user()
    killed.ask("halt before the server answers")
    assert killed.ask("start") == "halted before the server answers"
    killed.kill()
    _starts_cleanly(new_user, made_data_dir)


def test_a_launcher_killed_before_it_could_stop_the_server_leaves_it_to_the_next(
    new_user: NewUser, made_data_dir: Path
) -> None:
    killed = new_user()
    killed.ask("halt before the server is told to stop")
    killed.start()
    assert killed.ask("stop") == "halted before the server is told to stop"
    following = new_user()
    following.tell("start")
    killed.kill()
    assert following.hear().startswith("postgresql://")
    following.stop()
    assert master_of(made_data_dir) is None


def test_who_comes_while_the_server_shuts_down_starts_it_again(new_user: NewUser, made_data_dir: Path) -> None:
    killed, following = new_user(), new_user()
    dsn = killed.start()
    with _psql(dsn, "SELECT pg_sleep(1000)"):  # smart shutdown waits for it
        asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        await_that(lambda: query(dsn, asleep) == 1, "the client sleeps")
        killed.kill()
        master = master_of(made_data_dir)
        assert master
        os.kill(master, signal.SIGTERM)
        await_that(lambda: "stopping" in pid_file_of(made_data_dir).read_text(), "the server shuts down")
        following.tell("start")
        os.kill(master, signal.SIGINT)
        assert following.hear() == dsn
    assert query(dsn, "SELECT 1") == 1
    assert master_of(made_data_dir) != master


def test_a_stale_pid_that_now_is_another_program_is_no_server(
    new_user: NewUser, crashed_data_dir: Path, bystander: int
) -> None:
    _write_pid(crashed_data_dir, bystander)
    assert query(new_user().start(), KEPT) == 42


def test_a_stale_lock_of_the_socket_that_names_another_program_is_no_obstacle(
    new_user: NewUser, crashed_data_dir: Path, bystander: int
) -> None:
    """A server killed before it got to its socket leaves lock files of two ages."""
    _write_pid(crashed_data_dir, bystander, ".s.PGSQL.5432.lock")
    assert query(new_user().start(), KEPT) == 42


def test_a_stale_pid_that_now_is_the_server_of_another_folder_is_not_ours(
    new_user: NewUser, crashed_data_dir: Path
) -> None:
    other_dir = crashed_data_dir.with_name("other")
    other = new_user(folder=other_dir)
    other_dsn = other.start()
    master = master_of(other_dir)
    assert master
    _write_pid(crashed_data_dir, master)
    assert master_of(crashed_data_dir) is None
    user = new_user()
    assert query(user.start(), KEPT) == 42
    user.stop()
    assert query(other_dsn, "SELECT 1") == 1
    other.stop()


def test_the_supervisor_is_not_deceived_by_a_recycled_pid(
    new_user: NewUser, made_data_dir: Path, bystander: int
) -> None:
    user = new_user()
    dsn = user.start()
    _kill_server(made_data_dir)
    _write_pid(made_data_dir, bystander)
    assert user.ask("ensure") == "True"
    assert query(dsn, "SELECT 1") == 1


@pytest.mark.parametrize("content", ["", "garbage\n", "\n\n"])
def test_a_lock_file_that_was_never_finished_is_no_obstacle(
    new_user: NewUser, crashed_data_dir: Path, content: str
) -> None:
    pid_file_of(crashed_data_dir).write_text(content)
    assert query(new_user().start(), KEPT) == 42


def test_a_running_server_is_found_without_its_lock_file(new_user: NewUser, made_data_dir: Path) -> None:
    first, second = new_user(), new_user()
    first.start()
    master = master_of(made_data_dir)
    pid_file_of(made_data_dir).unlink()
    second.start()
    assert master_of(made_data_dir) == master


def test_a_folder_removed_under_its_user_can_be_left(new_user: NewUser, made_data_dir: Path) -> None:
    user = new_user()
    user.start()
    _kill_server(made_data_dir, signal.SIGQUIT)
    shutil.rmtree(made_data_dir)
    user.stop()


def test_who_held_a_removed_folder_does_not_stop_the_server_of_the_new_one(
    new_user: NewUser, made_data_dir: Path
) -> None:
    former, present = new_user(), new_user()
    former.start()
    _kill_server(made_data_dir, signal.SIGQUIT)
    shutil.rmtree(made_data_dir)
    dsn = present.start()
    former.stop()
    assert query(dsn, "SELECT 1") == 1


@pytest.mark.parametrize("who", [pytest.param("root", marks=pytest.mark.root)])
def test_a_server_in_a_container_that_cannot_be_seen_is_not_joined_by_a_second_one(
    new_user: NewUser, made_data_dir: Path
) -> None:
    """Two servers on one folder would destroy it; in a container, neither pids nor shared memory tell."""
    dsn = new_user().start()
    contained = new_user(prefix=("unshare", "--pid", "--ipc", "--fork", "--mount-proc"))
    refusal = contained.ask("start")
    assert refusal.startswith("ServerError: ")
    assert "another container or machine" in refusal
    assert query(dsn, "SELECT 1") == 1
    assert master_of(made_data_dir)


def _kill_server(data_dir: Path, kind: signal.Signals = signal.SIGKILL) -> None:
    master = master_of(data_dir)
    assert master
    os.kill(master, kind)
    await_that(lambda: not processes.lives_in(master, data_dir / "cluster"), "the killed server is gone")


def _psql(dsn: str, statement: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([binaries.find_wheel().bin / "psql", dsn, "-c", statement])


def _write_pid(data_dir: Path, pid: int, *names: str) -> None:
    """As if the dead server's pid had been given to this process; by default both its lock files name it."""
    for name in names or ("postmaster.pid", ".s.PGSQL.5432.lock"):
        file = data_dir / "cluster" / name
        _, *rest = file.read_text().split("\n")
        file.write_text("\n".join([str(pid), *rest]))


def _starts_cleanly(new_user: NewUser, data_dir: Path) -> None:
    user = new_user()
    assert query(user.start(), "SELECT 1") == 1
    user.stop()
    assert master_of(data_dir) is None
    assert {path.name for path in data_dir.iterdir()} == {"cluster", *gate.LOCK_FILES}
