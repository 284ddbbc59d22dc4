"""Bugs of events: one that is missing, and one that is written outside of the transaction of its move."""

from __future__ import annotations

import asyncio
from typing import Any

from chaos.bugs.bug import Bug, changed, instead_of
from chaos.checkers.names import AGREEMENT, ORDER
from interlock.api.mutations import transitions as mutations
from interlock.domain.lifecycle import Action
from interlock.store.events import events_sql
from interlock.store.migrate import APP_ROLE, SCHEMA

_MOVED = "FROM changed WHERE source <> target ORDER BY id"
_HESITATION = 0.1
"""Seconds between two steps that should be one."""


def _without(action: Action, source: str) -> str:
    """The triggers, but for the event of one move."""
    return changed(
        events_sql(SCHEMA), {_MOVED: f"FROM changed WHERE source <> target AND NOT (source = '{source}' AND "
                                     f"target = 'WAITING') /* {action} */ ORDER BY id"}
    )  # fmt: skip


_LATER = f"""
DROP TRIGGER event_comes_from_a_change ON event;
CREATE FUNCTION release_events() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = {SCHEMA} AS $$
  INSERT INTO event (part, record_id, from_status, to_status, action, actor, who, attempt, cohort_id)
  SELECT r.part, r.id, 'HOLD', 'WAITING', 'RELEASE', 'USER', 'somebody', r.attempt, r.cohort_id
  FROM record r JOIN LATERAL (SELECT to_status FROM event WHERE record_id = r.id ORDER BY seq DESC LIMIT 1) e ON true
  WHERE r.status = 'WAITING' AND e.to_status = 'HOLD'
$$;
GRANT EXECUTE ON FUNCTION release_events() TO {APP_ROLE};
"""


def _tell_afterwards() -> None:
    """The events of a release follow in a transaction of their own."""

    @instead_of(mutations, "move")
    async def move(really: Any, core: Any, viewer: Any, asked: Any, key: str | None = None) -> Any:
        outcome = await really(core, viewer, asked, key)
        if asked.action == Action.RELEASE:
            await asyncio.sleep(_HESITATION)
            await core.database.one(lambda connection: connection.execute("SELECT release_events()"))
        return outcome


BUGS = {
    "event_missing": Bug(
        "a regeneration leaves no event", ORDER, sql=_without(Action.REGENERATE, "FAILED"),
        focus={"fail": 40, "regenerate": 40},
    ),
    "event_outside": Bug(
        "the event of a release is written in another transaction", AGREEMENT, _tell_afterwards,
        sql=_without(Action.RELEASE, "HOLD") + _LATER,
    ),
}  # fmt: skip
