"""What one can do next: lines for copying."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

from interlock.demo.telling import Teller

COMMAND = "INTERLOCK_COMMAND"
"""Set by ./dev to how it was started, so that what is said can be copied."""

_QUESTION = "{ records(filter: {status: [ERROR, FAILED]}) { nodes { id status attempts { error { message } } } } }"


def come_back(teller: Teller, data_dir: Path, molecules: int) -> None:
    """How to look at it when the demo has ended."""
    teller.title("Look further")
    teller.plain(
        "  The server stops now, and everything is kept. To look at it, in the dashboard too, or to submit molecules:"
    )
    interlock = os.environ.get(COMMAND, "interlock")
    teller.plain(
        f"      {interlock} demo --keep-running --molecules {molecules} --data-dir {shlex.quote(str(data_dir))}\n"
    )


def look_around(teller: Teller, url: str, data_dir: Path) -> None:
    """How to ask, and to submit, while the server and the manager go on."""
    key = shlex.quote(str(data_dir / "admin.key"))
    python = "./dev run python" if COMMAND in os.environ else "python"
    teller.title("Look further")
    teller.plain("  The server and the manager go on until you press Ctrl-C. The dashboard, to which this is the key:")
    teller.plain(f"      {url.removesuffix('graphql')}      cat {key}")
    teller.plain("  Ask anything, such as what has failed:")
    teller.plain(f'      printf \'header = "Authorization: Bearer %s"\\n\' "$(cat {key})" |')
    teller.plain(f"        curl -s --config - {url} -H 'Content-Type: application/json' \\")
    teller.plain(f"        -d {shlex.quote(json.dumps({'query': _QUESTION}))}")
    teller.plain(
        "  Submit molecules of your own, with the tag that this manager serves; the example has one to begin with:"
    )
    teller.plain(f"      INTERLOCK_URL={url.removesuffix('/graphql')} INTERLOCK_API_KEY=$(cat {key}) \\")
    teller.plain(f"        {python} client_examples/submit_and_follow.py --tag demo")
    teller.plain("  client_examples/ submits, follows and resumes; schema.graphql describes all there is.\n")
