"""Checks of who uses Secrets and whose they are: orphans, readers of another team, pipelines, stores outside."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from demarc.access.delivery import OPENS_CLOUD, OPENS_CLUSTER, PipelineSecret
from demarc.access.techniques.outside import outside
from demarc.model.access import SubjectRef
from demarc.model.assessment import Holder
from demarc.model.duties import Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.inventory import Scope
from demarc.model.kubernetes import Secret
from demarc.model.posture import FieldSeen, Fix, Found, ObjectRef, Severity
from demarc.posture.checks.described import when
from demarc.posture.checks.secrets_content import PULL, TOKEN, found_on, hand_made, stored_outside
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report
from demarc.posture.referrers import Referrers

_STORES: Final = (
    *("SecretStore.external-secrets.io", "ClusterSecretStore.external-secrets.io"),
    *("SecretProviderClass.secrets-store.csi.x-k8s.io", "VaultStaticSecret.secrets.hashicorp.com"),
    "VaultDynamicSecret.secrets.hashicorp.com",
)
_SETTLED: Final = timedelta(days=7)
"""A younger Secret may wait for what will use it."""
_BOOTSTRAP: Final = "bootstrap.kubernetes.io/token"
_CONTROLLERS: Final = (
    *("argocd.argoproj.io/secret-type", "sealedsecrets.bitnami.com/sealed-secrets-key", "owner"),
    *("operator.prometheus.io/name", "app.kubernetes.io/managed-by", "olm.managed"),
)
"""Labels by which a controller finds its Secrets without naming them."""
_AGENTS: Final = (
    "github-actions",
    "gitlab-runner",
    "jenkins",
    "circleci",
    "buildkite",
    "azure-pipelines",
    "tekton",
    "drone",
    "terraform",
    "Helm/",
    "helm/",
    "argocd-image-updater",
    "ci-",
)
_LISTING: Final = "allow listing secrets, see demarc rbac-needed"


# DM-SEC-006


def _stores(ground: Ground, report: Report) -> None:
    if lacks := ground.view.missing("secrets"):
        report.unseen("secrets", lacks, _LISTING)
        return
    secrets = [one for one in ground.view.secrets.values() if one.metadata.namespace not in ground.platform_namespaces]
    stored = sum(1 for one in secrets if stored_outside(one))
    kept = [one for one in hand_made(secrets) if one.type not in PULL and one.type != _BOOTSTRAP]
    report.looked(len(secrets))
    kind = next((kind for kind in _STORES if ground.snapshot.objects.get(kind)), "")
    if not ground.view.secrets:
        report.unseen("secrets", "no Secret is in what was given", "give a dump that has Secrets or their metadata")
    elif kind or stored or not kept:
        report.holds(
            f"{stored} of {len(secrets)} Secrets come from a store outside" if kept else "no Secret is kept by hand"
        )
    else:
        report.violated(
            Found(
                object=ObjectRef(kind="Cluster", name=ground.inventory.cluster.name),
                scope=ground.cluster,
                says=f"{len(kept)} Secrets are kept in the cluster alone: nothing outside knows who reads them, "
                "rotates them, or "
                "has them when the cluster is gone",
                fields=tuple(FieldSeen(path=f"Secret {one.key}", value=one.type or "Opaque") for one in kept[:5]),
                fix=Fix(
                    says="Bring them from a store (External Secrets, Secrets Store CSI driver, Vault), beginning "
                    "with the "
                    "ones that open most."
                ),
            )
        )


# DM-SEC-007


def _orphans(ground: Ground, report: Report) -> None:
    unseen = [why for name, why in ground.workloads_unseen] + [
        why for name in ("serviceaccounts", "ingresses.networking.k8s.io") if (why := ground.view.left_out(name))
    ]
    if lacks := ground.view.missing("secrets"):
        report.unseen("secrets", lacks, _LISTING)
    for why in unseen[:1]:
        report.unseen(
            "referrers", why, "allow listing workloads, service accounts and ingresses, see demarc rbac-needed"
        )
        return
    if not ground.workloads:
        report.unseen(
            "workloads", "no workload is in what was given", "give a dump that has pods and their controllers"
        )
        return
    referrers = Referrers(ground.view)
    # A component reads the Secrets of its own namespace by name, which no object shows.
    apart = ground.platform_namespaces | ground.component_namespaces
    for secret in hand_made(ground.view.secrets.values()):
        at = secret.metadata
        report.looked()
        if at.namespace in apart or secret.type == _BOOTSTRAP or any(name in secret.labels for name in _CONTROLLERS):
            continue
        born = when(at.creation_timestamp or "")
        if born is None or ground.at - born < _SETTLED or referrers.of(at.namespace, at.name):
            continue
        report.violated(
            found_on(
                secret,
                f"nothing that was read refers to it, and it is there since {born.date()}: nobody notices when it "
                "is stolen, and "
                "nobody rotates it",
                (FieldSeen(path="metadata.creationTimestamp", value=at.creation_timestamp or ""),),
                Fix(
                    says="Ask its owner; an application that reads it through the API, or a person outside, may "
                    "still use it. "
                    "Then revoke what it holds, and delete it.",
                    command=f"kubectl delete secret --namespace {at.namespace} {at.name}",
                ),
            )
        )
    if not ground.view.secrets and not lacks:
        report.unseen("secrets", "no Secret is in what was given", "give a dump that has Secrets or their metadata")


# DM-SEC-012


def _foreign_readers(ground: Ground, report: Report) -> None:
    if not ground.register.origin and not ground.register.assignments:
        report.unseen(
            "register",
            "no register was given: whose Secrets and identities are is unknown",
            "give --register FOLDER; demarc register init drafts one",
        )
        return
    report.unseen("roles and bindings", ground.view.rbac_unseen, "allow listing RBAC objects, see demarc rbac-needed")
    spaces = sorted({namespace for namespace, _ in ground.view.secrets} - ground.platform_namespaces)
    owners = _Owners(ground)
    owned = {space: holder for space in spaces if (holder := owners.of_namespace(space)) is not None}
    read = _reads(ground, owned)
    for subject, at in read.items():
        mine = owners.of_subject(subject)
        if mine is None:
            continue
        report.looked()
        foreign = {space: bound for space, bound in at.items() if owned[space].id not in mine}
        if foreign:
            report.violated(_foreign(ground, subject, foreign, owned, mine))
    if not spaces:
        report.unseen("secrets", ground.view.missing("secrets") or "no Secret is in what was given", _LISTING)
    elif not read:
        report.holds("nobody but administrators may read Secrets")


def _reads(ground: Ground, owned: dict[str, Holder]) -> dict[SubjectRef, dict[str, str]]:
    """Subjects that may read Secrets -> namespaces with an owner where they may -> the binding that lets them."""
    read: dict[SubjectRef, dict[str, str]] = {}
    names_in: dict[str, set[str]] = {}
    for namespace, name in ground.view.secrets:
        names_in.setdefault(namespace, set()).add(name)
    for claim in ground.view.rights.claims("get|list|watch secrets"):
        names = claim.names[0]
        there = [claim.namespace] if claim.namespace else list(owned)
        there = [one for one in there if one in owned and (names is None or not names_in[one].isdisjoint(names))]
        for subject in ground.view.rights.subjects_of(claim.bound):
            for space in there:
                read.setdefault(subject, {}).setdefault(space, claim.bound.key)
    return read


def _foreign(
    ground: Ground, subject: SubjectRef, foreign: dict[str, str], owned: dict[str, Holder], mine: frozenset[str]
) -> Found:
    spaces = sorted(foreign)
    shown = ", ".join(f"{space} ({owned[space].name})" for space in spaces[:4])
    more = f" and {len(spaces) - 4} more" if len(spaces) > 4 else ""
    bound = foreign[spaces[0]]
    name = (
        f"{subject.namespace}/{subject.kind}/{subject.name}" if subject.namespace else f"{subject.kind}/{subject.name}"
    )
    return Found(
        object=ObjectRef(kind=subject.kind, namespace=subject.namespace, name=subject.name),
        scope=ground.identity(name),
        says=f"belongs to {', '.join(sorted(mine))} and reads Secrets of {shown}{more}, by {bound}",
        fields=tuple(
            FieldSeen(path=bound, value=f"get, list or watch secrets in {space}")
            for space, bound in sorted(foreign.items())[:5]
        ),
        fix=Fix(
            says="Limit the role to the names that are needed, or let the owner of the Secrets agree by an exception."
        ),
        component=ground.component_accounts.get((subject.namespace, subject.name), ""),
        evidence=(Evidence(says=f"{bound} lets {subject} read Secrets", grade=Grade.WRITTEN),),
    )


class _Owners:
    """Owners of namespaces by the matrix, and of subjects by their namespace or by the register."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._teams: dict[str, set[str]] = {}
        for team in ground.register.teams:
            if team.period.contains(ground.at):
                for name in (team.id, team.name, *team.aliases):
                    self._teams.setdefault(name.lower(), set()).add(team.id)
                for member in team.members:
                    if member.period.contains(ground.at):
                        self._teams.setdefault(f"person {member.person}", set()).add(team.id)
        self._people = {
            name.lower(): person.id
            for person in ground.register.people
            for name in (person.id, person.name, person.contact)
            if name
        }

    def of_namespace(self, name: str) -> Holder | None:
        """Whoever holds secret.access in a namespace; None where nobody does."""
        row = self._ground.walked.answerable("secret.access", Scope(kind=Unit.NAMESPACE, name=name)).row
        return row.owner if row is not None else None

    def of_subject(self, subject: SubjectRef) -> frozenset[str] | None:
        """Ids of whoever owns a subject; None where that is not known, or it is a component's or the platform's."""
        if subject.kind == "ServiceAccount":
            if (subject.namespace, subject.name) in self._ground.component_accounts:
                return None
            if subject.namespace in self._ground.platform_namespaces:
                return None
            holder = self.of_namespace(subject.namespace)
            return frozenset({holder.id}) if holder is not None else None
        if subject.name.startswith("system:"):
            return None
        if subject.kind == "Group":
            teams = self._teams.get(subject.name.lower())
            return frozenset(teams) if teams else None
        person = self._people.get(subject.name.lower())
        return frozenset({person, *self._teams.get(f"person {person}", ())}) if person else None


