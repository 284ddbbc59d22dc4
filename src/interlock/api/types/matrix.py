"""The permitted transitions as clients query them, and which of them are open to the one who asks."""

from __future__ import annotations

from typing import Annotated

import strawberry

from interlock.domain import matrix
from interlock.domain.drawing import mermaid
from interlock.domain.lifecycle import Action, ActorKind, RecordStatus, Target, TaskEffect, TaskStatus
from interlock.domain.lifecycle import Transition as Row
from interlock.domain.outcomes import Code
from interlock.service.permitted import Judgement, Refused


@strawberry.type(description="One permitted move: a row of the matrix.")
class Transition:
    row: strawberry.Private[Row]

    @strawberry.field(description="Its number in the thread that the lifecycle comes from; REGENERATE has none.")
    def number(self) -> int | None:
        return self.row.number

    @strawberry.field(description="The verb; for a USER action also the name of its mutation.")
    def action(self) -> Action:
        return self.row.action

    @strawberry.field(name="from", description="The status it starts from.")
    def source(self) -> RecordStatus:
        return self.row.source

    @strawberry.field(description="Where it leads.")
    def to(self) -> Target:
        return self.row.target

    @strawberry.field(description="Who may take it.")
    def actors(self) -> list[ActorKind]:
        return list(self.row.actors)

    @strawberry.field(description="What it does to the task.")
    def task_effect(self) -> TaskEffect:
        return self.row.task_effect

    @strawberry.field(description="What it means.")
    def description(self) -> str:
        return self.row.meaning


@strawberry.type(description="The lifecycle as data: every permitted transition, and nothing else is permitted.")
class TransitionMatrix:
    @strawberry.field(description="A fingerprint of the table; it changes when the table does.")
    def revision(self) -> str:
        return matrix.revision()

    @strawberry.field(description="Every status of records.")
    def record_statuses(self) -> list[RecordStatus]:
        return list(RecordStatus)

    @strawberry.field(description="Every status of tasks: those in which a record has one.")
    def task_statuses(self) -> list[TaskStatus]:
        return list(TaskStatus)

    @strawberry.field(description="The permitted transitions, all of them or those that are asked for.")
    def transitions(
        self,
        from_: Annotated[
            RecordStatus | None, strawberry.argument(name="from", description="Only those from this status.")
        ] = None,
        action: Annotated[Action | None, strawberry.argument(description="Only those of this action.")] = None,
    ) -> list[Transition]:
        return [Transition(row=row) for row in matrix.transitions(source=from_, action=action)]

    @strawberry.field(description="The lifecycle as a Mermaid state diagram.")
    def mermaid(self) -> str:
        return mermaid()


@strawberry.type(description="Why an action is not open, and what is instead.")
class Denial:
    refused: strawberry.Private[Refused]

    @strawberry.field(description="The reason, for programs.")
    def code(self) -> Code:
        return self.refused.code

    @strawberry.field(description="The reason, for people.")
    def message(self) -> str:
        return self.refused.message

    @strawberry.field(description="The status that the record is in; null where there is no record.")
    def current_status(self) -> RecordStatus | None:
        return self.refused.status

    @strawberry.field(description="The actions that the viewer may take instead.")
    def permitted(self) -> list[Action]:
        return list(self.refused.permitted)

    @strawberry.field(
        description="The fewest transitions, by whoever may take them, to where the refused action would have led; "
        "null where there is no way."
    )
    def shortest_way(self) -> list[Transition] | None:
        return None if self.refused.way is None else [Transition(row=row) for row in self.refused.way]


@strawberry.type(description="An action, and whether the viewer may take it on this record now.")
class PermittedAction:
    judgement: strawberry.Private[Judgement]

    @strawberry.field(description="The verb; for a USER action also the name of its mutation.")
    def action(self) -> Action:
        return self.judgement.action

    @strawberry.field(description="Where it would lead.")
    def to(self) -> Target:
        return self.judgement.target

    @strawberry.field(description="Whether the viewer may take it now.")
    def permitted(self) -> bool:
        return self.judgement.denial is None

    @strawberry.field(description="Why not, where the viewer may not.")
    def denial(self) -> Denial | None:
        return None if self.judgement.denial is None else Denial(refused=self.judgement.denial)
