"""The limits on documents: each fragment is measured once, however often it is spread.

Strawberry's own limiters walk a fragment anew at every spread, which a document of 700 bytes turns into seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    Node,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    SelectionSetNode,
)

from interlock.api.limits.names import named
from interlock.settings import Settings


class Size(NamedTuple):
    """Of a selection set with all its fragments laid out. ``roots``: the fields at its own level."""

    levels: int = 0
    roots: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0


_LIMITS: Mapping[str, tuple[str, str]] = {
    "levels": ("max_depth", "levels of fields"),
    "roots": ("max_roots", "root fields"),
    "fields": ("max_fields", "fields"),
    "aliases": ("max_aliases", "aliases"),
    "directives": ("max_directives", "directives"),
}
"""By the parts of a size: the setting, and what it counts."""


def countable(number: int) -> int:
    """The number, or the largest whole one of JSON: an exponential document may ask for any."""
    return min(number, 2**53 - 1)


def exceeded(
    setting: str, what: str, asked: int, allowed: int, nodes: Sequence[Node] | Node, instead: str = ""
) -> GraphQLError:
    """The refusal of an operation that asks for more than a limit allows."""
    return GraphQLError(
        f"The operation has {asked} {what}; at most {allowed} are allowed.{instead}",
        nodes,
        extensions={
            "code": "LIMIT_EXCEEDED",
            "limit": {"name": setting, "allowed": allowed, "asked": countable(asked)},
        },
    )


class _Measure:
    """Introspection's levels have a rule of their own in graphql-core."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, Size] = {}

    def of(self, node: OperationDefinitionNode | FragmentDefinitionNode) -> Size:
        size = self._laid_out(node.selection_set)
        return size._replace(directives=size.directives + len(node.directives or ()))

    def _laid_out(self, selections: SelectionSetNode | None) -> Size:
        return _together(map(self._one, selections.selections)) if selections else Size()

    def _one(self, selection: Any) -> Size:
        directives = len(selection.directives or ())
        if isinstance(selection, FieldNode):
            below = self._laid_out(selection.selection_set)
            return Size(
                levels=0 if selection.name.value.startswith("__") else 1 + below.levels,
                roots=1,
                fields=1 + below.fields,
                aliases=(selection.alias is not None) + below.aliases,
                directives=directives + below.directives,
            )
        if isinstance(selection, InlineFragmentNode):
            inside = self._laid_out(selection.selection_set)
        else:
            assert isinstance(selection, FragmentSpreadNode)
            inside = self._fragment(selection.name.value)
        return inside._replace(directives=directives + inside.directives)

    def _fragment(self, name: str) -> Size:
        if name not in self._known:
            self._known[name] = Size()  # a cycle ends here; another rule refuses it, as it does what is not defined
            if fragment := self._fragments.get(name):
                self._known[name] = self.of(fragment)
        return self._known[name]


def _together(sizes: Iterable[Size]) -> Size:
    levels, *counts = zip(*sizes, strict=True)
    return Size(max(levels), *map(sum, counts))


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}


def rules(settings: Settings) -> tuple[type[ASTValidationRule], ...]:
    """What a server with these settings asks of a document beyond the specification's rules."""
    return (_limits(settings),) if settings.introspection else (_limits(settings), NoSchemaIntrospectionCustomRule)


def _limits(settings: Settings) -> type[ASTValidationRule]:
    class Limits(ASTValidationRule):
        def enter_document(self, node: DocumentNode, *_: Any) -> None:
            fragments = fragments_of(node)
            measure = _Measure(fragments)
            for operation in node.definitions:
                if isinstance(operation, OperationDefinitionNode):
                    size = measure.of(operation)
                    wrong = list(_too_large(size, operation, settings))
                    # the walk for names takes what the size allows
                    for error in wrong or _too_often(size, operation, fragments, settings.max_names):
                        self.report_error(error)

    return Limits


def _too_large(size: Size, operation: OperationDefinitionNode, settings: Settings) -> Iterator[GraphQLError]:
    for part, (setting, what) in _LIMITS.items():
        asked, allowed = getattr(size, part), getattr(settings, setting)
        if asked > allowed:
            laid_out = "" if part == "levels" else f"{what}, each fragment counted where it is spread"
            yield exceeded(setting, laid_out or what, asked, allowed, operation)


def _too_often(
    size: Size, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode], most: int
) -> Iterator[GraphQLError]:
    for path, nodes in named(operation, fragments, size.fields):
        if len(nodes) > most:
            what = f"names for the field `{path}`, which all tell the same"
            yield exceeded("max_names", what, len(nodes), most, nodes[-1], " Select it once.")
