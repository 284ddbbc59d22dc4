"""Lines for people, with the figures below them: moving on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from rich.console import Console
from rich.live import Live
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

COLOURS: Mapping[str, str] = {
    "COMPLETE": "green",
    "RUNNING": "cyan",
    "WAITING": "yellow",
    "HOLD": "blue",
    "ERROR": "red",
    "FAILED": "magenta",
    "KILLED": "bright_black",
}
"""The statuses in the order in which they are shown."""

_LABEL = 12
_BAR = 60
_ANYWHERE = 140
_PICTURES = 12


class Teller:
    """Says what happens. Without a terminal: plain text, one line each, nothing that moves."""

    def __init__(self) -> None:
        self.console = Console(highlight=False)
        self.live = self.console.is_terminal
        if not self.live:
            self.console = Console(highlight=False, width=_ANYWHERE, color_system=None)

    def title(self, text: str) -> None:
        self.console.print(f"\n[bold]{text}[/bold]\n")

    def line(self, label: str, text: str | Text, style: str = "bold") -> None:
        """One thing that happened: what, and then how."""
        table = Table.grid(padding=(0, 1))
        table.add_column(width=_LABEL, style=style)
        table.add_column(overflow="fold")
        table.add_row(label, text)
        self.show(table)

    def show(self, table: Table) -> None:
        """A table, a little to the right."""
        indented = Padding(table, (0, 0, 0, 2), expand=False)
        if self.live:
            self.console.print(indented)
            return
        with self.console.capture() as captured:
            self.console.print(indented)
        for text in captured.get().splitlines():
            self.plain(text.rstrip())

    def plain(self, text: str = "") -> None:
        """Text as it is, not wrapped either: it may be for copying."""
        self.console.print(text, markup=False, soft_wrap=True)

    @asynccontextmanager
    async def doing(self, label: str, text: Callable[[], str]) -> AsyncIterator[None]:
        """Show what is being done, as long as the block lasts."""
        if not self.live:
            yield
            return
        async with self._moving(lambda: Text(f"  {label:<{_LABEL}} {text()}", style="bright_black")):
            yield

    @asynccontextmanager
    async def figures(self, counts: Callable[[], Mapping[str, int]]) -> AsyncIterator[Callable[[], None]]:
        """Show the figures until the block ends; the block calls what it is given whenever they change."""
        if not self.live:
            yield _Steps(counts, self.plain).look
            return
        async with self._moving(lambda: Padding(bar(counts()), (1, 0, 0, 2))):
            yield lambda: None

    @asynccontextmanager
    async def _moving(self, shown: Callable[[], Text | Padding]) -> AsyncIterator[None]:
        # Drawn by this thread alone: Live's own thread and a line printed at the same moment erase each other.
        with Live(console=self.console, get_renderable=shown, auto_refresh=False, transient=True) as live:
            drawing = asyncio.ensure_future(_draw(live))
            try:
                yield
            finally:
                drawing.cancel()
                await asyncio.gather(drawing, return_exceptions=True)


async def _draw(live: Live) -> None:
    while True:
        live.refresh()
        await asyncio.sleep(1 / _PICTURES)


class _Steps:
    """A line of figures whenever another tenth has come to an end."""

    def __init__(self, counts: Callable[[], Mapping[str, int]], say: Callable[[str], None]) -> None:
        self._counts = counts
        self._say = say
        self._told = self._tenths()

    def look(self) -> None:
        if self._tenths() > self._told:
            self._told = self._tenths()
            counts = self._counts()
            figures = ", ".join(f"{counts[status]} {status}" for status in COLOURS if counts.get(status))
            self._say(f"  {'figures':<{_LABEL}} {figures}")

    def _tenths(self) -> int:
        counts = self._counts()
        ended = sum(counts.get(status, 0) for status in ("COMPLETE", "ERROR", "FAILED", "KILLED"))
        return 10 * ended // max(sum(counts.values()), 1)


def bar(counts: Mapping[str, int]) -> Text:
    """All records as one bar, and the figures below it."""
    there = {status: count for status in COLOURS if (count := counts.get(status, 0))}
    total = sum(there.values())
    # Whatever is there is seen; the most frequent has the rest.
    cells = {status: max(_BAR * count // total, 1) for status, count in there.items()}
    if cells:
        cells[max(cells, key=lambda status: cells[status])] += _BAR - sum(cells.values())
    return Text.assemble(
        *(("━" * width, COLOURS[status]) for status, width in cells.items()),
        "\n",
        *(f for s, n in there.items() for f in ((f"{n} ", f"bold {COLOURS[s]}"), (f"{s}   ", COLOURS[s]))),
    )
