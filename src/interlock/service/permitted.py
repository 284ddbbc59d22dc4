"""Which actions are open to a viewer on a record, and for the others why not and what is instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from interlock.domain import matrix
from interlock.domain.lifecycle import Action, ActorKind, RecordStatus, Target, Transition
from interlock.domain.outcomes import Code, Operation, sentence
from interlock.domain.roles import Capability, Principal


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an action is not open: a code, a sentence, and what is permitted instead."""

    code: Code
    message: str
    status: RecordStatus | None
    permitted: Sequence[Action]
    way: Sequence[Transition] | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """An action on a record; open where there is no denial."""

    action: Action
    target: Target
    denial: Refused | None


def actor_kind(viewer: Principal) -> ActorKind | None:
    """As whom a viewer acts; one that can only read acts as nobody."""
    if viewer.may(Capability.RUN_TASKS):
        return ActorKind.MANAGER
    return ActorKind.USER if viewer.may(Capability.ACT_ON_OWN) else None


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides about the actions on a record. ``holder_id`` is whose manager holds its lease, while it runs.

    ``kind_installed`` and ``specified``: whether its task could be built anew.
    """

    status: RecordStatus
    owner_id: int
    holder_id: int | None = None
    kind_installed: bool = True
    specified: bool = True


def open_actions(record: Standing, viewer: Principal) -> tuple[Action, ...]:
    """The actions that the viewer may take on a record."""
    kind = actor_kind(viewer)
    if kind is None or not _concerns(record, viewer, kind):
        return ()
    actions = (row.action for row in matrix.transitions(source=record.status, actor=kind))
    return tuple(action for action in actions if action != Action.REGENERATE or _unbuildable(record) is None)


def _unbuildable(record: Standing) -> Code | None:
    """Why no task can be built for the record; in the order of the outcome table."""
    if not record.kind_installed:
        return Code.KIND_NOT_INSTALLED
    return None if record.specified else Code.SPECIFICATION_MISSING


def _concerns(record: Standing, viewer: Principal, kind: ActorKind) -> bool:
    """Whether the record is the viewer's to act on: a manager answers for its own leases only."""
    if kind == ActorKind.MANAGER:
        return record.status != RecordStatus.RUNNING or record.holder_id == viewer.id
    return viewer.may_act_on(record.owner_id)


def refusal(
    code: Code,
    action: Action,
    status: RecordStatus | None,
    open_to_viewer: Sequence[Action],
    expected: RecordStatus | None = None,
    *,
    buildable: bool = True,
) -> Refused:
    """A refusal in words, with the permitted alternatives and the shortest way to where the action leads.

    ``buildable``: whether REGENERATE could be done, which needs a kind and a specification.
    """
    message = sentence(Operation.TRANSITION, code).format(
        status=status, expected=expected, action=action, sources=" or ".join(matrix.sources(action))
    )
    return Refused(code, message, status, open_to_viewer, _way(status, action, buildable=buildable))


def _way(status: RecordStatus | None, action: Action, *, buildable: bool) -> Sequence[Transition] | None:
    """The shortest way to where an action leads, if there is one that this record can go."""
    way = None if status is None else matrix.shortest_way(status, matrix.target(action))
    if way is None or buildable or all(step.action != Action.REGENERATE for step in way):
        return way
    return None


def stated(code: Code, status: RecordStatus | None) -> Refused:
    """A refusal of something that is no transition, so there is no way to speak of."""
    return Refused(code, sentence(Operation.TRANSITION, code), status, (), None)


def _denial(action: Action, record: Standing, viewer: Principal) -> Refused | None:
    """In the order of the outcome table: first whose the record is, then what its status permits."""
    status = record.status
    alternatives, buildable = open_actions(record, viewer), _unbuildable(record) is None
    if action in alternatives:
        return None
    kind = actor_kind(viewer)
    if kind is None or not matrix.transitions(action=action, actor=kind):
        actors = " or ".join(dict.fromkeys(actor for row in matrix.transitions(action=action) for actor in row.actors))
        way = _way(status, action, buildable=buildable)
        return Refused(Code.FORBIDDEN, f"{action} is for {actors} only.", status, alternatives, way)
    if not _concerns(record, viewer, kind):
        return refusal(Code.FORBIDDEN, action, status, alternatives, buildable=buildable)
    if str(matrix.target(action)) == str(status):
        return refusal(Code.UNCHANGED, action, status, alternatives, buildable=buildable)
    code = Code.NOT_PERMITTED if matrix.find(status, action) is None else _unbuildable(record)
    assert code is not None, "what is permitted and can be done is among the alternatives"
    return refusal(code, action, status, alternatives, buildable=buildable)


def judge(record: Standing, viewer: Principal, *, include_denied: bool) -> list[Judgement]:
    """Every action of the matrix on this record, as the viewer finds it; only the open ones unless asked."""
    actions = [action for action in Action if matrix.transitions(action=action)]
    judgements = [Judgement(action, matrix.target(action), _denial(action, record, viewer)) for action in actions]
    return [one for one in judgements if include_denied or one.denial is None]
