"""A result as it is told over HTTP: its JSON, and its status."""

from __future__ import annotations

from typing import Any

import orjson
from graphql import GraphQLError
from strawberry.http import process_result
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types import ExecutionResult

from interlock.api.errors import of_request
from interlock.api.http.negotiation import Media
from interlock.api.http.written import Written

_STATUSES = {"INTERNAL": 500, "UNAVAILABLE": 503, "UNAUTHENTICATED": 401}
"""Of a request that was not executed, by the code of its first error; 400 for all others."""


def told(result: ExecutionResult) -> Any:
    """The response of GraphQL. What was not executed has no ``data``, and cost nothing."""
    response: Any = process_result(result)
    return {"errors": response["errors"]} if of_request(result) else response


def answer(result: ExecutionResult, media: Media) -> Written:
    """The response of HTTP.

    With application/graphql-response+json a request that was not executed (its document, variables or operation are
    wrong) is a 400. With application/json it is a 200, as it is everywhere: its clients take whatever else for an error
    of something on the way, and do not read it.
    """
    status = 200
    if media is Media.RESPONSE and of_request(result):
        first = (result.errors or [])[0]
        status = _STATUSES.get((first.extensions or {}).get("code", ""), 400)
    return Written(orjson.dumps(told(result)), status, media)


def unknown(error: CannotGetOperationTypeError) -> ExecutionResult:
    """The result of a document without the operation that is meant."""
    return ExecutionResult(data=None, errors=[GraphQLError(error.as_http_error_reason())])
