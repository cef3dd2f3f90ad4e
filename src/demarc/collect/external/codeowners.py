"""CODEOWNERS of GitHub and GitLab: rules with their lines, in file order.

The last rule that matches wins; in GitLab, the last of each section. Matching is for who asks.
"""

from __future__ import annotations

import re
from typing import Any

MOST_RULES = 20_000

_SECTION = re.compile(r"^(\^)?\[([^\]]+)\](?:\[(\d{1,4})\])?(?:\s+(.*))?$")
_WORD = re.compile(r"(?:\\.|[^\s\\])+|\\")


def rules(content: str) -> tuple[list[dict[str, Any]], bool]:
    """Read the rules, and whether all were read.

    Each rule has ``pattern``, ``owners`` (as written, ``@org/team`` or an address; empty where a rule takes owners
    away), ``line`` from 1, and for GitLab ``section``, ``optional`` and ``approvals``; a rule in a section without
    owners has those of the section.
    """
    found: list[dict[str, Any]] = []
    section: dict[str, Any] = {}
    inherited: list[str] = []
    for number, line in enumerate(content.splitlines(), start=1):
        written = _without_comment(line).strip()
        if not written:
            continue
        heading = _SECTION.match(written)
        if heading:
            section = {"section": heading[2], "optional": bool(heading[1]), "approvals": int(heading[3] or 1)}
            inherited = (heading[4] or "").split()
            continue
        if len(found) == MOST_RULES:
            return found, False
        pattern, *owners = _WORD.findall(written)
        found.append({"pattern": pattern, "owners": owners or inherited, "line": number, **section})
    return found, True


def _without_comment(line: str) -> str:
    r"""A ``#`` begins a comment at the start of a line or after a space; ``\#`` is part of a pattern."""
    if line.lstrip().startswith("#"):
        return ""
    found = re.search(r"\s#", line)
    return line[: found.start()] if found else line
