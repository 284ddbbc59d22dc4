"""The auditor looks at the whole database in one snapshot, past the API, and tells whatever does not agree."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import asyncpg

from chaos.actors.actor import Actor
from chaos.history import Audit
from chaos.world import TAKEN_AWAY

_EVERY = (0.3, 1.2)
_AWAY = 2.0
"""Seconds after which a database that is away is not looked at this time."""
_WORK = "('WAITING', 'RUNNING', 'ERROR', 'HOLD')"
_LISTED = 20

RULES = {
    "%s is %s and has no task": f"""
        SELECT 'rec_' || r.id, r.status FROM record r
        WHERE r.status IN {_WORK} AND NOT EXISTS (SELECT FROM task t WHERE t.record_id = r.id)""",
    "%s is %s and has a task": f"""
        SELECT 'rec_' || t.record_id, coalesce(r.status::text, 'gone') FROM task t LEFT JOIN record r ON r.id = t.record_id
        WHERE r.status IS NULL OR r.status NOT IN {_WORK}""",
    "%s is %s and has a result, or should have one": """
        SELECT 'rec_' || coalesce(r.id, s.record_id), coalesce(r.status::text, 'gone')
        FROM record r FULL JOIN result s ON s.record_id = r.id
        WHERE (coalesce(r.status::text, 'gone') = 'COMPLETE') <> (s.record_id IS NOT NULL)""",
    "%s runs with %s open attempts of its number": """
        SELECT 'rec_' || r.id, count(a.*) FROM record r
        LEFT JOIN attempt a ON a.record_id = r.id AND a.number = r.attempt AND a.ended_at IS NULL
        WHERE r.status = 'RUNNING' GROUP BY r.id HAVING count(a.*) <> 1""",
    "%s has attempt %s open, though it does not run it": """
        SELECT 'rec_' || a.record_id, a.number FROM attempt a LEFT JOIN record r ON r.id = a.record_id
        WHERE a.ended_at IS NULL AND (r.id IS NULL OR r.status <> 'RUNNING' OR r.attempt <> a.number)""",
    "%s counts %s attempts, but has others": """
        SELECT 'rec_' || r.id, r.attempt FROM record r LEFT JOIN attempt a ON a.record_id = r.id
        GROUP BY r.id, r.attempt HAVING count(a.*) <> r.attempt""",
    "%s is %s, which its last event does not say": """
        SELECT 'rec_' || coalesce(r.id, e.record_id), coalesce(r.status::text, 'gone')
        FROM record r FULL JOIN (SELECT DISTINCT ON (record_id) record_id, to_status FROM event ORDER BY record_id, seq DESC) e
          ON e.record_id = r.id
        WHERE r.status IS DISTINCT FROM e.to_status""",
    "%s has attempt %s, whose outcome its events do not say": """
        SELECT 'rec_' || a.record_id, a.number FROM attempt a LEFT JOIN event e ON e.record_id = a.record_id
          AND e.attempt = a.number AND e.action IN ('COMPLETE', 'REPORT_ERROR')
        WHERE CASE e.action WHEN 'COMPLETE' THEN 'COMPLETE' WHEN 'REPORT_ERROR' THEN 'ERROR' END
          IS DISTINCT FROM a.outcome""",
    "%s is noted as unpaired in %s": "SELECT 'rec_' || record_id, 'a committed state' FROM unpaired",
    "Of cohort %s the counts are off by %s": """
        SELECT cohort_id, string_agg(format('%s %s', off, status), ', ') FROM (
          SELECT cohort_id, status, sum(d) AS off FROM (
            SELECT cohort_id, status, n AS d FROM status_count
            UNION ALL SELECT cohort_id, from_status, -1 FROM later WHERE from_status IS NOT NULL
            UNION ALL SELECT cohort_id, to_status, 1 FROM later WHERE to_status IS NOT NULL
            UNION ALL SELECT from_cohort, status, -1 FROM relabelled
            UNION ALL SELECT to_cohort, status, 1 FROM relabelled
            UNION ALL SELECT cohort_id, status, -1 FROM record
          ) all_of_them GROUP BY cohort_id, status HAVING sum(d) <> 0
        ) wrong GROUP BY cohort_id""",
    "Manager %s is said to have completed %s records, but has not": """
        SELECT m.name, m.completed FROM manager m LEFT JOIN attempt a ON a.manager_id = m.id AND a.outcome = 'COMPLETE'
        GROUP BY m.id HAVING count(a.*) <> m.completed""",
    "Tick %s begins at position %s, which is not the next": """
        SELECT id, first_pos FROM (SELECT id, first_pos, lag(first_pos + n) OVER (ORDER BY id) AS next FROM tick) t
        WHERE next <> first_pos""",
}
"""What must have no rows, and what each of its rows says."""

_LATER = """WITH last AS (SELECT snap FROM tick ORDER BY id DESC LIMIT 1),
later AS (SELECT e.* FROM last, events_between(last.snap, pg_current_snapshot()) e),
relabelled AS (SELECT e.* FROM last, relabels_between(last.snap, pg_current_snapshot()) e)
"""


async def audited(psql: asyncpg.Connection[Any], rules: Mapping[str, str] = RULES) -> list[str]:
    """What does not agree in the snapshot of the connection's transaction."""
    faults = []
    for words, query in rules.items():
        rows = await psql.fetch(f"{_LATER} SELECT * FROM ({query}) found LIMIT {_LISTED}")
        faults += [words % tuple(row) for row in rows]
    return faults


class Auditor(Actor):
    """The superuser's eye."""

    async def run(self) -> None:
        """Until the load is over."""
        while not self.stage.stopping.is_set():
            await self.pause(*_EVERY)
            try:
                await self.audit(_AWAY)
            except TAKEN_AWAY:
                continue  # the database is away just now

    async def audit(self, within: float) -> None:
        async with self.stage.world.psql(within) as psql:
            async with psql.transaction(isolation="repeatable_read", readonly=True):
                records = await psql.fetchval("SELECT count(*) FROM record")
                faults = await audited(psql)
            before = time.time()
            clock = float(await psql.fetchval("SELECT extract(epoch FROM clock_timestamp())"))
            skew = clock - (before + time.time()) / 2
        self.stage.history.audits.append(Audit(time.time(), records, skew, faults))
