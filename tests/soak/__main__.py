"""``./dev soak``: a mixed load for some minutes, and what of memory, file handles and tables grew that should not."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Annotated

import typer

from chaos.world import World
from soak.figures import Sample, bounds, look, per_record
from soak.load import Load

SETTINGS = {
    "EVENT_RETENTION": "PT20S",
    "KEY_RETENTION": "PT20S",
    "ERROR_RETENTION": "PT30S",
    "UPKEEP_INTERVAL": "0.1",
    "FEED_MEMORY": "5000",
}
"""What is kept for a day, a month and a year is kept for seconds, so that what comes after can be seen."""
_HOUR = 100 * 3_600
"""Transitions in an hour of a busy place: a hundred a second."""
_BETWEEN = 1.0

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def soak(
    minutes: Annotated[
        float,
        typer.Option(help="For how long. Under five, tables still grow to what they keep, and seem to grow too much."),
    ] = 5.0,
    servers: Annotated[int, typer.Option(help="Server processes.")] = 2,
) -> None:
    """Run a mixed load on several servers, and report what grew. Exits with 1 where something grew that should not."""
    raise typer.Exit(0 if asyncio.run(_soak(minutes, servers)) else 1)


async def _soak(minutes: float, servers: int) -> bool:
    async with World(servers, settings=SETTINGS) as world:
        load = Load(world)
        samples = await _samples(world, load, minutes * 60)
        faults = world.faults()
    moved = samples[-1].position
    typer.echo(f"\n{moved:,} transitions, as many as in {moved / _HOUR:.1f} hours of 100 a second; what was answered:")
    typer.echo(", ".join(f"{count:,} {what}" for what, count in sorted(load.done.items())))
    typer.echo(
        "\n| what | second quarter | last quarter | at most | unit | kept |\n| --- | --- | --- | --- | --- | --- |"
    )
    found = bounds(samples)
    typer.echo("\n".join(bound.row() for bound in found))
    kept = ", ".join(f"{name} {size:,.0f}" for name, size in per_record(samples).items())
    typer.echo(f"\nBytes for each record, with indexes: {kept}")
    for fault in faults:
        typer.echo(f"A server logged: {fault}")
    return all(bound.kept for bound in found) and not faults


async def _samples(world: World, load: Load, seconds: float) -> list[Sample]:
    samples: list[Sample] = []
    async with world.psql() as psql, load.running():
        began = time.monotonic()
        while (passed := time.monotonic() - began) < seconds:
            samples.append(sample := await look(world, psql))
            _tell(f"{passed:,.0f} of {seconds:,.0f} s: {sample.position:,} transitions, {sample.memory:,.0f} MB")
            await asyncio.sleep(_BETWEEN)
    return samples


def _tell(text: str) -> None:
    with suppress(BrokenPipeError):
        typer.echo(f"\r{text}", err=True, nl=False)


if __name__ == "__main__":
    app()
