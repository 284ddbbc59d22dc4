"""The way of a request that a plan can answer: from its body to the response's bytes, past graphql-core."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson
from graphql import GraphQLError
from strawberry import Schema

from interlock.api.compiled.coercion import Unusual
from interlock.api.compiled.documents import Compiler
from interlock.api.context import Session
from interlock.api.documents import KEPT, keepable
from interlock.domain.errors import InterlockError
from interlock.service.core import Core


class CompiledRequests:
    """Answers the operations that can be compiled, of viewers who may ask for them."""

    def __init__(self, core: Core, schema: Schema) -> None:
        compiler = Compiler(core, schema)
        self._operation = lru_cache(KEPT)(compiler.operation)
        compiler.forget = self._operation.cache_clear

    async def answer(self, session: Session, body: bytes) -> bytes | None:
        """The response to a request's body; None where graphql-core must answer, also with an error.

        A mutation that was run already is the session's outcome then. Raises Outgrown where what is told of records
        would have more bytes than the session's size.
        """
        request = _request(body)
        if request is None:
            return None
        operation = self._operation(request["query"], request.get("operationName"))
        if operation is None:
            return None
        try:
            return await operation.answer(session, request.get("variables") or {})
        except (Unusual, GraphQLError, InterlockError):
            return None


def _request(body: bytes) -> dict[str, Any] | None:
    """The request, if it is one that needs no second look."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(found, dict) or not found.keys() <= {"query", "variables", "operationName"}:
        return None
    query, name = found.get("query"), found.get("operationName")
    if not isinstance(query, str) or not (name is None or isinstance(name, str)) or not keepable(query, name):
        return None
    return found if isinstance(found.get("variables") or {}, dict) else None
