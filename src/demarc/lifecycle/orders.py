"""What is to be done where Demarc never writes: the exact command for whoever owns it, and the way back.

In a cloud, at a code host, in a template. None of them is run; every name in them is quoted for a shell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from shlex import quote
from typing import Final

from msgspec import Struct

from demarc.access.planes.ground import Ground
from demarc.inventory.records import dig, texts, words
from demarc.lifecycle.plan import Task
from demarc.model.nhi import Nhi, NhiKind
from demarc.model.planes import PlaneRow

GROUP: Final = "by decision of a review, done by whoever owns it"
_POLICY: Final = re.compile(r"^access policy (?P<policy>\S+) of the access entry (?P<arn>\S+)$")
_ENTRY: Final = re.compile(r"^access entry for (?P<arn>\S+)")
_MAP: Final = re.compile(r"^aws-auth (?P<key>mapRoles|mapUsers) for (?P<arn>\S+)")
_IAM: Final = re.compile(r"^IAM role (?P<role>\S+) to (?P<member>.+)$")
_ADMINS: Final = re.compile(r"^aadProfile\.adminGroupObjectIDs: (?P<id>\S+)$")
_AZURE: Final = re.compile(r"^Azure role (?P<role>.+?) at (?P<scope>/.*)$")
_PIPELINE: Final = re.compile(r"^pipeline secret (?P<name>[^,]+)")
_MAPPING: Final = re.compile(r"^(?P<way>IRSA|Pod Identity|Workload Identity Federation|Entra Workload ID): ")


class Order(Struct, frozen=True, kw_only=True):
    """How something is ended."""

    do: str
    before: str = ""
    """What to keep first."""
    back: str = ""
    """The way back."""

    def __str__(self) -> str:
        parts = (f"first: {self.before}" if self.before else "", self.do, f"back: {self.back}" if self.back else "")
        return "\n".join(part for part in parts if part)


class _Case(Struct, frozen=True, kw_only=True):
    """A grant, with what its wording says."""

    row: PlaneRow
    found: dict[str, str]
    on: Ground


def order_for(row: PlaneRow, on: Ground) -> Order:
    """The order to end a grant that is none of RBAC's."""
    for pattern, made in _WAYS:
        if found := pattern.match(row.grant):
            return made(_Case(row=row, found=found.groupdict(), on=on))
    return Order(do=_in_words(row))


def task(what: str, order: Order | str, *, unseen: bool = False) -> Task:
    """An order as a task of a plan."""
    return Task(group=GROUP, what=what, do=str(order), unseen=unseen)


def _cluster(on: Ground) -> str:
    return quote(on.inventory.cluster.name)


def _policy(of: _Case) -> Order:
    arn, name = quote(of.found["arn"]), of.found["policy"]
    partition = of.found["arn"].partition(":")[2].partition(":")[0] or "aws"
    at = f"--cluster-name {_cluster(of.on)} --principal-arn {arn}"
    policy = quote(f"arn:{partition}:eks::aws:cluster-access-policy/{name}")
    scope = f"type=namespace,namespaces={','.join(of.row.over)}" if of.row.over else "type=cluster"
    return Order(
        before=f"aws eks list-associated-access-policies {at} > before.json",
        do=f"aws eks disassociate-access-policy {at} --policy-arn {policy}",
        back=f"aws eks associate-access-policy {at} --policy-arn {policy} --access-scope {quote(scope)}",
    )


def _entry(of: _Case) -> Order:
    at = f"--cluster-name {_cluster(of.on)} --principal-arn {quote(of.found['arn'])}"
    return Order(
        before=f"aws eks describe-access-entry {at} > before.json",
        do=f"aws eks delete-access-entry {at}",
        back="aws eks create-access-entry with the type, username and groups of before.json",
    )


def _map(of: _Case) -> Order:
    return Order(
        before="kubectl get configmap aws-auth -n kube-system -o yaml > aws-auth.before.yaml",
        do=f"eksctl delete iamidentitymapping --cluster {_cluster(of.on)} --arn {quote(of.found['arn'])} "
        f"(once for each line of {of.found['key']} that names it; a broken line locks everybody out, nodes too)",
        back="kubectl replace -f aws-auth.before.yaml",
    )


def _creation(of: _Case) -> Order:
    mode = "--access-config authenticationMode=API_AND_CONFIG_MAP"
    return Order(
        do=f"aws eks update-cluster-config --name {_cluster(of.on)} {mode}, then aws eks delete-access-entry for the "
        "principal that made it (CloudTrail: CreateCluster); the mode cannot be taken back"
    )


