"""Which functions may run: a list of patterns, and how a path becomes a function."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable
from typing import Any

NOT_ALLOWED, NOT_FOUND = "function_not_allowed", "function_not_found"
_PATTERN = re.compile(r"[^\W\d][\w.]*:(\*|[^\W\d]\w*)")


class FunctionError(Exception):
    """A task's function cannot be run here; ``error_type`` says why for programs."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type


class AllowList:
    """Patterns: ``package.module:function``, or ``package.module:*`` for every public one defined there."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self.patterns = tuple(patterns)
        for pattern in self.patterns:
            if not _PATTERN.fullmatch(pattern):
                raise ValueError(
                    f"{pattern!r} is no pattern for functions: package.module:function or package.module:*"
                )

    def check(self, path: str) -> None:
        """Raise FunctionError unless a pattern permits the function."""
        module, _, name = path.partition(":")
        if path in self.patterns or (f"{module}:*" in self.patterns and not name.startswith("_")):
            return
        raise FunctionError(
            NOT_ALLOWED,
            f"This manager does not run {path}. It runs: {', '.join(self.patterns) or 'nothing'}. "
            f"Start it with --function {path} to permit this one.",
        )

    def resolve(self, path: str) -> Callable[..., Any]:
        """The function itself. Raises FunctionError where it is not permitted or cannot be imported.

        What a module has merely imported is not reached by ``module:*``: a module of harmless functions that
        imports ``subprocess.run`` would otherwise offer it.
        """
        self.check(path)
        module, _, name = path.partition(":")
        try:
            function = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError) as error:
            raise FunctionError(NOT_FOUND, f"{path} cannot be imported: {error}") from error
        if not callable(function):
            raise FunctionError(NOT_FOUND, f"{path} is not a function")
        if path not in self.patterns and getattr(function, "__module__", None) != module:
            raise FunctionError(
                NOT_ALLOWED,
                f"This manager does not run {path}: {module} did not define it, only imported it.",
            )
        return function  # type: ignore[no-any-return]


def missing(patterns: Iterable[str]) -> dict[str, str]:
    """The patterns whose module or function is not there, each with the reason. For workers: it imports them."""
    found = {}
    for pattern in patterns:
        module, _, name = pattern.partition(":")
        try:
            there = importlib.import_module(module)
            if name != "*":
                getattr(there, name)
        except Exception as error:  # noqa: BLE001 - a module may raise anything while it is imported
            found[pattern] = f"{type(error).__name__}: {error}"
    return found
