"""How the results of a subscription are written over HTTP: as server-sent events, or as parts of one response."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

from starlette.responses import StreamingResponse
from strawberry.http.streaming import (
    HTTPStreamTransport,
    MultipartSubscriptionTransport,
    SSETransport,
    merge_stream_with_heartbeat,
)

from interlock.api.errors import shown, until_restart
from interlock.api.http.answers import told
from interlock.api.http.negotiation import Media
from interlock.domain.errors import Restarting

_ONE_LINE = str.maketrans("\r\n", "  ")
_BOUNDARY = "graphql"


class ServerSentEvents(SSETransport):
    """The graphql-sse protocol, distinct connections mode; lines end with LF, which every client knows."""

    opening = ""

    def encode_event(self, event: str, data: str | None = None) -> str:
        # JSON that came into the database by other ways may stand in several lines, which mean nothing in it
        return f"event: {event}\ndata: {(data or '').translate(_ONE_LINE)}\n\n"

    def encode_comment(self, comment: str) -> str:
        return f": {comment}\n\n"

    def encode_interruption(self, error: Restarting, encode: Callable[[Any], str]) -> str:
        """The stream ends without `complete`, so that clients subscribe again; whoever reads along is told why."""
        del encode
        return self.encode_comment(f"{error} {error.details.get('cursor', '')}".rstrip())


class Parts(MultipartSubscriptionTransport):
    """Apollo's protocol. Strawberry leaves out the first delimiter, adds an empty part, and names two types as one."""

    headers = {  # noqa: RUF012 - a property, in Strawberry
        "Content-Type": f'{Media.PARTS}; boundary="{_BOUNDARY}"; subscriptionSpec=1.0',
        "Cache-Control": "no-cache, no-transform",
        "X-Accel-Buffering": "no",
    }
    opening = f"--{_BOUNDARY}"

    def encode_complete(self) -> str:
        return "--\r\n"

    def encode_interruption(self, error: Restarting, encode: Callable[[Any], str]) -> str:
        """What this protocol calls a transport error, after which there is nothing."""
        last = {"payload": None, "errors": [shown(error).formatted]}
        return self.encode_multipart_data(last, encode) + self.encode_complete()


class Streams:
    """Responses that go on for as long as a subscription does."""

    def __init__(self, interval: float, encode: Callable[[Any], str]) -> None:
        self._encode = encode
        self._transports: dict[Media, ServerSentEvents | Parts] = {
            Media.EVENTS: ServerSentEvents(interval),
            Media.PARTS: Parts(_BOUNDARY),
        }
        self._transports[Media.PARTS].heartbeat_interval = interval

    def response(self, media: Media, results: AsyncGenerator[Any, None]) -> StreamingResponse:
        """A response of what is told of each result."""
        transport = self._transports[media]

        async def written() -> AsyncGenerator[str, None]:
            try:
                async with aclosing(until_restart(results)) as unbroken:
                    async for result in unbroken:
                        yield transport.encode_next(told(result), self._encode)
            except Restarting as error:
                yield transport.encode_interruption(error, self._encode)
                return
            except Exception as error:  # noqa: BLE001 - masked, or meant for who asked; the status is sent already
                yield transport.encode_next({"errors": [shown(error).formatted]}, self._encode)
            yield transport.encode_complete()

        return StreamingResponse(_opened(transport, written, self._encode), headers=dict(transport.headers))


async def _opened(
    transport: ServerSentEvents | Parts, written: Callable[[], AsyncGenerator[str, None]], encode: Callable[[Any], str]
) -> AsyncGenerator[str, None]:
    base: HTTPStreamTransport = transport
    if transport.opening:
        yield transport.opening
    async for text in merge_stream_with_heartbeat(
        written,
        lambda: base.heartbeat_message(encode),
        interval=base.heartbeat_interval,
        send_initial_heartbeat=base.send_initial_heartbeat,
    )():
        yield text
