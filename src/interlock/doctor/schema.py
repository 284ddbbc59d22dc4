"""What is laid in the database: that it is of this version, guards what it should, and that somebody can get in."""

from __future__ import annotations

from interlock.doctor.findings import Finding, fail, few, ok, warn
from interlock.doctor.patient import Patient
from interlock.domain.roles import Role
from interlock.store.identity import roles_with_keys
from interlock.store.inspection import definitions, server
from interlock.store.inspection.definitions import Comparison

_GUARDS = ("trigger", "function", "constraint")
_ILLEGAL = " Moves that are not permitted may be possible."
_MISSING, _OTHER = "is missing", "is not as this version lays it"
_MOST = 10
"""Differences that are told one by one."""
_NEW_KEY = "keys create --name admin --role ADMIN"


async def migration(patient: Patient) -> list[Finding]:
    found, needed = await server.revision(patient.connection), server.head()
    if found is None:
        return [fail("Nothing of Interlock is in this database.", f"{patient.command('migrate')} lays it.")]
    if found != needed:
        return [
            fail(
                f"The database is at migration {found}; this Interlock needs {needed}.",
                f"{patient.command('migrate')} brings it there, or use the Interlock that the database is for.",
            )
        ]
    return [ok(f"The database is at migration {found}, as this Interlock needs it.")]


async def guards(patient: Patient) -> list[Finding]:
    """Equal to what this version would lay, word by word as PostgreSQL writes it down."""
    if await definitions.may_lay_aside(patient.connection):
        found = await definitions.compare(patient.url)
    else:
        found = await definitions.compare_in_part(patient.connection)
    return _faults(patient, found) or [_whole(found)]


def _whole(found: Comparison) -> Finding:
    if found.whole:
        return ok(f"All {len(found.wanted)} tables, guards, functions and rights are as this version lays them.")
    return warn(
        f"{len(found.wanted)} guards and functions are there; their conditions were not compared, as that takes a role "
        "which may create a schema.",
        "Run the doctor with the INTERLOCK_DATABASE_URL that `interlock migrate` uses.",
    )


def _faults(patient: Patient, found: Comparison) -> list[Finding]:
    faults = [
        fail(f"{_named(key)} {what}.{_ILLEGAL if key[0] in _GUARDS else ''}", _remedy(patient, key, found, what))
        for what, keys in ((_MISSING, found.missing), (_OTHER, found.different))
        for key in keys[:_MOST]
    ]
    if (more := len(found.missing) + len(found.different) - len(faults)) > 0:
        faults.append(fail(f"{more} more are missing or not as this version lays them.", _lay(patient)))
    for key in (key for key in found.unknown if key[0] == "trigger"):
        table, _, name = key[1].partition(".")
        faults.append(
            fail(
                f"The trigger {key[1]} is not of Interlock: it may change what is written, or prevent it.",
                f'DROP TRIGGER "{name}" ON interlock.{table};',
            )
        )
    extra = [_named(key) for key in found.unknown if key[0] != "trigger"]
    if extra:
        faults.append(
            warn(f"{few(extra)}: not of Interlock.", "Look who made it; drop what nobody needs, it costs every change.")
        )
    return faults


def _lay(patient: Patient) -> str:
    return (
        f"{patient.command('migrate')}, by the role that owns the schema, lays it anew. What happened meanwhile is not "
        f"undone by it: look for it with {patient.command('doctor --deep')}."
    )


def _remedy(patient: Patient, key: tuple[str, str], found: Comparison, what: str) -> str:
    """Migrating lays anew what follows from the lifecycle; tables are made once, by the migrations."""
    kind, name = key
    wanted = found.wanted[key]
    if kind == "options":
        present = [option.partition("=")[0] for option in found.found.get(key, "").split()]
        reset = f"ALTER TABLE interlock.{name} RESET ({', '.join(present)}); " if present else ""
        return f"{reset}ALTER TABLE interlock.{name} SET ({', '.join(wanted.split())});"
    table = name.partition(".")[0]
    if kind == "index":
        return f"{wanted};" if what == _MISSING else f"DROP INDEX interlock.{name}; {wanted};"
    if kind == "sequence" and what == _OTHER:
        return f"ALTER SEQUENCE interlock.{name} {wanted};"
    if kind == "constraint":
        return f"ALTER TABLE interlock.{table} ADD CONSTRAINT {name.partition('.')[2]} {wanted};"
    if kind in {"column", "table", "type"}:
        return f"It should be: {wanted}. Put it back, or restore a backup."
    return _lay(patient)


def _named(key: tuple[str, str]) -> str:
    kind, name = key
    match kind:
        case "rights":
            return f"The list of rights to {name}"
        case "options":
            return f"The list of storage options of {name}"
    return f"The {kind} {name}"


async def keys(patient: Patient) -> list[Finding]:
    found = await roles_with_keys(patient.connection)
    if not found:
        return [fail("There is no valid API key: nobody can get in.", f"{patient.command(_NEW_KEY)} makes one.")]
    if Role.ADMIN not in found:
        return [
            warn(
                "No ADMIN has a valid key: nobody can make or revoke keys by the API.",
                f"{patient.command(_NEW_KEY)} makes one.",
            )
        ]
    return [ok(f"There are valid keys for {few([str(one) for one in sorted(found)], len(found))}.")]
