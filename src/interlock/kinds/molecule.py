"""A molecule as the MolSSI QCSchema writes it (schema version 2), and the physics that can be judged from it.

The rules are those of QCElemental, which every program's harness applies once more: what passes here passes
there. Two things are left to the program, whose answer is then the attempt's error: which mass belongs to
which isotope (that takes a table of nuclides), and what a method supports.
"""

from __future__ import annotations

from itertools import product
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, StringConstraints

from interlock.kinds.elements import ATOMIC_NUMBER
from interlock.kinds.specification import FreeForm, Strict, refuse

TOO_CLOSE = 0.1
"""Two atoms nearer than this (bohr) are a mistake in the input; QCElemental's limit."""


def _flat(numbers: Any) -> Any:
    """A geometry may be written as one row per atom; it is stored flat, as the schema has it."""
    if isinstance(numbers, list) and numbers and all(isinstance(row, list) for row in numbers):
        return [number for row in numbers for number in (row if len(row) == len("xyz") else [row])]
    return numbers


def _title(symbol: Any) -> Any:
    return symbol.title() if isinstance(symbol, str) else symbol


Symbol = Annotated[str, BeforeValidator(_title), StringConstraints(max_length=3)]
Positive = Annotated[float, Field(gt=0)]
Multiplicity = Annotated[float, Field(ge=1)]
Int16 = Annotated[int, Field(ge=-1, le=32767)]
AtomIndex = Annotated[int, Field(ge=0)]
Bond = Annotated[tuple[AtomIndex, AtomIndex, Annotated[float, Field(ge=0, le=5)]], Field(strict=False)]
Version = Annotated[str, StringConstraints(pattern=r"^v?[0-9]+(\.[0-9]+)*(\.(post|dev)[0-9]+)?(\+[a-z0-9.]+)?$")]


class MoleculeProvenance(Strict):
    creator: str
    version: Version
    routine: str


class Identifiers(Strict):
    molecule_hash: str | None = None
    molecular_formula: str | None = None
    smiles: str | None = None
    inchi: str | None = None
    inchikey: str | None = None
    canonical_explicit_hydrogen_smiles: str | None = None
    canonical_isomeric_explicit_hydrogen_mapped_smiles: str | None = None
    canonical_isomeric_explicit_hydrogen_smiles: str | None = None
    canonical_isomeric_smiles: str | None = None
    canonical_smiles: str | None = None
    pubchem_cid: str | None = None
    pubchem_sid: str | None = None
    pubchem_conformerid: str | None = None


class Molecule(Strict):
    """The fields of a QCSchema molecule; lengths are in bohr, charges in elementary charges, masses in u."""

    model_config = ConfigDict(title="Molecule")

    schema_name: Literal["qcschema_molecule"] = "qcschema_molecule"
    schema_version: Literal[2] = 2
    validated: bool = False
    symbols: list[Symbol] = Field(min_length=1)
    geometry: Annotated[list[float], BeforeValidator(_flat)]
    name: str | None = None
    identifiers: Identifiers | None = None
    comment: str | None = None
    molecular_charge: float | None = None
    molecular_multiplicity: Multiplicity | None = None
    masses: list[Positive] | None = None
    real: list[bool] | None = None
    atom_labels: list[str] | None = None
    atomic_numbers: list[Int16] | None = None
    mass_numbers: list[Int16] | None = None
    connectivity: list[Bond] | None = Field(default=None, min_length=1)
    fragments: list[Annotated[list[AtomIndex], Field(min_length=1)]] | None = Field(default=None, min_length=1)
    fragment_charges: list[float] | None = None
    fragment_multiplicities: list[Multiplicity] | None = None
    fix_com: bool | None = None
    fix_orientation: bool | None = None
    fix_symmetry: str | None = None
    provenance: MoleculeProvenance | None = None
    id: JsonValue = None
    extras: FreeForm | None = None


def check(molecule: Molecule, path: str) -> None:
    """Refuse what no program could compute: unknown or coinciding atoms, electrons that do not add up."""
    _check_atoms(molecule, path)
    _check_distances(molecule.geometry, path)
    _check_bonds(molecule, path)
    fragments = _fragments(molecule, path)
    _check_electrons(molecule, fragments, path)


def _check_atoms(molecule: Molecule, path: str) -> None:
    count = len(molecule.symbols)
    for at, symbol in enumerate(molecule.symbols):
        if symbol not in ATOMIC_NUMBER:
            refuse(f"{path}.symbols.{at}", f"{symbol!r} is not a known element")
    if len(molecule.geometry) != 3 * count:
        refuse(
            f"{path}.geometry",
            f"has {len(molecule.geometry)} numbers for {count} symbols, "
            f"needs {3 * count} (x, y, z of each atom, in bohr)",
        )
    for field in ("masses", "real", "atom_labels", "atomic_numbers", "mass_numbers"):
        values = getattr(molecule, field)
        if values is not None and len(values) != count:
            refuse(f"{path}.{field}", f"has {len(values)} values for {count} symbols")
    for at, number in enumerate(molecule.atomic_numbers or ()):
        if number != ATOMIC_NUMBER[molecule.symbols[at]]:
            refuse(f"{path}.atomic_numbers.{at}", f"{number} is not the atomic number of {molecule.symbols[at]}")


