"""Errors on their way out: what a caller can mend goes as it is, everything else is masked under an id."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from typing import Any

import strawberry
import structlog
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult

from interlock.api.limits.allowance import AnswerTooLarge
from interlock.domain.errors import InterlockError, InvalidInput, Restarting
from interlock.service.noting import present
from interlock.service.submission import SpecificationsRefused

log = structlog.get_logger()

_TOKENS = re.compile(r"Document contains more than (\d+) tokens")
"""graphql-core's syntax error for a document that is right, but too long."""
_SUGGESTION = re.compile(r" Did you mean .*\?$")
"""What graphql-core adds to an error where it knows a name that is like the wrong one."""
_NOT_RUN = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)
"""What Strawberry raises for a document without the operation that is meant."""


@strawberry.type(description="What was wrong with the input of a call; nothing was done then.")
class InputError:
    code: str = strawberry.field(description="For programs: INVALID_INPUT, LIMIT_EXCEEDED, INVALID_SPECIFICATION, …")
    message: str = strawberry.field(description="For people: what was wrong and what to do next.")
    path: str | None = strawberry.field(
        default=None, description="Which part of the input, from the argument down, such as `input.priority`."
    )


def input_errors(error: InterlockError) -> list[InputError]:
    """The errors of a payload."""
    if isinstance(error, SpecificationsRefused):
        return [InputError(code=e.code, message=str(e), path=e.path) for e in error.errors]
    return [InputError(code=error.code, message=str(error), path=getattr(error, "path", None) or None)]


def presentable(error: GraphQLError) -> GraphQLError:
    """The error as clients may see it. An unexpected fault becomes an id, under which the log has it whole."""
    original = error.original_error
    if isinstance(error, GraphQLSyntaxError) and (many := _TOKENS.search(error.message)):
        allowed = int(many[1])
        return GraphQLError(
            f"The document has more than {allowed} tokens; so many are allowed. Send values as variables.",
            extensions={"code": "LIMIT_EXCEEDED", "limit": {"name": "max_tokens", "allowed": allowed}},
        )
    if isinstance(original, RecursionError) and error.path is None:
        return GraphQLError("The document is nested too deeply to be read.", extensions={"code": "LIMIT_EXCEEDED"})
    if original is None or isinstance(original, (GraphQLError, *_NOT_RUN)):
        return error
    if isinstance(original, InterlockError):
        extensions: dict[str, Any] = {"code": original.code}
        if isinstance(original, InvalidInput) and original.path:
            extensions["argument"] = original.path
        extensions |= original.details
        return GraphQLError(str(original), error.nodes, error.source, error.positions, error.path, original, extensions)
    message, extensions = masked(original, path=error.path)
    return GraphQLError(message, error.nodes, error.source, error.positions, error.path, extensions=extensions)


def shown(error: Exception) -> GraphQLError:
    """What clients may see of an error that is of no field."""
    return _noted(presentable(GraphQLError(str(error), original_error=error)))


def _noted(error: GraphQLError) -> GraphQLError:
    """The same, with its code for the log; what GraphQL itself refuses has the codes that Apollo gave it."""
    other = "GRAPHQL_PARSE_FAILED" if isinstance(error, GraphQLSyntaxError) else "GRAPHQL_VALIDATION_FAILED"
    present().refused((error.extensions or {}).get("code", other))
    return error


async def until_restart(results: AsyncGenerator[Any, None]) -> AsyncGenerator[Any, None]:
    """A subscription's results. Raises Restarting where Strawberry has made a last result of it."""
    async with aclosing(results):
        async for result in results:
            for error in getattr(result, "errors", None) or ():
                if isinstance(error.original_error, Restarting):
                    raise error.original_error
            yield result


def of_request(result: ExecutionResult) -> bool:
    """Whether nothing was executed: then no field is named by an error, and there are no data, not even null."""
    return result.data is None and bool(result.errors) and all(error.path is None for error in result.errors or ())


def masked(error: Exception, **details: Any) -> tuple[str, dict[str, Any]]:
    """The message and extensions that stand for an unexpected fault; the log has it whole, under the same id."""
    fault = secrets.token_hex(8)
    log.error("fault", fault=fault, exc_info=error, **details)
    message = f"Something went wrong on the server. Report it with the id {fault}, which the server's log has."
    return message, {"code": "INTERNAL", "fault": fault}


class PresentErrors(SchemaExtension):
    """Applies :func:`presentable` to every result, also to each of a subscription's."""

    _streaming = False

    def on_operation(self) -> Iterator[None]:
        yield
        if not self._streaming:
            self._present(self.execution_context.result)

    def on_stream_result(self, result: Any) -> Iterator[None]:
        self._streaming = True
        self._present(result)
        yield

    def _present(self, result: Any) -> None:
        errors: Sequence[GraphQLError] | None = getattr(result, "errors", None)
        if not errors:
            return
        too_large = [error for error in errors if isinstance(error.original_error, AnswerTooLarge)]
        if too_large:  # one answer, one error, however many fields it is that would have been too much
            result.data, errors = None, too_large[:1]
        if not self.execution_context.context.settings.suggestions:
            for error in errors:
                error.message = _SUGGESTION.sub("", error.message)
        result.errors = [_noted(presentable(error)) for error in errors]
