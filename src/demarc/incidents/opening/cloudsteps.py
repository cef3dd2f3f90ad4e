"""Steps out of calls to the cloud: what was done as whom, by which technique, and what took part.

Calls that belong together become one step, as events of the cluster do. Whose duty that makes it is for the rules of
attribution.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from demarc.incidents.opening.cloudside import CloudPart
from demarc.incidents.opening.happenings import moment
from demarc.incidents.opening.parts import Parts
from demarc.model.boundary import Confidence
from demarc.model.cloud_calls import CallKind, Cloud, CloudCall, Outcome, PrincipalKind
from demarc.model.duties import Stage, Unit
from demarc.model.incidents import (
    CredentialUse,
    IncidentStep,
    InstalledBy,
    ManagedBy,
    Observable,
    Participant,
    StepBasis,
)
from demarc.model.inventory import Scope

PAUSE_US: Final = 600_000_000
"""Like events, or calls, with no longer pause between them are one step."""
MOST_STEPS: Final = 40
_NAMED: Final = 6
_LOOKS: Final = "T1526"
_EXCHANGES: Final = {Cloud.AWS: "IRSA", Cloud.GOOGLE: "GKE_WI", Cloud.AZURE: "AKS_WI"}
_TECHNIQUES: Final = {
    CallKind.ASSUME: "T1550.001",
    CallKind.SIGN_IN: "T1078.004",
    CallKind.KEY_MADE: "T1098.001",
    CallKind.CLUSTER_CREDENTIAL: "CLOUD_TO_CLUSTER",
    CallKind.CLUSTER_ACCESS: "CLOUD_GRANTS_CLUSTER",
    CallKind.CLUSTER_CHANGE: "T1578",
    CallKind.IDENTITY_CHANGE: "T1098.003",
    CallKind.LOGGING_OFF: "T1685",
    CallKind.SECRET_READ: "CLOUD_TO_SECRET",
    CallKind.NODE_ACCESS: "CLOUD_TO_NODE",
    CallKind.DISK_COPY: "DISK_SNAPSHOT",
    CallKind.DATA_READ: "T1530",
}
_SAYS: Final = {
    CallKind.KEY_MADE: "makes a lasting key",
    CallKind.CLUSTER_CREDENTIAL: "has the cloud hand out a credential of the cluster",
    CallKind.CLUSTER_ACCESS: "changes in the cloud who is let into the cluster",
    CallKind.CLUSTER_CHANGE: "changes the cluster in the cloud",
    CallKind.IDENTITY_CHANGE: "changes rights in the cloud",
    CallKind.LOGGING_OFF: "switches logging off",
    CallKind.SECRET_READ: "reads secrets of the cloud",
    CallKind.NODE_ACCESS: "reaches machines through the cloud",
    CallKind.DISK_COPY: "copies disks",
    CallKind.DATA_READ: "reads data of the cloud",
    CallKind.ASSUME: "takes on another identity of the cloud",
    CallKind.SIGN_IN: "signs in to the cloud",
}
_DETECTIONS: Final = {
    CallKind.LOGGING_OFF: "audit-config-gone",
    CallKind.CLUSTER_ACCESS: "cloud-cluster-access",
    CallKind.CLUSTER_CREDENTIAL: "cloud-cluster-credential",
}
_SORTS: Final = {Cloud.AWS: "cloud role", Cloud.GOOGLE: "cloud identity", Cloud.AZURE: "cloud identity"}
_OF_CLUSTER: Final = {CallKind.CLUSTER_ACCESS, CallKind.CLUSTER_CREDENTIAL}


class CloudStep(Struct, frozen=True, kw_only=True):
    """A step, not numbered yet, with what is only of interest here."""

    step: IncidentStep
    detections: tuple[str, ...]
    confidence: Confidence


class _Run(Struct, kw_only=True):
    technique: str
    at: list[int]


def cloud_steps(part: CloudPart, parts: Parts) -> list[CloudStep]:
    """Steps in the order of their beginning."""
    runs = _runs(part, PAUSE_US)
    if len(runs) > MOST_STEPS:
        runs = _runs(part, 1 << 62)
    return [_step(part, run, parts) for run in runs]


def technique_of(call: CloudCall) -> str:
    """The technique that a call is, by the words of the graph where it has one."""
    if call.outcome is Outcome.REFUSED:
        return _LOOKS
    if call.kind is CallKind.EXCHANGE:
        return "POD_IDENTITY" if call.name == "AssumeRoleForPodIdentity" else _EXCHANGES[call.cloud]
    if call.kind is CallKind.OTHER and call.principal_kind is PrincipalKind.NODE:
        return "NODE_CLOUD_ROLE"
    return _TECHNIQUES.get(call.kind, "T1578" if call.write else _LOOKS)


def _runs(part: CloudPart, pause: int) -> list[_Run]:
    found: list[_Run] = []
    open_runs: dict[tuple[str, ...], _Run] = {}
    for at, call in enumerate(part.calls):
        technique = technique_of(call)
        key = (technique, call.principal, call.role, call.address)
        run = open_runs.get(key)
        if run is not None and call.at_us - part.calls[run.at[-1]].at_us <= pause:
            run.at.append(at)
        else:
            run = _Run(technique=technique, at=[at])
            open_runs[key] = run
            found.append(run)
    return found


def _step(part: CloudPart, run: _Run, parts: Parts) -> CloudStep:
    calls = [part.calls[at] for at in run.at]
    first, last = calls[0], calls[-1]
    user = part.users.get(run.at[0], "")
    foreign = run.at[0] in part.foreign
    sure = max((part.confidence[at] for at in run.at), key=list(Confidence).index)
    account = user.split(":") if user.startswith("system:serviceaccount:") else []
    names = [_DETECTIONS[first.kind]] if first.kind in _DETECTIONS and first.done else []
    if foreign and user and first.done:
        names.append("irsa-foreign-asn" if account else "node-identity-outside")
    step = IncidentStep(
        n=0,
        technique=run.technique,
        component=parts.note(_participant(first, user)).id,
        action=_sentence(calls, user),
        object=first.role if first.kind is CallKind.EXCHANGE and first.role else first.object or first.role,
        identity=user if account else first.principal,
        where=Stage.RUNTIME,
        inside_cluster=False,
        observable_in=(Observable.CLOUD_TRAIL,),
        basis=StepBasis.SUSPECTED if sure is Confidence.LOW else StepBasis.OBSERVED,
        credential=_credential(user, foreign=foreign),
        at=moment(first.at_us),
        until=moment(last.at_us) if last.at_us > first.at_us else None,
        scope=Scope(kind=Unit.NAMESPACE, name=account[2]) if len(account) == 4 else None,
        evidence=tuple(dict.fromkeys(call.id for call in calls if call.id)),
    )
    return CloudStep(step=step, detections=tuple(names), confidence=sure)


def _credential(user: str, *, foreign: bool) -> CredentialUse | None:
    if user.startswith("system:serviceaccount:"):
        return CredentialUse.INHERITED
    return CredentialUse.STOLEN if foreign else None


def short(call: CloudCall) -> str:
    """An operation without the names of its service: ``ListBuckets``, ``UpdateCluster``, ``runCommand``."""
    name = re.sub(
        r"/(action|write|delete)$",
        lambda found: "" if found[1] == "action" else f" {found[1]}",
        call.name,
        flags=re.IGNORECASE,
    )
    return re.split(r"[./]", name)[-1]


def role_of(call: CloudCall) -> str:
    """Name of the role or identity of the cloud, without the account that it lies in."""
    return (call.role or call.principal).rpartition("/")[2] or call.principal


def _sentence(calls: list[CloudCall], user: str) -> str:
    first = calls[0]
    role = role_of(first)
    if first.outcome is Outcome.REFUSED:
        names = dict.fromkeys(short(call) for call in calls)
        return f"is refused in the cloud as {_who(first, user)}: {_some(list(names))}"
    if first.kind is CallKind.EXCHANGE:
        named = f" ({first.detail})" if first.detail and first.detail != role else ""
        return f"takes on {_SORTS[first.cloud]} {role}{named} with a token of the cluster"
    done = dict.fromkeys(_call_in_words(call) for call in calls)
    says = _SAYS.get(first.kind, "changes things in the cloud" if first.write else "looks around in the cloud")
    return f"{says} as {_who(first, user)}: {_some(list(done))}"


def _who(call: CloudCall, user: str) -> str:
    if call.principal_kind in {PrincipalKind.PERSON, PrincipalKind.PROVIDER}:
        return call.principal
    account = user.removeprefix("system:serviceaccount:").replace(":", "/")
    whose = f" of ServiceAccount {account}" if account != user else ""
    return f"{_SORTS[call.cloud]} {role_of(call)}{whose}"


def _call_in_words(call: CloudCall) -> str:
    about = call.detail or call.object
    return f"{short(call)} {about}".strip()


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _participant(call: CloudCall, user: str) -> Participant:
    if call.kind is CallKind.LOGGING_OFF and call.done:
        return _sound("logs of the control plane", "control_plane_logs", "the logs of the control plane")
    if call.kind in _OF_CLUSTER and call.done:
        words = "what the cloud lets into the cluster"
        return _sound(words, "cluster_authentication", words)
    role = role_of(call)
    if user and not user.startswith("system:serviceaccount:"):
        return _sound(f"node role {role}", "node_cloud_role", f"the nodes' {_SORTS[call.cloud]} {role}")
    words = f"{_SORTS[call.cloud]} {role}"
    return _sound(words, "workload_identity", words)


def _sound(name: str, kind: str, words: str) -> Participant:
    return Participant(
        id=name, kind=kind, name=words, installed_by=InstalledBy.CUSTOMER, managed_by=ManagedBy.CUSTOMER_CONFIG
    )
