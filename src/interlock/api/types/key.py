"""Who asks, kinds of record, and API keys, as GraphQL has them."""

from __future__ import annotations

from datetime import datetime

import strawberry

from interlock.domain.ids import IdType, encode
from interlock.domain.roles import CAPABILITIES, Capability, Principal, Role
from interlock.store.identity import KeyRow


@strawberry.type(description="The principal that the key of this request speaks for.")
class Viewer:
    principal: strawberry.Private[Principal]

    @strawberry.field(description="Its name: the owner of what it submits.")
    def name(self) -> str:
        return self.principal.name

    @strawberry.field(description="What it is on this server; decides on its capabilities.")
    def role(self) -> Role:
        return self.principal.role

    @strawberry.field(description="What the role allows.")
    def capabilities(self) -> list[Capability]:
        return sorted(CAPABILITIES[self.principal.role])


@strawberry.type(description="A kind of record: what its specification means, and how its task is built.")
class Kind:
    name: str = strawberry.field(description="Its name, for `submitRecords`.")
    version: int = strawberry.field(description="The version that is pinned on records submitted now.")
    description: str = strawberry.field(description="What its specification holds.")


@strawberry.type(description="An API key, as it may be shown.")
class ApiKey:
    row: strawberry.Private[KeyRow]

    @classmethod
    def of(cls, row: KeyRow) -> ApiKey:
        return cls(row=row)

    @strawberry.field(description="Its id, for `revokeKey`.")
    def id(self) -> strawberry.ID:
        return strawberry.ID(encode(IdType.KEY, self.row.id))

    @strawberry.field(description="How it begins, to tell keys apart.")
    def prefix(self) -> str:
        return self.row.prefix

    @strawberry.field(description="The principal that it speaks for.")
    def principal(self) -> str:
        return self.row.principal

    @strawberry.field(description="The principal's role.")
    def role(self) -> Role:
        return self.row.role

    @strawberry.field(description="When it was made.")
    def created_at(self) -> datetime:
        return self.row.created_at

    @strawberry.field(description="When it was revoked; null while it is valid.")
    def revoked_at(self) -> datetime | None:
        return self.row.revoked_at
