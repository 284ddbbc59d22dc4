"""The lifecycle as people see it: a Mermaid diagram, the thread's square, and the list of transitions."""

from __future__ import annotations

from interlock.domain.lifecycle import FIRST_STATUS, TRANSITIONS, RecordStatus, Target


def mermaid() -> str:
    """A Mermaid state diagram of the whole lifecycle."""
    lines = ["stateDiagram-v2", f"    [*] --> {FIRST_STATUS}: SUBMIT"]
    for row in TRANSITIONS:
        to = "[*]" if row.target == Target.KILLED else str(row.target)
        lines.append(f"    {row.source} --> {to}: {row.action}")
    lines += [f"    {status} --> [*]" for status in RecordStatus if not any(r.source == status for r in TRANSITIONS)]
    return "\n".join(lines) + "\n"


def square() -> str:
    """The matrix as the thread draws it, in Markdown: rows start, columns end, cells name the action."""
    head = "| from \\ to | " + " | ".join(Target) + " |"
    rule = "| --- |" + " --- |" * len(Target)
    body = [
        f"| **{source}** | "
        + " | ".join(
            next((f"{row.action}" for row in TRANSITIONS if (row.source, row.target) == (source, to)), "")
            for to in Target
        )
        + " |"
        for source in RecordStatus
    ]
    return "\n".join([head, rule, *body]) + "\n"


def listing() -> str:
    """The transitions in Markdown, with their numbers, actors, effects and meanings."""
    head = [
        "| no. | action | from | to | actors | task | meaning |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    body = [
        f"| {row.number or '-'} | {row.action} | {row.source} | {row.target} | {', '.join(row.actors)} "
        f"| {row.task_effect.lower()} | {row.meaning} |"
        for row in TRANSITIONS
    ]
    return "\n".join([*head, *body]) + "\n"
