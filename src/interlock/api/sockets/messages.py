"""The messages of graphql-transport-ws that clients send: what makes a frame none of them.

Strawberry takes their shape for granted, and raises where it is another.
"""

from __future__ import annotations

from typing import Any

_OPTIONAL = {"variables": (dict, "an object"), "operationName": (str, "a string"), "extensions": (dict, "an object")}


def fault(message: Any) -> str | None:
    """What is wrong with a message; None for one that is of the protocol."""
    if not isinstance(message, dict):
        return "A message must be a JSON object"
    match message.get("type"):
        case "connection_init" | "ping" | "pong" as kind:
            return None if _is(message.get("payload"), dict) else f"{kind}: payload must be an object"
        case "complete":
            return _wrong_id(message)
        case "subscribe":
            return _wrong_id(message) or _wrong_payload(message.get("payload"))
        case str() as kind:
            return f"There is no message of the type {kind}"
    return "A message must have a type, which is a string"


def _wrong_id(message: dict[str, Any]) -> str | None:
    id_ = message.get("id")
    return None if isinstance(id_, str) and id_ else f"{message['type']}: id must be a string that is not empty"


def _wrong_payload(payload: Any) -> str | None:
    if not isinstance(payload, dict):
        return "subscribe: payload must be an object"
    for name, (kind, told) in _OPTIONAL.items():
        if not _is(payload.get(name), kind):
            return f"subscribe: {name} must be {told}"
    named = "persistedQuery" in (payload.get("extensions") or {})
    return None if isinstance(payload.get("query", "" if named else None), str) else "subscribe: query must be a string"


def _is(value: Any, kind: type) -> bool:
    """Null is the same as nothing."""
    return value is None or isinstance(value, kind)
