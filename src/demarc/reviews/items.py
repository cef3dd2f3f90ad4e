"""What a campaign puts before its reviewers, taken from the matrix, the planes and the register as of a moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from demarc.model.assessment import Assessment, MatrixRow, Status
from demarc.model.boundary import Party
from demarc.model.duties import Unit
from demarc.model.inventory import Scope
from demarc.model.nhi import NhiReport
from demarc.model.planes import OwnedPlanes, OwnedRow, Use
from demarc.model.posture import Whose
from demarc.model.register import Register, Selector
from demarc.model.reviews import About, Item, Risk
from demarc.model.time import iso
from demarc.reviews.identities import identity
from demarc.reviews.risk import in_order, of_grant, of_status

_MOST = 12
"""Pieces of evidence of one kind that an item carries."""


class Ground(Struct, frozen=True, kw_only=True):
    """What items are taken from."""

    assessment: Assessment
    register: Register
    planes: OwnedPlanes | None
    """Needed for access alone."""
    identities: NhiReport | None = None
    """Needed for identities alone."""
    at: datetime


def items(
    ground: Ground, about: Sequence[About], *, campaign: str, fallback: str = "", due_by: datetime | None = None
) -> list[Item]:
    """Collect and number the items, the riskiest first.

    With ``due_by``, only those whose cadence asks for a review until then.
    """
    makers = {
        About.ACCESS: _access,
        About.DUTIES: _duties,
        About.OWNERSHIP: _ownership,
        About.EXCEPTIONS: _exceptions,
        About.BOUNDARY: _boundary,
        About.IDENTITIES: _identities,
    }
    found = [item for one in dict.fromkeys(about) for item in makers[one](ground)]
    if due_by is not None:
        found = _due(found, iso(due_by)[:10])
    return [
        replace(item, campaign=campaign, number=number, reviewer=item.reviewer or fallback)
        for number, item in enumerate(sorted(found, key=in_order), 1)
    ]


def selector_of(scope: Scope) -> Selector:
    """The register's selector for a scope of the matrix."""
    match scope.kind:
        case Unit.POOL:
            return Selector(pool=scope.name)
        case Unit.COMPONENT:
            return Selector(component=scope.name)
        case Unit.NAMESPACE:
            return Selector(namespace=scope.name)
        case Unit.WORKLOAD:
            namespace, _, name = scope.name.partition("/")
            return Selector(namespace=namespace, workload=name)
        case Unit.IDENTITY:
            return Selector(identity=scope.name)
        case Unit.PIPELINE:
            return Selector(pipeline=scope.name)
    return Selector()


def _due(found: Sequence[Item], limit: str) -> list[Item]:
    """What is due; with something of the whole cluster, all of its duty: only together they are a review of it all."""
    due = [item for item in found if item.next_review and item.next_review <= limit]
    whole = {(item.about, duty) for item in due if {} in item.scopes for duty in item.duties}
    numbers = {id(item) for item in due}
    return [item for item in found if id(item) in numbers or any((item.about, duty) in whole for duty in item.duties)]


def _access(ground: Ground) -> list[Item]:
    rows = {row.id: row for row in ground.assessment.matrix}
    return [_grant(owned, rows) for owned in (ground.planes.rows if ground.planes else ())]


def _grant(owned: OwnedRow, rows: dict[str, MatrixRow]) -> Item:
    row = owned.row
    used = [power.value for power in row.powers if row.uses.get(power) is Use.USED]
    unused = [power.value for power in row.powers if row.uses.get(power) is Use.UNUSED]
    evidence = [
        f"can: {', '.join(power.value for power in row.powers)} over {', '.join(row.over[:_MOST]) or 'the cluster'}",
        f"by: {row.grant}",
        *(f"held through it: {one.name} ({one.by})" for one in row.members[:_MOST]),
        *(one.says for one in row.evidence[:_MOST]),
        *row.remarks,
    ]
    if used:
        evidence.append(f"used: {', '.join(used)}" + (f", last on {row.last_used[:10]}" if row.last_used else ""))
    if unused:
        evidence.append(f"not used in the trail that was read: {', '.join(unused)}")
    if not used and not unused and row.last_used:
        evidence.append(f"used, last on {row.last_used[:10]}")
    elif not used and not unused and not any(one.startswith("last used on") for one in row.remarks):
        evidence.append("whether it was used is unknown: no trail was given that shows it")
    if row.unknown:
        evidence.append(f"unknown: {row.unknown}")
    answer = rows.get(owned.matrix_row)
    risk, group = of_grant(row)
    return Item(
        campaign="",
        number=0,
        about=About.ACCESS,
        what=f"{row.plane.value} access of {row.holder}",
        evidence=tuple(evidence),
        duties=(row.duty,),
        scopes=(_selected(row.scope),),
        owner=owned.owner.id if owned.owner else "",
        reviewer=_reviewer(answer),
        last_review=owned.last_review or "",
        next_review=owned.next_review or "",
        target=row.id,
        risk=risk,
        group=group,
        holders=(row.holder, *(one.name for one in row.members)),
    )


def _identities(ground: Ground) -> list[Item]:
    """Non-human identities and credentials that are yours; what the platform has for itself is asked of the provider.

    They are reviewed in the scope in which the matrix asks for their duty: there they count once all were decided.
    """
    rows = {row.id: row for row in ground.assessment.matrix}
    found = []
    for one in ground.identities.items if ground.identities else ():
        answer = rows.get(one.answers.row)
        if one.answers.whose is not Whose.PROVIDER:
            made = identity(one, scope=_selected(answer.scope if answer else one.scope), reviewer=_reviewer(answer))
            dates = {"last_review": answer.last_review or "", "next_review": answer.next_review or ""} if answer else {}
            found.append(replace(made, **dates))
    return found


