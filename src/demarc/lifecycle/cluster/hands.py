"""Reads and writes single objects for a plan: with preconditions, and stopping at whatever is not as it was left.

Refusals become errors in words; no body of a request or answer is ever put into one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import msgspec

from demarc.collect.live.interface import Answer
from demarc.collect.live.kinds import Resource
from demarc.collect.live.status import one_line, status_of
from demarc.lifecycle.cluster.interface import FIELD_MANAGER, ClusterWriter, ConflictError, RefusedError

Object = dict[str, Any]
_IN_PATHS: Final = ":@!$&'()*+,;="
_METADATA: Final = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
_METADATA_LIST: Final = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
_JSON: Final = "application/json"
_JSON_PATCH: Final = "application/json-patch+json"
_MERGE_PATCH: Final = "application/merge-patch+json"


class Right(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A right that a plan needs of whoever carries it out."""

    verb: str
    resource: str
    """Plural, as RBAC names it: ``secrets``, ``serviceaccounts/token``."""
    group: str = ""
    namespace: str = ""
    name: str = ""
    """Of one object; empty for all."""

    def __str__(self) -> str:
        what = f"{self.resource}.{self.group}" if self.group else self.resource
        named = f" {self.name}" if self.name else ""
        return f"{self.verb} {what}{named}" + (f" in {self.namespace}" if self.namespace else "")

    @property
    def attributes(self) -> dict[str, str]:
        """As reviews of the API take it."""
        plural, _, below = self.resource.partition("/")
        asked = {"verb": self.verb, "resource": plural, "subresource": below, "group": self.group}
        return {**asked, "namespace": self.namespace, **({"name": self.name} if self.name else {})}


class Hands:
    """One cluster, for one plan."""

    def __init__(self, writer: ClusterWriter) -> None:
        self._writer = writer

    def get(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """One object; None where there is none."""
        path = _path(resource, namespace, name)
        answer = self._writer.get(path, {}, _JSON)
        return None if answer.status == 404 else _read(answer, f"get {resource.kind} {namespace}/{name}")

    def metadata(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """Metadata of one object; None where there is none. No value of a Secret crosses the wire."""
        answer = self._writer.get(_path(resource, namespace, name), {}, _METADATA)
        return None if answer.status == 404 else _read(answer, f"get {resource.kind} {namespace}/{name}")

    def list(
        self, resource: Resource, namespace: str, *, labels: str = "", metadata_only: bool = False
    ) -> list[Object]:
        """Every object of a kind in a namespace, page by page."""
        found: list[Object] = []
        query: dict[str, str] = {"limit": "500", **({"labelSelector": labels} if labels else {})}
        while True:
            accept = _METADATA_LIST if metadata_only else _JSON
            answer = self._writer.get(_list_path(resource, namespace), query, accept)
            page = _read(answer, f"list {resource.plural} in {namespace}")
            found += page.get("items") or ()
            token = page["metadata"].get("continue", "")
            if not token:
                return found
            query["continue"] = token

    def create(self, resource: Resource, namespace: str, item: Object, *, dry_run: bool = False) -> Object:
        """Create an object; gives its metadata. Raises ConflictError where there is one already."""
        what = f"create {resource.kind} {namespace}/{item['metadata'].get('name', '')}"
        body = {"apiVersion": resource.api_version, "kind": resource.kind, **item}
        query = {"fieldManager": FIELD_MANAGER, **({"dryRun": "All"} if dry_run else {})}
        answer = self._writer.send(
            "POST", _list_path(resource, namespace), query, body=_body(body), content_type=_JSON, accept=_METADATA
        )
        return _read(answer, what)

    def merge(
        self,
        resource: Resource,
        item: Object,
        patch: Mapping[str, Any],
        *,
        subresource: str = "",
        dry_run: bool = False,
    ) -> Object:
        """Merge a patch into an object as it was read: its resourceVersion must still be the same."""
        metadata = item["metadata"]
        version = {"resourceVersion": metadata["resourceVersion"], "uid": metadata["uid"]}
        body = {**patch, "metadata": {**patch.get("metadata", {}), **version}}
        return self._patch(resource, item, _body(body), _MERGE_PATCH, subresource=subresource, dry_run=dry_run)

    def replace_at(
        self, resource: Resource, item: Object, changes: Sequence[tuple[str, Any]], *, dry_run: bool = False
    ) -> Object:
        """Replace values at JSON pointers of an object as it was read."""
        metadata = item["metadata"]
        steps: list[Object] = [
            {"op": "test", "path": "/metadata/uid", "value": metadata["uid"]},
            {"op": "test", "path": "/metadata/resourceVersion", "value": metadata["resourceVersion"]},
        ]
        steps += [{"op": "replace", "path": path, "value": value} for path, value in changes]
        return self._patch(resource, item, _body(steps), _JSON_PATCH, dry_run=dry_run)

    def delete(self, resource: Resource, item: Object, *, dry_run: bool = False) -> None:
        """Delete an object as it was read: uid and resourceVersion are preconditions. Gone already is well."""
        metadata = item["metadata"]
        body: Object = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]},
            "propagationPolicy": "Background",
        }
        if dry_run:
            body["dryRun"] = ["All"]
        where = (metadata.get("namespace", ""), metadata["name"])
        answer = self._writer.send("DELETE", _path(resource, *where), {}, body=_body(body), content_type=_JSON)
        if answer.status != 404:
            _read(answer, f"delete {resource.kind} {'/'.join(where)}")

    def evict(self, pod: Object) -> bool:
        """Evict a pod; False where a PodDisruptionBudget does not allow it now."""
        metadata = pod["metadata"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/eviction"
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
            "deleteOptions": {"preconditions": {"uid": metadata["uid"]}},
        }
        answer = self._writer.send("POST", path, {}, body=_body(body), content_type=_JSON)
        if answer.status == 429:
            return False
        if answer.status != 404:
            _read(answer, f"evict Pod {metadata['namespace']}/{metadata['name']}")
        return True

    def request_token(self, namespace: str, account: str, spec: Object) -> str:
        """Ask for a bound token of a service account."""
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        answer = self._writer.send("POST", path, {}, body=_body(body), content_type=_JSON)
        return str(_read(answer, f"create a token of ServiceAccount {namespace}/{account}")["status"]["token"])

    def accepts(self, token: str, audience: str = "") -> bool:
        """Tell whether the API server accepts a token, by TokenReview. It notes that as a use of a legacy token."""
        spec = {"token": token, **({"audiences": [audience]} if audience else {})}
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": spec}
        path = "/apis/authentication.k8s.io/v1/tokenreviews"
        answer = self._writer.send("POST", path, {}, body=_body(body), content_type=_JSON)
        return bool(_read(answer, "create a TokenReview")["status"].get("authenticated"))

    def may(self, right: Right) -> bool:
        """Tell whether we have a right, by SelfSubjectAccessReview."""
        spec = {"resourceAttributes": right.attributes}
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": spec}
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        answer = self._writer.send("POST", path, {}, body=_body(body), content_type=_JSON)
        return bool(_read(answer, "create a SelfSubjectAccessReview")["status"].get("allowed"))

    def allows(self, user: str, groups: Sequence[str], right: Right) -> str | None:
        """Why the API server lets somebody else do something, by SubjectAccessReview; None: it does not."""
        spec = {"resourceAttributes": right.attributes, "user": user, "groups": list(groups)}
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        answer = self._writer.send("POST", path, {}, body=_body(body), content_type=_JSON)
        status = _read(answer, "create a SubjectAccessReview")["status"]
        return one_line(str(status.get("reason") or "for no reason that it names")) if status.get("allowed") else None

    def oneself(self) -> tuple[str, tuple[str, ...]]:
        """User and groups that the API server takes us for, by SelfSubjectReview."""
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
        answer = self._writer.send("POST", path, {}, body=_body(body), content_type=_JSON)
        found = _read(answer, "create a SelfSubjectReview")["status"]["userInfo"]
        return str(found.get("username", "")), tuple(found.get("groups") or ())

    def _patch(
        self,
        resource: Resource,
        item: Object,
        body: bytes,
        content_type: str,
        *,
        subresource: str = "",
        dry_run: bool = False,
    ) -> Object:
        where = (item["metadata"].get("namespace", ""), item["metadata"]["name"])
        path = _path(resource, *where) + (f"/{subresource}" if subresource else "")
        query = {"fieldManager": FIELD_MANAGER, **({"dryRun": "All"} if dry_run else {})}
        answer = self._writer.send("PATCH", path, query, body=body, content_type=content_type, accept=_METADATA)
        return _read(answer, f"change {resource.kind} {'/'.join(where)}")


