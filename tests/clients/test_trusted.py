"""Trusted documents, as Apollo's client names them."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from interlock.settings import Settings
from support.api import Api
from support.node import told
from support.server_settings import tuned

pytestmark = pytest.mark.slow
PRINTED = "{\n  viewer {\n    name\n    __typename\n  }\n}"
"""As Apollo's client prints the document."""
HASH = sha256(PRINTED.encode()).hexdigest()


@pytest.fixture(params=["trusted", "unknown"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    file = tmp_path / "documents.json"
    text = PRINTED if request.param == "trusted" else "{ viewer { role } }"
    file.write_text(json.dumps({sha256(text.encode()).hexdigest(): text}))
    return tuned(trusted_documents=file)


async def test_apollo_names_a_document_and_sends_it_only_where_it_is_not_known(api: Api, settings: Settings) -> None:
    assert settings.trusted_documents is not None
    known = HASH in json.loads(settings.trusted_documents.read_text())
    seen: dict[str, Any] = await told("trusted.mjs", api.operator)
    assert seen["data"]["viewer"]["name"] == "operator"
    queries = [one["query"] for one in seen["sent"]]
    assert queries == ([None] if known else [None, PRINTED])
    assert {one["named"] for one in seen["sent"]} == {HASH}
