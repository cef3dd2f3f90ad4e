"""Who reads Secrets through the API, and what a Secret opens. Values are never looked at, only names and types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from demarc.access.graph import GraphBuilder
from demarc.access.techniques import things
from demarc.access.techniques.grants import Writer
from demarc.access.techniques.offers import where
from demarc.access.techniques.technique import Technique
from demarc.access.techniques.view import View, shown
from demarc.model.graph import Thing
from demarc.model.kubernetes import KubeObject, Secret

_KUBECONFIG = re.compile(r"(.*[._-])?kube-?config([._-].*)?", re.IGNORECASE)
_UNREAD = "the file is not read: whether it still signs in, and as whom, is not known"
_TYPES = {
    "kubernetes.io/dockerconfigjson": "a container registry",
    "kubernetes.io/dockercfg": "a container registry",
    "kubernetes.io/ssh-auth": "what takes its SSH key",
    "kubernetes.io/basic-auth": "what takes its user name and password",
}
_KEYS = (
    (re.compile(r"aws_?(access_?key_?id|secret_?access_?key)|\.?aws_?credentials", re.IGNORECASE), "an AWS account"),
    (
        re.compile(r"(gcp|google)[\w.-]*(key|credentials|sa)[\w.-]*|service-account\.json", re.IGNORECASE),
        "a GCP project",
    ),
    (re.compile(r"azure_?client_?secret|arm_client_secret", re.IGNORECASE), "an Azure tenant"),
    (
        re.compile(
            r"(.*[._-])?(database|db|postgres(ql)?|pg|mysql|mongo(db)?|redis)[._-]?(url|uri|dsn|pass(word)?)",
            re.IGNORECASE,
        ),
        "a database",
    ),
    (re.compile(r"id_(rsa|ed25519|ecdsa)|ssh-privatekey|identity", re.IGNORECASE), "what takes its SSH key"),
    (
        re.compile(r"(.*[._-])?(token|api[._-]?key|password|client[._-]?secret)", re.IGNORECASE),
        "what takes its password or token",
    ),
)


def secret_read(view: View, graph: GraphBuilder) -> None:
    """Rights to read Secrets, all or by name. A list or watch that is limited to names works for these names."""
    writer = Writer(view, graph, "SECRET_READ")
    lacks = view.missing("secrets")
    by_name: dict[str, list[str]] = {}
    for namespace, name in view.secrets:
        by_name.setdefault(name, []).append(namespace)
    for claim in view.rights.claims("get|list|watch secrets"):
        names = claim.names[0]
        if names is None:
            writer.edge(
                claim, things.any_secret(graph, claim.namespace), f"reading any Secret {where(claim.namespace)}"
            )
        for name in names or ():
            there = [space for space in by_name.get(name, ()) if claim.namespace in ("", space)]
            for namespace in there:
                target = things.secret(graph, namespace, name)
                writer.edge(claim, target, f"reading Secret {namespace}/{name}", place=namespace)
            if lacks and claim.namespace and not there:
                target = things.secret(graph, claim.namespace, name)
                unknown = f"whether it exists is not known: {lacks}"
                writer.edge(claim, target, f"reading Secret {claim.namespace}/{name}", unknown=unknown)


def kubeconfig_file(view: View, graph: GraphBuilder) -> None:
    """Secrets and ConfigMaps with a key that is named like a kubeconfig, to the credential in it."""
    for secret in view.secrets.values():
        for key in _kubeconfigs(secret, secret.keys):
            _file(view, graph, things.secret(graph, secret.metadata.namespace, secret.metadata.name), secret, key)
    for config in view.config_maps.values():
        for key in _kubeconfigs(config, config.keys):
            _file(view, graph, things.config(graph, config.metadata.namespace, config.metadata.name), config, key)


def _kubeconfigs(item: KubeObject, keys: Iterable[str]) -> Iterator[str]:
    """Keys named so; and ``value`` in the Secret that Cluster API makes for a cluster.

    The one of kube-proxy has no credential of its own, and every cluster of kubeadm has it.
    """
    if item.metadata.name in ("kube-proxy", "cluster-info"):
        return
    made = item.metadata.name.endswith("-kubeconfig")
    yield from (key for key in keys if _KUBECONFIG.fullmatch(key) or (made and key == "value"))


def _file(view: View, graph: GraphBuilder, source: int, item: KubeObject, key: str) -> None:
    what = f"kubeconfig in {item.kind} {item.key}, key {key}"
    graph.edge(
        "KUBECONFIG_FILE",
        source,
        graph.node(Thing.CREDENTIAL, what),
        scope=view.scope(item.metadata.namespace),
        says=f"{item.kind} {item.key} holds a kubeconfig under {key}",
        evidence=(shown(item, f"data has the key {key}"),),
        unknown=_UNREAD,
    )


def secret_opens(view: View, graph: GraphBuilder) -> None:
    """Secrets to what is outside of the cluster and opens for them, by type and names of keys."""
    for secret in view.secrets.values():
        for what, why in opens(secret):
            graph.edge(
                "SECRET_OPENS",
                things.secret(graph, secret.metadata.namespace, secret.metadata.name),
                things.outside(graph, f"{what}, by Secret {secret.key}"),
                scope=view.identity(f"{secret.metadata.namespace}/Secret/{secret.metadata.name}"),
                says=f"Secret {secret.key} opens {what}",
                evidence=(shown(secret, why),),
            )


def opens(secret: Secret) -> Iterator[tuple[str, str]]:
    """What a Secret opens outside of the cluster, each with why."""
    if secret.type in _TYPES:
        yield _TYPES[secret.type], f"type is {secret.type}"
        return
    if secret.type not in ("Opaque", ""):
        return
    found: dict[str, str] = {}
    for key in secret.keys:
        known = next((what for pattern, what in _KEYS if pattern.fullmatch(key)), "")
        if known:
            found.setdefault(known, f"data has the key {key}")
    yield from found.items()


TECHNIQUES = (
    Technique("SECRET_READ", secret_read),
    Technique("KUBECONFIG_FILE", kubeconfig_file),
    Technique("SECRET_OPENS", secret_opens),
)
