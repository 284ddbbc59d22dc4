"""Settings of a test's server that differ from the usual ones of the tests."""

from __future__ import annotations

from typing import Any

from interlock.settings import Settings


def tuned(**changes: Any) -> Settings:
    """The usual settings of a test's server, with these changes; the clock's steps are still the test's own."""
    return Settings(**({"upkeep_interval": 3600.0, "drain_timeout": 2.0, "key_cache": 0.0} | changes))
