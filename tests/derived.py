"""Everything in the repository that is derived from the code: written by ``./dev fix``, compared by ``./dev check``.

usage: python tests/derived.py [--check]
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from chaos.faults_table import faults
from interlock.api.schema import schema_text
from interlock.domain.drawing import listing, mermaid, square
from interlock.domain.retry import ANY, CAUSES, DEFAULT_POLICY, RETURNED_UNSTARTED
from interlock.domain.roles import CAPABILITIES, ROLE_MEANING
from interlock.settings import Settings
from support.checked import checked

ROOT = Path(__file__).parent.parent


def _diagram() -> str:
    return f"```mermaid\n{mermaid()}```\n"


def _roles() -> str:
    head = "| role | may | capabilities |\n| --- | --- | --- |\n"
    return head + "".join(
        f"| {role} | {ROLE_MEANING[role]} | {', '.join(sorted(CAPABILITIES[role]))} |\n" for role in CAPABILITIES
    )


def _settings() -> str:
    head = "| variable | default | meaning |\n| --- | --- | --- |\n"
    rows = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else str(field.default)
        if name == "retry_policy":
            default = "see domain/retry.py"
        rows.append(f"| `INTERLOCK_{name.upper()}` | {default} | {field.description} |\n")
    return head + "".join(rows)


def _retries() -> str:
    head = "| error type | what happened | retries | first pause |\n| --- | --- | --- | --- |\n"
    rows = [
        f"| {'any other' if rule.error_type == ANY else f'`{rule.error_type}`'} | {CAUSES[rule.error_type]} | "
        f"{rule.retries} | {f'{rule.backoff:.0f} s' if rule.retries else ''} |\n"
        for rule in DEFAULT_POLICY
    ]
    handed_back = (
        f"| `{RETURNED_UNSTARTED}` | a manager handed it back before it began | always, not counted | none |\n"
    )
    return head + handed_back + "".join(rows)


SECTIONS = {
    "checked": checked,
    "faults": faults,
    "diagram": _diagram,
    "square": square,
    "transitions": listing,
    "retries": _retries,
    "roles": _roles,
    "settings": _settings,
}
"""What stands in the README between ``<!-- derived: NAME -->`` and ``<!-- end -->``."""


def readme(text: str) -> str:
    """The README with its derived sections as they should be."""

    def section(match: re.Match[str]) -> str:
        return f"<!-- derived: {match[1]} -->\n\n{SECTIONS[match[1]]()}\n<!-- end -->"

    return re.sub(r"<!-- derived: (\w+) -->.*?<!-- end -->", section, text, flags=re.DOTALL)


def derived() -> dict[Path, str]:
    """Each derived file and what should be in it."""
    page = ROOT / "README.md"
    return {ROOT / "schema.graphql": schema_text(), page: readme(page.read_text())}


def main(arguments: list[str]) -> int:
    """Write, or with ``--check`` only compare; 1 when something is stale."""
    stale = [path for path, text in derived().items() if not path.exists() or path.read_text() != text]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.name} is stale: run ./dev fix", file=sys.stderr)  # noqa: T201 - a command
        return 1 if stale else 0
    for path in stale:
        path.write_text(derived()[path])
        print(f"wrote {path.name}")  # noqa: T201 - a command
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
