"""Managers come and go: activation and deactivation."""

from __future__ import annotations

from typing import Annotated

import strawberry

from interlock.api.context import Info
from interlock.api.errors import InputError
from interlock.api.mutations.payload import answer
from interlock.api.permissions import requires
from interlock.api.types.manager import Manager
from interlock.domain.ids import IdType, parse, parse_token
from interlock.domain.roles import Capability
from interlock.service import fleet

_RUN = requires(Capability.RUN_TASKS)
_INPUT = strawberry.argument(description="What the manager says.")


@strawberry.input(description="A program that a manager offers.")
class ProgramInput:
    name: str = strawberry.field(description="Its name, as tasks require it.")
    version: str | None = strawberry.field(default=None, description="The version installed there, if that is known.")


@strawberry.input(description="What a manager says of itself.")
class ActivateManagerInput:
    name: str = strawberry.field(description="Unique on this server; the same name again is the same manager.")
    tags: list[str] = strawberry.field(description="The tags it serves, the preferred first; `*`, last, for any other.")
    programs: list[ProgramInput] = strawberry.field(description="What it can run.")
    lease_seconds: int = strawberry.field(default=300, description="How long its leases hold without a heartbeat.")
    cluster: str | None = strawberry.field(default=None, description="The cluster it runs on.")
    hostname: str | None = strawberry.field(default=None, description="The host it runs on.")
    version: str | None = strawberry.field(default=None, description="The version of its own software.")


@strawberry.type(description="The registered manager.")
class ActivateManagerPayload:
    manager: Manager | None = strawberry.field(description="The manager; its id goes into all further calls.")
    errors: list[InputError] = strawberry.field(description="What was wrong; then nothing was registered.")


@strawberry.input(description="A manager that leaves.")
class DeactivateManagerInput:
    manager_id: strawberry.ID = strawberry.field(description="The manager, as `activateManager` named it.")
    unstarted: list[str] = strawberry.field(
        default_factory=list,
        description="The tokens of leases that it has not begun: they are queued again at once.",
    )


@strawberry.type(description="What became of the leaving manager's tasks.")
class DeactivateManagerPayload:
    manager: Manager | None = strawberry.field(description="The manager, now inactive.")
    handed_back: int = strawberry.field(description="How many unstarted tasks were queued again.")
    given_up: int = strawberry.field(description="How many others it still held; they are in ERROR (`manager_left`).")
    errors: list[InputError] = strawberry.field(description="What was wrong; then nothing was done.")


@strawberry.type
class RegistrationMutations:
    @strawberry.mutation(description="Register a compute manager.", extensions=_RUN)
    async def activate_manager(
        self,
        info: Info,
        input: Annotated[ActivateManagerInput, _INPUT],  # noqa: A002
    ) -> ActivateManagerPayload:
        async def work() -> ActivateManagerPayload:
            asked = fleet.Activation(
                name=input.name,
                tags=input.tags,
                programs={program.name: program.version for program in input.programs},
                lease_seconds=input.lease_seconds,
                cluster=input.cluster,
                hostname=input.hostname,
                version=input.version,
            )
            row = await fleet.activate_manager(info.context.core, info.context.viewer, asked)
            return ActivateManagerPayload(manager=Manager.of(row), errors=[])

        return await answer(info, work, lambda errors: ActivateManagerPayload(manager=None, errors=errors))

    @strawberry.mutation(description="Leave: hand back what was not begun, give up what was.", extensions=_RUN)
    async def deactivate_manager(
        self,
        info: Info,
        input: Annotated[DeactivateManagerInput, _INPUT],  # noqa: A002
    ) -> DeactivateManagerPayload:
        async def work() -> DeactivateManagerPayload:
            manager = parse(IdType.MANAGER, input.manager_id, "input.managerId")
            tokens = [parse_token(token, f"input.unstarted.{i}") for i, token in enumerate(input.unstarted)]
            row, back, up = await fleet.deactivate_manager(info.context.core, info.context.viewer, manager, tokens)
            return DeactivateManagerPayload(manager=Manager.of(row), handed_back=back, given_up=up, errors=[])

        return await answer(
            info,
            work,
            lambda errors: DeactivateManagerPayload(manager=None, handed_back=0, given_up=0, errors=errors),
        )
