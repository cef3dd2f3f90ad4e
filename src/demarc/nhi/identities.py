"""What acts without being a person: service accounts, nodes, roles of the cloud, AI agents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from demarc.access.cloud.answers import Answer
from demarc.access.cloud.workload import mappings
from demarc.access.planes.mounts import mounts_token
from demarc.inventory.records import descriptions
from demarc.model.duties import Unit
from demarc.model.inventory import Place, Scope
from demarc.model.kubernetes import KubeObject, Node
from demarc.model.nhi import AgeGrade, Dated, Nhi, NhiKind
from demarc.model.planes import Power
from demarc.nhi.ground import NhiGround
from demarc.nhi.secrets import reach_of
from demarc.nhi.states import Seen, judge

_AGENTS: Final = ("Agent.kagent.dev", "SandboxAgent.kagent.dev", "AgentHarness.kagent.dev", "Agent.agents.x-k8s.io")
_ALWAYS: Final = "identities do not change by themselves: their credentials do"
_TOGETHER: Final = 2


def accounts(on: NhiGround) -> Iterator[Nhi]:
    """Every service account: those that are there, and those that bindings name."""
    places = {
        place.scope.name: place
        for place in on.ground.inventory.places
        if place.scope.kind is Unit.IDENTITY and "service-account" in place.kinds
    }
    for name in sorted(places):
        namespace, _, account = name.partition("/ServiceAccount/")
        yield _account(on, places[name], namespace, account)


def system_accounts(on: NhiGround) -> frozenset[tuple[str, str]]:
    """Service accounts of the platform's own, by namespace and name."""
    found = set()
    for place in on.ground.inventory.places:
        if place.scope.kind is Unit.IDENTITY and "system" in place.kinds:
            namespace, _, name = place.scope.name.partition("/ServiceAccount/")
            found.add((namespace, name))
    return frozenset(found)


def _account(on: NhiGround, place: Place, namespace: str, name: str) -> Nhi:
    there = on.ground.view.accounts.get((namespace, name))
    running = on.running_as.get((namespace, name), [])
    consumers = tuple(one.what for one in running)
    powers, spaces = on.powers.get((namespace, name), ((), ()))
    component = on.ground.component_accounts.get((namespace, name), "")
    answers = on.answers("identity.service-accounts", place.scope, component=component)
    used = on.ages.account_used(namespace, name)
    token = "long-lived-token" in place.kinds
    # Workloads that do not get its token do not share it: an account is shared by those who can act as it.
    able = [one.what for one in running if mounts_token(one, there)]
    idle = not running and not used.at and not token
    orphaned = ""
    if there is None:
        orphaned = "a binding names it and it is not there: whoever makes it gets the rights"
    elif idle and name != "default":
        orphaned = "nothing runs as it and it has no lasting token" + (", but it has rights" if powers else "")
    seen = Seen(
        kind=NhiKind.SERVICE_ACCOUNT,
        changed=Dated(says=_ALWAYS),
        last_used=used if not token else Dated(says="its lasting token may be used from outside"),
        used_by=len(running),
        orphaned="" if _blind(on) else orphaned,
        shared=f"{len(able)} workloads act as it: {', '.join(able[:3])}" if len(able) >= _TOGETHER else "",
        powers=powers,
        everywhere="" in spaces,
        ours="system" not in place.kinds,
        unseen=on.ground.view.rbac_unseen,
    )
    at = there.metadata.creation_timestamp if there is not None else None
    return Nhi(
        id=place.scope.name,
        kind=NhiKind.SERVICE_ACCOUNT,
        namespace=namespace,
        name=name,
        scope=place.scope,
        answers=answers,
        issuer="API server",
        source_of_truth="",
        created=Dated(at=at or "", grade=AgeGrade.CREATION if at else AgeGrade.UNKNOWN, says="creationTimestamp"),
        changed=seen.changed,
        last_used=used,
        consumers=consumers,
        powers=powers,
        reach=reach_of(powers, spaces, namespace),
        states=judge(seen, answers, on.policy.of(NhiKind.SERVICE_ACCOUNT, namespace), on.ground.at),
    )


def _blind(on: NhiGround) -> bool:
    """Whether workloads or accounts were not all seen: then nobody can say what is orphaned."""
    return bool(on.ground.workloads_unseen or on.ground.view.left_out("serviceaccounts") or not on.ground.workloads)


