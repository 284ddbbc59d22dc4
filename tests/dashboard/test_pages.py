"""The pages as they are served: strict, light, accessible, and built of nothing but what is here."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from dashboard.conftest import Visit
from dashboard.world import fill
from interlock.api.http.pages import BUILT, DASHBOARD
from interlock.domain.lifecycle import RecordStatus
from support.api import Api
from support.scenario import brought
from support.tools import NODE, ROOT, npm_installed, run

SOURCE = ROOT / "client_examples" / "dashboard"
FIRST_LOAD = 300_000


@pytest.fixture
async def http(server: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server) as http:
        yield http


async def test_what_is_plain_typescript_passes_its_own_tests() -> None:
    await npm_installed(SOURCE)
    said = await run(NODE, "node_modules/vitest/vitest.mjs", "run", cwd=SOURCE)

    assert re.search(r"Tests .*passed", said)


@pytest.mark.parametrize("path", [*DASHBOARD.paths, "/dashboard", "/dashboard/"])
async def test_each_address_of_the_dashboard_has_the_page(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path.replace("{id}", "rec_1"))

    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    assert answer.headers["content-security-policy"] == DASHBOARD.policy
    assert "unsafe" not in DASHBOARD.policy
    assert '<script type="module"' in answer.text


@pytest.mark.parametrize("path", ["/dashboard/none.js", "/dashboard/..%2f..%2fapp.py", "/records/a/b", "/dashboardx"])
async def test_nothing_else_is_served(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 404
    assert (await http.post("/")).status_code == 405


async def test_the_first_load_is_light(http: httpx.AsyncClient) -> None:
    page = (await http.get("/")).text
    names = set(re.findall(r'(?:src|href)="(/dashboard/[^"]+)"', page))
    files = [(await http.get(name)).content for name in names]

    assert len(files) >= 2
    assert sum(len(gzip.compress(content)) for content in [page.encode(), *files]) < FIRST_LOAD


async def test_what_is_bundled_gives_its_licences() -> None:
    licences = (BUILT / "dashboard" / "licenses.md").read_text()

    for package in ("react", "uplot", "3dmol", "@tanstack/react-query"):
        assert package in licences


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_on_any_page(visit: Visit, api: Api, scheme: str) -> None:
    await npm_installed(SOURCE)
    await fill(api, errors=40)
    axe = (SOURCE / "node_modules" / "axe-core" / "axe.min.js").read_text()
    page = await visit("/", color_scheme=scheme, reduced_motion="reduce")
    found: dict[str, list[Any]] = {}
    for path, waits in (
        ("/", "hpc-node-07"),
        ("/records?status=ERROR", "scf_not_converged"),
        ("/errors", "segfault"),
        ("/matrix?record=rec_1", "RELEASE is not permitted"),
        ("/matrix?record=rec_2", "CLAIM is for"),
        ("/records/rec_1", "SCF not converged"),
        ("/records?kind=qcschema", "water"),
        ("/records?errorPattern=err_1", "cycles, energy change"),
    ):
        await page.goto(path)
        await page.get_by_text(waits).first.wait_for()
        await page.get_by_text("Live", exact=True).wait_for()  # what is not is grey
        found[path] = await _violations(page, axe)
    await page.goto("/records/rec_1")
    await page.get_by_role("button", name="What is not permitted?").click()
    found["denials"] = await _violations(page, axe)
    await page.goto("/records?status=WAITING&tag=none-has-it")
    await page.get_by_label("Filter by tag").fill("dr")
    await page.get_by_role("option", name="drives").wait_for()
    found["suggestions"] = await _violations(page, axe)
    await page.goto("/records?status=WAITING")
    await page.get_by_role("button", name="Select all").click()
    await page.locator(".actions").get_by_role("button", name="Kill").click()
    await page.get_by_text("would move").wait_for()
    found["dialog"] = await _violations(page, axe)
    await page.keyboard.press("Escape")
    await page.locator(".actions").get_by_role("button", name="Hold").click()
    await page.get_by_label("Reason").fill("later")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Done").click()
    await page.get_by_text("shown no longer do").wait_for()
    found["notice"] = await _violations(page, axe)

    assert found == {path: [] for path in found}


async def _violations(page: Any, axe: str) -> list[Any]:
    await page.evaluate(axe)
    result = await page.evaluate("axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })")
    return [
        (each["id"], each["impact"], [node["html"][:120] for node in each["nodes"][:3]])
        for each in result["violations"]
    ]


async def test_a_molecule_is_drawn_where_a_record_has_one(visit: Visit, api: Api) -> None:
    await fill(api, errors=4)
    page = await visit("/records?kind=qcschema")
    await page.locator(".grid-row a").first.click()

    await page.get_by_role("img", name="The molecule H₂O").locator("canvas").first.wait_for()
    await page.get_by_text("scf_iterations").wait_for()


async def test_a_killed_record_keeps_its_history(visit: Visit, api: Api) -> None:
    (id_,) = await api.operator.submit(1)
    page = await visit(f"/records/{id_}")
    await page.get_by_text("Submit by operator").wait_for()
    await api.operator.move("kill", [id_], reason="a mistake")

    await page.get_by_text("It was killed").wait_for()
    await expect(page.locator(".timeline")).to_contain_text("a mistake")


async def test_the_matrix_lights_up_what_is_permitted_and_says_why_not(visit: Visit, api: Api) -> None:
    (id_,) = await api.operator.submit(1)
    page = await visit("/matrix")
    await page.get_by_label("Light up what is permitted for").fill(id_)
    await page.get_by_role("button", name="Show").click()

    await expect(page.locator(".square .move.open")).to_have_text(["2 Holduser", "3 Killuser"])
    await expect(page.locator(".square .move.denied")).to_have_text(["1 Claimmanager"])
    await expect(page.locator(".graph .way-name.open text")).to_have_text(["Hold", "Kill"])
    await page.get_by_text("FAIL is not permitted from WAITING; it is from ERROR.").wait_for()
    await page.get_by_text("only a manager or the server does it").wait_for()
    await page.locator(".actions").get_by_role("button", name="Hold").click()
    await page.get_by_label("Reason").fill("later")
    await page.get_by_role("button", name="Hold 1").click()
    await page.get_by_role("button", name="Done").click()
    await expect(page.locator(".square .move.open")).to_have_text(["8 Releaseuser", "9 Killuser"])


async def test_of_a_way_through_several_statuses_only_the_first_step_is_offered(visit: Visit, api: Api) -> None:
    (id_,) = await brought(api, RecordStatus.ERROR)
    page = await visit(f"/records/{id_}")
    await page.get_by_role("button", name="What is not permitted?").click()
    denied = page.locator(".denied-moves li")
    complete = denied.filter(has_text="COMPLETE is for MANAGER only.")
    await expect(complete).to_contain_text(
        "The way to COMPLETE: Retry (by a person or the server) to WAITING, "
        "then Claim (by a manager) to RUNNING, then Complete (by a manager) to COMPLETE."
    )
    await expect(denied.filter(has_text="REPORT_ERROR is for").get_by_role("button")).to_have_count(0)
    await expect(complete.get_by_role("button")).to_have_text(["Retry"])

    await complete.get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("heading")).to_have_text("Retry 1 record")
    await dialog.get_by_label("Reason").fill("again")
    await dialog.get_by_role("button", name="Retry 1").click()
    await dialog.get_by_role("button", name="Done").click()
    await expect(page.locator(".record-head")).to_contain_text("WAITING")


def test_no_source_file_is_long() -> None:
    paths = [path for path in SOURCE.rglob("*") if path.suffix in {".ts", ".tsx", ".css"}]
    own = [path for path in paths if not {"node_modules", "generated"} & set(path.parts)]

    assert len(own) > 50
    assert {path.name: _lines(path) for path in own if _lines(path) > 300} == {}


def _lines(path: Path) -> int:
    return len(path.read_text().splitlines())
