"""The outbox: batches, what cannot be delivered, and what need not be any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from interlock.manager.client import Answer, Client, KeyRefused
from interlock.manager.outbox import Outbox, Return
from interlock.manager.outcome import Failure, Outcome
from manager.faulty_server import FaultyServer, StatusError, accept, faulty_server
from manager.test_client import Told, config
from manager.waiting import until


@asynccontextmanager
async def delivering(
    server: FaultyServer, **settings: Any
) -> AsyncIterator[tuple[Outbox, dict[str, tuple[Return, Answer]]]]:
    """An outbox at work, and the answers it got."""
    answers: dict[str, tuple[Return, Answer]] = {}
    asked = config(server.url, **settings)
    async with Client(asked, Told()) as client:
        outbox = Outbox(client, asked)
        outbox.on_answer = lambda item, answer: answers.update({item.token: (item, answer)})
        work = asyncio.create_task(outbox.deliver())
        try:
            yield outbox, answers
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)


def result(token: str, value: Any = 1, size: int = 1) -> Return:
    return Return(token, Outcome(result=value, size=size))


async def test_what_finishes_at_about_the_same_time_is_returned_together() -> None:
    async with faulty_server() as server, delivering(server, batch_seconds=1.0) as (outbox, answers):
        for number in range(20):
            outbox.put(result(f"t{number}", {"n": number}))
            await asyncio.sleep(0.01)
        await outbox.emptied()
        (sent,) = server.inputs("returnTasks")
        assert [one["outcome"] for one in sent["returns"]] == [{"result": {"n": number}} for number in range(20)]
        assert {answer.code for _, answer in answers.values()} == {"ACCEPTED"}


@pytest.mark.parametrize(
    ("settings", "sizes", "batches"),
    [
        ({"batch_count": 2}, [1, 1, 1, 1, 1], [2, 2, 1]),
        ({"batch_bytes": 5000}, [1500, 1500, 1500, 9000, 1], [2, 1, 1, 1]),
    ],
)
async def test_a_batch_has_a_limit_of_count_and_size(
    settings: dict[str, int], sizes: list[int], batches: list[int]
) -> None:
    async with faulty_server() as server, delivering(server, **settings) as (outbox, _):
        for number, size in enumerate(sizes):
            outbox.put(result(f"t{number}", size=size))
        await outbox.emptied()
        assert [len(sent["returns"]) for sent in server.inputs("returnTasks")] == batches


async def test_each_outcome_is_written_as_the_api_has_it() -> None:
    async with faulty_server() as server, delivering(server) as (outbox, _):
        outbox.put(Return("a", Outcome(result=[1], stdout="out", stderr="err", size=3)))
        outbox.put(Return("b", Outcome(failure=Failure("ValueError", "no", "Traceback"))))
        outbox.put(Return("c", None))
        await outbox.emptied()
        assert server.inputs("returnTasks")[0]["returns"] == [
            {"token": "a", "outcome": {"result": [1]}, "stdout": "out", "stderr": "err"},
            {
                "token": "b",
                "outcome": {"error": {"type": "ValueError", "message": "no", "traceback": "Traceback"}},
                "stdout": None,
                "stderr": None,
            },
            {"token": "c", "outcome": {"unstarted": True}},
        ]


def refuse_if(bad: Callable[[dict[str, Any]], bool]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def answer(given: dict[str, Any]) -> dict[str, Any]:
        if any(bad(one) for one in given["returns"]):
            return {
                "errors": [{"code": "INVALID_INPUT", "message": "I do not like it", "path": "x"}],
                "answers": [],
            }
        return accept(given)

    return answer


async def test_one_outcome_that_the_server_will_not_take_keeps_no_other_from_being_delivered() -> None:
    async with faulty_server() as server, delivering(server) as (outbox, answers):
        server.answers["returnTasks"] = refuse_if(lambda one: one["outcome"].get("result") == "bad")
        for number in range(9):
            outbox.put(result(f"t{number}", "bad" if number == 5 else "good"))
        await outbox.emptied()
        assert {answer.code for _, answer in answers.values()} == {"ACCEPTED"}
        assert len(answers) == 9
        failure = answers["t5"][0].outcome
        assert failure is not None
        assert failure.failure == Failure(
            "result_refused", "The server did not take the outcome: I do not like it (INVALID_INPUT)"
        )


async def test_an_outcome_of_which_not_even_the_refusal_is_taken_is_given_up() -> None:
    async with faulty_server() as server, delivering(server) as (outbox, answers):
        server.answers["returnTasks"] = refuse_if(lambda one: one["token"] == "cursed")
        for token in ("cursed", "blessed"):
            outbox.put(result(token))
        await outbox.emptied()
        assert answers["blessed"][1].code == "ACCEPTED"
        assert answers["cursed"][1].code == "INVALID_INPUT"


async def test_outcomes_are_kept_while_the_server_is_away_and_then_delivered() -> None:
    async with faulty_server() as server:
        port = server.port
        async with delivering(server) as (outbox, answers):
            server.answers["returnTasks"] = _raise(StatusError(503))
            for number in range(3):
                outbox.put(result(f"t{number}"))
            await asyncio.sleep(0.6)
            outbox.put(result("late"))
            assert port == server.port
            assert not answers
            server.answers["returnTasks"] = accept
            await asyncio.wait_for(outbox.emptied(), 10)
            assert len(answers) == 4


def _raise(error: Exception) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def answer(_given: dict[str, Any]) -> dict[str, Any]:
        raise error

    return answer


async def test_what_a_lost_lease_made_is_dropped_unless_it_is_on_its_way() -> None:
    async with faulty_server() as server, delivering(server, batch_count=1) as (outbox, answers):
        server.answers["returnTasks"] = _raise(StatusError(503))
        outbox.put(result("on its way"))
        outbox.put(result("waiting"))
        await until(lambda: server.calls)
        assert outbox.drop("on its way")
        assert not outbox.drop("waiting")
        server.answers["returnTasks"] = accept
        await outbox.emptied()
        assert list(answers) == ["on its way"]


async def test_a_key_that_is_refused_ends_the_delivery() -> None:
    async with faulty_server() as server, Client(config(server.url), Told()) as client:
        server.answers["returnTasks"] = _raise(StatusError(401))
        outbox = Outbox(client, config(server.url))
        outbox.put(result("a"))
        outbox.put(result("b"))
        with pytest.raises(KeyRefused):
            await outbox.deliver()
