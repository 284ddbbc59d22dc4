"""Which programs are installed here, and what a worker imports beforehand to run them."""

from __future__ import annotations

from collections.abc import Collection
from importlib.metadata import PackageNotFoundError, version

_MODULES = {"tblite": ("tblite.qcschema",), "rdkit": ("rdkit.Chem.AllChem", "qcengine")}


def detect() -> dict[str, str | None]:
    """The programs that :mod:`interlock.manager.qcschema` can run, by name, with their versions.

    tblite is run directly; all others are those that QCEngine finds. Importing them takes seconds and memory,
    so it is a worker that does this, not the manager itself.
    """
    found: dict[str, str | None] = {}
    if _version("qcengine"):
        import qcengine  # noqa: PLC0415 - not everybody has it

        for name in sorted(qcengine.list_available_programs()):
            try:
                found[name] = str(qcengine.get_program(name).get_version())
            except Exception:  # noqa: BLE001 - a program that cannot tell its version may still run
                found[name] = None
    if _version("qcelemental") and (tblite := _version("tblite")):
        found["tblite"] = tblite
    return found


def modules_for(programs: Collection[str] | None) -> tuple[str, ...]:
    """What is worth importing in each worker, given the programs' names; None stands for all known ones."""
    return tuple(
        module for name, modules in _MODULES.items() if programs is None or name in programs for module in modules
    )


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
