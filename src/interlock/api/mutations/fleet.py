"""The manager protocol: claim, heartbeat, return."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.scalars import JSON
from strawberry.types.maybe import Maybe

from interlock.api.context import Info
from interlock.api.errors import InputError, input_errors
from interlock.api.mutations.payload import EXPECTED, answer
from interlock.api.permissions import requires
from interlock.api.scalars import stored
from interlock.domain.errors import InvalidInput
from interlock.domain.ids import IdType, encode, encode_token, parse, parse_token
from interlock.domain.outcomes import Code, Operation, sentence
from interlock.domain.roles import Capability
from interlock.service import fleet
from interlock.service.writing import written
from interlock.store.claim import LeaseRow

_RUN = requires(Capability.RUN_TASKS)
_LIMIT = (
    "How many tasks at most, from 1 to 1,000. There are fewer where more would have too many bytes of arguments "
    "altogether (64,000,000, unless the server is set otherwise), but always one: claim again for the rest, which "
    "stays WAITING."
)
_INPUT = strawberry.argument(description="What the manager says.")


@strawberry.input(description="A request for tasks.")
class ClaimTasksInput:
    manager_id: strawberry.ID = strawberry.field(description="The manager, as `activateManager` named it.")
    limit: int = strawberry.field(default=10, description=_LIMIT)
    claim_key: str | None = strawberry.field(
        default=None,
        description="Of one's own choice; the same key gives the same leases again, if a reply was lost.",
    )


@strawberry.type(description="A claimed task, and the right to return it.")
class Lease:
    row: strawberry.Private[LeaseRow]

    @strawberry.field(description="Stands for this attempt in heartbeats and returns; it fences off late answers.")
    def token(self) -> str:
        return encode_token((self.row.record_id, self.row.attempt, self.row.claim_id))

    @strawberry.field(description="The record that it computes.")
    def record_id(self) -> strawberry.ID:
        return strawberry.ID(encode(IdType.RECORD, self.row.record_id))

    @strawberry.field(description="The claimed task, which goes with its record.")
    def task_id(self) -> strawberry.ID:
        return strawberry.ID(encode(IdType.TASK, self.row.record_id))

    @strawberry.field(description="The number of this attempt.")
    def attempt(self) -> int:
        return self.row.attempt

    @strawberry.field(description="When the lease runs out unless a heartbeat renews it.")
    def expires_at(self) -> datetime:
        return self.row.expires_at

    @strawberry.field(description="The Python function to call, as `package.module:function`.")
    def function(self) -> str:
        return self.row.function

    @strawberry.field(description="Its positional arguments: a list.")
    def args(self) -> JSON:
        return stored(self.row.args) or JSON([])

    @strawberry.field(description="Its keyword arguments: an object.")
    def kwargs(self) -> JSON:
        return stored(self.row.kwargs) or JSON({})

    @strawberry.field(description="The programs that it needs.")
    def required_programs(self) -> list[str]:
        return self.row.programs

    @strawberry.field(description="The task's tag.")
    def tag(self) -> str:
        return self.row.tag

    @strawberry.field(description="The task's priority.")
    def priority(self) -> int:
        return self.row.priority


@strawberry.type(description="The tasks claimed: by tag in the manager's order, then priority, then age.")
class ClaimTasksPayload:
    leases: list[Lease] = strawberry.field(description="One lease for each task.")
    errors: list[InputError] = strawberry.field(description="What was wrong; then nothing was claimed.")


@strawberry.input(description="A sign of life.")
class HeartbeatInput:
    manager_id: strawberry.ID = strawberry.field(description="The manager, as `activateManager` named it.")
    tokens: list[str] = strawberry.field(description="The leases that it holds; all of them are renewed.")


@strawberry.type(description="A lease that the manager no longer holds.")
class LostLease:
    token: str = strawberry.field(description="As the claim gave it, and the heartbeat listed it.")
    code: Code = strawberry.field(description="Why, for programs.")
    message: str = strawberry.field(description="Why, and what to do.")


@strawberry.type(description="Which leases were renewed, and which are lost.")
class HeartbeatPayload:
    renewed: int = strawberry.field(description="How many leases were renewed.")
    lost: list[LostLease] = strawberry.field(description="The leases that are lost: stop their tasks.")
    expires_at: datetime | None = strawberry.field(description="When the renewed leases run out.")
    errors: list[InputError] = strawberry.field(description="What was wrong; then nothing was renewed.")


@strawberry.input(description="Why a task failed.")
class TaskErrorInput:
    type: str = strawberry.field(
        description="A short name for programs and the retry policy, such as `scf_not_converged`."
    )
    message: str = strawberry.field(description="The reason, for people.")
    traceback: str | None = strawberry.field(default=None, description="Where it happened.")


@strawberry.input(description="What became of a task: exactly one of these.", one_of=True)
class TaskOutcomeInput:
    result: Maybe[JSON] = strawberry.field(description="It finished, with this result.")
    error: Maybe[TaskErrorInput] = strawberry.field(description="It failed.")
    unstarted: Maybe[bool] = strawberry.field(description="It was not begun: true hands it back.")


@strawberry.input(description="A task handed back.")
class TaskReturnInput:
    token: str = strawberry.field(description="The token of its lease.")
    outcome: TaskOutcomeInput = strawberry.field(description="What became of it.")
    stdout: str | None = strawberry.field(default=None, description="What it wrote to its standard output.")
    stderr: str | None = strawberry.field(default=None, description="What it wrote to its standard error.")


@strawberry.input(description="A request for the next tasks, made with a return: it saves a round trip.")
class NextClaimInput:
    limit: int = strawberry.field(default=10, description=_LIMIT)
    claim_key: str | None = strawberry.field(
        default=None,
        description="Of one's own choice; the same key gives the same leases again, if a reply was lost.",
    )


@strawberry.input(description="Tasks handed back.")
class ReturnTasksInput:
    manager_id: strawberry.ID = strawberry.field(description="The manager, as `activateManager` named it.")
    returns: list[TaskReturnInput] = strawberry.field(description="Up to 1,000 of them; each stands for itself.")
    claim: NextClaimInput | None = strawberry.field(
        default=None, description="What to claim next, once the returns are taken; as `claimTasks` would."
    )


@strawberry.type(description="The answer to one returned task.")
class ReturnAnswer:
    token: str = strawberry.field(description="The token of its lease.")
    code: Code = strawberry.field(description="ACCEPTED, ALREADY_ACCEPTED, or why it was refused.")
    message: str = strawberry.field(description="The same for people.")


@strawberry.type(description="The answers to returned tasks.")
class ReturnTasksPayload:
    answers: list[ReturnAnswer] = strawberry.field(description="One for each, in the order given.")
    leases: list[Lease] = strawberry.field(description="The tasks claimed next; none unless `claim` asked for them.")
    errors: list[InputError] = strawberry.field(
        description="What was wrong with the call; then nothing was taken. Beside answers: why nothing was claimed."
    )


def _returned(i: int, given: TaskReturnInput) -> fleet.Returned:
    outcome = given.outcome
    error = outcome.error.value if outcome.error else None
    if outcome.unstarted is not None and not outcome.unstarted.value:
        raise InvalidInput("must be true, or be left out.", f"input.returns.{i}.outcome.unstarted")
    return fleet.Returned(
        token=parse_token(given.token, f"input.returns.{i}.token"),
        result=written(outcome.result.value, f"input.returns.{i}.outcome.result") if outcome.result else None,
        error_type=error.type if error else None,
        error_message=error.message if error else None,
        traceback=error.traceback if error else None,
        stdout=given.stdout,
        stderr=given.stderr,
        unstarted=outcome.unstarted is not None,
    )


async def _claimed(info: Info, manager: int, limit: int, key: str | None) -> ClaimTasksPayload:
    try:
        rows = await fleet.claim_tasks(info.context.core, info.context.viewer, manager, limit, key)
    except EXPECTED as error:
        return ClaimTasksPayload(leases=[], errors=input_errors(error))
    return ClaimTasksPayload(leases=[Lease(row=row) for row in rows], errors=[])


@strawberry.type
class FleetMutations:
    @strawberry.mutation(description="Claim tasks; each comes with a lease that heartbeats renew.", extensions=_RUN)
    async def claim_tasks(self, info: Info, input: Annotated[ClaimTasksInput, _INPUT]) -> ClaimTasksPayload:  # noqa: A002
        async def work() -> ClaimTasksPayload:
            manager = parse(IdType.MANAGER, input.manager_id, "input.managerId")
            fleet.check_claim(info.context.core, input.limit, input.claim_key, "input")
            return await _claimed(info, manager, input.limit, input.claim_key)

        return await answer(info, work, lambda errors: ClaimTasksPayload(leases=[], errors=errors))

    @strawberry.mutation(
        description="Renew leases, and hear which are lost. Also without tokens: that says that the manager is there.",
        extensions=_RUN,
    )
    async def heartbeat(self, info: Info, input: Annotated[HeartbeatInput, _INPUT]) -> HeartbeatPayload:  # noqa: A002
        async def work() -> HeartbeatPayload:
            manager = parse(IdType.MANAGER, input.manager_id, "input.managerId")
            tokens = [parse_token(token, f"input.tokens.{i}") for i, token in enumerate(input.tokens)]
            expires_at, codes = await fleet.renew_leases(info.context.core, info.context.viewer, manager, tokens)
            lost = [
                LostLease(token=token, code=code, message=sentence(Operation.HEARTBEAT, code))
                for token, code in zip(input.tokens, codes, strict=True)
                if code != Code.RENEWED
            ]
            return HeartbeatPayload(renewed=codes.count(Code.RENEWED), lost=lost, expires_at=expires_at, errors=[])

        return await answer(
            info, work, lambda errors: HeartbeatPayload(renewed=0, lost=[], expires_at=None, errors=errors)
        )

    @strawberry.mutation(description="Hand tasks back: results, errors, or not begun.", extensions=_RUN)
    async def return_tasks(self, info: Info, input: Annotated[ReturnTasksInput, _INPUT]) -> ReturnTasksPayload:  # noqa: A002
        async def work() -> ReturnTasksPayload:
            manager = parse(IdType.MANAGER, input.manager_id, "input.managerId")
            following = input.claim
            if following is not None:
                fleet.check_claim(info.context.core, following.limit, following.claim_key, "input.claim")
            returned = [_returned(i, given) for i, given in enumerate(input.returns)]
            codes = await fleet.return_results(info.context.core, info.context.viewer, manager, returned)
            answers = [
                ReturnAnswer(token=given.token, code=code, message=sentence(Operation.RETURN, code))
                for given, code in zip(input.returns, codes, strict=True)
            ]
            payload = ReturnTasksPayload(answers=answers, leases=[], errors=[])
            if following is not None:  # what was taken stays taken, whatever becomes of the claim
                claimed = await _claimed(info, manager, following.limit, following.claim_key)
                payload.leases, payload.errors = claimed.leases, claimed.errors
            return payload

        return await answer(info, work, lambda errors: ReturnTasksPayload(answers=[], leases=[], errors=errors))
