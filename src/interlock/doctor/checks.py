"""All checks, in their order: what comes first explains what comes later."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from interlock.doctor import feed, history, intruders, postgresql, roles, schema, storage, work
from interlock.doctor.findings import Finding, Level, fail
from interlock.doctor.patient import Patient
from interlock.store.inspection.server import APP_ROLE

_NOT_ALLOWED = "42501"
"""The SQLSTATE of a right that is missing."""

Check = Callable[[Patient], Awaitable[list[Finding]]]

_FIRST: Mapping[str, Check] = {"postgresql": postgresql.version, "migration": schema.migration}
"""Where one of these fails, the others would speak of another version."""

_OTHERS: Mapping[str, Check] = {
    "guards": schema.guards,
    "tables": intruders.tables,
    "role": roles.role,
    "durability": postgresql.durability,
    "autovacuum": postgresql.autovacuum,
    "connections": postgresql.connections,
    "clock": postgresql.clock,
    "disk": postgresql.disk,
    "vacuum": storage.vacuum,
    "transaction ids": storage.transaction_ids,
    "transactions": storage.transactions,
    "bloat": storage.bloat,
    "feed": feed.feed,
    "leases": work.leases,
    "counts": work.counts,
    "history": history.history,
    "tags": work.tags,
    "managers": work.managers,
    "keys": schema.keys,
}

Told = Callable[[str, Finding], None]


async def examine(patient: Patient, told: Told) -> bool:
    """Run every check, tell what it finds as soon as it does, and whether nothing failed."""
    sound = True
    for checks in (_FIRST, _OTHERS):
        for name, check in checks.items():
            for finding in await _found(check, patient):
                told(name, finding)
                sound = sound and finding.level != Level.FAIL
        if not sound and checks is _FIRST:
            return False
    return sound


async def _found(check: Check, patient: Patient) -> list[Finding]:
    """What a check finds, in a transaction that may only read; one that cannot be made is a finding as well."""
    try:
        async with patient.connection.transaction(readonly=True):
            return await check(patient)
    except Exception as error:  # noqa: BLE001 - told as a finding
        reason = (str(error) or type(error).__name__).splitlines()[0]
        return [fail(f"This could not be looked at: {reason}.", _readable(patient, error))]


def _readable(patient: Patient, error: Exception) -> str:
    if getattr(error, "sqlstate", None) != _NOT_ALLOWED:
        return "Look again; where it stays, PostgreSQL's log has more of it."
    return (
        f"GRANT {APP_ROLE} TO {patient.role}; where that is granted, {patient.command('migrate')}, by the role that "
        "owns the schema, lays its rights anew."
    )
