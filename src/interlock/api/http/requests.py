"""What an HTTP request asks for, or why it asks for nothing that is served.

The body is JSON and is said to be JSON, which a browser sends to another site's server only if that allows it: a form
on a foreign page can do nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson
from cross_web import HTTPException
from graphql import GraphQLError, OperationType, get_operation_ast, parse
from starlette.requests import Request
from strawberry.http import GraphQLRequestData

from interlock.api.http.negotiation import Media, media_type
from interlock.api.trusted import TrustedDocuments

_TYPES: Mapping[str, tuple[type, str]] = {
    "query": (str, "a string"),
    "variables": (dict, "an object"),
    "operationName": (str, "a string"),
    "extensions": (dict, "an object"),
}
_IN_URL = "send it in the URL, such as /graphql?query={viewer{name}}"


async def asked(request: Request, trusted: TrustedDocuments) -> GraphQLRequestData:
    """The operation that is asked for. Raises HTTPException, and what :meth:`TrustedDocuments.text` does."""
    if request.method not in {"GET", "POST"}:
        raise HTTPException(405, f"{request.method} is not served. Send a POST, or a GET for a query.")
    given = _in_url(request.query_params) if request.method == "GET" else await _in_body(request)
    for name, (kind, told) in _TYPES.items():
        value = given.get(name)
        if value is not None and not isinstance(value, kind):
            raise HTTPException(400, f"`{name}` must be {told}, not {_told(value)}.")
    query = trusted.text(given.get("query"), given.get("extensions"))
    if not query and request.method == "GET":
        raise HTTPException(400, f"There is no `query`. POST it in a JSON object, or {_IN_URL}.")
    if not query:
        raise HTTPException(400, "There is no `query`. Send the GraphQL document in it, as a string.")
    return GraphQLRequestData(
        query=query,
        variables=given.get("variables"),
        operation_name=given.get("operationName") or None,
        extensions=given.get("extensions"),
    )


def changes_by_get(request: Request, wanted: GraphQLRequestData, most_tokens: int) -> bool:
    """Whether it is a GET that would change something."""
    if request.method != "GET":
        return False
    try:
        document = parse(wanted.query or "", max_tokens=most_tokens)
    except (GraphQLError, RecursionError):
        return False  # what is wrong with it is said where it is run
    operation = get_operation_ast(document, wanted.operation_name)
    return operation is not None and operation.operation == OperationType.MUTATION


def _in_url(given: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {name: given[name] for name in ("query", "operationName") if name in given}
    for name in ("variables", "extensions"):
        if text := given.get(name):
            try:
                found[name] = orjson.loads(text)
            except orjson.JSONDecodeError as error:
                raise HTTPException(400, f"`{name}` in the URL must be JSON: {error.msg}.") from error
    return found


async def _in_body(request: Request) -> dict[str, Any]:
    _check(request.headers.get("content-type", ""), request.headers.get("content-encoding", ""))
    body = await request.body()
    if not body:
        raise HTTPException(400, "The request body is empty. Send a JSON object with a `query`.")
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise HTTPException(400, f"The request body is not JSON in UTF-8: {error.msg}.") from error
    if isinstance(found, list):
        raise HTTPException(
            400, "The request body is an array. Batches are not served: send each operation in a request of its own."
        )
    if not isinstance(found, dict):
        raise HTTPException(400, f"The request body must be a JSON object with a `query`, not {_told(found)}.")
    return found


@lru_cache(100)
def _check(content_type: str, encoding: str) -> None:
    """Raises HTTPException for a body that is said to be anything but JSON in UTF-8 as it is."""
    kind, parameters = media_type(content_type)
    send = f"Send JSON, with `Content-Type: {Media.JSON}`."
    if not kind:
        raise HTTPException(415, f"The request does not say what its body is. {send}")
    if kind != Media.JSON:
        raise HTTPException(415, f"A body of the type {kind!r} is not read, and forms never are. {send}")
    if parameters.get("charset", "utf-8") not in {"utf-8", "utf8"}:
        raise HTTPException(415, f"A body in {parameters['charset']!r} is not read. Send it in UTF-8.")
    if encoding.strip().lower() not in {"", "identity"}:
        raise HTTPException(415, f"A body encoded with {encoding!r} is not read. Send it without Content-Encoding.")


def _told(value: Any) -> str:
    """What sort of JSON value it is."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case str():
            return "a string"
        case int() | float():
            return "a number"
        case list():
            return "an array"
    return "an object"
