"""Bugs that somebody might make, each switched on by a patch: what the model must find."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from interlock.domain.cursor import FeedCursor
from interlock.domain.matrix import transitions
from interlock.domain.model import Act
from interlock.domain.roles import Principal, Role
from interlock.service import channels, permitted
from interlock.store import feed, idempotency, moving, targets, transition
from interlock.store.connection import Connection

Patch = pytest.MonkeyPatch
MUTANTS: dict[str, Callable[[Patch], None]] = {}
"""By what is wrong."""

_ALL = Principal(0, "anybody", Role.ADMIN)


def _swap(patch: Patch, module: str, old: str, new: str, *names: str) -> None:
    """Another text in statements of a module of the store."""
    found = importlib.import_module(f"interlock.store.{module}")
    for name in names:
        text: str = getattr(found, name)
        assert old in text, f"{name} of {module} has no {old!r} any more: the mutant must be made anew"
        patch.setattr(found, name, text.replace(old, new))


def _mutant(apply: Callable[[Patch], None]) -> Callable[[Patch], None]:
    MUTANTS[apply.__name__.strip("_").replace("_", " ")] = apply
    return apply


@_mutant
def a_refusal_offers_what_managers_may_do(patch: Patch) -> None:
    patch.setattr("interlock.api.mutations.transitions.transitions", lambda source, **_: transitions(source=source))


@_mutant
def a_way_leads_through_a_task_that_cannot_be_built(patch: Patch) -> None:
    whole = permitted._way
    patch.setattr(permitted, "_way", lambda status, action, **_: whole(status, action, buildable=True))


@_mutant
def what_is_open_does_not_depend_on_whose_it_is(patch: Patch) -> None:
    patch.setattr(permitted, "_concerns", lambda *_: True)


@_mutant
def the_expected_status_is_ignored(patch: Patch) -> None:
    whole = transition._codes
    patch.setattr(transition, "_codes", lambda request, p: whole(replace(request, expected=None), p))


@_mutant
def a_dry_run_moves(patch: Patch) -> None:
    whole = transition._moves
    patch.setattr(transition, "_moves", lambda request, p: whole(replace(request, dry_run=False), p))


@_mutant
def all_or_nothing_moves_some(patch: Patch) -> None:
    whole = transition._statement
    patch.setattr(transition, "_statement", lambda request, p: whole(replace(request, all_or_nothing=False), p))


@_mutant
def a_submitter_moves_records_of_others(patch: Patch) -> None:
    patch.setattr(transition, "not_mine", lambda *_: "")


@_mutant
def a_filter_matches_records_of_others(patch: Patch) -> None:
    whole = targets.found
    patch.setattr(transition, "found", lambda target, p, **how: whole(replace(target, viewer=_ALL), p, **how))


@_mutant
def new_labels_are_given_to_records_of_others(patch: Patch) -> None:
    patch.setattr("interlock.store.relabel.not_mine", lambda *_: "")


@_mutant
def the_reason_is_lost(patch: Patch) -> None:
    patch.setattr("interlock.service.transitions.Act", lambda kind, who, _: Act(kind, who))


@_mutant
def a_repeated_call_runs_again(patch: Patch) -> None:
    async def forgetful(*given: Any) -> None:
        await idempotency.reserve(*given)

    patch.setattr("interlock.service.core.reserve", forgetful)


@_mutant
def a_key_stands_for_any_input(patch: Patch) -> None:
    async def careless(connection: Connection, *given: Any) -> Any:
        query = "SELECT outcome FROM idempotency WHERE principal_id = $1 AND mutation = $2 AND key = $3"
        return await connection.fetchval(query, *given[:3])

    patch.setattr(idempotency, "recall", careless)


@_mutant
def a_persons_retry_leaves_the_budget_used(patch: Patch) -> None:
    patch.setattr(transition, "set_list", lambda action, now: moving.set_list(action, now, retries="r.retries"))


@_mutant
def the_retry_budget_is_off_by_one(patch: Patch) -> None:
    _swap(patch, "upkeep", "p.retries > r.retries", "p.retries >= r.retries", "_EXPIRE", "_LEAVE")
    _swap(patch, "returns", "p.retries > r.retries", "p.retries >= r.retries", "_SQL")


@_mutant
def handing_back_counts_against_the_budget(patch: Patch) -> None:
    _swap(patch, "upkeep", "retries = r.retries,", "retries = r.retries + 1,", "_HAND_BACK")


@_mutant
def a_claim_ignores_priority(patch: Patch) -> None:
    _swap(patch, "claim", "r.priority DESC, r.id", "r.id", "_CLAIM")
    _swap(patch, "claim", "c.priority DESC, c.id", "c.id", "_CLAIM")


@_mutant
def a_claim_ignores_the_order_of_tags(patch: Patch) -> None:
    _swap(patch, "claim", "coalesce(array_position(me.tags, l.tag), array_position(me.tags, '{any}'))", "1", "_CLAIM")


@_mutant
def a_claim_ignores_programs(patch: Patch) -> None:
    _swap(patch, "claim", "l.programs <@ me.programs AND", "", "_CLAIM")


@_mutant
def a_repeated_claim_claims_more(patch: Patch) -> None:
    again = "ON CONFLICT (manager_id, key) DO UPDATE SET claim_id = excluded.claim_id"
    _swap(patch, "claim", "ON CONFLICT DO NOTHING", again, "_FRESH_KEY")


@_mutant
def a_heartbeat_renews_a_lease_that_ran_out(patch: Patch) -> None:
    _swap(patch, "heartbeat", "THEN 'LEASE_EXPIRED'", "THEN 'RENEWED'", "_HEARTBEAT", "_JUDGE")


@_mutant
def another_answer_under_a_spent_token_is_taken_for_the_same(patch: Patch) -> None:
    _swap(patch, "returns", "a.digest = g.digest", "a.digest IS NOT NULL", "_JUDGE")


@_mutant
def a_lease_runs_out_when_it_still_holds(patch: Patch) -> None:
    _swap(patch, "upkeep", "a.lease_expires_at < ", "a.lease_expires_at <= ", "_EXPIRE")


@_mutant
def an_error_is_given_up_a_day_early(patch: Patch) -> None:
    _swap(patch, "upkeep", "- $3::interval", "- $3::interval + interval '1 day'", "_FAIL_OLD")


@_mutant
def a_manager_that_leaves_keeps_its_leases(patch: Patch) -> None:
    async def nothing(*_: Any) -> int:
        return 0

    patch.setattr("interlock.service.leaving.give_up_leases", nothing)


@_mutant
def counts_lag_behind(patch: Patch) -> None:
    _swap(patch, "counts", "WHERE to_status IS NOT NULL", "WHERE FALSE", "CURRENT")


@_mutant
def a_snapshots_cursor_repeats_what_was_shown(patch: Patch) -> None:
    async def forgetful(connection: Connection) -> FeedCursor:
        return replace(await feed.cursor_here(connection), seen=None)

    patch.setattr("interlock.service.feed.cursor_here", forgetful)


@_mutant
def a_subscription_begins_with_the_event_before(patch: Patch) -> None:
    whole = channels.Channel.follow

    def follow(self: Any, cursor: FeedCursor, **how: Any) -> Any:
        return whole(self, replace(cursor, position=max(0, cursor.position - 1)), **how)

    patch.setattr(channels.Channel, "follow", follow)
