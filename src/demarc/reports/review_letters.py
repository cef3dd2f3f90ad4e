"""What a review leaves to be done, as a letter to each owner: what was decided, by whom, why, and how it is done."""

from __future__ import annotations

import re
from collections.abc import Iterator

from demarc.lifecycle.plan import Decided, Plan
from demarc.model.reviews import Campaign
from demarc.reports.text import count, safe_text

_NOBODY = "whoever owns it: the register names nobody"


def letters_of(plan: Plan, campaign: Campaign) -> dict[str, str]:
    """Names of files, and the letters; nothing for what ``demarc nhi apply`` does by itself."""
    owners = {item.number: item.owner for item in campaign.items}
    by_owner: dict[str, list[tuple[Decided, str]]] = {}
    for task in plan.tasks:
        if task.decision is not None:
            order = "\n\n".join((task.what, *(f"       {line}" for line in task.do.split("\n"))))
            by_owner.setdefault(owners.get(task.decision.number, ""), []).append((task.decision, order))
    return {
        f"{_file(owner or 'nobody')}.md": "\n".join(_letter(owner, orders, campaign)) + "\n"
        for owner, orders in sorted(by_owner.items())
    }


def _letter(owner: str, orders: list[tuple[Decided, str]], campaign: Campaign) -> Iterator[str]:
    due = min(campaign.due_of(campaign.decisions[decision.number]) for decision, _ in orders)
    yield f"# To {safe_text(owner) or _NOBODY}: {count(len(orders), 'thing')} to do by {due[:10]}"
    yield ""
    title = f" ({safe_text(campaign.title)})" if campaign.title else ""
    yield f"The review {safe_text(campaign.id)}{title} decided:"
    for place, (decision, order) in enumerate(orders, 1):
        first, *rest = order.split("\n")
        yield ""
        yield f"{place}. {safe_text(first)}"
        yield from (safe_text(line) for line in rest)
        yield ""
        why = safe_text(decision.note)
        yield f"   Decided: {decision.choice} by {safe_text(decision.by)} on {decision.at[:10]}: {why}"
        yield f"   (item {decision.number}, entry {decision.entry} of the ledger)"
    yield ""
    yield "When it is done, say so, with what shows it:"
    yield ""
    numbers = " ".join(str(number) for number in sorted({decision.number for decision, _ in orders}))
    yield f"    demarc review done {safe_text(campaign.id)} {numbers} --by YOU --note 'ticket or pull request'"


def _file(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")[:80] or "owner"
