"""The SQL that ours makes of an operation, for whoever is to run the same."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from interlock.api.compiled.documents import Compiler
from interlock.api.limits.allowance import SMALL
from interlock.api.schema import build_schema
from interlock.settings import Settings


def statement(document: str, given: dict[str, Any]) -> tuple[str, list[Any]]:
    """The statement that answers a query with these variables, and its arguments. The document must be plannable."""
    settings = Settings()
    core: Any = SimpleNamespace(settings=settings)
    operation: Any = Compiler(core, build_schema(settings)).operation(document, None)
    text, arguments = operation._compile(given).statement(operation._binding.values(given), SMALL)
    return text, list(arguments)
