"""Reviews on the terminal: how campaigns stand, what waits for whom, and one item with all its evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from demarc.model.reviews import ORDERS, Campaign, Decision, Item, Risk
from demarc.reports.terminal.draw import heading, plain, say
from demarc.reports.text import count
from demarc.reviews.pace import paces
from demarc.reviews.risk import in_order

_RISKS = {Risk.HIGH: "bold red", Risk.MEDIUM: "bold yellow"}
NOBODY = "nobody (no reviewer is named who is not the owner)"


def standing(campaigns: Iterable[Campaign], now: str, console: Console) -> None:
    """How campaigns stand, one a line."""
    found = list(campaigns)
    if not found:
        say(console, "No campaign was opened.")
    for campaign in found:
        console.print(_state(campaign, now))


def campaign_list(campaign: Campaign, items: Sequence[Item], now: str, console: Console) -> None:
    """One campaign with its items, the riskiest first, and how those who decided went about it."""
    console.print(_state(campaign, now))
    for pace in paces(campaign):
        console.print(Padding(plain(pace.says, "yellow" if pace.ask else "dim"), (0, 0, 0, 4)))
    groups = Counter((item.risk, item.group) for item in items)
    shown = None
    for item in sorted(items, key=in_order):
        group = (item.risk, item.group)
        if item.group and group != shown:
            shown = group
            console.print(plain(f"[{item.risk.value}] {item.group}: {groups[group]:,}", _RISKS.get(item.risk, "bold")))
        one_item(item, campaign.decisions.get(item.number), console)
        for said in _carried(campaign, item):
            console.print(Padding(plain(said, "yellow"), (0, 0, 0, 4)))
    if not items:
        say(console, "No item is for them.")


def one_item(item: Item, decision: Decision | None, console: Console) -> None:
    """One item, with all the evidence in front of whoever decides."""
    line = Text(f"{item.number}  ", style="bold").append_text(plain(item.what, "bold"))
    if decision is not None:
        line.append_text(plain(f"  {decision.choice.value} by {decision.by}", "green"))
    console.print(line, overflow="fold", no_wrap=False)
    facts = [
        f"owner {item.owner or 'nobody'}, for {item.reviewer or NOBODY} to decide; duty {', '.join(item.duties)}",
        *item.evidence,
    ]
    if item.last_review or item.next_review:
        facts.append(f"last review {item.last_review or 'none'}, next {item.next_review or 'not set'}")
    if decision is not None and decision.note:
        facts.append(f"note: {decision.note}")
    for fact in facts:
        console.print(Padding(plain(fact, "dim"), (0, 0, 0, 4)))


def reminders(campaigns: Iterable[Campaign], now: str, console: Console) -> int:
    """Who still has to decide what and until when, and what was decided and is not done. Gives how much is past due."""
    late = 0
    for campaign in campaigns:
        waiting = () if campaign.closed_at else campaign.waiting
        if not waiting and not campaign.owed:
            continue
        console.print(_state(campaign, now))
        for reviewer, items in sorted(_by_reviewer(waiting).items()):
            numbers = ", ".join(str(item.number) for item in items[:12])
            more = f" and {len(items) - 12:,} more" if len(items) > 12 else ""
            said = f"{reviewer or NOBODY}: {count(len(items), 'item')} ({numbers}{more})"
            console.print(Padding(plain(said), (0, 0, 0, 4)))
        late += len(waiting) if campaign.due and campaign.due <= now else 0
        late += _owed(campaign, now, console)
    if not late:
        say(console, "Nothing is past due.", style="dim")
    return late


def _owed(campaign: Campaign, now: str, console: Console) -> int:
    """What was decided and is not done; gives how much of it is past due."""
    late = [owed for owed in campaign.owed if owed.due <= now]
    for owed in sorted(campaign.owed, key=lambda one: (one.due, one.item.number)):
        past = owed.due <= now
        state = f"NOT DONE, was due {owed.due[:10]}" if past else f"to be done by {owed.due[:10]}"
        planned = f"planned ({owed.planned.plan[:12]})" if owed.planned else "not planned: demarc review plan"
        line = f"{owed.item.number}  {owed.decision.choice.value} {owed.item.what}: {state}; {planned}"
        line += f"; owner {owed.item.owner or 'nobody'}"
        console.print(Padding(plain(line, "bold red" if past else ""), (0, 0, 0, 4)))
    return len(late)


def _carried(campaign: Campaign, item: Item) -> list[str]:
    """How far the decision on an item was carried out."""
    decision = campaign.decisions.get(item.number)
    if decision is None or decision.choice not in ORDERS:
        return []
    found = campaign.planned.get(item.number)
    lines = [f"planned on {found.at[:10]}, plan {found.plan[:12]}"] if found else []
    for one in campaign.done.get(item.number, ()):
        part = f" of {one.part}" if one.part else ""
        lines.append(f"done{part} on {one.at[:10]} by {one.by}: {one.says}")
    if not campaign.is_done(item.number):
        lines.append(f"not done; due {campaign.due_of(decision)[:10]}")
    return lines


def _by_reviewer(waiting: Iterable[Item]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for item in waiting:
        found.setdefault(item.reviewer, []).append(item)
    return found


def _state(campaign: Campaign, now: str) -> Text:
    done = Counter(decision.choice.value for decision in campaign.decisions.values())
    line = heading(campaign.id)
    if campaign.title:
        line.append_text(plain(f"  {campaign.title}", "not bold"))
    if campaign.closed_at:
        state, style = f"closed on {campaign.closed_at[:10]}", "dim"
    elif campaign.due and campaign.due <= now:
        state, style = f"PAST DUE since {campaign.due[:10]}", "bold red"
    else:
        state, style = f"due {campaign.due[:10]}", "yellow"
    said = ", ".join(f"{number} {name}" for name, number in sorted(done.items())) or "nothing decided"
    line.append_text(plain(f"  {state}", style))
    line.append_text(plain(f"  {len(campaign.waiting)} of {len(campaign.items)} wait; {said}", "dim"))
    ordered = sum(decision.choice in ORDERS for decision in campaign.decisions.values())
    if ordered:
        owed = campaign.owed
        late = sum(one.due <= now for one in owed)
        word = f"; {ordered - len(owed)} of {ordered} done" + (f", {late} LATE" if late else "")
        line.append_text(plain(word, "bold red" if late else "dim"))
    return line
