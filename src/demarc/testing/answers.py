"""How a Kubernetes API server words its answers: lists in each form, discovery in each age, and every refusal.

Modelled on recorded answers of Kubernetes 1.36; pure functions from values to JSON or text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, structs

from demarc.collect.live.kinds import Resource, is_built_in
from demarc.testing.objects import Object
from demarc.testing.store import Listed


class Reply(Struct, frozen=True, kw_only=True):
    """One answer of the fake server."""

    status: int = 200
    content_type: str = "application/json"
    body: bytes = b""
    headers: Mapping[str, str] = {}


def as_json(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Answer JSON, compact as the server prints it."""
    body = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    return Reply(status=status, body=body, headers=headers or {})


def as_text(text: str, status: int, headers: Mapping[str, str] | None = None) -> Reply:
    """Answer plain text, as Go's ``http.Error`` does."""
    return Reply(
        status=status, content_type="text/plain; charset=utf-8", body=f"{text}\n".encode(), headers=headers or {}
    )


def failure(
    status: int,
    reason: str,
    message: str,
    *,
    details: Object | None = None,
    metadata: Object | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """Answer a Status object."""
    content: Object = {"kind": "Status", "apiVersion": "v1", "metadata": metadata or {}, "status": "Failure"}
    content |= {"message": message, "reason": reason}
    if details is not None:
        content["details"] = details
    return as_json(content | {"code": status}, status, headers)


def unauthorized() -> Reply:
    """Answer credentials that are not known."""
    return failure(401, "Unauthorized", "Unauthorized")


def forbidden(resource: Resource, user: str, namespace: str | None) -> Reply:
    """Answer a list that the user may not have."""
    where = f'in the namespace "{namespace}"' if namespace is not None else "at the cluster scope"
    message = (
        f'{resource.name} is forbidden: User "{user}" cannot list resource "{resource.plural}" '
        f'in API group "{resource.group}" {where}'
    )
    group = {"group": resource.group} if resource.group else {}
    return failure(403, "Forbidden", message, details={**group, "kind": resource.plural})


def forbidden_path(path: str, user: str) -> Reply:
    """Answer a path without a resource that the user may not have."""
    return failure(403, "Forbidden", f'forbidden: User "{user}" cannot get path "{path}"', details={})


def not_acceptable() -> Reply:
    """Answer media types that the server does not speak."""
    message = (
        "only the following media types are accepted: application/json, application/yaml, "
        "application/vnd.kubernetes.protobuf"
    )
    return failure(406, "NotAcceptable", message)


def expired(token: str) -> Reply:
    """Answer a continue token that is too old, with one that goes on inconsistently."""
    message = (
        "The provided continue parameter is too old to display a consistent list result. You can start a new list "
        "without the continue parameter, or use the continue token in this response to retrieve the remainder of the "
        "results. Continuing with the provided token results in an inconsistent list - objects that were created, "
        "modified, or deleted between the time the first chunk was returned and now may show up in the list."
    )
    return failure(410, "Expired", message, metadata={"continue": token})


def bad_continue(problem: str) -> Reply:
    """Answer a continue token that the server did not make."""
    return failure(400, "BadRequest", problem)


def busy(status: int) -> Reply:
    """Answer that the server cannot serve this now; 429 names a time to wait."""
    if status == 429:
        return as_text("Too many requests, please try again later.", 429, {"Retry-After": "1"})
    if status == 503:
        return failure(503, "ServiceUnavailable", "the server is currently unable to handle the request")
    if status == 504:
        message = "Timeout: request did not complete within the allotted timeout"
        return failure(504, "Timeout", message, details={})
    return failure(status, "InternalError", "Internal error occurred: conversion webhook failed", details={})


def aggregated_api_down() -> Reply:
    """Answer for an extension API whose server cannot be reached."""
    return as_text("service unavailable", 503)


def no_such_path() -> Reply:
    """Answer a path that nothing serves."""
    return as_text("404 page not found", 404)


def no_such_resource() -> Reply:
    """Answer a kind that a served group does not have."""
    return failure(404, "NotFound", "the server could not find the requested resource", details={})


def whole_list(resource: Resource, page: Listed) -> Reply:
    """Answer a typed list. Items of built-in kinds carry no apiVersion and kind; custom ones do."""
    items = [_bare(item) if is_built_in(resource) else item for item in page.items]
    return as_json(
        {"kind": f"{resource.kind}List", "apiVersion": resource.api_version, "metadata": _meta(page), "items": items}
    )


def metadata_list(page: Listed) -> Reply:
    """Answer metadata alone."""
    items = [_partial(item) for item in page.items]
    return as_json(
        {
            "kind": "PartialObjectMetadataList",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": _meta(page),
            "items": items,
        }
    )


def table(resource: Resource, page: Listed, *, include: str) -> Reply:
    """Answer a Table. ``include`` is ``Metadata``, ``Object`` or ``None``, as in the query."""
    secret = resource.name == "secrets"
    columns = ["Name", "Type", "Data", "Age"] if secret else ["Name", "Created At"]
    rows: list[Object] = []
    for item in page.items:
        metadata = item["metadata"]
        cells = [metadata["name"], item.get("type", ""), len(item.get("data") or {}), "1d"]
        row: Object = {"cells": cells if secret else [metadata["name"], metadata.get("creationTimestamp", "")]}
        if include != "None":
            row["object"] = _partial(item) if include == "Metadata" else item
        rows.append(row)
    definitions = [{"name": name, "type": "string", "format": "", "description": "", "priority": 0} for name in columns]
    return as_json(
        {
            "kind": "Table",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": _meta(page),
            "columnDefinitions": definitions,
            "rows": rows,
        }
    )


def aggregated_discovery(groups: Mapping[str, Mapping[str, Iterable[Resource]]], down: Iterable[str]) -> Reply:
    """Answer aggregated discovery (v2). Group versions in ``down`` are stale, without kinds."""
    items = [
        {
            "metadata": {"name": group} if group else {},
            "versions": [
                {"version": version, "resources": [_described(r) for r in resources], "freshness": "Current"}
                for version, resources in versions.items()
            ],
        }
        for group, versions in groups.items()
    ]
    for group, _, version in (name.rpartition("/") for name in down):
        items.append({"metadata": {"name": group}, "versions": [{"version": version, "freshness": "Stale"}]})
    reply = as_json(
        {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}
    )
    # client-go knows aggregated discovery by the type of the answer alone.
    return structs.replace(reply, content_type="application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")


def legacy_groups(groups: Iterable[str], versions: Mapping[str, Iterable[str]]) -> Reply:
    """Answer ``/apis`` as servers before 1.26 do."""
    listed = []
    for group in groups:
        served = [{"groupVersion": f"{group}/{version}", "version": version} for version in versions[group]]
        listed.append({"name": group, "versions": served, "preferredVersion": served[0]})
    return as_json({"kind": "APIGroupList", "apiVersion": "v1", "groups": listed})


def legacy_resources(api_version: str, resources: Iterable[Resource]) -> Reply:
    """Answer ``/api/v1`` or ``/apis/GROUP/VERSION``, with a subresource in it as every real server has."""
    listed: list[Object] = []
    for resource in resources:
        entry = {"name": resource.plural, "singularName": resource.kind.lower(), "namespaced": resource.namespaced}
        listed.append(entry | {"kind": resource.kind, "verbs": ["get", "list", "watch"]})
        listed.append(entry | {"name": f"{resource.plural}/status", "kind": resource.kind, "verbs": ["get"]})
    return as_json({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api_version, "resources": listed})


def _described(resource: Resource) -> Object:
    return {
        "resource": resource.plural,
        "responseKind": {"group": resource.group, "version": resource.version, "kind": resource.kind},
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.kind.lower(),
        "verbs": ["get", "list", "watch"],
    }


def _meta(page: Listed) -> Object:
    meta: Object = {"resourceVersion": page.resource_version}
    if page.continue_:
        meta |= {"continue": page.continue_, "remainingItemCount": page.remaining}
    return meta


def _bare(item: Object) -> Object:
    return {field: value for field, value in item.items() if field not in ("apiVersion", "kind")}


def _partial(item: Object) -> Object:
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": item["metadata"]}
