"""The kind ``qcschema``: what it accepts, what it refuses and with which words, how fast, and its tasks."""

from __future__ import annotations

import copy
import json
import time
from typing import Any

import pytest

from interlock.domain.errors import InvalidSpecification
from interlock.domain.kinds import Kind, KindRegistry
from interlock.kinds.qcschema import KIND
from kinds.molecules import BAD, DIMER, NAN, WATER, atomic_input, specification


def refusal(of: Any) -> InvalidSpecification:
    with pytest.raises(InvalidSpecification) as caught:
        KIND.validate(of)
    return caught.value


def test_the_kind_is_found_by_its_entry_point() -> None:
    assert KindRegistry.installed().get("qcschema", 1) is KIND
    assert isinstance(KIND, Kind)


def test_a_task_runs_the_managers_compute_with_the_program_it_needs() -> None:
    task = KIND.task(KIND.validate(specification()))
    assert task.function == "interlock.manager.qcschema:compute"
    assert task.args == []
    assert task.kwargs == {"input_data": atomic_input(), "program": "tblite"}
    assert task.required_programs == {"tblite"}


def test_a_task_is_a_pure_function_of_its_specification() -> None:
    stored = KIND.validate(specification(keywords={"max-iter": 50}))
    before = copy.deepcopy(stored)
    first, second = KIND.task(stored), KIND.task(stored)
    assert stored == before
    assert first == second == KIND.task(json.loads(json.dumps(before)))


def test_what_is_stored_is_json_and_validating_it_again_changes_nothing() -> None:
    full = {
        **DIMER,
        "name": "dimer",
        "real": [True, True, True],
        "connectivity": [[1, 2, 1.0]],
        "fragment_charges": [0.0, 0.0],
        "fragment_multiplicities": [1, 1],
        "molecular_multiplicity": 1,
        "provenance": {"creator": "me", "version": "1.0", "routine": "by hand"},
        "extras": {"nothing": None},
    }
    stored = KIND.validate(specification(full, keywords={"a": None, "b": [{"c": None}]}))
    assert json.loads(json.dumps(stored)) == stored
    assert stored["input"]["keywords"] == {"a": None, "b": [{"c": None}]}
    assert KIND.validate(stored) == stored


def test_a_geometry_in_rows_and_symbols_in_any_case_are_stored_as_the_schema_has_them() -> None:
    rows = [WATER["geometry"][at : at + 3] for at in (0, 3, 6)]
    stored = KIND.validate({**specification({"symbols": ["o", "H", "h"], "geometry": rows}), "program": "TBLite"})
    assert stored["input"]["molecule"] == WATER
    assert stored["program"] == "tblite"


@pytest.mark.parametrize(("path", "wrong", "words"), BAD, ids=[f"{path}-{n}" for n, (path, *_) in enumerate(BAD)])
def test_a_fault_is_refused_with_the_name_of_its_field(path: str, wrong: dict[str, Any], words: str) -> None:
    error = refusal({"program": "tblite", "input": wrong})
    assert error.path == f"input.{path}"
    assert str(error).startswith(f"input.{path}: ")
    assert words in str(error)


@pytest.mark.parametrize(
    ("molecule", "path"),
    [
        ({**WATER, "geometry": [NAN] * 9}, "input.molecule.geometry.0"),
        ({**WATER, "geometry": [*WATER["geometry"][:8], float("inf")]}, "input.molecule.geometry.8"),
        ({**WATER, "molecular_charge": -float("inf")}, "input.molecule.molecular_charge"),
        ({**WATER, "extras": {"x": [NAN]}}, "input.molecule.extras.x.0"),
    ],
)
def test_a_number_that_is_not_finite_is_refused(molecule: dict[str, Any], path: str) -> None:
    assert refusal(specification(molecule)).path == path


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        (specification(keywords={"x": NAN}), "input.keywords.x"),
        (specification(model={"method": "UFF", "cutoff": NAN}), "input.model.cutoff"),
        (specification({**WATER, "connectivity": [[0, 3, 1]]}), "input.molecule.connectivity.0"),
        (specification({**WATER, "fragment_charges": [0.0, 0.0]}), "input.molecule.fragment_charges"),
        (specification({**DIMER, "molecular_charge": 1}), "input.molecule.fragment_charges"),
        (specification({**DIMER, "molecular_multiplicity": 3}), "input.molecule.fragment_multiplicities"),
        ({"program": "", "input": atomic_input()}, "program"),
        ({"program": "tb lite", "input": atomic_input()}, "program"),
        ({"input": atomic_input()}, "program"),
        ({"program": "tblite"}, "input"),
        ({**specification(), "priority": 3}, "priority"),
        ("tblite", ""),
    ],
)
def test_what_qcelemental_would_let_pass_is_refused_where_it_cannot_be_meant(wrong: Any, path: str) -> None:
    assert refusal(wrong).path == path


def test_ten_thousand_molecules_are_validated_in_seconds() -> None:
    """Measured: 0.2 s for water, 0.7 s for 20 atoms; the bound leaves room for a busy machine."""
    twenty = {"symbols": ["C"] * 20, "geometry": [1.3 * number for number in range(60)]}
    begun = time.process_time()
    for _ in range(10_000):
        KIND.validate(specification(twenty))
    assert time.process_time() - begun < 3


def test_a_huge_molecule_takes_no_quadratic_time() -> None:
    """A plane of 25,000 atoms, about the largest that fits in 1 MB: measured 0.1 s."""
    plane = [value for at in range(25_000) for value in (0.0, 0.2 * (at % 160), 0.2 * (at // 160))]
    begun = time.process_time()
    KIND.validate(specification({"symbols": ["He"] * 25_000, "geometry": plane}))
    assert time.process_time() - begun < 2
    plane[-3:] = plane[:3]
    assert "atoms 0 and 24999" in str(refusal(specification({"symbols": ["He"] * 25_000, "geometry": plane})))
