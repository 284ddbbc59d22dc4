"""The promises, by the names under which their checkers complain."""

from __future__ import annotations

ACKNOWLEDGED = "nothing acknowledged is lost"
COMPLETIONS = "a record is completed once"
ORDER = "the events of a record tell one story"
FEED = "every transition is in the feed once"
AGREEMENT = "record, task and counts agree"
IDEMPOTENCY = "repeated calls give the first answer"
EXPECTATIONS = "calls do what they asked for"
FENCING = "tokens fence"
LEASES = "leases hold"
REFUSALS = "refusals are true"
READS = "reads never go back"
SNAPSHOTS = "counts follow from snapshots"
DRAIN = "everything drains"
WORDS = "faults are told in words"
STRIKES = "moves keep their promises"
