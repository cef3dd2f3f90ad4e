"""Checks of exceptions from policies, and of changes past the declared way: who answers for them, and until when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from demarc.access.techniques.view import shown
from demarc.model.duties import Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Scope
from demarc.model.kubernetes import FieldsEntry, GatekeeperConfig, KubeObject, PolicyException, PolicyReport
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef
from demarc.model.time import instant
from demarc.model.trail import ChangeMade
from demarc.posture.checks.workloads import seen
from demarc.posture.declared import Declared
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report

_KINDS: Final = (
    *("PolicyException.kyverno.io", "PolicyException.policies.kyverno.io"),
    *("SecurityException.kubescape.io", "ClusterSecurityException.kubescape.io"),
)
_REPORTS: Final = (
    *("PolicyReport.wgpolicyk8s.io", "ClusterPolicyReport.wgpolicyk8s.io"),
    *("Report.openreports.io", "ClusterReport.openreports.io"),
)
_SKIPS: Final = "kubescape.io/skip-controls"
_SKIP_REASON: Final = "kubescape.io/skip-reason"
_SKIP_EXPIRY: Final = "kubescape.io/skip-expiry"
_EXEMPT: Final = re.compile(r"^polaris\.fairwinds\.com/(.+-)?exempt$")
_OWNER: Final = re.compile(r"owner|team|contact|requested-?by|approved-?by|approver", re.IGNORECASE)
_REASON: Final = re.compile(r"reason|description|justification|ticket|why", re.IGNORECASE)
_UNTIL: Final = re.compile(r"expir|valid-?until|(^|/)until|(^|/)ttl$|review-?by|ends?-?(at|on)$", re.IGNORECASE)
_LIFETIME: Final = re.compile(r"^\d+[smhd]")
"""A time to live: the engine itself takes the exception away."""


class Exempted(NamedTuple):
    """An exception as an object of the cluster says it."""

    item: KubeObject
    from_what: str
    owner: str
    reason: str
    until: str
    fields: tuple[FieldSeen, ...]
    mark: str = ""


def _exemptions(ground: Ground) -> Iterator[Exempted]:
    for kind in _KINDS:
        for item in ground.snapshot.all(kind, PolicyException):
            spec = item.spec
            notes = {**item.labels, **item.annotations}
            names = [one.policy_name for one in spec.exceptions or ()] + [one.name for one in spec.policy_refs or ()]
            yield Exempted(
                item=item,
                from_what=", ".join(name for name in names if name) or "policies",
                owner=spec.owner or spec.approver or _noted(notes, _OWNER),
                reason=spec.reason or _noted(notes, _REASON),
                until=spec.expires_at or _noted(notes, _UNTIL),
                fields=(seen("spec.exceptions", names),),
            )
    yield from _noted_exemptions(ground)
    yield from _gatekeepers(ground)


def _noted_exemptions(ground: Ground) -> Iterator[Exempted]:
    """Exceptions that somebody wrote on the object itself."""
    for item in _annotated(ground):
        notes = item.annotations
        exempt = [name for name in notes if _EXEMPT.match(name) and notes[name].lower() == "true"]
        if _SKIPS in notes:
            yield Exempted(
                item=item,
                from_what=f"controls {notes[_SKIPS]}",
                owner=_noted({**item.labels, **notes}, _OWNER),
                reason=notes.get(_SKIP_REASON, ""),
                until=notes.get(_SKIP_EXPIRY, ""),
                fields=(seen(f"metadata.annotations[{_SKIPS}]", notes[_SKIPS]),),
                mark="kubescape",
            )
        if exempt:
            yield Exempted(
                item=item,
                from_what=f"checks of Polaris ({len(exempt)})",
                owner=_noted({**item.labels, **notes}, _OWNER),
                reason="",
                until="",
                fields=tuple(seen(f"metadata.annotations[{name}]", "true") for name in exempt),
                mark="polaris",
            )


def _gatekeepers(ground: Ground) -> Iterator[Exempted]:
    """Namespaces that Gatekeeper is not asked about."""
    for config in ground.snapshot.all("Config.config.gatekeeper.sh", GatekeeperConfig):
        for number, match in enumerate(config.spec.match or ()):
            spaces = [
                name
                for name in match.excluded_namespaces or ()
                if name not in ground.systems and name != "gatekeeper-system"
            ]
            if spaces and {"*", "webhook"} & set(match.processes or ["*"]):
                notes = {**config.labels, **config.annotations}
                yield Exempted(
                    item=config,
                    from_what=f"every constraint, for namespaces {', '.join(spaces)}",
                    owner=_noted(notes, _OWNER),
                    reason=_noted(notes, _REASON),
                    until=_noted(notes, _UNTIL),
                    fields=(seen(f"spec.match[{number}].excludedNamespaces", spaces),),
                    mark=str(number),
                )


_ANNOTATED: Final = ("Deployment.apps", "StatefulSet.apps", "DaemonSet.apps", "CronJob.batch", "Namespace")


def _annotated(ground: Ground) -> Iterator[KubeObject]:
    for kind in _ANNOTATED:
        for item in ground.snapshot.objects.get(kind, ()):
            if item.metadata.annotations:
                yield item


def _noted(notes: dict[str, str], sign: re.Pattern[str]) -> str:
    return next((value for name, value in notes.items() if value and sign.search(name)), "")


def _unseen(ground: Ground, report: Report, found: list[Exempted]) -> None:
    """Exceptions that were not listed may be there all the same, wherever an engine is that knows them."""
    engines = {one.name: one for one in ground.inventory.components if one.kind == "policy_engine"}
    if "kyverno" in engines and not any(one.item.kind == "PolicyException" for one in found):
        why = ground.lacks("PolicyException.kyverno.io")
        report.unseen("policyexceptions", why, "add them to the dump: kubectl get policyexceptions -A -o json")
    if "gatekeeper" in engines and not ground.snapshot.objects.get("Config.config.gatekeeper.sh"):
        why = ground.lacks("Config.config.gatekeeper.sh")
        report.unseen(
            "configs.config.gatekeeper.sh",
            why,
            "add it to the dump: kubectl get configs.config.gatekeeper.sh -A -o json",
        )
    if not found:
        report.holds("no exception from a policy is in the cluster")


def _unowned(ground: Ground, report: Report) -> None:
    found = list(_exemptions(ground))
    registered = {entry.id for entry in ground.register.exceptions}
    for one in found:
        report.looked()
        lacking = [
            name for name, value in (("owner", one.owner), ("reason", one.reason), ("expiry", one.until)) if not value
        ]
        if not lacking or one.item.metadata.name in registered:
            continue
        says = f"excepts from {one.from_what}, without {', '.join(lacking)}"
        fix = Fix(
            says=f"Write it into the register as exception {one.item.metadata.name}, with owner, approver and an end; "
            "or take it away."
        )
        report.violated(_of(ground, one, says, one.fields, fix))
    _unseen(ground, report, found)


def _of(ground: Ground, one: Exempted, says: str, fields: tuple[FieldSeen, ...], fix: Fix) -> Found:
    at = one.item.metadata
    return Found(
        object=ObjectRef(kind=one.item.kind, namespace=at.namespace, name=at.name),
        scope=ground.namespace(at.namespace),
        says=f"{one.item.kind} {one.item.key}: {says}",
        fields=fields,
        fix=fix,
        mark=one.mark,
        evidence=(shown(one.item, says),),
        source=one.item.source,
    )


def _expired(ground: Ground, report: Report) -> None:
    found = list(_exemptions(ground))
    ended = {
        entry.id: entry.period.until
        for entry in ground.register.exceptions
        if entry.period.until is not None and entry.period.ended(ground.at)
    }
    skips = _skipped(ground)
    for one in found:
        report.looked()
        if _LIFETIME.match(one.until):
            continue
        until = _end(one.until) or ended.get(one.item.metadata.name)
        if one.until and until is None:
            report.unseen(f"{one.item.kind} {one.item.key}", f"when it ends cannot be read: {one.until}")
        if until is None or until > ground.at:
            continue
        by_report = next((name for name in one.from_what.split(", ") if name in skips), "")
        proof = f", and reports still skip {by_report}" if by_report else ", and it is still there"
        says = f"its exception from {one.from_what} ended on {until.date()}{proof}"
        at = one.item.metadata
        where = f" -n {at.namespace}" if at.namespace else ""
        is_object = isinstance(one.item, PolicyException)
        fix = Fix(
            says="Take it away, or have it approved anew with a new end.",
            command=f"kubectl delete {one.item.kind.lower()} {at.name}{where}" if is_object else "",
        )
        report.violated(_of(ground, one, says, (*one.fields, seen("ends", str(until.date()))), fix))
    _unseen(ground, report, found)


def _end(said: str) -> datetime | None:
    try:
        return instant(said) if said else None
    except ValueError:
        return None


def _skipped(ground: Ground) -> frozenset[str]:
    """Policies that reports have a result ``skip`` of."""
    return frozenset(
        one.policy
        for kind in _REPORTS
        for item in ground.snapshot.all(kind, PolicyReport)
        for one in item.results or ()
        if one.result == "skip"
    )


_DELIVERERS: Final = re.compile(
    r"^(argocd.*|application-controller|kustomize-controller|helm-controller|helm|Helm|flux.*|fleetagent|kapp.*|werf.*)$"
)
"""Field managers of delivery."""
_HANDS: Final = re.compile(
    r"^(kubectl($|-(edit|patch|client-side-apply|replace|set|label|annotate|scale|rollout|create)$)|k9s|Lens|OpenLens|.*dashboard.*)"
)
"""Field managers of people."""
_OWNED: Final = (
    *("argocd.argoproj.io/tracking-id", "argocd.argoproj.io/instance", "kustomize.toolkit.fluxcd.io/name"),
    *("helm.toolkit.fluxcd.io/name", "fleet.cattle.io/bundle-id", "kapp.k14s.io/app"),
)
_RESOURCES: Final = {
    "Deployment.apps": "deployments",
    "StatefulSet.apps": "statefulsets",
    "DaemonSet.apps": "daemonsets",
    "CronJob.batch": "cronjobs",
    "ServiceAccount": "serviceaccounts",
    "Role.rbac.authorization.k8s.io": "roles",
    "RoleBinding.rbac.authorization.k8s.io": "rolebindings",
    "ClusterRole.rbac.authorization.k8s.io": "clusterroles",
    "ClusterRoleBinding.rbac.authorization.k8s.io": "clusterrolebindings",
}
"""Resources of the kinds whose changes an audit trail tells of."""
_FREE: Final = frozenset({"status", "scale"})


def _by_hand(ground: Ground, report: Report) -> None:
    owned = list(_delivered(ground))
    trail, declared = ground.trail, Declared(ground)
    shows = False
    for kind, item, owner in owned:
        report.looked()
        entries = item.metadata.managed_fields or ()
        shows = shows or bool(entries)
        late = _late(entries)
        if late is not None:
            says = f"is delivered by {owner}, and {late.manager} wrote into it on {(late.time or '')[:10]}"
            report.violated(_by_hand_found(ground, item, says, (seen("metadata.managedFields", late.manager),)))
            continue
        made = _changed(ground, declared, _RESOURCES.get(kind, ""), item)
        if made is not None:
            says = (
                f"is delivered by {owner}, and {made.as_user or made.user} made {made.verb} on it on {made.last.date()}"
            )
            found = _by_hand_found(ground, item, says, (seen("audit", made.verb),), made)
            report.violated(found)
    if not owned:
        report.holds("nothing in the cluster says that it is delivered by GitOps or Helm")
    elif not shows and trail is None:
        why = "neither managedFields nor an audit trail was given: who wrote what is not seen"
        report.unseen("managedFields", why, "kubectl get ... --show-managed-fields, and give --events")


def _delivered(ground: Ground) -> Iterator[tuple[str, KubeObject, str]]:
    """Objects that delivery owns, with what says so; pods and what stands between are their owner's."""
    for kind, items in ground.snapshot.objects.items():
        if kind in {
            "Pod",
            "ReplicaSet.apps",
            "Event",
            "Endpoints",
            "EndpointSlice.discovery.k8s.io",
            "Job.batch",
            "Secret",
        }:
            continue
        for item in items:
            notes = item.metadata.annotations or {}
            labels = item.metadata.labels or {}
            name = next((name for name in _OWNED if name in notes or name in labels), "")
            if (
                not name
                and labels.get("app.kubernetes.io/managed-by") == "Helm"
                and "meta.helm.sh/release-name" in notes
            ):
                name = f"Helm release {notes['meta.helm.sh/release-name']}"
            if name and not item.metadata.owner_references:
                yield kind, item, name.partition("/")[0] if "/" in name else name


