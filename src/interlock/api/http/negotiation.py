"""Which media type an answer has, by the Accept header: RFC 9110's rules, and GraphQL over HTTP's.

The highest q wins, then what is listed first. The most specific range decides about a type. Wildcards mean an answer in
one piece, JSON first; a stream is for those who name one. Clients that list event streams behind JSON get JSON for what
has one answer, and a stream for a subscription.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from cross_web import HTTPException

_KEPT = 100
"""Headers that are remembered with what they ask for: clients send the same few."""
_LONGEST = 1_000
"""Characters of a header that is looked at: no client sends more, and whoever does is no client."""
_RANGE = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+')
_PARAMETER = re.compile(r';\s*([^\s;="]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;"]*)')
_QUALITY = re.compile(r"[01](?:\.\d{0,3})?")


class Media(StrEnum):
    """What can be served; of equals, the earlier one."""

    JSON = "application/json"
    RESPONSE = "application/graphql-response+json"
    EVENTS = "text/event-stream"
    PARTS = "multipart/mixed"


_WHOLE = (Media.JSON, Media.RESPONSE)
_SERVED = f"Served are {Media.JSON}, {Media.RESPONSE}, {Media.EVENTS} and {Media.PARTS};subscriptionSpec=1.0"


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the answer to a query or a mutation has, and what a subscription has: None where it cannot be served."""

    single: Media
    stream: Media | None

    @property
    def whole(self) -> bool:
        """Whether an answer comes in one piece."""
        return self.single in _WHOLE


@dataclass(frozen=True, slots=True)
class _Range:
    """One of the header's media ranges."""

    kind: str
    parameters: dict[str, str]
    quality: float
    place: int

    def matches(self, media: Media) -> bool:
        if self.parameters.get("charset", "utf-8") not in {"utf-8", "utf8"}:
            return False
        if self.kind == Media.PARTS:
            return media is Media.PARTS and self.parameters.get("subscriptionspec", "").startswith("1.0")
        main, _, sub = self.kind.partition("/")
        if main == "*":
            return media in _WHOLE
        return self.kind == media or (sub == "*" and media.startswith(f"{main}/"))

    @property
    def precision(self) -> int:
        return 2 - self.kind.count("*")


def media_type(text: str) -> tuple[str, dict[str, str]]:
    """A media type and its parameters, all in lower case."""
    text = text.lower()
    return text.partition(";")[0].strip(), {name: value.strip('"') for name, value in _PARAMETER.findall(text)}


def accepted(header: bytes) -> Accepted:
    """What is served to whoever sends this Accept header, empty if there is none. Raises HTTPException, with 406."""
    if len(header) > _LONGEST:
        raise HTTPException(406, f"Accept has {len(header)} characters; at most {_LONGEST} are read. {_SERVED}.")
    return _remembered(header)


@lru_cache(_KEPT)
def _remembered(header: bytes) -> Accepted:
    text = header.decode("latin-1")
    if not text.strip():
        return Accepted(Media.JSON, None)
    ranges = list(_ranges(text))
    ranks = {media: rank for media in Media if (rank := _rank(media, ranges)) is not None}
    ranked = sorted(ranks, key=ranks.__getitem__)
    if not ranked:
        raise HTTPException(406, f"Nothing that Accept lists can be served. {_SERVED}.")
    stream = next((media for media in ranked if media not in _WHOLE), None)
    single = next((media for media in ranked if media is not Media.PARTS), Media.PARTS)
    return Accepted(single, stream)


def _rank(media: Media, ranges: list[_Range]) -> tuple[float, int, int] | None:
    """Less is better; None for what is not accepted."""
    found = max(
        (one for one in ranges if one.matches(media)), key=lambda one: (one.precision, -one.place), default=None
    )
    if found is None or not found.quality:
        return None
    return -found.quality, found.place, list(Media).index(media)


def _ranges(text: str) -> Iterator[_Range]:
    for place, part in enumerate(_RANGE.findall(text)):
        kind, parameters = media_type(part)
        quality = parameters.get("q", "1")
        if "/" in kind and _QUALITY.fullmatch(quality):
            yield _Range(kind, parameters, float(quality), place)
