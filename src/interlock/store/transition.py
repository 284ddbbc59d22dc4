"""The bulk transition: one statement, however many records it judges and moves.

Situations are judged in the order of the domain's outcome table; records are locked in id order; what moves is
compared and swapped. The same text without locks and moves is the dry run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from struct import Struct

import asyncpg

from interlock.domain.lifecycle import Action, RecordStatus
from interlock.domain.matrix import sources, target
from interlock.domain.model import LISTED_REFUSALS, Act, BulkOutcome, Refusal
from interlock.domain.outcomes import NOT_REFUSED, Code, Operation, Situation
from interlock.store.acts import SET_ACT, act_setting
from interlock.store.connection import Connection
from interlock.store.filters import Parameters
from interlock.store.moving import deletes_record, set_list, source_list
from interlock.store.targets import Target, found, judge, not_mine

_KIND_MISSING = "c.kind || ' ' || c.kind_version <> ALL({kinds})"
_NOTHING_SPECIFIED = "NOT EXISTS (SELECT FROM specification s WHERE s.part = 0 AND s.record_id = f.id)"
_UNBUILDABLE = f"""
SELECT f.id FROM record f JOIN cohort c ON c.id = f.cohort_id
WHERE f.part = 0 AND f.id = ANY($1) AND ({_KIND_MISSING.format(kinds="$2::text[]")} OR {_NOTHING_SPECIFIED})"""

_ID = Struct(">q")
"""An id as PostgreSQL sends it."""


@dataclass(frozen=True, slots=True)
class TransitionRequest:
    """One bulk transition. ``kinds`` are the (name, version) pairs installed on this server, for REGENERATE."""

    action: Action
    act: Act
    target: Target
    expected: RecordStatus | None = None
    dry_run: bool = False
    all_or_nothing: bool = False
    kinds: tuple[tuple[str, int], ...] = ()
    now: datetime | None = None


def _codes(request: TransitionRequest, p: Parameters) -> str:
    action = request.action
    conditions = {
        Situation.NOT_MINE: not_mine(request.target.viewer, p),
        Situation.ALREADY_THERE: f"f.status::text = '{target(action)}'",
        Situation.NO_SUCH_MOVE: f"f.status NOT IN ({source_list(action)})",
        Situation.MOVABLE: "TRUE",
    }
    if request.expected is not None:
        conditions[Situation.EXPECTED_OTHERWISE] = f"f.status <> {p.add(request.expected, 'record_status')}"
    if action == Action.REGENERATE:
        conditions[Situation.KIND_MISSING] = _KIND_MISSING.format(kinds=p.add(_named(request.kinds), "text[]"))
        conditions[Situation.NOTHING_SPECIFIED] = _NOTHING_SPECIFIED
    return judge(Operation.TRANSITION, conditions)


def _found(request: TransitionRequest, p: Parameters) -> str:
    lock = "" if request.dry_run else "FOR UPDATE OF r" if deletes_record(request.action) else "FOR NO KEY UPDATE OF r"
    return found(request.target, p, lock=lock, movable=sources(request.action))


def _moves(request: TransitionRequest, p: Parameters) -> str:
    """The CTEs that move; none for a dry run, or where the service floor must build tasks first.

    No second look at the status here: what was judged is the version that is locked, which may be newer than the
    statement's snapshot. A condition would be tried on the snapshot's version first, and skip the row.
    """
    if request.dry_run or request.action == Action.REGENERATE:
        return ""
    moving = "ANY(ARRAY(SELECT id FROM moving))"
    if deletes_record(request.action):
        moved = f"DELETE FROM record r WHERE r.part = 0 AND r.id = {moving}"
    else:
        now = f"coalesce({p.add(request.now, 'timestamptz')}, clock_timestamp())"
        moved = f"UPDATE record r SET {set_list(request.action, now)} WHERE r.part = 0 AND r.id = {moving}"
    return f", moved AS ({moved})"


def _statement(request: TransitionRequest, p: Parameters) -> str:
    fine = ", ".join(f"'{code}'" for code in sorted(NOT_REFUSED))
    condition = f"AND NOT EXISTS (SELECT FROM judged WHERE code NOT IN ({fine}))" if request.all_or_nothing else ""
    return f"""
