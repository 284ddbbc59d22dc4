"""The doctor on what stands on the tables and goes past their guards: told, with the statement that mends it."""

from __future__ import annotations

import pytest

from doctor.conftest import Deployment
from interlock.doctor.findings import Level
from interlock.store.migrate import migrate

INTRUDERS = {
    "a rule": (
        "CREATE RULE mine AS ON UPDATE TO record DO INSTEAD NOTHING",
        "The rule mine on record changes what is written there.",
    ),
    "row security": (
        "ALTER TABLE event ENABLE ROW LEVEL SECURITY",
        "Row security is on for event: servers and guards see only what it lets them see.",
    ),
    "a policy": (
        'CREATE POLICY "one and only" ON task USING (false)',
        'The policy "one and only" hides rows of task where row security is on.',
    ),
    "an heir": (
        "CREATE TABLE public.heir () INHERITS (record)",
        "public.heir inherits from record: its rows count as rows of that, and have passed no guard.",
    ),
    "a foreign key that is switched off": (
        "ALTER TABLE cohort DISABLE TRIGGER ALL",
        "The foreign key cohort_lane_id_fkey is not enforced at cohort.",
    ),
    "a right of another role": (
        "GRANT SELECT, INSERT ON api_key TO pg_monitor",
        "The role pg_monitor may change api_key past the servers.",
    ),
    "a right to a column": (
        "GRANT UPDATE (to_status) ON event TO interlock_app",
        "The application's role, or everybody, has a right of its own to the column to_status of event.",
    ),
}


@pytest.mark.parametrize("name", INTRUDERS)
async def test_what_goes_past_the_guards_is_told_and_the_remedy_mends_it(alone: Deployment, name: str) -> None:
    fault, told = INTRUDERS[name]
    await alone.psql.execute(fault)
    findings = (await alone.look())["tables"]
    assert told in [one.message for one in findings]
    assert {one.level for one in findings} == {Level.FAIL}
    for one in findings:
        assert one.remedy is not None
        statement = one.remedy.partition(";")[0]
        if not statement.startswith("`interlock migrate`"):
            await alone.psql.execute(statement)
    await migrate(alone.url)
    found = await alone.look()
    assert [one.level for one in (*found["tables"], *found["guards"])] == [Level.OK, Level.OK]


async def test_a_servers_own_role_sees_them_too(alone: Deployment) -> None:
    await alone.psql.execute("CREATE ROLE looks LOGIN; GRANT interlock_app, pg_read_all_stats TO looks")
    try:
        await alone.psql.execute("CREATE RULE mine AS ON INSERT TO event DO INSTEAD NOTHING")
        (found,) = (await alone.look(url=alone.url.replace("//interlock@", "//looks@")))["tables"]
        assert found.message.startswith("The rule mine on event")
    finally:
        await alone.psql.execute("DROP OWNED BY looks; DROP ROLE looks")
