"""A compute manager in sixty lines: register, claim, heartbeat, return, leave; plain GraphQL over HTTP.

    export INTERLOCK_URL=http://127.0.0.1:8765 INTERLOCK_API_KEY=...      # of a MANAGER
    python client_examples/small_manager.py [tag ...]

It runs functions of Python's math only, one at a time, until Ctrl-C. `interlock manager` does what is left out here:
processes of their own, retries when the network fails, output and limits. Needs httpx: pip install httpx.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import socket
import sys
from typing import Any

import httpx

MUTATION = "mutation ($input: {type}!) {{ {name}(input: $input) {{ {fields} errors {{ message path }} }} }}"
FIELDS = {
    "activateManager": "manager { id leaseSeconds }",
    "claimTasks": "leases { token recordId function args kwargs }",
    "heartbeat": "lost { token message }",
    "returnTasks": "answers { code message }",
    "deactivateManager": "handedBack givenUp",
}
FUNCTIONS = {f"math:{name}": function for name, function in vars(math).items() if callable(function)}


async def call(http: httpx.AsyncClient, name: str, /, **given: Any) -> dict[str, Any]:
    query = MUTATION.format(type=f"{name[0].upper()}{name[1:]}Input", name=name, fields=FIELDS[name])
    answer = (await http.post("/graphql", json={"query": query, "variables": {"input": given}})).json()
    errors = answer.get("errors") or answer["data"][name]["errors"]
    if errors:
        raise SystemExit(f"{name}: {errors[0]['message']}")
    return dict(answer["data"][name])


async def run(lease: dict[str, Any]) -> dict[str, Any]:
    """The outcome of a task: its result, or why there is none."""
    if lease["function"] not in FUNCTIONS:
        return {"error": {"type": "unknown_function", "message": f"This manager does not run {lease['function']}."}}
    try:
        return {"result": await asyncio.to_thread(FUNCTIONS[lease["function"]], *lease["args"], **lease["kwargs"])}
    except Exception as error:  # noqa: BLE001 - whatever it is, the record should say it
        return {"error": {"type": type(error).__name__, "message": str(error)}}


async def main(url: str, key: str, tags: list[str]) -> None:
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as http:
        given = {"name": f"small on {socket.gethostname()}", "tags": tags, "programs": []}
        manager = (await call(http, "activateManager", **given))["manager"]
        try:
            while True:
                leases = (await call(http, "claimTasks", managerId=manager["id"], limit=1))["leases"]
                for lease in leases:
                    work = asyncio.ensure_future(run(lease))
                    while not (await asyncio.wait([work], timeout=manager["leaseSeconds"] / 3))[0]:
                        await call(http, "heartbeat", managerId=manager["id"], tokens=[lease["token"]])
                    returned = [{"token": lease["token"], "outcome": await work}]
                    answer = (await call(http, "returnTasks", managerId=manager["id"], returns=returned))["answers"][0]
                    print(lease["recordId"], *returned[0]["outcome"], answer["code"], flush=True)
                await asyncio.sleep(0 if leases else 1)
        finally:
            await call(http, "deactivateManager", managerId=manager["id"])


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(
            main(
                os.environ.get("INTERLOCK_URL", "http://127.0.0.1:8765"),
                os.environ["INTERLOCK_API_KEY"],
                sys.argv[1:] or ["*"],
            )
        )
