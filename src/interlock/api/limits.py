"""The limits on operations: each fragment is measured once, however often it is spread.

Strawberry's own limiters walk a fragment anew at every spread, which a document of 700 bytes turns into seconds.
"""

from __future__ import annotations

from typing import Any, NamedTuple

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

from interlock.settings import Settings


class _Size(NamedTuple):
    """Of a selection set with all its fragments laid out: levels (without introspection's), and fields."""

    levels: int = 0
    fields: int = 0


class _Measure:
    """Introspection's levels have a rule of their own in graphql-core."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, _Size] = {}

    def of(self, selections: SelectionSetNode | None) -> _Size:
        if selections is None:
            return _Size()
        sizes = [self._one(selection) for selection in selections.selections]
        return _Size(max(size.levels for size in sizes), sum(size.fields for size in sizes))

    def _one(self, selection: Any) -> _Size:
        if isinstance(selection, FieldNode):
            below = self.of(selection.selection_set)
            levels = 0 if selection.name.value.startswith("__") else 1 + below.levels
            return _Size(levels, 1 + below.fields)
        if isinstance(selection, InlineFragmentNode):
            return self.of(selection.selection_set)
        assert isinstance(selection, FragmentSpreadNode)
        return self._fragment(selection.name.value)

    def _fragment(self, name: str) -> _Size:
        if name not in self._known:
            self._known[name] = _Size()  # a cycle ends here; another rule refuses it, as it does what is not defined
            if fragment := self._fragments.get(name):
                self._known[name] = self.of(fragment.selection_set)
        return self._known[name]


def limits(settings: Settings) -> type[ASTValidationRule]:
    """A validation rule that refuses operations that are too deep or, all fragments laid out, too wide."""
    most = _Size(settings.max_depth, settings.max_fields)

    class Limits(ASTValidationRule):
        def enter_document(self, node: Any, *_: Any) -> None:
            definitions = node.definitions
            measure = _Measure({d.name.value: d for d in definitions if isinstance(d, FragmentDefinitionNode)})
            for operation in definitions:
                if not isinstance(operation, OperationDefinitionNode):
                    continue
                size = measure.of(operation.selection_set)
                if size.levels > most.levels:
                    self._refuse(f"{size.levels} levels of fields", most.levels, operation)
                if size.fields > most.fields:
                    self._refuse(
                        f"{size.fields} fields, each fragment counted where it is spread", most.fields, operation
                    )

        def _refuse(self, what: str, allowed: int, operation: OperationDefinitionNode) -> None:
            self.report_error(GraphQLError(f"The operation has {what}; at most {allowed} are allowed.", operation))

    return Limits
