"""Real computations: energies that are known, and inputs on which the programs really fail."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from interlock.kinds.qcschema import KIND
from interlock.manager.programs import detect, modules_for
from interlock.manager.qcschema import ComputationFailed, compute
from kinds.molecules import WATER, atomic_input

pytest.importorskip("tblite")
pytest.importorskip("rdkit")
pytest.importorskip("qcengine")

QUIET = {"verbosity": 0}
BONDED = {**WATER, "connectivity": [[0, 1, 1.0], [0, 2, 1.0]]}


def energy(program: str = "tblite", **changes: Any) -> dict[str, Any]:
    """Compute as a manager does: what the kind has made of the specification."""
    content = atomic_input(**{"keywords": QUIET, **changes})
    task = KIND.task(KIND.validate({"program": program, "input": content}))
    return compute(**task.kwargs)


def test_water_has_its_gfn2_energy() -> None:
    answer = energy()
    assert answer["success"] is True
    assert answer["return_result"] == pytest.approx(-5.070370535, abs=1e-6)
    assert answer["properties"]["return_energy"] == answer["return_result"]
    assert answer["provenance"]["creator"] == "tblite"
    assert set(answer) == {"success", "return_result", "properties", "provenance"}


@pytest.mark.parametrize(
    ("program", "changes", "numbers"),
    [
        ("tblite", {"driver": "gradient"}, 9),
        ("rdkit", {"driver": "gradient", "model": {"method": "UFF"}, "molecule": BONDED, "keywords": {}}, 9),
    ],
)
def test_arrays_are_flat_lists(program: str, changes: dict[str, Any], numbers: int) -> None:
    answer = energy(program, **changes)
    assert len(answer["return_result"]) == numbers
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer


def test_properties_are_named() -> None:
    answer = energy(driver="properties")
    assert answer["return_result"]["mulliken_charges"][0] == pytest.approx(-0.5635, abs=1e-3)
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer


def test_rdkit_computes_through_qcengine() -> None:
    answer = energy("rdkit", model={"method": "UFF"}, molecule=BONDED, keywords={})
    assert answer["return_result"] == pytest.approx(0.000449, abs=1e-5)
    assert answer["provenance"]["creator"] == "rdkit"


def test_the_input_is_left_as_it_was() -> None:
    content = atomic_input(keywords=dict(QUIET))
    before = copy.deepcopy(content)
    compute(content, "tblite")
    assert content == before


COINCIDENT = {"symbols": ["H", "H"], "geometry": [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]}
URANYL = {"symbols": ["Np"], "geometry": [0.0, 0.0, 0.0], "molecular_charge": 1.0}


@pytest.mark.parametrize(
    ("program", "changes", "kind", "words"),
    [
        (
            "tblite",
            {"keywords": {"max-iter": 1, **QUIET}},
            "execution_error",
            "SCF not converged in 1 cycles",
        ),
        ("tblite", {"molecule": URANYL}, "execution_error", "No support for elements with Z >86"),
        ("tblite", {"molecule": COINCIDENT}, "input_error", "atoms are too close"),
        ("tblite", {"model": {"method": "B3LYP"}}, "input_error", "'B3LYP' is not supported"),
        ("tblite", {"model": {"method": "GFN2-xTB", "basis": "sto-3g"}}, "input_error", "Basis sets"),
        ("tblite", {"driver": "hessian"}, "input_error", "Driver 'hessian' is not supported"),
        ("tblite", {"keywords": {"colour": 1}}, "input_error", "Unknown keywords: colour"),
        (
            "rdkit",
            {"model": {"method": "UFF"}},
            "input_error",
            "requires molecules to have a connectivity graph",
        ),
        ("rdkit", {"model": {"method": "AMBER"}, "molecule": BONDED}, "input_error", "only supports the UFF"),
        ("psi4", {}, "resource_error", "cannot be found"),
        ("no-such", {}, "input_error", "no-such is not registered"),
    ],
)
def test_a_failure_has_the_programs_own_reason(program: str, changes: dict[str, Any], kind: str, words: str) -> None:
    with pytest.raises(ComputationFailed, match=words) as caught:
        compute(atomic_input(**changes), program)
    assert caught.value.error_type == kind


def test_the_installed_programs_are_found_with_their_versions() -> None:
    found = detect()
    assert {"tblite", "rdkit"} <= set(found)
    assert all(version and version[0].isdigit() for version in (found["tblite"], found["rdkit"]))
    assert "psi4" not in found


def test_workers_import_what_the_programs_need_and_no_more() -> None:
    assert modules_for({"tblite": None}.keys()) == ("tblite.qcschema",)
    assert modules_for(["psi4"]) == ()
    assert "rdkit.Chem.AllChem" in modules_for(None)
