"""Whether somebody gives events their positions, who that is, and whether it is at work."""

from __future__ import annotations

from interlock.doctor.findings import Finding, duration, fail, ok, unseen, warn
from interlock.doctor.patient import Patient
from interlock.store.feed import epoch_fits
from interlock.store.inspection.ticking import Ticking, nothing_to_tick_on, ticking
from interlock.store.standing import unpositioned

_BEHIND = 10.0
"""Seconds that an event may be without a position."""
_HUNG, _MISSED = 10.0, 10
"""Seconds, and ticks, that whoever ticks may ask for nothing; with others it would have lost that to them by then."""
_LET_GO = (
    "`SELECT pg_terminate_backend({pid});` lets another server, or the same one once it moves, give the positions."
)


async def feed(patient: Patient) -> list[Finding]:
    ticker, fits = await ticking(patient.connection), await epoch_fits(patient.connection)
    behind = await unpositioned(patient.connection)
    if await nothing_to_tick_on(patient.connection):
        return [fail("No event gets a position any more: the feed has lost all its ticks.", patient.made_anew)]
    if ticker is None:
        waiting = f" Events have waited for {duration(behind)}." if behind else ""
        return [
            warn(
                f"No server gives events their positions: none is running.{waiting}",
                f"Start one: {patient.command('serve')}. Without it, nobody follows and no lease is given up.",
            )
        ]
    if not fits:
        return [
            fail(
                "The feed's epoch is that of another cluster, timeline or database: this one was restored, and old "
                "cursors would be taken for new ones.",
                "Restart the servers: the first gives the feed a new epoch.",
            )
        ]
    return [_at_work(patient, ticker, behind)]


def _at_work(patient: Patient, ticker: Ticking, behind: float) -> Finding:
    if ticker.quiet is None and patient.unseen:
        return unseen(f"Whether {ticker}, which has the ticker's lock, is at work", patient.unseen)
    if (ticker.quiet or 0.0) > max(_HUNG, _MISSED * patient.settings.tick_interval):
        return fail(
            f"The server that gives events their positions hangs: {ticker} has asked for nothing for "
            f"{duration(ticker.quiet or 0.0)}.",
            f"Restart that server (`kill -9`, where it does not end). {_LET_GO.format(pid=ticker.pid)}",
        )
    if behind > _BEHIND:
        return fail(
            f"Events have waited {duration(behind)} for their positions, though {ticker} has the ticker's lock.",
            f"See what that server's log says of the part `ticker`. {_LET_GO.format(pid=ticker.pid)}",
        )
    return ok(f"Events get their positions from {ticker}; the epoch is that of this cluster.")
