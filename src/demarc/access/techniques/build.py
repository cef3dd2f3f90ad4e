"""From source to what pipelines hold: who may change a pipeline, what runs in it, and which credentials it has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from demarc.access.cloud.answers import Verdict, no, unknown, yes
from demarc.access.cloud.aws import matches, subjects, trusts_subject
from demarc.access.delivery import OPENS_CLOUD, OPENS_CLUSTER, Pipeline, PipelineSecret
from demarc.access.graph import GraphBuilder
from demarc.access.techniques import things
from demarc.access.techniques.outside import cloud_role, outside
from demarc.access.techniques.pods import Running
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View, seen_in
from demarc.inventory.records import dig, true, words
from demarc.model.duties import Unit
from demarc.model.evidence import Evidence, Grade
from demarc.model.graph import Tag, Thing
from demarc.model.inventory import Scope
from demarc.model.kubernetes import Secret
from demarc.model.snapshot import Record

GITHUB: Final = "token.actions.githubusercontent.com"
_TOKEN: Final = "kubernetes.io/service-account-token"  # noqa: S105 - a type of Secret
_ACCOUNT: Final = "kubernetes.io/service-account.name"
_INVALID: Final = "kubernetes.io/legacy-token-invalid-since"
_HOSTED: Final = re.compile(r"^(ubuntu|windows|macos)-(latest|slim|\d[\w.-]*)(-\w+)*$")
_RUNNER_KINDS: Final = ("Runner", "EphemeralRunner", "EphemeralRunnerSet", "RunnerSet", "RunnerDeployment")
_RUNNER_IMAGES: Final = (
    *(
        "actions/actions-runner",
        "actions-runner/",
        "summerwind/actions-runner",
        "gitlab-runner",
        "jenkins/inbound-agent",
    ),
    *("jenkins/jenkins", "jenkins/agent", "buildkite/agent", "circleci/runner-agent"),
)


def repository(graph: GraphBuilder, name: str) -> int:
    """Writing to a repository."""
    return graph.node(Thing.REPOSITORY, name)


def pipeline(graph: GraphBuilder, item: Pipeline) -> int:
    """What a pipeline definition runs as."""
    found = graph.node(Thing.PIPELINE, item.name)
    graph.mark(found, Tag.PIPELINE_CREDENTIAL)
    return found


def scope_of(name: str, view: View) -> Scope:
    """A repository as a scope; the cluster where it has no name."""
    return Scope(kind=Unit.PIPELINE, name=name) if name else view.cluster


def repo_write(view: View, graph: GraphBuilder) -> None:
    """People and keys to repositories that they write to, and these to pipelines where nobody else must approve."""
    delivery = outside(view).delivery
    for item in delivery.pipelines:
        verdict = _unguarded(delivery.protection(item.repository))
        if verdict.holds:
            graph.edge(
                "REPO_WRITE",
                repository(graph, item.repository),
                pipeline(graph, item),
                scope=scope_of(item.repository, view),
                says=f"whoever writes to {item.repository} changes {item.path}: {verdict.says}",
                evidence=(Evidence(says=f"{item.name}: {verdict.says}", grade=Grade.ANSWERED, source=item.source),),
                grants=(f"branch protection of {item.repository}",),
                unknown=verdict.unknown,
            )
    written: set[tuple[str, str]] = set()
    for record in view.snapshot.records:
        who = (record.parent, words(record.body, "merged_by.login") or f"key {record.name}")
        if who not in written:
            written.add(who)
            _writer(view, graph, record)


def _writer(view: View, graph: GraphBuilder, record: Record) -> None:
    """Deploy keys that may write, and people who merged: what exports show of who writes."""
    full = outside(view).delivery.full
    if record.kind == "github.deployKey" and dig(record.body, "read_only") is False:
        source = graph.node(Thing.CREDENTIAL, f"deploy key {record.name} of {full(record.parent)}")
        graph.mark(source, Tag.PIPELINE_CREDENTIAL)
        says = f"deploy key {record.name} may write"
    elif record.kind == "github.pullRequest" and words(record.body, "merged_by.login"):
        source = graph.node(Thing.PERSON, words(record.body, "merged_by.login"))
        says = f"{words(record.body, 'merged_by.login')} merged pull request {record.name}"
    else:
        return
    if record.parent:
        graph.edge(
            "REPO_WRITE",
            source,
            repository(graph, full(record.parent)),
            scope=scope_of(full(record.parent), view),
            says=f"{says} in {full(record.parent)}",
            evidence=(Evidence(says=says, grade=Grade.ANSWERED, source=record.source),),
            grants=(says,),
        )


def _unguarded(records: tuple[Record, ...]) -> Verdict:
    """Whether one person alone gets a change into the branch."""
    if not records:
        return unknown("branch protection was not given: gh api repos/OWNER/REPO/branches/BRANCH/protection")
    rules = [item for item in records if item.kind == "github.branchRule"]
    if any(words(item.body, "type") == "pull_request" for item in rules):
        return unknown("a rule asks for pull requests; whom it lets past was not given")
    for item in records:
        if item.kind != "github.branchProtection":
            continue
        count = dig(item.body, "required_pull_request_reviews.required_approving_review_count")
        if not isinstance(count, int) or isinstance(count, bool) or count < 1:
            return yes(f"branch {item.name} is protected, and nobody has to approve")
        if not true(item.body, "enforce_admins.enabled"):
            return unknown(f"branch {item.name} asks for {count} approval, but not of administrators of the repository")
        return no(f"branch {item.name} asks for {count} approval")
    return unknown("what protects the branch was given in part only")


def third_party_step(view: View, graph: GraphBuilder) -> None:
    """Steps of others that are named by a tag or branch: whoever moves it runs in the pipeline."""
    for item in outside(view).delivery.pipelines:
        owner = item.repository.split("/")[1].lower() if item.repository.count("/") >= 2 else ""
        for step in item.steps:
            if step.pinned or (owner and step.uses.lower().startswith(f"{owner}/")):
                continue
            graph.edge(
                "THIRD_PARTY_STEP",
                things.outside(graph, f"third-party step {step.uses}"),
                pipeline(graph, item),
                scope=scope_of(item.repository, view),
                says=f"whoever controls what {step.uses} points to runs code in {item.name}",
                evidence=(
                    Evidence(
                        says=f"{item.name} uses {step.uses}, not by digest", grade=Grade.ANSWERED, source=item.source
                    ),
                ),
                grants=(f"step {step.uses} of {item.name}",),
            )


def ci_static_key(view: View, graph: GraphBuilder) -> None:
    """Pipelines to the secrets that they use, and these to what they may open: which it is cannot be seen."""
    delivery = outside(view).delivery
    for secret in delivery.secrets:
        if not (OPENS_CLUSTER.search(secret.name) or OPENS_CLOUD.search(secret.name)):
            continue
        held = graph.node(Thing.CREDENTIAL, f"pipeline secret {secret.name} of {secret.repository or 'a repository'}")
        graph.mark(held, Tag.PIPELINE_CREDENTIAL)
        dated = f", last written {secret.updated[:10]}" if secret.updated else ""
        evidence = Evidence(
            says=f"an export names pipeline secret {secret.name}{dated}", grade=Grade.ANSWERED, source=secret.source
        )
        for item in delivery.using(secret):
            graph.edge(
                "CI_STATIC_KEY",
                pipeline(graph, item),
                held,
                scope=scope_of(item.repository, view),
                says=f"{item.name} runs with {secret.name}",
                evidence=(evidence, Evidence(says=f"{item.path} uses it", grade=Grade.ANSWERED, source=item.source)),
                grants=(f"pipeline secret {secret.name}",),
            )
        for target, says, why in _opened(view, graph, secret):
            graph.edge(
                "CI_STATIC_KEY",
                held,
                target,
                scope=scope_of(secret.repository, view),
                says=f"{secret.name} may be {says}",
                evidence=(evidence,),
                grants=(f"pipeline secret {secret.name}",),
                unknown=why,
            )


def _opened(view: View, graph: GraphBuilder, secret: PipelineSecret) -> Iterator[tuple[int, str, str]]:
    why = f"whose credential {secret.name} is cannot be seen from its name and date"
    if OPENS_CLUSTER.search(secret.name):
        for item in view.secrets.values():
            account = item.annotations.get(_ACCOUNT, "")
            if item.type != _TOKEN or not account or _INVALID in item.labels or not _before(item, secret.updated):
                continue
            namespace = item.metadata.namespace
            if (namespace, account) in view.accounts or not view.accounts:
                yield things.account(graph, namespace, account), f"the token in Secret {item.key}", why
    elif secret.name.upper().startswith("AWS_SECRET") or not secret.name.upper().startswith("AWS_"):
        users = dict.fromkeys(item.parent for item in view.records("aws.iamAccessKey") if item.parent)
        for user in users:
            yield cloud_role(graph, f"IAM user {user}"), f"an access key of IAM user {user}", why
        if not users:
            yield cloud_role(graph, f"whoever {secret.name} belongs to"), "a static key of the cloud", why


def _before(item: Secret, written: str) -> bool:
    """A token that was made after the pipeline's secret was last written is not the one in it."""
    made = item.metadata.creation_timestamp or ""
    return not written or not made or made <= written


