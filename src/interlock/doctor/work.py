"""Whether the work goes on: leases, counts, tags that are served, managers that are heard of."""

from __future__ import annotations

from shlex import quote

from interlock.doctor.findings import Finding, counted, duration, fail, few, ok, warn
from interlock.doctor.patient import Patient
from interlock.domain.ids import IdType, encode
from interlock.kinds.qcschema import FUNCTION as QCSCHEMA
from interlock.store.inspection import work

_GRACE = 120.0
"""Seconds: twice of what the server's own upkeep takes to find what is wrong."""
_SILENCE = 60.0

_LEASES = {
    "orphans": ("RUNNING without a lease", "Whoever runs them cannot return them."),
    "strays": ("an open attempt, but not RUNNING it", "They were moved on by other means than Interlock's."),
    "overdue": ("a lease that ran out and was not acted on", "Nobody looks after them."),
}


async def leases(patient: Patient) -> list[Finding]:
    found = await work.leases(patient.connection, _GRACE, patient.now)
    faults = []
    for name, (what, why) in _LEASES.items():
        count: int = getattr(found, name)
        if count:
            many = f"{count} records or more" if count == work.MOST else f"{count} records" if count > 1 else "1 record"
            example = encode(IdType.RECORD, found.examples[name])
            faults.append(
                fail(
                    f"{many}, such as {example}: {what}. {why}",
                    "A running server gives them up within two minutes: see whether one runs, and what its log says of "
                    "`upkeep`.",
                )
            )
    return faults or [ok("Every running record has its lease, and every lease its record.")]


async def counts(patient: Patient) -> list[Finding]:
    if not patient.deep:
        return [ok("Not counted: `--deep` compares what is told with all records.")]
    wrong = await work.miscounts(patient.connection)
    apart = await work.mismatched(patient.connection)
    bereft = await work.bereft(patient.connection)
    faults = []
    if wrong:
        one = wrong[0]
        faults.append(
            fail(
                f"{counted(len(wrong), 'count')} wrong: of cohort {one.cohort} in {one.status}, {one.told} are told "
                f"and {one.counted} are there.",
                patient.made_anew,
            )
        )
    if bereft:
        names = few([encode(IdType.RECORD, number) for number in bereft])
        faults.append(
            fail(
                f"The specification, or the result of what is COMPLETE, is gone of {names}.",
                "Nothing of Interlock deletes them alone. Restore a backup beside this database, and copy them over.",
            )
        )
    if apart:
        names = few([encode(IdType.RECORD, number) for number in apart])
        faults.append(
            fail(
                f"Record and task do not go together for {names}.",
                "This cannot be written past the guards: see `guards` and `tables` here. "
                f"{patient.command('tasks rebuild')} builds the missing tasks from the specifications.",
            )
        )
    return faults or [ok("All counts are right, and every record has its task where it needs one.")]


async def tags(patient: Patient) -> list[Finding]:
    found = await work.unserved(patient.connection, _SILENCE, patient.now)
    return [
        warn(
            f"No manager that is heard of serves the tag {one.tag!r}"
            + (f" with {few(one.programs)}" if one.programs else "")
            + f"; waiting: {counted(one.waiting, 'task')}.",
            _a_manager(one),
        )
        for one in found[:5]
    ] or [ok("Whatever waits, some manager serves it.")]


def _a_manager(of: work.Unserved) -> str:
    """The command that starts one which serves them."""
    command = f"interlock manager --key-file MANAGER.key --tag {quote(of.tag)}"
    if set(of.functions) - {QCSCHEMA}:
        command += "".join(f" --function {quote(function)}" for function in of.functions)
    where = " where those programs are installed" if of.programs else ""
    return f"Start one{where}, if those functions may run there: `{command}`" if of.functions else f"Start one{where}."


async def managers(patient: Patient) -> list[Finding]:
    found = await work.silent(patient.connection, _SILENCE, patient.now)
    return [
        warn(
            f"The manager {one.name!r} ({encode(IdType.MANAGER, one.id)}) is active and was last heard of "
            f"{duration(one.seconds)} ago; it holds {counted(one.leases, 'lease')}.",
            f"See whether it still runs; if not: {patient.command(f'managers forget {quote(one.name)}')}.",
        )
        for one in found[:5]
    ] or [ok("All active managers are heard of.")]
