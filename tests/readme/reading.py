"""The README as tests read it: by sections, and what stands in them to be run."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def section(title: str) -> str:
    """The text of a section."""
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def commands(title: str) -> list[str]:
    """The lines of a section that are commands of ours."""
    joined = [block.replace("\\\n", " ") for block in blocks("sh", section(title))]
    lines = [line.split(" #")[0].strip() for block in joined for line in block.splitlines()]
    return [line for line in lines if re.match(r"([A-Z_]+=\S+ )*interlock ", line)]