def _iam(of: _Case) -> Order:
    project = quote(_project(of.on))
    tail = f"{project} --member={quote(of.found['member'])} --role={quote(of.found['role'])}"
    condition = " --all" if of.row.unknown else ""
    return Order(
        before=f"gcloud projects get-iam-policy {project} --format=json > before.json",
        do=f"gcloud projects remove-iam-policy-binding {tail}{condition}",
        back=f"gcloud projects add-iam-policy-binding {tail}",
    )


def _project(on: Ground) -> str:
    link = words(on.described.cluster.body, "selfLink") if on.described.cluster else ""
    return link.partition("/projects/")[2].partition("/")[0] or "PROJECT"


def _gke(option: str) -> Callable[[_Case], Order]:
    return lambda of: Order(do=f"gcloud container clusters update {_cluster(of.on)} {option}")


def _admins(of: _Case) -> Order:
    listed = (
        texts(dig(of.on.described.cluster.body, "aadProfile.adminGroupObjectIDs")) if of.on.described.cluster else ()
    )
    rest = [one for one in listed if one.lower() != of.found["id"].lower()]
    at = f"-g {quote(_group(of.on))} -n {_cluster(of.on)} --aad-admin-group-object-ids"
    return Order(
        do=f"az aks update {at} {quote(','.join(rest))}",
        back=f"az aks update {at} {quote(','.join(listed))}",
    )


def _group(on: Ground) -> str:
    return (words(on.described.cluster.body, "resourceGroup") if on.described.cluster else "") or "RESOURCE-GROUP"


def _azure(of: _Case) -> Order:
    # A principal is shown as ``name (object id)``, or by its id alone.
    who = quote(of.row.holder.rpartition(" (")[2].rstrip(")"))
    tail = f"--assignee {who} --role {quote(of.found['role'])} --scope {quote(of.found['scope'])}"
    return Order(
        before=f"az role assignment list {tail} > before.json",
        do=f"az role assignment delete {tail}",
        back=f"az role assignment create {tail}",
    )


def _local(of: _Case) -> Order:
    at = f"-g {quote(_group(of.on))} -n {_cluster(of.on)}"
    return Order(
        do=f"az aks update {at} --disable-local-accounts, then az aks rotate-certs {at}: without that, what was handed "
        "out stays valid",
        back=f"az aks update {at} --enable-local-accounts",
    )


def _pipeline(of: _Case) -> Order:
    where = of.row.holder.removeprefix("pipeline ")
    command = f"gh secret delete {quote(of.found['name'])} --repo {quote(where.removeprefix('github.com/'))}"
    return Order(
        do=f"end the token that it holds first (demarc nhi plan), then remove the secret {of.found['name']} of {where} "
        f"(at GitHub: {command})"
    )


def _certificate(of: _Case) -> Order:
    return Order(
        do=f"nothing ends a client certificate before its time: take away every binding that names {of.row.holder}; "
        "one in system:masters ends only with the signing authority of the cluster"
    )


def _mapping(of: _Case) -> Order:
    account = of.row.holder.removeprefix("ServiceAccount ")
    role = of.row.over[0] if of.row.over else "the role"
    return mapping_order(of.found["way"], account, role, of.on)


def mapping_order(way: str, account: str, role: str, on: Ground) -> Order:
    """The order to end the way from a service account to a role of the cloud."""
    space, _, name = account.partition("/")
    if way == "Pod Identity":
        at = f"--cluster-name {_cluster(on)}"
        asked = f"{at} --namespace {quote(space)} --service-account {quote(name)}"
        return Order(
            before=f"aws eks list-pod-identity-associations {asked}",
            do=f"aws eks delete-pod-identity-association {at} --association-id ID-OF-THAT-LIST",
            back=f"aws eks create-pod-identity-association {asked} --role-arn {quote(role)}",
        )
    if way == "IRSA":
        bare = quote(role.rpartition("/")[2])
        return Order(
            before=f"aws iam get-role --role-name {bare} --query Role.AssumeRolePolicyDocument > trust.json",
            do=f"take system:serviceaccount:{space}:{name} out of a copy of it (the subject, not the annotation "
            f"alone), then aws iam update-assume-role-policy --role-name {bare} "
            "--policy-document file://trust.new.json; sessions that were begun go on until their end",
            back=f"aws iam update-assume-role-policy --role-name {bare} --policy-document file://trust.json",
        )
    if way == "Workload Identity Federation":
        member = quote(f"serviceAccount:{_project(on)}.svc.id.goog[{space}/{name}]")
        tail = f"{quote(role)} --role=roles/iam.workloadIdentityUser --member={member}"
        return Order(
            do=f"gcloud iam service-accounts remove-iam-policy-binding {tail}",
            back=f"gcloud iam service-accounts add-iam-policy-binding {tail}",
        )
    return Order(
        before=f"az identity federated-credential list --identity-name {quote(role)} -g RESOURCE-GROUP",
        do=f"az identity federated-credential delete --identity-name {quote(role)} -g RESOURCE-GROUP "
        f"--name THE-ONE with subject system:serviceaccount:{space}:{name}",
    )