def _duties(ground: Ground) -> list[Item]:
    """Duties with a cadence, those of several scopes that stand alike in one item."""
    held = [row for row in ground.assessment.matrix if row.owner is not None and row.review_every is not None]
    return [
        _of_rows(
            About.DUTIES,
            f"{rows[0].duty} is in place",
            rows,
            [f"last review: {rows[0].last_review or 'none on record'}", *_remarks(rows)],
            risk=of_status(rows[0].status),
            group=f"duties of {rows[0].duty.partition('.')[0]}: {rows[0].status.value}",
        )
        for rows in _grouped(
            held, lambda row: (row.duty, _owner(row), _reviewer(row), row.last_review, row.next_review)
        )
    ]


def _ownership(ground: Ground) -> list[Item]:
    """Who owns what in a scope; a duty that nobody holds is an item too."""
    yours = [row for row in ground.assessment.matrix if row.status not in {Status.PROVIDER, Status.UNCOVERED}]
    return [
        _of_rows(
            About.OWNERSHIP,
            f"{rows[0].owner.name if rows[0].owner else 'nobody'} owns what {_place(rows[0].scope)} needs",
            rows,
            [f"stands as: {rows[0].status.value}", *_basis(rows), *_remarks(rows)],
            risk=of_status(rows[0].status),
            group=f"owners, by {rows[0].scope.kind.value}: {rows[0].status.value}",
        )
        for rows in _grouped(yours, lambda row: (row.scope, _owner(row), _reviewer(row), row.status))
    ]


def _exceptions(ground: Ground) -> list[Item]:
    return [
        Item(
            campaign="",
            number=0,
            about=About.EXCEPTIONS,
            what=f"exception {entry.id} from {', '.join(entry.duties)} for {entry.scope}",
            evidence=(
                f"reason: {entry.reason}",
                f"accepted by {entry.approved_by}",
                f"ends on {iso(entry.period.until)[:10] if entry.period.until else 'no day'}",
                f"written in {entry.where}",
            ),
            duties=entry.duties,
            scopes=(_built(entry.scope),),
            owner=entry.owner,
            reviewer=entry.approved_by if entry.approved_by != entry.owner else "",
            group="exceptions in force",
        )
        for entry in ground.register.exceptions
        if entry.period.contains(ground.at)
    ]


def _boundary(ground: Ground) -> list[Item]:
    unclear = [row for row in ground.assessment.matrix if row.party in {Party.SHARED, Party.AMBIGUOUS}]
    return [
        _of_rows(
            About.BOUNDARY,
            f"{rows[0].duty} on {rows[0].component} is {rows[0].party.value if rows[0].party else 'uncovered'}",
            rows,
            [*([f"basis: {rows[0].basis.kind.value}; {rows[0].basis.note}"] if rows[0].basis else []), *_remarks(rows)],
            risk=Risk.MEDIUM if rows[0].party is Party.AMBIGUOUS else Risk.LOW,
            group=f"boundary: {rows[0].party.value if rows[0].party else 'uncovered'}",
        )
        for rows in _grouped(unclear, lambda row: (row.duty, row.component, row.party, _owner(row), _reviewer(row)))
    ]


def _of_rows(
    about: About, what: str, rows: Sequence[MatrixRow], evidence: Iterable[str], *, risk: Risk, group: str
) -> Item:
    first = rows[0]
    scopes = {row.scope: _selected(row.scope) for row in rows}
    places = ", ".join(_place(scope) for scope in list(scopes)[:_MOST])
    more = f" and {len(scopes) - _MOST} more" if len(scopes) > _MOST else ""
    return Item(
        campaign="",
        number=0,
        about=about,
        what=what,
        evidence=(f"where: {places}{more}", *evidence),
        duties=tuple(dict.fromkeys(row.duty for row in rows)),
        scopes=tuple(scopes.values()),
        owner=_owner(first),
        reviewer=_reviewer(first),
        last_review=first.last_review or "",
        next_review=min((row.next_review for row in rows if row.next_review), default=""),
        risk=risk,
        group=group,
    )


def _grouped(rows: Iterable[MatrixRow], key: object) -> list[list[MatrixRow]]:
    groups: dict[object, list[MatrixRow]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)  # type: ignore[operator]
    return list(groups.values())


def _reviewer(row: MatrixRow | None) -> str:
    """Who reviews a row; nobody where that is the owner, or somebody of the owning team."""
    if row is None or row.reviewer is None or any(one.role == "reviewer" for one in row.separation):
        return ""
    return row.reviewer.id


def _owner(row: MatrixRow) -> str:
    return row.owner.id if row.owner else ""


def _basis(rows: Sequence[MatrixRow]) -> list[str]:
    return list(dict.fromkeys(f"written in {row.owner.basis}" for row in rows if row.owner and row.owner.basis))[:_MOST]


def _remarks(rows: Sequence[MatrixRow]) -> list[str]:
    said = [text for row in rows for text in (*row.remarks, *(f"exception {one}" for one in row.exceptions))]
    return list(dict.fromkeys(said))[:_MOST]


def _place(scope: Scope) -> str:
    return f"{scope.kind.value} {scope.name}".strip()


def _selected(scope: Scope) -> dict[str, object]:
    return _built(selector_of(scope))


def _built(selector: Selector) -> dict[str, object]:
    found = msgspec.to_builtins(selector)
    return {name: value for name, value in found.items() if value}
