"""Answers of gcloud and of Google's REST APIs: GKE, IAM policies, service accounts, workload identity pools.

Fields are those of the container v1, iam v1 and resource manager APIs; gcloud prints the same names in JSON and YAML.
A policy does not say what it is the policy of: that stays empty rather than guessed.
"""

from __future__ import annotations

import re

from demarc.collect.external.plain import withhold
from demarc.collect.external.shape import Body, Shape, described, field, has, objects, record, text
from demarc.model.snapshot import Record

_CLUSTER = re.compile(r"/projects/[^/]+/(?:zones|locations|regions)/[^/]+/clusters/[^/]+$")
_POOL = re.compile(r"/projects/[^/]+/(?:zones|locations|regions)/[^/]+/clusters/([^/]+)/nodePools/[^/]+$")
_IDENTITY_POOL = re.compile(r"^projects/[^/]+/locations/[^/]+/workloadIdentityPools/([^/]+)$")
_IDENTITY_PROVIDER = re.compile(r"^projects/[^/]+/locations/[^/]+/workloadIdentityPools/([^/]+)/providers/([^/]+)$")
_ACCOUNT_KEY = re.compile(r"^projects/[^/]+/serviceAccounts/([^/]+)/keys/([^/]+)$")

_POLICY_FIELDS = frozenset({"bindings", "etag", "version", "auditConfigs"})

_SAFE_METADATA = frozenset(
    {"disable-legacy-endpoints", "enable-oslogin", "block-project-ssh-keys", "serial-port-enable", "cluster-name"}
)
"""Metadata of node machines that are settings; users also put start-up scripts and keys there."""


def _is_cluster(body: Body) -> bool:
    if _CLUSTER.search(text(body, "selfLink")):
        return "name" in body
    return has(body, "name", "currentMasterVersion", "location")


def _is_pool(body: Body) -> bool:
    return "name" in body and bool(_POOL.search(text(body, "selfLink")))


def _is_policy(body: Body) -> bool:
    """An empty policy is printed as its etag alone, ``ACAB``."""
    if not _POLICY_FIELDS.issuperset(body):
        return False
    bindings = body.get("bindings")
    if bindings is None:
        return text(body, "etag") == "ACAB"
    return isinstance(bindings, list) and len(bindings) > 0 and all("role" in item for item in objects(bindings))


def _config(config: object) -> object:
    if not isinstance(config, dict) or not isinstance(config.get("metadata"), dict):
        return config
    kept = {name: value if name in _SAFE_METADATA else withhold(value) for name, value in config["metadata"].items()}
    return {**config, "metadata": kept}


def _pool(body: Body) -> Body:
    return {**body, "config": _config(body["config"])} if "config" in body else body


def _cluster(body: Body) -> Body:
    changed = dict(body)
    if "nodeConfig" in changed:
        changed["nodeConfig"] = _config(changed["nodeConfig"])
    if isinstance(changed.get("nodePools"), list):
        changed["nodePools"] = [_pool(item) if isinstance(item, dict) else item for item in changed["nodePools"]]
    return changed


def _pools(body: Body, cluster: str) -> list[Record]:
    return [
        record("gke.nodePool", item, name=text(item, "name"), parent=cluster) for item in objects(body.get("nodePools"))
    ]


def _pool_parent(body: Body) -> str:
    found = _POOL.search(text(body, "selfLink"))
    return found[1] if found else ""


def _part(pattern: re.Pattern[str], group: int, body: Body) -> str:
    found = pattern.search(text(body, "name"))
    return found[group] if found else ""


SHAPES: tuple[Shape, ...] = (
    described(
        "gcloud container clusters describe, list",
        "gke.cluster",
        looks=_is_cluster,
        named=field("name"),
        many=("clusters",),
        tidy=_cluster,
        besides=_pools,
        besides_kinds=("gke.nodePool",),
    ),
    described(
        "gcloud container node-pools describe, list",
        "gke.nodePool",
        looks=_is_pool,
        named=field("name"),
        parent=_pool_parent,
        many=("nodePools",),
        none=("nodePools",),
        tidy=_pool,
    ),
    described(
        "gcloud projects get-iam-policy, gcloud iam service-accounts get-iam-policy",
        "gcp.iamPolicy",
        looks=_is_policy,
        named=field("name"),
    ),
    described(
        "gcloud iam service-accounts describe, list",
        "gcp.serviceAccount",
        looks=lambda b: has(b, "email", "uniqueId") and "/serviceAccounts/" in text(b, "name"),
        named=field("email"),
        parent=field("projectId"),
        many=("accounts",),
    ),
    described(
        "gcloud iam service-accounts keys list",
        "gcp.serviceAccountKey",
        looks=lambda b: bool(_ACCOUNT_KEY.search(text(b, "name"))),
        named=lambda b: _part(_ACCOUNT_KEY, 2, b),
        parent=lambda b: _part(_ACCOUNT_KEY, 1, b),
        many=("keys",),
    ),
    described(
        "gcloud iam workload-identity-pools describe, list",
        "gcp.workloadIdentityPool",
        looks=lambda b: bool(_IDENTITY_POOL.search(text(b, "name"))),
        named=lambda b: _part(_IDENTITY_POOL, 1, b),
        many=("workloadIdentityPools",),
        none=("workloadIdentityPools",),
    ),
    described(
        "gcloud iam workload-identity-pools providers describe, list",
        "gcp.workloadIdentityPoolProvider",
        looks=lambda b: bool(_IDENTITY_PROVIDER.search(text(b, "name"))),
        named=lambda b: _part(_IDENTITY_PROVIDER, 2, b),
        parent=lambda b: _part(_IDENTITY_PROVIDER, 1, b),
        many=("workloadIdentityPoolProviders",),
        none=("workloadIdentityPoolProviders",),
    ),
    described(
        "gcloud projects describe, list",
        "gcp.project",
        looks=lambda b: has(b, "projectId", "projectNumber", "lifecycleState"),
        named=field("projectId"),
        many=("projects",),
    ),
)
