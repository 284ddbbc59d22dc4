"""``./dev chaos``: what was kept can be judged anew, and what makes no sense is refused in words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chaos.broken import without
from chaos.histories import usual

ROOT = Path(__file__).parents[2]


def said(*arguments: str | Path) -> tuple[int, str]:
    """The exit code, and all that was said."""
    command = [sys.executable, "-m", "chaos", *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT / "tests", timeout=60, env={"COLUMNS": "200"}
    )
    return done.returncode, done.stdout + done.stderr


def test_a_broken_promise_is_an_exit_status_and_words(tmp_path: Path) -> None:
    without("HOLD").write(tmp_path)
    code, text = said("--judge", tmp_path)
    assert code == 1
    assert "Broken: nothing acknowledged is lost" in text
    assert "was told that rec_2 moved, but it has no event of that" in text


def test_a_history_in_which_all_was_kept_is_no_failure(tmp_path: Path) -> None:
    usual().history().write(tmp_path)
    assert said("--judge", tmp_path) == (0, "Every promise was kept.\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--moves", "stall,dance"), "There is no move dance; there are: kill_postmaster"),
        (("--bug", "none_such"), "There is no bug none_such; there are: plain_ids"),
        (("--seeds", "one"), "--seeds is 'one'; give the first and the last, such as 1-30"),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(arguments: tuple[str, ...], words: str) -> None:
    code, text = said(*arguments)
    assert code == 2
    assert words in " ".join(text.replace("│", " ").split())
