"""Whether what has been is kept whole: looked at deeply only, as it reads whole tables."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.doctor.findings import Finding, counted, fail, ok
from interlock.doctor.patient import Patient
from interlock.domain.ids import IdType, encode
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
            f"This happens past the guards only: see `guards` and `tables` here. {patient.made_anew} Events that are "
            "gone stay so: restore a backup where their account is needed.",
        )
        for gap in gaps[:_MOST]
    ]
    if len(gaps) > _MOST:
        faults.append(fail(f"The feed has {len(gaps) - _MOST} or more further gaps.", "See those above."))
    if outside := await there.events_before_all_ticks(connection):
        faults.append(
            fail(f"The feed never tells of {counted(outside, 'event')}: their ticks are gone.", patient.made_anew)
        )
    faults += _moved_without_events(patient, await there.untold(connection))
    faults += [
        fail(
            f"The sequence of {one.column} stands at {one.next}, and numbers up to {one.used} are in use.",
            f"`{patient.psql} -c \"SELECT setval('{one.sequence}', greatest(last_value, {one.used})) "
            f'FROM {one.sequence}"`',
        )
        for one in await there.set_back(connection)
    ]
    if mistold := await there.mistold_minutes(connection, patient.settings.event_retention):
        faults.append(
            fail(
                f"Throughput is wrong in {counted(mistold, 'minute')}.",
                f"Nothing depends on it but what is shown; where it matters: {patient.made_anew}",
            )
        )
    return faults or [ok("The feed has an event for every position; throughput and sequences are as they should be.")]


def _moved_without_events(patient: Patient, found: list[there.Untold]) -> Iterator[Finding]:
    if not found:
        return
    one = found[0]
    many = f" Such moves that were met: {len(found)}." if len(found) > 1 else ""
    yield fail(
        f"{encode(IdType.RECORD, one.record_id)} is {one.there} or went on from there, and its events had made it "
        f"{one.told}: it was moved past the guards.{many}",
        f"See its story, `{patient.psql} -c 'SELECT * FROM interlock.event WHERE record_id = {one.record_id} ORDER BY "
        "seq'`, and whether a backup has its result; `guards` and `tables` here say what let it happen.",
    )
