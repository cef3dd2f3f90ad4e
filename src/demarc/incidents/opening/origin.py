"""How it began: the step before the first that the trail shows, as far as anything points to one.

The trail shows a credential in use; how it got there happened elsewhere. What speaks for each reading is said beside
the readings that are left; without anything that speaks for one, there is no such step.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from demarc.access.delivery import OPENS_CLUSTER, Delivery, Pipeline, PipelineSecret
from demarc.access.identity import service_account
from demarc.incidents.opening.births import credential_of
from demarc.incidents.opening.grants import key_of
from demarc.incidents.opening.happenings import Happening, moment
from demarc.incidents.opening.places import Seen, family, is_machine
from demarc.inventory.records import words
from demarc.model.boundary import Confidence
from demarc.model.duties import Stage
from demarc.model.investigation import GrantUse, Rival
from demarc.model.snapshot import Record, Snapshot
from demarc.model.time import instant, iso

BEFORE: Final = timedelta(hours=24)
"""How long before the first odd use a run of a pipeline may lie to be thought of."""
_GITOPS: Final = ("argocd", "kustomize-controller", "helm-controller", "flux", "source-controller")
_PIPELINES: Final = frozenset(
    [
        "helm",
        "jenkins",
        "gitlab-runner",
        "actions-runner",
        "argocd",
        "flux",
        "terraform",
        "pulumi",
        "buildkite-agent",
        "circleci",
        "tekton",
        "drone",
        "github-actions",
        "azure-pipelines",
        "bitbucket-pipelines",
        "spinnaker",
        "octopus",
    ]
)


class Origin(Struct, frozen=True, kw_only=True):
    """A step that lies before what the trail shows."""

    technique: str
    part: str
    """Kind of the participant."""
    name: str
    says: str
    stage: Stage
    inside_cluster: bool
    at: datetime | None
    evidence: tuple[str, ...]
    confidence: Confidence
    scope: str = ""
    """Repository, where the duty lies with a pipeline's owner."""
    leaked: bool = False
    """The participant is the credential itself."""
    observed: bool = False
    """The trail or an object shows it; otherwise it is suspected."""


def origin(
    events: tuple[Happening, ...], homes: tuple[Seen, ...], snapshot: Snapshot | None, maker: Happening | None
) -> tuple[Origin | None, tuple[Rival, ...]]:
    """The likeliest beginning and the other readings.

    ``homes``: where the first identity is used as always; ``maker``: the request that made its credential.
    """
    first = events[0]
    if not first.user_name or first.user_name == "system:anonymous":
        return None, ()
    if not is_machine(first.user_name):
        return _of_a_person(first, homes)
    if first.user_name.startswith("system:node:"):
        return _of_a_node(first)
    if first.token_pod or (not credential_of(first) and not _by_pipeline(homes)):
        return _of_a_pod(first)
    if maker is not None and family(maker.agent).startswith(_GITOPS):
        return _of_a_commit(first, maker)
    return _of_a_pipeline(first, homes, snapshot)


def of_everybody(events: tuple[Happening, ...], written: dict[str, GrantUse]) -> Origin | None:
    """The binding that let callers without a credential in, where one did that everybody has not by default."""
    for event in events:
        grant = written.get(key_of(event))
        if event.user_name != "system:anonymous" or grant is None or event.grant_name.startswith("system:"):
            continue
        by = f", written by {grant.written_by}" if grant.written_by else ""
        return Origin(
            technique="GRANTED",
            part="rbac",
            name=f"{grant.binding} of {grant.role}",
            says=f"{grant.binding} lets callers without any credential in{by}",
            stage=Stage.RUNTIME,
            inside_cluster=True,
            at=instant(grant.written_at) if grant.written_at else None,
            evidence=grant.evidence,
            confidence=Confidence.HIGH,
            observed=True,
        )
    return None


def _by_pipeline(homes: tuple[Seen, ...]) -> Seen | None:
    return next((home for home in homes if family(home.place.agent) in _PIPELINES), None)