_WAYS: Final[tuple[tuple[re.Pattern[str], Callable[[_Case], Order]], ...]] = (
    (_POLICY, _policy),
    (_ENTRY, _entry),
    (_MAP, _map),
    (re.compile("^creation of the cluster$"), _creation),
    (_IAM, _iam),
    (re.compile("^legacy ABAC$"), _gke("--no-enable-legacy-authorization")),
    (re.compile("^basic authentication$"), _gke("--no-enable-basic-auth")),
    (re.compile("^client certificate of the cluster$"), _gke("--start-credential-rotation")),
    (_ADMINS, _admins),
    (_AZURE, _azure),
    (re.compile("^local accounts$"), _local),
    (_PIPELINE, _pipeline),
    (re.compile("^(a client certificate|group system:masters), seen in the audit trail$"), _certificate),
    (_MAPPING, _mapping),
)
"""What gives it, as the planes word it -> the order to end it. The first that fits."""


def _in_words(row: PlaneRow) -> str:
    if row.grant == "volumes and variables of the pod template":
        return f"take {', '.join(row.over[:3])} out of the template of {row.holder}, where it is kept"
    if row.grant.startswith("pod template: "):
        return f"take {row.grant.removeprefix('pod template: ')} out of the template of {row.holder}, where it is kept"
    if row.grant == "no limit on egress":
        return f"add a NetworkPolicy that limits egress, for {row.holder}"
    return f"end it where it is given: {row.grant}"


def orders_for(item: Nhi, on: Ground) -> Iterator[tuple[str, Order]]:
    """Orders to end an identity or credential that no plan can end: what, and how."""
    name = f"{item.kind.value} {item.id}"
    if item.kind is NhiKind.CLOUD_ROLE:
        yield name, mapping_order(item.issuer, item.id.partition("/CloudRole/")[0], item.name, on)
    elif item.kind is NhiKind.SERVICE_ACCOUNT:
        users = f"; {', '.join(item.consumers[:3])} run as it, and need another one first" if item.consumers else ""
        at = f"{quote(item.name)} -n {quote(item.namespace)}"
        yield (
            f"{name}, when its grants and tokens are gone{users}",
            Order(
                before=f"kubectl get serviceaccount {at} -o yaml > serviceaccount.before.yaml",
                do=f"kubectl delete serviceaccount {at} (where it is kept, if something keeps it)",
                back="kubectl apply -f serviceaccount.before.yaml; tokens of before stay refused",
            ),
        )
    elif "/Secret/" in item.id:
        users = (
            f"{', '.join(item.consumers[:3])} use it and stop without it" if item.consumers else "nothing refers to it"
        )
        at = f"{quote(item.name)} -n {quote(item.namespace)}"
        keeper = f" at {item.source_of_truth}" if item.source_of_truth else ""
        yield (
            f"{name}: {users}",
            Order(
                do=f"end it at whoever issued it ({item.issuer or 'not known'}): that is what counts; then "
                + (f"remove it{keeper}" if keeper else f"kubectl delete secret {at}")
            ),
        )
    else:
        yield name, Order(do=_ENDINGS.get(item.kind, "end it where it was made, and take it out of where it stands"))


_ENDINGS: Final = {
    NhiKind.NODE: "drain the node and take it out of its pool; its certificate ends with the Node object",
    NhiKind.AI_AGENT: "remove the agent where it is kept; then its credentials, each for itself",
    NhiKind.BOUND_TOKEN: "it ends by itself; sooner, only with its service account: delete that and make it again",
    NhiKind.CLIENT_CERTIFICATE: "nothing ends a certificate before its time: take away every binding that names it",
    NhiKind.PIPELINE: "end what it holds at whoever issued it; then remove the secret at the code host",
    NhiKind.LITERAL: "end it at whoever issued it; then take it out of where it stands, and out of the history of that",
}
