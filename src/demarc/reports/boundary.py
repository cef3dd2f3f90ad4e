"""Confirmations of the boundary: one line a row for people, everything as JSON for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
from rich.console import Console
from rich.padding import Padding

from demarc.evidence.boundary import Standing, State
from demarc.model.ledger import stamp
from demarc.reports.terminal.draw import plain, say
from demarc.reports.text import count

_STYLES = {State.UNCONFIRMED: "yellow", State.CHANGED: "bold red", State.AGED: "bold red", State.CONFIRMED: "green"}


def render_json(standings: Sequence[Standing], at: str) -> bytes:
    """Everything, for programs."""
    whole = {"format": "demarc.boundary/1", "at": at, "rows": standings}
    return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"


def show(standings: Sequence[Standing], console: Console) -> None:
    """Each row with how it stands, those first on which most of the matrix rests."""
    for standing in sorted(standings, key=lambda one: -one.row.rows):
        row, found = standing.row, standing.confirmation
        line = plain(f"{standing.state.value:<12}", _STYLES[standing.state])
        line.append_text(plain(row.id, "bold"))
        console.print(line, overflow="fold")
        facts = [f"{' or '.join(row.parties) or 'nobody'}; {count(row.rows, 'row')} of the matrix"]
        facts.append(
            (row.source or "an inference: no page says so") + (f", {row.source_date}" if row.source_date else "")
        )
        if found is not None:
            clause = f", {found.clause}" if found.clause else ""
            until = stamp(found.again_by)[:10]
            facts.append(
                f"confirmed on {stamp(found.on)[:10]} by {found.by}: {found.document}{clause}; again by {until}"
            )
        if standing.why:
            facts.append(standing.why)
        for fact in facts:
            console.print(Padding(plain(fact, "dim"), (0, 0, 0, 4)))
    counts = Counter(standing.state for standing in standings)
    said = ", ".join(f"{counts[state]:,} {state.value}" for state in State)
    say(console, f"{count(len(standings), 'row')} of the boundary: {said}")
