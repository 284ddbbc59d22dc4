"""Ctrl-C at any moment ends a command without a traceback."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("command", ["serve", "demo", "keys"])
@pytest.mark.parametrize("imported", ["typer", "interlock.starting"])
def test_ctrl_c_while_it_still_imports_ends_it_without_a_word(command: str, imported: str, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", "interlock", command, *(["list"] if command == "keys" else [])],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.rsplit("|", 1)[-1].strip() == imported:
                process.send_signal(signal.SIGINT)
                break
        out, errors = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT, errors  # a shell calls this 130
    assert out == ""
    assert "Traceback" not in errors
    assert "Abort" not in errors
