"""What stands on the tables and goes past their guards: rules, policies, heirs, foreign keys that are switched off."""

from __future__ import annotations

from interlock.doctor.findings import Finding, fail, ok
from interlock.doctor.patient import Patient
from interlock.store.inspection import intruders as there

_MOST = 10
"""That are told one by one."""
_TOLD = {
    there.RULE: (
        "The rule {name} on {table} changes what is written there.",
        "DROP RULE {name} ON interlock.{table};",
    ),
    there.POLICY: (
        "The policy {name} hides rows of {table} where row security is on.",
        "DROP POLICY {name} ON interlock.{table};",
    ),
    there.ROW_SECURITY: (
        "Row security is on for {table}: servers and guards see only what it lets them see.",
        "ALTER TABLE interlock.{table} DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;",
    ),
    there.CHILD: (
        "{name} inherits from {table}: its rows count as rows of that, and have passed no guard.",
        "ALTER TABLE {name} NO INHERIT interlock.{table};",
    ),
    there.FOREIGN_KEY: (
        "The foreign key {name} is not enforced at {table}.",
        "ALTER TABLE interlock.{table} ENABLE TRIGGER ALL; then {migrate}, which lays the guards anew.",
    ),
    there.OTHERS_RIGHT: (
        "The role {name} may change {table} past the servers.",
        "REVOKE ALL ON interlock.{table} FROM {name};",
    ),
    there.COLUMN_RIGHT: (
        "The application's role, or everybody, has a right of its own to the column {name} of {table}.",
        "{migrate}, by the role that owns the schema, lays the rights anew.",
    ),
}


async def tables(patient: Patient) -> list[Finding]:
    found = await there.intruders(patient.connection)
    faults = []
    for one in found[:_MOST]:
        message, remedy = (
            text.format(name=one.name, table=one.table, migrate=patient.command("migrate")) for text in _TOLD[one.kind]
        )
        faults.append(fail(message, f"{remedy} {patient.command('doctor --deep')} looks for what happened meanwhile."))
    if len(found) > _MOST:
        faults.append(fail(f"{len(found) - _MOST} more of these stand on the tables.", "Mend these, then look again."))
    return faults or [ok("Nothing on the tables goes past their guards.")]
