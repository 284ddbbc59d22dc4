"""The way of a request that a plan can answer: from its body to the response's bytes, past graphql-core."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import NoneType
from typing import Any

import orjson
from graphql import GraphQLError
from strawberry import Schema

from interlock.api.compiled.coercion import Unusual
from interlock.api.compiled.documents import Compiler, Operation
from interlock.api.context import Session
from interlock.api.documents import KEPT, keepable
from interlock.api.trusted import TrustedDocuments
from interlock.domain.errors import DeadlineExceeded, InterlockError
from interlock.service.core import Core
from interlock.service.noting import present

_TYPES: Mapping[str, tuple[type, ...]] = {
    "query": (str,),
    "variables": (dict, NoneType),
    "operationName": (str, NoneType),
    "extensions": (dict,),
}
_NAMING: Mapping[str, Any] = {"persistedQuery": None}
"""Extensions that name a document; others are left to Strawberry's."""


class CompiledRequests:
    """Answers the operations that can be compiled, of viewers who may ask for them."""

    def __init__(self, core: Core, schema: Schema, trusted: TrustedDocuments) -> None:
        compiler = Compiler(core, schema)
        self._trusted = trusted
        self._operation = lru_cache(KEPT)(compiler.operation)
        compiler.forget = self._operation.cache_clear

    async def answer(self, session: Session, body: bytes) -> bytes | None:
        """The response to a request's body; None where graphql-core must answer, also with an error.

        A mutation that was run already is the session's outcome then. Raises Outgrown where what is told of records
        would have more bytes than the session's size, and DeadlineExceeded.
        """
        request = _request(body)
        if request is None:
            return None
        try:
            operation = self._wanted(request)
            if operation is None:
                return None
            present().known(*operation.known)
            return await operation.answer(session, request.get("variables") or {})
        except DeadlineExceeded:  # it would take as long again
            raise
        except (Unusual, GraphQLError, InterlockError):
            return None

    def _wanted(self, request: Mapping[str, Any]) -> Operation | None:
        """Raises what :meth:`TrustedDocuments.text` does."""
        text, name = self._trusted.text(request.get("query"), request.get("extensions")), request.get("operationName")
        return self._operation(text, name) if text and keepable(text, name) else None


def _request(body: bytes) -> dict[str, Any] | None:
    """The request, if it is one that needs no second look."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(found, dict):
        return None
    usual = found.keys() <= _TYPES.keys() and all(isinstance(found[key], _TYPES[key]) for key in found)
    return found if usual and found.get("extensions", _NAMING).keys() == _NAMING.keys() else None
