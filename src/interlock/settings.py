"""Every setting: name, default, unit, meaning. Each is read from ``INTERLOCK_<NAME>`` in the environment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from interlock.domain.retry import DEFAULT_POLICY, LONGEST_PAUSE, MOST_RETRIES, STEEPEST_FACTOR, RetryRule

_ALWAYS = timedelta(days=36_500)
"""A hundred years: more is refused, for it could reach back beyond the calendar of PostgreSQL."""
_DAY = 86_400
_YEAR = 31_536_000
_VALUE = 1_000_000_000
"""Bytes: PostgreSQL cannot hold more in one value."""


class LogLevel(StrEnum):
    """From which level on something is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Settings(BaseSettings):
    """The settings of a server."""

    model_config = SettingsConfigDict(env_prefix="INTERLOCK_", extra="forbid", frozen=True, env_ignore_empty=True)

    database_url: str | None = Field(None, description="PostgreSQL 18 or later; unset: the embedded one.", repr=False)
    data_dir: Path = Field(Path("interlock-data"), description="Where the embedded PostgreSQL keeps its data.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8765, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    pool_size: int = Field(10, ge=2, le=1_000, description="Connections to the database that requests share.")
    operation_timeout: float = Field(
        300.0, gt=0, le=_DAY, description="Seconds that one operation may take; the database stops its statement then."
    )

    max_ids: int = Field(100_000, ge=1, le=10_000_000, description="Ids that one call may name; more go by filter.")
    max_submitted: int = Field(100_000, ge=1, le=10_000_000, description="Specifications that one call may submit.")
    max_specification: int = Field(1_000_000, ge=1, le=_VALUE, description="Bytes of one specification, as JSON.")
    max_result: int = Field(64_000_000, ge=1, le=_VALUE, description="Bytes of one result, as JSON.")
    max_output: int = Field(
        1_000_000, ge=1, le=_VALUE // 4, description="Characters of stdout, stderr or traceback kept, from the end."
    )
    max_body: int = Field(128_000_000, ge=1, le=_VALUE, description="Bytes of one HTTP request body.")
    max_answer: int = Field(100_000_000, ge=1, le=_VALUE, description="Bytes of one answer.")
    body_memory: int = Field(
        1_200_000_000,
        ge=1,
        le=1_000_000_000_000,
        description="Bytes of memory for large requests at work; further ones wait for their turn.",
    )
    max_message: int = Field(1_000_000, ge=1, le=_VALUE, description="Bytes of one WebSocket message.")
    max_operations: int = Field(100, ge=1, le=100_000, description="Operations that one WebSocket may have at a time.")
    max_sockets: int = Field(20_000, ge=1, le=1_000_000, description="WebSockets that one key may have open at a time.")
    max_page: int = Field(1_000, ge=1, le=100_000, description="Entries in one page of a list.")
    max_claim: int = Field(1_000, ge=1, le=100_000, description="Tasks that one claim may ask for.")
    max_claimed: int = Field(
        64_000_000,
        ge=1,
        le=_VALUE,
        description="Bytes of arguments that one claim gives; further tasks wait for the next.",
    )
    max_depth: int = Field(12, ge=1, le=100, description="Levels of fields in one operation.")
    max_fields: int = Field(
        2_000, ge=1, le=100_000, description="Fields in one operation, each fragment counted where it is spread."
    )
    max_roots: int = Field(50, ge=1, le=10_000, description="Root fields in one operation.")
    max_aliases: int = Field(
        50, ge=0, le=100_000, description="Aliases in one operation, each fragment counted where it is spread."
    )
    max_names: int = Field(
        3, ge=1, le=100_000, description="Names under which one operation may select the same field without arguments."
    )
    max_directives: int = Field(
        50, ge=0, le=100_000, description="Directives in one operation, each fragment counted where it is spread."
    )
    max_cost: int = Field(
        100_000,
        ge=1,
        le=1_000_000_000,
        description="Fields in one answer, by the sizes of the pages asked for (`first`, `last`, `ids`).",
    )
    introspection: bool = Field(True, description="Whether clients may ask for the schema.")
    suggestions: bool = Field(True, description="Whether errors suggest names that are like a wrong one.")
    trusted_documents: Path | None = Field(
        None, description="JSON file of documents by their sha256, which requests may name instead of sending them."
    )
    trusted_only: bool = Field(False, description="Whether the server runs no other documents than those.")
    max_tokens: int = Field(10_000, ge=1, le=1_000_000, description="Lexical tokens in one GraphQL document.")

    lease_shortest: int = Field(5, ge=1, le=_YEAR, description="Seconds: the shortest lease a manager may ask for.")
    lease_longest: int = Field(86_400, ge=1, le=_YEAR, description="Seconds: the longest lease a manager may ask for.")
    retry_policy: tuple[RetryRule, ...] = Field(
        DEFAULT_POLICY,
        description="JSON list of {error_type, retries, backoff, factor, longest}; * is the default rule.",
    )
    error_retention: timedelta = Field(
        timedelta(days=30), ge=timedelta(0), le=_ALWAYS, description="Time in ERROR after which a record is FAILED."
    )
    event_retention: timedelta = Field(
        timedelta(days=365), ge=timedelta(0), le=_ALWAYS, description="Time for which events are kept."
    )
    key_retention: timedelta = Field(
        timedelta(hours=24), ge=timedelta(0), le=_ALWAYS, description="Time for which idempotency keys are kept."
    )
    upkeep_interval: float = Field(
        1.0, gt=0, le=_DAY, description="Seconds between looks for leases, retries and errors due."
    )

    tick_interval: float = Field(0.02, ge=0.001, le=_DAY, description="Seconds between looks for new events.")
    feed_memory: int = Field(
        20_000, ge=100, le=10_000_000, description="Recent events that a process keeps for its subscribers."
    )
    subscriber_lag: int = Field(
        100_000,
        ge=1,
        le=1_000_000_000,
        description="Events that a live subscriber may fall behind before it is closed.",
    )
    send_timeout: float = Field(
        30.0, gt=0, le=_DAY, description="Seconds that a client may take for one message, or one piece of a large body."
    )
    head_timeout: float = Field(
        10.0, gt=0, le=_DAY, description="Seconds that a client may take for the head of a request."
    )
    keep_alive: int = Field(
        30, ge=1, le=_DAY, description="Seconds for which a connection stays open between two requests."
    )
    init_timeout: float = Field(
        10.0, gt=0, le=_DAY, description="Seconds that a WebSocket has to show its key (connection_init)."
    )
    idle_heartbeat: float = Field(
        15.0, gt=0, le=_DAY, description="Seconds of silence after which a stream shows that it lives."
    )
    key_cache: float = Field(1.0, ge=0, le=_DAY, description="Seconds for which a key's validity is remembered.")
    log_level: LogLevel = Field(
        LogLevel.INFO, description="What is logged: debug (reads too), info (each mutation), warning or error."
    )
    metrics_public: bool = Field(False, description="Whether /metrics is shown without a key.")
    metrics_tags: int = Field(
        50, ge=1, le=10_000, description="Tags that metrics tell apart, those with the most to do; others are `other`."
    )
    drain_timeout: float = Field(
        10.0, gt=0, le=_DAY, description="Seconds that sockets and requests have to end when the server stops."
    )

    @field_validator("database_url")
    @classmethod
    def _a_url_of_postgresql(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("postgresql://", "postgres://")):
            raise ValueError("must be like postgresql://user@host/database")
        return url

    @field_validator("lease_longest")
    @classmethod
    def _leases_have_a_range(cls, longest: int, known: ValidationInfo) -> int:
        if longest < known.data.get("lease_shortest", 0):
            raise ValueError("must not be less than INTERLOCK_LEASE_SHORTEST")
        return longest

    @field_validator("retry_policy")
    @classmethod
    def _one_rule_a_type(cls, policy: tuple[RetryRule, ...]) -> tuple[RetryRule, ...]:
        for rule in policy:
            if not (0 <= rule.retries <= MOST_RETRIES and 0 <= rule.backoff <= rule.longest <= LONGEST_PAUSE):
                raise ValueError(
                    f"{rule.error_type}: retries go from 0 to {MOST_RETRIES}, and 0 <= backoff <= longest <= "
                    f"{LONGEST_PAUSE} seconds"
                )
            if not 1 <= rule.factor <= STEEPEST_FACTOR:
                raise ValueError(f"{rule.error_type}: the factor goes from 1 to {STEEPEST_FACTOR}")
        types = [rule.error_type for rule in policy]
        if len(types) != len(set(types)):
            raise ValueError("retry_policy names an error type twice")
        return policy


_OF_CLIENTS = ("INTERLOCK_URL", "INTERLOCK_API_KEY", "INTERLOCK_COMMAND")
"""What the manager, the demo and the examples read."""


def misspelt(variables: Iterable[str]) -> list[tuple[str, str | None]]:
    """The variables that look like settings but are none, each with the setting that it is nearest to."""
    known = [*(f"INTERLOCK_{name.upper()}" for name in Settings.model_fields), *_OF_CLIENTS]
    wrong = sorted(name for name in variables if name.upper().startswith("INTERLOCK_") and name.upper() not in known)
    return [(name, next(iter(get_close_matches(name.upper(), known, 1)), None)) for name in wrong]
