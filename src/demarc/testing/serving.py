"""Requests for single objects, and every write, from HTTP to the verbs and back.

Knows paths, queries and media types; what a verb does to the objects is the matter of verbs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

import yaml
from msgspec import Struct

from demarc.collect.live.kinds import Resource
from demarc.testing import answers
from demarc.testing.answers import Reply
from demarc.testing.objects import Object
from demarc.testing.refusals import RefusedError, disrupted
from demarc.testing.store import Change, ObjectStore
from demarc.testing.tokens import Tokens, token_status
from demarc.testing.verbs import APPLY_PATCH, JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, Options, Verbs

_PATCHES: Final = frozenset({JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH})
_VERBS: Final = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class Target(Struct, frozen=True, kw_only=True):
    """What a path names."""

    resource: Resource
    namespace: str | None
    name: str = ""
    subresource: str = ""

    @property
    def called(self) -> str:
        """The resource as rights name it: ``pods``, ``pods:eviction``."""
        if not self.subresource:
            return self.resource.name
        group = f".{self.resource.group}" if self.resource.group else ""
        return f"{self.resource.plural}:{self.subresource}{group}"


class Sent(Struct, frozen=True, kw_only=True):
    """A write as it was sent."""

    method: str
    query: Mapping[str, str]
    content_type: str
    accept: str
    body: bytes

    @property
    def options(self) -> Options:
        """Options in its query."""
        return Options(
            manager=self.query.get("fieldManager", "unknown"),
            dry_run=self.query.get("dryRun") == "All",
            force=self.query.get("force") == "true",
        )


def target_of(store: ObjectStore, path: str) -> Target | None:
    """What a path names; None for none that is served."""
    parts = path.strip("/").split("/")
    group, version, rest = (
        ("", parts[1:2], parts[2:]) if parts[0] == "api" else ("/".join(parts[1:2]), parts[2:3], parts[3:])
    )
    namespace = None
    if len(rest) >= 3 and rest[0] == "namespaces" and (group, rest[2]) in store.resources:
        namespace, rest = rest[1], rest[2:]
    resource = store.resources.get((group, rest[0])) if 1 <= len(rest) <= 3 else None
    if resource is None or [resource.version] != version or resource.namespaced < (namespace is not None):
        return None
    if len(rest) > 1 and resource.namespaced and namespace is None:
        return None
    name, subresource = [*rest[1:], "", ""][:2]
    return Target(resource=resource, namespace=namespace, name=unquote(name), subresource=subresource)


def verb_of(method: str, target: Target, query: Mapping[str, str]) -> str:
    """The verb that rights are asked for."""
    if method == "GET" and not target.name:
        return "watch" if query.get("watch") in ("true", "1") else "list"
    if method == "DELETE" and not target.name:
        return "deletecollection"
    return _VERBS.get(method, method.lower())


def read_body(sent: Sent) -> Any:
    """Decode what was sent. Raises RefusedError."""
    try:
        if sent.content_type in (APPLY_PATCH, "application/yaml"):
            return yaml.safe_load(sent.body)
        return json.loads(sent.body) if sent.body else {}
    except (ValueError, yaml.YAMLError):
        raise RefusedError(400, "BadRequest", "the object provided is unrecognized (must be of type)") from None


class Objects:
    """Serves single objects and writes over the verbs."""

    def __init__(self, verbs: Verbs, tokens: Tokens) -> None:
        self._verbs = verbs
        self._tokens = tokens

    def serve(self, target: Target, sent: Sent) -> Reply:
        """Answer a request for one object or a write. Raises RefusedError."""
        namespace = target.namespace or ""
        if sent.method == "GET":
            return _one(self._verbs.get(target.resource, namespace, target.name), sent.accept)
        if sent.method == "POST":
            return self._post(target, namespace, sent)
        if sent.method in ("PUT", "PATCH") and target.name:
            return _one(self._change(target, namespace, sent), sent.accept)
        if sent.method == "DELETE" and target.name:
            return self._delete(target, namespace, sent)
        raise RefusedError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")

    def _change(self, target: Target, namespace: str, sent: Sent) -> Object:
        options = _for(sent.options, target)
        body = read_body(sent)
        if sent.method == "PUT":
            return self._verbs.replace(target.resource, namespace, target.name, body, options)
        if sent.content_type not in _PATCHES:
            raise RefusedError(415, "UnsupportedMediaType", "the body of the request was in an unknown format")
        if sent.content_type == APPLY_PATCH and "fieldManager" not in sent.query:
            raise RefusedError(
                422, "Invalid", "PatchOptions is invalid: fieldManager: Required value: is required for apply patch"
            )
        if sent.content_type == STRATEGIC_PATCH and "." in target.resource.group and not _strategic(target.resource):
            raise RefusedError(415, "UnsupportedMediaType", "strategic merge patch is not supported for custom kinds")
        return self._verbs.patch(
            target.resource, namespace, target.name, content_type=sent.content_type, patch=body, options=options
        )

    def _post(self, target: Target, namespace: str, sent: Sent) -> Reply:
        body = read_body(sent)
        if target.subresource == "token":
            account = self._verbs.get(target.resource, namespace, target.name)
            token, claims = self._tokens.request(account, body.get("spec") or {})
            answer = {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", **body}
            return answers.as_json({**answer, "status": token_status(token, claims)}, 201)
        if target.subresource == "eviction":
            return self._evict(target, namespace, sent)
        if target.name:
            raise RefusedError(405, "MethodNotAllowed", "the server does not allow this method on this resource")
        made = self._verbs.create(target.resource, namespace, body, sent.options)
        return _one(made, sent.accept, 201)

    def _evict(self, target: Target, namespace: str, sent: Sent) -> Reply:
        pod = self._verbs.get(target.resource, namespace, target.name)
        for budget in self._verbs.of("PodDisruptionBudget", "policy"):
            wanted = budget["spec"].get("selector", {}).get("matchLabels", {})
            labels = pod["metadata"].get("labels") or {}
            here = budget["metadata"].get("namespace") == namespace
            covers = here and all(labels.get(key) == value for key, value in wanted.items())
            if covers and (budget.get("status") or {}).get("disruptionsAllowed", 0) < 1:
                raise disrupted(budget["metadata"]["name"])
        if not sent.options.dry_run:
            self._verbs.delete(target.resource, namespace, target.name)
        return answers.as_json({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}, 201)

    def _delete(self, target: Target, namespace: str, sent: Sent) -> Reply:
        body = read_body(sent)
        wanted = body.get("preconditions") or {}
        gone = self._verbs.delete(
            target.resource,
            namespace,
            target.name,
            uid=wanted.get("uid"),
            resource_version=wanted.get("resourceVersion"),
            foreground=(body.get("propagationPolicy") or sent.query.get("propagationPolicy")) == "Foreground",
            dry_run=sent.options.dry_run or body.get("dryRun") == ["All"],
        )
        details = {"name": target.name, "kind": target.resource.plural, "uid": gone["metadata"]["uid"]}
        return answers.as_json(
            {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
        )


def watched(resource: Resource, namespace: str | None, changes: list[Change], since: int) -> Reply:
    """Answer a watch with what happened after ``since``, one event a line."""
    lines: list[bytes] = []
    for change in changes:
        inside = namespace is None or change.item["metadata"].get("namespace") == namespace
        if change.version > since and change.resource == (resource.group, resource.plural) and inside:
            lines.append(json.dumps({"type": change.what, "object": change.item}, separators=(",", ":")).encode())
    return Reply(body=b"".join(line + b"\n" for line in lines))


def refusal(error: RefusedError) -> Reply:
    """The Status of a refusal."""
    headers = {"Retry-After": "1"} if error.retry else {}
    return answers.failure(error.status, error.reason, error.message, details=error.details or {}, headers=headers)


def _strategic(resource: Resource) -> bool:
    return resource.group.endswith(".k8s.io") or resource.group in ("apps", "batch", "policy", "autoscaling")


def _for(options: Options, target: Target) -> Options:
    return Options(
        manager=options.manager, dry_run=options.dry_run, force=options.force, subresource=target.subresource
    )


def _one(item: Object, accept: str, status: int = 200) -> Reply:
    if "as=PartialObjectMetadata" in accept:
        partial = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": item["metadata"]}
        return answers.as_json(partial, status)
    return answers.as_json(item, status)
