"""What people do to many records at a time: transitions and new labels, judged one by one, committed together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from interlock.domain.model import LISTED_REFUSALS
from interlock.domain.outcomes import NOT_REFUSED, Code, Operation, Outcome, Situation
from model import table
from model.account import Given, Person, Record
from model.reference import Reference
from model.refusals import explained, tried

Payload = dict[str, Any]
CONFLICT = {"code": "IDEMPOTENCY_CONFLICT", "path": None}


def once(
    reference: Reference, person: Person, mutation: str, given: Given, work: Callable[[], Payload], nothing: Payload
) -> Payload:
    """What a call answers that may be under an idempotency key; ``nothing`` is the payload of one that is refused."""
    key = given.get("idempotencyKey")
    if key is None or given.get("dryRun"):
        return work()
    first = reference.answers.get((person.name, mutation, key))
    if first is None:
        answer = work()
        if not answer["errors"]:
            reference.answers[person.name, mutation, key] = given, answer
        return answer
    return first[1] if first[0] == given else nothing | {"errors": [CONFLICT]}


def transition(reference: Reference, person: Person, action: str, given: Given) -> Payload:
    """The payload of a transition; the records have moved then, where it is to be."""
    nothing = _payload({}, [], [], given)
    return once(reference, person, action, given, lambda: _transition(reference, person, action, given), nothing)


def _transition(reference: Reference, person: Person, action: str, given: Given) -> Payload:
    expected = given.get("expectedStatus")
    judged = {id_: tried(reference, person, action, id_, expected) for id_ in _named(reference, person, given)}
    refused = [id_ for id_, outcome in judged.items() if outcome.code not in NOT_REFUSED]
    listed = [
        {"id": id_} | explained(reference, judged[id_], action, reference.records.get(id_), expected)
        for id_ in refused[:LISTED_REFUSALS]
    ]
    if given.get("allOrNothing") and refused:
        withheld = table.judged(Operation.TRANSITION, [Situation.OTHERS_REFUSED])
        judged = {id_: withheld if one.code == Code.MOVED else one for id_, one in judged.items()}
    moving = [id_ for id_, outcome in judged.items() if outcome.events]
    for outcome in judged.values():
        reference.met[Operation.TRANSITION, outcome.code] += 1
    if not given.get("dryRun"):
        for id_ in moving:
            reference.act(reference.records[id_], action, person, given.get("reason"))
        reference.commit()
    return _payload(judged, listed, moving, given)


def update(reference: Reference, person: Person, given: Given) -> Payload:
    """The payload of new labels; the records have them then, where it is to be."""
    nothing = _labelled({}, [])
    return once(reference, person, "updateRecords", given, lambda: _update(reference, person, given), nothing)


def _update(reference: Reference, person: Person, given: Given) -> Payload:
    judged = {id_: _relabelled(reference, person, given, id_) for id_ in _named(reference, person, given)}
    listed = []
    for id_, outcome in judged.items():
        if outcome.code in NOT_REFUSED:
            continue
        record = reference.records.get(id_)
        said: Payload = {"currentStatus": record and record.status, "permitted": [], "shortestWay": None}
        listed.append({"id": id_, "code": outcome.code, "message": outcome.sentence} | said)
    if not given.get("dryRun"):
        for id_, outcome in judged.items():
            if outcome.code == Code.MOVED:
                _relabel(reference.records[id_], given)
                reference.touched.add(id_)
    return _labelled(judged, listed[:LISTED_REFUSALS])


def _relabelled(reference: Reference, person: Person, given: Given, id_: str) -> Outcome:
    record = reference.records.get(id_)
    situations = [Situation.MOVABLE]
    if record is None:
        situations.append(Situation.WAS_KILLED if id_ in reference.killed else Situation.NEVER_EXISTED)
    else:
        if not person.may_act_on(record):
            situations.append(Situation.NOT_MINE)
        if _labels(record) == _new_labels(record, given):
            situations.append(Situation.ALREADY_THERE)
    return table.judged(Operation.TRANSITION, situations)


def _labels(record: Record) -> tuple[str, str | None, int]:
    return record.tag, record.campaign, record.priority


def _new_labels(record: Record, given: Given) -> tuple[str, str | None, int]:
    """What is not given stays; an empty campaign is none."""
    return (
        given.get("tag", record.tag),
        given.get("campaign", record.campaign) or None,
        given.get("priority", record.priority),
    )


def _relabel(record: Record, given: Given) -> None:
    record.tag, record.campaign, record.priority = _new_labels(record, given)


def _named(reference: Reference, person: Person, given: Given) -> Sequence[str]:
    """The records that a target means, each once, the oldest first."""
    target = given["target"]
    if "ids" in target:
        return sorted(set(target["ids"]), key=lambda id_: int(id_.removeprefix("rec_")))
    return [record.id for record in reference.passing(target["filter"], person)]


def _counts(judged: dict[str, Outcome]) -> Payload:
    codes = Counter(outcome.code for outcome in judged.values())
    return {
        "matched": len(judged),
        "unchanged": codes[Code.UNCHANGED],
        "refused": sum(n for code, n in codes.items() if code not in NOT_REFUSED),
        "counts": dict(codes),
        "errors": [],
    }


def _payload(judged: dict[str, Outcome], listed: list[Payload], moving: Sequence[str], given: Given) -> Payload:
    return _counts(judged) | {
        "moved": len(moving),
        "movedIds": list(moving[:LISTED_REFUSALS]),
        "dryRun": bool(given.get("dryRun")),
        "refusals": listed,
    }


def _labelled(judged: dict[str, Outcome], listed: list[Payload]) -> Payload:
    updated = sum(outcome.code == Code.MOVED for outcome in judged.values())
    return _counts(judged) | {"updated": updated, "refusals": listed}