def nodes(on: NhiGround) -> Iterator[Nhi]:
    """The identity of every node."""
    for node in on.ground.snapshot.all("Node", Node):
        name = node.metadata.name
        pool = on.ground.view.pool(name)
        answers = on.answers("node.bootstrap", pool)
        yield Nhi(
            id=f"Node/{name}",
            kind=NhiKind.NODE,
            namespace="",
            name=f"system:node:{name}",
            scope=pool,
            answers=answers,
            issuer="signer of kubelet certificates",
            source_of_truth="kubelet, which renews its certificate",
            created=_created(node),
            changed=Dated(says="certificates of kubelets are in no object"),
            powers=(Power.NODE_LEVEL,),
            reach="the node and its pods",
            states=judge(
                Seen(kind=NhiKind.NODE, changed=Dated(), last_used=Dated()),
                answers,
                on.policy.of(NhiKind.NODE, ""),
                on.ground.at,
            ),
        )


def cloud_roles(on: NhiGround) -> Iterator[Nhi]:
    """Roles of the cloud that service accounts act by, with both sides looked at."""
    names = (on.ground.inventory.cluster.name, on.ground.snapshot.context or "")
    described = descriptions(on.ground.snapshot, names)
    for link in mappings(on.ground.snapshot, described, on.ground.provider):
        namespace, _, account = link.account.partition("/")
        scope = Scope(kind=Unit.IDENTITY, name=f"{namespace}/ServiceAccount/{account}")
        answers = on.answers("identity.cloud-roles", scope)
        broken = link.verdict.says if link.verdict.answer is Answer.NO else ""
        shadowed = next((one for one in link.remarks if "annotation" in one), "")
        there = (namespace, account) in on.ground.view.accounts or "*" in link.account
        if not there and not on.ground.view.left_out("serviceaccounts"):
            broken = f"the role trusts {link.account}, which is not there: whoever makes it gets the role"
        seen = Seen(
            kind=NhiKind.CLOUD_ROLE,
            changed=Dated(says=_ALWAYS),
            last_used=Dated(says="the cloud's own record was not given"),
            orphaned=broken or (f"it is perhaps not used: {shadowed}" if shadowed else ""),
            shared="every account of the namespace, or of all, may act by it" if "*" in link.account else "",
            powers=link.powers,
            everywhere=Power.CLOUD_ADMIN in link.powers,
            unseen=link.verdict.unknown,
        )
        yield Nhi(
            id=f"{link.account}/CloudRole/{link.role}",
            kind=NhiKind.CLOUD_ROLE,
            namespace=namespace,
            name=link.role,
            scope=scope,
            answers=answers,
            issuer=link.way,
            source_of_truth="the cloud",
            created=Dated(says="the cloud's own record was not given"),
            changed=seen.changed,
            last_used=seen.last_used,
            consumers=(f"ServiceAccount {link.account}",),
            powers=link.powers,
            reach="role of the cloud",
            states=judge(seen, answers, on.policy.of(NhiKind.CLOUD_ROLE, namespace), on.ground.at),
        )


def agents(on: NhiGround) -> Iterator[Nhi]:
    """AI agents, with the Secrets that they use for models and tools."""
    for kind in _AGENTS:
        for item in on.ground.snapshot.objects.get(kind, ()):
            namespace, name = item.metadata.namespace, item.metadata.name
            scope = on.ground.namespace(namespace)
            answers = on.answers("identity.service-accounts", scope)
            named = on.ground.snapshot.references.get(kind, {}).get(item.key, ())
            holds = tuple(dict.fromkeys(f"Secret {one.namespace}/{one.name}" for one in named))
            seen = Seen(kind=NhiKind.AI_AGENT, changed=Dated(says=_ALWAYS), last_used=Dated(says="not recorded"))
            yield Nhi(
                id=f"{namespace}/Agent/{name}",
                kind=NhiKind.AI_AGENT,
                namespace=namespace,
                name=name,
                scope=scope,
                answers=answers,
                issuer=kind.partition(".")[2],
                source_of_truth="",
                created=_created(item),
                changed=seen.changed,
                last_used=seen.last_used,
                consumers=holds,
                reach="its tools, and whoever talks to it",
                states=judge(seen, answers, on.policy.of(NhiKind.AI_AGENT, namespace), on.ground.at),
            )


def _created(item: KubeObject) -> Dated:
    at = item.metadata.creation_timestamp or ""
    return Dated(at=at, grade=AgeGrade.CREATION, says="creationTimestamp") if at else Dated(says="not in the input")
