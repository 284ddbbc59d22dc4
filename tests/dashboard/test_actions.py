"""Actions: what the server permits and nothing else, previewed, explained, and taken back where that is permitted."""

from __future__ import annotations

from playwright.async_api import Locator, Page, Route, expect

from dashboard.conftest import Visit
from interlock.domain.lifecycle import RecordStatus
from support.api import Api
from support.scenario import Bench, brought


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def action(page: Page, name: str) -> Locator:
    return page.locator(".actions").get_by_role("button", name=name)


async def confirm(page: Page, button: str, reason: str = "because") -> None:
    await dialog(page).get_by_label("Reason").fill(reason)
    await dialog(page).get_by_role("button", name=button, exact=True).click()


async def test_all_that_match_are_held_in_slices_and_released_again(visit: Visit, api: Api) -> None:
    ids = await api.operator.submit(2_500, campaign="large")
    await brought(api, RecordStatus.COMPLETE, 7, campaign="large")
    page = await visit("/records?campaign=large")
    await page.get_by_role("button", name="Select all 2,507").click()
    await action(page, "Hold").click()

    await expect(dialog(page)).to_contain_text("All 2,507 records of campaign large.")
    await expect(dialog(page)).to_contain_text("Put aside until released. They go to HOLD.")
    await expect(dialog(page)).to_contain_text("2,500 would move, 7 would be refused")
    await dialog(page).get_by_text("7 not permitted").wait_for()
    await confirm(page, "Hold 2,500", "the cluster is down")
    await expect(dialog(page)).to_contain_text("2,500 moved")
    assert (await api.operator.statuses(ids[:1] + ids[-1:])) == ["HOLD", "HOLD"]
    told = await api.operator.execute(
        "query ($id: ID!) { record(id: $id) { events { action reason who } } }", id=ids[1_700]
    )
    assert told["record"]["events"][-1] == {"action": "HOLD", "reason": "the cluster is down", "who": "operator"}

    await dialog(page).get_by_role("button", name="Undo: release 2,500 records").click()
    await expect(dialog(page)).to_contain_text("2,500 would move")
    await confirm(page, "Release 2,500")
    await dialog(page).get_by_role("button", name="Done").click()
    assert set(await api.operator.statuses(ids[::500])) == {"WAITING"}


async def test_some_are_selected_by_hand_and_only_what_is_permitted_on_them_is_offered(visit: Visit, api: Api) -> None:
    waiting = await api.operator.submit(3)
    (done,) = await brought(api, RecordStatus.COMPLETE)
    page = await visit("/records?order=oldest")
    await page.get_by_label(f"Select {done}").check()
    await page.get_by_text("Nothing is permitted on it.").wait_for()
    await page.get_by_label(f"Select {waiting[0]}").check()
    await page.get_by_label(f"Select {waiting[1]}").check()

    await expect(page.locator(".actions button")).to_have_text(["Hold2", "Kill2"])
    await expect(page.locator(".actions .danger")).to_have_text(["Kill2"])
    await action(page, "Kill").click()
    await expect(dialog(page)).to_contain_text("3 records chosen one by one, 1 COMPLETE and 2 WAITING")
    await dialog(page).get_by_text("This cannot be taken back.").wait_for()
    await expect(dialog(page)).to_contain_text("2 would move, 1 would be refused")
    await confirm(page, "Kill 2")
    await expect(dialog(page)).to_contain_text("2 moved")
    await expect(dialog(page).get_by_role("button", name="Undo")).to_have_count(0)
    await dialog(page).get_by_role("button", name="Done").click()
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=waiting[0], exact=True))
    await expect(row).to_contain_text("KILLED")


