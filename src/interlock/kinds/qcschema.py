"""The kind ``qcschema``: one quantum chemistry computation, as an AtomicInput of the MolSSI QCSchema.

The models are our own, after schema version 1, the published one: validating ten thousand specifications must
take about a second, and a server needs neither NumPy nor the programs. A test holds them against those of
QCElemental.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from interlock.domain.kinds import TaskContent
from interlock.kinds.molecule import Molecule, check
from interlock.kinds.specification import FreeForm, ProgramName, Strict, read

FUNCTION = "interlock.manager.qcschema:compute"
"""What managers run for this kind; by name, as a kind never imports the manager."""


class Provenance(Strict):
    """Who made the input. The schema lets it carry more."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: FreeForm

    creator: str
    version: str = ""
    routine: str = ""


class Method(Strict):
    """The model chemistry. The schema lets it carry more; a basis set is given by its name."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: FreeForm

    method: Annotated[str, StringConstraints(min_length=1)]
    basis: str | None = None


class ErrorCorrection(Strict):
    default_policy: bool = True
    policies: dict[str, bool] | None = None


class Protocols(Strict):
    wavefunction: Literal[
        "all", "orbitals_and_eigenvalues", "occupations_and_eigenvalues", "return_results", "none"
    ] = "none"
    stdout: bool = True
    error_correction: ErrorCorrection = ErrorCorrection()
    native_files: Literal["all", "input", "none"] = "none"


class AtomicInput(Strict):
    """What to compute, for which molecule, by which method."""

    id: str | None = None
    schema_name: Literal["qcschema_input", "qc_schema_input"] = "qcschema_input"
    schema_version: Literal[1] = 1
    molecule: Molecule
    driver: Literal["energy", "gradient", "hessian", "properties"]
    model: Method
    keywords: FreeForm = Field(default_factory=dict)
    protocols: Protocols = Protocols()
    extras: FreeForm = Field(default_factory=dict)
    provenance: Provenance | None = None


class QCSchemaSpecification(Strict):
    program: ProgramName
    input: AtomicInput


class QCSchemaKind:
    """Computations by QCSchema; see the module's docstring."""

    name = "qcschema"
    version = 1
    description = (
        "A quantum chemistry computation. Specification: {program: 'tblite', 'rdkit' or another that a "
        "manager offers, input: a MolSSI QCSchema AtomicInput of schema version 1}. Lengths are in bohr."
    )

    def validate(self, specification: Any) -> dict[str, Any]:
        parsed = read(QCSchemaSpecification, specification)
        check(parsed.input.molecule, "input.molecule")
        return parsed.model_dump(mode="json", exclude_unset=True, exclude_none=True)

    def task(self, specification: Mapping[str, Any]) -> TaskContent:
        program = specification["program"]
        return TaskContent(
            function=FUNCTION,
            kwargs={"input_data": specification["input"], "program": program},
            required_programs=frozenset({program}),
        )


KIND = QCSchemaKind()
