"""What all rules stand on: a call is made, the model says what it should have answered, and after each step all agree."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from hypothesis import note
from hypothesis.stateful import RuleBasedStateMachine, invariant

from interlock.domain.roles import Capability
from model import answers, views
from model.account import Event, Given, Moment, Person, Record
from model.documents import ALL, FEED, NEWS
from model.reference import Reference
from model.stage import KINDS, POLICY, SETTINGS, Stage

Value = TypeVar("Value")

LABELS = ["status", "tag", "campaign", "owner", "kind"]
_FOLLOWED = 8
"""Cursors from which the feed is read once more at the end of an example."""


class Acting(RuleBasedStateMachine):
    """The server, the model, and what is compared after each step."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage
        self.world = stage.open()
        self.reference = Reference({rule.error_type: rule for rule in POLICY}, SETTINGS.error_retention, dict(KINDS))
        self.subscriptions: list[tuple[list[Event], int]] = []
        """What subscriptions brought, and the events before each."""
        self.acted = True
        """Whether anything was done since all was compared."""

    def person(self, name: str) -> Person:
        return self.world.people[name]

    def some(self, pool: Sequence[Value], picks: Sequence[int]) -> list[Value]:
        return [pool[pick % len(pool)] for pick in picks] if pool else []

    def mutate(self, person: Person, takes: Capability, document: str, given: Given) -> Any:
        """The payload of a mutation; None for one that the role does not allow, which is an error."""
        self.acted = True
        before = datetime.now(UTC)
        answer = self.world.post(person, document, {"input": given})
        self.reference.now = self.reference.heard = Moment(before, datetime.now(UTC))
        note(
            f"  {person.name}: {document.split('{')[1].split('(', maxsplit=1)[0].strip()} {json.dumps(given)} -> {json.dumps(answer)}"
        )
        if not person.may(takes):
            assert answer["data"] is None
            assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
            return None
        assert "errors" not in answer, answer["errors"]
        (payload,) = answer["data"].values()
        return payload

    def ask(self, person: Person, document: str, **variables: Any) -> dict[str, Any]:
        """The data of a query."""
        answer = self.world.post(person, document, variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    @invariant()
    def all_agrees(self) -> None:
        """Each record's status and task, the counts, the feed; and whatever was touched, whole. Reading changes nothing."""
        self.stage.steps += 1
        if not self.acted:
            return
        self.acted = False
        viewer = list(self.world.people.values())[self.stage.steps % len(self.world.people)]
        shown = self.ask(viewer, ALL)
        expected = [self._paired(record) for record in self.reference.records.values()]
        assert shown["records"]["nodes"] == expected
        tasks = [one["task"] for one in expected if one["task"]]
        assert shown["tasks"]["nodes"] == tasks
        touched = [id_ for id_ in self.reference.touched if id_ in self.reference.records]
        news = self.ask(viewer, NEWS, touched=touched, after=self.reference.feed.end)
        for id_, record in zip(touched, news["touched"], strict=True):
            self.check_record(viewer, self.reference.records[id_], record)
        self.reference.touched.clear()
        counted = {tuple(one[label] for label in LABELS): one["count"] for one in news["statusCounts"]}
        assert counted == views.counts(self.reference, LABELS, {})
        self.reference.feed.show(news["statusChanges"]["nodes"])
        self.reference.feed.remember(news["feedCursor"])

    def _paired(self, record: Record) -> dict[str, Any]:
        """A record with its task, which says the same."""
        shown = {"id": record.id, "status": record.status}
        task = {"id": record.id.replace("rec", "task"), "status": record.status, "record": shown}
        return shown | {"task": task if record.has_task else None}

    def check_record(self, viewer: Person, record: Record, shown: dict[str, Any]) -> None:
        """A record that is shown whole is what it should be, and its times are known from now on."""
        for path, moment in views.times(record):
            answers.check_time(answers.at(shown, path), moment, f"{path} of {record.id}")
        told = answers.without_times(shown)
        told["permittedActions"] = answers.permitted(told["permittedActions"])
        expected = views.seen(self.reference, viewer, record)
        for name, value in expected.items():
            assert told[name] == value, f"{name} of {record.id}, shown to {viewer.name}: {told[name]}, not {value}"
        assert told.keys() == expected.keys()

    def settle(self) -> None:
        """Wait until the feed has shown all that happened: an event has its place soon after its commit."""
        feed = self.reference.feed
        until = datetime.now(UTC) + self.stage.patience
        while not feed.complete:
            assert datetime.now(UTC) < until, f"the feed does not show {feed.coming}"
            data = self.ask(self.person("vera"), FEED, after=feed.end, first=1_000, filter=None)
            feed.show(data["statusChanges"]["nodes"])

    def read_on(self, cursor: str | None, before: int, page: int, where: dict[str, list[str]] | None = None) -> None:
        """From a cursor on, page by page, the feed brings each event after it once, in the order told before."""
        read: list[Event] = []
        after: str | None = cursor
        more = True
        while more:
            data = self.ask(self.person("vera"), FEED, after=after, first=page, filter=where)["statusChanges"]
            assert len(data["nodes"]) <= page
            read += [answers.happened(node) for node in data["nodes"]]
            after, more = data["pageInfo"]["endCursor"], data["pageInfo"]["hasNextPage"]
        assert read == self.reference.feed.after(before, where), f"after {cursor}, {where}"

    def teardown(self) -> None:
        """In the end the whole feed is what happened, from every cursor, and so is what subscriptions brought."""
        try:
            if sys.exception() is None:
                self._whole()
        finally:
            self.stage.close(self.world)

    def _whole(self) -> None:
        self.settle()
        feed = self.reference.feed
        self.read_on(None, 0, 1_000)
        for cursor, before in feed.cursors[:: max(1, len(feed.cursors) // _FOLLOWED)]:
            self.read_on(cursor, before, 7)
        for brought, before in self.subscriptions:
            expected = feed.after(before)
            self.world.wait_for(brought, len(expected))
            assert [answers.happened(change) for change in brought] == expected, "brought by a subscription"
        self.stage.met += self.reference.met
