"""The way of a request that a plan can answer: from its body to the response's bytes, past graphql-core."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson
from graphql import GraphQLError
from strawberry import Schema

from interlock.api.compiled.documents import Compiler
from interlock.api.documents import LONGEST
from interlock.domain.errors import InterlockError
from interlock.domain.roles import Principal
from interlock.service.core import Core

_DOCUMENTS = 1_000


class CompiledReads:
    """Answers the queries that can be compiled, of viewers who may ask them."""

    def __init__(self, core: Core, schema: Schema) -> None:
        self._operation = lru_cache(_DOCUMENTS)(Compiler(core, schema).operation)

    async def answer(self, viewer: Principal, body: bytes, most: int) -> bytes | None:
        """The response to a request's body; None where graphql-core must answer, also with an error.

        Raises Outgrown where what is told of records would have more than ``most`` bytes.
        """
        request = _request(body)
        if request is None:
            return None
        operation = self._operation(request["query"], request.get("operationName"))
        if operation is None:
            return None
        try:
            answer = operation.answer(viewer, request.get("variables") or {}, most)
            return None if answer is None else await answer
        except (GraphQLError, InterlockError):
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
    if not isinstance(query, str) or len(query) > LONGEST or not (name is None or isinstance(name, str)):
        return None
    return found if isinstance(found.get("variables") or {}, dict) else None
