"""The function that managers run for records of the kind ``qcschema``."""

from __future__ import annotations

import json
from typing import Any

_SPECIFICATION = ("driver", "model", "keywords", "protocols", "extras")
_VERSIONS = ("schema_name", "schema_version")
_RESULT = ("success", "return_result", "properties", "provenance")


class ComputationFailed(Exception):
    """The program answered that it could not compute; type and message are its own."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type


def compute(input_data: dict[str, Any], program: str) -> dict[str, Any]:
    """Run a QCSchema AtomicInput (schema version 1) by a program; returns what matters of the AtomicResult.

    Arrays of the result are flat lists, as the schema writes them. Raises ComputationFailed with the reason
    that the program gives.
    """
    atomic_input = as_version_2(input_data)
    if program == "tblite":
        outcome = _tblite(atomic_input)
    else:
        import qcengine  # noqa: PLC0415 - slow to import, and there only where its programs are

        outcome = qcengine.compute(atomic_input, program)
    answer = json.loads(outcome.model_dump_json())
    if not answer["success"]:
        error = answer["error"]
        raise ComputationFailed(error["error_type"], error["error_message"])
    return {field: answer[field] for field in _RESULT}


def _tblite(atomic_input: dict[str, Any]) -> Any:
    from qcelemental.exceptions import NotAnElementError, ValidationError  # noqa: PLC0415
    from qcelemental.models.v2 import AtomicInput  # noqa: PLC0415
    from tblite.qcschema import run_schema  # noqa: PLC0415

    try:
        parsed = AtomicInput(**atomic_input)
    except (NotAnElementError, ValidationError, ValueError) as error:
        raise ComputationFailed("input_error", str(error)) from error
    return run_schema(parsed)


def as_version_2(atomic_input: dict[str, Any]) -> dict[str, Any]:
    """The same input in the layout of schema version 2.

    QCElemental's models of version 1 stand on pydantic.v1, which Python 3.14 does not have; those of version
    2 work everywhere, and report failures as failures.
    """
    moved = {field: atomic_input[field] for field in _SPECIFICATION if field in atomic_input}
    rest = {f: value for f, value in atomic_input.items() if f not in _SPECIFICATION and f not in _VERSIONS}
    molecule = {field: value for field, value in atomic_input["molecule"].items() if field not in _VERSIONS}
    return {**rest, "molecule": molecule, "specification": moved}
