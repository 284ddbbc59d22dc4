"""The operations of the API that a manager needs.

Each call waits until the server has answered, however long that takes: who wants to stop earlier cancels it.
That is safe, as a lost reply does no harm: claims carry a key that gives the same leases again, a return that
comes twice is accepted once, and the rest says how things are.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from gql import Client as GraphQLClient
from gql import GraphQLRequest
from gql.client import AsyncClientSession
from gql.transport.exceptions import (
    TransportConnectionFailed,
    TransportProtocolError,
    TransportQueryError,
    TransportServerError,
)
from gql.transport.httpx import HTTPXAsyncTransport

from interlock.manager import documents
from interlock.manager.backoff import Backoff
from interlock.manager.config import ManagerConfig
from interlock.manager.events import Emit

FAULTS = 5
"""How often an unexpected fault of the server is met with patience; after that, the request is at fault."""

_KEY_CODES = frozenset({"UNAUTHENTICATED"})
_AWAY_CODES = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED"})
_FAULT_CODES = frozenset({"INTERNAL", ""})
_REFUSED, _ABSENT, _FAULT = 400, 404, 500
_AWAY_STATUSES = frozenset({408, 429, 502, 503, 504})
"""What a proxy says while its server is away, and a server that has much to do."""
_MISREAD = (AttributeError, TypeError, AssertionError)
"""What gql raises for JSON that is no answer to GraphQL."""
_KEY_STATUSES = frozenset({401, 403})


class Refused(Exception):
    """The server understood, and said no; asking again would not help."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{message} ({code})" if code else message)
        self.code = code


class KeyRefused(Refused):
    """The key is not, or no longer, valid."""


class _Fault(Exception):
    """The server failed in a way it did not expect."""


class _Away(Exception):
    """There is no server to talk to at the moment."""


