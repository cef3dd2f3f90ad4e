"""Tokens that kubelets ask for on behalf of pods: one entry for each service account and audience, not for each pod.

They lie in no object: what is known of them is what pod specs ask for. The kubelet renews them and they end with their
pod, so they have no age to be judged by, but a life. Tokens that somebody asked for by hand are in ``beside``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from demarc.access.techniques.pods import Running
from demarc.inventory.workloads import STATIC
from demarc.model.kubernetes import PodSpec, ProjectedToken, ServiceAccount
from demarc.model.nhi import AgeGrade, Dated, Nhi, NhiKind
from demarc.nhi.ground import NhiGround
from demarc.nhi.identities import system_accounts
from demarc.nhi.secrets import reach_of
from demarc.nhi.states import Seen, judge, lasting

OWN: Final = "kube-apiserver"
"""Stands for the audiences of the API server itself."""
_OWN: Final = frozenset(
    {"", "kubernetes.default.svc", "https://kubernetes.default.svc", "https://kubernetes.default.svc.cluster.local"}
)
_CLOUDS: Final = (
    "sts.amazonaws.com",
    "pods.eks.amazonaws.com",
    "api://AzureADTokenExchange",
    ".svc.id.goog",
    "iam.gke",
)
_NAMED: Final = re.compile(r"(?<=^kube-api-access-)[a-z0-9]{1,8}$")
_HOUR: Final = 3600
_BY_ADMISSION: Final = 3607
"""What admission asks for: the very number that the API server extends (KEP-1205)."""
_RENEWED_AT: Final = 0.8
_RENEWED_DAILY: Final = 86_400


class _Asked(NamedTuple):
    """What pods of one account ask for, for one audience."""

    seconds: set[int]
    consumers: dict[str, None]
    places: dict[str, None]


def of_pods(on: NhiGround) -> Iterator[Nhi]:
    """Every token that pods are given, by account and audience."""
    found: dict[tuple[str, str, str], _Asked] = {}
    for running in on.ground.workloads:
        if running.kind == STATIC:
            continue  # the kubelet runs them without asking the API server, so they have no token
        account = on.ground.view.accounts.get((running.namespace, running.account))
        for audience, seconds, place in _tokens(running, account):
            asked = found.setdefault((running.namespace, running.account, audience), _Asked(set(), {}, {}))
            asked.seconds.add(seconds)
            asked.consumers[running.what] = None
            asked.places[place] = None
    system = system_accounts(on)
    for (namespace, name, audience), asked in sorted(found.items()):
        yield _entry(on, (namespace, name), audience, asked, ours=(namespace, name) not in system)


def _tokens(running: Running, account: ServiceAccount | None) -> Iterator[tuple[str, int, str]]:
    """Audience, life and volume of each token that a workload's pods hold."""
    for spec in running.specs:
        held = [
            (volume.name, source.service_account_token)
            for volume in spec.volumes or ()
            for source in (volume.projected and volume.projected.sources) or ()
            if source.service_account_token is not None
        ]
        for name, token in held:
            volume = _NAMED.sub("*", name)  # by admission, with another ending for each pod
            yield _audience(token), token.expiration_seconds or _HOUR, f"volume {volume}"
        if _will_be_given(running, spec, account) and not any(_audience(token) == OWN for _, token in held):
            yield OWN, _BY_ADMISSION, "the volume that admission adds"


def _audience(token: ProjectedToken) -> str:
    return OWN if token.audience in _OWN else token.audience


def _will_be_given(running: Running, spec: PodSpec, account: ServiceAccount | None) -> bool:
    """Whether admission adds the usual volume: the spec is a template's, or was written and never admitted."""
    admitted = running.pods and (spec.volumes is not None or any(one.volume_mounts for one in spec.containers))
    if admitted:
        return False
    automount = spec.automount_service_account_token
    if automount is None and account is not None:
        automount = account.automount_service_account_token
    return automount is not False


def _entry(on: NhiGround, account: tuple[str, str], audience: str, asked: _Asked, *, ours: bool) -> Nhi:
    namespace, name = account
    is_own, is_clouds = audience == OWN, any(part in audience for part in _CLOUDS)
    scope = on.ground.identity(f"{namespace}/ServiceAccount/{name}")
    component = on.ground.component_accounts.get(account, "")
    duty = "identity.cloud-roles" if is_clouds else "identity.service-accounts"
    answers = on.answers(duty, scope, component=component)
    powers, spaces = on.powers.get(account, ((), ())) if is_own else ((), ())
    gone = account not in on.ground.view.accounts and not on.ground.view.left_out("serviceaccounts")
    seen = Seen(
        kind=NhiKind.PROJECTED_TOKEN,
        changed=Dated(grade=AgeGrade.KUBELET, says=_renewed(asked.seconds, audience, on.ground.provider)),
        last_used=on.ages.pods_used(namespace, name) if is_own else Dated(says=f"{audience} checks it, not the API"),
        used_by=len(asked.consumers),
        life=max(asked.seconds),
        orphaned=f"ServiceAccount {name} is gone: no pod can be given a new one" if gone else "",
        ours=ours,
    )
    # That its account may do too much stands at the account, once, and not at each of its tokens again.
    return Nhi(
        id=f"{namespace}/ServiceAccount/{name}/Token/{audience}",
        kind=NhiKind.PROJECTED_TOKEN,
        namespace=namespace,
        name=f"{name} for {audience}",
        scope=scope,
        answers=answers,
        issuer="API server, for the kubelet",
        source_of_truth=f"pod specs: {', '.join(sorted(asked.places))}",
        created=Dated(says="made for each pod"),
        changed=seen.changed,
        life=seen.life,
        last_used=seen.last_used,
        consumers=tuple(sorted(asked.consumers)),
        powers=powers,
        reach=reach_of(powers, spaces, namespace) if is_own else "role of the cloud" if is_clouds else audience,
        states=judge(seen, answers, on.policy.of(NhiKind.PROJECTED_TOKEN, namespace), on.ground.at),
    )


def _renewed(seconds: set[int], audience: str, provider: str) -> str:
    """When the kubelet renews it, and how long the API server takes it all the same."""
    longest = max(seconds)
    renewed = min(int(longest * _RENEWED_AT), _RENEWED_DAILY)
    says = f"the kubelet renews it after {lasting(renewed)} at the latest, and it ends with its pod"
    if audience == OWN and _BY_ADMISSION in seconds:
        end = "90 days" if provider == "eks" else "a year"
        says += f"; the API server may take it for up to {end} (--service-account-extend-token-expiration)"
    if audience != OWN:
        says += f"; {audience} may take it until then, whatever becomes of the pod"
    return says
