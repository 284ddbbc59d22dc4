"""What a submission makes: records with their tasks, in the order given, and held at once where that was asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from interlock.domain.lifecycle import FIRST_STATUS, Action
from model import bulk
from model.account import Given, Person, Record
from model.reference import Reference

_NOTHING: Given = {"ids": [], "submitted": 0, "errors": []}
_NOT_INSTALLED = {"code": "KIND_NOT_INSTALLED", "path": None}


def submitted(reference: Reference, person: Person, given: Given, ids: Sequence[str]) -> Given:
    """The payload of a submission, for which the server chose these ids, if any were to be made."""
    first, _ = reference.answers.get((person.name, "submitRecords", given["idempotencyKey"]), (None, None))
    if given["kind"] not in reference.kinds and first != given:
        return _NOTHING | {"errors": [_NOT_INSTALLED]}

    def work() -> Given:
        _make(reference, person, given, ids)
        return _NOTHING | {"ids": ids, "submitted": len(given["specifications"])}

    return bulk.once(reference, person, "submitRecords", given, work, _NOTHING)


def _make(reference: Reference, person: Person, given: Given, ids: Sequence[str]) -> None:
    known = reference.ids
    numbers = [int(id_.removeprefix("rec_")) for id_ in [*known[-1:], *ids]]
    assert numbers == sorted(set(numbers)), f"{ids} are not all new and in order, after {known[-1:]}"
    records = [_record(reference, person, given, *one) for one in zip(ids, given["specifications"], strict=True)]
    for record in records:
        reference.create(record, given["reason"])
    for record in records if given["hold"] else ():
        reference.act(record, Action.HOLD, person, given["reason"])
    reference.commit()


def _record(reference: Reference, person: Person, given: Given, id_: str, asked: dict[str, Any]) -> Record:
    specification, content = (
        asked,
        {"function": "stone:turn", "args": [asked, reference.kinds[given["kind"]]], "kwargs": {}},
    )
    if given["kind"] == "python":
        specification = asked | {"kwargs": {}}
        content = {name: specification[name] for name in content}
    return Record(
        id=id_,
        owner=person.name,
        kind=given["kind"],
        version=reference.kinds[given["kind"]],
        specification=specification,
        content=content,
        programs=sorted(asked.get("programs", [])),
        tag=given["tag"],
        campaign=given["campaign"],
        priority=given["priority"],
        status=FIRST_STATUS,
        submitted=reference.now.copy(),
        since=reference.now.copy(),
    )
