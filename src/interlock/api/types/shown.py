"""Fields that show what the database has: read from a row by a resolver, or told by PostgreSQL (api/compiled).

Either way it is stated once: the field gives the name under which store/told.py knows the value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry

_TOLD = "interlock.told"


def told(name: str) -> dict[str, Any]:
    """The metadata of a field that a compiled operation takes from the entity's value (or way) of this name."""
    return {_TOLD: name}


def told_name(field: Any) -> str | None:
    """What :func:`told` noted on a Strawberry field, if it did."""
    name: str | None = field.metadata.get(_TOLD)
    return name


def of_row(name: str, description: str, convert: Callable[[Any], Any] | None = None) -> Any:
    """A field that shows the attribute of this name of ``self.row``."""

    def attribute(self: Any) -> Any:
        return getattr(self.row, name)

    def converted(self: Any) -> Any:
        assert convert is not None
        return convert(getattr(self.row, name))

    resolver = attribute if convert is None else converted
    return strawberry.field(resolver=resolver, description=description, metadata=told(name))
