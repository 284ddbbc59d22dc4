"""Throughput as GraphQL has it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from interlock.api.scalars import BigInt
from interlock.domain.lifecycle import Action
from interlock.store.throughput import Point


@strawberry.type(description="How many transitions there were in one step of time.")
class ThroughputPoint:
    point: strawberry.Private[Point]

    @strawberry.field(description="When the step begins: a multiple of its length since 1970, in UTC.")
    def at(self) -> datetime:
        return self.point.at

    @strawberry.field(description="How many there were of one action.")
    def count(
        self, action: Annotated[Action, strawberry.argument(description="Which transitions are counted.")]
    ) -> BigInt:
        return BigInt(self.point.counts.get(action, 0))
