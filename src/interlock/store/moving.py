"""What a move sets on the record, by action: the one place where statements take their SET lists from."""

from __future__ import annotations

from interlock.domain.lifecycle import Action, Target
from interlock.domain.matrix import sources, target

# {now} is the statement's time: the database's clock, or what a test passed.
_EXTRA = {
    Action.CLAIM: ", attempt = r.attempt + 1, retry_at = NULL",
    Action.RETRY: ", retries = {retries}, retry_at = NULL, error_type = NULL, error_pattern = NULL",
    Action.REGENERATE: ", retries = 0, retry_at = NULL, error_type = NULL, error_pattern = NULL",
    Action.FAIL: ", retry_at = NULL",
}


def set_list(action: Action, now: str, retries: str = "0") -> str:
    """The SET list of ``UPDATE record r`` for this action.

    ``retries`` is what becomes of the retry budget used: a person's retry starts it anew, the server's counts.
    """
    return f"status = '{target(action)}', since = {now}" + _EXTRA.get(action, "").format(retries=retries)


def source_list(action: Action) -> str:
    """The statuses that the action may start from, as SQL."""
    return ", ".join(f"'{status}'" for status in sources(action))


def deletes_record(action: Action) -> bool:
    return target(action) == Target.KILLED
