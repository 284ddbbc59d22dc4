"""What the soak calls growth."""

from __future__ import annotations

from dataclasses import replace

import pytest

from soak.figures import Bound, Sample, bounds, per_record

FLAT = Sample(
    memory=120.0, files=60, backends=20, tables={"record": 40.0, "specification": 1.0, "result": 2.0, "attempt": 3.0, "tick": 10.0, "claim": 0.1},
    dead=1_000, position=10, records=1_000, lag=0.1,
)  # fmt: skip


def _broken(last: Sample) -> list[str]:
    samples = [FLAT] * 30 + [last] * 10
    return [bound.name for bound in bounds(samples) if not bound.kept]


def test_what_stays_is_no_growth() -> None:
    assert _broken(FLAT) == []


@pytest.mark.parametrize(
    ("last", "name"),
    [
        (replace(FLAT, memory=160.0), "memory of the largest server"),
        (replace(FLAT, files=100), "open files of the servers"),
        (replace(FLAT, backends=40), "connections to PostgreSQL"),
        (replace(FLAT, dead=200_000), "dead rows in all tables"),
        (replace(FLAT, lag=5.0), "events without a position, the oldest"),
        (replace(FLAT, tables=FLAT.tables | {"tick": 20.0}), "table tick"),
    ],
)
def test_what_grows_is_named(last: Sample, name: str) -> None:
    assert _broken(last) == [name]


def test_tables_of_records_may_grow_and_are_told_for_each_record() -> None:
    assert _broken(replace(FLAT, tables=FLAT.tables | {"record": 400.0})) == []
    assert per_record([FLAT])["record"] == pytest.approx(40_000)


def test_the_row_of_a_broken_bound_says_so() -> None:
    assert Bound("memory", "MB", 1.0, 3.0, 2.0).row() == "| memory | 1.0 | 3.0 | 2.0 | MB | NO |"
