"""A server with work of every kind on it, as an operator meets it in the morning."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

from interlock.app import running
from interlock.settings import Settings
from interlock.store.embedded import EmbeddedPostgres
from interlock.store.migrate import migrate
from support.api import Api
from support.serving import connected, listening

CAMPAIGN = "torsion-drives"
WATER: dict[str, Any] = {
    "program": "tblite",
    "input": {
        "molecule": {
            "symbols": ["O", "H", "H"],
            "geometry": [0.0, 0.0, -0.1294, 0.0, -1.4941, 1.0274, 0.0, 1.4941, 1.0274],
        },
        "driver": "energy",
        "model": {"method": "GFN2-xTB"},
    },
}
_CAUSES = (
    ("scf_not_converged", "SCF not converged in 250 cycles, energy change 3.1e-04"),
    ("scf_not_converged", "SCF not converged in 250 cycles, energy change 8.8e-05"),
    ("geometry_not_converged", "Optimization stopped after 300 steps: max force 0.0121"),
    ("segfault", "Worker died with signal 11 (SIGSEGV)"),
)


async def fill(api: Api, errors: int = 300) -> None:
    """Records in every status, errors of three types, a manager that fails and a tag that nobody serves."""
    submit, manager = api.operator.submit, api.manager
    steady = await manager.activate("hpc-node-07", tags=["openff", "default"], cluster="hpc", leaseSeconds=600)
    sick = await manager.activate("cloud-spot-3", tags=["drives"], cluster="cloud", leaseSeconds=600)
    await submit(errors, campaign=CAMPAIGN, tag="drives")
    leases = await manager.claim(sick, errors)
    returns = [
        (lease["token"], {"error": {"type": type_, "message": message, "traceback": _TRACEBACK}})
        for lease, (type_, message) in zip(leases, cycle(_CAUSES), strict=False)
    ]
    for start in range(0, len(returns), 1_000):
        await manager.give_back(sick, returns[start : start + 1_000])
    await submit(420, campaign=CAMPAIGN, tag="drives")
    await submit(800, campaign="conformers", tag="openff")
    leases = await manager.claim(steady, 640)
    await manager.give_back(steady, [(lease["token"], {"result": 1.5}) for lease in leases[:600]])
    held = await submit(60, campaign="benchmark-2", tag="gpu-large", priority=7)
    await api.operator.move("hold", held[:45], reason="after the maintenance on Monday")
    failed = await api.operator.execute(
        '{ records(filter: {errorType: ["segfault"]}, first: 12) { nodes { id } } }',
    )
    await api.operator.move("fail", [node["id"] for node in failed["records"]["nodes"]], reason="known bug of 1.2")
    (water,) = await submit(1, kind="qcschema", specifications=[WATER], campaign="examples", tag="water")
    chemist = await manager.activate(
        "workstation", tags=["water"], programs=[{"name": "tblite", "version": "0.8"}], leaseSeconds=600
    )
    (lease,) = await manager.claim(chemist, 1)
    assert lease["recordId"] == water
    result = {"success": True, "return_result": -5.0705, "properties": {"scf_iterations": 7}}
    await manager.give_back(chemist, [(lease["token"], {"result": result})])


async def bustle(api: Api, stop: asyncio.Event, batch: int = 20) -> None:
    """Submit, claim and finish, again and again, until ``stop``; one in twenty fails."""
    worker = await api.manager.activate("hpc-node-08", tags=["stream"], leaseSeconds=600)
    while not stop.is_set():
        await api.operator.submit(batch, campaign="stream", tag="stream")
        leases = await api.manager.claim(worker, batch)
        await asyncio.sleep(0.2)  # the pace of a picture
        await api.manager.give_back(
            worker,
            [
                (lease["token"], {"error": {"type": "timeout", "message": "no"}} if i % 20 == 0 else {"result": i})
                for i, lease in enumerate(leases)
            ],
        )


@asynccontextmanager
async def served(settings: Settings | None = None) -> AsyncIterator[tuple[str, Api]]:
    """A server on a PostgreSQL of its own, for those that are no tests."""
    folder = Path(tempfile.mkdtemp(prefix="interlock-dashboard-"))
    postgres = EmbeddedPostgres(folder / "data", {"fsync": "off", "synchronous_commit": "off"})
    postgres.start()
    try:
        url = postgres.dsn("postgres")
        await migrate(url)
        async with (
            running(settings or Settings(), url) as services,
            listening(services) as address,
            connected(address, services) as api,
        ):
            yield address, api
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


_TRACEBACK = """Traceback (most recent call last):
  File "interlock/manager/qcschema.py", line 41, in compute
    return run(program, specification)
  File "tblite/qcschema.py", line 212, in run_schema
    calc.singlepoint(res)
RuntimeError: SCF not converged in 250 cycles
"""
