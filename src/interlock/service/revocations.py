"""Keys revoked while in use: every server hears of it and ends what was opened with them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from interlock.domain.errors import Unauthenticated
from interlock.service.core import Core
from interlock.service.identity import Authenticator
from interlock.store.identity import REVOKED
from interlock.store.silence import QUIET, answers, close


class Revocations:
    """Who waits for the end of which key."""

    def __init__(self, core: Core, authenticator: Authenticator) -> None:
        self._core = core
        self._authenticator = authenticator
        self._watched: dict[str, set[asyncio.Event]] = {}
        self._heard = asyncio.Event()

    @contextmanager
    def watch(self, secret: str) -> Iterator[asyncio.Event]:
        """An event that is set when the key is revoked."""
        revoked = asyncio.Event()
        self._watched.setdefault(secret, set()).add(revoked)
        try:
            yield revoked
        finally:
            watchers = self._watched[secret]
            watchers.discard(revoked)
            if not watchers:
                del self._watched[secret]

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until ``stop``, or until the connection fails: then the caller starts it anew."""
        connection = await self._core.database.connect()
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await connection.add_listener(REVOKED, lambda *_: self._heard.set())
            connection.add_termination_listener(lambda *_: self._heard.set())
            while not stop.is_set():
                # also at the start: a revocation may have been missed while nobody listened
                self._heard.clear()
                await self._end_revoked()
                heard = asyncio.ensure_future(self._heard.wait())
                told, _ = await asyncio.wait({heard, stopping}, timeout=QUIET, return_when=asyncio.FIRST_COMPLETED)
                heard.cancel()
                if not told:
                    await answers(connection)
                if connection.is_closed():
                    raise ConnectionError("the connection that listens for revoked keys was closed")
        finally:
            stopping.cancel()
            await close(connection)

    async def _end_revoked(self) -> None:
        self._authenticator.forget()
        for secret in list(self._watched):
            try:
                await self._authenticator.principal(secret)
            except Unauthenticated:
                for revoked in self._watched.get(secret, ()):
                    revoked.set()
