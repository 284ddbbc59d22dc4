"""What can be read: records by everybody, lists by filters and pages, counts, groups, managers, the feed from any cursor."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from interlock.domain.lifecycle import Action, Target
from model import answers, views
from model.account import Given, Moment
from model.acting import LABELS
from model.documents import COUNTS, GROUPS, LIST, MANAGERS, SEEN
from model.manager_rules import ManagerRules
from model.people_rules import CAMPAIGNS, TAGS, filters, picks
from model.stage import CAST

readers = st.sampled_from(sorted(CAST))
changes = st.fixed_dictionaries(
    {},
    optional={
        "to": st.lists(st.sampled_from(list(Target)), max_size=4, unique=True),
        "action": st.lists(st.sampled_from(list(Action)), max_size=4, unique=True),
        "tag": st.lists(st.sampled_from(TAGS), min_size=1, max_size=2, unique=True),
        "campaign": st.lists(st.sampled_from(CAMPAIGNS), min_size=1, unique=True),
        "owner": st.lists(st.sampled_from(["alice", "bob"]), min_size=1, unique=True),
    },
)


class ReadingRules(ManagerRules):
    """Rules that change nothing."""

    @rule(who=readers, picks=picks)
    def read_records(self, who: str, picks: list[int]) -> None:
        """Whole, with what the reader may do, and managers: also what was touched long ago."""
        person = self.person(who)
        records = self.some(list(self.reference.records.values()), picks)
        seen = self.ask(person, SEEN, ids=[record.id for record in records])["nodes"]
        for record, shown in zip(records, seen, strict=True):
            self.check_record(person, record, shown)
        managers = self.ask(person, MANAGERS)["managers"]["nodes"]
        for manager, shown in zip(self.reference.managers.values(), managers, strict=True):
            self.check_manager(manager, shown)

    @rule(
        who=readers, where=st.one_of(st.just({}), filters), tasks=st.booleans(), newest=st.booleans(), size=st.integers(1, 4), back=st.booleans(),
        groups=st.lists(st.sampled_from(LABELS), unique=True),
    )  # fmt: skip
    def survey(self, who: str, where: Given, groups: list[str], **listed: Any) -> None:
        """What passes a filter: listed, counted, grouped."""
        self._page_through(who, where, **listed)
        self._count(who, groups, where)
        self._group_errors(who, where)

    def _page_through(self, who: str, where: Given, tasks: bool, newest: bool, size: int, back: bool) -> None:
        """A list, page by page, from either end, in either order."""
        expected = [
            {"id": record.id.replace("rec", "task") if tasks else record.id, "status": record.status}
            for record in self.reference.passing(where)
            if record.has_task or not tasks
        ]
        if newest:
            expected.reverse()
        document = LIST.format(list="tasks" if tasks else "records")
        order = "NEWEST_FIRST" if newest else "OLDEST_FIRST"
        found: list[Given] = []
        paging: Given = {"last" if back else "first": size}
        more = True
        while more:
            (page,) = self.ask(self.person(who), document, filter=where, orderBy=order, **paging).values()
            nodes = [edge["node"] for edge in page["edges"]]
            found = nodes + found if back else found + nodes
            info = page["pageInfo"]
            more = info["hasPreviousPage" if back else "hasNextPage"]
            paging |= {"before": info["startCursor"]} if back else {"after": info["endCursor"]}
            assert len(nodes) == size or not more
        assert found == expected

    def _count(self, who: str, groups: list[str], where: Given) -> None:
        where = {name: values for name, values in where.items() if name != "errorType"}
        told = self.ask(self.person(who), COUNTS, groupBy=[group.upper() for group in groups], filter=where)
        counted = {tuple(one[group] for group in groups): one["count"] for one in told["statusCounts"]}
        assert counted == views.counts(self.reference, groups, where)
        sizes = [one["count"] for one in told["statusCounts"]]
        assert sizes == sorted(sizes, reverse=True)

    def _group_errors(self, who: str, where: Given) -> None:
        told = self.ask(self.person(who), GROUPS, filter=where)["errorGroups"]
        expected = views.errors(self.reference, where)
        assert {(one["errorType"], one["status"]): one["count"] for one in told} == {
            group: len(records) for group, records in expected.items()
        }
        for one in told:
            records = {record.id: record for record in expected[one["errorType"], one["status"]]}
            error = records[one["exampleId"]].attempts[-1].error
            assert error is not None
            assert one["exampleMessage"] == error[1]
            times = [record.since.known for record in records.values()]
            for name, time in (("firstSince", min(times)), ("lastSince", max(times))):
                answers.check_time(one[name], Moment.at(time), name)

    @precondition(lambda self: bool(self.reference.feed.cursors))
    @rule(pick=st.integers(0, 200), page=st.sampled_from([1_000, 1, 3]), where=changes, picks=picks, some=st.booleans())
    def resume(self, pick: int, page: int, where: dict[str, Any], picks: list[int], some: bool) -> None:
        """From any cursor that was ever given, of an event or of a snapshot."""
        self.settle()
        ((cursor, before),) = self.some(self.reference.feed.cursors, [pick])
        if some:
            where = where | {"record": self.some([*self.reference.ids, "rec_999999"], picks)}
        self.read_on(cursor, before, page, where)

    @precondition(lambda self: bool(self.reference.feed.cursors) and len(self.subscriptions) < 3)
    @rule(who=readers, pick=st.integers(0, 200))
    def subscribe(self, who: str, pick: int) -> None:
        """From any cursor on; what it brings is compared at the end."""
        ((cursor, before),) = self.some(self.reference.feed.cursors, [pick])
        self.subscriptions.append((self.world.follow(self.person(who), cursor), before))
