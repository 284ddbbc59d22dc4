"""Who acts, told to the database: a transaction-local setting that the event triggers read."""

from __future__ import annotations

import json

from interlock.domain.model import Act

SET_ACT = "set_config('interlock.act', $1, true)"
"""Stands in a statement's first CTE: triggers fire at the statement's end, so one round trip does it all."""


def act_setting(act: Act) -> str:
    """The setting's value for parameter ``$1`` of :data:`SET_ACT`."""
    return json.dumps({"kind": act.kind, "who": act.who, "reason": act.reason})
