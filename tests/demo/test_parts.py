"""The demo's parts: the molecules it chooses, the figures it keeps, and what it says when it cannot go on."""

from __future__ import annotations

import inspect
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from demo.running import Demo
from interlock.cli import app
from interlock.demo import command
from interlock.demo.campaign import Campaign
from interlock.demo.further import COMMAND, come_back, look_around
from interlock.demo.molecules import COPPER, COUNT, FAMILIAR, NAMES, Molecule, chosen, specifications
from interlock.demo.run import TAG
from interlock.demo.telling import COLOURS, Teller, bar
from interlock.domain.lifecycle import RecordStatus
from interlock.kinds.qcschema import KIND

FORMULAS = {
    "toluquinone": "C7H6O2",
    "triphenylphosphine": "C18H15P",
    "N-bromosuccinimide": "C4H4BrNO2",
    "copper complex": "CuO4",
    "10-methylphenothiazine": "C13H11NS",
    "chloroacetic acid": "C2H3ClO2",
    "anthranilic acid": "C7H7NO2",
    "benzoic acid": "C7H6O2",
    "glycolic acid": "C2H4O3",
    "pyruvic acid": "C3H4O3",
    "salicylic acid": "C7H6O3",
}


class Feed:
    """A server that knows a snapshot and what follows it; only what a campaign asks."""

    def __init__(self, records: dict[str, str], changes: list[tuple[str, str | None, str, str, str]]) -> None:
        self._records = records
        self._changes = changes
        self.retried: set[str] = set()

    async def ask(self, _: Any, **variables: Any) -> dict[str, Any]:
        if "id" in variables:
            waits = "soon" if variables["id"] in self.retried else None
            return {"record": {"status": "ERROR", "retry": {"nextAt": waits}}}
        counts = Counter(self._records.values())
        one = specifications(1, lambda _: None)[0]
        return {
            "feedCursor": "here",
            "statusCounts": [{"status": status, "count": count} for status, count in counts.items()],
            "records": {
                "nodes": [
                    {"id": record, "status": status, "specification": one, "retry": {"nextAt": None}}
                    for record, status in self._records.items()
                ]
            },
            "statusChanges": {"nodes": []},
        }

    async def follow(self, after: str, _: str) -> Any:
        assert after == "here"
        for record, left, came, action, actor in self._changes:
            yield {"recordId": record, "from": left, "to": came, "action": action, "actor": actor}


def test_every_molecule_is_one_that_the_server_takes() -> None:
    asked = specifications(20, lambda _: None)
    assert len(asked) == 20
    for specification in asked:
        KIND.validate(specification)


def test_the_geometries_are_the_same_each_time() -> None:
    assert specifications(12, lambda _: None) == specifications(12, lambda _: None)


def test_the_names_belong_to_the_molecules() -> None:
    told: list[int] = []
    molecules = [Molecule.asked_in(asked) for asked in specifications(len(NAMES), told.append)]
    assert told == list(range(1, len(NAMES) + 1))
    for molecule in molecules:
        assert NAMES[molecule.number] == molecule.name
        assert FORMULAS[molecule.name] in molecule.formula


def test_fewer_molecules_still_have_those_that_fail_and_all_have_each_once() -> None:
    assert set(COPPER) <= set(chosen(2))
    assert set(FAMILIAR) <= set(chosen(12))
    assert chosen(COUNT) == list(range(1, COUNT + 1))


def test_the_bar_is_as_long_as_it_is_however_many_there_are_of_each() -> None:
    for counts in ({"WAITING": 200}, {"COMPLETE": 198, "ERROR": 1, "FAILED": 1}, dict.fromkeys(COLOURS, 7)):
        assert bar(counts).plain.partition("\n")[0] == "━" * 60
    assert bar({}).plain.strip() == ""


def test_every_status_has_a_colour() -> None:
    assert set(COLOURS) == {status.value for status in RecordStatus} | {"KILLED"}


