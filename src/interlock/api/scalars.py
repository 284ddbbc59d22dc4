"""The scalars beyond GraphQL's own, and how they are written in JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NewType

import orjson
import strawberry
from graphql import GraphQLError
from strawberry.scalars import JSON

from interlock.api.limits.allowance import Allowance, size_of

BigInt = NewType("BigInt", int)


def told(text: str | None, allowance: Allowance) -> JSON | None:
    """What :func:`stored` makes, as a part of an answer, in which it counts. Raises AnswerTooLarge."""
    if text is not None:
        allowance.tell(size_of(text))
    return stored(text)


def stored(text: str | None) -> JSON | None:
    """Stored JSON text as a value, which is written as it stands: nobody makes objects of it in between."""
    return None if text is None else JSON(orjson.Fragment(text))


def _when(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _parse_when(text: Any) -> datetime:
    """Raises GraphQLError, which says so wherever the value stands; any other error would be taken for a fault."""
    try:
        value = datetime.fromisoformat(text)
        if value.tzinfo is not None:
            return value.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise GraphQLError("DateTime must be a moment from year 1 to 9999, such as 2026-01-31T12:00:00Z.") from error
    raise GraphQLError("DateTime needs a time zone, such as the Z in 2026-01-31T12:00:00Z.")


SCALARS: dict[object, Any] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment in UTC by the database's clock, such as 2026-01-31T12:00:00.123456Z.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
        serialize=_when,
        parse_value=_parse_when,
    ),
    BigInt: strawberry.scalar(
        name="BigInt",
        description="A whole number beyond 32 bits, written as a JSON number.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259#section-6",
        serialize=int,
        parse_value=int,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        serialize=lambda value: value,
        parse_value=lambda value: value,
    ),
}
"""Python types and their scalars, for the schema's configuration."""
