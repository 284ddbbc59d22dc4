"""Every checker is content with what is right, and complains of what is wrong, in words that say what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chaos.broken import BROKEN, refused, without
from chaos.checkers import complaints, names
from chaos.checkers.complaint import account
from chaos.histories import Story, usual
from chaos.history import History


def test_what_is_right_is_no_reason_to_complain() -> None:
    history = usual().history()
    assert not account(history, complaints(history))


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_complained_of_in_words(name: str) -> None:
    make, promise, words = BROKEN[name]
    history = make()
    said = complaints(history)
    assert any(words in complaint.words for complaint in said.get(promise, ())), account(history, said)


def test_a_read_that_goes_back_behind_another_read_is_seen_without_any_acknowledgement() -> None:
    story = Story()
    story.submit("rec_1")
    story.event("rec_1", "HOLD", "USER", "ann")
    story.read("rec_1")
    history = story.history()
    back = replace(
        history.reads[0], begun=story.now + 1, ended=story.now + 2, status="WAITING", task="WAITING", events=["SUBMIT"]
    )
    history = replace(history, got=[], followers=[], reads=[*history.reads, back])
    (complaint,) = complaints(history)[names.READS]
    assert "after reader had read it" in complaint.words


def test_a_complaint_shows_the_events_of_its_record() -> None:
    history = without("HOLD")
    text = account(history, complaints(history))
    assert "rec_2 SUBMIT None -> WAITING by USER 'ann', attempt 0, because 'submission 0'" in text


def test_moments_of_a_clock_that_was_moved_are_not_believed() -> None:
    """Then a refusal is believed that tells a status which the record had before."""
    history = refused(currentStatus="WAITING", permitted=["HOLD", "KILL"])
    assert names.REFUSALS in complaints(history)
    slow = [replace(got, when=got.when + 500) for got in history.got]
    calls = [call for call in history.calls if call.operation != "hold"]
    skewed = replace(history, got=slow, calls=calls, audits=[replace(history.audits[0], skew=3600.0)])
    assert names.REFUSALS not in complaints(skewed)


def test_a_history_can_be_kept_and_judged_anew(tmp_path: Path) -> None:
    history = without("HOLD")
    history.write(tmp_path)
    read = History.read(tmp_path)
    assert read == history
    assert complaints(read) == complaints(history)


def test_every_promise_has_a_history_that_breaks_it() -> None:
    promises = {value for name, value in vars(names).items() if name.isupper()}
    assert {promise for _, promise, _ in BROKEN.values()} == promises
