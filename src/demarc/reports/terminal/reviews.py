"""Reviews on the terminal: how campaigns stand, what waits for whom, and one item with all its evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from demarc.model.reviews import Campaign, Decision, Item, Risk
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
        decision = campaign.decisions.get(item.number)
        one_item(item, decision, console)
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
    """Who still has to decide what, and until when. Gives how many items are past due."""
    late = 0
    for campaign in campaigns:
        if campaign.closed_at or not campaign.waiting:
            continue
        overdue = bool(campaign.due) and campaign.due <= now
        console.print(_state(campaign, now))
        for reviewer, items in sorted(_by_reviewer(campaign).items()):
            numbers = ", ".join(str(item.number) for item in items[:12])
            more = f" and {len(items) - 12:,} more" if len(items) > 12 else ""
            said = f"{reviewer or NOBODY}: {count(len(items), 'item')} ({numbers}{more})"
            console.print(Padding(plain(said), (0, 0, 0, 4)))
        late += len(campaign.waiting) if overdue else 0
    if not late:
        say(console, "Nothing is past due.", style="dim")
    return late


def _by_reviewer(campaign: Campaign) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for item in campaign.waiting:
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
    return line
