"""The drawings say what the table says: each is read back and compared."""

from __future__ import annotations

import re

from interlock.domain.drawing import listing, mermaid, square
from support.thread import PERMITTED, moves, statuses


def test_the_diagram_draws_every_move_and_no_other() -> None:
    arrows = re.findall(r"^    (\S+) --> (\S+): (\S+)$", mermaid(), re.MULTILINE)
    assert ("[*]", "WAITING", "SUBMIT") in arrows
    drawn = {(source, "KILLED" if to == "[*]" else to, action) for source, to, action in arrows if source != "[*]"}
    assert drawn == {(move.source, move.target, move.action) for move in moves()}
    assert len(arrows) == len(drawn) + 1


def test_the_diagram_ends_where_nothing_leads_on() -> None:
    ends = re.findall(r"^    (\S+) --> \[\*\]$", mermaid(), re.MULTILINE)
    assert ends == [status for status in statuses()[:-1] if not any(source == status for source, _ in PERMITTED)]


def test_the_square_is_the_thread_s_with_actions_for_numbers() -> None:
    head, _, *body = [[cell.strip(" *") for cell in line.split("|")[1:-1]] for line in square().splitlines()]
    assert head[1:] == statuses()
    drawn = {(row[0], to, cell) for row in body for to, cell in zip(statuses(), row[1:], strict=True) if cell}
    assert drawn == {(move.source, move.target, move.action) for move in moves()}


def test_the_listing_has_every_move_with_its_number_actors_and_effect() -> None:
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in listing().splitlines()[2:]]
    assert all(row[6] for row in rows)
    listed = {(row[0], row[1], row[2], row[3], frozenset(row[4].split(", ")), row[5].upper()) for row in rows}
    assert listed == {
        (str(move.number or "-"), move.action, move.source, move.target, move.actors, move.task) for move in moves()
    }
    assert len(rows) == len(listed)