def ci_oidc(view: View, graph: GraphBuilder) -> None:
    """Pipelines, and whoever writes to their repositories, to roles that trust tokens of the build service."""
    around = outside(view)
    for arn, role in around.roles.items():
        patterns = subjects(role, GITHUB)
        if not patterns:
            continue
        for name in around.delivery.repositories:
            subject = f"repo:{name.partition('/')[2]}:*"
            verdict = trusts_subject(role, GITHUB, subject, "sts.amazonaws.com")
            if not name.startswith("github.com/") or not verdict.holds:
                continue
            evidence = Evidence(
                says=f"the trust policy of {role.name} names {', '.join(patterns[:3])}",
                grade=Grade.ANSWERED,
                source=role.source,
            )
            for source, who in _trusted(around.delivery.pipelines, graph, name, patterns):
                graph.edge(
                    "CI_OIDC",
                    source,
                    cloud_role(graph, arn),
                    scope=scope_of(name, view),
                    says=f"{who} gets {arn} with the token of its build: the role trusts {', '.join(patterns[:3])}",
                    evidence=(evidence,),
                    grants=(f"trust policy of {arn}",),
                    unknown=verdict.unknown,
                )
    _azure_oidc(view, graph)


def _trusted(
    pipelines: tuple[Pipeline, ...], graph: GraphBuilder, name: str, patterns: tuple[str, ...]
) -> Iterator[tuple[int, str]]:
    for item in pipelines:
        if item.repository == name and item.federated:
            yield pipeline(graph, item), item.name
    # A pattern that any branch fits: who may push a branch may push a workflow with it.
    anywhere = f"repo:{name.partition('/')[2]}:ref:refs/heads/any"
    if any(matches(pattern, anywhere) for pattern in patterns):
        yield repository(graph, name), f"whoever pushes any branch of {name}"


