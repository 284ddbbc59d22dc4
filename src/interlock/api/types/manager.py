"""Compute managers as GraphQL has them."""

from __future__ import annotations

from datetime import datetime

import orjson
import strawberry

from interlock.api.scalars import BigInt
from interlock.api.types.node import Node
from interlock.domain.ids import IdType, encode
from interlock.store.managers import ManagerRow


@strawberry.type(description="A program that a manager offers.")
class Program:
    name: str = strawberry.field(description="Its name, as tasks require it.")
    version: str | None = strawberry.field(description="Its version, if the manager knows it.")


@strawberry.type(description="A registered compute client that claims tasks, runs them, and returns results.")
class Manager(Node):
    row: strawberry.Private[ManagerRow]

    @classmethod
    def of(cls, row: ManagerRow) -> Manager:
        return cls(id=strawberry.ID(encode(IdType.MANAGER, row.id)), row=row)

    @strawberry.field(description="Its name, unique on this server.")
    def name(self) -> str:
        return self.row.name

    @strawberry.field(description="The cluster it runs on.")
    def cluster(self) -> str | None:
        return self.row.cluster

    @strawberry.field(description="The host it runs on.")
    def hostname(self) -> str | None:
        return self.row.hostname

    @strawberry.field(description="The version of the manager's own software.")
    def version(self) -> str | None:
        return self.row.version

    @strawberry.field(description="Whether it is registered and has not left.")
    def active(self) -> bool:
        return self.row.active

    @strawberry.field(description="The tags it serves, in its order of preference; `*` stands for any other.")
    def tags(self) -> list[str]:
        return self.row.tags

    @strawberry.field(description="The programs it offers.")
    def programs(self) -> list[Program]:
        return [Program(name=n, version=v) for n, v in sorted(orjson.loads(self.row.programs).items())]

    @strawberry.field(description="Seconds for which its leases hold without a heartbeat.")
    def lease_seconds(self) -> int:
        return self.row.lease_seconds

    @strawberry.field(description="When it last registered.")
    def activated_at(self) -> datetime:
        return self.row.activated_at

    @strawberry.field(description="When it was last heard: by a heartbeat or a return, not by a claim.")
    def heartbeat_at(self) -> datetime:
        return self.row.heartbeat_at

    @strawberry.field(description="How many leases it holds.")
    def running_count(self) -> int:
        return self.row.running

    @strawberry.field(description="How many results of its were accepted.")
    def completed_count(self) -> BigInt:
        return BigInt(self.row.completed)

    @strawberry.field(description="How many errors of its were accepted.")
    def error_count(self) -> BigInt:
        return BigInt(self.row.errors)
