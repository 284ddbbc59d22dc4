"""What managers do: register, claim, renew, hand back, leave; with tokens of their own, of others, old and made up."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from interlock.domain.roles import Capability
from model import answers, leases, views
from model.account import Attempt, Given, Manager, Moment, Person, Record
from model.acting import Acting
from model.documents import ACTIVATE, DEACTIVATE
from model.people_rules import ERROR_TYPES, PROGRAMS, TAGS
from support.api import CLAIM, HEARTBEAT, RETURN

NAMES = ["m1", "m2", "m3"]
NOBODY = "mgr_999"
FORBIDDEN = [{"code": "FORBIDDEN", "path": None}]
NOT_FOUND = [{"code": "NOT_FOUND", "path": None}]

served = st.builds(
    lambda tags, others: [*tags, "*"] if others or not tags else tags,
    st.lists(st.sampled_from(TAGS), unique=True),
    st.booleans(),
)
outcomes = st.sampled_from(
    [
        {"result": {"energy": -1.5}},
        {"result": []},
        *({"error": {"type": type_, "message": "no"}} for type_ in [*ERROR_TYPES, "instant"]),
        {"unstarted": True},
    ]
)
keys = st.sampled_from([None, "a", "a", "b"])
limits = st.sampled_from([1, 2, 5])
managers = st.sampled_from([0, 0, 1, 1, 2, 3])
strangers = st.sampled_from([None] * 8 + ["north", "south", "alice"])
"""Who calls for a manager: mostly its own principal."""
bags = st.lists(
    st.tuples(st.sampled_from(["held", "own", "own", "any", "forged"]), st.integers(0, 11), outcomes), max_size=4
)
"""Tokens, each with what is handed back under it."""

_registered = precondition(lambda self: bool(self.reference.managers))


class ManagerRules(Acting):
    """Rules of managers."""

    @rule(
        who=st.sampled_from(["north", "south", "north", "south", "alice"]), name=st.sampled_from(NAMES), tags=served,
        programs=st.sampled_from([["psi4", "xtb"], *PROGRAMS]), lease=st.sampled_from([60, 300]),
    )  # fmt: skip
    def activate(self, who: str, name: str, tags: list[str], programs: list[str], lease: int) -> None:
        given = {"name": name, "tags": tags, "programs": [{"name": one} for one in programs], "leaseSeconds": lease}
        payload = self.mutate(self.person(who), Capability.RUN_TASKS, ACTIVATE, given)
        if payload is None:
            return
        known = next((one for one in self.reference.managers.values() if one.name == name), None)
        if known is not None and known.principal != who:
            assert payload == {"manager": None, "errors": payload["errors"]}
            assert answers.errors(payload) == FORBIDDEN
            return
        id_ = payload["manager"]["id"]
        assert id_ not in self.reference.managers if known is None else id_ == known.id
        manager = leases.registered(self.reference, id_, who, given)
        self.check_manager(manager, payload["manager"])
        assert payload["errors"] == []

    @_registered
    @rule(results=st.lists(outcomes, min_size=1, max_size=3))
    def work(self, results: list[Given]) -> None:
        """Managers take turns: each claims two tasks, and hands one back of those that it holds."""
        for outcome in results:
            turn = len(self.reference.tokens) % len(self.reference.managers)
            self.claim(turn, None, 2, None)
            self.give_back(turn, None, [("held", 0, outcome)], None)

    work_on = work  # chosen twice as often

    @_registered
    @rule(pick=managers, stranger=strangers, limit=limits, key=keys)
    def claim_and_lose_the_reply(self, pick: int, stranger: str | None, limit: int, key: str | None) -> None:
        """So the manager asks again."""
        self.claim(pick, stranger, limit, key)
        self.claim(pick, stranger, limit, key)

    @_registered
    @rule(pick=managers, stranger=strangers, limit=limits, key=keys)
    def claim(self, pick: int, stranger: str | None, limit: int, key: str | None) -> None:
        manager, person = self._speaks(pick, stranger)
        given = {"managerId": NOBODY if manager is None else manager.id, "limit": limit, "claimKey": key}
        payload = self.mutate(person, Capability.RUN_TASKS, CLAIM, given)
        if payload is not None and self._may(payload, manager, person):
            assert manager is not None
            self._claimed(payload, manager, limit, key)

    @_registered
    @rule(
        pick=managers,
        stranger=strangers,
        bag=bags,
        claim=st.sampled_from([None, None, {"limit": 2, "claimKey": "a"}, {"limit": 1}]),
    )
    def give_back(self, pick: int, stranger: str | None, bag: list[Any], claim: Given | None) -> None:
        manager, person = self._speaks(pick, stranger)
        returns = [{"token": token, "outcome": outcome} for one in bag for token, outcome in self._tokens(manager, one)]
        given = {"managerId": NOBODY if manager is None else manager.id, "returns": returns, "claim": claim}
        payload = self.mutate(person, Capability.RUN_TASKS, RETURN, given)
        if payload is None or not self._may(payload, manager, person):
            return
        assert manager is not None
        expected = [
            {"token": one["token"], "code": outcome.code, "message": outcome.sentence}
            for one, outcome in zip(returns, leases.returned(self.reference, manager, returns), strict=True)
        ]
        assert payload["answers"] == expected
        if claim is None:
            assert (payload["leases"], payload["errors"]) == ([], [])
        else:
            self._claimed(payload, manager, claim["limit"], claim.get("claimKey"))

    @_registered
    @rule(pick=managers, stranger=strangers, bag=bags)
    def heartbeat(self, pick: int, stranger: str | None, bag: list[Any]) -> None:
        """With all that the manager claimed and did not hand back, whatever has become of it; and with others."""
        manager, person = self._speaks(pick, stranger)
        attempts = [attempt for _, attempt in self.reference.attempts.values() if attempt.manager is manager]
        tokens = [attempt.token for attempt in attempts if attempt.returned is None]
        tokens += [token for one in bag for token, _ in self._tokens(manager, one)]
        given = {"managerId": NOBODY if manager is None else manager.id, "tokens": tokens}
        payload = self.mutate(person, Capability.RUN_TASKS, HEARTBEAT, given)
        if payload is None or not self._may(payload, manager, person):
            return
        assert manager is not None
        judged = leases.renewed(self.reference, manager, tokens)
        lost = [
            {"token": token, "code": outcome.code, "message": outcome.sentence}
            for token, outcome in zip(tokens, judged, strict=True)
            if outcome.code != "RENEWED"
        ]
        assert payload | {"expiresAt": None} == {
            "renewed": len(tokens) - len(lost), "lost": lost, "expiresAt": None, "errors": [],
        }  # fmt: skip
        expires = self._expiry(manager).learn(payload["expiresAt"], "expiresAt")
        for token in set(tokens) - {one["token"] for one in lost}:
            record, attempt = self.reference.attempts[token]
            attempt.expires = expires
            self.reference.touched.add(record.id)

    @_registered
    @rule(pick=managers, stranger=strangers, bag=bags)
    def leave(self, pick: int, stranger: str | None, bag: list[Any]) -> None:
        manager, person = self._speaks(pick, stranger)
        tokens = [token for one in bag for token, _ in self._tokens(manager, one)]
        given = {"managerId": NOBODY if manager is None else manager.id, "unstarted": tokens}
        payload = self.mutate(person, Capability.RUN_TASKS, DEACTIVATE, given)
        if payload is None or not self._may(payload, manager, person):
            return
        assert manager is not None
        assert (payload["handedBack"], payload["givenUp"]) == leases.left(self.reference, manager, tokens)
        assert payload["errors"] == []
        self.check_manager(manager, payload["manager"])

    def check_manager(self, manager: Manager, shown: Given) -> None:
        told = shown | {"programs": sorted(program["name"] for program in shown["programs"])}
        assert told == views.registered(self.reference, manager)

    def _speaks(self, pick: int, stranger: str | None) -> tuple[Manager | None, Person]:
        """A manager, or none that is registered, and who calls for it."""
        pool = [*self.reference.managers.values(), None]
        (manager,) = self.some(pool, [pick])
        principal = "north" if manager is None else manager.principal
        return manager, self.person(stranger or principal)

    def _may(self, payload: Given, manager: Manager | None, person: Person) -> bool:
        """Whether the call was for a manager that is there and is the person's; else the payload has to say so."""
        if manager is not None and manager.principal == person.name:
            return True
        assert answers.errors(payload) == (NOT_FOUND if manager is None else FORBIDDEN)
        assert not any(value for name, value in payload.items() if name != "errors"), "nothing is done then"
        return False

    def _tokens(self, manager: Manager | None, one: tuple[str, int, Given]) -> list[tuple[str, Given]]:
        """A token with an outcome; none where there is none of its sort."""
        sort, pick, outcome = one
        if sort == "held":
            held = [r.held.token for r in self.reference.records.values() if r.held and r.held.manager is manager]
            return [(token, outcome) for token in self.some(held, [pick])]
        if sort == "own":
            own = [one for _, one in self.reference.attempts.values() if one.manager is manager]
            return [(one.token, (pick % 2 and one.returned) or outcome) for one in self.some(own, [pick])]
        tokens = self.some(list(self.reference.tokens), [pick])
        if sort == "forged":
            tokens = [
                f"lease_999999_1_{pick:032x}" if pick % 2 else f"{token[:-1]}{int(token[-1], 16) ^ 1:x}"
                for token in tokens
            ]
            for token in tokens:
                self.reference.tokens.setdefault(token, "rec_" + token.split("_")[1])
        return [(token, outcome) for token in tokens]

    def _expiry(self, manager: Manager) -> Moment:
        return self.reference.now.later(manager.lease)

    def _claimed(self, payload: Given, manager: Manager, limit: int, key: str | None) -> None:
        """The leases are those that should have been given, or those that were given under the key."""
        told = payload["leases"]
        if not manager.active:
            assert (told, answers.errors(payload)) == ([], FORBIDDEN)
            return
        assert payload["errors"] == []
        if key is not None and key in manager.keys:
            again = leases.held_under(self.reference, manager, key)
            assert [self._lease(record, attempt) for record, attempt in again] == told
            return
        records = leases.claimable(self.reference, manager, limit)
        assert [lease["recordId"] for lease in told] == [record.id for record in records]
        fresh = {lease["token"] for lease in told}
        assert len(fresh) == len(told)
        assert fresh.isdisjoint(self.reference.tokens)
        leases.claimed(
            self.reference,
            manager,
            records,
            [(one["token"], self._expiry(manager).learn(one["expiresAt"], "expiresAt")) for one in told],
        )
        assert [self._lease(record, record.held) for record in records] == told
        if key is not None:
            manager.keys[key] = [lease["token"] for lease in told]

    def _lease(self, record: Record, attempt: Attempt | None) -> Given:
        assert attempt is not None
        return {
            "token": attempt.token,
            "recordId": record.id,
            "taskId": record.id.replace("rec", "task"),
            "attempt": attempt.number,
            "expiresAt": attempt.expires.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "requiredPrograms": record.programs,
            "tag": record.tag,
            "priority": record.priority,
        } | record.content