async def test_an_action_needs_a_reason(visit: Visit, api: Api) -> None:
    (id_,) = await api.operator.submit(1)
    page = await visit(f"/records/{id_}")
    await action(page, "Hold").click()
    await expect(dialog(page)).to_contain_text(f"The record {id_}, which is WAITING.")
    await expect(dialog(page)).to_contain_text("Reason (required; it is kept with the record)")
    await expect(dialog(page).get_by_role("button", name="Hold 1")).to_be_disabled()
    await dialog(page).get_by_label("Reason").fill("   ")
    await expect(dialog(page).get_by_role("button", name="Hold 1")).to_be_disabled()
    await page.keyboard.press("Escape")
    await expect(dialog(page)).to_have_count(0)


async def test_what_was_done_can_be_taken_back_after_the_dialog_is_closed(visit: Visit, api: Api) -> None:
    ids = await api.operator.submit(2, tag="t")
    page = await visit("/records?tag=t")
    await page.get_by_role("button", name="Select all 2").click()
    await action(page, "Hold").click()
    await confirm(page, "Hold 2")
    await dialog(page).get_by_role("button", name="Done").click()
    notice = page.get_by_role("complementary", name="Last action")
    await expect(notice).to_contain_text("Hold: 2 records moved to HOLD.")
    await page.get_by_role("link", name="Overview").click()

    await notice.get_by_role("button", name="Undo: release 2 records").click()
    await expect(dialog(page)).to_contain_text(f"{ids[0]} and {ids[1]}: 2 records that you have just moved, all HOLD.")
    await page.keyboard.press("Escape")
    await notice.get_by_role("button", name="Undo").click()
    await confirm(page, "Release 2")
    await dialog(page).get_by_role("button", name="Done").click()
    await expect(notice).to_contain_text("Release: 2 records moved to WAITING.")
    await notice.get_by_role("button", name="Dismiss").click()
    await expect(notice).to_have_count(0)
    assert await api.operator.statuses(ids) == ["WAITING", "WAITING"]


async def test_a_persons_dialog_says_nothing_of_what_the_server_does(visit: Visit, api: Api) -> None:
    (id_,) = await brought(api, RecordStatus.ERROR)
    page = await visit(f"/records/{id_}")
    await action(page, "Fail").click()
    await expect(dialog(page)).to_contain_text("Marked as a permanent failure. It goes to FAILED.")


async def test_what_a_stale_tab_meant_to_do_is_refused_and_the_present_state_shown(visit: Visit, api: Api) -> None:
    (id_,) = await api.operator.submit(1)
    page = await visit(f"/records/{id_}")
    await action(page, "Kill").click()
    await dialog(page).get_by_label("Reason").fill("not wanted")
    await api.operator.move("hold", [id_])  # KILL is permitted from HOLD too, but nobody saw it there

    await dialog(page).get_by_role("button", name="Kill 1").click()
    await expect(dialog(page)).to_contain_text("0 moved")
    await expect(dialog(page)).to_contain_text("The record is HOLD, not WAITING as expected")
    await expect(dialog(page).get_by_role("listitem")).to_contain_text("HOLD permitted: release, kill")
    await dialog(page).get_by_role("button", name="Done").click()
    await expect(page.locator(".record-head")).to_contain_text("HOLD")
    assert await api.operator.statuses([id_]) == ["HOLD"]


async def test_a_tab_follows_what_another_one_does(visit: Visit, api: Api) -> None:
    (id_,) = await api.submitter.submit(1)
    operator = await visit(f"/records/{id_}")
    owner = await visit(f"/records/{id_}", client=api.submitter)
    await action(owner, "Hold").click()
    await confirm(owner, "Hold 1", "mine")

    await expect(operator.locator(".record-head")).to_contain_text("HOLD")
    await expect(operator.locator(".record-actions")).to_contain_text("Release")
    await expect(operator.locator(".timeline")).to_contain_text("Hold by submitter usermine")


async def test_a_viewer_has_no_action_anywhere(visit: Visit, api: Api) -> None:
    (id_,) = await brought(api, RecordStatus.ERROR)
    page = await visit("/records", client=api.viewer)
    await page.get_by_role("link", name=id_).wait_for()
    assert await page.get_by_role("checkbox").count() == 0
    for path in ("/errors", f"/records/{id_}", f"/matrix?record={id_}"):
        await page.goto(path)
        await page.get_by_text(id_).first.wait_for()
        assert await page.locator(".actions").count() == 0, path


