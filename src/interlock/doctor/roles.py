"""The role as which servers work: it must not be able to go past the guards."""

from __future__ import annotations

from collections.abc import Iterator

from interlock.doctor.findings import Finding, fail, few, ok, warn
from interlock.doctor.patient import Patient
from interlock.store.inspection import roles as there
from interlock.store.inspection.server import APP_ROLE


async def role(patient: Patient) -> list[Finding]:
    found = await there.role(patient.connection)
    if not found.exists:
        remedy = f"{patient.command('migrate')} makes it."
        return [fail(f"There is no role {APP_ROLE}, as which servers work.", remedy)]
    making = [
        warn(f"The role {APP_ROLE} may make things of its own in the {_named(one.what)}.", one.statement)
        for one in await there.making(patient.connection)
    ]
    return [*_too_much(found), *await _replicas(patient), *making] or [
        ok(f"The role {APP_ROLE} owns nothing and can drop no guard.")
    ]


def _named(what: str) -> str:
    kind, _, name = what.partition(" ")
    return f"{kind.lower()} {name}"


def _too_much(found: there.Role) -> Iterator[Finding]:
    if found.powers:
        powers = few(found.powers, len(found.powers))
        remedy = f"ALTER ROLE {APP_ROLE} " + " ".join(f"NO{power}" for power in found.powers) + ";"
        yield fail(f"The role {APP_ROLE} has {powers}: it could go past the guards.", remedy)
    if found.owned:
        yield fail(
            f"The role {APP_ROLE} owns {few(found.owned)}: it could drop the guards.",
            f"REASSIGN OWNED BY {APP_ROLE} TO {found.heir};",
        )
    for group in found.memberships:
        yield fail(
            f"The role {APP_ROLE} belongs to {group}, whose rights go past those that are laid.",
            f"REVOKE {group} FROM {APP_ROLE};",
        )


async def _replicas(patient: Patient) -> list[Finding]:
    """Where ordinary triggers, and with them foreign keys, are switched off."""
    told = "session_replication_role is replica for {}: foreign keys are not enforced there."
    found = [fail(told.format(one.what), one.statement) for one in await there.replicas(patient.connection)]
    if not found and patient.values["session_replication_role"] == "replica":
        remedy = "Take it out of the URL's `options`, of PGOPTIONS, of PostgreSQL's files and command line."
        return [fail(told.format("this session"), remedy)]
    return found
