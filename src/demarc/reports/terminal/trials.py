"""Tests of users' checks in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from demarc.posture.user.trial import Trial
from demarc.reports.terminal.draw import plain, say
from demarc.reports.text import count


def trials(found: Sequence[Trial], console: Console) -> None:
    """Print every case, what failed and why, and which cases a check lacks."""
    for one in found:
        if one.lacks:
            say(console, Text("lacks ", style="yellow"), plain(f"{one.policy}: {one.lacks}"))
            continue
        mark = Text("FAIL  ", style="bold red") if one.failed else Text("ok    ", style="green")
        say(console, mark, plain(f"{one.policy}: {one.case}"))
        if one.failed:
            console.print(plain(f"      {one.failed}"), overflow="fold")
    tried = [one for one in found if not one.lacks]
    failed = sum(bool(one.failed) for one in tried)
    say(console, f"{count(len(tried) - failed, 'case')} passed, {failed} failed", style="dim")
