"""GraphQL over HTTP as the audits of graphql-http see it: all of them, and none as a warning."""

from __future__ import annotations

import pytest

from support.api import Api
from support.node import told

pytestmark = pytest.mark.slow


async def test_every_audit_of_graphql_http_is_passed(api: Api) -> None:
    audits = await told("http_audits.mjs", api.viewer)
    assert [audit for audit in audits if audit["status"] != "ok"] == []
    assert len({audit["id"] for audit in audits}) == len(audits) == 61
