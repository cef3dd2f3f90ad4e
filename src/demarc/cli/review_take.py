"""``demarc review take``: decisions, one after the other in the terminal, or all that a filled list says."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from demarc.cli.answer import run_now
from demarc.cli.ledger.book import Book, Signing, account, clock, opened, said
from demarc.cli.options import Ask
from demarc.cli.review import REVIEW, bench, found_campaigns, named
from demarc.cli.screen import Screen
from demarc.intake.masking import mask
from demarc.ledger.intake import clean
from demarc.model.errors import DemarcError, Where
from demarc.model.reviews import Campaign, Choice, Item, Way
from demarc.reviews.campaign import KINDS, Bench, Wanted, campaigns, deciding
from demarc.reviews.risk import in_order

if TYPE_CHECKING:
    from demarc.ledger.store.reader import Reader
    from demarc.model.ledger import Draft

_KEYS = {"k": Choice.KEEP, "c": Choice.CHANGE, "r": Choice.REVOKE, "n": Choice.NOT_MINE}
_ALL, _SKIP, _QUIT = "a", "s", "q"


def take(
    name: Annotated[str, Parameter(group=REVIEW)],
    /,
    *,
    by: Annotated[str, Parameter(group=REVIEW)],
    file: Annotated[Path | None, Parameter(group=REVIEW)] = None,
    ask: Ask = Ask(),  # noqa: B008 - frozen, without state
    signing: Signing = Signing(),  # noqa: B008
) -> None:
    """Decide: one item after the other in the terminal, or all that a filled list says.

    Parameters
    ----------
    name
        The campaign.
    by
        Who decides: id of a person in the register.
    file
        Filled list, YAML, CSV or XLSX, as review list wrote it.
    """
    from demarc.reviews.forms import MOST_BYTES, filled  # noqa: PLC0415 - loaded only when needed

    screen, run = Screen(), run_now()
    judge = bench(ask, run, screen)
    if fault := judge.knows(by):
        raise DemarcError(fault, where=Where(file="--by"), todo="name a person of the register who is there")
    campaign = named(found_campaigns(ask, run), name)
    if campaign.closed_at:
        raise DemarcError(f"the campaign {name} is closed", todo="open another one")
    if file is None:
        wanted = _asked(campaign, by, judge, screen)
    else:
        try:
            with file.open("rb") as stream:
                wanted = filled(stream.read(MOST_BYTES + 1), str(file))
        except OSError as error:
            raise DemarcError(
                f"it cannot be read: {error.strerror}", where=Where(file=str(file)), todo="name the filled list"
            ) from error
    if not wanted:
        screen.note("nothing was decided")
        return
    store = opened(Book(ledger=ask.ledger), run, writing=True)

    def make(reader: Reader) -> Sequence[Draft]:
        current = named(campaigns(reader.standing(reader.head().size, kinds=KINDS)), name)
        drafts = deciding(current, wanted, by, judge, now=run.now)
        clean(drafts, mask)
        return drafts

    done = store.append(make, writer=account(), clock=clock)
    screen.note(f"{len(wanted):,} decisions of {by}")
    said(screen, store, signing, run, done.size if done else 0)


def _asked(campaign: Campaign, by: str, judge: Bench, screen: Screen) -> list[Wanted]:
    """Ask for a decision on one item after the other, the riskiest first. Nothing is recorded before the end."""
    waiting = sorted((item for item in judge.listed(campaign, by) if campaign.is_open(item)), key=in_order)
    if not waiting:
        screen.note(f"nothing waits for {by}")
        return []
    if not sys.stdin.isatty():
        raise DemarcError("there is no terminal to ask in", where=Where(file="--file"), todo="give a filled list")
    wanted: list[Wanted] = []
    for (risk, group), found in groupby(waiting, key=lambda item: (item.risk, item.group)):
        items = list(found)
        screen.out.print(f"[{risk.value}] {group or 'others'}: {len(items)}", style="bold", markup=False)
        for one in _of_group(campaign, items, screen, time.monotonic):
            if one is None:
                return wanted
            wanted.append(one)
    return wanted


def _of_group(
    campaign: Campaign, items: Sequence[Item], screen: Screen, seconds: Callable[[], float]
) -> Iterator[Wanted | None]:
    """Decisions on items that are alike; None once they want to stop."""
    from demarc.reports.terminal.reviews import one_item  # noqa: PLC0415 - loaded only when needed

    for position, item in enumerate(items):
        since = seconds()
        one_item(item, campaign.decisions.get(item.number), screen.out)
        rest = items[position:]
        answer = _answer(len(rest))
        if answer == _ALL:
            if _confirmed(rest, screen):
                yield from (_decided(one, Choice.KEEP, way=Way.GROUP) for one in rest)
                return
            answer = _answer(1)
        if answer == _QUIT:
            yield None
            return
        if answer == _SKIP:
            continue
        choice = _KEYS[answer]
        note = input("  what must change: ").strip() if choice in {Choice.CHANGE, Choice.REVOKE} else ""
        yield _decided(item, choice, note=note, way=Way.TERMINAL, seconds=round(seconds() - since))


def _decided(item: Item, choice: Choice, *, way: Way, note: str = "", seconds: int | None = None) -> Wanted:
    where = Where(file=f"item {item.number}")
    return Wanted(number=item.number, choice=choice, note=note, way=way, seconds=seconds, where=where)


def _confirmed(rest: Sequence[Item], screen: Screen) -> bool:
    """Whether all that are left are to be kept: they are named, and their number has to be typed."""
    for item in rest:
        screen.out.print(f"    {item.number}  {item.what}", markup=False, highlight=False)
    text = input(f"  these {len(rest)} are kept as a group, and the record says so; type keep {len(rest)}: ")
    if text.split() == ["keep", str(len(rest))]:
        return True
    screen.note("not kept: one by one")
    return False


def _answer(left: int) -> str:
    """One of the keys. Keeping the rest of a group is offered where there is more than one left."""
    more = f"(a)ll {left} that are left of this group, " if left > 1 else ""
    known = {*_KEYS, _SKIP, _QUIT, *([_ALL] if left > 1 else [])}
    while True:
        try:
            text = input(f"  (k)eep, (c)hange, (r)evoke, (n)ot mine, (s)kip, {more}(q)uit and record: ")
        except EOFError:
            return _QUIT
        key = text.strip().lower()[:1]
        if key in known:
            return key
