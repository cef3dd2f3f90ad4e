"""The audit trail of a fake cluster: one event for each request, at level Metadata, as the API server writes it."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping

from demarc.testing.objects import Object
from demarc.testing.serving import target_of, verb_of
from demarc.testing.store import ObjectStore
from demarc.testing.tokens import User


def audit_event(
    store: ObjectStore, method: str, path: str, *, query: Mapping[str, str], status: int, user: User, at: str
) -> Object:
    """The event of a request that was answered."""
    target = target_of(store, path)
    seed = f"{method}{path}{status}{user.username}{store.resource_version}"
    event: Object = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "auditID": str(uuid.UUID(bytes=hashlib.sha256(seed.encode()).digest()[:16], version=4)),
        "stage": "ResponseComplete",
        "requestURI": path,
        "verb": verb_of(method, target, query) if target else method.lower(),
        "user": {
            "username": user.username,
            "groups": list(user.groups),
            "extra": {name: list(values) for name, values in user.extra.items()},
        },
        "sourceIPs": ["127.0.0.1"],
        "requestReceivedTimestamp": at,
        "stageTimestamp": at,
        "responseStatus": {"metadata": {}, "code": status},
        "annotations": {"authorization.k8s.io/decision": "forbid" if status == 403 else "allow", **user.annotations},
    }
    if target is not None:
        event["objectRef"] = {
            "resource": target.resource.plural,
            "namespace": target.namespace or "",
            "name": target.name,
            "apiGroup": target.resource.group,
            "apiVersion": target.resource.version,
            "subresource": target.subresource,
        }
    return event
