"""Whether PostgreSQL keeps up with what is written: vacuum, transaction ids, bloat, and what is in its way."""

from __future__ import annotations

from interlock.doctor.findings import Finding, duration, fail, few, megabytes, ok, unseen, warn
from interlock.doctor.patient import Patient
from interlock.store.inspection import storage

_MANY_DEAD, _DEAD_SHARE = 50_000, 0.5
"""Dead rows that are too many, and too large a share of those that live."""
_OLD, _TOO_OLD = 2.0, 1_500_000_000
"""Ages: in multiples of what autovacuum lets them be, and transactions of the 2,147 million that there can be."""
_LARGE, _TIMES = 32_000_000, 4.0
"""Bytes from which on bloat counts, and how many times of what is needed."""
_LONG, _IDLE = 300.0, 60.0
"""Seconds that a transaction may take, and that it may do nothing."""


async def vacuum(patient: Patient) -> list[Finding]:
    tables = await storage.tables(patient.connection)
    faults = []
    off = [table.name for table in tables if not table.autovacuum]
    if off:
        remedy = " ".join(
            f"ALTER TABLE interlock.{name} RESET (autovacuum_enabled, toast.autovacuum_enabled);" for name in off
        )
        faults.append(fail(f"Autovacuum is off for {few(off)}: it gets slower and slower.", remedy))
    for table in tables:
        if table.dead > max(_MANY_DEAD, _DEAD_SHARE * table.live):
            when = "never" if table.vacuumed is None else f"last at {table.vacuumed:%Y-%m-%d %H:%M}"
            faults.append(
                warn(
                    f"{table.name} has {table.dead:,} dead rows beside {table.live:,} that live; vacuumed {when}.",
                    f"VACUUM (VERBOSE) interlock.{table.name}; says what keeps them; see `transactions` here.",
                )
            )
    return faults or [ok(f"Of {sum(table.live for table in tables):,} rows, {sum(t.dead for t in tables):,} are dead.")]


async def transaction_ids(patient: Patient) -> list[Finding]:
    found = await storage.ages(patient.connection)
    faults = []
    for name, age, allowed in (
        ("transaction", found.transactions, "autovacuum_freeze_max_age"),
        ("multixact", found.multixacts, "autovacuum_multixact_freeze_max_age"),
    ):
        limit = int(patient.values[allowed] or 0)
        told = f"The oldest {name} id is {age:,} back; autovacuum should keep it below {limit:,} ({allowed})."
        remedy = "VACUUM (FREEZE); in this database, once nothing is in its way: see `transactions` here."
        if age > _TOO_OLD:
            faults.append(fail(f"{told} PostgreSQL stops at 2,147,483,648.", remedy))
        elif age > _OLD * limit:
            faults.append(warn(told, remedy))
    return faults or [ok(f"The oldest is {found.transactions:,} transactions back.")]


async def bloat(patient: Patient) -> list[Finding]:
    found = await storage.bloated(patient.connection, _LARGE, _TIMES)
    return [
        warn(
            f"{one.name} has {megabytes(one.bytes)}, and its rows need about {megabytes(one.needed)}.",
            f"REINDEX INDEX CONCURRENTLY interlock.{one.name};"
            if one.is_index
            else f"VACUUM (FULL, ANALYZE) interlock.{one.name}; while no server runs, as everybody waits for it.",
        )
        for one in found[:5]
    ] or [ok(f"No table and no index of more than {megabytes(_LARGE)} has {_TIMES:.0f} times what it needs.")]


async def transactions(patient: Patient) -> list[Finding]:
    if patient.unseen:
        return [unseen("Long transactions", patient.unseen)]
    faults = [
        warn(
            f"A {one.what} has been open for {duration(one.seconds)}: dead rows stay as long as it does.",
            f"See whether somebody needs it; if not: {one.ending}",
        )
        for one in await storage.in_the_way(patient.connection, patient.now)
        if one.seconds > _LONG
    ]
    idle = await storage.idle_in_transaction(patient.connection, _IDLE, patient.now)
    if idle:
        faults.append(
            warn(
                f"A transaction is open in which nothing is done: {few([f'process {pid}' for pid in idle])}.",
                f"SELECT pg_terminate_backend({idle[0]}); and so on. ALTER ROLE … SET "
                "idle_in_transaction_session_timeout = '1min'; for their role keeps it from coming again.",
            )
        )
    return faults or [ok(f"None has been open for more than {duration(_LONG)}.")]
