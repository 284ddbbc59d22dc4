"""The molecules: 200 of the National Cancer Institute's collection, as RDKit's wheel brings them, and their geometries.

The file has them as flat drawings without hydrogens. RDKit adds those and makes a geometry in space, the same one
each time; the rest is for GFN2-xTB. The two copper complexes are drawn with a charge of +4, and there the electrons
do not settle: they really fail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

COUNT = 200
FILE = "NCI/first_200.props.sdf"
SEED = 7
CYCLES = 25
"""Cycles of the self-consistent field that each molecule is given; ordinary ones need 8 to 18."""

BOHR = 1 / 0.529177210903
"""One angstrom in bohr (CODATA 2018)."""

NAMES: Mapping[int, str] = {
    1: "toluquinone",
    10: "triphenylphosphine",
    16: "N-bromosuccinimide",
    48: "copper complex",
    78: "copper complex",
    120: "10-methylphenothiazine",
    142: "chloroacetic acid",
    144: "anthranilic acid",
    149: "benzoic acid",
    166: "glycolic acid",
    179: "pyruvic acid",
    180: "salicylic acid",
}
"""What people call some of them, by their place in the file."""

FAMILIAR = tuple(number for number in NAMES if NAMES[number] != "copper complex")
COPPER = tuple(number for number in NAMES if NAMES[number] == "copper complex")


@dataclass(frozen=True, slots=True)
class Molecule:
    """What the demo says of a molecule; a record's specification has it too."""

    number: int
    """Its place in the file, from 1."""
    name: str
    formula: str
    atoms: int

    @classmethod
    def asked_in(cls, specification: Mapping[str, Any]) -> Molecule:
        """The molecule of a record."""
        molecule = specification["input"]["molecule"]
        number = int(specification["input"]["id"].rpartition("-")[2])
        formula = molecule["identifiers"]["molecular_formula"]
        return cls(number, molecule["name"], formula, len(molecule["symbols"]))

    def __str__(self) -> str:
        return f"{self.name} {self.formula}"


def chosen(count: int) -> list[int]:
    """The numbers of ``count`` molecules: the interesting ones, then others, from all over the file."""
    first = [*COPPER, *FAMILIAR]
    others = [number for number in range(COUNT, 0, -1) if number not in first]
    return sorted([*first, *others][:count])


def specifications(count: int, made: Callable[[int], None]) -> list[dict[str, Any]]:
    """What is asked about ``count`` molecules, for records of the kind ``qcschema``; ``made`` is told how many."""
    from rdkit import Chem, RDConfig, rdBase  # noqa: PLC0415 - whoever only looks on need not wait for it

    rdBase.DisableLog("rdApp.*")
    drawings = Chem.SDMolSupplier(str(Path(RDConfig.RDDataDir) / FILE))
    asked = []
    for number in chosen(count):
        asked.append(_specification(number, drawings[number - 1]))
        made(len(asked))
    return asked


def _specification(number: int, drawing: Any) -> dict[str, Any]:
    from rdkit.Chem import rdDistGeom, rdMolDescriptors, rdmolops  # noqa: PLC0415 - see above

    molecule = rdmolops.AddHs(drawing)
    method: Any = rdDistGeom.ETKDGv3()
    method.randomSeed = SEED
    if rdDistGeom.EmbedMolecule(molecule, method) != 0:
        # From other beginnings; it has never been needed.
        method.useRandomCoords = True
        rdDistGeom.EmbedMolecule(molecule, method)
    positions = molecule.GetConformer().GetPositions()
    return {
        "program": "tblite",
        "input": {
            "id": f"nci-{number}",
            "driver": "energy",
            "model": {"method": "GFN2-xTB"},
            "keywords": {"max-iter": CYCLES},
            "molecule": {
                "name": NAMES.get(number, f"NCI {number}"),
                "identifiers": {
                    "smiles": drawing.GetProp("SMILES"),
                    "molecular_formula": rdMolDescriptors.CalcMolFormula(molecule),
                },
                "symbols": [atom.GetSymbol() for atom in molecule.GetAtoms()],
                "geometry": [round(float(x) * BOHR, 8) for x in chain.from_iterable(positions)],
                "molecular_charge": float(rdmolops.GetFormalCharge(molecule)),
            },
        },
    }
