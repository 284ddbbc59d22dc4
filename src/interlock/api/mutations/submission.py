"""Submission of records."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from interlock.api.context import Info
from interlock.api.errors import InputError
from interlock.api.mutations.payload import answer
from interlock.api.permissions import requires
from interlock.domain.ids import IdType, encode
from interlock.domain.model import DEFAULT_PRIORITY, DEFAULT_TAG
from interlock.domain.roles import Capability
from interlock.service.submission import Submission, submit_records


@strawberry.input(description="Records to be: alike in everything but their specification.")
class SubmitRecordsInput:
    kind: str = strawberry.field(description="The kind of record; `kinds` lists them.")
    specifications: list[JSON] = strawberry.field(description="What is asked, one for each record, as the kind has it.")
    tag: str = strawberry.field(default=DEFAULT_TAG, description="The label by which managers choose the tasks.")
    priority: int = strawberry.field(default=DEFAULT_PRIORITY, description="From 0 to 9; higher is claimed first.")
    campaign: str | None = strawberry.field(default=None, description="The label that groups records of one purpose.")
    hold: bool = strawberry.field(default=False, description="Put them aside at once; no manager claims them between.")
    reason: str | None = strawberry.field(
        default=None, description="Why; kept in the events. At most 2,000 characters."
    )
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Of one's own choice; the same key with the same input gives the first answer again, for 24 hours.",
    )


@strawberry.type(description="What became of a submission: all records, or none and what was wrong.")
class SubmitRecordsPayload:
    ids: list[strawberry.ID] = strawberry.field(description="The new records, in the order of their specifications.")
    errors: list[InputError] = strawberry.field(description="What was wrong; then nothing was submitted.")

    @strawberry.field(description="How many records were made; 0 beside errors.")
    def submitted(self) -> int:
        return len(self.ids)


@strawberry.type
class SubmissionMutations:
    @strawberry.mutation(
        description="Submit records; their tasks wait to be claimed.", extensions=requires(Capability.SUBMIT)
    )
    async def submit_records(
        self,
        info: Info,
        input: Annotated[  # noqa: A002
            SubmitRecordsInput,
            strawberry.argument(description="The specifications, and the labels that their records share."),
        ],
    ) -> SubmitRecordsPayload:
        async def work() -> SubmitRecordsPayload:
            asked = Submission(
                input.kind,
                input.specifications,
                input.tag,
                input.priority,
                input.campaign,
                input.hold,
                input.reason,
            )
            ids = await submit_records(info.context.core, info.context.viewer, asked, input.idempotency_key)
            return SubmitRecordsPayload(ids=[strawberry.ID(encode(IdType.RECORD, i)) for i in ids], errors=[])

        return await answer(info, work, lambda errors: SubmitRecordsPayload(ids=[], errors=errors))
