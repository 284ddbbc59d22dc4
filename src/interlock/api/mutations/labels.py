"""New labels for records."""

from __future__ import annotations

from typing import Annotated

import strawberry

from interlock.api.context import Info
from interlock.api.errors import InputError
from interlock.api.inputs import RecordTarget
from interlock.api.mutations.payload import answer
from interlock.api.mutations.transitions import CodeCount, Refusal
from interlock.api.permissions import requires
from interlock.api.scalars import BigInt
from interlock.domain.ids import IdType, encode
from interlock.domain.model import BulkOutcome
from interlock.domain.roles import Capability
from interlock.service.permitted import stated
from interlock.service.relabelling import Update, update_records


@strawberry.input(description="Which records to change, and what.")
class UpdateRecordsInput:
    target: RecordTarget = strawberry.field(description="By ids or by a filter; exactly one of the two.")
    tag: str | None = strawberry.field(default=None, description="Their new tag.")
    campaign: str | None = strawberry.field(default=None, description="Their new campaign; an empty one takes it away.")
    priority: int | None = strawberry.field(default=None, description="Their new priority, from 0 to 9.")
    dry_run: bool = strawberry.field(default=False, description="Only say what would happen.")
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Of one's own choice; the same key with the same input gives the first answer again, for 24 hours.",
    )


@strawberry.type(description="What became of a change of labels. All changes of one call commit together.")
class UpdateRecordsPayload:
    outcome: strawberry.Private[BulkOutcome]
    errors: list[InputError] = strawberry.field(
        description="What was wrong with the call as a whole; then nothing was done."
    )

    @strawberry.field(description="How many records the target named or matched.")
    def matched(self) -> BigInt:
        return BigInt(self.outcome.matched)

    @strawberry.field(description="How many were changed; in a dry run, how many would have been.")
    def updated(self) -> BigInt:
        return BigInt(self.outcome.moved)

    @strawberry.field(description="How many had these labels already.")
    def unchanged(self) -> BigInt:
        return BigInt(self.outcome.unchanged)

    @strawberry.field(description="How many could not be changed.")
    def refused(self) -> BigInt:
        return BigInt(self.outcome.refused)

    @strawberry.field(description="How many records were answered with each code.")
    def counts(self) -> list[CodeCount]:
        return [CodeCount(code=code, count=BigInt(n)) for code, n in sorted(self.outcome.counts.items())]

    @strawberry.field(description="The first 100 refusals, each with its reason.")
    def refusals(self) -> list[Refusal]:
        return [
            Refusal(id=strawberry.ID(encode(IdType.RECORD, row.record_id)), refused=stated(row.code, row.status))
            for row in self.outcome.refusals
        ]


@strawberry.type
class LabelMutations:
    @strawberry.mutation(
        description="Change tag, campaign or priority of records; no transition, so no event.",
        extensions=requires(Capability.ACT_ON_OWN),
    )
    async def update_records(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            UpdateRecordsInput, strawberry.argument(description="Which ones, and the labels that they are to have.")
        ],
    ) -> UpdateRecordsPayload:
        async def work() -> UpdateRecordsPayload:
            ids, where = input.target.chosen()
            asked = Update(ids, where, input.tag, input.campaign, input.priority, input.dry_run)
            outcome = await update_records(info.context.core, info.context.viewer, asked, input.idempotency_key)
            return UpdateRecordsPayload(outcome=outcome, errors=[])

        return await answer(info, work, lambda errors: UpdateRecordsPayload(outcome=BulkOutcome({}), errors=errors))