def _azure_oidc(view: View, graph: GraphBuilder) -> None:
    around = outside(view)
    for record in view.records("azure.federatedCredential"):
        subject = words(record.body, "subject")
        if GITHUB not in words(record.body, "issuer") or not subject.startswith("repo:"):
            continue
        name = f"github.com/{subject.removeprefix('repo:').partition(':')[0]}"
        for item in around.delivery.pipelines:
            if item.repository.lower() == name.lower() and item.federated:
                graph.edge(
                    "CI_OIDC",
                    pipeline(graph, item),
                    cloud_role(graph, record.parent or record.name),
                    scope=scope_of(item.repository, view),
                    says=f"{item.name} acts as {record.parent or record.name} by a federated credential for {subject}",
                    evidence=(
                        Evidence(
                            says=f"federated credential {record.name} trusts {subject}",
                            grade=Grade.ANSWERED,
                            source=record.source,
                        ),
                    ),
                    grants=(f"federated credential {record.name}",),
                    unknown=f"whether a run of this pipeline comes as {subject} depends on its branch or environment",
                )


def runner_in_cluster(view: View, graph: GraphBuilder) -> None:
    """Pipelines to the accounts of runners that run as pods of the cluster."""
    own = [item for item in outside(view).delivery.pipelines if any(not _HOSTED.match(name) for name in item.runners)]
    for running in view.workloads.all:
        if not _is_runner(running):
            continue
        target = things.workload(graph, running.scope)
        evidence = seen_in(running, "runs builds")
        sources = [(pipeline(graph, item), item.name, item.repository) for item in own]
        sources = sources or [(graph.node(Thing.PIPELINE, f"pipelines of {running.scope}"), "a pipeline", "")]
        for source, name, repo in sources:
            graph.mark(source, Tag.PIPELINE_CREDENTIAL)
            graph.edge(
                "RUNNER_IN_CLUSTER",
                source,
                target,
                scope=scope_of(repo, view),
                says=f"{name} runs its steps in {running.what}",
                evidence=(evidence,),
                grants=(running.what,),
                unknown="which pipelines this runner takes was not given",
            )


def _is_runner(running: Running) -> bool:
    if running.kind in _RUNNER_KINDS:
        return True
    images = [container.image.lower() for _, container in running.containers()]
    return any(part in image for image in images for part in _RUNNER_IMAGES)


TECHNIQUES = (
    Technique("REPO_WRITE", repo_write),
    Technique("THIRD_PARTY_STEP", third_party_step),
    Technique("CI_STATIC_KEY", ci_static_key),
    Technique("CI_OIDC", ci_oidc),
    Technique("RUNNER_IN_CLUSTER", runner_in_cluster),
)
