"""Principals and their keys, for admins."""

from __future__ import annotations

from typing import Annotated

import strawberry

from interlock.api.context import Info
from interlock.api.errors import InputError
from interlock.api.mutations.payload import answer
from interlock.api.permissions import requires
from interlock.domain.ids import IdType, encode, parse
from interlock.domain.roles import Capability, Role
from interlock.service import identity

_ADMIN = requires(Capability.ADMINISTER)


@strawberry.input(description="A key to be made.")
class CreateKeyInput:
    name: str = strawberry.field(description="The principal it is to speak for; a new name makes a new principal.")
    role: Role | None = strawberry.field(default=None, description="The role of a new principal.")


@strawberry.type(description="The key that was made.")
class CreateKeyPayload:
    id: strawberry.ID | None = strawberry.field(description="Its id, for `revokeKey`.")
    key: str | None = strawberry.field(description="The key itself. It is shown now and never again.")
    errors: list[InputError] = strawberry.field(description="What was wrong; then nothing was made.")


@strawberry.input(description="A key to be revoked.")
class RevokeKeyInput:
    key_id: strawberry.ID = strawberry.field(description="Its id, as `keys` lists it.")


@strawberry.type(description="The key that was revoked.")
class RevokeKeyPayload:
    id: strawberry.ID | None = strawberry.field(description="The same that was passed; null where nothing was revoked.")
    errors: list[InputError] = strawberry.field(description="What was wrong; then nothing was revoked.")


@strawberry.type
class KeyMutations:
    @strawberry.mutation(description="Make an API key.", extensions=_ADMIN)
    async def create_key(
        self,
        info: Info,
        input: Annotated[CreateKeyInput, strawberry.argument(description="For whom.")],  # noqa: A002
    ) -> CreateKeyPayload:
        async def work() -> CreateKeyPayload:
            made = await identity.create_key(info.context.core, input.name, input.role)
            return CreateKeyPayload(id=strawberry.ID(encode(IdType.KEY, made.id)), key=made.secret, errors=[])

        return await answer(info, work, lambda errors: CreateKeyPayload(id=None, key=None, errors=errors))

    @strawberry.mutation(
        description="Revoke an API key: it is refused from now on, and what was opened with it is closed.",
        extensions=_ADMIN,
    )
    async def revoke_key(
        self,
        info: Info,
        input: Annotated[RevokeKeyInput, strawberry.argument(description="The one to revoke, by its id.")],  # noqa: A002
    ) -> RevokeKeyPayload:
        async def work() -> RevokeKeyPayload:
            key_id = parse(IdType.KEY, input.key_id, "input.keyId")
            await identity.revoke_key(info.context.core, key_id)
            return RevokeKeyPayload(id=input.key_id, errors=[])

        return await answer(info, work, lambda errors: RevokeKeyPayload(id=None, errors=errors))
