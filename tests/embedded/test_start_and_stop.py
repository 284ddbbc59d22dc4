"""Starting, using, stopping and starting again."""

import os
import signal
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from embedded.driving import NewUser, await_that, master_of, query


def test_the_first_start_makes_a_database_of_our_own_for_asyncpg(new_user: NewUser) -> None:
    dsn = new_user().start()
    assert query(dsn, "SELECT current_user || '@' || current_database()") == "interlock@interlock"
    assert str(query(dsn, "SHOW server_version")).startswith("18.")
    assert query(dsn, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is True
    locale = "SELECT datlocprovider::text || ' ' || datlocale FROM pg_database WHERE datname = current_database()"
    assert query(dsn, locale) == "b C.UTF-8"
    assert query(dsn, "SHOW server_encoding") == "UTF8"


async def test_sqlalchemy_takes_the_dsn_too(new_user: NewUser, made_data_dir: Path) -> None:
    assert made_data_dir
    engine = create_async_engine(make_url(new_user().start()).set(drivername="postgresql+asyncpg"))
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1
    await engine.dispose()


def test_a_restart_keeps_the_data(new_user: NewUser, made_data_dir: Path) -> None:
    user = new_user()
    query(user.start(), "CREATE TABLE kept AS SELECT 42 AS answer", "SELECT 1")
    user.stop()
    assert master_of(made_data_dir) is None
    assert query(user.start(), "SELECT answer FROM kept") == 42


def test_nobody_else_can_enter_and_there_is_no_tcp(new_user: NewUser, made_data_dir: Path) -> None:
    dsn = new_user().start()
    assert (made_data_dir / "cluster").stat().st_mode & 0o077 == 0
    assert (made_data_dir / "cluster" / ".s.PGSQL.5432").stat().st_mode & 0o077 == 0
    assert query(dsn, "SHOW listen_addresses") == ""
    assert query(dsn, "SELECT count(*) FROM pg_hba_file_rules WHERE type = 'host' AND auth_method <> 'reject'") == 0


def test_a_durable_queue_is_the_default_and_settings_go_over_it(new_user: NewUser, made_data_dir: Path) -> None:
    assert made_data_dir
    dsn = new_user("max_connections=33", "work_mem=7MB").start()
    names = (
        "fsync",
        "synchronous_commit",
        "full_page_writes",
        "idle_in_transaction_session_timeout",
        "timezone",
    )
    assert [query(dsn, f"SHOW {name}") for name in names] == ["on", "on", "on", "1min", "UTC"]
    assert [query(dsn, f"SHOW {name}") for name in ("max_connections", "work_mem")] == ["33", "7MB"]


@pytest.mark.parametrize("who", ["user"])
@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("max_connections=many", 'invalid value for parameter "max_connections"'),
        ("no_such_thing=1", 'unrecognized configuration parameter "no_such_thing"'),
        ("listen_addresses=*", "The setting listen_addresses is the launcher's own"),
        ("-D=/tmp", "is not the name of a PostgreSQL setting"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_name(
    new_user: NewUser, made_data_dir: Path, setting: str, complaint: str
) -> None:
    refusal = new_user(setting).ask("start")
    assert refusal.startswith("ServerError: ")
    assert complaint in refusal
    assert new_user().start()
    assert master_of(made_data_dir)


def test_the_log_is_kept_below_the_data_folder(new_user: NewUser, made_data_dir: Path) -> None:
    query(new_user().start(), "DO $$ BEGIN RAISE LOG 'a line for the log'; END $$")
    folder = made_data_dir / "cluster" / "log"
    await_that(  # another process writes it
        lambda: any("a line for the log" in log.read_text() for log in folder.iterdir()), "the line is in the log"
    )


def test_the_log_has_errors_without_the_text_of_their_statements(new_user: NewUser, made_data_dir: Path) -> None:
    dsn = new_user().start()
    with pytest.raises(asyncpg.DivisionByZeroError):
        query(dsn, "SELECT 1 / 0 AS a_statement_of_pages")
    query(dsn, "DO $$ BEGIN RAISE LOG 'what comes after'; END $$")
    folder = made_data_dir / "cluster" / "log"
    await_that(
        lambda: any("what comes after" in log.read_text() for log in folder.iterdir()), "the later line is in the log"
    )
    log = "".join(log.read_text() for log in folder.iterdir())
    assert "division by zero" in log
    assert "a_statement_of_pages" not in log


def test_ctrl_c_of_the_application_does_not_reach_the_server(new_user: NewUser, made_data_dir: Path) -> None:
    user = new_user()
    dsn = user.start()
    master = master_of(made_data_dir)
    os.killpg(user.process.pid, signal.SIGINT)
    user.process.wait()
    assert query(dsn, "SELECT 1") == 1
    assert master_of(made_data_dir) == master


def test_starting_and_stopping_twice_is_starting_and_stopping_once(new_user: NewUser, made_data_dir: Path) -> None:
    user = new_user()
    assert user.start() == user.start()
    user.stop()
    assert master_of(made_data_dir) is None
    user.stop()


def test_the_supervisor_has_nothing_to_do_while_all_is_well_or_nobody_uses_it(
    new_user: NewUser, made_data_dir: Path
) -> None:
    user = new_user()
    assert user.ask("ensure") == "False"
    user.start()
    assert user.ask("ensure") == "False"
    user.stop()
    assert user.ask("ensure") == "False"
    assert master_of(made_data_dir) is None
