"""Under how many names a document selects the same: a field without arguments tells the same under each of them.

A field without arguments that stands below such a field is the same too, however the names of both are combined:
`a: task { b: args }` and `c: task { d: args }` are two names for `task.args`. With arguments, each name stands for
itself. Fragments are laid out, and what has the same name in the answer is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)


class Named(NamedTuple):
    """A field by the fields on the way to it, and its node in each place of the answer where it stands."""

    path: str
    nodes: Sequence[FieldNode]


def named(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode], most: int
) -> Iterator[Named]:
    """The fields without arguments of an operation that has ``most`` fields, or is one of a cyclic document."""
    fields = _Fields(fragments)
    found: dict[tuple[str, ...], list[FieldNode]] = {}
    places: list[tuple[tuple[str, ...], list[SelectionSetNode]]] = [((), [operation.selection_set])]
    while places and most > 0:
        path, selections = places.pop()
        together: dict[tuple[str, str], list[FieldNode]] = {}
        for node in fields.of(selections):
            most -= 1
            key = node.alias.value if node.alias else node.name.value
            step = f"{key}(…)" if node.arguments else node.name.value
            together.setdefault((key, step), []).append(node)
        for (_, step), nodes in together.items():
            way = (*path, step)
            if not nodes[0].arguments:
                found.setdefault(way, []).append(nodes[0])
            if below := [node.selection_set for node in nodes if node.selection_set]:
                places.append((way, below))
    for way, nodes in found.items():
        yield Named(".".join(way), nodes)


class _Fields:
    """The fields at the own level of selections; each selection is laid out once, wherever it stands."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[int, dict[int, FieldNode]] = {}

    def of(self, selections: Sequence[SelectionSetNode]) -> list[FieldNode]:
        found: dict[int, FieldNode] = {}
        for one in selections:
            found |= self._laid_out(one)
        return list(found.values())

    def _laid_out(self, selections: SelectionSetNode) -> dict[int, FieldNode]:
        known = self._known.get(id(selections))
        if known is None:
            known = self._known[id(selections)] = {}  # which ends a cycle; another rule refuses it
            for selection in selections.selections:
                if isinstance(selection, FieldNode):
                    known[id(selection)] = selection
                elif isinstance(selection, InlineFragmentNode):
                    known |= self._laid_out(selection.selection_set)
                elif isinstance(selection, FragmentSpreadNode) and (
                    fragment := self._fragments.get(selection.name.value)
                ):
                    known |= self._laid_out(fragment.selection_set)
        return known