async def test_a_submitter_acts_on_what_is_its_own(visit: Visit, api: Api) -> None:
    mine = await api.submitter.submit(2, campaign="shared")
    others = await api.operator.submit(3, campaign="shared")
    page = await visit("/records?campaign=shared", client=api.submitter)
    await page.get_by_label(f"Select {others[0]}").check()
    await page.get_by_text("Nothing is permitted on it.").wait_for()

    await page.get_by_role("button", name="Select all 5").click()
    await action(page, "Hold").click()
    await expect(dialog(page)).to_contain_text("2 would move.")
    await confirm(page, "Hold 2")
    await expect(dialog(page)).to_contain_text("2 moved")
    assert await api.operator.statuses([*mine, *others]) == ["HOLD"] * 2 + ["WAITING"] * 3


async def test_a_kill_while_a_manager_claims_ends_in_what_the_server_says(visit: Visit, api: Api) -> None:
    ids = await api.operator.submit(40, tag="contested")
    bench = await Bench.of(api, "contested")
    page = await visit("/records?tag=contested")
    await page.get_by_role("button", name="Select all 40").click()
    await action(page, "Kill").click()
    await dialog(page).get_by_label("Reason").fill("not wanted")
    tokens = await bench.claim(15)  # between what was previewed and what is done

    await dialog(page).get_by_role("button", name="Kill 40").click()
    await dialog(page).get_by_role("button", name="Done").wait_for()
    statuses = await api.operator.statuses(ids)
    assert statuses.count(None) == 25
    assert statuses.count("RUNNING") == 15
    assert await bench.give_back(list(tokens.values()), {"result": 1}) == ["ACCEPTED"] * 15


async def _lose_once(page: Page, document: str, *, done: bool) -> None:
    """The first request with this document gets no answer; ``done``: the server has had it."""
    lost: list[str] = []

    async def lose(route: Route) -> None:
        if document not in (route.request.post_data or "") or lost:
            await route.continue_()
            return
        lost.append(document)
        if done:
            await route.fetch()
        await route.abort()

    await page.route("**/graphql", lose)


async def test_a_call_whose_answer_is_lost_is_sent_again_under_the_same_key(visit: Visit, api: Api) -> None:
    (id_,) = await api.operator.submit(1)
    page = await visit(f"/records/{id_}")
    await action(page, "Hold").click()
    await dialog(page).get_by_label("Reason").fill("once")
    await _lose_once(page, "mutation Hold", done=True)
    await dialog(page).get_by_role("button", name="Hold 1").click()
    await dialog(page).get_by_text("The server cannot be reached.").wait_for()
    await dialog(page).get_by_role("button", name="Go on").click()
    await expect(dialog(page)).to_contain_text("1 moved")
    told = await api.operator.execute("query ($id: ID!) { record(id: $id) { events { action } } }", id=id_)
    assert [event["action"] for event in told["record"]["events"]] == ["SUBMIT", "HOLD"]


async def test_what_could_not_be_looked_up_is_taken_when_the_server_is_back(visit: Visit, api: Api) -> None:
    """Of a selection by filter the ids are looked up slice by slice."""
    ids = await api.operator.submit(3, hold=True, campaign="c")
    page = await visit("/records?campaign=c")
    await page.get_by_role("button", name="Select all 3").click()
    await action(page, "Release").click()
    await dialog(page).get_by_label("Reason").fill("the node is up")
    await _lose_once(page, "query Ids", done=False)
    await dialog(page).get_by_role("button", name="Release 3").click()
    await dialog(page).get_by_text("The server cannot be reached.").wait_for()
    await dialog(page).get_by_role("button", name="Go on").click()
    await expect(dialog(page)).to_contain_text("3 moved, 3 of 3 done.")
    assert set(await api.operator.statuses(ids)) == {"WAITING"}
