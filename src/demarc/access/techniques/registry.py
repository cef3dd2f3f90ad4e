"""Registries and images: who can put another image behind a name that workloads run, and who signs them."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from demarc.access.cloud.answers import Verdict, no, unknown, yes
from demarc.access.cloud.aws import may
from demarc.access.graph import GraphBuilder
from demarc.access.techniques import things
from demarc.access.techniques.build import pipeline, scope_of
from demarc.access.techniques.outside import cloud_role, outside
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View, seen_in, shown
from demarc.inventory.records import words
from demarc.model.evidence import Evidence, Grade
from demarc.model.graph import Thing
from demarc.model.kubernetes import Secret

_ECR: Final = re.compile(r"^\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/")
_PULL: Final = ("kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg")
_SIGNING: Final = re.compile(r"^(cosign\.key|.*[._-]?signing[._-]?key(\.pem)?|notation\.key)$", re.IGNORECASE)
_VERIFIERS: Final = (
    *("ClusterImagePolicy.policy.sigstore.dev", "ImageValidatingPolicy.policies.kyverno.io"),
    *("ClusterPolicy.kyverno.io", "Policy.kyverno.io", "Constraint.constraints.gatekeeper.sh"),
)


class Image(NamedTuple):
    """An image reference."""

    path: str
    """Registry and repository: ``docker.io/library/nginx``."""
    tag: str
    digest: str


def image(reference: str) -> Image:
    """Take a reference apart, with the defaults that a node fills in."""
    rest, _, digest = reference.partition("@")
    head, slash, last = rest.rpartition("/")
    name, _, tag = last.partition(":")
    path = f"{head}{slash}{name}"
    first = path.partition("/")[0]
    if "/" not in path:
        path = f"docker.io/library/{path}"
    elif "." not in first and ":" not in first and first != "localhost":
        path = f"docker.io/{path}"
    return Image(path, tag or ("" if digest else "latest"), digest)


def registry_push(view: View, graph: GraphBuilder) -> None:
    """Image repositories to containers that run a tag of theirs, and whoever pushes to these repositories."""
    pushed: dict[str, None] = {}
    signed = _signature_gate(view)
    for running in view.workloads.all:
        for _, container in running.containers():
            found = image(container.image)
            verdict = _movable(view, found)
            if not container.image or not verdict.holds:
                continue
            pushed[found.path] = None
            graph.edge(
                "REGISTRY_PUSH",
                graph.node(Thing.REGISTRY, found.path),
                things.container(graph, running, container.name),
                scope=view.workload(running),
                says=f"{running.what} runs {found.path}:{found.tag}, whatever is behind that tag when a node pulls it",
                evidence=(seen_in(running, f"container {container.name}, image {container.image}: {verdict.says}"),),
                grants=(f"tag {found.path}:{found.tag}",),
                unknown=verdict.unknown or signed,
            )
    _pushers(view, graph, tuple(pushed))


def _movable(view: View, found: Image) -> Verdict:
    if found.digest:
        return no("it is named by digest")
    for record in view.records("aws.ecrRepository"):
        if words(record.body, "repositoryUri") == found.path:
            immutable = words(record.body, "imageTagMutability").startswith("IMMUTABLE")
            return no("tags cannot be moved") if immutable else yes("tags can be moved (imageTagMutability)")
    return unknown(f"whether tags of {found.path} can be moved was not given")


def _signature_gate(view: View) -> str:
    """Why a signature may be asked for; empty where nothing that could ask is there."""
    kind = next((kind for kind in _VERIFIERS if view.snapshot.objects.get(kind)), "")
    return f"{kind} objects may ask for signatures: what they ask cannot be seen" if kind else ""


def _pushers(view: View, graph: GraphBuilder, paths: tuple[str, ...]) -> None:
    around = outside(view)
    hosts = dict.fromkeys(path.partition("/")[0] for path in paths if _ECR.match(path))
    for path in paths:
        if path.partition("/")[0] in hosts:
            graph.edge(
                things.INCLUDES,
                graph.node(Thing.REGISTRY, path.partition("/")[0]),
                graph.node(Thing.REGISTRY, path),
                scope=view.cluster,
                says=f"{path} is one of its repositories",
            )
    for arn, held in around.permissions.items() if hosts else ():
        verdict = may(held, arn, "ecr:PutImage")
        role = around.roles.get(arn)
        for host in hosts if verdict.holds else ():
            graph.edge(
                "REGISTRY_PUSH",
                cloud_role(graph, arn),
                graph.node(Thing.REGISTRY, host),
                scope=view.cluster,
                says=f"{arn} pushes to {host}",
                evidence=(Evidence(says=verdict.says, grade=Grade.ANSWERED, source=role.source if role else ""),),
                grants=(f"policies of {arn}",),
                unknown=verdict.unknown,
            )
    for item in around.delivery.pipelines:
        for written in item.images:
            name = image(written).path.rpartition("/")[2]
            for path in paths:
                if path.rpartition("/")[2] == name and "$" not in written:
                    exact = image(written).path == path
                    graph.edge(
                        "REGISTRY_PUSH",
                        pipeline(graph, item),
                        graph.node(Thing.REGISTRY, path),
                        scope=scope_of(item.repository, view),
                        says=f"{item.name} pushes {written}",
                        evidence=(
                            Evidence(says=f"{item.path} pushes {written}", grade=Grade.ANSWERED, source=item.source),
                        ),
                        grants=(f"push in {item.name}",),
                        unknown="" if exact else f"whether {written} is {path} cannot be seen",
                    )


def pull_secret_push(view: View, graph: GraphBuilder) -> None:
    """Pull secrets to the image repositories that their workloads run from: they may be able to push."""
    for running in view.workloads.all:
        account = view.accounts.get((running.namespace, running.account))
        named = [item.name for spec in running.specs for item in spec.image_pull_secrets or ()]
        named += [item.name for item in (account.image_pull_secrets if account else None) or ()]
        for name in dict.fromkeys(named):
            secret = view.secrets.get((running.namespace, name))
            if secret is None or secret.type not in _PULL:
                continue
            paths = {image(container.image).path for _, container in running.containers() if container.image}
            for path in sorted(path for path in paths if not _ECR.match(path)):
                graph.edge(
                    "PULL_SECRET_PUSH",
                    things.secret(graph, running.namespace, name),
                    graph.node(Thing.REGISTRY, path),
                    scope=view.scope(running.namespace),
                    says=f"the login in Secret {secret.key} may push to {path}",
                    evidence=(shown(secret, f"is the pull secret of {running.what}"),),
                    unknown="which registry the login is for, and whether it may push, cannot be seen",
                )


def signing_key(view: View, graph: GraphBuilder) -> None:
    """Secrets with a key to sign images with, where something asks for signatures."""
    asks = _signature_gate(view)
    for secret in view.secrets.values() if asks else ():
        key = next((name for name in secret.keys if _SIGNING.match(name)), "")
        if key:
            _signs(view, graph, secret, key)


def _signs(view: View, graph: GraphBuilder, secret: Secret, key: str) -> None:
    graph.edge(
        "SIGNING_KEY",
        things.secret(graph, secret.metadata.namespace, secret.metadata.name),
        things.outside(graph, "signatures that the image policy of the cluster accepts"),
        scope=view.cluster,
        says=f"key {key} of Secret {secret.key} signs images",
        evidence=(shown(secret, f"key {key}"),),
        grants=(f"Secret {secret.key}",),
        unknown="which keys the image policy trusts cannot be seen",
    )


TECHNIQUES = (
    Technique("REGISTRY_PUSH", registry_push),
    Technique("PULL_SECRET_PUSH", pull_secret_push),
    Technique("SIGNING_KEY", signing_key),
)