WITH act AS MATERIALIZED (SELECT {SET_ACT} AS set),{_found(request, p)}
judged AS MATERIALIZED (
  SELECT f.id, f.status, f.attempt, {_codes(request, p)} AS code FROM found f JOIN cohort c ON c.id = f.cohort_id
  UNION ALL SELECT id, NULL, NULL, code FROM missing
),
moving AS MATERIALIZED (
  SELECT j.id FROM judged j, act WHERE j.code = '{Code.MOVED}' {condition}
){_moves(request, p)}
SELECT code, status, count(*) AS n, max(attempt) AS attempt,
  (array_agg(id ORDER BY id))[:{LISTED_REFUSALS}] AS ids{_packed(request)}
FROM judged GROUP BY code, status"""


def _packed(request: TransitionRequest) -> str:
    """For REGENERATE: what is moving, in eight bytes each, so that millions of ids can be held."""
    if request.action != Action.REGENERATE or request.dry_run:
        return ""
    packed = "string_agg(int8send(id), '' ORDER BY id)"
    return f", CASE code WHEN '{Code.MOVED}' THEN (SELECT {packed} FROM moving) END AS packed"


async def transition(connection: Connection, request: TransitionRequest) -> BulkOutcome:
    """Judge and move; the caller owns the transaction."""
    outcome, _ = await _run(connection, request)
    return outcome


async def moving_ids(
    connection: Connection, request: TransitionRequest, slice_size: int
) -> tuple[BulkOutcome, Iterator[list[int]]]:
    """Judge and lock, for REGENERATE: of these records the caller builds the tasks, slice by slice, and moves them."""
    outcome, rows = await _run(connection, request)
    packed = next((row["packed"] for row in rows if row["packed"]), b"")
    return outcome, _slices(memoryview(packed), slice_size * _ID.size)


def _slices(packed: memoryview, size: int) -> Iterator[list[int]]:
    for start in range(0, len(packed), size):
        yield [number for (number,) in _ID.iter_unpack(packed[start : start + size])]


async def _run(connection: Connection, request: TransitionRequest) -> tuple[BulkOutcome, list[asyncpg.Record]]:
    p = Parameters([act_setting(request.act)])
    rows = await connection.fetch(_statement(request, p), *p.values)
    outcome = bulk_outcome(rows, dry_run=request.dry_run, all_or_nothing=request.all_or_nothing)
    request.target.check(outcome)
    return await _as_they_can_be_built(connection, request, outcome), rows


async def _as_they_can_be_built(
    connection: Connection, request: TransitionRequest, outcome: BulkOutcome
) -> BulkOutcome:
    """Whether a refusal may offer REGENERATE instead; asked only of the few that are listed, and of those it is for."""
    ids = [one.record_id for one in outcome.refusals if one.status in sources(Action.REGENERATE)]
    if not ids:
        return outcome
    rows = await connection.fetch(_UNBUILDABLE, ids, _named(request.kinds))
    never = {row["id"] for row in rows}
    return replace(
        outcome, refusals=tuple(replace(one, buildable=one.record_id not in never) for one in outcome.refusals)
    )


def _named(kinds: Sequence[tuple[str, int]]) -> list[str]:
    return [f"{name} {version}" for name, version in kinds]


def bulk_outcome(rows: Sequence[asyncpg.Record], *, dry_run: bool, all_or_nothing: bool = False) -> BulkOutcome:
    """What rows of (code, status, n, attempt, ids) amount to."""
    counts: dict[Code, int] = {}
    refusals: list[Refusal] = []
    moved: list[int] = []
    for row in rows:
        code = Code(row["code"])
        if code == Code.MOVED:
            moved += row["ids"]
        elif code not in NOT_REFUSED:
            status = RecordStatus(row["status"]) if row["status"] else None
            refusals += (Refusal(record_id, code, status) for record_id in row["ids"])
        counts[code] = counts.get(code, 0) + row["n"]
    if all_or_nothing and refusals and Code.MOVED in counts:
        counts[Code.WITHHELD] = counts.pop(Code.MOVED)
        moved = []
    refusals.sort(key=lambda refusal: refusal.record_id)
    attempt = rows[0]["attempt"] if len(rows) == 1 and rows[0]["n"] == 1 else None
    return BulkOutcome(
        counts, tuple(refusals[:LISTED_REFUSALS]), tuple(sorted(moved)[:LISTED_REFUSALS]), dry_run, attempt
    )
