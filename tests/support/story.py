"""What every client that a generator made is to do against a running server, and to tell of it as JSON.

In this order: ask the matrix for what leads away from ERROR, together with the feed's cursor; submit with a priority that
there is not, which is refused as data; submit three records of one campaign; hold the campaign; retry the first record,
which is refused as data; follow from the cursor, stop after four changes; release all three while nobody follows;
follow from the fourth change's cursor, until nine have come.
"""

from __future__ import annotations

import json
from typing import Any

from support.api import Api
from support.scenario import events


async def assert_well_told(api: Api, text: str) -> dict[str, Any]:
    """The last line of what a client said has the whole story; the answer is what it tells besides."""
    told: dict[str, Any] = json.loads(text.splitlines()[-1])
    ids = told["ids"]
    assert await api.viewer.statuses(ids) == ["WAITING"] * 3
    feed = [[e["position"], e["recordId"], e["action"], e["to"]] for e in await events(api.viewer)]
    assert [change[2] for change in feed] == ["SUBMIT"] * 3 + ["HOLD"] * 3 + ["RELEASE"] * 3
    story = {
        "matrix": [["FAIL", "FAILED"], ["RETRY", "WAITING"]],
        "invalid": [["INVALID_INPUT", "input.priority"]],
        "ids": ids,
        "held": 3,
        "refusals": [[ids[0], "NOT_PERMITTED", "HOLD", ["RELEASE", "KILL"]]],
        "released": 3,
        "changes": feed,
    }
    assert {name: told.get(name) for name in story} == story
    return {name: value for name, value in told.items() if name not in story}
