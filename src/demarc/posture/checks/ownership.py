"""Checks of who is on record: namespaces without an owner, owners who are gone, duties held by nobody or two, reviews.

They read the control matrix, the register and the directory; whose a duty is was decided there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from demarc.catalog.duties import duties
from demarc.inventory.platform import reserved
from demarc.model.assessment import MatrixRow, Status
from demarc.model.duties import Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.posture import Fix, Found, ObjectRef, Severity
from demarc.posture.checks.grants import shortened
from demarc.posture.checks.workloads import seen
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report

_NAMESPACE_DUTY = "workload.isolation"
_SHARED_NAMES = frozenset(
    {
        *("admin", "admins", "all", "contact", "devops", "helpdesk", "info", "infra", "it", "it-support", "mail"),
        *("noreply", "no-reply", "office", "oncall", "on-call", "operations", "ops", "platform", "root", "security"),
        *("service", "soc", "sre", "support", "team", "webmaster"),
    }
)
"""Local parts of addresses that nobody reads alone."""
_MOST = 4


def _without_register(ground: Ground, report: Report) -> bool:
    """Say so where no register was given."""
    if ground.register.origin or ground.register.assignments or ground.register.people or ground.register.teams:
        return False
    report.unseen("register", "no register was given: who holds what is not on record", "give one with --register")
    return True


def _answered(rows: Iterable[MatrixRow]) -> tuple[Evidence, ...]:
    found = list(rows)
    said = [Evidence(says=f"matrix row {row.id} is {row.status.value}", grade=Grade.ANSWERED) for row in found[:3]]
    return tuple(said)


def _of_namespaces(ground: Ground) -> list[MatrixRow]:
    """The row of each namespace that is not the platform's."""
    return [
        row
        for row in ground.assessment.matrix
        if row.duty == _NAMESPACE_DUTY
        and row.scope.kind is Unit.NAMESPACE
        and not reserved(row.scope.name, ground.provider)
    ]


def _ownerless(ground: Ground) -> list[MatrixRow]:
    return [row for row in _of_namespaces(ground) if row.status is Status.UNOWNED]


def _is_empty_default(ground: Ground, namespace: str) -> bool:
    """Every cluster has a namespace ``default``: while nothing runs there, nobody needs to own it."""
    return namespace == "default" and not any(running.namespace == "default" for running in ground.workloads)


def _namespaces(ground: Ground, report: Report) -> None:
    """By the row of a duty that every namespace has; an owner whose time has ended is told with the owner."""
    rows = _of_namespaces(ground)
    lacking = [row for row in _ownerless(ground) if not _is_empty_default(ground, row.scope.name)]
    report.looked(len(rows))
    if lacking and _without_register(ground, report):
        return
    for row in lacking:
        name = row.scope.name
        report.violated(
            Found(
                object=ObjectRef(kind="Namespace", name=name),
                scope=row.scope,
                says=f"Nobody is on record for namespace {name}: no assignment, no label, no file names an owner",
                fields=(seen("register", None), seen("metadata.labels: owner", None)),
                fix=Fix(
                    says=f"Assign its duties in the register (scope: namespace {name}), or label it with its team.",
                    patch="metadata:\n  labels:\n    owner: TEAM",
                ),
                evidence=_answered([row]),
            )
        )
    for resource in ("namespaces",):
        report.unseen(resource, ground.view.missing(resource), f"allow listing {resource}, see demarc rbac-needed")
    if not rows:
        report.unseen("namespaces", "no namespace is in what was given", "give a dump that has namespaces")


def _owners(ground: Ground, report: Report) -> None:
    if _without_register(ground, report):
        return
    gone: dict[str, list[MatrixRow]] = {}
    conflicts: dict[str, list[MatrixRow]] = {}
    for row in ground.assessment.matrix:
        report.looked()
        if row.status is Status.LAPSED:
            gone.setdefault(_lapsed(row), []).append(row)
        for one in row.separation:
            conflicts.setdefault(one.says, []).append(row)
    for why, rows in gone.items():
        name = rows[0].owner.name if rows[0].owner is not None else why
        report.violated(
            _of_register(
                ground,
                ObjectRef(kind="Owner", name=name),
                f"{why}: {_duties(rows)} with nobody behind them",
                Fix(says="Name whoever took over, from the day on which they did; or end the assignment."),
                rows,
                mark=f"lapsed {why}",
            )
        )
    for why, rows in conflicts.items():
        report.violated(
            _of_register(
                ground,
                ObjectRef(kind="Owner", name=rows[0].owner.name if rows[0].owner is not None else "register"),
                f"{why}: on {_duties(rows)}",
                Fix(says="Name somebody else as approver or reviewer."),
                rows,
                severity=Severity.MEDIUM,
                mark=f"separation {why}",
            )
        )
    for found in _mailboxes(ground):
        report.violated(found)
    if not ground.inventory.directory:
        report.unseen("directory", "no export of the directory was given: who has left is not known", "give one")


def _lapsed(row: MatrixRow) -> str:
    """Why nobody stands behind a row any more, as the matrix says it."""
    return next(iter(row.remarks), "the owner on record is gone")


def _duties(rows: list[MatrixRow]) -> str:
    """Duties of rows and how many scopes they have."""
    names = list(dict.fromkeys(row.duty for row in rows))
    scopes = {row.scope for row in rows}
    where = f" in {len(scopes)} scopes" if len(scopes) > 1 else f" on {rows[0].scope}"
    return f"{shortened(names)}{where}"


