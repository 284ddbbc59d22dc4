"""What error messages have in common: the same message with placeholders for whatever differs from case to case.

A pure function of the message: errors that went wrong in the same way get the same pattern, whatever molecule, file,
number or host it was.

Whoever returns an error writes its message, so each rule takes time in proportion to the line, whatever stands there:
it begins only where a word does, takes back nothing (``*+``), or keeps as it was what it looked at in vain.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import dropwhile
from typing import TypeAlias

LONGEST = 200
"""Characters of a pattern."""
NO_MESSAGE = "(no message)"
OTHER = "…"
"""Stands for all further messages of a type that has too many of them."""

_LOOKED_AT = 10_000
"""Characters at either end of a message, in which its telling lines are looked for."""
_LINE = 400
_NESTED = 10
"""Brackets in brackets that are told from text."""
_LINES = 3
"""Lines that tell: programs head the reason with a title, and follow it with what is of this case alone."""

_TRACEBACK = "Traceback (most recent call last)"
_FRAME = '\n  File "'
_UNTOLD = re.compile(r"^(?:\W*|For further information visit .*)$")

_NUMBER = r"(?:\d+(?:[.,:]\d+)*|\.\d+)(?:\.?[eEdD][-+]?\d+)?"
_UNIT = r"(?:[num]?s|min|h|K|eV|[kKMGT]?i?B)?"
_SMILES = r"(?:Cl|Br|[BCNOPSFIbcnops]|\[[A-Za-z0-9@+\-:]+\]|[=#$:/\\\-.)]|\((?=[A-Za-z\[=#/\\-])|%?\d)"
_FILE_PART = r"[\w.+@%=~-]+"

Replacement: TypeAlias = "str | Callable[[re.Match[str]], str]"


_GOES_ON = re.compile(r"[\w<>=#(\[@]")


def _if_smiles(match: re.Match[str]) -> str:
    """A word of atoms, bonds and rings, which no other word consists of."""
    word = match[0]
    alone = not _GOES_ON.match(match.string, match.end())
    return "<text>" if alone and re.search(r"[=#\[\]()\d]", word) and re.search(r"[A-Za-z]{2}|\]", word) else word


_RULES: tuple[tuple[re.Pattern[str], Replacement], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s'\"<>)\]]+", "<url>"),
        (r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b", "<id>"),
        (r"\b0[xX][0-9a-fA-F]+\b", "<id>"),
        (r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?", "<time>"),
        # an apostrophe inside a word quotes nothing
        (r"(?<![\w\\])[bru]?\"(?:[^\"\\]|\\.)*+\"", "<text>"),
        (r"(?<![\w\\])[bru]?'(?:[^'\\]|\\.)*+'(?!\w)", "<text>"),
        (r"`[^`]*`", "<text>"),
        (r"(?<!\w)[A-Za-z]:\\[^\s:*?\"<>|]+", "<path>"),
        (rf"(?<![\w.<)])~?(?:/{_FILE_PART})+/?", "<path>"),
        (rf"(?<![\w/.+@%=~-])(?:{_FILE_PART}/)+[\w+-]+\.[A-Za-z]\w{{0,4}}\b", "<path>"),
        (r"\bInChI=\S+", "<text>"),
        (rf"(?<![\w<>(.\[]){_SMILES}{{5,}}+", _if_smiles),
        # of hashes and ids: long, and letters and digits in one
        (r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{7,}\b", "<id>"),
        (r"\b(?=\w*\d)(?=\w*[A-Za-z])\w{20,}\b", "<id>"),
        (rf"(?<![\w.])[-+]?{_NUMBER}(?={_UNIT}(?!\w))", "<n>"),
        # part of a name (B3LYP, GFN2, 6-31G), unless it is long
        (r"\d{3,}", "<n>"),
        (r"\b(?:np|numpy)\.\w+\((<n>|<text>)\)", r"\1"),
    )
)
_VALUE = r"<(?:n|text|id|path|time|url|values)>"
_BRACKETS = re.compile(rf"[(\[{{][\s,;:=]*+{_VALUE}(?:[\s,;:=]|{_VALUE})*+[)\]}}]")
_RUN = re.compile(rf"{_VALUE}(?:(?:\s*[,;]\s*|\s+){_VALUE})+")


def pattern_of(message: str | None) -> str:
    """The message with placeholders, of LONGEST characters at most."""
    lines = [_with_placeholders(line[:_LINE]) for line in _telling(message or "")]
    pattern = " / ".join(lines) or NO_MESSAGE
    return pattern if len(pattern) <= LONGEST else pattern[: LONGEST - 1] + "…"


def _telling(message: str) -> list[str]:
    """The first lines that say something; of a traceback, what the exception says."""
    if len(message) > 2 * _LOOKED_AT:
        message = f"{message[:_LOOKED_AT]}\n{message[-_LOOKED_AT:]}"
    if _TRACEBACK in message:
        _, _, last = message.rpartition(_FRAME)
        said = dropwhile(_is_code, last.splitlines()[1:])
        message = "\n".join(said) or message
    lines = (line.strip() for line in message.splitlines())
    return [line for line in lines if not _UNTOLD.match(line)][:_LINES]


def _is_code(line: str) -> bool:
    """A frame's line of code, or the marks below it."""
    return line.startswith(" ") or not line.strip()


def _with_placeholders(line: str) -> str:
    for rule, replacement in _RULES:
        line = rule.sub(replacement, line)
    for _ in range(_NESTED):
        before, line = line, _collapsed(line)
        if line == before:
            break
    return " ".join(line.split())


def _collapsed(line: str) -> str:
    """However many values there are side by side, or in brackets."""
    return _RUN.sub("<values>", _BRACKETS.sub("<values>", line))
