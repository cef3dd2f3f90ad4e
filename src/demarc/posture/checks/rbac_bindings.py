"""Checks of RBAC: what bindings say. Whom they name, what they give at once, and what of it does not exist."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from demarc.access.bindings import Bound
from demarc.access.identity import ANONYMOUS, AUTHENTICATED, MASTERS, UNAUTHENTICATED
from demarc.access.planes.powers import powers_of
from demarc.access.seen import CLUSTER_ROLES, ROLES
from demarc.access.techniques.offers import where
from demarc.access.techniques.rbac import is_everything
from demarc.model.access import SubjectRef
from demarc.model.duties import Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.kubernetes import PolicyRule
from demarc.model.planes import HolderKind, Power
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef, Severity
from demarc.posture.checks.grants import (
    asked,
    binding_ref,
    command,
    component_of,
    rule_seen,
    shortened,
    subject_ref,
    unbind,
    unseen_rbac,
    written,
)
from demarc.posture.checks.workloads import seen
from demarc.posture.granted import identity_name, wildcards
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report

_ACCOUNTS = "system:serviceaccounts"
_MOST_FIELDS = 4
_NO_BINDING = "no binding goes beyond those that every cluster has"


def _everything(ground: Ground, report: Report) -> None:
    """One finding for each subject, by all the bindings that give it everything."""
    report.looked(len(ground.granted.bounds))
    found: dict[SubjectRef, list[Bound]] = {}
    for bound in ground.granted.bounds:
        if is_everything(bound.rules):
            for subject in ground.granted.rights.subjects_of(bound):
                found.setdefault(subject, []).append(bound)
    for subject, bounds in sorted(found.items(), key=lambda item: item[0]):
        places = sorted({bound.namespace for bound in bounds})
        first = bounds[0]
        wide = "" in places
        report.violated(
            Found(
                object=subject_ref(subject),
                scope=ground.identity(identity_name(subject)),
                asked=asked(ground, {""} if wide else places),
                says=f"{subject} may do everything {where('') if wide else f'in {shortened(places)}'}, "
                f"by {shortened([f'{bound.key} ({bound.role})' for bound in bounds], 3)}",
                fields=tuple(_named(bound) for bound in bounds[:_MOST_FIELDS]),
                fix=Fix(
                    says=f"Bind a role with what {subject} needs, then take it out of {first.key}.",
                    command=unbind(_original(ground, first), subject),
                ),
                component=component_of(ground, subject),
                severity=None if wide else Severity.HIGH,
                evidence=tuple(written(bound, f"binds {bound.role}") for bound in bounds[:3]),
                source=first.binding.source,
            )
        )
    _done(ground, report)


def _named(bound: Bound) -> FieldSeen:
    return seen(f"{bound.key}: roleRef", f"{bound.binding.role_ref.kind}/{bound.binding.role_ref.name}")


def _original(ground: Ground, bound: Bound) -> Bound:
    """The binding as the cluster has it, with the subjects that every cluster has."""
    return ground.view.authorizer.bindings.all[bound.order]


def _done(ground: Ground, report: Report) -> None:
    unseen_rbac(ground, report)
    if not ground.granted.bounds:
        report.holds(_NO_BINDING)


def _wildcards(ground: Ground, report: Report) -> None:
    """One finding for each role, however many bindings name it."""
    found: dict[tuple[str, str], list[Bound]] = {}
    for bound in ground.granted.bounds:
        namespace = bound.namespace if bound.binding.role_ref.kind == "Role" else ""
        found.setdefault((namespace, bound.binding.role_ref.name), []).append(bound)
    report.looked(len(found))
    for bounds in found.values():
        first = bounds[0]
        wide = list(wildcards(first.rules))
        if not wide or is_everything(first.rules):
            continue
        subjects = dict.fromkeys(subject for bound in bounds for subject in ground.granted.rights.subjects_of(bound))
        ref, namespace = first.binding.role_ref, first.namespace if first.binding.role_ref.kind == "Role" else ""
        components = {component_of(ground, subject) for subject in subjects}
        fields = dict.fromkeys(field for _, names in wide for field in names.split(", "))
        report.violated(
            Found(
                object=ObjectRef(kind=ref.kind, namespace=namespace, name=ref.name),
                scope=asked(ground, {bound.namespace for bound in bounds}),
                says=f"{first.role} has * among its {' and '.join(fields)}, and is bound to "
                f"{shortened(map(str, subjects), 3)}",
                fields=tuple(rule_seen(first, number) for number, _ in wide[:_MOST_FIELDS]),
                fix=_written_out(ground, ref.kind, ref.name, namespace),
                component=components.pop() if len(components) == 1 else "",
                severity=_of_wildcard(first, wide),
                evidence=tuple(written(bound, f"binds {bound.role}") for bound in bounds[:3]),
                source=first.binding.source,
            )
        )
    _done(ground, report)


def _written_out(ground: Ground, kind: str, name: str, namespace: str) -> Fix:
    if kind == "ClusterRole" and name in ground.granted.aggregated:
        return Fix(
            says=f"{name} takes its rules over from other ClusterRoles: write out, in those that its aggregationRule "
            "selects, the verbs, resources and groups that are needed.",
            command=command("get", "clusterrole", name, "", "-o", "jsonpath={.aggregationRule}"),
        )
    return Fix(
        says="Write out the verbs, resources and groups that are needed.",
        command=command("edit", kind.lower(), name, namespace),
    )


def _of_wildcard(bound: Bound, wide: list[tuple[int, str]]) -> Severity | None:
    """A step less where no wildcard reaches what Kubernetes itself is built of, or all that it gives is reading."""
    rules = [bound.rules.rules[number] for number, _ in wide]
    reads = all(set(rule.verbs or ()) <= {"get", "list", "watch"} for rule in rules)
    own = all(not _CORE.intersection(rule.api_groups or ()) for rule in rules)
    return Severity.MEDIUM if reads or own else None


_CORE = frozenset(
    {"", "*", "apps", "batch", "rbac.authorization.k8s.io", "certificates.k8s.io", "admissionregistration.k8s.io"}
)


def _anonymous(ground: Ground, report: Report) -> None:
    def is_one(subject: SubjectRef) -> bool:
        return subject.name in (ANONYMOUS, UNAUTHENTICATED) and subject.kind in ("User", "Group")

    for bound, subjects in _naming(ground, report, is_one):
        powers = powers_of(bound.rules.rules)
        less = Severity.HIGH if Power.READ_ONLY in powers[:1] else Severity.MEDIUM if powers == (Power.NONE,) else None
        report.violated(_wide(ground, bound, subjects, "anybody who reaches the API server, without signing in,", less))


def _everyone(ground: Ground, report: Report) -> None:
    def is_one(subject: SubjectRef) -> bool:
        return subject.kind == "Group" and (
            subject.name in (AUTHENTICATED, _ACCOUNTS) or subject.name.startswith(f"{_ACCOUNTS}:")
        )

    for bound, subjects in _naming(ground, report, is_one):
        powers = powers_of(bound.rules.rules)
        less = Severity.LOW if powers == (Power.NONE,) else Severity.HIGH if Power.READ_ONLY in powers[:1] else None
        own = {subject.name for subject in subjects} == {f"{_ACCOUNTS}:{bound.namespace}"}
        if own and less is not Severity.LOW:
            less = Severity.MEDIUM
        report.violated(_wide(ground, bound, subjects, _whoever(subjects), less))


def _whoever(subjects: list[SubjectRef]) -> str:
    names = [subject.name for subject in subjects]
    if AUTHENTICATED in names:
        return "whoever signs in, every pod too,"
    if _ACCOUNTS in names:
        return "every pod of every namespace"
    return f"every pod of {shortened([name.rpartition(':')[2] for name in names])}"


def _naming(
    ground: Ground, report: Report, is_one: Callable[[SubjectRef], bool]
) -> Iterator[tuple[Bound, list[SubjectRef]]]:
    """Bindings that name such subjects and give them anything, with these."""
    report.looked(len(ground.granted.bounds))
    for bound in ground.granted.bounds:
        subjects = [subject for subject in ground.granted.rights.subjects_of(bound) if is_one(subject)]
        if subjects and (bound.rules.rules or bound.missing):
            yield bound, subjects
    _done(ground, report)


def _wide(ground: Ground, bound: Bound, subjects: list[SubjectRef], who: str, severity: Severity | None) -> Found:
    named = shortened(map(str, subjects))
    return Found(
        object=binding_ref(bound),
        scope=ground.namespace(bound.namespace),
        says=f"{bound.key} names {named}: {who} has {bound.role} {where(bound.namespace)}",
        fields=(*(seen(f"{bound.key}: subjects", f"{one.kind}/{one.name}") for one in subjects), _named(bound)),
        fix=Fix(
            says=f"Name those who need it instead, and take {named} out.",
            command=unbind(_original(ground, bound), subjects[0]),
        ),
        severity=severity,
        evidence=(written(bound, f"subjects name {named}"),),
        source=bound.binding.source,
    )


def _masters(ground: Ground, report: Report) -> None:
    """Bindings only say it; what lets somebody in as a member is what counts."""
    report.looked(len(ground.granted.bounds))
    for bound in ground.granted.bounds:
        if any(one.kind == "Group" and one.name == MASTERS for one in ground.granted.rights.subjects_of(bound)):
            report.violated(
                Found(
                    object=binding_ref(bound),
                    scope=ground.namespace(bound.namespace),
                    says=f"{bound.key} names {MASTERS}, which may do everything whether it is bound or not: "
                    "taking it out takes nothing away",
                    fields=(seen(f"{bound.key}: subjects", f"Group/{MASTERS}"),),
                    fix=Fix(
                        says="Take it out, and let nobody sign in as a member.",
                        command=unbind(_original(ground, bound), SubjectRef(kind="Group", name=MASTERS)),
                    ),
                    severity=Severity.LOW,
                    evidence=(written(bound, f"subjects name {MASTERS}"),),
                    source=bound.binding.source,
                )
            )
    for login in ground.logins.logins:
        if MASTERS in login.groups:
            report.violated(
                Found(
                    object=ObjectRef(kind="ConfigMap", namespace="kube-system", name="aws-auth")
                    if login.by.startswith("aws-auth")
                    else ObjectRef(kind="Record", name=f"eks.accessEntry/{login.principal}"),
                    scope=ground.identity(f"User/{login.principal}"),
                    says=f"{login.principal} is let in to {MASTERS} by {login.by}: no rule of RBAC limits it",
                    fields=(seen(f"{login.by}: groups", list(login.groups)),),
                    mark=login.principal,
                    evidence=(login.evidence,),
                )
            )
    for user in ground.trail.identities if ground.trail is not None else ():
        report.looked()
        if MASTERS in user.groups and not user.user.startswith("system:"):
            report.violated(
                Found(
                    object=ObjectRef(kind="User", name=user.user),
                    scope=ground.identity(f"User/{user.user}"),
                    says=f"User {user.user} signed in as a member of {MASTERS}, last on {user.last:%Y-%m-%d}: "
                    "no rule of RBAC limits it, and only a new cluster CA ends a certificate of it",
                    fields=(seen("audit: user.groups", list(user.groups)),),
                    evidence=(
                        Evidence(says=f"{user.requests} requests in {MASTERS} by {user.user}", grade=Grade.WRITTEN),
                    ),
                )
            )
    report.looked(len(ground.logins.logins))
    for why in ground.logins.unseen:
        report.unseen("logins of the cloud", why, "give the descriptions of access entries and of the cluster")
    _done(ground, report)


def _no_role(ground: Ground, report: Report) -> None:
    report.looked(len(ground.granted.bounds))
    lacks = {"ClusterRole": ground.view.lacks(CLUSTER_ROLES), "Role": ground.view.lacks(ROLES)}
    for bound in ground.granted.bounds:
        kind = bound.binding.role_ref.kind
        if not bound.missing or lacks.get(kind):
            continue
        subjects = ground.granted.rights.subjects_of(bound)
        report.violated(
            Found(
                object=binding_ref(bound),
                scope=ground.namespace(bound.namespace),
                says=f"{bound.key} refers to {bound.role}, which does not exist: whoever may create it decides "
                f"what {shortened(map(str, subjects), 3)} may do",
                fields=(_named(bound),),
                fix=Fix(says="Delete the binding, or create the role.", command=_delete(bound)),
                evidence=(written(bound, f"roleRef is {bound.role}"),),
                source=bound.binding.source,
            )
        )
    _done(ground, report)


def _delete(bound: Bound) -> str:
    return command("delete", bound.kind.lower(), bound.binding.metadata.name, bound.namespace)


def _no_account(ground: Ground, report: Report) -> None:
    lacks = ground.view.lacks("ServiceAccount")
    for bound in ground.granted.bounds if not lacks else ():
        report.looked()
        subjects = ground.granted.rights.subjects_of(bound)
        gone = [
            one
            for one in subjects
            if one.kind == "ServiceAccount" and (one.namespace, one.name) not in ground.view.accounts
        ]
        if not gone:
            continue
        named = shortened([_missing(ground, one) for one in gone])
        report.violated(
            Found(
                object=binding_ref(bound),
                scope=ground.identity(identity_name(gone[0])),
                says=f"{bound.key} gives {bound.role} {where(bound.namespace)} to {named}: "
                "whoever creates an account of that name has it",
                fields=tuple(
                    seen(f"{bound.key}: subjects", f"ServiceAccount/{one.namespace}/{one.name}") for one in gone
                ),
                fix=Fix(says="Take the account out of the binding.", command=unbind(_original(ground, bound), gone[0])),
                evidence=(written(bound, f"subjects name {named}"),),
                source=bound.binding.source,
            )
        )
    report.unseen("serviceaccounts", lacks, "allow listing serviceaccounts, see demarc rbac-needed")
    _done(ground, report)


def _missing(ground: Ground, subject: SubjectRef) -> str:
    there = subject.namespace in ground.view.namespaces
    return f"{subject}, which does not exist" if there else f"{subject}, whose namespace does not exist"


_LEADING = frozenset({"leases", "leases/status", "events", "endpointslices/restricted"})


def _foreign(ground: Ground, report: Report) -> None:
    for bound in ground.granted.bounds:
        if not bound.namespace:
            continue
        report.looked()
        others = [
            one
            for one in ground.granted.rights.subjects_of(bound)
            if one.kind == "ServiceAccount" and one.namespace != bound.namespace
        ]
        writes = [number for number, rule in enumerate(bound.rules.rules) if _writes(rule)]
        if not others or not writes:
            continue
        named = shortened(map(str, others))
        components = {component_of(ground, one) for one in others}
        report.violated(
            Found(
                object=binding_ref(bound),
                scope=ground.namespace(bound.namespace),
                says=f"{bound.key} lets {named} change things in {bound.namespace}, by {bound.role}",
                fields=(
                    *(seen(f"{bound.key}: subjects", f"ServiceAccount/{one.namespace}/{one.name}") for one in others),
                    rule_seen(bound, writes[0]),
                ),
                fix=Fix(
                    says=f"Let an account of {bound.namespace} do it, or name the few objects that it needs.",
                    command=unbind(_original(ground, bound), others[0]),
                ),
                component=components.pop() if len(components) == 1 else "",
                evidence=(written(bound, f"subjects name {named}"),),
                source=bound.binding.source,
            )
        )
    _done(ground, report)
    if not any(bound.namespace for bound in ground.granted.bounds):
        report.holds("no RoleBinding goes beyond those that every cluster has")


def _writes(rule: PolicyRule) -> bool:
    """Whether a rule changes anything but what leaders are elected by; names make a right narrow."""
    verbs = set(rule.verbs or ()) - {"get", "list", "watch"}
    resources = set(rule.resources or ()) - _LEADING
    if not verbs or not resources or rule.resource_names:
        return False
    return not (resources == {"configmaps"} and verbs == {"create"})


def _people(ground: Ground, report: Report) -> None:
    """Who is a person is what inventory and cloud say: neither the platform's users, nor roles, nor pipelines."""
    kinds = {place.scope.name: place.kinds for place in ground.inventory.places if place.scope.kind is Unit.IDENTITY}
    machines = {login.user for login in ground.logins.logins if login.kind not in (HolderKind.PERSON, HolderKind.GROUP)}
    found: dict[SubjectRef, list[Bound]] = {}
    for bound in ground.granted.bounds:
        for subject in ground.granted.rights.subjects_of(bound):
            report.looked()
            human = "human" in kinds.get(identity_name(subject), ()) and subject.name not in machines
            if subject.kind == "User" and human:
                found.setdefault(subject, []).append(bound)
    for subject, bounds in sorted(found.items(), key=lambda item: item[0]):
        named = shortened([bound.key for bound in bounds], 3)
        report.violated(
            Found(
                object=subject_ref(subject),
                scope=ground.identity(identity_name(subject)),
                asked=asked(ground, [bound.namespace for bound in bounds]),
                says=f"{subject} is named by {named}, not by a group: whoever removes the person elsewhere misses it",
                fields=tuple(_named(bound) for bound in bounds[:_MOST_FIELDS]),
                fix=Fix(
                    says="Bind a group of the identity provider instead, then take the user out.",
                    command=unbind(_original(ground, bounds[0]), subject),
                ),
                evidence=tuple(written(bound, f"subjects name {subject}") for bound in bounds[:3]),
                source=bounds[0].binding.source,
            )
        )
    _done(ground, report)


CHECKS: tuple[Check, ...] = (
    Check("DM-RBAC-001", _everything),
    Check("DM-RBAC-002", _wildcards),
    Check("DM-RBAC-019", _anonymous),
    Check("DM-RBAC-020", _everyone),
    Check("DM-RBAC-021", _masters),
    Check("DM-RBAC-022", _no_role),
    Check("DM-RBAC-023", _no_account),
    Check("DM-RBAC-026", _foreign),
    Check("DM-RBAC-027", _people),
)
