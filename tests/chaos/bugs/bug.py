"""A bug: what is changed in the servers' code or in the database, and which checker must see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any


def _nothing() -> None:
    """The bug is in the database alone."""


@dataclass(frozen=True)
class Bug:
    """``plant`` changes the server's process before it serves, ``sql`` the database before the load begins.

    For it to show, the nemesis must make ``moves``, the servers need ``settings``, people must do more of their ``focus``.
    """

    words: str
    seen_by: str
    plant: Callable[[], None] = _nothing
    sql: str = ""
    moves: Sequence[str] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    focus: Mapping[str, int] = field(default_factory=dict)


def changed(text: str, changes: Mapping[str, str]) -> str:
    """A text of the source with parts of it changed. Raises AssertionError where it no longer says them."""
    for old, new in changes.items():
        assert old in text, f"the source no longer says {old!r}: change the bug with it"
        text = text.replace(old, new)
    return text


def instead_of(module: Any, name: str) -> Callable[[Callable[..., Any]], None]:
    """Put a function where another stands, which it is given as its first argument."""

    def put(function: Callable[..., Any]) -> None:
        setattr(module, name, partial(function, getattr(module, name)))

    return put


def change(module: Any, name: str, changes: Mapping[str, str]) -> None:
    """Change a statement where it stands."""
    setattr(module, name, changed(getattr(module, name), changes))