def managers_of(item: Object) -> tuple[str, ...]:
    """Names of the field managers of an object, newest first."""
    entries = sorted(item["metadata"].get("managedFields") or (), key=lambda one: one.get("time") or "", reverse=True)
    return tuple(dict.fromkeys(str(one.get("manager", "")) for one in entries))


def data_mark(item: Object) -> str:
    """Who wrote the data of a Secret last and when, by managedFields: another mark means another write."""
    entries = item["metadata"].get("managedFields") or ()
    owners = [entry for entry in entries if "f:data" in (entry.get("fieldsV1") or {})]
    marks = sorted(f"{entry.get('manager', '')} at {entry.get('time', '')}" for entry in owners)
    return ", ".join(marks) or "no field manager"


def _path(resource: Resource, namespace: str, name: str) -> str:
    # Names of bindings may hold what a path may not.
    return f"{_list_path(resource, namespace)}/{quote(name, safe=_IN_PATHS)}"


def _list_path(resource: Resource, namespace: str) -> str:
    return resource.path(namespace if resource.namespaced else None)


def _body(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def _read(answer: Answer, what: str) -> Object:
    if 200 <= answer.status < 300:
        found: Object = msgspec.json.decode(answer.body)
        return found
    status = status_of(answer)
    reason = one_line(status.reason) if status else ""
    # The server's message can repeat what was sent; for what is not valid it does, so that is left out.
    said = one_line(status.message) if status and answer.status not in (400, 422) else ""
    words = f"cannot {what}: {answer.status} {reason}" + (f": {said}" if said else "")
    # A JSON patch whose resourceVersion test fails answers 422.
    if answer.status == 409 or (answer.status == 422 and what.startswith("change")):
        raise ConflictError(
            words, todo="somebody else changed it: look at who, then run the same command again, or undo"
        )
    todo = "get the right, see demarc nhi plan: rights" if answer.status == 403 else ""
    raise RefusedError(words, status=answer.status, reason=reason, todo=todo)
