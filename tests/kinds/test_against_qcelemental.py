"""Our models against QCElemental's, version 1 (as published) and 2 (as managers send it to the programs)."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.domain.errors import InvalidSpecification
from interlock.kinds.elements import ATOMIC_NUMBER
from interlock.kinds.qcschema import KIND
from interlock.manager.qcschema import as_version_2
from kinds.molecules import BAD, DIMER, WATER, atomic_input

qcelemental = pytest.importorskip("qcelemental")
models = pytest.importorskip("qcelemental.models")


def theirs(value: dict[str, Any]) -> bool:
    """Whether QCElemental takes it, in either version."""
    value = copy.deepcopy(value)
    try:
        models.v1.AtomicInput(**value)
        models.v2.AtomicInput(**as_version_2(value))
    except Exception:  # noqa: BLE001 - it raises ValidationError of three libraries, and TypeError
        return False
    return True


def ours(value: dict[str, Any]) -> bool:
    try:
        KIND.validate({"program": "tblite", "input": value})
    except InvalidSpecification:
        return False
    return True


def as_json(model: Any) -> dict[str, Any]:
    return dict(json.loads(model.json()))


ION = {"symbols": ["O", "H"], "geometry": [0.0, 0.0, 0.0, 0.0, 0.0, 1.8], "molecular_charge": -1.0}
GHOST = {"symbols": DIMER["symbols"], "geometry": DIMER["geometry"], "real": [True, False, False]}
GOOD: list[dict[str, Any]] = [
    atomic_input(),
    atomic_input(ION, driver="gradient", keywords={"max-iter": 10}),
    atomic_input(ION, driver="hessian", model={"method": "HF", "basis": "sto-3g", "grid": 3}),
    atomic_input({**ION, "molecular_charge": 0.0, "molecular_multiplicity": 2}, driver="properties"),
    atomic_input({"symbols": ["H"], "geometry": [0.0, 0.0, 0.0], "molecular_charge": 1.0}),
    atomic_input({"symbols": ["ts"], "geometry": [0.0, 0.0, 0.0]}),
    atomic_input({**WATER, "connectivity": [[0, 1, 1.0], [2, 0, 1]], "name": "water", "fix_com": True}),
    atomic_input({**WATER, "molecular_multiplicity": 3.0, "atomic_numbers": [8, 1, 1], "fix_symmetry": "c1"}),
    atomic_input({**WATER, "schema_name": "qcschema_molecule", "schema_version": 2, "extras": {"a": [1]}}),
    atomic_input({**WATER, "identifiers": {"smiles": "O"}, "comment": "wet", "id": "7", "atom_labels": ["", "1", "2"]}),
    atomic_input(DIMER),
    atomic_input({**DIMER, "fragment_charges": [1.0, -1.0], "fragment_multiplicities": [2, 2]}),
    atomic_input(
        {
            **DIMER,
            "fragment_charges": [1.0, -1.0],
            "fragment_multiplicities": [2, 2],
            "molecular_multiplicity": 1,
        }
    ),
    atomic_input(GHOST),
    atomic_input(id="42", extras={"tag": None}, provenance={"creator": "test", "host": "here"}),
    atomic_input(protocols={"stdout": False, "wavefunction": "all", "error_correction": {"policies": {"x": True}}}),
    atomic_input(schema_name="qc_schema_input", schema_version=1),
]


@pytest.mark.parametrize("value", GOOD, ids=range(len(GOOD)))
def test_good_inputs_are_good_for_both(value: dict[str, Any]) -> None:
    assert theirs(value)
    assert ours(value)


@pytest.mark.parametrize("value", GOOD, ids=range(len(GOOD)))
def test_what_qcelemental_writes_is_accepted(value: dict[str, Any]) -> None:
    written = as_json(models.v1.AtomicInput(**value))
    assert KIND.validate({"program": "tblite", "input": written})


@pytest.mark.parametrize("value", GOOD, ids=range(len(GOOD)))
def test_what_is_stored_means_the_same_to_qcelemental(value: dict[str, Any]) -> None:
    stored = KIND.validate({"program": "tblite", "input": value})["input"]
    before, after = models.v1.AtomicInput(**value), models.v1.AtomicInput(**stored)
    assert after.molecule.get_hash() == before.molecule.get_hash()
    assert as_json(after) == as_json(before)


@pytest.mark.parametrize("value", [wrong for _, wrong, _ in BAD], ids=range(len(BAD)))
def test_bad_inputs_are_bad_for_both(value: dict[str, Any]) -> None:
    assert not theirs(value)
    assert not ours(value)


def test_the_elements_are_those_that_qcelemental_knows() -> None:
    table = qcelemental.periodictable
    assert {table.to_E(number): number for number in range(1, len(table.Z))} == ATOMIC_NUMBER


def some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


small = st.integers(-3, 4).map(float)
molecules = st.integers(1, 4).flatmap(
    lambda atoms: st.fixed_dictionaries(
        {
            "symbols": st.lists(st.sampled_from(["H", "He", "O", "fe", "X", "Og"]), min_size=atoms, max_size=atoms),
            "geometry": st.lists(st.floats(-0.2, 0.2) | st.floats(-9, 9), min_size=3 * atoms, max_size=3 * atoms),
        },
        optional={
            "molecular_charge": some(small),
            "molecular_multiplicity": some(small),
            "real": some(st.lists(st.booleans(), min_size=atoms, max_size=atoms)),
            "fragments": st.integers(1, atoms).map(
                lambda cut: [part for part in (list(range(cut)), list(range(cut, atoms))) if part]
            ),
            "fragment_charges": some(st.lists(small, min_size=1, max_size=2)),
            "fragment_multiplicities": some(st.lists(small, min_size=1, max_size=2)),
            "connectivity": some(
                st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.floats(-1, 6)), min_size=1, max_size=2)
            ),
        },
    )
)


@settings(max_examples=1000, deadline=None)
@given(molecules)
def test_whatever_we_accept_qcelemental_accepts(molecule: dict[str, Any]) -> None:
    if molecule.get("connectivity"):
        molecule["connectivity"] = [list(bond) for bond in molecule["connectivity"]]
    value = atomic_input({field: content for field, content in molecule.items() if content is not None})
    if ours(value):
        assert theirs(value)


@settings(max_examples=300, deadline=None)
@given(molecules.filter(lambda molecule: "fragments" not in molecule))
def test_of_molecules_in_one_piece_we_refuse_only_what_qcelemental_refuses(molecule: dict[str, Any]) -> None:
    """Bonds to atoms that do not exist aside, and the placeholder element X: it lets both pass."""
    dropped = {"fragments", "fragment_charges", "fragment_multiplicities", "connectivity"}
    value = atomic_input({f: content for f, content in molecule.items() if f not in dropped and content is not None})
    if "X" not in molecule["symbols"]:
        assert ours(value) == theirs(value)