def _of_a_pipeline(
    first: Happening, homes: tuple[Seen, ...], snapshot: Snapshot | None
) -> tuple[Origin | None, tuple[Rival, ...]]:
    lasting = bool(first.legacy_secret)
    key = f"the token in Secret {first.legacy_secret}" if lasting else f"a token of {first.user_name}"
    rivals = [_read_in_cluster(first)] if lasting else []
    rivals.append(_from_a_device())
    home = _by_pipeline(homes)
    delivery = Delivery(snapshot) if snapshot is not None else None
    for run, pipeline, secret in _runs_before(first, delivery, snapshot):
        steps = [step.uses for step in pipeline.steps if not step.pinned and not step.uses.startswith("actions/")]
        if steps:
            rivals.insert(0, _kept_by_pipeline(pipeline, secret))
            at = instant(words(run.body, "run_started_at") or words(run.body, "created_at"))
            number = str(run.body.get("run_number") or run.name)
            says = (
                f"run {number} of {pipeline.name}, {_ago(at, first)} before, held {secret.name} and ran {steps[0]}, "
                "which is named by a tag that its maker can move: it may have sent the token away"
            )
            return (
                Origin(
                    technique="THIRD_PARTY_STEP",
                    part="pipeline",
                    name=f"{steps[0]} in {pipeline.name}",
                    says=says,
                    stage=Stage.BUILD,
                    inside_cluster=False,
                    at=at,
                    evidence=(f"workflow run {number}",),
                    confidence=Confidence.MEDIUM,
                    scope=pipeline.repository,
                ),
                tuple(rivals),
            )
    if home is None:
        return _of_a_lasting_token(key, rivals) if lasting else (None, tuple(rivals))
    by = f"{family(home.place.agent)} uses from {home.place.address}"
    says = f"{key}, which {by}, came into other hands; how is not recorded"
    rivals.insert(0, _third_party())
    found = Origin(
        technique="CI_STATIC_KEY",
        part="credential",
        name=key,
        says=says,
        stage=Stage.BUILD,
        inside_cluster=False,
        at=None,
        evidence=(),
        confidence=Confidence.LOW,
        leaked=True,
    )
    return found, tuple(rivals)


def _of_a_commit(first: Happening, maker: Happening) -> tuple[Origin, tuple[Rival, ...]]:
    found = Origin(
        technique="GITOPS_SOURCE",
        part="source_repository",
        name=f"what {maker.user_name} was told to apply",
        says=(
            f"{maker.user_name} made {credential_of(first)} at {iso(maker.at)}, from where it is at home: "
            "if that was not meant, it was told to by a commit"
        ),
        stage=Stage.DEPLOY,
        inside_cluster=False,
        at=maker.at,
        evidence=(maker.audit_id,),
        confidence=Confidence.LOW,
    )
    rival = Rival(
        reading="the token was meant, and lost afterwards",
        for_it="most of what GitOps applies is meant",
        against_it="nothing in this trail",
        duty="secret.rotation",
        settle="look for the commit that brought it, and who approved it",
    )
    return found, (rival,)


def _of_a_lasting_token(key: str, rivals: list[Rival]) -> tuple[Origin, tuple[Rival, ...]]:
    found = Origin(
        technique="T1078.001",
        part="service_accounts",
        name=key,
        says=f"{key}, which never ends, came into other hands; how is not recorded",
        stage=Stage.RUNTIME,
        inside_cluster=True,
        at=None,
        evidence=(),
        confidence=Confidence.LOW,
        leaked=True,
    )
    return found, (_third_party(), *rivals)


def _runs_before(
    first: Happening, delivery: Delivery | None, snapshot: Snapshot | None
) -> list[tuple[Record, Pipeline, PipelineSecret]]:
    """Runs of pipelines that hold what opens the cluster, before the first odd use; the last one first."""
    if delivery is None or snapshot is None or not delivery.given:
        return []
    account = service_account(first.user_name)
    found = []
    for secret in delivery.secrets:
        if not OPENS_CLUSTER.search(secret.name):
            continue
        for pipeline in delivery.using(secret):
            for run in snapshot.of("github.workflowRun"):
                if delivery.full(run.parent) != pipeline.repository or not _is_of(run, pipeline):
                    continue
                started = words(run.body, "run_started_at") or words(run.body, "created_at")
                at = instant(started) if started else None
                if at is not None and first.at - BEFORE <= at <= first.at:
                    found.append((at, run, pipeline, secret))
    named = account[1] if account is not None else ""
    # A pipeline that shares a word with the account is likelier to be the one that holds its token.
    found.sort(key=lambda one: (_shares(named, one[2].repository), one[0]), reverse=True)
    return [(run, pipeline, secret) for _, run, pipeline, secret in found]


def _is_of(run: Record, pipeline: Pipeline) -> bool:
    return words(run.body, "path").partition("@")[0] == pipeline.path


