"""The command line as people meet it: what is wrong is said in one line, and what to do about it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from cli.calling import HERE, said
from interlock.settings import Settings, misspelt
from interlock.store.embedded import EmbeddedPostgres
from interlock.store.migrate import head


@pytest.mark.parametrize(
    ("variable", "value", "line"),
    [
        ("RETRY_POLICY", "nonsense", "is not to be read. It is a JSON list of {error_type, retries"),
        ("RETRY_POLICY", '[{"error_type": "x", "retries": -1}]', "x: retries go from 0 to 10000"),
        ("MAX_PAGE", "-1", "is '-1': Input should be greater than or equal to 1"),
        ("LEASE_SHORTEST", "90000", "(INTERLOCK_LEASE_LONGEST) is 86400: must not be less than"),
        ("DATABASE_URL", "mysql://me:secret@there/x", "must be like postgresql://user@host/database"),
    ],
)
def test_a_wrong_setting_is_one_line(variable: str, value: str, line: str) -> None:
    code, _, complaints = said("serve", **{f"INTERLOCK_{variable}": value})
    assert code == 2
    assert len(complaints) == 1
    assert line in complaints[0]
    assert "secret" not in complaints[0]
    assert "Value error" not in complaints[0]


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_number_has_its_bounds(name: str) -> None:
    field = Settings.model_fields[name]
    if field.annotation in {int, float}:
        bounds = {type(bound).__name__ for bound in field.metadata}
        assert bounds & {"Ge", "Gt"}
        assert "Le" in bounds


def test_a_variable_that_is_no_setting_is_told_with_the_nearest_that_is() -> None:
    _, _, complaints = said("migrate", "--data-dir", "/dev/null/x", INTERLOCK_MAX_PAGES="5")
    assert (
        complaints[0]
        == "interlock: INTERLOCK_MAX_PAGES is no setting, and is ignored. Did you mean INTERLOCK_MAX_PAGE?"
    )
    assert misspelt(["INTERLOCK_URL", "INTERLOCK_API_KEY", "interlock_port", "PATH"]) == []
    assert misspelt(["INTERLOCK_ZZZZZZZZZZZZZZZZZZZZZZZZZZZZ"]) == [("INTERLOCK_ZZZZZZZZZZZZZZZZZZZZZZZZZZZZ", None)]


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INTERLOCK_DATABASE_URL", "")
    monkeypatch.setenv("INTERLOCK_PORT", "")
    assert Settings().database_url is None
    assert Settings().port == 8765


def test_documents_to_trust_must_be_there_and_be_such(tmp_path: Path) -> None:
    here = ("serve", "--port", "0", "--data-dir", str(tmp_path / "data"))
    code, _, complaints = said(*here, "--trusted-only")
    assert (code, len(complaints)) == (1, 1)
    assert complaints[0].startswith("interlock: --trusted-only needs documents to trust: say where they are")
    code, _, complaints = said(*here, "--trusted-documents", str(tmp_path / "nowhere.json"))
    assert (code, len(complaints)) == (1, 1)
    assert "nowhere.json cannot be read" in complaints[0]
    assert not (tmp_path / "data").exists(), "nothing is made for nothing"


async def test_migrate_without_rights_says_which_ones_it_needs(database_url: str) -> None:
    owner = await asyncpg.connect(database_url)
    await owner.execute("CREATE ROLE weak LOGIN")
    try:
        weak = database_url.replace("//interlock@", "//weak@")
        for command in ("migrate", "serve"):
            code, _, complaints = said(command, "--data-dir", "x", INTERLOCK_DATABASE_URL=weak, INTERLOCK_PORT="0")
            assert code == 1
            assert complaints[0] == "interlock: --data-dir is not used, as INTERLOCK_DATABASE_URL is set."
            assert len(complaints) == 2, complaints
            assert complaints[1].startswith("interlock: PostgreSQL says: permission denied ")
            assert "`interlock migrate` needs a role that may create a schema and a role" in complaints[1]
    finally:
        await owner.execute("DROP ROLE weak")
        await owner.close()


def test_a_database_that_does_not_exist_is_one_line(cluster: EmbeddedPostgres) -> None:
    code, _, complaints = said("migrate", INTERLOCK_DATABASE_URL=cluster.dsn("not_there"))
    assert code == 1
    (line,) = complaints
    assert line == (
        'interlock: There is no such database (database "not_there" does not exist). Create it (createdb), then run '
        "`interlock migrate`."
    )


def test_migrate_says_that_there_is_nothing_left_to_do(database_url: str) -> None:
    code, out, _ = said("migrate", INTERLOCK_DATABASE_URL=database_url)
    assert (code, out) == (0, f"The database is at migration {head()} (up to date).\n")


def test_a_key_goes_into_a_file_that_only_its_owner_can_read(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "alice.key"
    create = ("keys", "create", "--name", "alice", "--out", str(file))
    code, out, complaints = said(*create, INTERLOCK_DATABASE_URL=database_url)
    assert (code, out, file.exists()) == (1, "", False)
    assert "say which role it is to have" in complaints[0]
    code, out, complaints = said(*create, "--role", "submitter", INTERLOCK_DATABASE_URL=database_url)
    assert (code, out) == (0, "")
    assert complaints == [f"key_1 for alice (SUBMITTER), in {file}"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text().startswith("ilk_")
    code, _, complaints = said(*create, INTERLOCK_DATABASE_URL=database_url)
    assert code == 1
    assert complaints == [f"interlock: The file {file} cannot be made: File exists. Choose another with --out."]
    assert said("keys", "list", INTERLOCK_DATABASE_URL=database_url)[1].count("\n") == 2


def test_a_role_that_is_none_is_told_which_there_are() -> None:
    code, _, complaints = said("keys", "create", "--name", "x", "--role", "king")
    assert code == 2
    assert complaints[-1].endswith("'king' is no role; there are VIEWER, SUBMITTER, OPERATOR, MANAGER, ADMIN.")
    assert "Value error" not in complaints[-1]


def test_keys_are_listed_uncut_in_a_pipe_and_as_a_table_on_a_terminal(database_url: str) -> None:
    name = "a principal with a name that is rather longer than others, for it has ninety characters or so"
    said("keys", "create", "--name", name, "--role", "VIEWER", INTERLOCK_DATABASE_URL=database_url)
    _, out, _ = said("keys", "list", INTERLOCK_DATABASE_URL=database_url)
    head, row = out.splitlines()
    assert head.split("\t") == ["id", "begins with", "principal", "role", "made", "revoked"]
    assert row.split("\t")[2:4] == [name, "VIEWER"]
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "interlock.cli", "keys", "list"]
    environment = HERE | {"INTERLOCK_DATABASE_URL": database_url, "TERM": "xterm"}
    subprocess.run(command, stdout=theirs, check=True, env=environment, timeout=60)
    os.close(theirs)
    assert "\t" not in os.read(ours, 10_000).decode()
    os.close(ours)


def test_revoking_the_last_key_of_an_admin_says_what_to_do(database_url: str) -> None:
    for _ in range(2):
        said("keys", "create", "--name", "admin", "--role", "ADMIN", INTERLOCK_DATABASE_URL=database_url)
    assert said("keys", "revoke", "key_1", INTERLOCK_DATABASE_URL=database_url) == (0, "key_1 is revoked.\n", [])
    _, _, complaints = said("keys", "revoke", "key_2", INTERLOCK_DATABASE_URL=database_url)
    assert complaints == [
        "interlock: no ADMIN has a key now. `interlock keys create --name admin --role ADMIN` makes one."
    ]


def test_the_summaries_of_the_commands_are_whole_sentences() -> None:
    for command in ((), ("keys",)):
        _, out, _ = said(*command, "--help")
        assert "..." not in out.partition("Commands:")[2]
    assert said("--version")[1].startswith("interlock 0.")
