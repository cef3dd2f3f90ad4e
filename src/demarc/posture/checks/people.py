"""Checks of the people behind names: whom an alert reaches, and who acted under a name in the audit trail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from demarc.model.assessment import Holder, MatrixRow, Status
from demarc.model.evidence import Evidence, Grade
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef, Severity
from demarc.model.trail import IdentityUse
from demarc.posture.checks.logs import GIVE_TRAIL
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report

_ALERTED: Final = (
    *("response.tenant", "response.revocation", "monitoring.runtime-detection", "monitoring.audit-review"),
    "governance.ownership",
)
"""Duties whose holder must be reached when something happens."""
_OWN: Final = (
    "system:apiserver",
    "system:kube-",
    "kube-apiserver-kubelet-client",
    "eks:",
    "aksService",
    "gke-",
    "system:openshift",
)
"""Identities of the control plane that are in system:masters by their making."""
_MASTERS: Final = "system:masters"
_PLACES, _AGENTS = 3, 3


# DM-LOG-006


def _routes(ground: Ground, report: Report) -> None:
    if not ground.register.origin and not ground.register.assignments:
        report.unseen("register", "no register was given: who is told of an alert is unknown", "give --register FOLDER")
        return
    holders: dict[str, tuple[Holder, list[MatrixRow]]] = {}
    for row in ground.assessment.matrix:
        if row.duty not in _ALERTED:
            continue
        report.looked()
        if row.status in (Status.LAPSED, Status.UNOWNED):
            report.violated(_nobody(row))
        elif row.owner is not None and not row.owner.contact:
            holders.setdefault(row.owner.id, (row.owner, []))[1].append(row)
    for holder, rows in holders.values():
        duties = sorted({row.duty for row in rows})
        report.violated(
            Found(
                object=ObjectRef(kind="Owner", name=holder.name),
                scope=rows[0].scope,
                says=f"answers for {', '.join(duties)}, and the register has no contact: an alert reaches nobody",
                fields=(FieldSeen(path="contact", value="absent"),),
                fix=Fix(says="Write down a contact that somebody watches: a channel, a rota, an address."),
                duty="governance.ownership",
                evidence=(Evidence(says=holder.basis or f"{holder.name} has no contact", grade=Grade.WRITTEN),),
            )
        )


def _nobody(row: MatrixRow) -> Found:
    left = row.status is Status.LAPSED
    why = row.remarks[0] if row.remarks else "its owner's time has ended" if left else "nobody is assigned"
    return Found(
        object=ObjectRef(kind="Duty", name=f"{row.duty}/{row.component}@{row.scope}"),
        scope=row.scope,
        says=f"an alert reaches nobody: {why}",
        fields=(FieldSeen(path="status", value=row.status.value),),
        fix=Fix(says="Assign it to a team with a contact that somebody watches."),
        duty=row.duty,
        part=row.component,
        evidence=(Evidence(says=f"matrix row {row.id} is {row.status.value}", grade=Grade.WRITTEN),),
    )


# DM-LOG-007


def _actors(ground: Ground, report: Report) -> None:
    trail = ground.trail
    if trail is None:
        report.unseen("audit trail", "no audit trail was given", GIVE_TRAIL)
        return
    for identity in trail.identities:
        report.looked()
        if found := _shared(ground, identity):
            report.violated(found)
    behind: dict[str, list[str]] = {}
    for one in trail.impersonations:
        if one.requests > one.refused and one.user.startswith("system:serviceaccount:"):
            behind.setdefault(one.user, []).append(one.as_user)
    for user, people in behind.items():
        report.violated(
            _of_identity(
                ground,
                user,
                f"acts as {', '.join(sorted(people)[:4])}{' and others' if len(people) > 4 else ''}: who that was "
                "only its own log "
                "can tell; medium, because the trail shows both names",
                (("impersonatedUser", ", ".join(sorted(people)[:4])),),
                "Keep the log of what impersonates beside the audit trail, as long, and out of its own reach.",
                severity=Severity.MEDIUM,
            )
        )
    if trail.loses("impersonated_user"):
        report.unseen("impersonated users", "the trail's shape does not show them", "give the trail in another shape")


def _shared(ground: Ground, identity: IdentityUse) -> Found | None:
    """Accounts that are shared by their making, and users that are in too many places at once."""
    if (
        identity.service_account is not None
        or identity.user.startswith(_OWN)
        or identity.user in ("system:anonymous", "")
    ):
        return None
    shown = (("sourceIPs", ", ".join(identity.addresses[:5])), ("userAgent", ", ".join(identity.agents[:3])))
    if identity.user == "masterclient" or _MASTERS in identity.groups:
        return _of_identity(
            ground,
            identity.user,
            f"is an administrator without a person behind it, used {identity.requests} times from "
            f"{len(identity.addresses)} "
            f"addresses, last on {identity.last.date()}",
            shown,
            "Let people log in under their own names; keep this one sealed for emergencies, and alert on its use.",
        )
    places = _at_once(identity)
    if identity.user.startswith("system:") or len(places) < _PLACES or len(identity.agents) < _AGENTS:
        return None
    return _of_identity(
        ground,
        identity.user,
        f"was used from {len(places)} networks with {len(identity.agents)} agents within one hour: several people, "
        "or somebody "
        "else, stand behind one name",
        shown,
        "Ask its owner; give everybody a name of their own, and end the credential that is shared.",
    )


def _at_once(identity: IdentityUse) -> set[str]:
    """Networks of clients that were there within the same hour, the most of any hour that a client began."""
    best: set[str] = set()
    for one in identity.clients:
        near = {
            _network(other.source_ip)
            for other in identity.clients
            if other.source_ip and other.first <= one.first + timedelta(hours=1) and other.last >= one.first
        }
        best = max(best, near, key=len)
    return best


def _network(address: str) -> str:
    parts = address.split(".")
    return ".".join(parts[:2]) if len(parts) == 4 else ":".join(address.split(":")[:3])


def _of_identity(
    ground: Ground,
    user: str,
    says: str,
    fields: Iterable[tuple[str, str]],
    fix: str,
    *,
    severity: Severity | None = None,
) -> Found:
    namespace, _, name = user.removeprefix("system:serviceaccount:").partition(":")
    is_account = user.startswith("system:serviceaccount:")
    scope = f"{namespace}/ServiceAccount/{name}" if is_account else f"User/{user}"
    return Found(
        object=ObjectRef(kind="ServiceAccount", namespace=namespace, name=name)
        if is_account
        else ObjectRef(kind="User", name=user),
        scope=ground.identity(scope),
        says=says,
        fields=tuple(FieldSeen(path=path, value=value) for path, value in fields if value),
        fix=Fix(says=fix),
        severity=severity,
        component=ground.component_accounts.get((namespace, name), "") if is_account else "",
        evidence=(Evidence(says=f"{user} {says}", grade=Grade.ANSWERED),),
    )


CHECKS: tuple[Check, ...] = (
    Check("DM-LOG-006", _routes),
    Check("DM-LOG-007", _actors),
)