def _shares(account: str, repository: str) -> bool:
    split = set(account.replace("_", "-").split("-"))
    return bool(split & set(repository.rpartition("/")[2].replace("_", "-").split("-")))


def _of_a_person(first: Happening, homes: tuple[Seen, ...]) -> tuple[Origin | None, tuple[Rival, ...]]:
    if not homes:
        return None, ()
    found = Origin(
        technique="T1078",
        part="developer_device",
        name=f"credentials of {first.user_name}",
        says=(
            f"{first.user_name}, used from {homes[0].place.address} before, was used from {first.address}; "
            "how is not recorded"
        ),
        stage=Stage.RUNTIME,
        inside_cluster=False,
        at=None,
        evidence=(),
        confidence=Confidence.LOW,
        leaked=True,
    )
    rival = Rival(
        reading=f"{first.user_name} travels, or works from elsewhere",
        for_it="only the address is new",
        against_it="what was done there",
        duty="monitoring.audit-review",
        settle=f"ask {first.user_name} by another channel, and look at the sign-ins of the directory",
    )
    return found, (rival,)


def _of_a_node(first: Happening) -> tuple[Origin, tuple[Rival, ...]]:
    found = Origin(
        technique="NODE_IDENTITY",
        part="node",
        name=first.user_name.removeprefix("system:node:"),
        says=(
            f"the credential of {first.user_name} came into other hands: from the node's disk, or from what it "
            "starts with"
        ),
        stage=Stage.RUNTIME,
        inside_cluster=True,
        at=None,
        evidence=(),
        confidence=Confidence.LOW,
    )
    rival = Rival(
        reading="the metadata service gave out what a node joins with",
        for_it="a pod that reaches the metadata service needs nothing else",
        against_it="nothing in this trail",
        duty="node.metadata",
        settle="look whether pods reach the metadata service, and at the node's own logs",
    )
    return found, (rival,)


def _of_a_pod(first: Happening) -> tuple[Origin | None, tuple[Rival, ...]]:
    account = service_account(first.user_name)
    if account is None:
        return None, ()
    where = f"{account[0]}/{first.token_pod}" if first.token_pod else f"a pod of {account[0]}/{account[1]}"
    found = Origin(
        technique="USES_IDENTITY",
        part="workload",
        name=where,
        says=f"somebody got into {where}, or its token out of it; how is not recorded",
        stage=Stage.RUNTIME,
        inside_cluster=True,
        at=None,
        evidence=(),
        confidence=Confidence.LOW,
    )
    rival = Rival(
        reading="the image or a package in it was altered before it ran here",
        for_it="it would look the same from here",
        against_it="nothing in this trail",
        duty="supply.image-provenance",
        settle="compare the digest that runs with the one that was built, and the process list with the image",
    )
    return found, (rival,)


def _ago(at: datetime, first: Happening) -> str:
    minutes = int((first.at - at).total_seconds() // 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"


def _kept_by_pipeline(pipeline: Pipeline, secret: PipelineSecret) -> Rival:
    return Rival(
        reading=f"{secret.name} was taken where the build service keeps it",
        for_it=(
            f"{pipeline.repository} keeps a token that never ends, "
            f"last written {secret.updated[:10] or 'at an unknown date'}"
        ),
        against_it="nothing in the exports; a run with a step of others lies right before",
        duty="supply.pipeline-credentials",
        settle="the audit log of the build service: who read or changed the secret, and who may",
    )


def _third_party() -> Rival:
    return Rival(
        reading="a step of somebody else's in the pipeline sent it away",
        for_it="it is the commonest way by which such tokens leave",
        against_it="no delivery export was given that would show the steps",
        duty="supply.pipeline-trust",
        settle="give the pipeline definitions and runs as --snapshot, and look at the runs before the first use",
    )


def _read_in_cluster(first: Happening) -> Rival:
    return Rival(
        reading=f"Secret {first.legacy_secret} was read in the cluster",
        for_it="a lasting token lies there for everybody who may read Secrets",
        against_it=f"the trail shows nobody else reading it before {iso(moment(first.ts_us))}, as far as it reaches",
        duty="secret.access",
        settle="look for reads and lists of the Secret in older trails: demarc events",
    )


def _from_a_device() -> Rival:
    return Rival(
        reading="it was copied to somebody's device, and lost there",
        for_it="tokens that never end are often copied into kubeconfigs",
        against_it="nothing in this trail",
        duty="endpoint.devices",
        settle="ask who has ever had the token",
    )
