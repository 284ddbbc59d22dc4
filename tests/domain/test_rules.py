"""Rules that are data: outcomes, retries, roles; and the checks of plain input."""

from __future__ import annotations

from collections.abc import Callable
from string import Formatter

import pytest

from interlock.domain import checks, cursor, ids, outcomes
from interlock.domain.errors import InvalidInput, TooMany
from interlock.domain.outcomes import NOT_REFUSED, OUTCOMES, Code, Operation, Situation, sentence
from interlock.domain.retry import ANY, DEFAULT_POLICY, LEASE_EXPIRED, RetryRule, rule_for
from interlock.domain.roles import CAPABILITIES, ROLE_MEANING, Capability, Principal, Role

# --- outcomes

PLACEHOLDERS = {"status", "expected", "action", "sources"}
ROWS = [pytest.param(row, id=f"{row.operation}: {row.situation}") for row in OUTCOMES]


def test_every_operation_and_situation_has_one_outcome() -> None:
    keys = [(row.operation, row.situation) for row in OUTCOMES]
    assert len(keys) == len(set(keys))
    assert {row.operation for row in OUTCOMES} == set(Operation)
    assert {row.situation for row in OUTCOMES} == set(Situation)
    assert {row.code for row in OUTCOMES} == set(Code)


def test_a_code_has_one_sentence_in_an_operation() -> None:
    keys = [(row.operation, row.code) for row in OUTCOMES]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("row", ROWS)
def test_a_sentence_can_be_filled_in(row: outcomes.Outcome) -> None:
    fields = {name for _, name, _, _ in Formatter().parse(row.sentence) if name is not None}
    assert fields <= PLACEHOLDERS
    filled = row.sentence.format_map(dict.fromkeys(fields, "WAITING"))
    assert filled.endswith(".")
    assert "{" not in filled
    assert sentence(row.operation, row.code) == row.sentence


@pytest.mark.parametrize("row", ROWS)
def test_only_what_moves_leaves_an_event(row: outcomes.Outcome) -> None:
    assert row.events == (1 if row.code in {Code.MOVED, Code.ACCEPTED} else 0)
    assert (row.attempt == "kept") == (row.events == 0)


@pytest.mark.parametrize("operation", Operation)
def test_what_remains_is_judged_last(operation: Operation) -> None:
    last = outcomes.outcomes(operation)[-1].situation
    lease = Situation.LEASE_TAKEN_AWAY
    assert last in {Situation.MOVABLE, lease}


def test_refusals_are_all_but_moved_and_unchanged() -> None:
    assert {Code.MOVED, Code.UNCHANGED} == NOT_REFUSED


# --- retries


@pytest.mark.parametrize(
    ("error", "retries"),
    [(LEASE_EXPIRED, 5), ("manager_left", 5), ("worker_lost", 5), ("out_of_memory", 1), ("boom", 0), ("", 0)],
)
def test_losses_of_the_machinery_are_retried_and_failures_are_not(error: str, retries: int) -> None:
    assert rule_for(error).retries == retries


def test_a_type_s_own_rule_comes_before_the_one_for_any() -> None:
    policy = (RetryRule(ANY, 7), RetryRule("boom", 1))
    assert rule_for("boom", policy).retries == 1
    assert rule_for("other", policy).retries == 7
    assert rule_for("other", ()).retries == 0


def test_the_policy_has_one_rule_a_type_and_one_for_the_rest() -> None:
    types = [rule.error_type for rule in DEFAULT_POLICY]
    assert len(types) == len(set(types))
    assert ANY in types
    assert all(rule.backoff > 0 and rule.factor >= 1 and rule.longest >= rule.backoff for rule in DEFAULT_POLICY)


# --- roles

