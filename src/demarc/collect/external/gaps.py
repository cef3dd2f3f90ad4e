"""What the exports themselves say is missing, and which of their Records say the same.

A list answer names what there is: a name that nobody described, a page that goes on, an entry that could not be read
are Gaps. Answers overlap too: a summary in a list and its full description, a pool in its cluster and on its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from demarc.collect.external.shape import Body, record, text, texts
from demarc.model.evidence import Gap, GapReason
from demarc.model.snapshot import Record

UNREAD = "external.unread"
"""Kind of the Record that stands for entries of an array that no reader knew."""

DESCRIBED_BY = {
    "eks.nodegroup": ("aws eks describe-nodegroup", "nodegroupArn"),
    "eks.addon": ("aws eks describe-addon", "addonArn"),
    "eks.accessEntry": ("aws eks describe-access-entry", "accessEntryArn"),
    "eks.fargateProfile": ("aws eks describe-fargate-profile", "fargateProfileArn"),
    "eks.podIdentityAssociation": ("aws eks describe-pod-identity-association", "roleArn"),
    "eks.capability": ("aws eks describe-capability", "roleArn"),
}
"""Kinds whose list answer only names them: the command that describes one, and a field that only a description has."""

_REASONS = {reason.value: reason for reason in GapReason}
_SHOWN = 5


def gaps(records: Iterable[Record]) -> list[Gap]:
    """Say what was listed but never described, what a list left out, and what could not be read."""
    by_kind: dict[str, list[Record]] = defaultdict(list)
    for item in records:
        by_kind[item.kind].append(item)
    found: list[Gap] = []
    for kind, items in sorted(by_kind.items()):
        if kind == UNREAD:
            found += [_unread(item.name, item.body) for item in items]
        elif kind.endswith("List"):
            found += _list_gaps(kind.removesuffix("List"), items, by_kind.get(kind.removesuffix("List"), []))
    return found


def _list_gaps(kind: str, lists: Sequence[Record], described: Sequence[Record]) -> list[Gap]:
    found = [_unread(kind, item.body) for item in lists if item.body.get("unread")]
    pages: dict[tuple[str, str, Any], list[Record]] = defaultdict(list)
    for item in lists:
        pages[item.parent, text(item.body, "by"), item.body.get("total")].append(item)
    for together in pages.values():
        found += _unfinished(kind, together)
    if kind in DESCRIBED_BY:
        for item in lists:
            found += _undescribed(kind, item, described)
    return list(dict.fromkeys(found))


def _unread(what: str, body: Body) -> Gap:
    count = text(body, "unread")
    return Gap(
        what=what,
        reason=_REASONS.get(text(body, "reason"), GapReason.MALFORMED),
        detail=text(body, "says")
        or f"{count} {'entry' if count == '1' else 'entries'} of the answer could not be read",
        todo=text(body, "todo") or "export it again as the tool prints it",
    )


def unread(name: str, *, says: str, reason: GapReason, todo: str) -> Record:
    """Make the Record that stands for something found and not read, for readers that give Records alone."""
    return record(UNREAD, {"unread": 1, "says": says, "reason": reason.value, "todo": todo}, name=name)


def _unfinished(kind: str, pages: Sequence[Record]) -> list[Gap]:
    """Pages of one list: one of them must be the last, or together they must hold as many as they say there are."""
    parent, total = pages[0].parent, pages[0].body.get("total")
    if isinstance(total, int):
        partial = [names for page in pages if len(names := texts(page.body.get("names"))) < total]
        held = sum(map(len, partial))
        missing = total - held if partial else 0
        says = f"the answer says that there are {total} and holds {held}"
    else:
        missing = int(all(page.body.get("more") is True for page in pages))
        says = "the answer goes on in a further page that was not given"
    if missing <= 0:
        return []
    return [
        Gap(
            what=kind,
            reason=GapReason.TRUNCATED,
            detail=f"{says}{f' ({parent})' if parent else ''}",
            todo="export all pages (gh api --paginate; aws without --max-items)",
        )
    ]


def _undescribed(kind: str, listed: Record, described: Sequence[Record]) -> list[Gap]:
    command, proof = DESCRIBED_BY[kind]
    seen = {item.name for item in described if item.body.get(proof) and _together(item.parent, listed.parent)}
    missing = [name for name in texts(listed.body.get("names")) if name not in seen]
    if not missing:
        return []
    shown = ", ".join(name[:80] for name in missing[:_SHOWN]) + (" ..." if len(missing) > _SHOWN else "")
    return [
        Gap(
            what=kind,
            reason=GapReason.NOT_GIVEN,
            detail=f"{len(missing)} of {len(texts(listed.body.get('names')))} listed but not described: {shown}",
            todo=f"give the answer of {command} for each",
        )
    ]


def _together(one: str, other: str) -> bool:
    """A list of names mostly does not say whose it is: an unnamed parent goes with any."""
    return not one or not other or one == other


def merged(records: Iterable[Record]) -> list[Record]:
    """Drop Records that another one of the same kind and name repeats in full; order is kept, first of equals stays.

    A summary goes when its description is there, as does a pool that its cluster already held. Answers that
    contradict each other both stay.
    """
    kept = list(records)
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for position, item in enumerate(kept):
        if item.name and not item.kind.endswith("List"):
            groups[item.kind, item.name].append(position)
    dropped: set[int] = set()
    for positions in groups.values():
        if len(positions) > 1:
            dropped |= _repeated(kept, positions)
    return [item for position, item in enumerate(kept) if position not in dropped]


def _repeated(kept: Sequence[Record], positions: Sequence[int]) -> set[int]:
    """Biggest first, so that each is only compared with what it could be a part of."""
    ordered = sorted(positions, key=lambda position: (-len(kept[position].body), position))
    staying: list[int] = []
    for position in ordered[:_MOST_COMPARED]:
        if not any(_repeats(kept[other], kept[position]) for other in staying):
            staying.append(position)
    return set(ordered[:_MOST_COMPARED]) - set(staying)


_MOST_COMPARED = 200


def _repeats(fuller: Record, part: Record) -> bool:
    if not _together(fuller.parent, part.parent) or (part.parent and not fuller.parent):
        return False
    return all(name in fuller.body and fuller.body[name] == value for name, value in part.body.items())
