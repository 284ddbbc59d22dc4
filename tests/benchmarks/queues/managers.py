"""Ours, as its users have it: for every line "JOBS MANAGERS BATCH", submit so many jobs, and claim and return them all.

``python -m benchmarks.queues.managers URL SUBMITTER_KEY MANAGER_KEY``; the seconds that both took come as a line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

import uvloop

from benchmarks.queues.http import Http

_SUBMITTED = 1_000
_SUBMIT = "mutation ($input: SubmitRecordsInput!) { submitRecords(input: $input) { submitted errors { message } } }"
_ACTIVATE = (
    "mutation ($input: ActivateManagerInput!) { activateManager(input: $input) { manager { id } errors { message } } }"
)
_CLAIM = """mutation ($input: ClaimTasksInput!) { claimTasks(input: $input) {
  leases { token recordId function args kwargs } errors { message } } }"""
_RETURN = """mutation ($input: ReturnTasksInput!) { returnTasks(input: $input) {
  answers { token code } leases { token recordId function args kwargs } errors { message } } }"""


async def _submit(url: str, key: str, jobs: int) -> None:
    http = await Http.connect(url, key)
    for start in range(0, jobs, _SUBMITTED):
        specifications = [{"function": "math:sqrt", "args": [i]} for i in range(start, min(start + _SUBMITTED, jobs))]
        payload = await http.call(_SUBMIT, {"kind": "python", "specifications": specifications})
        assert payload["submitted"] == len(specifications)
    http.close()


async def _manager(http: Http, number: int) -> str:
    given = {"name": f"manager {number}", "tags": ["*"], "programs": []}
    return str((await http.call(_ACTIVATE, given))["manager"]["id"])


def _returned(leases: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"token": lease["token"], "outcome": {"result": 2.0}} for lease in leases]


class _Drain:
    """The jobs that are left, which the managers share."""

    def __init__(self, jobs: int, batch: int) -> None:
        self._left = jobs
        self._batch = batch

    async def work(self, http: Http, manager: str) -> None:
        following = {"limit": self._batch}
        leases: list[dict[str, Any]] = []
        while self._left > 0:
            if not leases:
                leases = (await http.call(_CLAIM, {"managerId": manager, **following}))["leases"]
                continue
            given = {"managerId": manager, "returns": _returned(leases), "claim": following}
            payload = await http.call(_RETURN, given)
            assert all(answer["code"] == "ACCEPTED" for answer in payload["answers"])
            self._left -= len(leases)
            leases = payload["leases"]


async def _work_off(url: str, key: str, jobs: int, managers: int, batch: int) -> None:
    connections = [await Http.connect(url, key) for _ in range(managers)]
    names = [await _manager(http, i) for i, http in enumerate(connections)]
    drain = _Drain(jobs, batch)
    await asyncio.gather(*map(drain.work, connections, names))
    for http in connections:
        http.close()


async def main(url: str, submitter: str, manager: str) -> None:
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        jobs, managers, batch = map(int, line.split())
        began = time.perf_counter()
        await _submit(url, submitter, jobs)
        submitted = time.perf_counter()
        await _work_off(url, manager, jobs, managers, batch)
        drained = time.perf_counter()
        print(json.dumps({"enqueue": submitted - began, "drain": drained - submitted}), flush=True)  # noqa: T201


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
