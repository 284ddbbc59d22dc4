"""The six transitions that people take; each action has its own input and payload, all alike."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from strawberry.tools import create_type

from interlock.api.context import Info
from interlock.api.errors import InputError
from interlock.api.inputs import RecordTarget
from interlock.api.mutations.payload import answer
from interlock.api.permissions import requires
from interlock.api.scalars import BigInt
from interlock.api.types.matrix import Denial
from interlock.domain.ids import IdType, encode
from interlock.domain.lifecycle import ACTION_MEANING, USER_ACTIONS, Action, ActorKind, RecordStatus
from interlock.domain.matrix import transitions
from interlock.domain.model import BulkOutcome
from interlock.domain.model import Refusal as Row
from interlock.domain.outcomes import Code
from interlock.domain.roles import Capability
from interlock.service.permitted import refusal
from interlock.service.transitions import Move, move


@strawberry.type(description="How many records an operation answered with one code.")
class CodeCount:
    code: Code = strawberry.field(description="What it was answered with: moved, unchanged, or why not.")
    count: BigInt = strawberry.field(description="How many records.")


@strawberry.type(description="Why one record was not moved, and what is permitted instead.")
class Refusal(Denial):
    id: strawberry.ID = strawberry.field(description="The record's id.")


@strawberry.input(description="What to move, and how.")
class TransitionInput:
    target: RecordTarget = strawberry.field(description="By ids or by a filter; exactly one of the two.")
    reason: str | None = strawberry.field(
        default=None, description="Why; kept in every event. At most 2,000 characters."
    )
    expected_status: RecordStatus | None = strawberry.field(
        default=None, description="Move a record only if it is in this status, as the caller last saw it."
    )
    dry_run: bool = strawberry.field(default=False, description="Only say what would happen.")
    all_or_nothing: bool = strawberry.field(default=False, description="Move none if any is refused.")
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Of one's own choice; the same key with the same input gives the first answer again, for 24 hours.",
    )


@strawberry.interface(description="What became of a bulk transition. All moves of one call commit together.")
class TransitionPayload:
    outcome: strawberry.Private[BulkOutcome]
    taken: strawberry.Private[Action]
    expected: strawberry.Private[RecordStatus | None]
    errors: list[InputError] = strawberry.field(
        description="What was wrong with the call as a whole; then nothing was done."
    )

    @strawberry.field(description="How many records the target named or matched.")
    def matched(self) -> BigInt:
        return BigInt(self.outcome.matched)

    @strawberry.field(description="How many were moved; in a dry run, how many would have been.")
    def moved(self) -> BigInt:
        return BigInt(self.outcome.moved)

    @strawberry.field(description="How many were in the target status already.")
    def unchanged(self) -> BigInt:
        return BigInt(self.outcome.unchanged)

    @strawberry.field(description="How many could not be moved.")
    def refused(self) -> BigInt:
        return BigInt(self.outcome.refused)

    @strawberry.field(description="Whether nothing was really done.")
    def dry_run(self) -> bool:
        return self.outcome.dry_run

    @strawberry.field(description="How many records were answered with each code.")
    def counts(self) -> list[CodeCount]:
        return [CodeCount(code=code, count=BigInt(n)) for code, n in sorted(self.outcome.counts.items())]

    @strawberry.field(description="The ids of the first 100 records moved.")
    def moved_ids(self) -> list[strawberry.ID]:
        return [strawberry.ID(encode(IdType.RECORD, record_id)) for record_id in self.outcome.moved_ids]

    @strawberry.field(description="The first 100 refusals, each with its reason.")
    def refusals(self) -> list[Refusal]:
        return [self._refusal(row) for row in self.outcome.refusals]

    def _refusal(self, row: Row) -> Refusal:
        mine = row.status is not None and row.code != Code.FORBIDDEN
        open_to_people = [r.action for r in transitions(source=row.status, actor=ActorKind.USER)] if mine else []
        if not row.buildable:
            open_to_people = [action for action in open_to_people if action != Action.REGENERATE]
        return Refusal(
            id=strawberry.ID(encode(IdType.RECORD, row.record_id)),
            refused=refusal(row.code, self.taken, row.status, open_to_people, self.expected, buildable=row.buildable),
        )


def _field(action: Action) -> Any:
    """The mutation of one action, with an input and a payload of its own."""
    name = action.title().replace("_", "")
    given: Any = strawberry.input(
        type(f"{name}Input", (TransitionInput,), {}),
        description=f"Which records to {action.lower()}, and how.",
    )
    payload: Any = strawberry.type(
        type(f"{name}Payload", (TransitionPayload,), {}),
        description=f"What became of a call of `{action.lower()}`.",
    )

    async def resolve(info: Info, input: Any) -> Any:  # noqa: A002 - the argument's name in GraphQL
        asked = input.expected_status

        async def work() -> Any:
            ids, where = input.target.chosen()
            wanted = Move(action, ids, where, input.reason, asked, input.dry_run, input.all_or_nothing)
            outcome = await move(info.context.core, info.context.viewer, wanted, input.idempotency_key)
            return payload(outcome=outcome, taken=action, expected=asked, errors=[])

        def refused(errors: list[InputError]) -> Any:
            return payload(outcome=BulkOutcome({}, dry_run=input.dry_run), taken=action, expected=asked, errors=errors)

        return await answer(info, work, refused)

    resolve.__name__ = action.lower()
    described = strawberry.argument(description="Which records, and how.")
    resolve.__annotations__ = {"info": Info, "input": Annotated[given, described], "return": payload}
    return strawberry.mutation(
        resolver=resolve,
        name=action.lower(),
        description=ACTION_MEANING[action],
        extensions=requires(Capability.ACT_ON_OWN),
    )


TransitionMutations = create_type("TransitionMutations", [_field(action) for action in USER_ACTIONS])
"""One field for each action that people take."""
