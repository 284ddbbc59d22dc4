"""``interlock doctor`` as it is typed: on the embedded database, beside a server, with its exit status."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from cli.calling import said
from doctor.conftest import Deployment
from interlock.doctor.findings import duration
from interlock.store.embedded import EmbeddedPostgres
from support.serving_process import serving


@pytest.mark.slow
async def test_it_works_beside_a_server_on_the_embedded_database_and_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with serving(tmp_path, "--data-dir", str(data)):
        code, out, complaints = await asyncio.to_thread(said, "doctor", "--data-dir", str(data))
        assert (code, complaints) == (0, [])
        lines = out.splitlines()
        assert len(lines) == 21
        assert all(line.startswith("ok    ") for line in lines), out
        assert f"free in {data}." in out
    code, out, _ = await asyncio.to_thread(said, "doctor", "--json", "--data-dir", str(data))
    assert code == 0
    told = json.loads(out)
    assert told["ok"] is True
    assert [one["check"] for one in told["checks"] if one["level"] != "ok"] == ["feed"]
    assert not EmbeddedPostgres(data / "postgres").ensure_running()


async def test_a_failure_is_the_exit_status(deployment: Deployment) -> None:
    await deployment.psql.execute("DROP TRIGGER event_is_kept ON event")
    code, out, _ = await asyncio.to_thread(said, "doctor", INTERLOCK_DATABASE_URL=deployment.url)
    assert code == 1
    (line,) = [line for line in out.splitlines() if not line.startswith("ok ")]
    assert line.startswith("fail  guards           The trigger event.event_is_kept is missing.")
    assert "`interlock migrate`" in line
    await deployment.psql.execute("CREATE RULE mine AS ON UPDATE TO record DO INSTEAD NOTHING")
    code, out, _ = await asyncio.to_thread(said, "doctor", INTERLOCK_DATABASE_URL=deployment.url)
    assert out.splitlines()[-1] == "SQL is for the owner of the schema, in `interlock postgres psql`."
    code, out, _ = await asyncio.to_thread(said, "doctor", "--json", INTERLOCK_DATABASE_URL=deployment.url)
    assert code == 1
    told = json.loads(out)
    assert told["ok"] is False
    (guards,) = [one for one in told["checks"] if one["check"] == "guards"]
    assert guards["level"] == "fail"
    assert guards["remedy"]


def test_where_there_is_nothing_to_look_at_one_line_says_so(tmp_path: Path, cluster: EmbeddedPostgres) -> None:
    code, out, complaints = said("doctor", "--data-dir", str(tmp_path / "nowhere"))
    assert (code, out) == (1, "")
    assert complaints == [f"interlock: There is no Interlock data in {tmp_path}/nowhere; `interlock serve` makes it."]
    code, out, complaints = said("doctor", INTERLOCK_DATABASE_URL=cluster.dsn("not_there"))
    assert (code, out, len(complaints)) == (1, "", 1)
    assert "not_there" in complaints[0]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(1, "1 second"), (119, "119 seconds"), (150, "2 minutes"), (7_500, "2 hours"), (10**6, "12 days")],
)
def test_times_are_told_in_a_unit_that_fits(seconds: float, told: str) -> None:
    assert duration(seconds) == told


async def test_a_check_that_cannot_be_made_is_told_without_the_url_and_json_stays_json(deployment: Deployment) -> None:
    await deployment.psql.execute("CREATE ROLE secretive LOGIN PASSWORD 'sekret77'; GRANT interlock_app TO secretive")
    await deployment.psql.execute("REVOKE SELECT ON manager FROM interlock_app")
    try:
        url = deployment.url.replace("//interlock@", "//secretive:sekret77@")
        for arguments in ((), ("--json",)):
            code, out, complaints = await asyncio.to_thread(said, "doctor", *arguments, INTERLOCK_DATABASE_URL=url)
            assert code == 1
            assert "sekret77" not in out + "".join(complaints)
        assert json.loads(out)["ok"] is False
    finally:
        await deployment.psql.execute("DROP OWNED BY secretive; DROP ROLE secretive")
