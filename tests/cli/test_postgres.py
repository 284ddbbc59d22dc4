"""PostgreSQL's programs on Interlock's database, as people type them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.calling import said
from interlock.commands.postgres import variables
from interlock.store.embedded import EmbeddedPostgres


def test_the_embedded_database_is_started_for_the_time_of_a_program(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert said("migrate", "--data-dir", str(data))[0] == 0
    code, out, _ = said(
        "postgres", "--data-dir", str(data), "psql", "-qAt", "-c", "SELECT count(*) FROM interlock.record"
    )
    assert (code, out) == (0, "0\n")
    code, out, complaints = said("database-url", "--data-dir", str(data))
    postgres = EmbeddedPostgres(data / "postgres")
    assert (code, out) == (0, postgres.dsn() + "\n")
    assert complaints == [
        "interlock: it does not run now: `interlock serve` starts it, and `interlock postgres` for the time of one program."
    ]
    with postgres:
        assert said("database-url", "--data-dir", str(data))[2] == []


def test_what_stands_after_the_program_is_its_own_and_so_is_the_exit_status(database_url: str) -> None:
    code, out, _ = said("postgres", "psql", "--help", INTERLOCK_DATABASE_URL=database_url)
    assert code == 0
    assert "psql is the PostgreSQL interactive terminal" in out
    wrong = ("psql", "-v", "ON_ERROR_STOP=1", "-c", "SELECT wrong")
    code, _, complaints = said("postgres", *wrong, INTERLOCK_DATABASE_URL=database_url)
    assert code == 1
    assert 'column "wrong" does not exist' in complaints[0]
    assert said("database-url", INTERLOCK_DATABASE_URL=database_url)[:2] == (0, database_url + "\n")


def test_a_program_that_is_none_and_a_folder_without_data_are_told(tmp_path: Path, database_url: str) -> None:
    for program in ("nonsense", "../bin/psql", "/bin/sh"):
        code, _, complaints = said("postgres", program, INTERLOCK_DATABASE_URL=database_url)
        assert code == 2
        assert "is no program of PostgreSQL's; there are " in " ".join(complaints)
    for command in (("database-url",), ("postgres", "psql")):
        code, _, complaints = said(command[0], "--data-dir", str(tmp_path / "nowhere"), *command[1:])
        assert (code, len(complaints)) == (1, 1)
        assert "There is no Interlock data in" in complaints[0]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://me:s%40crat@db.example:5433/my%20data?sslmode=require&options=-c%20jit%3Doff",
            {
                "PGHOST": "db.example", "PGPORT": "5433", "PGUSER": "me", "PGPASSWORD": "s@crat", "PGDATABASE": "my data",
                "PGSSLMODE": "require", "PGOPTIONS": "-c jit=off",
            },
        ),
        (
            "postgresql://interlock@/interlock?host=/a%2Cb/cluster&port=5432",
            {"PGHOST": "/a,b/cluster", "PGPORT": "5432", "PGUSER": "interlock", "PGDATABASE": "interlock"},
        ),
    ],
)  # fmt: skip
def test_a_url_becomes_what_libpq_reads_from_the_environment(url: str, expected: dict[str, str]) -> None:
    assert variables(url) == expected
