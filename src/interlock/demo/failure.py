"""What stops the demo, in words for whoever runs it."""

from __future__ import annotations


class DemoFailed(Exception):
    """The demo cannot go on; the message says why, and what to do."""
