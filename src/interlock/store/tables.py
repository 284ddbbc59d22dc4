"""The tables as SQLAlchemy knows them: what the read side composes its statements from.

The migrations make the real ones; a test compares the two.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Column,
    DateTime,
    Enum,
    Identity,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.types import UserDefinedType

from interlock.domain.lifecycle import Action, ActorKind, RecordStatus
from interlock.store.migrate import SCHEMA

metadata = MetaData(schema=None)

STATUS = Enum(RecordStatus, name="record_status", values_callable=lambda e: [m.value for m in e])
_ACTION = Enum(Action, name="action", values_callable=lambda e: [m.value for m in e])
_ACTOR = Enum(ActorKind, name="actor_kind", values_callable=lambda e: [m.value for m in e])
_WHEN = DateTime(timezone=True)


class _Named(UserDefinedType[Any]):
    """A type of PostgreSQL's that SQLAlchemy has no class for."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        return self.name


def _key(name: str, type_: Any, **options: Any) -> Column[Any]:
    return Column(name, type_, primary_key=True, autoincrement=False, **options)


def _part() -> Column[Any]:
    return _key("part", SmallInteger, nullable=False)


principal = Table(
    "principal", metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False), Column("role", Text, nullable=False),
    Column("created_at", _WHEN, nullable=False),
)  # fmt: skip

lane = Table(
    "lane", metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("tag", Text, nullable=False), Column("programs", ARRAY(Text), nullable=False),
)  # fmt: skip

cohort = Table(
    "cohort", metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("lane_id", Integer, nullable=False), Column("owner_id", Integer, nullable=False),
    Column("campaign", Text), Column("kind", Text, nullable=False), Column("kind_version", Integer, nullable=False),
)  # fmt: skip

record = Table(
    "record", metadata,
    _part(), Column("id", BigInteger, Identity(), primary_key=True),
    Column("status", STATUS, nullable=False), Column("priority", SmallInteger, nullable=False),
    Column("retries", SmallInteger, nullable=False), Column("cohort_id", Integer, nullable=False),
    Column("lane_id", Integer, nullable=False), Column("attempt", Integer, nullable=False),
    Column("since", _WHEN, nullable=False), Column("submitted_at", _WHEN, nullable=False),
    Column("retry_at", _WHEN), Column("error_type", Text), Column("error_pattern", Integer),
)  # fmt: skip

error_pattern = Table(
    "error_pattern", metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("error_type", Text, nullable=False), Column("message", Text, nullable=False),
    Column("unused_since", _WHEN),
)  # fmt: skip

specification = Table(
    "specification", metadata, _part(), _key("record_id", BigInteger), Column("body", JSON, nullable=False)
)  # fmt: skip
result = Table("result", metadata, _part(), _key("record_id", BigInteger), Column("body", JSON, nullable=False))

task = Table(
    "task", metadata,
    _part(), _key("record_id", BigInteger),
    Column("function", Text, nullable=False), Column("args", JSON, nullable=False),
    Column("kwargs", JSON, nullable=False),
)  # fmt: skip

attempt = Table(
    "attempt", metadata,
    _part(), _key("record_id", BigInteger), _key("number", Integer),
    Column("manager_id", Integer, nullable=False), Column("claim_id", Uuid, nullable=False),
    Column("claimed_at", _WHEN, nullable=False), Column("lease_expires_at", _WHEN, nullable=False),
    Column("ended_at", _WHEN), Column("outcome", Text), Column("digest", LargeBinary),
    Column("error_type", Text), Column("error_message", Text), Column("traceback", Text),
    Column("stdout", Text), Column("stderr", Text),
)  # fmt: skip

event = Table(
    "event", metadata,
    _part(), Column("seq", BigInteger, Identity(always=True), primary_key=True), _key("xid", _Named("xid8")),
    Column("record_id", BigInteger, nullable=False), Column("from_status", STATUS), Column("to_status", STATUS),
    Column("action", _ACTION, nullable=False), Column("actor", _ACTOR, nullable=False),
    Column("attempt", Integer, nullable=False), Column("cohort_id", Integer, nullable=False),
    Column("at", _WHEN, nullable=False), Column("who", Text, nullable=False), Column("reason", Text),
)  # fmt: skip

status_count = Table(
    "status_count", metadata,
    _part(), _key("cohort_id", Integer), _key("status", STATUS), Column("n", BigInteger, nullable=False),
)  # fmt: skip

__all__ = [
    "SCHEMA", "STATUS", "attempt", "cohort", "error_pattern", "event", "lane", "metadata", "principal", "record",
    "result", "specification", "status_count", "task",
]  # fmt: skip
