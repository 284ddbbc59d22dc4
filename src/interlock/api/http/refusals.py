"""What a request hears that is not answered: the HTTP status, and a JSON error, that fit what went wrong."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from cross_web import HTTPException
from starlette.responses import Response

from interlock.api.errors import masked
from interlock.api.http.bodies import Stalled, TooLarge
from interlock.api.http.negotiation import Media
from interlock.domain.errors import DeadlineExceeded, InterlockError, Unauthenticated, Unavailable
from interlock.service.noting import present

_CLOSE = {"Connection": "close"}
_HEADERS = {405: {"Allow": "GET, POST"}, 415: {"Accept-Post": "application/json; charset=utf-8"}}
_TYPES = (Media.JSON, Media.RESPONSE)


class ChangeByGet(HTTPException):
    """A GET changes nothing."""

    def __init__(self) -> None:
        super().__init__(405, "A mutation must be sent by POST.")


def refusal(error: Exception, media: Media = Media.JSON) -> Response:
    """The response to a request that ended with this error; one that nobody expected is masked, and logged whole."""
    response = _refusal(error)
    response.headers["Content-Type"] = f"{media if media in _TYPES else Media.JSON}; charset=utf-8"
    return response


def _refusal(error: Exception) -> Response:
    match error:
        case ChangeByGet():
            return _response(405, error.reason, "BAD_REQUEST", {"Allow": "POST"})
        case HTTPException(status_code=status, reason=reason):
            return _response(status, reason, "BAD_REQUEST", _HEADERS.get(status))
        case TooLarge():
            return _response(413, str(error), "LIMIT_EXCEEDED", _CLOSE)
        case Stalled():
            return _response(408, str(error), "UNAVAILABLE", _CLOSE)
    return _of_ours(error)


def _of_ours(error: Exception) -> Response:
    match error:
        case Unauthenticated():
            return _response(401, str(error), error.code, {"WWW-Authenticate": "Bearer"})
        case DeadlineExceeded():
            return _response(503, str(error), error.code)
        case Unavailable():
            return _response(503, str(error), error.code, {"Retry-After": "1"})
        case InterlockError():
            return _response(400, str(error), error.code)
    message, extensions = masked(error)
    return _response(500, message, **extensions)


def _response(
    status: int, message: str, code: str, headers: Mapping[str, str] | None = None, **extensions: str
) -> Response:
    present().refused(code)
    body = orjson.dumps({"errors": [{"message": message, "extensions": {"code": code, **extensions}}]})
    return Response(body, status, headers=dict(headers or {}))
