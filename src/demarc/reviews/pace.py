"""How fast and how evenly somebody decided: a review in which all was kept within seconds shows as one.

It judges nobody: it says what is on record, and marks what a reader should ask about.
"""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import Any, Final

from msgspec import Struct

from demarc.model.ledger import moment_of
from demarc.model.reviews import Campaign, Choice, Decision, Way

_MANY: Final = 10
"""Decisions from which on a pace says something."""
_SECONDS: Final = 5.0
"""Less than this for each item, and nobody read its evidence."""


class Pace(Struct, frozen=True, kw_only=True):
    """How one person decided in a campaign."""

    by: str
    decisions: int
    choices: dict[str, int]
    ways: dict[str, int]
    seconds: float | None
    """Median of the seconds for an item on the screen; None where none was."""
    at_most: float | None
    """Of filled lists: seconds for each item from the opening until they came back, as if nothing else was done."""
    ask: str = ""
    """Why a reader should ask; empty where nothing stands out."""

    @property
    def says(self) -> str:
        """In words."""
        kept = ", ".join(f"{number:,} {name}" for name, number in self.choices.items())
        how = ", ".join(f"{number:,} {_WAYS[name]}" for name, number in self.ways.items())
        pace = f"; {self.seconds:.0f} s an item on the screen (median)" if self.seconds is not None else ""
        return f"{self.by}: {kept} ({how}){pace}" + (f". ASK: {self.ask}" if self.ask else "")


_WAYS: Final = {
    Way.TERMINAL.value: "one by one",
    Way.GROUP.value: "as a group",
    Way.FILE.value: "in a list",
    "": "in a way that was not recorded",
}


def paces(campaign: Campaign) -> tuple[Pace, ...]:
    """Everybody who decided, by name."""
    by: dict[str, list[Decision]] = {}
    for decision in campaign.decisions.values():
        by.setdefault(decision.by, []).append(decision)
    return tuple(_pace(campaign, name, found) for name, found in sorted(by.items()))


def record(campaign: Campaign) -> list[dict[str, Any]]:
    """The same for the record of a campaign."""
    return [
        {
            "by": one.by,
            "decisions": one.decisions,
            "choices": one.choices,
            "ways": one.ways,
            **({} if one.seconds is None else {"median_seconds": round(one.seconds)}),
            **({"ask": one.ask} if one.ask else {}),
        }
        for one in paces(campaign)
    ]


def _pace(campaign: Campaign, by: str, found: list[Decision]) -> Pace:
    timed = [one.seconds for one in found if one.seconds is not None]
    listed = [one for one in found if one.way is Way.FILE]
    seconds = float(median(timed)) if timed else None
    at_most = None
    if listed:
        since = moment_of(campaign.opened_at)
        at_most = (moment_of(max(one.at for one in listed)) - since).total_seconds() / len(listed)
    kept = all(one.choice is Choice.KEEP for one in found)
    return Pace(
        by=by,
        decisions=len(found),
        choices=dict(sorted(Counter(one.choice.value for one in found).items())),
        ways=dict(sorted(Counter(one.way.value if one.way else "" for one in found).items())),
        seconds=seconds,
        at_most=at_most,
        ask=_ask(found, kept=kept, seconds=seconds if len(timed) >= _MANY else None, at_most=at_most, listed=listed),
    )


def _ask(
    found: list[Decision], *, kept: bool, seconds: float | None, at_most: float | None, listed: list[Decision]
) -> str:
    if len(found) < _MANY:
        return ""
    if at_most is not None and len(listed) >= _MANY and at_most < _SECONDS:
        return f"the list came back with {len(listed):,} decisions, less than {at_most:.1f} s for each"
    if seconds is not None and seconds < _SECONDS:
        return f"{seconds:.0f} s for an item: was its evidence read?"
    if kept:
        return f"all {len(found):,} were kept"
    return ""
