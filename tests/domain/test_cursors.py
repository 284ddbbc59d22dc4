"""Cursors come back as they went; whatever this server never gave is refused as such."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.domain.cursor import FeedCursor, list_cursor, parse_list_cursor
from interlock.domain.errors import InvalidCursor

POSITIONS = st.integers(min_value=0, max_value=10**18 - 1)
EPOCHS = st.from_regex(r"[0-9a-f]{8}", fullmatch=True)


@st.composite
def snapshots(draw: st.DrawFn) -> str:
    """A pg_snapshot's text: what runs lies between xmin (included) and xmax."""
    low = draw(st.integers(1, 2**62))
    high = low + draw(st.integers(0, 50))
    running = draw(st.sets(st.integers(low, high - 1), max_size=5)) if high > low else set()
    return f"{low}:{high}:{','.join(map(str, sorted(running)))}"


FEED_CURSORS = st.builds(FeedCursor, EPOCHS, POSITIONS, st.none() | snapshots())


def pack(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@given(FEED_CURSORS)
def test_a_feed_cursor_comes_back_as_it_went(cursor: FeedCursor) -> None:
    assert FeedCursor.parse(str(cursor)) == cursor


@given(POSITIONS)
def test_a_list_cursor_comes_back_as_it_went(key: int) -> None:
    assert parse_list_cursor(list_cursor(key), "after") == key


@given(st.text(max_size=60))
def test_a_made_up_string_is_refused_or_is_what_the_server_would_write(text: str) -> None:
    try:
        cursor = FeedCursor.parse(text)
    except InvalidCursor:
        return
    assert str(cursor) == text


@given(st.text(max_size=60))
def test_a_made_up_list_cursor_is_refused_or_is_what_the_server_would_write(text: str) -> None:
    try:
        key = parse_list_cursor(text, "first")
    except InvalidCursor:
        return
    assert list_cursor(key) == text


@given(FEED_CURSORS, st.data())
def test_a_cursor_with_a_flipped_bit_is_refused_or_says_something_else(cursor: FeedCursor, data: st.DataObject) -> None:
    text = str(cursor)
    at = data.draw(st.integers(0, len(text) - 1))
    flipped = text[:at] + chr(ord(text[at]) ^ (1 << data.draw(st.integers(0, 6)))) + text[at + 1 :]
    try:
        parsed = FeedCursor.parse(flipped)
    except InvalidCursor:
        return
    assert parsed != cursor
    assert str(parsed) == flipped


MADE_UP = {
    "empty": "",
    "prose": "not a cursor",
    "beyond ASCII": "Zm9v\u00e9",
    "no base64 length": "A",
    "padded": str(FeedCursor("e", 1)) + "=",
    "in a blank": f" {FeedCursor('e', 1)}",
    "another kind": list_cursor(7),
    "too few fields": pack("f~e"),
    "too many fields": pack("f~e~1~~"),
    "negative position": pack("f~e~-1~"),
    "position of words": pack("f~e~one~"),
    "another script's digits": pack("f~e~\u0664~"),
    "position beyond bigint": pack(f"f~e~{10**30}~"),
    "no snapshot": pack("f~e~1~rubbish"),
    "snapshot that ends before it begins": pack("f~e~1~9:3:"),
    "snapshot with what runs beyond its end": pack("f~e~1~3:9:9"),
    "snapshot out of order": pack("f~e~1~3:9:5,4"),
    "a leading zero": pack("f~e~01~"),
}


@pytest.mark.parametrize("name", MADE_UP)
def test_a_cursor_that_was_never_given_is_refused_in_words(name: str) -> None:
    with pytest.raises(InvalidCursor, match="no cursor of this server's") as refused:
        FeedCursor.parse(MADE_UP[name], "after")
    assert refused.value.path == "after"


LISTS_MADE_UP = {
    "a feed cursor": str(FeedCursor("e", 1)),
    "negative": pack("l~-3"),
    "beyond bigint": pack("l~" + "9" * 19),
    "two keys": pack("l~1~2"),
    "no key": pack("l"),
    "another script's digits": pack("l~\u0664"),
    "a leading zero": pack("l~007"),
}


@pytest.mark.parametrize("name", LISTS_MADE_UP)
def test_a_list_cursor_that_was_never_given_is_refused_in_words(name: str) -> None:
    with pytest.raises(InvalidCursor, match="no cursor of this server's"):
        parse_list_cursor(LISTS_MADE_UP[name], "before")


def test_what_is_quoted_of_a_made_up_cursor_is_short() -> None:
    with pytest.raises(InvalidCursor) as refused:
        FeedCursor.parse("x" * 100_000)
    assert len(str(refused.value)) < 300