MAY = {
    Role.VIEWER: {"READ"},
    Role.SUBMITTER: {"READ", "SUBMIT", "ACT_ON_OWN"},
    Role.OPERATOR: {"READ", "SUBMIT", "ACT_ON_OWN", "ACT_ON_ALL"},
    Role.MANAGER: {"READ", "RUN_TASKS"},
    Role.ADMIN: {"READ", "SUBMIT", "ACT_ON_OWN", "ACT_ON_ALL", "ADMINISTER"},
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("capability", Capability)
def test_a_role_may_what_the_design_says(role: Role, capability: Capability) -> None:
    assert Principal(1, "p", role).may(capability) == (capability.value in MAY[role])


@pytest.mark.parametrize(
    ("role", "own", "others"),
    [
        (Role.VIEWER, False, False),
        (Role.SUBMITTER, True, False),
        (Role.OPERATOR, True, True),
        (Role.MANAGER, False, False),
        (Role.ADMIN, True, True),
    ],
)
def test_a_submitter_acts_on_its_own_and_an_operator_on_all(role: Role, own: bool, others: bool) -> None:
    principal = Principal(3, "p", role)
    assert (principal.may_act_on(3), principal.may_act_on(4)) == (own, others)


def test_every_role_is_described_and_reads() -> None:
    assert set(ROLE_MEANING) == set(CAPABILITIES) == set(Role)
    assert all(Capability.READ in capabilities for capabilities in CAPABILITIES.values())


# --- checks


@pytest.mark.parametrize("value", ["a", "high memory", "\u00fc", "*", "x" * checks.LONGEST_LABEL])
def test_a_label_is_printable_text(value: str) -> None:
    assert checks.label(value, "tag") == value


@pytest.mark.parametrize("value", ["", " ", " a", "a ", "a\nb", "a\0b", "\u200b", "x" * (checks.LONGEST_LABEL + 1)])
def test_another_label_is_refused_by_its_path(value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checks.label(value, "input.tag")
    assert refused.value.path == "input.tag"
    assert isinstance(refused.value, TooMany) == (len(value) > checks.LONGEST_LABEL)


def test_a_reason_is_free_text_without_nul() -> None:
    assert checks.reason(None, "reason") is None
    assert checks.reason("line\nline", "reason") == "line\nline"
    assert checks.reason("", "reason") == ""
    for wrong in ("\0", "a\ud800", "x" * (checks.LONGEST_REASON + 1)):
        with pytest.raises(InvalidInput):
            checks.reason(wrong, "reason")


@pytest.mark.parametrize(("value", "fine"), [(-1, False), (0, True), (9, True), (10, False)])
def test_a_number_is_within_its_range_ends_included(value: int, fine: bool) -> None:
    if fine:
        assert checks.within(value, 0, 9, "priority") == value
    else:
        with pytest.raises(InvalidInput, match="from 0 to 9"):
            checks.within(value, 0, 9, "priority")


def test_a_list_is_as_long_as_its_limit_and_no_longer() -> None:
    checks.at_most(3, 3, "ids", "input.ids")
    with pytest.raises(TooMany, match="has 4 ids; at most 3") as refused:
        checks.at_most(4, 3, "ids", "input.ids")
    assert refused.value.details == {"limit": 3, "asked": 4}


@pytest.mark.parametrize(
    ("check", "sentence"),
    [
        (lambda: checks.within(2, 5, 86_400, "input.leaseSeconds"), "leaseSeconds is 2; it must be from 5 to 86400."),
        (lambda: checks.at_most(4, 3, "tags", "input.tags"), "tags has 4 tags; at most 3 are allowed in one call."),
        (lambda: checks.label("x" * 201, "input.tags.3"), "tags.3 has 201 characters; at most 200 are allowed."),
        (
            lambda: checks.label(" x", "input.tag"),
            "tag is ' x'; it must be printable text, neither empty nor padded with spaces.",
        ),
        (lambda: checks.reason("\0", "input.reason"), "reason must not contain NUL characters or lone surrogates."),
        (lambda: ids.parse(ids.IdType.RECORD, "1", "id"), "id is '1', which is no id; ids look like rec_4711."),
        (
            lambda: ids.parse(ids.IdType.RECORD, "task_1", "id"),
            "id is 'task_1', the id of another type; here ids look like rec_4711.",
        ),
        (
            lambda: ids.parse_token("1", "input.tokens.0"),
            "tokens.0 is '1', which is no lease token; pass what claimTasks gave, unchanged.",
        ),
        (
            lambda: cursor.parse_list_cursor("1", "after"),
            "after is '1', which is no cursor of this server's. Pass one that it gave, unchanged, or none.",
        ),
    ],
)
def test_a_message_names_the_field_also_where_its_path_is_not_selected(
    check: Callable[[], object], sentence: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        check()
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("text", "kept"),
    [(None, None), ("", ""), ("abc", "abc"), ("abcdef", "cdef"), ("a\0b", "a\ufffdb"), ("\udfff!", "?!")],
)
def test_output_is_kept_at_its_end_and_without_nul(text: str | None, kept: str | None) -> None:
    assert checks.storable(text, 4) == kept
