"""What may become an entry: nothing that reads like a secret value, and nothing under a name kept for commands.

An entry cannot be taken out again, so what must not be in it is refused before it is. How a secret is told from other
text is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from msgspec.structs import replace

from demarc.ledger.elements import Element
from demarc.model.errors import DemarcError, Where
from demarc.model.ledger import Draft

Mask = Callable[[str], str]
"""Gives a text with the secrets in it masked; the same text where it shows none."""

KEPT = ("register.", "ledger.", "review.")
"""Beginnings of kinds that only their own commands write, so that nobody slips in an owner or an anchor by hand."""
KEPT_KINDS = ("register", "ledger", "review")


def admitted(draft: Draft, mask: Mask) -> Draft:
    """Give a draft that somebody wrote by hand. Raises DemarcError when it may not become an entry."""
    if draft.kind in KEPT_KINDS or draft.kind.startswith(KEPT):
        raise DemarcError(
            f"entries of kind {draft.kind} are written by their own command",
            where=Where(file="--kind"),
            todo="demarc ledger record writes the register, demarc ledger anchor anchors, demarc review reviews",
        )
    clean([draft], mask)
    return draft


def clean(drafts: Iterable[Draft], mask: Mask) -> None:
    """Raise DemarcError when a draft shows what reads like a secret value; the value is not repeated."""
    for draft in drafts:
        said = {"subject": draft.subject, "actor": draft.actor, "body": draft.body}
        for place, text in _texts(said, ""):
            if mask(text) != text:
                raise DemarcError(
                    "this reads like a secret value, and an entry can never be taken out again",
                    where=Where(file=f"{draft.kind} entry", field=place.lstrip(".")),
                    todo="name where the secret is kept, not the secret; nothing was recorded",
                )


def masked(elements: Iterable[Element], mask: Mask) -> tuple[list[Element], int]:
    """The elements of a register with what reads like secret values masked, and how many texts that were."""
    found, count = [], 0
    for element in elements:
        body, changed = _masked(element.body, mask)
        found.append(replace(element, body=body) if changed else element)
        count += changed
    return found, count


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            # The name of a field says what its value is: password: hunter2 reads like one only together.
            yield f"{place}.{key}", f"{key}: {inner}" if isinstance(inner, str) else str(key)
            yield from _texts(inner, f"{place}.{key}")
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{place}[{number}]")


def _masked(value: Any, mask: Mask) -> tuple[Any, int]:
    if isinstance(value, str):
        text = mask(value)
        return text, int(text != value)
    if isinstance(value, dict):
        pairs = {key: _masked(inner, mask) for key, inner in value.items()}
        return {key: pair[0] for key, pair in pairs.items()}, sum(pair[1] for pair in pairs.values())
    if isinstance(value, list | tuple):
        items = [_masked(inner, mask) for inner in value]
        return [item[0] for item in items], sum(item[1] for item in items)
    return value, 0