class _Stranger(_Away):
    """Something else answers in its place: for a while, such as a proxy's own page, or because the URL is wrong."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A claimed task."""

    token: str
    record_id: str
    function: str
    args: list[Any]
    kwargs: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says of one token: a code and a sentence."""

    token: str
    code: str
    message: str


class Client:
    """A manager's connection; use as an asynchronous context."""

    def __init__(self, config: ManagerConfig, emit: Emit) -> None:
        self._config = config
        self._emit = emit
        self._manager_id = ""
        self._away: type[_Away] | None = None
        self._graphql = GraphQLClient(
            transport=HTTPXAsyncTransport(
                url=config.endpoint,
                headers={"Authorization": f"Bearer {config.key}"},
                timeout=config.request_seconds,
            ),
            execute_timeout=None,  # the transport minds the time
        )
        self._session: AsyncClientSession

    async def __aenter__(self) -> Self:
        self._session = await self._graphql.connect_async()  # type: ignore[no-untyped-call]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._graphql.close_async()  # type: ignore[no-untyped-call]

    async def check(self) -> bool:
        """Make sure that there is an Interlock, and that the key is one for managers. Raises Refused."""
        viewer = (await self._ask(documents.WHO, first=True))["viewer"]
        if "RUN_TASKS" not in viewer["capabilities"]:
            raise Refused(
                "FORBIDDEN",
                f"The key speaks for {viewer['name']}, who is {viewer['role']}; a manager needs one for a MANAGER",
            )
        return True

    async def activate(self, programs: Mapping[str, str | None], hostname: str, version: str) -> str:
        """Register this manager; returns its id."""
        answer = await self._call(
            documents.ACTIVATE,
            name=self._config.name,
            cluster=self._config.cluster,
            hostname=hostname,
            version=version,
            programs=[{"name": name, "version": version} for name, version in programs.items()],
            tags=list(self._config.tags),
            leaseSeconds=self._config.lease_seconds,
        )
        self._manager_id = str(answer["manager"]["id"])
        return self._manager_id

    async def claim(self, limit: int) -> list[Lease]:
        """Claim up to ``limit`` tasks. The key makes sure that a lost reply loses no lease."""
        answer = await self._call(documents.CLAIM, managerId=self._manager_id, limit=limit, claimKey=uuid.uuid4().hex)
        return [
            Lease(lease["token"], lease["recordId"], lease["function"], lease["args"], lease["kwargs"])
            for lease in answer["leases"]
        ]

    async def heartbeat(self, tokens: Sequence[str]) -> list[Answer]:
        """Renew the leases; returns those that are lost."""
        answer = await self._call(documents.HEARTBEAT, managerId=self._manager_id, tokens=list(tokens))
        return [Answer(**lost) for lost in answer["lost"]]

    async def give_back(self, returns: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Return outcomes, each a TaskReturnInput; the answers come in the same order."""
        answer = await self._call(documents.RETURN, managerId=self._manager_id, returns=list(returns))
        return [Answer(**given) for given in answer["answers"]]

    async def deactivate(self) -> int:
        """Leave, everything unstarted having been returned. Returns how many tasks the server gave up."""
        answer = await self._call(documents.DEACTIVATE, managerId=self._manager_id, unstarted=[])
        return int(answer["givenUp"])

    async def _call(self, document: GraphQLRequest, **fields: Any) -> dict[str, Any]:
        """The payload of a mutation. Raises Refused."""
        (answer,) = (await self._ask(GraphQLRequest(document, variable_values={"input": fields}))).values()
        for error in answer["errors"]:
            raise _refusal(error["code"], error["message"])
        return dict(answer)

    async def _ask(self, request: GraphQLRequest, *, first: bool = False) -> dict[str, Any]:
        """One operation, repeated until the server has answered. Raises Refused.

        The ``first`` one is not repeated where something else answers: then the URL is most likely wrong.
        """
        # Well within a lease, so that a server that is back hears of what is held before it gives it up.
        backoff = Backoff(first=0.25, longest=min(15.0, self._config.lease_seconds / 6))
        faults = 0
        while True:
            try:
                answer = await self._execute(request)
            except _Fault as fault:
                faults += 1
                if faults == FAULTS:
                    raise Refused("INTERNAL", str(fault)) from fault
                await backoff.sleep()
            except _Away as away:
                if first and isinstance(away, _Stranger):
                    raise Refused("", str(away)) from away
                if self._away is not type(away):
                    self._emit("server_away", reason=str(away))
                self._away = type(away)
                await backoff.sleep()
            else:
                if self._away:
                    self._emit("server_back")
                self._away = None
                return answer

    async def _execute(self, request: GraphQLRequest) -> dict[str, Any]:
        """One attempt, with every way of failing told apart: refused, faulty, or away."""
        try:
            return self._ours(await self._session.execute(request))
        except TransportQueryError as error:
            raise self._by_error(error.errors, str(error)) from error
        except TransportServerError as error:
            raise self._by_status(error.code or 0, str(error)) from error
        except (TransportProtocolError, *_MISREAD) as error:
            raise self._stranger() from error
        except TransportConnectionFailed as error:
            if isinstance(error.__cause__, TypeError | ValueError):  # the transport calls this a lost connection
                raise Refused("UNSENDABLE", f"The request cannot be written as JSON: {error}") from error
            raise _Away(str(error) or type(error.__cause__ or error).__name__) from error

    def _by_error(self, errors: Any, otherwise: str) -> Exception:
        """What the first of the errors says."""
        first = errors[0] if isinstance(errors, list) and errors else None
        extensions = (first.get("extensions") or {}) if isinstance(first, dict) else None
        if first is None or not isinstance(extensions, dict):
            return self._stranger()
        code, message = extensions.get("code", ""), first.get("message", otherwise)
        if code in _AWAY_CODES:
            return _Away(message)
        return _Fault(message) if code in _FAULT_CODES else _refusal(code, message)

    def _by_status(self, status: int, message: str) -> Exception:
        """What an HTTP status says that is no success."""
        if status in _KEY_STATUSES:
            return KeyRefused(f"HTTP {status}", "The server does not accept the key")
        if status == _ABSENT:
            return Refused(
                "HTTP 404",
                f"There is no Interlock at {self._config.endpoint}: the URL is the server's, such as "
                "http://127.0.0.1:8765",
            )
        if status in _AWAY_STATUSES:
            return _Away(message.partition("\n")[0])
        if _REFUSED <= status < _FAULT:
            return Refused(f"HTTP {status}", str(self._stranger()))
        return self._stranger(f" (HTTP {status})")

    def _ours(self, answer: Any) -> dict[str, Any]:
        """The answer, as it is one: all operations have one root field, which gives an object."""
        if isinstance(answer, dict) and len(answer) == 1 and all(isinstance(root, dict) for root in answer.values()):
            return answer
        raise self._stranger()

    def _stranger(self, status: str = "") -> _Stranger:
        return _Stranger(
            f"{self._config.endpoint} answers, but not as an Interlock server does: see that the URL is the server's, "
            f"such as http://127.0.0.1:8765, and that no other server or proxy answers there{status}"
        )


def _refusal(code: str, message: str) -> Refused:
    return (KeyRefused if code in _KEY_CODES else Refused)(code, message)
