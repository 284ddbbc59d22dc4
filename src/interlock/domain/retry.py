"""The retry policy: which errors the server tries again by itself, how often, and after what time."""

from __future__ import annotations

from dataclasses import dataclass

LEASE_EXPIRED = "lease_expired"
LEASE_REVOKED = "lease_revoked"
MANAGER_LEFT = "manager_left"
OUT_OF_MEMORY = "out_of_memory"
RETURNED_UNSTARTED = "returned_unstarted"
WORKER_LOST = "worker_lost"
ANY = "*"

MOST_RETRIES = 10_000
STEEPEST_FACTOR = 100
LONGEST_PAUSE = 315_360_000
"""Seconds: ten years."""


@dataclass(frozen=True, slots=True)
class RetryRule:
    """How errors of one type are retried.

    The n-th retry (from 0) waits ``backoff * factor**n`` seconds, at most ``longest``. ``error_type`` is matched
    exactly; ``*`` stands for every type without a rule of its own. The budget (``retries``) counts the server's
    retries since the record was submitted, regenerated, or last retried by a person.
    """

    error_type: str
    retries: int
    backoff: float = 10.0
    factor: float = 2.0
    longest: float = 3600.0


DEFAULT_POLICY: tuple[RetryRule, ...] = (
    RetryRule(LEASE_EXPIRED, 5),
    RetryRule(MANAGER_LEFT, 5),
    RetryRule(WORKER_LOST, 5),
    RetryRule(OUT_OF_MEMORY, 1, backoff=60.0),
    RetryRule(ANY, 0),
)
"""Losses of the machinery are retried; a computation that failed by itself would fail again, and waits for a person."""


CAUSES = {
    LEASE_EXPIRED: "its lease ran out: its manager gave no sign of life",
    MANAGER_LEFT: "its manager left while it ran",
    WORKER_LOST: "the process that ran it died",
    OUT_OF_MEMORY: "there was not enough memory",
    ANY: "it failed by itself",
}
"""What the error types of the default policy stand for."""


def rule_for(error_type: str, policy: tuple[RetryRule, ...] = DEFAULT_POLICY) -> RetryRule:
    """The rule that governs an error type; without any rule, no retry."""
    by_type = {rule.error_type: rule for rule in policy}
    return by_type.get(error_type) or by_type.get(ANY) or RetryRule(ANY, 0)
