"""The ambiguity register in a terminal: questions, readings, and the letters to the provider."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from demarc.model.assessment import Assessment
from demarc.reports.terminal.draw import plain, say
from demarc.reports.terminal.reasons import ambiguity
from demarc.reports.text import count, safe_lines


def ambiguities(assessment: Assessment, console: Console) -> None:
    """Print every entry: the question, its readings and who says which, and how to settle it, or what does."""
    if not assessment.ambiguities:
        say(console, "Nothing is unclear.")
    for entry in (*assessment.ambiguities, *assessment.settled):
        console.print()
        where = f"{entry.duty} on {entry.component.replace('_', ' ')}, {count(len(entry.rows), 'row')}"
        console.print(plain(where, style="bold"))
        ambiguity(entry, console)


def letters(assessment: Assessment, console: Console) -> None:
    """Print the questions to the provider, one letter after another."""
    written = [entry for entry in assessment.ambiguities if entry.letter]
    if not written:
        say(console, "There is nothing to ask the provider.")
    for number, entry in enumerate(written):
        if number:
            console.print(Text("\n" + "-" * 72 + "\n"))
        console.print(Text("\n".join(safe_lines(entry.letter))), soft_wrap=True)
