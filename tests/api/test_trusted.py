"""Trusted documents: asked for by their hash, by every way; and a server that runs no others."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from interlock.api.trusted import NoDocuments, TrustedDocuments
from interlock.settings import Settings
from support.api import FOLLOW, Api, Client
from support.server_settings import tuned

NAME = "query Name { viewer { name } }"
ONE = "query ($id: ID!) { record(id: $id) { id status } }"


def named(text: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": sha256(text.encode()).hexdigest()}}


@pytest.fixture(params=[False, True], ids=["any document", "trusted only"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    file = tmp_path / "documents.json"
    file.write_text(json.dumps({sha256(text.encode()).hexdigest(): text for text in (NAME, ONE, FOLLOW)}))
    return tuned(trusted_documents=file, trusted_only=request.param)


async def _ask(client: Client, **request: Any) -> httpx.Response:
    return await client.http.post(
        f"{client.url}/graphql", json=request, headers={"Authorization": f"Bearer {client.key}"}
    )


async def test_a_document_is_run_by_its_hash_over_http_get_stream_and_socket(api: Api) -> None:
    assert (await _ask(api.viewer, extensions=named(NAME))).json()["data"] == {"viewer": {"name": "viewer"}}
    data = (await _ask(api.viewer, extensions=named(ONE), variables={"id": "rec_1"})).json()["data"]
    assert data == {"record": None}
    headers = {"Authorization": f"Bearer {api.viewer.key}"}
    params = {"extensions": json.dumps(named(NAME))}
    by_get = await api.viewer.http.get(f"{api.viewer.url}/graphql", params=params, headers=headers)
    assert by_get.json()["data"] == {"viewer": {"name": "viewer"}}
    stream = await api.viewer.http.post(
        f"{api.viewer.url}/graphql",
        json={"extensions": named(NAME)},
        headers=headers | {"Accept": "text/event-stream"},
    )
    assert '"name":"viewer"' in stream.text
    async with api.viewer.socket() as socket:
        await socket.send(type="subscribe", id="1", payload={"extensions": named(NAME)})
        assert (await socket.receive())["payload"]["data"] == {"viewer": {"name": "viewer"}}


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"extensions": named("{ viewer { id } }")}, "PERSISTED_QUERY_NOT_FOUND"),
        ({"query": "{ viewer { id } }", "extensions": named(NAME)}, "INVALID_INPUT"),
        ({"extensions": {"persistedQuery": "x"}}, "INVALID_INPUT"),
        ({"extensions": {"persistedQuery": {"version": 1}}}, "INVALID_INPUT"),
        (
            {"query": NAME, "extensions": {"persistedQuery": named(NAME)["persistedQuery"] | {"version": 2}}},
            "INVALID_INPUT",
        ),
    ],
)
async def test_what_is_not_known_or_not_right_is_refused_by_every_way(
    api: Api, request_: dict[str, Any], code: str
) -> None:
    (error,) = (await _ask(api.viewer, **request_)).json()["errors"]
    assert error["extensions"]["code"] == code
    async with api.viewer.socket() as socket:
        await socket.send(type="subscribe", id="1", payload=request_)
        answer = await socket.receive()
        assert (answer["type"], answer["payload"][0]["extensions"]["code"]) == ("error", code)
        await socket.send(type="subscribe", id="1", payload={"query": NAME})
        assert (await socket.receive())["payload"]["data"] == {"viewer": {"name": "viewer"}}


async def test_a_server_that_trusts_only_its_documents_runs_no_other(api: Api, settings: Settings) -> None:
    other = "{ viewer { name role } }"
    answer = (await _ask(api.viewer, query=other)).json()
    if not settings.trusted_only:
        assert answer["data"]["viewer"]["name"] == "viewer"
        return
    assert answer["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"
    assert sha256(other.encode()).hexdigest() in answer["errors"][0]["message"]
    assert (await _ask(api.viewer, query=NAME)).json()["data"] == {"viewer": {"name": "viewer"}}
    # a hash does not make a document trusted that comes with it
    (error,) = (await _ask(api.viewer, query=other, extensions=named(other))).json()["errors"]
    assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    async with api.viewer.socket() as socket:
        await socket.send(type="subscribe", id="1", payload={"query": other})
        assert (await socket.receive())["payload"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read"),
        ("[", "cannot be read"),
        ("[]", "no such file"),
        ('{"a": "{ a }"}', "not its document's sha256"),
    ],
)
def test_a_file_that_is_no_file_of_documents_is_refused_at_the_start(
    tmp_path: Path, content: str | None, says: str
) -> None:
    file = tmp_path / "documents.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(NoDocuments, match=says):
        TrustedDocuments(tuned(trusted_documents=file))


def test_to_trust_only_what_is_not_there_is_refused() -> None:
    with pytest.raises(NoDocuments, match="--trusted-documents"):
        TrustedDocuments(tuned(trusted_only=True))
