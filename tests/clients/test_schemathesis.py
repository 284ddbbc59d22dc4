"""schemathesis: thousands of generated queries and mutations, valid ones and wrong ones, as each role.

Its seed is fixed, so that a failure here is one at home. Values of the server's own are among those that it tries.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import structlog
from structlog.testing import LogCapture

from interlock.api.context import Services
from interlock.domain.lifecycle import RecordStatus
from interlock.domain.roles import Role
from support.api import Api
from support.scenario import Bench, brought
from support.serving import connected, listening
from support.tools import CLIENTS, ROOT, python_tool, run
from support.witness import Witness

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SEED = "4"
PEOPLE = "^Mutation\\.(submitRecords|hold|kill|fail|release|retry|regenerate|updateRecords)$"
MANAGERS = "^Mutation\\.(activateManager|claimTasks|heartbeat|returnTasks)$"
LEAVING = "^Mutation\\.deactivateManager$"
_MOVERS = {Role.SUBMITTER, Role.OPERATOR}
"""They give no nulls where they need not: with one, `target` is refused before anything is looked at."""
QUERIES, MUTATIONS = "^Query\\.", "^Mutation\\."
RUNS = (
    (Role.VIEWER, QUERIES, 150, 2_400),
    (Role.VIEWER, MUTATIONS, 30, 450),
    (Role.SUBMITTER, PEOPLE, 80, 600),
    (Role.MANAGER, MANAGERS, 150, 500),
    (Role.MANAGER, LEAVING, 50, 40),
    (Role.OPERATOR, PEOPLE, 200, 1_500),
)
"""Who asks what, how often each field, and how many cases there are at the least."""


@pytest.fixture
def faults() -> Any:
    """What the server's log has of the level error."""
    capture = LogCapture()
    before = structlog.get_config()["processors"]
    structlog.configure(processors=[capture])
    yield capture.entries
    structlog.configure(processors=before)


@pytest.fixture
async def witness(services: Services, psql: asyncpg.Connection[Any]) -> AsyncIterator[tuple[Witness, Api]]:
    """A server that is heard, and its clients."""
    heard: list[Witness] = []

    def around(app: Any) -> Witness:
        heard.append(Witness(app, psql))
        return heard[0]

    async with listening(services, around) as url, connected(url, services) as api:
        yield heard[0], api


async def known(api: Api, role: Role) -> dict[str, Any]:
    """Values of a server that has records of every status, and a manager with leases."""
    ids = [id_ for status in RecordStatus for id_ in await brought(api, status, 6, campaign="known")]
    ids += await brought(api, RecordStatus.WAITING, 12, api.submitter)
    bench = await Bench.of(api, f"to {RecordStatus.WAITING}")
    tokens = list((await bench.claim(6)).values())
    assert len(tokens) == 6
    specifications = {"specifications": [{"function": "math:sqrt", "args": [2]}, {"function": "math:sqrt"}, {"n": 42}]}
    cursor = (await api.viewer.execute("{ feedCursor }"))["feedCursor"]
    page = await api.viewer.execute("{ records(first: 3) { pageInfo { endCursor } } }")
    if role is Role.MANAGER:  # it names itself and its leases, hardly anything else
        return {
            **{name: [bench.id] for name in ("records", "tasks", "managers")},
            "strings": ["*", *tokens],
            **specifications,
        }
    return {
        "records": ids,
        "tasks": [id_.replace("rec_", "task_") for id_ in ids],
        "managers": [bench.id],
        "strings": [
            "python", "qcschema", "known", "default", "to WAITING", "again", "scf_not_converged", cursor,
            page["records"]["pageInfo"]["endCursor"], *tokens,
        ],
        **specifications,
    }  # fmt: skip


@pytest.mark.parametrize(("role", "operations", "examples", "cases"), RUNS)
async def test_no_generated_call_makes_a_fault_or_changes_what_it_says_it_did_not(
    witness: tuple[Witness, Api],
    faults: list[Any],
    tmp_path: Path,
    role: Role,
    operations: str,
    examples: int,
    cases: int,
) -> None:
    heard, api = witness
    client, values = api.by_role(role), await known(api, role)
    heard.heard.clear()

    await run(
        await python_tool("schemathesis") / "st", "run", ROOT / "schema.graphql", "--url", f"{client.url}/graphql",
        "-H", f"Authorization: Bearer {client.key}", "-H", "Accept: application/graphql-response+json",
        "--include-name-regex", operations, "--phases", "fuzzing", "--checks", "no_fault",
        "--max-examples", str(examples), "--seed", SEED, "--workers", "1",
        "--generation-graphql-allow-null", str(role not in _MOVERS).lower(),
        "--generation-database", "none",
        "--continue-on-failure", "--suppress-health-check", "all", "--no-color",
        cwd=tmp_path, within=280,
        environment={
            "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(CLIENTS), "KNOWN_VALUES": json.dumps(values),
        },
    )  # fmt: skip

    assert heard.complaints == []
    assert [entry for entry in faults if entry["log_level"] in {"error", "critical"}] == []
    assert heard.heard["answers"] >= cases, heard.heard
    assert heard.heard["refused mutations"] > 0 or operations == QUERIES, heard.heard
    assert heard.heard["changes"] > 0 or role not in _MOVERS, heard.heard
    assert (heard.heard["changes"] == 0) == (role is Role.VIEWER), heard.heard
