"""Small histories made by hand, a second between one thing and the next, in which every promise is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from chaos.history import Audit, Call, End, Event, Follower, Got, History, Kept, Outcome, Read, Snapshot
from support.thread import TASK_STATUSES, moves

BEGIN = 1_000.0
LEASE = 60
_TARGETS = {move.action: move.target for move in moves()}


class Story:
    """What happens, told in order; :meth:`history` is what was recorded of it."""

    def __init__(self) -> None:
        self.now = BEGIN
        self.calls: list[Call] = []
        self.events: list[Event] = []
        self.reads: list[Read] = []
        self.snapshots: dict[int, Snapshot] = {}
        """By the events that there were then."""
        self.results: dict[str, Any] = {}
        self.relabels: Counter[str] = Counter()

    def event(self, record: str, action: str, actor: str, who: str, reason: str | None = None) -> Event:
        """A transition, from wherever the record is."""
        before = next((one for one in reversed(self.events) if one.record == record), None)
        attempt = (before.attempt if before else 0) + (action == "CLAIM")
        self.now += 1
        made = Event(
            record, before.target if before else None, _TARGETS.get(action, "WAITING"), action, actor, who, reason,
            int(self.now * 1e6), attempt, "ann", "red",
        )  # fmt: skip
        self.events.append(made)
        return made

    def call(
        self, actor: str, operation: str, given: Mapping[str, Any], answer: Mapping[str, Any], **more: Any
    ) -> Call:
        """A call that began a second before now, and was done."""
        self.now += 1
        made = Call(
            len(self.calls) + 1, actor, 0, operation, given, self.now - 2, self.now, Outcome.OK, answer, **more
        )  # fmt: skip
        self.calls.append(made)
        return made

    def submit(self, *records: str, key: str | None = None) -> None:
        mark = f"submission {len(self.calls)}"
        for record in records:
            self.event(record, "SUBMIT", "USER", "ann", mark)
        answer = {"ids": list(records), "submitted": len(records), "errors": []}
        self.call("ann", "submitRecords", {"reason": mark}, answer, key=key, mark=mark)

    def move(self, action: str, *records: str, **given: Any) -> None:
        """All of them are moved."""
        mark = f"{action} {len(self.calls)}"
        for record in records:
            self.event(record, action.upper(), "USER", "ann", mark)
        asked = {"target": {"ids": list(records)}, "reason": mark, **given}
        self.call("ann", action, asked, moved(*records), mark=mark, key=f"key of {mark}")

    def refuse(self, action: str, record: str, **refusal: Any) -> None:
        mark = f"{action} {len(self.calls)}"
        told = {"id": record, "code": "NOT_PERMITTED", "permitted": [], **refusal}
        self.call(
            "ann", action, {"target": {"ids": [record]}, "reason": mark}, moved(refused=1, refusals=[told]), mark=mark
        )  # fmt: skip

    def relabel(self, *records: str) -> None:
        mark = f"campaign {len(self.calls)}"
        self.relabels[mark] = len(records)
        given = {"target": {"ids": list(records)}, "campaign": mark}
        self.call("ann", "updateRecords", given, {"updated": len(records), "errors": []}, mark=mark)

    def claim(self, record: str, manager: str = "north", key: str = "claim") -> str:
        """The token of the lease."""
        event = self.event(record, "CLAIM", "MANAGER", manager)
        token = f"lease_{record.removeprefix('rec_')}_{event.attempt}_{event.at:032x}"
        lease = {"token": token, "recordId": record, "attempt": event.attempt, "expiresAt": self.after(LEASE)}
        self.call(manager, "claimTasks", {"claimKey": key}, {"leases": [lease], "errors": []}, key=key)
        return token

    def after(self, seconds: float) -> str:
        """A moment, as the API writes it."""
        return datetime.fromtimestamp(self.now + seconds, UTC).isoformat()

    def beat(self, token: str, manager: str = "north") -> None:
        answer = {"renewed": 1, "lost": [], "expiresAt": self.after(LEASE), "errors": []}
        self.call(manager, "heartbeat", {"tokens": [token]}, answer)

    def give_back(self, token: str, code: str = "ACCEPTED", manager: str = "north", result: Any = None) -> None:
        """The result of a task; it is kept where it is accepted."""
        record = f"rec_{token.split('_')[1]}"
        result = result or {"token": token}
        if code == "ACCEPTED":
            self.event(record, "COMPLETE", "MANAGER", manager)
            self.results[record] = result
        given = {"returns": [{"token": token, "outcome": {"result": result}}]}
        self.call(
            manager, "returnTasks", given, {"answers": [{"token": token, "code": code}], "leases": [], "errors": []}
        )

    def expire(self, record: str) -> None:
        self.event(record, "REPORT_ERROR", "SERVER", "interlock", "lease_expired")

    def read(self, record: str) -> None:
        """As it is now."""
        events = [one for one in self.events if one.record == record]
        attempts = sum(one.action == "CLAIM" for one in events)
        status = events[-1].target
        self.now += 1
        self.reads.append(
            Read(
                "reader",
                0,
                record,
                self.now - 0.5,
                self.now,
                status != "KILLED",
                status,
                attempts,
                status if status in TASK_STATUSES else None,
                [one.action for one in events],
            )
        )

    def snapshot(self) -> None:
        self.now += 1
        place = len(self.events)
        self.snapshots[place] = Snapshot("counter", self.now - 0.5, self.now, f"cursor {place}", self._counts())

    def _statuses(self) -> dict[str, str]:
        last = {event.record: event.target for event in self.events}
        return {record: status for record, status in last.items() if status != "KILLED"}

    def _counts(self) -> dict[str, int]:
        return dict(Counter(self._statuses().values()))

    def history(self) -> History:
        """What was recorded, when all had calmed down."""
        feed = [_placed(event, place) for place, event in enumerate(self.events, 1)]
        attempts = {event.record: event.attempt for event in self.events}
        records = {
            record: Kept(status, attempts[record], status in TASK_STATUSES, self.results.get(record))
            for record, status in self._statuses().items()
        }
        rests = {snap.cursor: list(range(place + 1, len(feed) + 1)) for place, snap in self.snapshots.items()}
        followers = [Follower("socket", "begin"), Follower("filtered", "begin", {"to": ["COMPLETE"]})]
        got = [Got(one.name, event.at / 1e6 + 0.5, event) for one in followers for event in feed if one.wants(event)]
        counts = self._counts()
        end = End(
            self.now + 1, self.now + 2, counts, list(self.events), feed, records, {"0": counts}, dict(self.relabels), rests, []
        )  # fmt: skip
        return History(
            1, self.calls, followers, got, [], self.reads, list(self.snapshots.values()),
            [Audit(self.now, len(records), 0.0, [])], [], [end],
        )  # fmt: skip


def moved(*records: str, **more: Any) -> dict[str, Any]:
    """A payload of a transition."""
    return {"moved": len(records), "movedIds": list(records), "unchanged": 0, "refused": 0, "refusals": [], "errors": [],
            **more}  # fmt: skip


def _placed(event: Event, position: int) -> Event:
    return replace(event, position=position, cursor=f"cursor {position}")


def usual() -> Story:
    """A bit of everything: a record that is completed at the second attempt, one that is killed, one that is held."""
    story = Story()
    story.submit("rec_1", "rec_2", "rec_3", key="first")
    first = story.claim("rec_1", "north", "one")
    story.beat(first)
    story.read("rec_1")
    story.now += LEASE
    story.expire("rec_1")
    story.move("retry", "rec_1", expectedStatus="ERROR")
    story.snapshot()
    second = story.claim("rec_1", "south", "two")
    story.give_back(first, "LEASE_EXPIRED")
    story.give_back(second, manager="south")
    story.refuse("kill", "rec_1", currentStatus="COMPLETE")
    story.move("hold", "rec_2", "rec_3")
    story.move("kill", "rec_3")
    story.relabel("rec_2")
    story.read("rec_1")
    story.snapshot()
    return story
