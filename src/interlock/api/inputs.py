"""Inputs that several fields share, and their way into the domain's shapes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import strawberry
from strawberry.types.maybe import Maybe

from interlock.domain.errors import InvalidInput
from interlock.domain.ids import IdType, parse
from interlock.domain.lifecycle import Action, RecordStatus, Target
from interlock.domain.model import RecordFilter as Wanted
from interlock.store.feed import EventRow

_MOST_VALUES = 1_000
_LARGEST = 2**31 - 1
"""What PostgreSQL counts patterns with: none was ever given a larger id."""
_IN_GRAPHQL = {"error_type": "errorType"}


@strawberry.input(description="Which records: each list given must contain the record's value.")
class RecordFilter:
    status: list[RecordStatus] | None = strawberry.field(default=None, description="In one of these statuses.")
    tag: list[str] | None = strawberry.field(default=None, description="With one of these tags.")
    campaign: list[str] | None = strawberry.field(default=None, description="Of one of these campaigns.")
    owner: list[str] | None = strawberry.field(default=None, description="Owned by one of these principals.")
    kind: list[str] | None = strawberry.field(default=None, description="Of one of these kinds.")
    error_type: list[str] | None = strawberry.field(
        default=None, description="In ERROR or FAILED, with one of these error types."
    )

    error_pattern: list[strawberry.ID] | None = strawberry.field(
        default=None, description="In ERROR or FAILED, with one of these patterns of `errorGroups(by: MESSAGE)`."
    )

    def wanted(self, path: str) -> Wanted:
        """The domain's filter. Raises InvalidInput for lists that are too long, that hold NUL or what is no id."""
        values: dict[str, tuple[str, ...] | None] = {}
        for name in ("tag", "campaign", "owner", "kind", "error_type"):
            given: list[str] | None = getattr(self, name)
            where = f"{path}.{_IN_GRAPHQL.get(name, name)}"
            if given is not None:
                _check_length(given, where)
            if given is not None and any("\0" in value for value in given):
                raise InvalidInput("must not contain NUL characters.", where)
            values[name] = None if given is None else tuple(given)
        status = None if self.status is None else tuple(dict.fromkeys(self.status))
        return Wanted(status=status, error_pattern=self._patterns(f"{path}.errorPattern"), **values)

    def _patterns(self, path: str) -> tuple[int, ...] | None:
        given = self.error_pattern
        if given is None:
            return None
        _check_length(given, path)
        ids = (parse(IdType.ERROR_PATTERN, text, f"{path}.{i}") for i, text in enumerate(given))
        return tuple(id_ for id_ in ids if id_ <= _LARGEST)


def _check_length(given: Collection[str], path: str) -> None:
    if len(given) > _MOST_VALUES:
        raise InvalidInput(f"has {len(given)} values; at most {_MOST_VALUES} are allowed.", path)


def wanted(where: RecordFilter | None, path: str = "filter") -> Wanted:
    return Wanted() if where is None else where.wanted(path)


@strawberry.input(description="The records that a bulk operation is for: by id, or by filter.", one_of=True)
class RecordTarget:
    ids: Maybe[list[strawberry.ID]] = strawberry.field(description="These records, such as `rec_4711`.")
    filter: Maybe[RecordFilter] = strawberry.field(
        description="All records that pass the filter, of those that the viewer may act on."
    )

    def chosen(self) -> tuple[list[int] | None, Wanted | None]:
        """The ids or the filter. Raises InvalidInput for what is no id of a record."""
        if self.ids is not None:
            return [parse(IdType.RECORD, text, f"input.target.ids.{i}") for i, text in enumerate(self.ids.value)], None
        assert self.filter is not None
        wanted = self.filter.value.wanted("input.target.filter")
        if wanted == Wanted():
            raise InvalidInput("is empty, which would mean every record; name at least one.", "input.target.filter")
        return None, wanted


@strawberry.input(description="Which status changes: each list given must contain the change's value.")
class StatusChangeFilter:
    record: list[strawberry.ID] | None = strawberry.field(default=None, description="Of one of these records.")
    to: list[Target] | None = strawberry.field(default=None, description="That lead to one of these.")
    action: list[Action] | None = strawberry.field(default=None, description="By one of these actions.")
    tag: list[str] | None = strawberry.field(default=None, description="Of records with one of these tags then.")
    campaign: list[str] | None = strawberry.field(default=None, description="Of one of these campaigns then.")
    owner: list[str] | None = strawberry.field(default=None, description="Owned by one of these principals then.")


@dataclass(frozen=True, slots=True)
class ChangeTest:
    """Whether a status change passes a filter: sets, looked up for each event. Filters that mean the same are equal."""

    records: frozenset[int] | None
    targets: frozenset[str | None] | None
    actions: frozenset[Action] | None
    among: tuple[tuple[str, frozenset[str]], ...]

    @classmethod
    def of(cls, where: StatusChangeFilter | None) -> ChangeTest:
        """Raises InvalidInput for what is no id of a record."""
        where = where or StatusChangeFilter()
        records = None
        if where.record is not None:
            records = frozenset(parse(IdType.RECORD, text, f"filter.record.{i}") for i, text in enumerate(where.record))
        return cls(
            records,
            None if where.to is None else frozenset(None if t == Target.KILLED else str(t) for t in where.to),
            None if where.action is None else frozenset(where.action),
            tuple(
                (name, frozenset(values))
                for name in ("campaign", "tag", "owner")
                if (values := getattr(where, name)) is not None
            ),
        )

    def __call__(self, event: EventRow) -> bool:
        return (
            (self.records is None or event.record_id in self.records)
            and (self.targets is None or event.target in self.targets)
            and (self.actions is None or event.action in self.actions)
            and (not self.among or all(getattr(event, name) in values for name, values in self.among))
        )

    @property
    def labels(self) -> Collection[tuple[str, object]] | None:
        """What finds the test for an event: the records it names, or else the values of one label."""
        if self.records is not None:
            return [("record_id", record) for record in self.records]
        for name, values in self.among:
            return [(name, value) for value in values]
        return None