def _check_distances(geometry: list[float], path: str) -> None:
    """Each pair of neighbours is looked at once: atoms are sorted into boxes as wide as the limit.

    The naive way takes the square of the number of atoms, and a specification within its size limit can have
    tens of thousands.
    """
    boxes: dict[tuple[int, int, int], list[int]] = {}
    points = list(zip(geometry[0::3], geometry[1::3], geometry[2::3], strict=True))
    for at, (x, y, z) in enumerate(points):
        i, j, k = int(x // TOO_CLOSE), int(y // TOO_CLOSE), int(z // TOO_CLOSE)
        for box in product((i - 1, i, i + 1), (j - 1, j, j + 1), (k - 1, k, k + 1)):
            for other in boxes.get(box, ()):
                ox, oy, oz = points[other]
                if (x - ox) ** 2 + (y - oy) ** 2 + (z - oz) ** 2 < TOO_CLOSE**2:
                    refuse(f"{path}.geometry", f"atoms {other} and {at} are less than {TOO_CLOSE} bohr apart")
        boxes.setdefault((i, j, k), []).append(at)


def _check_bonds(molecule: Molecule, path: str) -> None:
    for number, (a, b, _order) in enumerate(molecule.connectivity or ()):
        if max(a, b) >= len(molecule.symbols):
            refuse(
                f"{path}.connectivity.{number}",
                f"atom {max(a, b)} does not exist; {len(molecule.symbols)} symbols are numbered from 0",
            )


def _fragments(molecule: Molecule, path: str) -> list[list[int]]:
    everything = list(range(len(molecule.symbols)))
    if molecule.fragments is None:
        for field in ("fragment_charges", "fragment_multiplicities"):
            values = getattr(molecule, field)
            if values is not None and len(values) != 1:
                refuse(f"{path}.{field}", "needs fragments, which are not given")
        return [everything]
    if [at for fragment in molecule.fragments for at in fragment] != everything:
        refuse(f"{path}.fragments", f"must list the atoms 0 to {everything[-1]} in order, each once")
    for field in ("fragment_charges", "fragment_multiplicities"):
        values = getattr(molecule, field)
        if values is not None and len(values) != len(molecule.fragments):
            refuse(f"{path}.{field}", f"has {len(values)} values for {len(molecule.fragments)} fragments")
    return molecule.fragments


def _check_electrons(molecule: Molecule, fragments: list[list[int]], path: str) -> None:
    """Charges add up, and each multiplicity fits its electrons: enough of them, and the right parity."""
    real = molecule.real or [True] * len(molecule.symbols)
    nuclear = [sum(ATOMIC_NUMBER[molecule.symbols[at]] for at in f if real[at]) for f in fragments]
    charges = molecule.fragment_charges
    if charges is None:
        if len(fragments) > 1 and molecule.molecular_charge:
            refuse(f"{path}.fragment_charges", "is needed where a charged molecule has several fragments")
        charges = [molecule.molecular_charge or 0.0, *[0.0] * (len(fragments) - 1)]
    total = sum(charges)
    if molecule.molecular_charge is not None and molecule.molecular_charge != total:
        refuse(f"{path}.molecular_charge", f"is {molecule.molecular_charge:g}, but its fragments have {total:g}")
    given = molecule.fragment_multiplicities
    if given is None and len(fragments) == 1 and molecule.molecular_multiplicity is not None:
        given = [molecule.molecular_multiplicity]
    where = f"{path}.molecular_multiplicity" if molecule.fragments is None else f"{path}.fragment_multiplicities"
    multiplicities = given or [_lowest(z - charge) for z, charge in zip(nuclear, charges, strict=True)]
    for z, charge, multiplicity in zip(nuclear, charges, multiplicities, strict=True):
        if not z and charge:
            field = "molecular_charge" if molecule.fragments is None else "fragment_charges"
            refuse(f"{path}.{field}", f"ghost atoms alone have no charge, but this is {charge:g}")
        _check_multiplicity(z - charge, multiplicity, where)
    high_spin = 1 + sum(multiplicity - 1 for multiplicity in multiplicities)
    wanted = molecule.molecular_multiplicity
    if wanted is not None and wanted != high_spin:
        if given is None:
            refuse(f"{path}.fragment_multiplicities", f"is needed: left out, the molecule has {high_spin:g}")
        if len(fragments) == 1:
            refuse(f"{path}.molecular_multiplicity", f"is {wanted:g}, but its only fragment has {high_spin:g}")
        _check_multiplicity(sum(nuclear) - total, wanted, f"{path}.molecular_multiplicity")


def _lowest(electrons: float) -> float:
    return 2 if electrons % 2 == 1 else 1


def _check_multiplicity(electrons: float, multiplicity: float, path: str) -> None:
    if electrons < multiplicity - 1 or multiplicity % 2 == electrons % 2:
        refuse(path, f"a multiplicity of {multiplicity:g} is not possible with {electrons:g} electrons")
