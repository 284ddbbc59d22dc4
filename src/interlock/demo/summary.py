"""What the campaign comes to in the end."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from interlock.demo import documents
from interlock.demo.api import Api
from interlock.demo.campaign import Campaign
from interlock.demo.failure import DemoFailed
from interlock.demo.molecules import FAMILIAR
from interlock.demo.telling import COLOURS, Teller

_BAR = 48


async def summarize(api: Api, campaign: Campaign, teller: Teller) -> None:
    """Counts, errors, some energies, and the life of one record. Raises DemoFailed if the figures disagree."""
    totals = await api.ask(documents.TOTALS, campaign=campaign.name)
    counted = Counter({count["status"]: count["count"] for count in totals["statusCounts"]})
    followed = Counter({status: count for status, count in campaign.counts.items() if status != "KILLED"})
    teller.title("What became of them")
    teller.show(_counts(campaign))
    if +counted != +followed:
        raise DemoFailed(f"The feed gave {dict(+followed)}, but the server counts {dict(+counted)}: this is a bug.")
    teller.plain("\n  Counted from the feed alone; the server's own counts are the same.")
    if totals["errorGroups"]:
        teller.title("Errors, grouped")
        teller.show(_errors(totals["errorGroups"]))
    teller.title("Some of the energies")
    teller.show(await _energies(api, campaign))
    if campaign.failed:
        record = campaign.failed[0]
        teller.title(f"The life of {record}, {campaign.molecules[record]}")
        teller.show(await _life(api, record))


def _grid(*justify: str) -> Table:
    table = Table.grid(padding=(0, 2))
    for how in justify:
        table.add_column(justify=how)  # type: ignore[arg-type]
    return table


def _counts(campaign: Campaign) -> Table:
    table = _grid("left", "right", "left")
    for status, colour in COLOURS.items():
        if count := campaign.counts[status]:
            cells = max(round(_BAR * count / campaign.total), 1)
            table.add_row(Text(status, style=f"bold {colour}"), str(count), Text("━" * cells, style=colour))
    return table


def _errors(groups: list[dict[str, Any]]) -> Table:
    table = _grid("right", "left", "left", "left", "left")
    for group in groups:
        status = Text(group["status"], style=COLOURS[group["status"]])
        example = f"such as {group['exampleId']}"
        table.add_row(str(group["count"]), status, group["errorType"], group["exampleMessage"] or "", example)
    return table


async def _energies(api: Api, campaign: Campaign) -> Table:
    table = _grid("left", "left", "left", "right")
    ids = [id_ for id_, molecule in campaign.molecules.items() if molecule.number in FAMILIAR]
    ids = [id_ for id_ in ids if campaign.statuses[id_] == "COMPLETE"]
    computed = (await api.ask(documents.RESULTS, ids=ids))["nodes"]
    for record in sorted(computed, key=lambda record: record["result"]["return_result"]):
        molecule = campaign.molecules[record["id"]]
        energy = f"{record['result']['return_result']:.6f} hartree"
        table.add_row(record["id"], molecule.name, molecule.formula, energy)
    return table


async def _life(api: Api, record: str) -> Table:
    table = _grid("left", "left", "left", "left", "left")
    seen = (await api.ask(documents.RECORD, id=record))["record"]
    for event in seen["events"]:
        at = datetime.fromisoformat(event["at"]).astimezone()
        way = Text(f"{event['from'] or 'nothing'} → ")
        way.append(event["to"], style=COLOURS[event["to"]])
        table.add_row(f"{at:%H:%M:%S.%f}"[:-3], event["action"], way, event["who"], event["reason"] or "")
    return table
