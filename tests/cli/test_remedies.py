"""What a command says when it cannot do what was asked: what was wrong, and the remedy that helps."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from cli.calling import said
from interlock.store.migrate import head


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_that_is_not_of_this_machine_is_the_hosts_fault(host: str) -> None:
    code, _, (line,) = said("serve", "--host", host, "--port", "0")
    assert code == 1
    assert line.startswith(f"interlock: Cannot listen on {host}:0 (")
    assert line.endswith("Choose an address of this machine with --host, such as 127.0.0.1.")


def test_a_port_that_is_taken_is_the_ports_fault() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, (line,) = said("serve", "--port", str(taken.getsockname()[1]))
    assert code == 1
    assert line.endswith("Choose another with --port.")


def test_a_setting_is_named_as_it_was_given() -> None:
    code, _, (line,) = said("serve", "--port", "99999")
    assert code == 2
    assert line.startswith("interlock: --port is 99999: ")
    assert said("serve", INTERLOCK_PORT="99999")[2][0].startswith("interlock: port (INTERLOCK_PORT) is '99999': ")


@pytest.mark.parametrize("below", ["", "below"])
@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_a_data_folder_that_is_a_file_is_said_to_be_none(command: str, below: str, tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.touch()
    code, _, (line,) = said(command, "--data-dir", str(file / below), INTERLOCK_PORT="0")
    assert code == 1
    assert line == (
        f"interlock: The data folder {file / below} cannot be used: {file} is not a folder. "
        "Choose another with --data-dir."
    )


@pytest.mark.parametrize("text", ["nonsense", "rec_1", "key_"])
def test_what_is_no_id_of_a_key_is_told_how_those_look(text: str) -> None:
    code, _, complaints = said("keys", "revoke", text)
    assert code == 2
    assert complaints[-1].endswith(f"{text!r} is no key's id: those look like key_4; `interlock keys list` shows them.")


@pytest.mark.timeout(120)
def test_a_new_database_is_announced_before_it_is_made_and_called_new(tmp_path: Path) -> None:
    given = ("migrate", "--data-dir", str(tmp_path / "mistyped"))
    code, out, _ = said(*given)
    assert code == 0
    assert out.splitlines() == [
        f"Making a PostgreSQL in {tmp_path / 'mistyped'}, once: that takes some seconds ...",
        f"Made a new database in {tmp_path / 'mistyped'}.",
        f"The database is at migration {head()} (up to date).",
    ]
    assert said(*given)[1] == f"The database is at migration {head()} (up to date).\n"
