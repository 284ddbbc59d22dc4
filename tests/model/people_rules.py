"""What people do, each by the role that their key speaks for: submit, move, label, one record or many, once or again."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from interlock.domain.lifecycle import RecordStatus
from interlock.domain.roles import Capability
from model import answers, bulk, table
from model.account import Given, Person
from model.acting import Acting
from model.submission import submitted
from support.api import MOVE, SUBMIT, UPDATE

TAGS, CAMPAIGNS, PROGRAMS = ["blue", "red", "green"], ["spring", "autumn"], [[], ["psi4"], ["psi4", "xtb"]]
ERROR_TYPES = ["flaky", "instant", "hopeless", "lease_expired"]
UNKNOWN = "rec_999999"

picks = st.lists(st.integers(0, 11), min_size=1, max_size=4)
anybody = st.sampled_from(["olga", "alice", "bob", "ada", "vera", "north"])
people = st.sampled_from(["olga", "alice", "ada", "bob"])
actions = st.sampled_from(table.USER_ACTIONS)
kinds = st.sampled_from(["python", "mineral"])
tags, priorities = st.sampled_from(TAGS), st.sampled_from([5, 0, 9])
campaigns = st.sampled_from([None, *CAMPAIGNS])
keys = st.sampled_from([None, None, None, "k1", "k2"])
_labels: dict[str, Any] = {
    "status": st.lists(st.sampled_from(list(RecordStatus)), max_size=3, unique=True),
    "tag": st.lists(tags, min_size=1, max_size=2, unique=True),
    "campaign": st.lists(st.sampled_from(CAMPAIGNS), min_size=1, max_size=2, unique=True),
    "owner": st.lists(st.sampled_from(["alice", "bob", "olga"]), min_size=1, max_size=2, unique=True),
    "kind": st.lists(kinds, min_size=1, max_size=2, unique=True),
    "errorType": st.lists(st.sampled_from(ERROR_TYPES), min_size=1, max_size=2, unique=True),
}
_label = st.one_of([st.fixed_dictionaries({name: values}) for name, values in _labels.items()])
filters = st.one_of(_label, st.builds(lambda one, other: one | other, _label, _label))
"""By one label or two: by more of them, hardly anything passes."""
options = st.builds(
    lambda **given: {name: value for name, value in given.items() if value},
    reason=st.sampled_from([None, None, "why"]),
    expectedStatus=st.sampled_from([None] * 40 + list(RecordStatus)),
    dryRun=st.sampled_from([False] * 6 + [True]),
    allOrNothing=st.sampled_from([False] * 3 + [True]),
    idempotencyKey=keys,
)
changes = st.fixed_dictionaries(
    {}, optional={"tag": tags, "priority": priorities, "campaign": st.sampled_from([*CAMPAIGNS, ""])}
).filter(bool)


class PeopleRules(Acting):
    """Rules of people."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.keyed: list[tuple[str, str, Given]] = []
        """Calls under an idempotency key: by whom, which, and with what."""

    @rule(
        who=people, count=st.integers(1, 3), tag=tags, campaign=campaigns, priority=priorities, key=keys,
        kind=kinds, programs=st.sampled_from([[], *PROGRAMS]),
        hold=st.sampled_from([False, False, True]), reason=st.sampled_from([None, "because"]),
    )  # fmt: skip
    def submit(self, who: str, count: int, kind: str, programs: list[str], **labels: Any) -> None:
        specifications: list[Given] = [{"stone": i} for i in range(count)]
        if kind == "python":
            specifications = [{"function": "math:sqrt", "args": [i], "programs": programs} for i in range(count)]
        given = {"kind": kind, "specifications": specifications}
        given |= {name: value for name, value in labels.items() if name != "key"} | {"idempotencyKey": labels["key"]}
        self.run(who, "submitRecords", given)

    @rule(nth=st.integers(0, 5), picks=picks, options=options)
    def act(self, nth: int, picks: list[int], options: Given) -> None:
        """Something that can be done now, by the owner of a record that it can be done to; the rarest first."""
        found = list(self.reference.records.values())
        actions = [
            action for action in reversed(table.USER_ACTIONS) if any(r.status in table.sources(action) for r in found)
        ]
        for action in self.some(actions, [nth]):
            fitting = self.some([record for record in found if record.status in table.sources(action)], picks)
            self.run(fitting[0].owner, action, options | {"target": {"ids": [record.id for record in fitting]}})

    act_again = act  # chosen twice as often

    @rule(who=anybody, action=actions, picks=picks, options=options)
    def act_anywhere(self, who: str, action: str, picks: list[int], options: Given) -> None:
        """On any records that ever were, and on one that never was."""
        self.run(who, action, options | {"target": {"ids": self.some([*self.reference.ids, UNKNOWN], picks)}})

    @rule(who=anybody, action=actions, where=filters, options=options)
    def act_by_filter(self, who: str, action: str, where: Given, options: Given) -> None:
        self.run(who, action, options | {"target": {"filter": where}})

    @rule(
        who=anybody,
        which=st.one_of(picks, filters),
        changes=changes,
        key=keys,
        dry_run=st.sampled_from([False, False, True]),
    )
    def update(self, who: str, which: Any, changes: Given, key: str | None, dry_run: bool) -> None:
        """By ids, or by a filter."""
        target = {"filter": which}
        if isinstance(which, list):
            target = {"ids": self.some([*self.reference.ids, UNKNOWN], which)}
        self.run(who, "updateRecords", changes | {"target": target, "idempotencyKey": key, "dryRun": dry_run})

    @rule(
        pick=st.integers(0, 11),
        other=st.sampled_from([{}, {}, {"reason": "another"}]),
        by=st.sampled_from([None, "olga"]),
    )
    def repeat(self, pick: int, other: Given, by: str | None) -> None:
        """A call under a key is made again: with the same input or another one, by the same person or another."""
        for who, mutation, given in self.some(self.keyed[::-1], [pick]):
            changed = {"priority": 3} if other and mutation == "updateRecords" else other
            self.run(by or who, mutation, given | changed)

    @rule(who=anybody, wrong=st.sampled_from(["id", "type", "filter", "change", "priority", "tag", "reason"]))
    def ask_for_nonsense(self, who: str, wrong: str) -> None:
        """What is wrong is said, with its place; nothing is done."""
        wrongs: dict[str, tuple[str, Given, str, str]] = {
            "id": ("hold", {"target": {"ids": ["rec_1", "rec_x"]}}, "INVALID_INPUT", "input.target.ids.1"),
            "type": ("kill", {"target": {"ids": ["task_1"]}}, "INVALID_INPUT", "input.target.ids.0"),
            "filter": ("kill", {"target": {"filter": {}}}, "INVALID_INPUT", "input.target.filter"),
            "change": ("updateRecords", {"target": {"ids": ["rec_1"]}}, "INVALID_INPUT", "input"),
            "priority": ("updateRecords", {"target": {"ids": ["rec_1"]}, "priority": 10}, "INVALID_INPUT", "input.priority"),
            "tag": ("updateRecords", {"target": {"ids": []}, "tag": "*"}, "INVALID_INPUT", "input.tag"),
            "reason": ("hold", {"target": {"ids": []}, "reason": "r" * 2_001}, "LIMIT_EXCEEDED", "input.reason"),
        }  # fmt: skip
        mutation, given, code, path = wrongs[wrong]
        payload = self._send(self.person(who), mutation, given | {"idempotencyKey": "k1"})
        assert payload is None or answers.errors(payload) == [{"code": code, "path": path}]

    @rule(python=st.sampled_from([True, True, True, False]), mineral=st.sampled_from([1, 1, 2, None]))
    def install(self, python: bool, mineral: int | None) -> None:
        """The server has other kinds, or one in another version, as after it was started anew."""
        versions = ({"python": 1} if python else {}) | ({} if mineral is None else {"mineral": mineral})
        self.world.install(versions)
        self.reference.kinds = versions
        self.reference.touched |= self.reference.records.keys()  # other actions may be open now
        self.acted = True

    def _send(self, person: Person, mutation: str, given: Given) -> Any:
        if mutation == "submitRecords":
            return self.mutate(person, Capability.SUBMIT, SUBMIT, given)
        document = (
            UPDATE if mutation == "updateRecords" else MOVE.format(Name=mutation.capitalize(), name=mutation.lower())
        )
        return self.mutate(person, Capability.ACT_ON_OWN, document, given)

    def run(self, who: str, mutation: str, given: Given) -> None:
        """Make the call and compare its answer."""
        person = self.person(who)
        payload = self._send(person, mutation, given)
        if given.get("idempotencyKey") is not None:
            self.keyed.append((who, mutation, given))
        if payload is None:
            return
        if mutation == "submitRecords":
            told: Any = payload | {"errors": answers.errors(payload)}
            assert told == submitted(self.reference, person, given, payload["ids"])
        elif mutation == "updateRecords":
            assert answers.moved(payload) == bulk.update(self.reference, person, given)
        else:
            assert answers.moved(payload, mutation) == bulk.transition(self.reference, person, mutation, given)
