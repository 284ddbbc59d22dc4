"""Generated queries and mutations over the whole schema: aliases, fragments, directives, variables, nulls, defaults, wrong values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)

_DEPTH = 5
_NAMES: dict[str, Sequence[Any]] = {
    "String": ["t", "u", "c", "none", "", "é\"\\\n\u0001'"],
    "JSON": [1, None, {"a": []}],
    "DateTime": [
        f"{datetime.now(UTC).date()}T00:00:00Z",
        "2000-01-01T00:00:00Z",
        "2999-12-31T23:59:59.999999+01:00",
        "now",
    ],
}


_ODD: Sequence[Any] = [None, 0, -1, 2**31, 1.0, 1.5, True, "", "x", "WAITING", [], [None], ["x"], [[1]], {}, {"x": 1}]


@dataclass
class Operation:
    """An operation under construction. ``known`` has values worth passing, by the name of argument or input field.

    The fields of the names ``avoided`` are not selected. ``odd``: one value in so many is of a wrong or unusual kind.
    """

    schema: GraphQLSchema
    random: Random
    known: Mapping[str, Sequence[Any]]
    avoided: Sequence[str] = ()
    odd: int = 0
    variables: dict[str, Any] = field(default_factory=dict)
    _declared: list[str] = field(default_factory=list)
    _fragments: list[str] = field(default_factory=list)
    _count: int = 0

    def text(self, roots: Sequence[str] | None = None) -> str:
        """The document of a query; of these root fields only, or of all."""
        query = self.schema.query_type
        assert query is not None
        return self._document("query", self._selection(query, _DEPTH, roots))

    def mutation(self, roots: Sequence[str]) -> str:
        """The document of a mutation; mostly of one root field."""
        mutation = self.schema.mutation_type
        assert mutation is not None
        if self._chance(10):
            return self._document("mutation", self._selection(mutation, _DEPTH, roots))
        return self._document("mutation", "{ " + self._field(mutation, self.random.choice(roots), _DEPTH) + " }")

    def _document(self, kind: str, selection: str) -> str:
        declared = f"({', '.join(self._declared)})" if self._declared else ""
        return "\n".join([f"{kind} Generated{declared} {selection}", *self._fragments])

    def _chance(self, one_in: int) -> bool:
        return self.random.randrange(one_in) == 0

    def _new(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count}"

    def _selection(self, type_: Any, depth: int, names: Sequence[str] | None = None) -> str:
        fields: Mapping[str, GraphQLField] = getattr(type_, "fields", {})
        offered = [n for n, f in fields.items() if depth > 1 or not is_composite_type(get_named_type(f.type))]
        offered = [n for n in offered if n not in self.avoided and (names is None or n in names)]
        chosen = self.random.choices([*offered, "__typename"], k=self.random.randint(1, 3 if names else 5))
        parts = [self._field(type_, name, depth) for name in chosen]
        if self._chance(5) and names is None:
            parts.append(self._fragment(type_, depth))
        return "{ " + " ".join(parts) + " }"

    def _field(self, type_: Any, name: str, depth: int) -> str:
        alias = f"{self._new('a')}: " if self._chance(4) else ""
        if name == "__typename":
            return f"{alias}__typename{self._directive()}"
        definition = type_.fields[name]
        arguments = self._arguments(definition)
        if arguments and not alias:  # two of one name with different arguments could not be merged
            alias = f"{self._new('a')}: "
        inner = get_named_type(definition.type)
        below = " " + self._selection(inner, depth - 1) if is_composite_type(inner) else ""
        return f"{alias}{name}{arguments}{self._directive()}{below}"

    def _fragment(self, type_: Any, depth: int) -> str:
        on = type_
        if isinstance(type_, GraphQLObjectType) and type_.interfaces and self._chance(2):
            on = type_.interfaces[0]
        elif not isinstance(type_, GraphQLObjectType):
            on = self.random.choice(self.schema.get_possible_types(type_))
        body = self._selection(on, depth)
        if self._chance(2):
            return f"... on {on.name}{self._directive()} {body}"
        name = self._new("F")
        self._fragments.append(f"fragment {name} on {on.name} {body}")
        return f"...{name}{self._directive()}"

    def _directive(self) -> str:
        if not self._chance(6):
            return ""
        name = self.random.choice(["skip", "include"])
        value = self.random.choice([True, False])
        if self._chance(2):
            return f" @{name}(if: {'true' if value else 'false'})"
        variable = self._new("v")
        self._declared.append(f"${variable}: Boolean!")
        self.variables[variable] = value
        return f" @{name}(if: ${variable})"

    def _arguments(self, definition: GraphQLField) -> str:
        given = []
        for name, argument in definition.args.items():
            required = is_non_null_type(argument.type)
            if not required and self._chance(2):
                continue
            value = self._value(argument.type, name)
            if self._chance(2):
                given.append(f"{name}: {_literal(value, argument.type)}")
                continue
            variable = self._new("v")
            default = ""
            if not required and self._chance(3):
                default = f" = {_literal(self._value(argument.type, name), argument.type)}"
            self._declared.append(f"${variable}: {argument.type}{default}")
            if required or not self._chance(4):
                self.variables[variable] = value
            given.append(f"{name}: ${variable}")
        return f"({', '.join(given)})" if given else ""

    def _value(self, type_: Any, name: str) -> Any:
        if not is_non_null_type(type_) and self._chance(6):
            return None
        if self.odd and self._chance(self.odd):
            return self.random.choice(_ODD)
        inner = get_nullable_type(type_)
        if is_list_type(inner):
            return [self._value(inner.of_type, name) for _ in range(self.random.randint(0, 3))]
        if isinstance(inner, GraphQLInputObjectType):
            return {one: self._value(inner.fields[one].type, one) for one in self._given(inner)}
        return self._leaf(inner, name)

    def _given(self, type_: GraphQLInputObjectType) -> list[str]:
        """The fields to give: those that are required, and some; of a one-of input, one."""
        if type_.extensions["strawberry-definition"].is_one_of:
            return [self.random.choice(sorted(type_.fields))]
        required = [name for name, one in type_.fields.items() if is_required_input_field(one)]
        others = sorted(type_.fields.keys() - set(required))
        return required + self.random.sample(others, min(self.random.randint(0, 2), len(others)))

    def _leaf(self, type_: Any, name: str) -> Any:
        if isinstance(type_, GraphQLEnumType):
            return self.random.choice(sorted(type_.values))
        offered: dict[str, Sequence[Any]] = {
            "Int": [0, 1, 2, 3, 5, 7, 10, 20, 30, 100, -1, 100_000],
            "Boolean": [True, False],
            "ID": ["nonsense"],
            **_NAMES,
        }
        known = self.known.get(f"{name}: {type_}") or self.known.get(name)
        return self.random.choice(list(known or offered[type_.name]))


def _literal(value: Any, type_: Any) -> str:
    inner = get_nullable_type(type_)
    if isinstance(value, list):
        of = inner.of_type if is_list_type(inner) else inner
        return "[" + ", ".join(_literal(one, of) for one in value) + "]"
    if isinstance(value, dict):
        fields = getattr(inner, "fields", {})
        return (
            "{"
            + ", ".join(f"{k}: {_literal(v, fields[k].type if k in fields else None)}" for k, v in value.items())
            + "}"
        )
    if isinstance(value, str) and not (isinstance(inner, GraphQLEnumType) and value.isidentifier()):
        escaped = "".join(f"\\u{ord(c):04x}" if ord(c) < 32 or c in '"\\' else c for c in value)
        return f'"{escaped}"'
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
