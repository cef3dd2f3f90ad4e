"""What the tests of writing to a fake cluster share."""

from __future__ import annotations

import json
from typing import Any

from demarc.testing import FakeClient, FakeCluster

SECRETS = "/api/v1/namespaces/shop/secrets"
DEPLOYMENTS = "/apis/apps/v1/namespaces/shop/deployments"


def send(
    cluster: FakeCluster,
    method: str,
    path: str,
    body: Any = None,
    *,
    kind: str = "application/json",
    token: str = "",
    **query: str,
) -> tuple[int, Any]:
    answer = FakeClient(cluster, token=token).send(
        method, path, query, body=json.dumps(body).encode() if body is not None else None, content_type=kind
    )
    return answer.status, json.loads(answer.body)


def patch(cluster: FakeCluster, path: str, body: Any, kind: str, **query: str) -> tuple[int, Any]:
    return send(cluster, "PATCH", path, body, kind=f"application/{kind}", **query)


def owners(item: dict[str, Any], field: str) -> list[tuple[str, str]]:
    """Managers of ``data.FIELD``."""
    return [
        (entry["manager"], entry["operation"])
        for entry in item["metadata"]["managedFields"]
        if field in entry["fieldsV1"].get("f:data", {})
    ]
