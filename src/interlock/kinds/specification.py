"""What the kinds of this folder share: strict models, and errors that name the field."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, JsonValue, ValidationError

from interlock.domain.errors import InvalidSpecification

MOST_ERRORS = 3
"""How many faults one message lists: enough to see a pattern, short enough to read."""


class Strict(BaseModel):
    """A part of a specification: nothing is coerced, nothing unknown passed over, no number infinite."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, frozen=True)


def matching(pattern: str, otherwise: str) -> AfterValidator:
    """A text must match the pattern as a whole; people are told ``otherwise``, not the pattern."""
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"{text[:100]!r} {otherwise}")
        return text

    return AfterValidator(check)


ProgramName = Annotated[
    str,
    AfterValidator(str.lower),
    matching(r"[a-z0-9][a-z0-9_.+-]{0,99}", "is not the name of a program, such as tblite"),
]
"""The name of a program as managers offer it. Case means nothing, as in QCEngine; stored in lower case."""

FreeForm = dict[str, JsonValue]
"""Values that only the program understands: any finite JSON."""

Model = TypeVar("Model", bound=Strict)


def read(model: type[Model], specification: Any) -> Model:
    """The specification as a model. Raises InvalidSpecification, which names each field that is wrong."""
    try:
        return model.model_validate(specification)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        sentences = [
            sentence(_path(specification, fault["loc"]), _PLAINER.get(fault["type"], fault["msg"])) for fault in faults
        ]
        shown = list(dict.fromkeys(sentences))[:MOST_ERRORS]
        more = f" (and {len(faults) - len(shown)} more)" if len(faults) > len(shown) else ""
        path = _path(specification, faults[0]["loc"])
        raise InvalidSpecification("; ".join(shown) + more, path=path) from None


def refuse(path: str, fault: str) -> NoReturn:
    """Raise InvalidSpecification for a fault that is beyond what a model's types express."""
    raise InvalidSpecification(sentence(path, fault), path=path)


def sentence(path: str, fault: str) -> str:
    """The path is part of the text as well: a message that travels alone still names its field."""
    fault = fault.removeprefix("Value error, ")
    return f"{path or 'the specification'}: {fault[:1].lower()}{fault[1:]}"


def _path(value: Any, location: Iterable[str | int]) -> str:
    """The location as a path into the value itself, cut where it gets too long to read.

    Pydantic also reports which alternative of a union it tried (``kwargs.x.list.0``); such a step leads
    nowhere in the value, and is left out. A field that is missing leads nowhere either, but comes last.
    """
    steps = list(location)
    path: list[str] = []
    for number, step in enumerate(steps):
        try:
            value = value[step]
        except (LookupError, TypeError):
            missing = number == len(steps) - 1 and isinstance(value, dict) and step not in _ALTERNATIVES
            if not missing:
                continue
        path.append(str(step))
    return ".".join(path[:_LONGEST])


_PLAINER = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of this kind",
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "recursion_depth_exceeded": "is nested too deeply",
}
_ALTERNATIVES = frozenset({"dict", "list", "str", "int", "float", "bool", "none", "[key]"})
_LONGEST = 12
