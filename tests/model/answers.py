"""Answers in the form in which the model expects them: counts by code, ways by their length, permitted actions in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model import table
from model.account import Moment
from model.feed import PLACE

Answer = dict[str, Any]


def errors(payload: Answer) -> list[Answer]:
    """The errors of a payload for programs."""
    return [{"code": error["code"], "path": error["path"]} for error in payload["errors"]]


def moved(payload: Answer, action: str | None = None) -> Answer:
    """The payload of a transition, or of new labels, which are no action."""
    return payload | {
        "counts": {one["code"]: one["count"] for one in payload["counts"]},
        "errors": errors(payload),
        "refusals": [denial(refusal, action) for refusal in payload["refusals"]],
    }


def denial(told: Answer, action: str | None) -> Answer:
    """A refusal. Raises AssertionError where its way is none."""
    way = told["shortestWay"]
    if action is not None:
        way = table.length_of(way, told["currentStatus"], table.target(action))
    return told | {"permitted": sorted(told["permitted"]), "shortestWay": way}


def permitted(actions: list[Answer]) -> dict[str, Answer]:
    """``permittedActions``, by action."""
    return {
        one["action"]: {
            "to": one["to"],
            "permitted": one["permitted"],
            "denial": one["denial"] and denial(one["denial"], one["action"]),
        }
        for one in actions
    }


def at(shown: Any, path: str) -> Any:
    """What stands at a path of an answer."""
    for part in path.split("."):
        shown = shown[int(part) if part.isdigit() else part]
    return shown


def check_time(told: str | None, moment: Moment | None, what: str) -> None:
    """A time is one that can be, and is known from now on; or there is none, where there is to be none."""
    assert (told is None) == (moment is None), f"{what} is {told}"
    if told is not None and moment is not None:
        moment.learn(told, what)


_TIMES = {"since", "submittedAt", "nextAt", "leaseExpiresAt", "claimedAt", "endedAt"}


def without_times(shown: Any) -> Any:
    """The same, without the moments that the database tells."""
    if isinstance(shown, Mapping):
        return {name: without_times(value) for name, value in shown.items() if name not in _TIMES}
    return [without_times(one) for one in shown] if isinstance(shown, list) else shown


def happened(change: Answer) -> Answer:
    """An event of the feed without its place and time."""
    return {name: value for name, value in change.items() if name not in PLACE}
