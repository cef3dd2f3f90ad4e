"""All that must go when a team, a person, a supplier or a namespace goes, in an order in which nothing breaks.

First nobody gets in any more, then duties get other holders, then what they know is changed and what is theirs is
retired, then what trusts them outside and inside, and the things themselves last. Credentials become rotations of an
ordinary plan; the rest are tasks for people, because it lies in repositories, clouds and the register.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from demarc.access import Authorizer, asker
from demarc.access.cloud.workload import mappings
from demarc.access.planes.cluster import logins_of
from demarc.access.planes.ground import Ground
from demarc.lifecycle.credential import Credential, CredentialKind
from demarc.lifecycle.leaver import Leaver
from demarc.lifecycle.managers import manager_of
from demarc.lifecycle.plan import Task
from demarc.model.access import Answer, Request
from demarc.model.kubernetes import ApiService, Binding, KubeObject, WebhookConfiguration
from demarc.model.register import Register
from demarc.model.time import iso

ACCESS, HAND_OVER, TRUST, DEPENDS, THINGS = (
    "no more access",
    "duties get other holders",
    "nothing outside trusts them",
    "nothing depends on them",
    "the things themselves",
)
ORDER: Final = (ACCESS, HAND_OVER, TRUST, DEPENDS, THINGS)
_BINDINGS: Final = ("ClusterRoleBinding.rbac.authorization.k8s.io", "RoleBinding.rbac.authorization.k8s.io")
_WEBHOOKS: Final = (
    "ValidatingWebhookConfiguration.admissionregistration.k8s.io",
    "MutatingWebhookConfiguration.admissionregistration.k8s.io",
)


def tasks_for(leaver: Leaver, on: Ground, register: Register, at: datetime) -> tuple[Task, ...]:
    """Tasks, as of a moment."""
    access = [*_bindings(leaver, on), *_logins(leaver, on)]
    found = [*access, *_nameless(leaver, access), *_register(leaver, register, at)]
    found += [*_trusts(leaver, on), *_dependants(leaver, on), *_things(leaver)]
    return tuple(found)


def in_order(tasks: Iterable[Task]) -> tuple[Task, ...]:
    """Tasks in the order in which nothing breaks."""
    return tuple(sorted(tasks, key=lambda task: ORDER.index(task.group)))


def _nameless(leaver: Leaver, access: list[Task]) -> Iterator[Task]:
    """Nothing names them: maybe they have no access, maybe under a name that nobody wrote down."""
    if leaver.names and all(task.unseen for task in access):
        names = ", ".join(sorted(leaver.names))
        yield Task(
            group=ACCESS,
            what=f"no binding and no login goes by {names}",
            do="write the names of their accounts into the register (aliases), if they have any",
            unseen=True,
        )


def issued_elsewhere(leaver: Leaver, credentials: Iterable[Credential]) -> tuple[Task, ...]:
    """Credentials that go with a namespace, but stay valid at whoever issued them."""
    found: list[Task] = []
    for credential in credentials:
        if credential.namespace not in leaver.namespaces or is_own_token(credential):
            continue
        copies = f"; the same value lies in {', '.join(credential.copies)}" if credential.copies else ""
        if credential.kind is CredentialKind.LEGACY_TOKEN:
            users = ", ".join(consumer.key for consumer in credential.consumers)
            what, do = f"token {credential.key} is used by {users}", "it ends with the namespace"
        else:
            what = f"Secret {credential.key} holds a {credential.kind.value} credential{copies}"
            do = "end it at whoever issued it: deleting the Secret leaves it valid"
        found.append(Task(group=TRUST, what=what, do=do))
    return tuple(found)


def is_own_token(credential: Credential) -> bool:
    """A legacy token that nothing in the cluster uses: it can be retired before its namespace goes."""
    return credential.kind is CredentialKind.LEGACY_TOKEN and not credential.consumers


def credentials_for(
    leaver: Leaver, credentials: Iterable[Credential], authorizer: Authorizer
) -> tuple[tuple[Credential, ...], tuple[str, ...]]:
    """Credentials that are theirs or that they know, and what could not be told."""
    found: list[Credential] = []
    unsure: list[str] = []
    for credential in credentials:
        account = f"{credential.namespace}/{credential.account}"
        if credential.namespace in leaver.namespaces:
            if is_own_token(credential):
                found.append(credential)
            continue
        if account in leaver.accounts:
            found.append(credential)
            continue
        answer = _may_read(leaver, credential, authorizer)
        if answer is Answer.ALLOWED:
            found.append(credential)
        elif answer is Answer.UNKNOWN:
            unsure.append(f"whether {leaver.title} could read Secret {credential.key}")
    return tuple(found), tuple(unsure)


def _may_read(leaver: Leaver, credential: Credential, authorizer: Authorizer) -> Answer:
    """Whether they could know a credential: by reading its Secret, or through a pod that can be made to show it."""
    space = credential.namespace
    ways = [Request(verb="get", resource="secrets", namespace=space, name=credential.name)]
    ways += [Request(verb="list", resource="secrets", namespace=space)]
    ways += [Request(verb="create", resource="pods", namespace=space)]
    ways += [Request(verb="create", resource="pods", subresource="exec", namespace=space)]
    ways += [
        Request(verb=verb, group="apps", resource=resource, namespace=space)
        for verb in ("create", "patch")
        for resource in ("deployments", "statefulsets", "daemonsets")
    ]
    answers = {
        authorizer.decide(who, request).answer
        for name in _spelled(leaver, authorizer)
        for who in (asker(name), asker("", (name,)))
        for request in ways
    }
    if Answer.ALLOWED in answers:
        return Answer.ALLOWED
    return Answer.UNKNOWN if Answer.UNKNOWN in answers else Answer.DENIED


def _spelled(leaver: Leaver, authorizer: Authorizer) -> set[str]:
    """Names of the leaver as bindings spell them."""
    return {
        subject.name
        for bound in authorizer.bindings.all
        for subject, _ in bound.subjects()
        if subject.kind != "ServiceAccount" and _is(leaver, subject.name)
    }


def _is(leaver: Leaver, name: str) -> bool:
    """Tell whether a user, group or principal is the leaver: by its whole name, or its last part."""
    low = name.lower()
    return low in leaver.names or low.rpartition("/")[2] in leaver.names or low.rpartition(":")[2] in leaver.names


def _is_account(leaver: Leaver, namespace: str, name: str) -> bool:
    return namespace in leaver.namespaces or f"{namespace}/{name}" in leaver.accounts


def _bindings(leaver: Leaver, on: Ground) -> Iterator[Task]:
    for kind in _BINDINGS:
        for item in on.snapshot.all(kind, Binding):
            if item.metadata.namespace in leaver.namespaces:
                continue  # goes with its namespace
            theirs = [
                subject
                for subject in item.subjects or ()
                if (subject.kind == "ServiceAccount" and _is_account(leaver, subject.namespace, subject.name))
                or (subject.kind != "ServiceAccount" and _is(leaver, subject.name))
            ]
            if theirs:
                named = ", ".join(f"{subject.kind} {subject.name}" for subject in theirs)
                others = len(item.subjects or ()) - len(theirs)
                where = f" -n {item.metadata.namespace}" if item.metadata.namespace else ""
                command = f"kubectl delete {item.kind.lower()} {item.metadata.name}{where}"
                yield Task(
                    group=ACCESS,
                    what=f"{item.kind} {item.key} gives {item.role_ref.kind} {item.role_ref.name} to {named}",
                    do=_where_kept(item) or (command if not others else f"take {named} out of its subjects"),
                )


def _where_kept(item: KubeObject) -> str:
    manager = manager_of(item)
    return f"change it in {manager.source}: {manager.kind} keeps it" if manager is not None and manager.reverts else ""


def _logins(leaver: Leaver, on: Ground) -> Iterator[Task]:
    found = logins_of(on)
    for login in found.logins:
        theirs = any(_is(leaver, group) for group in login.groups)
        if theirs or _is(leaver, login.principal) or (login.user and _is(leaver, login.user)):
            yield Task(
                group=ACCESS,
                what=f"{login.by} lets {login.principal} in"
                + (f" as {login.user}" if login.user else "")
                + (f" with groups {', '.join(login.groups)}" if login.groups else ""),
                do=f"remove the {login.by}; removing the principal alone is not enough",
            )
    for unseen in found.unseen if leaver.names else ():
        yield Task(group=ACCESS, what=f"not seen: {unseen}", do="look at it by hand", unseen=True)
    if leaver.kind in ("person", "team"):
        yield Task(
            group=ACCESS,
            what="client certificates and tokens of sign-in plugins that they hold",
            do="disable them at the identity provider; a certificate stays valid until its end, so take its rights",
            unseen=True,
        )


def _register(leaver: Leaver, register: Register, at: datetime) -> Iterator[Task]:
    for assignment in register.assignments:
        if not assignment.period.contains(at):
            continue
        held = {"owner": assignment.owner, "approver": assignment.approver, "reviewer": assignment.reviewer}
        held["rotator"] = assignment.rotator
        roles = [role for role, who in held.items() if who is not None and _named(leaver, who)]
        space = assignment.scope.namespace
        if roles:
            yield Task(
                group=HAND_OVER,
                what=f"{leaver.title} is {', '.join(roles)} of {', '.join(assignment.duties)} on {assignment.scope}",
                do=f"name somebody else in {assignment.where}, and end this entry",
            )
        elif space is not None and space in leaver.namespaces:
            yield Task(
                group=HAND_OVER,
                what=f"{', '.join(assignment.duties)} on {assignment.scope} is assigned to {assignment.owner}",
                do=f"end the entry in {assignment.where}",
            )
    for team in register.teams if leaver.kind == "person" else ():
        if any(member.person == leaver.id and member.period.contains(at) for member in team.members):
            yield Task(
                group=HAND_OVER,
                what=f"{leaver.title} is in team {team.id}",
                do=f"end the membership on {iso(at)[:10]}",
            )
    for term in register.contracts if leaver.kind == "supplier" else ():
        if term.supplier == leaver.id and term.period.contains(at):
            yield Task(
                group=HAND_OVER,
                what=f"{term.document}, {term.clause}: {', '.join(term.duties)} are theirs by contract",
                do=f"end {term.id} in {term.where}, and name who performs it from then on",
            )


def _named(leaver: Leaver, who: str) -> bool:
    kind, _, bare = who.rpartition(":")
    return bare == leaver.id and kind in ("", leaver.kind)


def _trusts(leaver: Leaver, on: Ground) -> Iterator[Task]:
    for link in mappings(on.snapshot, on.described, on.inventory.cluster.provider):
        space, _, name = link.account.partition("/")
        if _is_account(leaver, space, name):
            yield Task(
                group=TRUST,
                what=f"{link.role} trusts {link.account} ({link.way})",
                do="remove the trust at the cloud: it is for a name, so whoever makes the account again has the role; "
                "sessions that were begun go on until their end",
            )


def _dependants(leaver: Leaver, on: Ground) -> Iterator[Task]:
    spaces = {*leaver.namespaces, *(one.split("/")[1] for one in leaver.objects)}
    for kind in _WEBHOOKS:
        for item in on.snapshot.all(kind, WebhookConfiguration):
            services = [one.client_config.service for one in item.webhooks or () if one.client_config.service]
            if any(service.namespace in spaces for service in services):
                closed = any((one.failure_policy or "Fail") == "Fail" for one in item.webhooks or ())
                breaks = ": without its service, every request that it matches fails" if closed else ""
                yield Task(
                    group=DEPENDS,
                    what=f"{item.kind} {item.metadata.name} calls a service of theirs{breaks}",
                    do=_where_kept(item) or f"kubectl delete {item.kind.lower()} {item.metadata.name}",
                )
    for service in on.snapshot.all("APIService.apiregistration.k8s.io", ApiService):
        if service.spec.service is not None and service.spec.service.namespace in spaces:
            yield Task(
                group=DEPENDS,
                what=f"APIService {service.metadata.name} is served from {service.spec.service.namespace}: without it, "
                "namespaces cannot be deleted any more",
                do=_where_kept(service) or f"kubectl delete apiservice {service.metadata.name}",
            )


def _things(leaver: Leaver) -> Iterator[Task]:
    for space in leaver.owned:
        if space not in leaver.namespaces:
            yield Task(
                group=HAND_OVER,
                what=f"namespace {space} is theirs",
                do="name another owner, or offboard it: demarc offboard namespace:" + space,
            )
    for item in leaver.objects:
        kind, space, name = item.split("/", 2)
        yield Task(
            group=THINGS,
            what=f"{kind} {space}/{name} is made or run by {leaver.title}",
            do="replace it, or remove it with what installed it",
        )
    for space in leaver.namespaces:
        yield Task(group=THINGS, what=f"Namespace {space}", do=f"kubectl delete namespace {space}")
