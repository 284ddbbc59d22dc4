"""A backup restored in another cluster, by each way that PostgreSQL has: what holds, what goes on, what is refused."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from cli.calling import said
from support.api import HEARTBEAT, Client, GraphQLFailure
from support.scenario import events
from support.serving_process import Serving, serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

COUNTS = "{ statusCounts { status count } }"
FEED = "query ($after: String!) { statusChanges(after: $after, first: 10) { nodes { position } } }"


async def interlock(*arguments: str | Path) -> str:
    """What a command says that must work."""
    code, out, complaints = await asyncio.to_thread(said, *map(str, arguments))
    assert code == 0, (out, complaints)
    return out


def _owned(cluster: Path, like: Path) -> None:
    """Files that root has copied are given to the account that PostgreSQL runs as."""
    if os.geteuid() == 0:
        owner = like.stat()
        for path in (cluster, *cluster.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


async def _dump(data: Path, backup: Path) -> None:
    await interlock("postgres", "--data-dir", data, "pg_dump", "--format=custom", f"--file={backup}")


async def _restore_dump(data: Path, backup: Path, restored: Path) -> None:
    del data
    await interlock("migrate", "--data-dir", restored)
    given = ("--clean", "--if-exists", "--exit-on-error", "--dbname=interlock", backup)
    await interlock("postgres", "--data-dir", restored, "pg_restore", *given)
    await interlock("migrate", "--data-dir", restored)


async def _base_backup(data: Path, backup: Path) -> None:
    await interlock("postgres", "--data-dir", data, "pg_basebackup", "--checkpoint=fast", f"--pgdata={backup}")


async def _copy(data: Path, backup: Path) -> None:
    """File by file, as any tool for backups may do it between the two calls."""
    url = (await interlock("database-url", "--data-dir", data)).strip()
    connection = await asyncpg.connect(url)
    await connection.execute("SELECT pg_backup_start('copy', fast => true)")
    cluster = data / "postgres" / "cluster"
    # a program, as files come and go meanwhile
    copying = await asyncio.create_subprocess_exec("cp", "-a", cluster, backup, stderr=asyncio.subprocess.DEVNULL)
    await copying.wait()
    label = await connection.fetchval("SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)")
    switched = await connection.fetchval("SELECT pg_walfile_name(pg_switch_wal())")
    await connection.close()
    (backup / "backup_label").write_text(label)
    (backup / "postmaster.pid").unlink()
    for file in (cluster / "pg_wal").iterdir():
        if file.is_file() and file.name <= switched:
            shutil.copy2(file, backup / "pg_wal" / file.name)


async def _restore_folder(data: Path, backup: Path, restored: Path) -> None:
    cluster = restored / "postgres" / "cluster"
    cluster.parent.mkdir(parents=True, mode=0o700)
    shutil.copytree(backup, cluster, symlinks=True, ignore=shutil.ignore_patterns(".s.PGSQL.*"))
    cluster.chmod(0o700)
    _owned(cluster, data / "postgres" / "cluster")


Backup = Callable[[Path, Path], Awaitable[None]]
Restore = Callable[[Path, Path, Path], Awaitable[None]]
WAYS: dict[str, tuple[Backup, Restore]] = {
    "a dump": (_dump, _restore_dump),
    "a base backup": (_base_backup, _restore_folder),
    "a copy of the files": (_copy, _restore_folder),
}


@dataclass
class Before:
    """What was so at the backup, and what came after it and is lost."""

    key: str
    manager: str
    history: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    cursors: list[str] = field(default_factory=list)


def _told(history: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    names = ("recordId", "from", "to", "action", "actor", "who", "reason", "at", "attempt", "owner", "campaign", "tag")
    return [tuple(event[name] for name in names) for event in history]


async def _counts(client: Client) -> dict[str, int]:
    return {one["status"]: one["count"] for one in (await client.execute(COUNTS))["statusCounts"]}


async def _cursor(client: Client) -> str:
    return str((await client.execute("{ feedCursor }"))["feedCursor"])


async def _story(client: Client, worker: Client) -> Before:
    """Records in all statuses, and leases that are open."""
    before = Before(client.key, await worker.activate("worker", leaseSeconds=3600))
    ids = await client.submit(12, campaign="first", tag="small")
    await client.move("hold", ids[:2], reason="later")
    leases = await worker.claim(before.manager, 5)
    returns = [(leases[0]["token"], {"result": 1}), (leases[1]["token"], {"error": {"type": "boom", "message": "no"}})]
    await worker.give_back(before.manager, returns)
    await client.move("fail", [leases[1]["recordId"]])
    await client.move("kill", ids[-1:])
    before.kept = {lease["recordId"]: lease["token"] for lease in leases[2:]}
    before.history = await events(client)
    before.counts = await _counts(client)
    before.cursors = [await _cursor(client), before.history[3]["cursor"], before.history[-1]["cursor"]]
    return before


async def _more(client: Client, worker: Client, before: Before) -> None:
    """What is done between the backup and the accident."""
    leases = await worker.claim(before.manager, 2)
    before.lost = {lease["recordId"]: lease["token"] for lease in leases}
    record, token = next(iter(before.kept.items()))
    assert await worker.give_back(before.manager, [(token, {"result": f"of {record}"})]) == ["ACCEPTED"]
    await client.submit(20, campaign="lost")
    await events(client)
    before.cursors.append(await _cursor(client))


@pytest.mark.parametrize("way", WAYS)
async def test_a_restored_backup_is_whole_and_goes_on(tmp_path: Path, way: str) -> None:
    back_up, restore = WAYS[way]
    data, backup, restored = tmp_path / "data", tmp_path / "backup", tmp_path / "restored"
    async with httpx.AsyncClient(timeout=60) as http:
        async with serving(tmp_path, "--data-dir", str(data)) as server:
            client, worker = await _clients(http, server, data)
            before = await _story(client, worker)
            await back_up(data, backup)
            await _more(client, worker, before)
        await restore(data, backup, restored)
        found = await interlock("doctor", "--data-dir", restored)
        assert not [line for line in found.splitlines() if not line.startswith("ok ") and " feed " not in line]
        async with serving(tmp_path, "--data-dir", str(restored)) as server:
            client, worker = Client(http, server.url, client.key), Client(http, server.url, worker.key)
            await _is_whole(client, before, restored)
            await _refuses(client, before, restored)
            await _goes_on(client, worker, before)
            found = await interlock("doctor", "--deep", "--data-dir", restored)
            assert all(line.startswith("ok ") for line in found.splitlines()), found


async def _clients(http: httpx.AsyncClient, server: Serving, data: Path) -> tuple[Client, Client]:
    client = Client(http, server.url, (data / "admin.key").read_text().strip())
    create = "mutation ($input: CreateKeyInput!) { createKey(input: $input) { key } }"
    key = (await client.call(create, name="cluster", role="MANAGER"))["key"]
    return client, Client(http, server.url, key)


async def _is_whole(client: Client, before: Before, restored: Path) -> None:
    """Every event has its place, and what is counted is there."""
    history = await events(client)
    assert sorted(_told(history), key=str) == sorted(_told(before.history), key=str)
    assert [event["position"] for event in history] == list(range(1, len(history) + 1))
    for record in {event["recordId"] for event in history}:
        assert [e["action"] for e in history if e["recordId"] == record] == [
            e["action"] for e in before.history if e["recordId"] == record
        ]
    assert await _counts(client) == before.counts
    query = "SELECT status, count(*) FROM interlock.record GROUP BY 1"
    rows = await interlock("postgres", "--data-dir", restored, "psql", "-qAt", "-c", query)
    assert dict(row.split("|") for row in rows.split()) == {name: str(n) for name, n in before.counts.items()}


async def _refuses(client: Client, before: Before, restored: Path) -> None:
    """Illegal moves, from psql too; and cursors from before, in whatever way they come."""
    illegal = "UPDATE interlock.record SET status = 'COMPLETE' WHERE status = 'HOLD'"
    code, _, complaints = await asyncio.to_thread(
        said, "postgres", "--data-dir", str(restored), "psql", "-v", "ON_ERROR_STOP=1", "-c", illegal
    )
    assert code != 0
    assert "update of record is not permitted (HOLD -> COMPLETE)" in complaints[0]
    for cursor in before.cursors:
        with pytest.raises(GraphQLFailure) as refused:
            await client.execute(FEED, after=cursor)
        assert refused.value.code == "CURSOR_STALE"
        async with client.follow(after=cursor) as changes:
            with pytest.raises(GraphQLFailure) as refused:
                await anext(changes)
        assert refused.value.code == "CURSOR_STALE"


async def _goes_on(client: Client, worker: Client, before: Before) -> None:
    """The feed, under a new epoch; and leases: those of before go on, what was claimed after the backup is fenced off."""
    async with client.follow(after=await _cursor(client)) as changes:
        following = asyncio.ensure_future(anext(changes))
        (record,) = await client.submit(1, campaign="after")
        assert (await following)["recordId"] == record
    tokens = [*before.kept.values(), *before.lost.values()]
    heard = await worker.call(HEARTBEAT, managerId=before.manager, tokens=tokens)
    assert heard["renewed"] == len(before.kept)
    assert {one["token"]: one["code"] for one in heard["lost"]} == dict.fromkeys(before.lost.values(), "UNKNOWN_TOKEN")
    answers = await worker.give_back(before.manager, [(token, {"result": 2}) for token in tokens])
    assert answers == ["ACCEPTED"] * len(before.kept) + ["UNKNOWN_TOKEN"] * len(before.lost)
    assert set(await client.statuses(list(before.kept))) == {"COMPLETE"}
    claimed = {lease["recordId"] for lease in await worker.claim(before.manager, 100)}
    assert claimed >= set(before.lost)  # what was lost waits again, and is given anew
