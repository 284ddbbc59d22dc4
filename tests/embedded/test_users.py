"""Who counts as a user, and when the server stops."""

import os
from pathlib import Path

import pytest

from embedded.driving import NewUser, await_that, master_of, query
from interlock.store.embedded import EmbeddedPostgres


def test_five_processes_at_once_make_one_server_and_leave_none(new_user: NewUser, data_dir: Path) -> None:
    users = [new_user() for _ in range(5)]
    for user in users:
        user.tell("start")
    dsns = {user.hear() for user in users}
    started = "SELECT pg_postmaster_start_time()::text"
    assert len(dsns) == 1
    assert len({query(dsns.copy().pop(), started) for _ in users}) == 1
    for user in users:
        user.tell("stop")
    assert [user.hear() for user in users] == ["None"] * 5
    assert master_of(data_dir) is None
    assert sorted(path.name for path in data_dir.iterdir()) == [
        "alive.lock",
        "cluster",
        "gate.lock",
        "users.lock",
    ]


def test_the_last_one_out_stops_the_server(new_user: NewUser, made_data_dir: Path) -> None:
    first, second = new_user(), new_user()
    dsn = first.start()
    master = master_of(made_data_dir)
    assert second.start() == dsn
    first.stop()
    assert query(dsn, "SELECT 1") == 1
    assert master_of(made_data_dir) == master
    second.stop()
    assert master_of(made_data_dir) is None


def test_a_killed_user_does_not_keep_the_server_up(new_user: NewUser, made_data_dir: Path) -> None:
    killed, living = new_user(), new_user()
    killed.start()
    living.start()
    killed.kill()
    living.stop()
    assert master_of(made_data_dir) is None


def test_a_server_left_by_killed_users_is_joined_by_the_next(new_user: NewUser, made_data_dir: Path) -> None:
    killed, following = new_user(), new_user()
    killed.start()
    master = master_of(made_data_dir)
    killed.kill()
    following.start()
    assert master_of(made_data_dir) == master
    following.stop()
    assert master_of(made_data_dir) is None


@pytest.mark.parametrize("who", ["user"])
def test_a_forked_worker_that_outlives_its_user_does_not_count(new_user: NewUser, made_data_dir: Path) -> None:
    killed, living = new_user(), new_user()
    killed.start()
    worker = int(killed.ask("fork"))
    try:
        killed.process.kill()
        killed.process.wait()
        living.start()
        living.stop()
        assert master_of(made_data_dir) is None
    finally:
        os.kill(worker, 9)


@pytest.mark.parametrize("who", ["user"])
def test_a_forked_worker_cannot_leave_for_its_user(new_user: NewUser, made_data_dir: Path) -> None:
    """Were the lock freed in the child, the parent's seat would be gone with it."""
    user = new_user()
    user.start()
    worker = int(user.ask("fork"))
    os.kill(worker, 9)
    other = new_user()
    other.start()
    other.stop()
    assert master_of(made_data_dir)


@pytest.mark.parametrize("who", [pytest.param("root", marks=pytest.mark.root)])
def test_several_users_in_one_process_count_each(made_data_dir: Path) -> None:
    with EmbeddedPostgres(made_data_dir) as outer:
        with EmbeddedPostgres(made_data_dir) as inner:
            assert inner.dsn() == outer.dsn()
        assert query(outer.dsn("postgres"), "SELECT current_database()") == "postgres"
    await_that(lambda: master_of(made_data_dir) is None, "the server stops")
