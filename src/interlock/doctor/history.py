"""Whether what has been is kept whole: looked at deeply only, as it reads whole tables."""

from __future__ import annotations

from interlock.doctor.findings import Finding, counted, fail, ok
from interlock.doctor.patient import Patient
from interlock.store.inspection import history as there

_MOST = 5


async def history(patient: Patient) -> list[Finding]:
    if not patient.deep:
        return [ok("Not looked at: `--deep` compares positions, throughput and sequences with what is there.")]
    connection = patient.connection
    gaps = await there.gaps(connection)
    faults = [
        fail(
            f"The feed has {counted(gap.found, 'event')} for its {counted(gap.told, 'position')} from {gap.first} to "
            f"{gap.last}.",
            "Events are only lost past the guards: see `guards` and `tables` here, and restore a backup where their "
            "account is needed.",
        )
        for gap in gaps[:_MOST]
    ]
    if len(gaps) > _MOST:
        faults.append(fail(f"The feed has {len(gaps) - _MOST} or more further gaps.", "See those above."))
    faults += [
        fail(
            f"The sequence of {one.column} stands at {one.next}, and numbers up to {one.used} are in use.",
            f"`{patient.psql} -c \"SELECT setval('{one.sequence}', {one.used})\"`",
        )
        for one in await there.set_back(connection)
    ]
    if mistold := await there.mistold_minutes(connection, patient.settings.event_retention):
        faults.append(
            fail(
                f"Throughput is wrong in {counted(mistold, 'minute')}.",
                "What the doctor says of wrong counts mends it, too; or leave it: nothing else depends on it.",
            )
        )
    return faults or [ok("The feed has an event for every position; throughput and sequences are as they should be.")]