def _of_register(
    ground: Ground,
    about: ObjectRef,
    says: str,
    fix: Fix,
    rows: list[MatrixRow],
    *,
    severity: Severity | None = None,
    mark: str = "",
    duty: str = "",
) -> Found:
    scopes = {row.scope for row in rows}
    return Found(
        object=about,
        scope=rows[0].scope if len(scopes) == 1 else ground.cluster,
        asked=rows[0].scope if duty else ground.cluster,
        part=rows[0].component if duty else "",
        says=says,
        fields=tuple(seen(f"matrix: {row.id}", row.status.value) for row in rows[:_MOST]),
        fix=fix,
        severity=severity,
        mark=mark,
        duty=duty,
        evidence=_answered(rows),
    )


def _mailboxes(ground: Ground) -> Iterator[Found]:
    """People of the register behind whose address more than one person sits: nobody in particular is accountable."""
    directory, assigned = ground.inventory.directory, ground.register.assignments
    groups = {name for entry in directory if not entry.person for name in (entry.id.lower(), *entry.aliases)}
    held = {entry.owner.removeprefix("person:") for entry in assigned if entry.period.contains(ground.at)}
    for person in ground.register.people:
        address = person.contact.lower()
        local = address.partition("@")[0]
        if person.id in held and address and (local in _SHARED_NAMES or address in groups):
            yield Found(
                object=ObjectRef(kind="Owner", name=person.name),
                scope=ground.cluster,
                says=f"{person.name} is on record as a person, and {person.contact} is a shared mailbox",
                fields=(seen(f"{person.where}", person.contact),),
                fix=Fix(says="Register it as a team with its members, or name one of them."),
                severity=Severity.MEDIUM,
                mark="mailbox",
                evidence=(Evidence(says=f"{person.where}: contact is {person.contact}", grade=Grade.WRITTEN),),
            )


def _assigned_once(ground: Ground, report: Report) -> None:
    """Grouped as they are mended: by namespace, by those who conflict, by question. See DM-TEN-004 for the rest."""
    if _without_register(ground, report):
        return
    told = {row.scope.name for row in _ownerless(ground)}
    open_rows: dict[tuple[Status, str], list[MatrixRow]] = {}
    for row in ground.assessment.matrix:
        report.looked()
        space = _namespace(row)
        if row.status is Status.UNOWNED and space not in told:
            open_rows.setdefault((row.status, space or row.duty), []).append(row)
        elif row.status is Status.CONFLICT:
            open_rows.setdefault((row.status, _rivals([row])), []).append(row)
        elif row.status is Status.AMBIGUOUS:
            open_rows.setdefault((row.status, row.duty), []).append(row)
    for (status, key), rows in open_rows.items():
        report.violated(_unsettled(ground, status, key, rows))


def _namespace(row: MatrixRow) -> str:
    """The namespace that a row is of; empty for one of the cluster."""
    if row.scope.kind is Unit.NAMESPACE:
        return row.scope.name
    inside = row.scope.kind in (Unit.WORKLOAD, Unit.IDENTITY) and row.scope.name.count("/") > 1
    return row.scope.name.partition("/")[0] if inside else ""


def _unsettled(ground: Ground, status: Status, key: str, rows: list[MatrixRow]) -> Found:
    question = duties()[rows[0].duty].question
    if status is Status.CONFLICT:
        about, says = ObjectRef(kind="Owner", name=key), f"Two hold {_duties(rows)}, so neither does: {key}"
        fix, severity = Fix(says="Keep one of them, or make one assignment narrower than the other."), None
    elif status is Status.UNOWNED:
        space = _namespace(rows[0])
        about = ObjectRef(kind="Namespace", name=space) if space else ObjectRef(kind="Duty", name=key)
        says = f"Nobody holds {_duties(rows)}" + ("" if space else f": {question}")
        fix, severity = Fix(says="Add an assignment to the register, with an owner."), None
    else:
        about = ObjectRef(kind="Duty", name=key)
        says = f"The published boundary leaves open who holds {_duties(rows)}: {question}"
        fix = Fix(
            says="Ask the provider, and write the answer into the register as a contract term.",
            command="demarc ambiguities",
        )
        severity = Severity.LOW
    return _of_register(ground, about, says, fix, rows, severity=severity, mark=status.value)


def _rivals(rows: list[MatrixRow]) -> str:
    return " and ".join(dict.fromkeys(holder.name for row in rows for holder in row.owners_in_conflict))


def _reviews(ground: Ground, report: Report) -> None:
    """One finding for each owner: what is most overdue is named first, and asks of the owner."""
    if _without_register(ground, report):
        return
    late: dict[str, list[MatrixRow]] = {}
    watched = 0
    for row in ground.assessment.matrix:
        watched += row.review_every is not None
        if row.status is Status.OVERDUE and row.owner is not None:
            late.setdefault(row.owner.name, []).append(row)
    report.looked(watched)
    for name, rows in late.items():
        rows.sort(key=lambda row: (row.next_review or "", row.id))
        first = rows[0]
        last = f"last on {first.last_review[:10]}" if first.last_review else "never on record"
        report.violated(
            _of_register(
                ground,
                ObjectRef(kind="Owner", name=name),
                f"{name} owes reviews of {_duties(rows)}; {first.duty} every {first.review_every} days, {last}",
                Fix(says="Review them, and write down in the register who did it, when, and with what evidence."),
                rows,
                mark="reviews",
                duty=first.duty,
            )
        )
    if not watched:
        why = "no assignment says how often it is to be reviewed"
        report.unseen("reviews", why, "write review_every into the register")


CHECKS: tuple[Check, ...] = (
    Check("DM-TEN-004", _namespaces),
    Check("DM-TEN-005", _owners),
    Check("DM-TEN-006", _assigned_once),
    Check("DM-TEN-007", _reviews),
)
