"""What a record kind is: validation of a specification, and the pure function from record to task.

Others add kinds by the entry-point group ``interlock.kinds``; each entry is a :class:`Kind`. A kind's name and
version are pinned on each record, so that its task can be regenerated at any time by the code that made it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any, Protocol, runtime_checkable

from interlock.domain.errors import InvalidSpecification, KindNotInstalled

ENTRY_POINTS = "interlock.kinds"

Json = Any
"""A value as JSON has them: None, bool, int, float, str, list or dict with string keys."""


@dataclass(slots=True)  # not frozen, which takes twice as long to make: there are thousands a second
class TaskContent:
    """What a manager runs: an importable Python function, its arguments, and the programs it needs.

    ``function`` is a dotted path with the attribute after a colon (``package.module:function``), as entry
    points have it. ``required_programs`` are names that a manager must offer, in any order.
    """

    function: str
    args: list[Json] = field(default_factory=list)
    kwargs: dict[str, Json] = field(default_factory=dict)
    required_programs: frozenset[str] = frozenset()


@runtime_checkable
class Kind(Protocol):
    """One kind of computation."""

    name: str
    version: int
    description: str

    def validate(self, specification: Json) -> dict[str, Json]:
        """The specification in its normal form, ready to be stored.

        Raises :class:`~interlock.domain.errors.InvalidSpecification`, which names the field, for anything that
        :meth:`task` could not turn into work.
        """

    def task(self, specification: Mapping[str, Json]) -> TaskContent:
        """The task of a record with this (validated) specification: a pure function of its argument."""


class KindRegistry:
    """The kinds that this server knows, by name."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self._kinds = dict(kinds)

    @classmethod
    def installed(cls) -> KindRegistry:
        """Every kind that an installed distribution offers. Raises TypeError for an entry that is none."""
        found: dict[str, Kind] = {}
        for entry in entry_points(group=ENTRY_POINTS):
            kind = entry.load()
            if not isinstance(kind, Kind) or kind.name != entry.name:
                raise TypeError(f"entry point {entry.name!r} of {ENTRY_POINTS} is {kind!r}, not a Kind of that name")
            found[kind.name] = kind
        return cls(found)

    def __iter__(self) -> Any:
        return iter(sorted(self._kinds.values(), key=lambda kind: kind.name))

    def get(self, name: str, version: int | None = None) -> Kind:
        """The kind of this name, and of this version where one is pinned. Raises KindNotInstalled."""
        kind = self._kinds.get(name)
        if kind is None or (version is not None and kind.version != version):
            have = ", ".join(f"{k.name} (version {k.version})" for k in self) or "none"
            raise KindNotInstalled(name, version, have)
        return kind


__all__ = ["InvalidSpecification", "Json", "Kind", "KindNotInstalled", "KindRegistry", "TaskContent"]
