"""A TCP proxy between the servers and PostgreSQL, which knows enough of the protocol to fail at the worst moment."""

from __future__ import annotations

import asyncio
import contextlib
import enum
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from chaos.wire import Statements, whole_answer

COMMIT = b"COMMIT;"
"""As the driver says it; a statement without a transaction around it commits at its own end."""
_PIECE = 65_536


class Fate(enum.Enum):
    """What becomes of a connection at a statement."""

    CUT = "cut before the statement gets there"
    LOSE = "the statement is done, its answer is swallowed, and the connection is cut"


@dataclass(eq=False)
class Rule:
    """The next ``times`` statements whose text has these words meet this fate; ``struck`` is set when one has.

    ``after``: only in a transaction that had these words before.
    """

    words: bytes
    fate: Fate
    times: int = 1
    after: bytes = b""
    struck: asyncio.Event = field(default_factory=asyncio.Event)

    def meets(self, text: bytes, before: bytes) -> bool:
        if self.times <= 0 or self.words not in text or self.after not in before:
            return False
        self.times -= 1
        return True


@dataclass(eq=False)
class Proxy:
    """``refusing``: new connections are turned away. What is in the way of the bytes, :meth:`heal` takes away."""

    socket: Path
    database: str = "interlock"
    port: int = 0
    refusing: bool = False
    _flowing: asyncio.Event = field(default_factory=asyncio.Event)
    _links: set[_Link] = field(default_factory=set)
    _rules: list[Rule] = field(default_factory=list)
    _bytes_left: int | None = None

    def __post_init__(self) -> None:
        self._flowing.set()

    @property
    def url(self) -> str:
        """Where the servers find their database."""
        return f"postgresql://interlock@127.0.0.1:{self.port}/{self.database}?sslmode=disable"

    @property
    def connections(self) -> int:
        return len(self._links)

    def cut(self) -> int:
        """Cut all connections at once; how many there were. New ones may come."""
        links = list(self._links)
        for link in links:
            link.cut()
        return len(links)

    def cut_after(self, count: int | None) -> None:
        """Cut the connection that sends the n-th byte from now on, in the middle of whatever it says; None: do not."""
        self._bytes_left = count

    def stall(self) -> None:
        """From now on nothing gets through, either way, and nobody is told."""
        self._flowing.clear()

    def flow(self) -> None:
        """What was held up goes on."""
        self._flowing.set()

    def mute(self) -> None:
        """Over the connections that there are nothing comes any more, ever; new ones work."""
        for link in self._links:
            link.muted = True

    @contextmanager
    def at(self, words: bytes, fate: Fate, times: int = 1, after: bytes = b"") -> Iterator[Rule]:
        """While the block lasts, the next statements with these words meet this fate."""
        rule = Rule(words, fate, times, after)
        self._rules.append(rule)
        try:
            yield rule
        finally:
            with suppress(ValueError):  # healed meanwhile
                self._rules.remove(rule)

    def heal(self) -> None:
        self.refusing = False
        self.cut_after(None)
        self._rules.clear()
        self.flow()

    def rule_for(self, text: bytes, before: bytes) -> Rule | None:
        return next((rule for rule in self._rules if rule.meets(text, before)), None)

    def room_for(self, size: int) -> int:
        """How many of so many bytes get through before the connection is cut; all of them, unless it is to be."""
        if self._bytes_left is None:
            return size
        room = min(size, self._bytes_left)
        self._bytes_left = None if room < size else self._bytes_left - room
        return room

    async def until_flowing(self) -> None:
        await self._flowing.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            writer.transport.abort()
            return
        await self.until_flowing()
        try:
            behind = await asyncio.open_unix_connection(self.socket)
        except OSError:
            writer.transport.abort()
            return
        link = _Link(self, (reader, writer), behind)
        self._links.add(link)
        try:
            await link.run()
        finally:
            self._links.discard(link)


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Link:
    """One connection of a server, and its continuation to PostgreSQL."""

    def __init__(self, proxy: Proxy, before: Stream, behind: Stream) -> None:
        self._proxy = proxy
        self._reader, self._writer = before
        self._back_reader, self._back_writer = behind
        self._statements = Statements()
        self._loses: Rule | None = None
        self.muted = False

    def cut(self) -> None:
        """Both sides see the connection reset."""
        self._writer.transport.abort()
        self._back_writer.transport.abort()

    async def run(self) -> None:
        """Pass on, both ways, until one side ends or is cut."""
        ways = [asyncio.ensure_future(self._onward()), asyncio.ensure_future(self._back())]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for outcome in await asyncio.gather(*ways, return_exceptions=True):
                if isinstance(outcome, Exception) and not isinstance(outcome, OSError):
                    raise outcome
            self.cut()

    async def _onward(self) -> None:
        while data := await self._reader.read(_PIECE):
            if self.muted:
                continue
            for message, text in self._statements.read(data):
                rule = self._proxy.rule_for(text, self._statements.before) if text else None
                if rule is not None and rule.fate is Fate.CUT:
                    rule.struck.set()
                    return
                self._loses = rule or self._loses
                await self._proxy.until_flowing()
                if self._back_writer.is_closing():
                    return
                through = self._proxy.room_for(len(message))
                self._back_writer.write(message[:through])
                await self._back_writer.drain()
                if through < len(message):
                    return

    async def _back(self) -> None:
        held = b""
        while data := await self._back_reader.read(_PIECE):
            await self._proxy.until_flowing()
            if self.muted:
                continue
            if self._writer.is_closing():
                return
            if self._loses is None:
                self._writer.write(data)
                await self._writer.drain()
                continue
            held += data
            if whole_answer(held):
                self._loses.struck.set()
                return


@asynccontextmanager
async def proxied(socket: Path, database: str = "interlock") -> AsyncIterator[Proxy]:
    """A proxy before the server that listens at this Unix socket, until the block ends."""
    made = Proxy(socket, database)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        made.refusing = True
        made.flow()
        server.close()
        made.cut()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(server.wait_closed(), 5)
