"""Checks of service accounts: whom they serve, what they may, and whether anybody needs and owns them."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from demarc.access.bindings import Bound
from demarc.access.planes.powers import ordered, powers_of
from demarc.access.techniques.containers import mounted_tokens
from demarc.access.techniques.pods import Running
from demarc.inventory.identities import ROLE_ANNOTATIONS
from demarc.model.access import SubjectRef
from demarc.model.assessment import Status
from demarc.model.duties import Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.planes import Power
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef, Severity
from demarc.posture.checks.grants import command, shortened, unbind, unseen_rbac, written
from demarc.posture.checks.lasting import lasting_tokens
from demarc.posture.checks.rbac_trail import GIVE_TRAIL, LONG_ENOUGH, NO_TRAIL
from demarc.posture.checks.workloads import of_workload, seen, unseen_workloads
from demarc.posture.granted import identity_name
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report

_RELATED = ("app.kubernetes.io/instance", "app.kubernetes.io/part-of", "release")
_MOST = 4
Account = tuple[str, str]
"""Namespace and name."""


def account_ref(account: Account) -> SubjectRef:
    """A service account as bindings name it."""
    return SubjectRef(kind="ServiceAccount", namespace=account[0], name=account[1])


def of_account(account: Account) -> ObjectRef:
    """A service account as an object of a finding."""
    return ObjectRef(kind="ServiceAccount", namespace=account[0], name=account[1])


def unseen_accounts(ground: Ground, report: Report) -> None:
    """Say why service accounts were not seen whole."""
    report.unseen(
        "serviceaccounts", ground.view.lacks("ServiceAccount"), "allow listing serviceaccounts, see demarc rbac-needed"
    )


def has_token(ground: Ground, running: Running) -> bool:
    """Whether a workload has a token of its account in its files, or would have with the pods that it asks for."""
    if running.pods:
        return mounted_tokens(ground.view, running)
    account = ground.view.accounts.get((running.namespace, running.account))
    default = account.automount_service_account_token if account is not None else None
    return any(
        (default if spec.automount_service_account_token is None else spec.automount_service_account_token) is not False
        for spec in running.specs
    )


def _used_by(ground: Ground) -> dict[Account, list[Running]]:
    """Workloads by their account, but for those of the provider."""
    found: dict[Account, list[Running]] = {}
    for running in ground.workloads:
        if running.kind != "StaticPod" and not ground.is_providers(ground.component_of(running)):
            found.setdefault((running.namespace, running.account), []).append(running)
    return found


def _bound_to(ground: Ground, account: Account) -> list[Bound]:
    return [bound for bound in ground.granted_to.get(account, ()) if bound.rules.rules]


def _default(ground: Ground, report: Report) -> None:
    """A pod that has no token of the account has nothing of it."""
    users = _used_by(ground)
    names = {account for account in (*users, *ground.view.accounts, *ground.granted_to) if account[1] == "default"}
    for account in sorted(names):
        report.looked()
        workloads = [running for running in users.get(account, ()) if has_token(ground, running)]
        bounds = _bound_to(ground, account)
        if not workloads and not bounds:
            continue
        given = f"{shortened([f'{bound.key} ({bound.role})' for bound in bounds], 3)} give it rights" if bounds else ""
        used = f"its token is in {shortened([running.what for running in workloads], 3)}" if workloads else ""
        report.violated(
            Found(
                object=of_account(account),
                scope=ground.identity(identity_name(account_ref(account))),
                asked=ground.namespace(account[0]),
                says=f"ServiceAccount {account[0]}/default: {' and '.join(part for part in (used, given) if part)}",
                fields=(
                    *(seen(f"{running.what}: serviceAccountName", running.account) for running in workloads[:_MOST]),
                    *(seen(f"{bound.key}: roleRef", bound.role) for bound in bounds[:_MOST]),
                ),
                fix=_of_default(ground, account, bounds),
                severity=Severity.HIGH if bounds and workloads else None,
                evidence=tuple(written(bound, "subjects name it") for bound in bounds[:2])
                or (Evidence(says=f"{workloads[0].what} runs as it", grade=Grade.WRITTEN, source=workloads[0].source),),
            )
        )
    unseen_workloads(ground, report)
    unseen_rbac(ground, report)
    report.holds("nothing has a token of a default account, and no binding names one")


def _of_default(ground: Ground, account: Account, bounds: list[Bound]) -> Fix:
    if bounds:
        original = ground.view.authorizer.bindings.all[bounds[0].order]
        return Fix(
            says="Bind an account of the workload's own instead, and take default out.",
            command=unbind(original, account_ref(account)),
        )
    return Fix(
        says="Give each workload that calls the API an account of its own, and mount the token of default nowhere.",
        patch="automountServiceAccountToken: false",
    )


def _shared(ground: Ground, report: Report) -> None:
    for account, users in sorted(_used_by(ground).items()):
        report.looked()
        # Bare pods come from people and from what the workloads themselves start.
        workloads = [running for running in users if running.kind != "Pod"]
        if len(workloads) < 2 or _related(ground, workloads):
            continue
        names = shortened([f"{running.kind} {running.name}" for running in workloads], 5)
        bounds = _bound_to(ground, account)
        report.violated(
            Found(
                object=of_account(account),
                scope=ground.identity(identity_name(account_ref(account))),
                asked=ground.namespace(account[0]),
                says=f"ServiceAccount {account[0]}/{account[1]} is shared by {names}",
                fields=tuple(seen(f"{running.what}: serviceAccountName", account[1]) for running in workloads[:_MOST]),
                fix=Fix(
                    says="Make an account for each workload and give each what it needs.",
                    command=command("create", "serviceaccount", workloads[-1].name, account[0]),
                ),
                severity=None if bounds or _has_cloud_role(ground, account) else Severity.LOW,
                evidence=tuple(
                    Evidence(says=f"{running.what} runs as it", grade=Grade.WRITTEN, source=running.source)
                    for running in workloads[:3]
                ),
            )
        )
    unseen_workloads(ground, report)


def _related(ground: Ground, workloads: list[Running]) -> bool:
    """Whether workloads are one thing: a component, or installed as one."""
    components = {ground.component_of(running) for running in workloads}
    if len(components) == 1 and components != {""}:
        return True
    for label in _RELATED:
        values = {labels.get(label, "") for running in workloads for labels in running.labels or ({},)}
        if len(values) == 1 and values != {""}:
            return True
    return False


def _has_cloud_role(ground: Ground, account: Account) -> bool:
    there = ground.view.accounts.get(account)
    return there is not None and any(name in there.annotations for name in ROLE_ANNOTATIONS)


def _orphaned(ground: Ground, report: Report) -> None:
    """What a trail of some length shows settles it; without one it is said less loudly, and the rest is unknown."""
    users = {(running.namespace, running.account) for running in ground.workloads}
    with_token = {(secret.metadata.namespace, account) for secret, account in lasting_tokens(ground)}
    trail = ground.trail
    long = trail is not None and trail.length >= LONG_ENOUGH
    lacks = ground.workloads_unseen or ground.view.lacks("ServiceAccount")
    kinds = {place.scope.name: place.kinds for place in ground.inventory.places if place.scope.kind is Unit.IDENTITY}
    for account in sorted(ground.granted_to) if not lacks else ():
        bounds = _bound_to(ground, account)
        platforms = "system" in kinds.get(identity_name(account_ref(account)), ())
        if account not in ground.view.accounts or account[1] == "default" or not bounds or platforms:
            continue
        report.looked()
        used = trail.account(*account) if trail is not None else None
        if account in users or account in with_token or used is not None:
            continue
        if trail is not None and trail.identities_left:
            report.unseen(
                f"use of ServiceAccount {account[0]}/{account[1]}", "the trail has more identities than were kept"
            )
            continue
        since = f", and it was not used since {trail.since:%Y-%m-%d}" if long and trail else ""
        report.violated(
            Found(
                object=of_account(account),
                scope=ground.identity(identity_name(account_ref(account))),
                says=f"ServiceAccount {account[0]}/{account[1]} has rights by "
                f"{shortened([f'{bound.key} ({bound.role})' for bound in bounds], 3)}; nothing runs as it and no "
                f"token of it is kept{since or ': only tokens that somebody requests could use them'}",
                fields=tuple(seen(f"{bound.key}: roleRef", bound.role) for bound in bounds[:_MOST]),
                fix=Fix(
                    says="Ask its owner; take its rights away first, delete it a while later.",
                    command=unbind(ground.view.authorizer.bindings.all[bounds[0].order], account_ref(account)),
                ),
                severity=None if long else Severity.LOW,
                evidence=tuple(written(bound, "subjects name it") for bound in bounds[:3]),
                source=ground.view.accounts[account].source,
            )
        )
    unseen_workloads(ground, report)
    unseen_accounts(ground, report)
    unseen_rbac(ground, report)
    if trail is None:
        report.unseen("use of accounts", NO_TRAIL, GIVE_TRAIL)
    report.holds("whatever service account has rights runs, has a token, or was seen")


def _unowned(ground: Ground, report: Report) -> None:
    """By the matrix rows of its offboarding: whose time has ended is told with the owner, not here."""
    if not ground.register.origin and not ground.register.assignments:
        report.unseen(
            "register", "no register was given: who owns accounts is not on record", "give one with --register"
        )
        return
    kinds = {place.scope: place.kinds for place in ground.inventory.places}
    for row in ground.assessment.matrix:
        if row.duty != "identity.offboarding" or row.scope.kind is not Unit.IDENTITY:
            continue
        if "service-account" not in kinds.get(row.scope, ()) or "idle" in kinds[row.scope]:
            continue
        report.looked()
        if row.status is Status.UNOWNED:
            namespace, _, name = row.scope.name.partition("/ServiceAccount/")
            what = f"ServiceAccount {namespace}/{name}" if name else row.scope.name
            report.violated(
                Found(
                    object=of_account((namespace, name)) if name else ObjectRef(kind="User", name=row.scope.name),
                    scope=row.scope,
                    says=f"Nobody is on record for {what}: neither the register, nor a label of it or its namespace",
                    fields=(seen("register", None),),
                    fix=Fix(says="Assign identity.* of its namespace, or of the account, to a team in the register."),
                    evidence=(Evidence(says=f"matrix row {row.id} is unowned", grade=Grade.ANSWERED),),
                )
            )
    unseen_accounts(ground, report)
    report.holds("every account that is in use has an owner, by the register or a label")


_TOO_MUCH = frozenset(
    {
        *(Power.CLUSTER_ADMIN, Power.NODE_LEVEL, Power.IMPERSONATE, Power.RBAC_WRITE, Power.CREDENTIALS),
        *(Power.SECRETS_READ, Power.WORKLOAD_WRITE, Power.EXEC),
    }
)


def _on_every_node(ground: Ground, report: Report) -> None:
    for running in ground.workloads:
        if running.kind != "DaemonSet":
            continue
        report.looked()
        bounds = [one for one in ground.granted_to.get((running.namespace, running.account), ()) if not one.namespace]
        powers = ordered(power for bound in bounds for power in powers_of(bound.rules.rules) if power in _TOO_MUCH)
        if powers == (Power.NONE,):
            continue
        giving = [bound for bound in bounds if _TOO_MUCH.intersection(powers_of(bound.rules.rules))]
        by = shortened([f"{bound.key} ({bound.role})" for bound in giving], 3)
        says = (
            f"its account {running.namespace}/{running.account} has {shortened([power.value for power in powers])} in "
            f"the whole cluster, by {by}: whoever has one node has it"
        )
        fields: Iterable[FieldSeen] = (seen(f"{bound.key}: roleRef", bound.role) for bound in giving[:_MOST])
        fix = Fix(
            says="Split what needs the whole cluster off into a Deployment with its own account, or narrow the role.",
            command=command("get", "clusterrole", giving[0].binding.role_ref.name, "", "-o", "yaml"),
        )
        found = of_workload(ground, running, says, tuple(fields), fix)
        # What is no component has no row of its own: whoever writes RBAC for the cluster answers.
        report.violated(
            replace(found, asked=ground.component(found.component), duty="" if found.component else "identity.rbac")
        )
    unseen_workloads(ground, report)
    unseen_rbac(ground, report)
    if not any(running.kind == "DaemonSet" for running in ground.workloads):
        report.holds("no DaemonSet is in the cluster")


CHECKS: tuple[Check, ...] = (
    Check("DM-SA-001", _default),
    Check("DM-SA-005", _shared),
    Check("DM-SA-006", _orphaned),
    Check("DM-SA-007", _unowned),
    Check("DM-SA-011", _on_every_node),
)
