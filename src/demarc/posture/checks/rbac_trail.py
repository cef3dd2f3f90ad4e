"""Checks of RBAC that the audit trail answers: what was granted and not used, and who granted it to whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from demarc.access.bindings import Bound
from demarc.access.identity import user_of
from demarc.access.planes.powers import ordered, powers_of, powers_used
from demarc.model.access import Request, SubjectRef
from demarc.model.evidence import Evidence, Grade
from demarc.model.planes import Power
from demarc.model.posture import Fix, Found
from demarc.model.time import instant
from demarc.model.trail import ChangeMade, IdentityUse, TrailFacts, UseMade
from demarc.posture.checks.grants import (
    asked,
    binding_ref,
    component_of,
    shortened,
    subject_ref,
    unbind,
    unseen_rbac,
    written,
)
from demarc.posture.checks.workloads import seen
from demarc.posture.granted import identity_name
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report

LONG_ENOUGH = timedelta(days=30)
"""A trail that is shorter does not show what is done once a month."""
_MOST_DARK = 10
"""Gaps of more than a tenth of the trail: what is not in it may have been done all the same."""
NO_TRAIL = "no audit trail was given"
GIVE_TRAIL = "give one with --events"
_RBAC = "rbac.authorization.k8s.io"
_WEIGHTY = frozenset(Power) - {Power.READ_ONLY, Power.NONE, Power.WRITE}


def usable(report: Report, trail: TrailFacts | None) -> TrailFacts | None:
    """The trail where it is there and long enough to say that something was not done; else say so."""
    if trail is None:
        report.unseen("audit trail", NO_TRAIL, GIVE_TRAIL)
        return None
    if trail.length < LONG_ENOUGH:
        days = trail.length.total_seconds() / 86400
        report.unseen(
            "audit trail",
            f"the trail covers {days:.1f} days: what is done once a month does not show in it",
            f"give at least {LONG_ENOUGH.days} days",
        )
        return None
    dark = sum((gap.length for gap in trail.gaps), timedelta())
    if dark * _MOST_DARK > trail.length:
        report.unseen(
            "audit trail",
            f"gaps of {dark.total_seconds() / 3600:.0f} hours in all: what was done then is not in it",
            "give what is missing",
        )
        return None
    return trail


def _unused(ground: Ground, report: Report) -> None:
    """A power counts as used where the binding allows a request that its subject made, whichever binding was named."""
    trail = usable(report, ground.trail)
    unseen_rbac(ground, report)
    if trail is None:
        return
    users = _Users(trail)
    found: dict[SubjectRef, list[tuple[Bound, tuple[Power, ...]]]] = {}
    for bound in ground.granted.bounds:
        powers = _checked(powers_of(bound.rules.rules), trail)
        for subject in ground.granted.rights.subjects_of(bound) if powers else ():
            report.looked()
            identities, unsure = users.of(subject)
            if unsure:
                report.unseen(f"what {subject} did", unsure, "give a trail that shows it")
                continue
            used = set(_used(bound, identities))
            left = tuple(power for power in powers if power not in used)
            if left and (Power.CLUSTER_ADMIN not in powers or not used & _WEIGHTY):
                found.setdefault(subject, []).append((bound, left))
    for subject, unused in sorted(found.items(), key=lambda item: item[0]):
        report.violated(_never_used(ground, trail, subject, unused))
    report.holds("every power that a binding gives beyond the defaults was used")


def _checked(powers: tuple[Power, ...], trail: TrailFacts) -> tuple[Power, ...]:
    """Powers whose use would show: that of reading does not in a trail without reads."""
    hidden = set() if trail.records_reads else {Power.SECRETS_READ}
    return tuple(power for power in powers if power in _WEIGHTY and power not in hidden)


class _Users:
    """Who stands behind a subject in the trail."""

    def __init__(self, trail: TrailFacts) -> None:
        self._trail = trail
        self._groups: dict[str, list[IdentityUse]] = {}
        for identity in trail.identities:
            for group in identity.groups:
                self._groups.setdefault(group, []).append(identity)
        self._acted = {one.as_user for one in trail.impersonations}

    def of(self, subject: SubjectRef) -> tuple[list[IdentityUse], str]:
        """What identities did as the subject; why that is not known, else empty."""
        if subject.kind == "Group":
            if self._trail.loses("user_groups"):
                return [], "the trail does not show groups of users"
            found = self._groups.get(subject.name, [])
        else:
            user = user_of(subject)
            if user in self._acted:
                return [], "somebody acted as it: what was done so stands under another name"
            identity = self._trail.by_user.get(user)
            found = [identity] if identity is not None else []
        if not found and self._trail.identities_left:
            return [], "the trail has more identities than were kept"
        if any(one.uses_left for one in found):
            return [], "more rights were used than were kept"
        return found, ""


def _used(bound: Bound, identities: Iterable[IdentityUse]) -> Iterator[Power]:
    for identity in identities:
        for use in identity.uses:
            if _allows(bound, use):
                yield from powers_used(use.verb, use.group, use.resource, use.subresource)


def _allows(bound: Bound, use: UseMade) -> bool:
    """Whether a binding allows what was done; a right that is limited to names is taken to have been used."""
    if not use.resource or (bound.namespace and bound.namespace != use.namespace):
        return False
    request = Request(verb=use.verb, group=use.group, resource=use.resource, subresource=use.subresource)
    return bound.rules.allows(request) or any(
        bound.rules.allows(
            Request(verb=use.verb, group=use.group, resource=use.resource, subresource=use.subresource, name=name)
        )
        for rule in bound.rules.rules
        for name in rule.resource_names or ()
    )


def _never_used(
    ground: Ground, trail: TrailFacts, subject: SubjectRef, unused: list[tuple[Bound, tuple[Power, ...]]]
) -> Found:
    powers = ordered(power for _, left in unused for power in left)
    first = unused[0][0]
    window = f"from {trail.since:%Y-%m-%d} to {trail.until:%Y-%m-%d}"
    return Found(
        object=subject_ref(subject),
        scope=ground.identity(identity_name(subject)),
        asked=asked(ground, [bound.namespace for bound, _ in unused]),
        says=f"{subject} did not once use {shortened([power.value for power in powers], 6)} {window}, given by "
        f"{shortened([f'{bound.key} ({bound.role})' for bound, _ in unused], 3)}",
        fields=tuple(seen(f"{bound.key}: unused", [power.value for power in left]) for bound, left in unused[:4]),
        fix=Fix(
            says="Ask its owner; bind a role with what was used instead, then take it out.",
            command=unbind(ground.view.authorizer.bindings.all[first.order], subject),
        ),
        component=component_of(ground, subject),
        evidence=(
            Evidence(
                says=f"{trail.requests} requests {window} in {trail.origin}, none of them so", grade=Grade.WRITTEN
            ),
            *(written(bound, f"binds {bound.role}") for bound, _ in unused[:2]),
        ),
        source=first.binding.source,
    )


def _own_grant(ground: Ground, report: Report) -> None:
    """Who made or changed a binding, by the trail, against whom it names. Older bindings stay unknown."""
    trail = ground.trail
    unseen_rbac(ground, report)
    if trail is None:
        report.unseen("who made bindings", NO_TRAIL, GIVE_TRAIL)
        return
    older: list[str] = []
    for bound in ground.granted.bounds:
        report.looked()
        changes = trail.changes_of.get(_key(bound), ())
        made = [one for one in changes if one.verb != "delete"]
        if not any(one.verb == "create" for one in made) and not _within(bound, trail):
            older.append(bound.key)
        for change in made:
            granter = change.as_user or change.user
            grantee = _grantee(ground, trail, bound, granter)
            if grantee is not None:
                report.violated(_granted_itself(ground, bound, change, granter, grantee))
                break
    if older:
        why = f"{shortened(older, 3)} were made before the trail begins on {trail.since:%Y-%m-%d}"
        report.unseen("who made older bindings", why, "give a trail that reaches further back")
    if trail.changes_left:
        report.unseen("changes", f"{trail.changes_left} further changes were not kept", "give a shorter trail")
    if not ground.granted.bounds:
        report.holds("no binding goes beyond those that every cluster has")


def _key(bound: Bound) -> tuple[str, str, str, str]:
    return _RBAC, f"{bound.kind.lower()}s", bound.namespace, bound.binding.metadata.name


def _within(bound: Bound, trail: TrailFacts) -> bool:
    """Whether a binding came into being while the trail ran."""
    created = bound.binding.metadata.creation_timestamp
    return created is not None and instant(created) >= trail.since


def _grantee(ground: Ground, trail: TrailFacts, bound: Bound, granter: str) -> SubjectRef | None:
    """The subject by which whoever granted has the grant: named itself, or by a group that it is in."""
    identity = trail.by_user.get(granter)
    groups = set(identity.groups) - {"system:authenticated"} if identity is not None else set()
    for subject in ground.granted.rights.subjects_of(bound):
        if (subject.kind != "Group" and user_of(subject) == granter) or (
            subject.kind == "Group" and subject.name in groups
        ):
            return subject
    return None


def _granted_itself(ground: Ground, bound: Bound, change: ChangeMade, granter: str, grantee: SubjectRef) -> Found:
    through = "" if grantee.kind != "Group" else f", as a member of {grantee}"
    how = "made" if change.verb == "create" else "changed"
    acted = f" (as {change.as_user})" if change.as_user else ""
    return Found(
        object=binding_ref(bound),
        scope=ground.namespace(bound.namespace),
        says=f"{change.user}{acted} {how} {bound.key} on {change.last:%Y-%m-%d %H:%M} and has {bound.role} by it"
        f"{through}: nobody else had to agree",
        fields=(seen(f"{bound.key}: subjects", str(grantee)), seen("audit: user", granter)),
        fix=Fix(
            says="Have somebody else look at the grant and make it again, or take it back.",
            command=unbind(ground.view.authorizer.bindings.all[bound.order], grantee),
        ),
        evidence=(
            Evidence(
                says=f"audit id {change.audit_id}: {change.verb} by {change.user} from {change.source_ip}",
                grade=Grade.WRITTEN,
            ),
            written(bound, f"subjects name {grantee}"),
        ),
        source=bound.binding.source,
    )


CHECKS: tuple[Check, ...] = (
    Check("DM-RBAC-024", _unused),
    Check("DM-RBAC-032", _own_grant),
)
