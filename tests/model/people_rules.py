"""What people do, each by the role that their key speaks for: submit, move, label, one record or many, once or again."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from interlock.domain.lifecycle import RecordStatus
from interlock.domain.roles import Capability
from model import answers, bulk, table
from model.account import Given, Person, Record
from model.acting import Acting
from support.api import MOVE, SUBMIT, UPDATE

TAGS, CAMPAIGNS, PROGRAMS = ["blue", "red", "green"], ["spring", "autumn"], [[], ["psi4"], ["psi4", "xtb"]]
ERROR_TYPES = ["flaky", "instant", "hopeless", "lease_expired"]
UNKNOWN = "rec_999999"

picks = st.lists(st.integers(0, 11), min_size=1, max_size=4)
anybody = st.sampled_from(["olga", "alice", "bob", "ada", "vera", "north"])
people = st.sampled_from(["olga", "alice", "ada", "bob"])
actions = st.sampled_from(table.USER_ACTIONS)
tags, priorities = st.sampled_from(TAGS), st.sampled_from([5, 0, 9])
campaigns = st.sampled_from([None, *CAMPAIGNS])
keys = st.sampled_from([None, None, None, "k1", "k2"])
filters = st.fixed_dictionaries(
    {},
    optional={
        "status": st.lists(st.sampled_from(list(RecordStatus)), max_size=3, unique=True),
        "tag": st.lists(tags, min_size=1, max_size=2, unique=True),
        "campaign": st.lists(st.sampled_from(CAMPAIGNS), min_size=1, max_size=2, unique=True),
        "owner": st.lists(st.sampled_from(["alice", "bob", "olga"]), min_size=1, max_size=2, unique=True),
        "kind": st.lists(st.sampled_from(["python", "mineral"]), min_size=1, max_size=2, unique=True),
        "errorType": st.lists(st.sampled_from(ERROR_TYPES), min_size=1, max_size=2, unique=True),
    },
)
options = st.builds(
    lambda **given: {name: value for name, value in given.items() if value},
    reason=st.sampled_from([None, None, "why"]),
    expectedStatus=st.sampled_from([None] * 20 + list(RecordStatus)),
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
        kind=st.sampled_from(["python", "python", "mineral"]), programs=st.sampled_from([[], *PROGRAMS]),
        hold=st.sampled_from([False, False, True]), reason=st.sampled_from([None, "because"]),
    )  # fmt: skip
    def submit(self, who: str, count: int, kind: str, programs: list[str], **labels: Any) -> None:
        specifications: list[Given] = [{"stone": i} for i in range(count)]
        if kind == "python":
            specifications = [{"function": "math:sqrt", "args": [i], "programs": programs} for i in range(count)]
        given = {"kind": kind, "specifications": specifications}
        given |= {name: value for name, value in labels.items() if name != "key"} | {"idempotencyKey": labels["key"]}
        self._run(who, "submitRecords", given)

    @rule(who=people, action=actions, picks=picks, options=options)
    def act(self, who: str, action: str, picks: list[int], options: Given) -> None:
        """On records that the action is for."""
        fitting = [r.id for r in self.reference.records.values() if r.status in table.sources(action)]
        self._run(who, action, options | {"target": {"ids": self.some(fitting, picks)}})

    @rule(who=anybody, action=actions, picks=picks, options=options)
    def act_anywhere(self, who: str, action: str, picks: list[int], options: Given) -> None:
        """On any records that ever were, and on one that never was."""
        self._run(who, action, options | {"target": {"ids": self.some([*self.reference.ids, UNKNOWN], picks)}})

    @rule(who=anybody, action=actions, where=filters.filter(bool), options=options)
    def act_by_filter(self, who: str, action: str, where: Given, options: Given) -> None:
        self._run(who, action, options | {"target": {"filter": where}})

    @rule(who=anybody, which=st.one_of(picks, filters.filter(bool)), changes=changes, key=keys, dry_run=st.sampled_from([False, False, True]))
    def update(self, who: str, which: Any, changes: Given, key: str | None, dry_run: bool) -> None:
        """By ids, or by a filter."""
        target = {"filter": which}
        if isinstance(which, list):
            target = {"ids": self.some([*self.reference.ids, UNKNOWN], which)}
        self._run(who, "updateRecords", changes | {"target": target, "idempotencyKey": key, "dryRun": dry_run})

    @rule(pick=st.integers(0, 11), other=st.sampled_from([{}, {}, {"reason": "another"}]), by=st.sampled_from([None, "olga"]))
    def repeat(self, pick: int, other: Given, by: str | None) -> None:
        """A call under a key is made again: with the same input or another one, by the same person or another."""
        for who, mutation, given in self.some(self.keyed, [pick]):
            self._run(by or who, mutation, given | ({} if mutation == "updateRecords" else other))

    @rule(who=anybody, wrong=st.sampled_from(["id", "type", "filter", "change", "priority", "tag", "reason"]))
    def ask_for_nonsense(self, who: str, wrong: str) -> None:
        """What is wrong is said, with its place; nothing is done."""
        mutation, given, code, path = {
            "id": ("hold", {"target": {"ids": ["rec_1", "rec_x"]}}, "INVALID_INPUT", "input.target.ids.1"),
            "type": ("kill", {"target": {"ids": ["task_1"]}}, "INVALID_INPUT", "input.target.ids.0"),
            "filter": ("kill", {"target": {"filter": {}}}, "INVALID_INPUT", "input.target.filter"),
            "change": ("updateRecords", {"target": {"ids": ["rec_1"]}}, "INVALID_INPUT", "input"),
            "priority": ("updateRecords", {"target": {"ids": ["rec_1"]}, "priority": 10}, "INVALID_INPUT", "input.priority"),
            "tag": ("submitRecords", {"kind": "python", "specifications": [], "tag": "*"}, "INVALID_INPUT", "input.tag"),
            "reason": ("hold", {"target": {"ids": []}, "reason": "r" * 2_001}, "LIMIT_EXCEEDED", "input.reason"),
        }[wrong]  # fmt: skip
        payload = self._send(self.person(who), mutation, given | {"idempotencyKey": "k1"})
        assert payload is None or answers.errors(payload) == [{"code": code, "path": path}]

    @rule(names=st.sampled_from([["python"], ["python", "mineral"], ["python", "mineral"]]))
    def install(self, names: list[str]) -> None:
        self.world.install(set(names))
        self.reference.kinds = set(names)

    def _send(self, person: Person, mutation: str, given: Given) -> Any:
        if mutation == "submitRecords":
            return self.mutate(person, Capability.SUBMIT, SUBMIT, given)
        document = UPDATE if mutation == "updateRecords" else MOVE.format(Name=mutation.capitalize(), name=mutation.lower())
        return self.mutate(person, Capability.ACT_ON_OWN, document, given)

    def _run(self, who: str, mutation: str, given: Given) -> None:
        """Make the call and compare its answer."""
        person = self.person(who)
        payload = self._send(person, mutation, given)
        if given.get("idempotencyKey") is not None:
            self.keyed.append((who, mutation, given))
        if payload is None:
            return
        if mutation == "submitRecords":
            told: Any = payload | {"errors": answers.errors(payload)}
            assert told == self._submitted(person, given, payload)
        elif mutation == "updateRecords":
            assert answers.moved(payload) == bulk.update(self.reference, person, given)
        else:
            assert answers.moved(payload, mutation) == bulk.transition(self.reference, person, mutation, given)

    def _submitted(self, person: Person, given: Given, payload: Given) -> Given:
        nothing: Given = {"ids": [], "submitted": 0, "errors": []}

        def work() -> Given:
            if given["kind"] not in self.reference.kinds:
                return nothing | {"errors": [{"code": "KIND_NOT_INSTALLED", "path": None}]}
            self._made(person, given, payload["ids"])
            return nothing | {"ids": payload["ids"], "submitted": len(given["specifications"])}

        return bulk.once(self.reference, person, "submitRecords", given, work, nothing)

    def _made(self, person: Person, given: Given, ids: list[str]) -> None:
        """The server chose the ids: new ones, in the order of what was given."""
        known = self.reference.ids
        numbers = [int(id_.removeprefix("rec_")) for id_ in [*known[-1:], *ids]]
        assert numbers == sorted(set(numbers)), f"{ids} after {known}"
        records = []
        for id_, specification in zip(ids, given["specifications"], strict=True):
            content = {"function": "stone:turn", "args": [specification, 1], "kwargs": {}}
            if given["kind"] == "python":
                content = {name: specification.get(name, {}) for name in ("function", "args", "kwargs")}
                specification = specification | {"kwargs": {}}
            labels = {name: given[name] for name in ("kind", "tag", "campaign", "priority")}
            now = self.reference.now
            records.append(
                Record(
                    id=id_, owner=person.name, specification=specification, content=content,
                    programs=sorted(specification.get("programs", [])), status="WAITING",
                    submitted=now.copy(), since=now.copy(), **labels,
                )
            )  # fmt: skip
        with self.reference.transaction():
            for record in records:
                self.reference.create(record, given["reason"])
            for record in records if given["hold"] else ():
                self.reference.act(record, "HOLD", person, given["reason"])
