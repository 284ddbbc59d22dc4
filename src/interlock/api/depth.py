"""The limit on the depth of operations: each fragment is measured once, however often it is spread.

Strawberry's own limiter walks a fragment anew at every spread, which a document of 700 bytes turns into seconds.
"""

from __future__ import annotations

from typing import Any

from graphql import (
    ASTValidationRule,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)


class _Measure:
    """Levels of fields below a selection set. Introspection has a rule of its own in graphql-core."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, int] = {}

    def levels(self, selections: SelectionSetNode | None) -> int:
        if selections is None:
            return 0
        return max((self._level(one) for one in selections.selections), default=0)

    def _level(self, selection: Any) -> int:
        if isinstance(selection, FieldNode):
            return 0 if selection.name.value.startswith("__") else 1 + self.levels(selection.selection_set)
        if isinstance(selection, InlineFragmentNode):
            return self.levels(selection.selection_set)
        assert isinstance(selection, FragmentSpreadNode)
        return self._fragment(selection.name.value)

    def _fragment(self, name: str) -> int:
        if name not in self._known:
            self._known[name] = 0  # a cycle ends here; another rule refuses it, as it does what is not defined
            if fragment := self._fragments.get(name):
                self._known[name] = self.levels(fragment.selection_set)
        return self._known[name]


def depth_limit(most: int) -> type[ASTValidationRule]:
    """A validation rule that refuses operations of more than ``most`` levels of fields."""

    class DepthLimit(ASTValidationRule):
        def enter_document(self, node: Any, *_: Any) -> None:
            definitions = node.definitions
            measure = _Measure({d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)})
            for operation in definitions:
                if not isinstance(operation, OperationDefinitionNode):
                    continue
                levels = measure.levels(operation.selection_set)
                if levels > most:
                    message = f"The operation has {levels} levels of fields; at most {most} are allowed."
                    self.report_error(GraphQLError(message, operation))

    return DepthLimit