def _late(entries: list[FieldsEntry] | tuple[()]) -> FieldsEntry | None:
    """The last write by hand that came after delivery's first: what came before it was taken over."""
    firsts = [entry.time or "" for entry in entries if _DELIVERERS.match(entry.manager)]
    if not firsts:
        return None
    late = [
        entry
        for entry in entries
        if _HANDS.match(entry.manager) and entry.subresource not in _FREE and (entry.time or "") > min(firsts)
    ]
    return max(late, key=lambda entry: entry.time or "", default=None)


def _changed(ground: Ground, declared: Declared, resource: str, item: KubeObject) -> ChangeMade | None:
    if ground.trail is None or not resource or not declared.names_any:
        return None
    group = item.api_version.rpartition("/")[0]
    key = (group, resource, item.metadata.namespace, item.metadata.name)
    for made in ground.trail.changes_of.get(key, ()):
        user = made.as_user or made.user
        if made.verb in {"update", "patch"} and not declared.delivers(user) and not declared.is_system(user):
            return made
    return None


def _by_hand_found(
    ground: Ground, item: KubeObject, says: str, fields: tuple[FieldSeen, ...], made: ChangeMade | None = None
) -> Found:
    kind, at = item.kind, item.metadata
    scope = Scope(kind=Unit.WORKLOAD, name=f"{at.namespace}/{kind}/{at.name}")
    known = any(one.scope == scope.name for one in ground.view.workloads.in_namespace.get(at.namespace, ()))
    evidence = shown(item, says)
    if made is not None:
        evidence = Evidence(says=f"audit event {made.audit_id}: {says}", grade=Grade.ANSWERED, source="")
    return Found(
        object=ObjectRef(kind=kind, namespace=at.namespace, name=at.name),
        scope=scope if known else ground.namespace(at.namespace),
        says=f"{kind} {item.key}: {says}",
        fields=fields,
        fix=Fix(
            says="Bring the change into the repository, or let delivery write it over; take the right to edit from "
            "whoever does not deliver.",
            command=f"kubectl get {kind.lower()} {at.name}{f' -n {at.namespace}' if at.namespace else ''} -o yaml "
            "--show-managed-fields",
        ),
        evidence=(evidence,),
        source=item.source,
    )


EXCEPTIONS = (
    Check("DM-ADM-008", _unowned),
    Check("DM-ADM-009", _expired),
    Check("DM-ADM-010", _by_hand),
)
