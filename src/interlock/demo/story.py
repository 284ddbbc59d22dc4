"""The moves that the demo shows on real records, and why; each only once, however often the demo is started."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from interlock.demo import documents
from interlock.demo.api import Api
from interlock.demo.campaign import Campaign
from interlock.demo.molecules import COPPER
from interlock.demo.telling import COLOURS, Teller

LARGEST = 5


class Story:
    """Told in order; what was told before the demo was interrupted is left out."""

    def __init__(self, api: Api, campaign: Campaign, teller: Teller) -> None:
        self._api = api
        self.campaign = campaign
        self._teller = teller

    async def before(self) -> None:
        """While everything waits: put the largest aside."""
        waiting = [r for r in self.campaign.having("WAITING") if self.campaign.molecules[r].number not in COPPER]
        if waiting and not self.campaign.was("HOLD"):
            await self._move("hold", waiting[:LARGEST], "the largest molecules can wait", "WAITING → HOLD")

    async def rest(self) -> None:
        """Everything after that, until nothing more happens."""
        await self.meanwhile()
        await self.after()
        await self.meanwhile()  # those released may have failed as well
        await self.campaign.until(lambda: self.campaign.settled)

    async def meanwhile(self) -> None:
        """While the manager works: what one does about errors, all of it on the first one."""
        for at in range(2):
            await self.campaign.until(lambda at=at: len(self.campaign.failed) > at or self.campaign.settled)  # type: ignore[misc]
            failed = self.campaign.failed[at : at + 1]
            for record in failed:
                await (self._everything(record) if at == 0 else self._give_up(record))

    async def after(self) -> None:
        """When the others are done: let the held ones go on, but for one that nobody wants any more."""
        await self.campaign.until(lambda: self.campaign.settled)
        held = self.campaign.having("HOLD")
        if held and not self.campaign.was("KILL"):
            await self._move("kill", held[:1], "no longer wanted", "HOLD → KILLED", "; only its events remain")
            held = held[1:]
        if held:
            await self._move("release", held, "the others are done", "HOLD → WAITING")
        await self.campaign.until(lambda: self.campaign.settled)

    @property
    def is_over(self) -> bool:
        """Whether it was told, and there is nothing left to tell."""
        campaign = self.campaign
        troubled = campaign.failed[:2]
        told = all(
            campaign.was(action, record) for record in troubled[:1] for action in ("RETRY", "FAIL", "REGENERATE")
        )
        given_up = all(campaign.was("FAIL", record) for record in troubled)
        return bool(campaign.statuses) and campaign.settled and not campaign.counts["HOLD"] and told and given_up

    async def _everything(self, record: str) -> None:
        """A refusal, then the moves out of ERROR and FAILED, until the record is where it began."""
        if not self.campaign.was("RETRY", record):
            await self._show_error(record, "fails")
            await self._refused_kill(record)
            await self._move("retry", [record], "was it an accident?", "ERROR → WAITING")
        if not self.campaign.was("FAIL", record):
            await self._show_error(record, "fails again")
            await self._move("fail", [record], "it was no accident", "ERROR → FAILED", "; its task is gone")
        if not self.campaign.was("REGENERATE", record):
            because = "; the same task, built anew from the record"
            await self._move("regenerate", [record], "to see all there is", "FAILED → WAITING", because)
            await self._show_error(record, "ends as it must")

    async def _give_up(self, record: str) -> None:
        if not self.campaign.was("FAIL", record):
            await self._show_error(record, "fails as well")
            await self._move("fail", [record], "the same again", "ERROR → FAILED")

    async def _show_error(self, record: str, how: str) -> None:
        """Wait until it is in ERROR (again), and tell the reason that the program gave."""
        await self.campaign.until(lambda: self.campaign.statuses[record] == "ERROR" or self.campaign.settled)
        seen = (await self._api.ask(documents.RECORD, id=record))["record"]
        if seen is None or seen["attempts"][-1]["error"] is None:
            return  # somebody else has moved it on; the next move will say so
        attempt = seen["attempts"][-1]
        tries = f", attempt {attempt['number']}" if attempt["number"] > 1 else ""
        text = f"{self._named(record)} {how}{tries}: {attempt['error']['message']}"
        self._teller.line("error", text, f"bold {COLOURS['ERROR']}")

    async def _refused_kill(self, record: str) -> None:
        """Ask for what is not permitted, and be told what is."""
        seen = (await self._api.ask(documents.RECORD, id=record))["record"]
        permitted = ", ".join(action["action"].lower() for action in seen["permittedActions"])
        self._teller.line("permitted", f"{record} may now be moved by: {permitted}")
        payload = await self._api.move("kill", [record], "to see what happens")
        for refusal in payload["refusals"]:
            self._teller.line("refused", f"kill {record}: {refusal['message']}\n{_instead(refusal)}", "bold yellow")

    async def _move(self, action: str, records: Sequence[str], reason: str, way: str, because: str = "") -> None:
        payload = await self._api.move(action, list(records), reason)
        refused = {refusal["id"] for refusal in payload["refusals"]}
        moved = [record for record in records if record not in refused]
        what = self._named(moved[0]) if len(moved) == 1 else f"{len(moved)} records"
        if moved:
            self._teller.line(action, f"{what}  {way}: {reason}{because}")
        for refusal in payload["refusals"]:  # somebody else was quicker
            self._teller.line(action, f"{refusal['id']}: {refusal['message']}", "bold yellow")
        await self.campaign.until(lambda: all(self.campaign.was(action.upper(), record) for record in moved))

    def _named(self, record: str) -> str:
        return f"{record} {self.campaign.molecules[record]}"


def _instead(refusal: dict[str, Any]) -> str:
    permitted = ", ".join(refusal["permitted"]) or "nothing"
    way = ", then ".join(step["action"] for step in refusal["shortestWay"] or ())
    return f"Permitted instead: {permitted}. The shortest way to it: {way or 'none'}."
