"""Numbers in documents: one that is not finite as a double is refused, whatever takes it.

graphql-core would make of it an infinity, which is stored as null, or fail on a whole number of too many digits.
What comes as variables is JSON, where there are no such numbers.
"""

from __future__ import annotations

import re
from math import isinf
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FloatValueNode,
    GraphQLError,
    IntValueNode,
    ObjectFieldNode,
    ValueNode,
    VariableDefinitionNode,
    Visitor,
    visit,
)

_SUSPECT = re.compile(r"(?<!\d)\d{200}|\d[eE]\+?\d{3}")
"""Without so many digits, or an exponent of three, no number is infinite: most documents need no closer look."""


def infinite(text: str, document: DocumentNode) -> GraphQLError | None:
    """What is wrong with the first number of the document that is not finite, if there is one."""
    if not _SUSPECT.search(text):
        return None
    found = _Numbers()
    visit(document, found)
    return found.wrong


class _Numbers(Visitor):
    """Walks a document, and knows where it is from the argument down."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: GraphQLError | None = None
        self._path: list[str] = []

    def enter(self, node: Any, key: Any, *_: Any) -> None:
        if (step := _step(node, key)) is not None:
            self._path.append(step)
        if self.wrong is None and isinstance(node, IntValueNode | FloatValueNode) and isinf(float(node.value)):
            path = ".".join(self._path)
            self.wrong = GraphQLError(
                f"{path} must be a finite number.", node, extensions={"code": "INVALID_INPUT", "argument": path}
            )

    def leave(self, node: Any, key: Any, *_: Any) -> None:
        if _step(node, key) is not None:
            self._path.pop()


def _step(node: Any, key: Any) -> str | None:
    """What the node adds to the path."""
    if isinstance(node, ArgumentNode | ObjectFieldNode):
        return str(node.name.value)
    if isinstance(node, VariableDefinitionNode):
        return f"${node.variable.name.value}"
    return str(key) if isinstance(node, ValueNode) and isinstance(key, int) else None
