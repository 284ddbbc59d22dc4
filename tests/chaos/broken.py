"""Histories in which something is wrong, each with the promise that is broken, and what must be said of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from chaos.checkers import names
from chaos.histories import LEASE, Story, moved, usual
from chaos.history import Event, Got, History, Outcome, Strike, Told


def _ended(history: History, **changes: Any) -> History:
    return replace(history, ends=[replace(history.end, **changes)])


def _called(history: History, number: int, **changes: Any) -> History:
    """With one call otherwise."""
    calls = list(history.calls)
    calls[number - 1] = replace(calls[number - 1], **changes)
    return replace(history, calls=calls)


def _feed(change: Callable[[list[Event]], Sequence[Event]]) -> History:
    history = usual().history()
    return _ended(history, feed=change(list(history.end.feed)))


def _got(change: Callable[[list[Got]], Sequence[Got]]) -> History:
    history = usual().history()
    return replace(history, got=list(change(list(history.got))))


def without(action: str) -> History:
    """The usual history, had the events of one action never been written."""
    story = usual()
    story.events = [event for event in story.events if event.action != action]
    return story.history()


def _again(number: int = 1, **changes: Any) -> History:
    """A call repeated at the end."""
    history = usual().history()
    again = replace(history.calls[number - 1], number=99, begun=2_000.0, ended=2_001.0)
    return replace(history, calls=[*history.calls, replace(again, **changes)])


def _told(story: Callable[[Story], object]) -> History:
    made = usual()
    story(made)
    return made.history()


def _completed_twice() -> History:
    story = usual()
    (done,) = [event for event in story.events if event.action == "COMPLETE"]
    story.events.append(replace(done, at=done.at + 99))
    return story.history()


def _two_results(story: Story) -> None:
    story.submit("rec_9")
    token = story.claim("rec_9", key="nine")
    story.give_back(token)
    story.call("north", "returnTasks", {"returns": [{"token": token[:-1] + "f", "outcome": {"result": 1}}]},
               {"answers": [{"token": token, "code": "ACCEPTED"}]})  # fmt: skip


def _late_accepted(story: Story) -> None:
    """The answer to the first attempt counts for the second."""
    story.submit("rec_9")
    first = story.claim("rec_9", "north", "nine")
    story.now += LEASE
    story.expire("rec_9")
    story.move("retry", "rec_9")
    story.claim("rec_9", "south", "again")
    story.event("rec_9", "COMPLETE", "MANAGER", "north")
    story.results["rec_9"] = {"token": first}
    given = {"returns": [{"token": first, "outcome": {"result": {"token": first}}}]}
    story.call("north", "returnTasks", given, {"answers": [{"token": first, "code": "ACCEPTED"}]})


def _given_twice(story: Story) -> None:
    story.submit("rec_9")
    story.claim("rec_9", "north", "nine")
    lease = dict(story.calls[-1].answer["leases"][0], token="lease_9_1_" + "f" * 32)
    story.call("south", "claimTasks", {"claimKey": "k"}, {"leases": [lease], "errors": []}, key="k")


def _reaped_early(story: Story) -> None:
    story.submit("rec_9")
    token = story.claim("rec_9", key="nine")
    story.now += LEASE - 5
    story.beat(token)
    story.now += LEASE - 10
    story.expire("rec_9")


def _other_claim() -> History:
    history = usual().history()
    lease = dict(history.calls[1].answer["leases"][0], token="lease_1_1_" + "f" * 32)
    return replace(history, calls=[*history.calls, replace(history.calls[1], answer={"leases": [lease]})])


def _unchanged(history: History) -> History:
    call = history.calls[-2]
    assert call.operation == "kill"
    given = {"target": {"ids": ["rec_2"]}, "reason": "x"}
    return replace(
        history, calls=[*history.calls, replace(call, given=given, mark="x", key=None, answer=moved(unchanged=1))]
    )


def _read(**changes: Any) -> History:
    history = usual().history()
    return replace(history, reads=[history.reads[0], replace(history.reads[1], **changes)])


def refused(**refusal: Any) -> History:
    return _told(lambda story: story.refuse("release", "rec_2", **refusal))


def _sent(code: str, record: int = 2, **more: Any) -> History:
    """A lease that was given, and what its manager was told of its return."""

    def tell(story: Story) -> None:
        story.submit("rec_9")
        token = story.claim("rec_9", "north", "nine")
        story.give_back(token if record == 9 else f"lease_{record}_1_{'0' * 32}", code, **more)

    return _told(tell)


def _other_content(story: Story) -> None:
    (given,) = (call.given for call in story.calls if call.operation == "returnTasks" and call.actor == "south")
    token = given["returns"][0]["token"]
    story.give_back(token, "ALREADY_ACCEPTED", "south", {"token": "another"})


def _ended_by_another(story: Story) -> None:
    story.submit("rec_9")
    story.claim("rec_9", "north", "nine")
    story.event("rec_9", "REPORT_ERROR", "MANAGER", "south")


def _refused_expectation() -> History:
    history = refused(currentStatus="HOLD", code="STALE_EXPECTATION", **_HELD)
    return _called(history, len(history.calls), given={**history.calls[-1].given, "expectedStatus": "HOLD"})


_HELD = {"permitted": ["RELEASE", "KILL"]}

BROKEN: dict[str, tuple[Callable[[], History], str, str]] = {
    "a submission whose events are gone": (lambda: without("SUBMIT"), names.ACKNOWLEDGED, "rec_1 was made"),
    "a move whose event is gone": (lambda: without("HOLD"), names.ACKNOWLEDGED, "told that rec_2 moved"),
    "a claim whose event is gone": (lambda: without("CLAIM"), names.ACKNOWLEDGED, "no such claim is an event"),
    "a return whose event is gone": (lambda: without("COMPLETE"), names.ACKNOWLEDGED, "has no event COMPLETE"),
    "a count that is too high": (
        lambda: _called(usual().history(), 9, answer=moved("rec_2", "rec_3", moved=5)), names.ACKNOWLEDGED,
        "told that 5 records moved, but 2 have",
    ),
    "labels that are gone": (lambda: _ended(usual().history(), relabels={}), names.ACKNOWLEDGED, "1 records were updated"),
    "a record that is gone": (
        lambda: _ended(usual().history(), records={}), names.ACKNOWLEDGED, "rec_1 is gone, but went to COMPLETE",
    ),
    "a record completed twice": (_completed_twice, names.COMPLETIONS, "completed 2 times"),
    "two results that count": (lambda: _told(_two_results), names.COMPLETIONS, "Several results of rec_9"),
    "a story with a hole": (lambda: without("RETRY"), names.ORDER, "rec_1 left WAITING, but was ERROR"),
    "a move that is not permitted": (
        lambda: _told(lambda story: story.move("fail", "rec_2")), names.ORDER, "a move that the lifecycle has not",
    ),
    "a move by one who may not": (
        lambda: _told(lambda story: story.event("rec_2", "RELEASE", "SERVER", "x")), names.ORDER, "who may not",
    ),
    "an event without a position": (lambda: _feed(lambda feed: feed[:-1]), names.FEED, "not in the feed"),
    "an event with two positions": (
        lambda: _feed(lambda feed: [*feed, replace(feed[0], position=len(feed) + 1)]), names.FEED, "too often",
    ),
    "a position left out": (
        lambda: _feed(lambda feed: [*feed[:-1], replace(feed[-1], position=99)]), names.FEED, "has position 99 where",
    ),
    "a change delivered twice": (lambda: _got(lambda got: [got[0], *got]), names.FEED, "socket got position 1 again"),
    "a change left out": (lambda: _got(lambda got: [*got[:2], *got[3:]]), names.FEED, "socket never got position 3"),
    "the last change left out": (lambda: _got(lambda got: got[:-1]), names.FEED, "filtered got 0 of 1"),
    "another change delivered": (
        lambda: _got(lambda got: [replace(got[0], event=replace(got[0].event, at=1)), *got[1:]]), names.FEED,
        "got another event at position 1",
    ),
    "a cursor that is refused": (
        lambda: replace(usual().history(), told=[Told("socket", 1.0, "CURSOR_EXPIRED", "no")]), names.FEED, "CURSOR_EXPIRED",
    ),
    "a database that does not agree": (
        lambda: replace(usual().history(), audits=[replace(usual().history().audits[0], faults=["rec_1 has no task"])]),
        names.AGREEMENT, "rec_1 has no task",
    ),
    "another answer under the same key": (
        lambda: _again(answer={"ids": ["rec_7"], "submitted": 1, "errors": []}), names.IDEMPOTENCY, "but at first",
    ),
    "another input under the same key": (
        lambda: _again(given={"reason": "other"}, mark="other"), names.IDEMPOTENCY, "for another input",
    ),
    "a call that was done twice": (
        lambda: _told(lambda story: story.event("rec_8", "SUBMIT", "USER", "ann", "submission 0")),
        names.IDEMPOTENCY, "4 have an event of it",
    ),
    "a refused call that did something": (
        lambda: _called(usual().history(), 1, outcome=Outcome.REFUSED), names.IDEMPOTENCY, "refused as a whole",
    ),
    "labels given twice": (
        lambda: _ended(usual().history(), relabels={"campaign 10": 2}), names.IDEMPOTENCY, "but 2 were",
    ),
    "a move from an unexpected status": (
        lambda: _told(lambda story: story.move("release", "rec_2", expectedStatus="ERROR")), names.EXPECTATIONS,
        "expected ERROR, but moved a record that was HOLD",
    ),
    "a move of what was not named": (
        lambda: _told(lambda story: story.move("release", "rec_2", target={"ids": ["rec_3"]})), names.EXPECTATIONS,
        "that it did not name",
    ),
    "a dry run that moves": (
        lambda: _told(lambda story: story.move("release", "rec_2", dryRun=True)), names.EXPECTATIONS, "was a dry run",
    ),
    "a move of what the filter does not match": (
        lambda: _told(lambda story: story.move("release", "rec_2", target={"filter": {"tag": ["blue"]}})),
        names.EXPECTATIONS, "that its filter does not match",
    ),
    "a move under another's name": (
        lambda: _called(usual().history(), 9, actor="bob"), names.EXPECTATIONS, "left an event of somebody else",
    ),
    "a part of all or nothing": (
        lambda: _called(usual().history(), 9, given={"allOrNothing": True, "target": {}}, answer=moved("rec_2", refused=1)),
        names.EXPECTATIONS, "1 moved and 1 did not",
    ),
    "another content that counts, too": (lambda: _told(_other_content), names.FENCING, "another content of it"),
    "an attempt ended by another": (lambda: _told(_ended_by_another), names.FENCING, "ended an attempt that north held"),
    "a lease said to have run out": (lambda: _sent("LEASE_EXPIRED", 9), names.FENCING, "never gave that lease up"),
    "other content than of nothing": (lambda: _sent("CONTENT_DIFFERS", 9), names.FENCING, "no return of it was accepted"),
    "a record said to be killed": (lambda: _sent("KILLED", 9), names.FENCING, "but it was not"),
    "a late answer that counts": (lambda: _told(_late_accepted), names.FENCING, "but that attempt ended otherwise"),
    "a result of another return": (
        lambda: _told(lambda story: story.results.update(rec_1={"token": "x"})), names.FENCING, "keeps the result",
    ),
    "a lease that is not known": (
        lambda: _sent("UNKNOWN_TOKEN"), names.FENCING, "gave it that",
    ),
    "a task given twice": (lambda: _told(_given_twice), names.LEASES, "Attempt 1 of rec_9 was given twice"),
    "a repeated claim with other leases": (_other_claim, names.LEASES, "leases of another claim"),
    "a lease given up too early": (lambda: _told(_reaped_early), names.LEASES, "given up before"),
    "a status that was not there": (
        lambda: refused(currentStatus="ERROR", permitted=["RETRY", "FAIL"]), names.REFUSALS, "did not have during the call",
    ),
    "a status that was there long ago": (
        lambda: refused(currentStatus="WAITING", permitted=["HOLD", "KILL"]), names.REFUSALS, "did not have during the call",
    ),
    "a refusal of what is permitted": (lambda: refused(currentStatus="HOLD", **_HELD), names.REFUSALS, "where it is permitted"),
    "a wrong offer": (
        lambda: refused(currentStatus="HOLD", permitted=["RETRY"], code="WITHHELD"), names.REFUSALS, "not what is permitted",
    ),
    "one's own record forbidden": (
        lambda: refused(currentStatus="HOLD", code="FORBIDDEN"), names.REFUSALS, "which is its own",
    ),
    "an expectation that was met": (
        _refused_expectation, names.REFUSALS, "but expected nothing else",
    ),
    "a record said to be gone": (lambda: refused(currentStatus=None, code="GONE"), names.REFUSALS, "there during the call"),
    "a record said never to have been": (
        lambda: refused(currentStatus=None, code="NOT_FOUND"), names.REFUSALS, "had been made before",
    ),
    "a record said to be there already": (lambda: _unchanged(usual().history()), names.REFUSALS, "is KILLED already"),
    "a read of what never was": (lambda: _read(status="HOLD", task="HOLD"), names.READS, "which it never was"),
    "a read without its task": (
        lambda: replace(usual().history(), reads=[replace(usual().history().reads[0], task=None)]), names.READS, "never was",
    ),
    "a read of long ago": (
        lambda: _read(status="WAITING", attempts=0, task="WAITING", events=None), names.READS, "had been acknowledged",
    ),
    "counts that do not add up": (
        lambda: replace(usual().history(), snapshots=[replace(usual().history().snapshots[0], counts={"WAITING": 2})]),
        names.SNAPSHOTS, "changes that follow its cursor",
    ),
    "a server that counts otherwise": (
        lambda: _ended(usual().history(), counts={"0": {"HOLD": 2}}), names.SNAPSHOTS, "At the end server 0 counts",
    ),
    "work that is left": (lambda: _ended(usual().history(), drained=None), names.DRAIN, "did not drain"),
    "a call without an answer": (
        lambda: _again(outcome=Outcome.UNKNOWN, fault="UNAVAILABLE", begun=9_000.0), names.DRAIN, "had no answer (UNAVAILABLE)",
    ),
    "a fault that is told": (lambda: _again(outcome=Outcome.UNKNOWN, fault="INTERNAL"), names.WORDS, "an unexpected fault"),
    "a fault in a log": (lambda: _ended(usual().history(), faults=["Traceback"]), names.WORDS, "Traceback"),
    "a move that sees its promise broken": (
        lambda: replace(usual().history(), strikes=[Strike("stall", 1.0, 2.0, "it hung")]), names.STRIKES, "it hung",
    ),
}  # fmt: skip
