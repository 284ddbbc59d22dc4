"""What several test modules of the API share."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from interlock.api.compiled.requests import CompiledRequests


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Counter[bool]:
    """How many requests were answered past graphql-core, and how many were left to it."""
    counts: Counter[bool] = Counter()
    whole = CompiledRequests.answer

    async def counting(self: CompiledRequests, *arguments: Any) -> bytes | None:
        answer = await whole(self, *arguments)
        counts[answer is not None] += 1
        return answer

    monkeypatch.setattr(CompiledRequests, "answer", counting)
    return counts