async def test_the_figures_are_the_snapshot_and_what_follows_it() -> None:
    feed: Any = Feed(
        {"rec_1": "WAITING", "rec_2": "WAITING", "rec_3": "HOLD"},
        [
            ("rec_1", "WAITING", "RUNNING", "CLAIM", "MANAGER"),
            ("rec_2", "WAITING", "RUNNING", "CLAIM", "MANAGER"),
            ("rec_1", "RUNNING", "COMPLETE", "COMPLETE", "MANAGER"),
            ("rec_2", "RUNNING", "ERROR", "REPORT_ERROR", "MANAGER"),
            ("rec_3", "HOLD", "KILLED", "KILL", "USER"),
        ],
    )
    campaign = Campaign(feed, "any")
    await campaign.look()
    await campaign.follow()
    assert +campaign.counts == Counter(COMPLETE=1, ERROR=1, KILLED=1)
    assert campaign.failed == ["rec_2"]
    assert campaign.was("KILL", "rec_3")
    assert campaign.settled


async def test_what_the_server_tries_again_by_itself_has_not_failed_and_is_not_settled() -> None:
    changes: list[tuple[str, str | None, str, str, str]] = [
        ("rec_1", "WAITING", "RUNNING", "CLAIM", "MANAGER"),
        ("rec_1", "RUNNING", "ERROR", "REPORT_ERROR", "MANAGER"),
    ]
    feed: Any = Feed({"rec_1": "WAITING"}, changes)
    feed.retried.add("rec_1")
    campaign = Campaign(feed, "any")
    await campaign.look()
    await campaign.follow()
    assert (campaign.failed, campaign.settled) == ([], False)
    changes[:] = [("rec_1", "ERROR", "WAITING", "RETRY", "SERVER")]
    await campaign.follow()
    assert (campaign.failed, campaign.settled) == ([], False)
    changes[:] = [
        ("rec_1", "WAITING", "RUNNING", "CLAIM", "MANAGER"),
        ("rec_1", "RUNNING", "COMPLETE", "COMPLETE", "MANAGER"),
    ]
    await campaign.follow()
    assert (campaign.failed, campaign.settled) == ([], True)


def test_without_the_chemistry_extra_the_demo_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "find_spec", lambda name: None if name == "tblite" else name)
    answer = CliRunner().invoke(app, ["demo"])
    assert answer.exit_code == 1
    assert answer.output == "interlock: the demo needs tblite: in the clone, pip install '.[chemistry]'\n"


async def test_a_server_that_cannot_start_is_told_with_its_own_words(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "PG_VERSION").write_text("9\n")
    async with Demo.started(data_dir) as demo:
        assert await demo.ends() == 1
    assert "interlock: The server ended (status 1)" in demo.text
    assert "is itself the data folder of a PostgreSQL that Interlock did not make" in demo.text
    assert "Traceback" not in demo.text


async def test_a_folder_that_cannot_be_is_one_line() -> None:
    async with Demo.started(Path("/dev/null/x")) as demo:
        assert await demo.ends() == 1
    *_, line = demo.text.splitlines()
    assert line.startswith("interlock: The data folder /dev/null/x cannot be used: ")
    assert line.endswith("Choose another with --data-dir.")
    assert "Traceback" not in demo.text


def test_the_demo_has_a_folder_of_its_own() -> None:
    assert inspect.signature(command.demo).parameters["data_dir"].default == Path("interlock-demo")
    ignored = (Path(__file__).parents[2] / ".gitignore").read_text().splitlines()
    assert "/interlock-demo/" in ignored


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        (None, "interlock demo --keep"),
        ("./dev", "./dev demo --keep"),
        ("./dev run interlock", "./dev run interlock demo"),
    ],
)
def test_what_it_says_to_do_next_can_be_copied(
    command: str | None, printed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(COMMAND, raising=False)
    if command is not None:
        monkeypatch.setenv(COMMAND, command)
    come_back(Teller(), Path("interlock-demo"), 12)
    assert f"      {printed}" in capsys.readouterr().out
    look_around(Teller(), "http://127.0.0.1:1/graphql", Path("interlock-demo"))
    said = capsys.readouterr().out
    assert f"{'./dev run python' if command else 'python'} client_examples/submit_and_follow.py --tag {TAG}" in said
    assert "-H 'Authorization" not in said
    assert "curl -s --config" in said
