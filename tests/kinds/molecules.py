"""Specifications for the tests of the kind ``qcschema``: water, and what makes it wrong."""

from __future__ import annotations

from typing import Any

WATER: dict[str, Any] = {
    "symbols": ["O", "H", "H"],
    "geometry": [0.0, 0.0, 0.2217, 0.0, 1.4309, -0.8867, 0.0, -1.4309, -0.8867],
}
DIMER: dict[str, Any] = {
    "symbols": ["He", "H", "Li"],
    "geometry": [0.0, 0.0, 0.0, 0.0, 0.0, 4.0, 0.0, 0.0, 7.0],
    "fragments": [[0], [1, 2]],
}


def atomic_input(molecule: Any = None, **changes: Any) -> dict[str, Any]:
    """An AtomicInput for water, with what is to be different."""
    whole = {"molecule": molecule or WATER, "driver": "energy", "model": {"method": "GFN2-xTB"}, **changes}
    return {field: value for field, value in whole.items() if value is not ...}


def specification(molecule: Any = None, **changes: Any) -> dict[str, Any]:
    return {"program": "tblite", "input": atomic_input(molecule, **changes)}


NAN = float("nan")

BAD: list[tuple[str, dict[str, Any], str]] = [
    # what is wrong with the input, by the path of the field that must be named, and words that must be said
    ("driver", atomic_input(driver="optimization"), "'energy', 'gradient', 'hessian' or 'properties'"),
    ("driver", atomic_input(driver=...), "is missing"),
    ("model", atomic_input(model=...), "is missing"),
    ("model.method", atomic_input(model={}), "is missing"),
    ("model.method", atomic_input(model={"method": None}), "string"),
    ("molecule", {"driver": "energy", "model": {"method": "UFF"}}, "is missing"),
    ("molecule", atomic_input("H2O"), "must be an object"),
    ("keywords", atomic_input(keywords=[1]), "must be an object"),
    ("protocols.wavefunction", atomic_input(protocols={"wavefunction": "some"}), "'all'"),
    ("protocols.log", atomic_input(protocols={"log": True}), "is not a field"),
    ("schema_name", atomic_input(schema_name="qcschema_output"), "'qcschema_input'"),
    ("schema_version", atomic_input(schema_version=3), "should be 1"),
    ("provenance.creator", atomic_input(provenance={}), "is missing"),
    ("basis", atomic_input(basis="sto-3g"), "is not a field"),
    ("molecule.symbols", atomic_input({"geometry": [0.0, 0.0, 0.0]}), "is missing"),
    ("molecule.symbols", atomic_input({"symbols": [], "geometry": []}), "at least 1"),
    (
        "molecule.symbols.1",
        atomic_input({**WATER, "symbols": ["O", "Qq", "H"]}),
        "'Qq' is not a known element",
    ),
    ("molecule.geometry", atomic_input({"symbols": ["H"]}), "is missing"),
    (
        "molecule.geometry",
        atomic_input({**WATER, "geometry": [0.0] * 8}),
        "has 8 numbers for 3 symbols, needs 9 (x, y, z of each atom, in bohr)",
    ),
    ("molecule.geometry.3", atomic_input({**WATER, "geometry": [0.0, 0.0, 0.0, "x"]}), "valid number"),
    ("molecule.geometry", atomic_input({**WATER, "geometry": [0.0] * 9}), "atoms 0 and 1 are less than 0.1"),
    ("molecule.masses", atomic_input({**WATER, "masses": [16.0]}), "has 1 values for 3 symbols"),
    ("molecule.real", atomic_input({**WATER, "real": [True]}), "has 1 values for 3 symbols"),
    ("molecule.atomic_numbers.0", atomic_input({**WATER, "atomic_numbers": [7, 1, 1]}), "atomic number of O"),
    ("molecule.connectivity", atomic_input({**WATER, "connectivity": []}), "at least 1"),
    (
        "molecule.connectivity.0.2",
        atomic_input({**WATER, "connectivity": [[0, 1, 6]]}),
        "less than or equal to 5",
    ),
    (
        "molecule.connectivity.0.0",
        atomic_input({**WATER, "connectivity": [[-1, 1, 1]]}),
        "greater than or equal",
    ),
    (
        "molecule.molecular_multiplicity",
        atomic_input({**WATER, "molecular_multiplicity": 2}),
        "with 10 electrons",
    ),
    ("molecule.molecular_multiplicity", atomic_input({**WATER, "molecular_multiplicity": 0}), "greater than"),
    ("molecule.molecular_multiplicity", atomic_input({**WATER, "molecular_charge": 11}), "-1 electrons"),
    (
        "molecule.molecular_charge",
        atomic_input({**WATER, "real": [False, False, False], "molecular_charge": -1.0}),
        "ghost atoms alone have no charge",
    ),
    ("molecule.fragments", atomic_input({**WATER, "fragments": [[0], [1]]}), "0 to 2 in order"),
    ("molecule.fragments", atomic_input({**WATER, "fragments": [[0, 2], [1]]}), "0 to 2 in order"),
    ("molecule.fragment_charges", atomic_input({**DIMER, "fragment_charges": [0.0]}), "has 1 values for 2"),
    (
        "molecule.molecular_charge",
        atomic_input({**DIMER, "fragment_charges": [0.0, 1.0], "molecular_charge": 0.0}),
        "is 0, but its fragments have 1",
    ),
    (
        "molecule.fragment_multiplicities",
        atomic_input({**DIMER, "fragment_multiplicities": [2.0, 1.0]}),
        "not possible with 2 electrons",
    ),
    ("molecule.bonds", atomic_input({**WATER, "bonds": []}), "is not a field"),
]