# DM-SEC-013


def _pipelines(ground: Ground, report: Report) -> None:
    delivery = outside(ground.view).delivery
    for secret in delivery.secrets:
        if OPENS_CLUSTER.search(secret.name) or OPENS_CLOUD.search(secret.name):
            report.violated(_pipeline_secret(ground, secret))
    report.looked(len(delivery.pipelines) + len(delivery.secrets))
    _ci_tokens(ground, report)
    if not delivery.given:
        report.unseen(
            "pipelines",
            "no export of the code host was given",
            "give the checked-out repositories, and: gh api repos/OWNER/REPO/actions/secrets",
        )
    elif not delivery.secrets and not delivery.pipelines:
        report.unseen(
            "secrets of pipelines",
            "neither workflows nor their secrets were given",
            "give the output of: gh api repos/OWNER/REPO/actions/secrets",
        )


def _pipeline_secret(ground: Ground, secret: PipelineSecret) -> Found:
    cluster = OPENS_CLUSTER.search(secret.name) is not None
    updated = when(secret.updated)
    age = f", unchanged since {updated.date()}" if updated is not None else ""
    users = outside(ground.view).delivery.using(secret)
    what = "a login to the cluster" if cluster else "a static key of the cloud"
    scope = Scope(kind=Unit.PIPELINE, name=secret.repository) if secret.repository else ground.cluster
    return Found(
        object=ObjectRef(kind="PipelineSecret", namespace=secret.repository, name=secret.name),
        scope=scope,
        says=f"is {what} that lasts{age}"
        + (f"; {len(users)} pipelines use it" if users else "; no pipeline that was read uses it"),
        fields=(
            FieldSeen(path="name", value=secret.name),
            FieldSeen(path="updated_at", value=secret.updated or "absent"),
        ),
        fix=Fix(
            says="Let the pipeline sign in by OIDC (permissions: id-token: write, or id_tokens) to a role for this "
            "repository "
            "and branch alone; then delete the secret and revoke what it held."
        ),
        severity=None if users or cluster else Severity.MEDIUM,
        evidence=(
            Evidence(
                says=f"{secret.system} lists the secret {secret.name}", grade=Grade.ANSWERED, source=secret.source
            ),
        ),
        source=secret.source,
    )


