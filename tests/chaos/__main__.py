"""``./dev chaos``: runs with a nemesis, one seed after another, until the time is over; fails with the first that fails."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from chaos.bugs import BUGS
from chaos.checkers import complaints
from chaos.checkers.complaint import account
from chaos.history import History
from chaos.moves import MOVES
from chaos.run import run
from chaos.verdict import Plan, Unfinished, Verdict
from chaos.verdict import keep as keep_all

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
console = Console(highlight=False, markup=False, soft_wrap=True)


def _names(text: str | None, known: list[str], what: str) -> list[str] | None:
    if text is None:
        return None
    names = [name for name in text.split(",") if name]
    if wrong := sorted(set(names) - set(known)):
        raise typer.BadParameter(f"There is no {what} {', '.join(wrong)}; there are: {', '.join(known)}.")
    return names


def _seeds(seed: int, seeds: str | None) -> Iterator[int]:
    if seeds is None:
        return count(seed)
    first, _, last = seeds.partition("-")
    if not (first.isdigit() and (last or first).isdigit()):
        raise typer.BadParameter(f"--seeds is {seeds!r}; give the first and the last, such as 1-30.")
    return iter(range(int(first), int(last or first) + 1))


@app.command()
def chaos(
    minutes: Annotated[float, typer.Option(help="Begin no further run after so many minutes.")] = 5.0,
    seed: Annotated[int, typer.Option(help="The seed of the first run; each further one has the next.")] = 1,
    seeds: Annotated[str | None, typer.Option(help="Run all of these, such as 1-30, whatever time it takes.")] = None,
    seconds: Annotated[float, typer.Option(help="Seconds of load in each run.")] = 20.0,
    calls: Annotated[
        int | None, typer.Option(help="End the load after so many answered calls, if that is before.")
    ] = None,
    moves: Annotated[
        str | None, typer.Option(help=f"Only these moves, by commas; '' for none. There are {', '.join(MOVES)}.")
    ] = None,
    bug: Annotated[
        str | None, typer.Option(help=f"Switch a bug on, to see it found. There are: {', '.join(BUGS)}.")
    ] = None,
    keep: Annotated[Path | None, typer.Option(help="Keep every run's history in this folder.")] = None,
    judge: Annotated[Path | None, typer.Option(help="Judge a history that was kept, and run nothing.")] = None,
) -> None:
    """Run managers, people and followers against real servers, while faults are injected, and check what became of it.

    Exits with 1 when a promise was broken, and keeps that run's history in a folder that it names. The same seed makes
    the same schedule; what meets what in between may differ, so try a failing seed several times.
    """
    if judge is not None:
        history = History.read(judge)
        broken = complaints(history)
        console.print(account(history, broken) or "Every promise was kept.")
        raise typer.Exit(bool(broken))
    chosen = _names(moves, list(MOVES), "move")
    _names(bug, list(BUGS), "bug")
    until = time.monotonic() + 60 * minutes
    clean = 0
    for one in _seeds(seed, seeds):
        if seeds is None and time.monotonic() > until:
            break
        place = (keep or Path(tempfile.gettempdir()) / "interlock-chaos") / f"seed-{one}"
        try:
            verdict = _run(Plan(one, seconds, calls, chosen, bug))
        except Unfinished as error:
            _kept(place, error)
            raise
        if keep is not None or not verdict.clean:
            _kept(place, verdict)
        if not verdict.clean:
            console.print(f"Seed {one} failed, after {clean} that ran clean. Again: ./dev chaos --seeds {one}")
            raise typer.Exit(1)
        clean += 1
    console.print(f"{clean} seeds ran clean.")


def _kept(place: Path, what: Verdict | Unfinished) -> None:
    keep_all(place, what.history, what.logs)
    console.print(f"The history and the servers' logs are in {place}; ./dev chaos --judge {place} judges it again.")


def _run(plan: Plan) -> Verdict:
    began = time.monotonic()

    def say(what: str) -> None:
        console.print(f"  {time.monotonic() - began:6.1f} s  {what}")

    console.print(f"Seed {plan.seed}:")
    verdict = uvloop.run(run(plan, say))
    console.print(str(verdict))
    return verdict


if __name__ == "__main__":
    sys.exit(app())
