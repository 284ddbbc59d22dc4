"""The matrix as clients query it equals the table of the domain."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from interlock.domain import matrix
from interlock.domain.drawing import mermaid
from interlock.domain.lifecycle import TRANSITIONS, Action, RecordStatus, TaskStatus, Transition
from support.api import Api, GraphQLFailure

MATRIX = """query ($from: RecordStatus, $action: Action) { transitionMatrix { revision recordStatuses taskStatuses mermaid
  transitions(from: $from, action: $action) { number action from to actors taskEffect description } } }"""


def _as_json(row: Transition) -> dict[str, Any]:
    return {
        "number": row.number,
        "action": row.action,
        "from": row.source,
        "to": row.target,
        "actors": list(row.actors),
        "taskEffect": row.task_effect,
        "description": row.meaning,
    }


async def test_the_queried_matrix_is_the_table_whole_and_under_every_filter(api: Api) -> None:
    for source, action in itertools.product([None, *RecordStatus], [None, *Action]):
        data = await api.viewer.execute(MATRIX, **{"from": source, "action": action})
        found = data["transitionMatrix"]
        expected = [
            _as_json(row)
            for row in TRANSITIONS
            if source in {None, row.source} and (action is None or action == row.action)
        ]
        assert found["transitions"] == expected, (source, action)
    assert found["recordStatuses"] == list(RecordStatus)
    assert found["taskStatuses"] == list(TaskStatus)
    assert (found["revision"], found["mermaid"]) == (matrix.revision(), mermaid())


@pytest.mark.parametrize(
    "argument", ['from: "WAITING"', "from: KILLED", "action: EXPLODE", "actor: USER", "from: [WAITING]"]
)
async def test_a_filter_that_the_matrix_does_not_have_is_named_in_the_error(api: Api, argument: str) -> None:
    with pytest.raises(GraphQLFailure) as failure:
        await api.viewer.execute(f"{{ transitionMatrix {{ transitions({argument}) {{ action }} }} }}")
    assert argument.partition(":")[0] in str(failure.value) or "enum" in str(failure.value)
