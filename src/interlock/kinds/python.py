"""The kind ``python``: a function by its path, with its arguments.

Whether a function may run is decided where it runs: each manager has a list of the functions that it allows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, JsonValue, StringConstraints

from interlock.domain.kinds import TaskContent
from interlock.kinds.specification import FreeForm, ProgramName, Strict, matching, read

FunctionPath = Annotated[
    str,
    StringConstraints(max_length=500),
    matching(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*", "is not a path such as package.module:function"),
]


class PythonSpecification(Strict):
    """What to call. The function is named as entry points name theirs: ``package.module:function``."""

    function: FunctionPath
    args: list[JsonValue] = Field(default_factory=list)
    kwargs: FreeForm = Field(default_factory=dict)
    programs: list[ProgramName] = Field(default_factory=list, max_length=50)


class PythonKind:
    """Calls of Python functions; see the module's docstring."""

    name = "python"
    version = 1
    description = (
        "A Python function, called with JSON arguments. Specification: {function: 'package.module:function', "
        "args: [...], kwargs: {...}, programs: [what the manager must offer]}; only function is required."
    )

    def validate(self, specification: Any) -> dict[str, Any]:
        return dict(vars(read(PythonSpecification, specification)))  # its fields are JSON as they are

    def task(self, specification: Mapping[str, Any]) -> TaskContent:
        return TaskContent(
            function=specification["function"],
            args=list(specification["args"]),
            kwargs=dict(specification["kwargs"]),
            required_programs=frozenset(specification["programs"]),
        )


KIND = PythonKind()
