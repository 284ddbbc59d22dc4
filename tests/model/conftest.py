"""The stage on which the model's servers run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from interlock.store.embedded import EmbeddedPostgres
from model.stage import Stage


@pytest.fixture
def stage(cluster: EmbeddedPostgres, template: str) -> Iterator[Stage]:
    """Servers in a thread of their own, one for each example."""
    stage = Stage(cluster, template)
    try:
        yield stage
    finally:
        stage.end()