def _ci_tokens(ground: Ground, report: Report) -> None:
    """Lasting tokens of service accounts that the trail shows in the hands of a pipeline."""
    trail = ground.trail
    for secret in ground.view.secrets.values():
        if secret.type != TOKEN or trail is None:
            continue
        account = secret.annotations.get("kubernetes.io/service-account.name", "")
        used = trail.account(secret.metadata.namespace, account)
        tokens = {one.legacy_secret for one in used.credentials} if used else set()
        agents = [agent for agent in (used.agents if used else ()) if any(name in agent for name in _AGENTS)]
        if agents and secret.key in tokens and used is not None:
            report.violated(_token(secret, account, agents[0], used.last.date().isoformat()))


def _token(secret: Secret, account: str, agent: str, last: str) -> Found:
    at = secret.metadata
    return found_on(
        secret,
        f"is a lasting token of ServiceAccount {at.namespace}/{account}, used by {agent}, last on {last}",
        (FieldSeen(path="type", value=secret.type), FieldSeen(path="userAgent", value=agent)),
        Fix(
            says="Let the pipeline sign in by OIDC, or ask for short tokens; then delete the Secret.",
            command=f"kubectl delete secret --namespace {at.namespace} {at.name}",
        ),
    )


CHECKS: tuple[Check, ...] = (
    Check("DM-SEC-006", _stores),
    Check("DM-SEC-007", _orphans),
    Check("DM-SEC-012", _foreign_readers),
    Check("DM-SEC-013", _pipelines),
)
