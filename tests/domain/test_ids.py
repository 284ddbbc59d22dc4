"""Ids and lease tokens come back as they went; what was never given is refused, and the path named."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.domain.errors import InvalidInput
from interlock.domain.ids import IdType, encode, encode_token, parse, parse_any, parse_token

NUMBERS = st.integers(1, 10**18 - 1)
TOKENS = st.tuples(NUMBERS, st.integers(1, 10**9 - 1), st.uuids())


@given(st.sampled_from(IdType), NUMBERS)
def test_an_id_comes_back_as_it_went(kind: IdType, number: int) -> None:
    assert parse(kind, encode(kind, number), "id") == number
    assert parse_any(encode(kind, number), "id") == (kind, number)


@given(TOKENS)
def test_a_token_comes_back_as_it_went(token: tuple[int, int, UUID]) -> None:
    assert parse_token(encode_token(token), "token") == token


def test_ids_are_readable() -> None:
    assert encode(IdType.RECORD, 4711) == "rec_4711"
    assert encode(IdType.TASK, 4711) == "task_4711"


@pytest.mark.parametrize("kind", IdType)
@pytest.mark.parametrize("other", IdType)
def test_an_id_of_another_type_is_refused_by_name(kind: IdType, other: IdType) -> None:
    if kind == other:
        return
    with pytest.raises(InvalidInput, match=f"id of another type; here ids look like {kind}_4711") as refused:
        parse(kind, encode(other, 7), "input.ids.3")
    assert refused.value.path == "input.ids.3"


HEX = "0" * 32
NINES = "9" * 19
MADE_UP = (
    *("", "rec", "rec_", "rec_0", "rec_007", "rec_-1", "rec_1.0", " rec_1", "rec_1 ", "rec_1\n", "REC_1", "rec_\u0661"),
    *(f"rec_{NINES}", "run_1", "4711", "rec_1;drop table record", f"lease_1_1_{HEX}"),
)
TOKENS_MADE_UP = (
    *("", "rec_1", "lease_1_1", f"lease_0_1_{HEX}", f"lease_1_0_{HEX}", f"lease_1_1_{HEX[1:]}", f"lease_1_1_{HEX}0"),
    *(f"lease_1_1_{HEX}\n", f"lease_1_1_{HEX[1:]}G", f"lease_1_1_{HEX[1:]}A", f"lease_1_{NINES}_{HEX}"),
    f"lease_{NINES}_1_{HEX}",
)


@pytest.mark.parametrize("text", MADE_UP)
def test_a_made_up_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is no id; ids look like rec_4711") as refused:
        parse_any(text, "id")
    assert refused.value.path == "id"


@pytest.mark.parametrize("text", TOKENS_MADE_UP)
def test_a_made_up_token_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is no lease token"):
        parse_token(text, "token")


@pytest.mark.parametrize("read", [parse_any, parse_token])
@given(text=st.text(max_size=80))
def test_whatever_is_read_is_what_we_would_write(read: Callable[[str, str], object], text: str) -> None:
    try:
        found = read(text, "id")
    except InvalidInput:
        return
    assert text == (encode(*found) if read is parse_any else encode_token(found))  # type: ignore[misc,arg-type]


def test_what_is_quoted_of_a_made_up_id_is_short() -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_any("x" * 100_000, "id")
    assert len(str(refused.value)) < 200
