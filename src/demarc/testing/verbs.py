"""What can be done to the objects of a fake cluster, true to the API server: get, create, update, patch, apply, delete.

Every write goes through here, whoever makes it: a request over HTTP, or a scripted controller. It holds to
resourceVersion conflicts, preconditions, managedFields, finalizers, dry run and the immutable fields; rights, media
types and HTTP are the matter of others.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from msgspec import Struct

from demarc.collect.live.kinds import Resource
from demarc.testing import fields, patches
from demarc.testing.objects import Object
from demarc.testing.refusals import RefusedError, already_exists, conflict, invalid, not_found, precondition
from demarc.testing.store import ObjectStore

BEGAN: Final = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
"""When the fake cluster's own clock begins; every reading is a second later."""
JSON_PATCH: Final = "application/json-patch+json"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC_PATCH: Final = "application/strategic-merge-patch+json"
APPLY_PATCH: Final = "application/apply-patch+yaml"
_LETTERS: Final = "bcdfghjklmnpqrstvwxz2456789"
_TOKEN_TYPE: Final = "kubernetes.io/service-account-token"  # noqa: S105 - the name of a type
_ACCOUNT: Final = "kubernetes.io/service-account.name"


class Options(Struct, frozen=True, kw_only=True):
    """Options of a write, as its query has them."""

    manager: str = "unknown"
    dry_run: bool = False
    force: bool = False
    subresource: str = ""


def ticking(start: datetime = BEGAN) -> Callable[[], datetime]:
    """Make a clock that goes on by a second whenever it is read."""
    at = start - timedelta(seconds=1)

    def now() -> datetime:
        nonlocal at
        at += timedelta(seconds=1)
        return at

    return now


def stamp(at: datetime) -> str:
    """Write a time as the API does."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Verbs:
    """The verbs over a store. Raises RefusedError where the server would refuse."""

    def __init__(self, store: ObjectStore, now: Callable[[], datetime]) -> None:
        self.store = store
        self.now = now

    def of(self, kind: str, group: str = "") -> tuple[Object, ...]:
        """Every object of a kind, for scripted controllers; nothing for a kind that is not served."""
        try:
            return self.store.all(self.store.resource(kind, group))
        except KeyError:
            return ()

    def get(self, resource: Resource, namespace: str, name: str) -> Object:
        """One object."""
        found = self.store.get(resource, namespace, name)
        if found is None:
            raise not_found(resource, name)
        return found

    def create(self, resource: Resource, namespace: str, item: Object, options: Options = Options()) -> Object:  # noqa: B008
        """Create an object."""
        made = copy.deepcopy(item)
        metadata = made.setdefault("metadata", {})
        if resource.namespaced and metadata.setdefault("namespace", namespace) != namespace:
            raise invalid_namespace(namespace)
        if not metadata.get("name"):
            if not metadata.get("generateName"):
                raise invalid(resource, "", "metadata.name: Required value: name or generateName is required")
            metadata["name"] = metadata["generateName"] + self._suffix()
        name = metadata["name"]
        if self.store.get(resource, namespace, name) is not None:
            raise already_exists(resource, name)
        for field in ("managedFields", "deletionTimestamp", "resourceVersion", "selfLink"):
            metadata.pop(field, None)
        at = self.now()
        metadata |= {"uid": self._uid(resource, namespace, name), "creationTimestamp": stamp(at)}
        if "spec" in made:
            metadata["generation"] = 1
        made = _defaulted(resource, {"apiVersion": resource.api_version, "kind": resource.kind, **made})
        _validate(resource, None, made)
        made = self._managed(resource, None, made, options, at)
        return made if options.dry_run else self.store.put(resource, made)

    def replace(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        item: Object,
        options: Options = Options(),  # noqa: B008
    ) -> Object:
        """Replace an object (PUT). A resourceVersion in it must be the one that the server holds."""
        live = self.get(resource, namespace, name)
        return self._write(resource, live, copy.deepcopy(item), options)

    def patch(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        *,
        content_type: str,
        patch: Any,
        options: Options = Options(),  # noqa: B008
    ) -> Object:
        """Patch an object; an apply patch creates it where it is not there."""
        if content_type == APPLY_PATCH:
            return self.apply(resource, namespace, name, patch, options)
        live = self.get(resource, namespace, name)
        try:
            if content_type == JSON_PATCH:
                after = patches.json_patch(live, patch)
            elif content_type == MERGE_PATCH:
                after = patches.merge_patch(live, patch)
            else:
                after = patches.strategic_patch(live, patch)
        except patches.PatchError as error:
            raise RefusedError(error.status, "Invalid" if error.status == 422 else "BadRequest", str(error)) from None
        return self._write(resource, live, after, options)

    def apply(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        config: Object,
        options: Options = Options(),  # noqa: B008
    ) -> Object:
        """Apply a configuration on the server's side. Fields that others manage conflict, unless forced."""
        if config.get("metadata", {}).get("managedFields"):
            raise RefusedError(400, "BadRequest", "metadata.managedFields must be nil")
        live = self.store.get(resource, namespace, name)
        at = self.now()
        if live is None:
            return self._create_applied(
                resource, namespace, {**config, "metadata": {**config.get("metadata", {}), "name": name}}, options, at
            )
        wanted = config.get("metadata", {}).get("resourceVersion")
        if wanted and wanted != live["metadata"]["resourceVersion"]:
            raise conflict(resource, name)
        who = _who(resource, options, "Apply", at)
        managers = fields.read_managers(live)
        clashes = fields.conflicts(managers, live, config, who)
        if clashes and not options.force:
            raise _apply_conflict(clashes)
        after = patches.merge_applied(live, _without_identity(config))
        after = fields.without(after, fields.dropped_fields(managers, config, who))
        return self._commit(resource, live, after, options, fields.after_apply(managers, live, config, who))

    def delete(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        *,
        uid: str | None = None,
        resource_version: str | None = None,
        foreground: bool = False,
        dry_run: bool = False,
    ) -> Object:
        """Delete an object, or mark it where finalizers hold it; gives it as it was last."""
        live = self.get(resource, namespace, name)
        metadata = live["metadata"]
        if uid is not None and uid != metadata["uid"]:
            raise precondition("UID", uid, metadata["uid"], resource, name)
        if resource_version is not None and resource_version != metadata["resourceVersion"]:
            raise precondition("ResourceVersion", resource_version, metadata["resourceVersion"], resource, name)
        if dry_run:
            return live
        held = list(metadata.get("finalizers") or ())
        if foreground and "foregroundDeletion" not in held:
            held.append("foregroundDeletion")
        if held:
            if "deletionTimestamp" in metadata:
                return live
            marked = {**metadata, "finalizers": held, "deletionTimestamp": stamp(self.now())}
            return self.store.put(resource, {**live, "metadata": {**marked, "deletionGracePeriodSeconds": 0}})
        self.store.remove(resource, namespace, name)
        return live

    def _create_applied(
        self, resource: Resource, namespace: str, named: Object, options: Options, at: datetime
    ) -> Object:
        metadata = named["metadata"]
        if metadata.get("uid") or metadata.get("resourceVersion"):
            raise conflict(resource, metadata["name"])
        made = self.create(resource, namespace, named, Options(manager=options.manager, dry_run=True))
        who = _who(resource, options, "Apply", at)
        owner = [_owning(who, fields.applied_fields(_without_identity(named)))]
        made = {**made, "metadata": {**made["metadata"], "managedFields": fields.written(owner)}}
        return made if options.dry_run else self.store.put(resource, made)

    def _write(self, resource: Resource, live: Object, after: Object, options: Options) -> Object:
        name = live["metadata"]["name"]
        given = after.get("metadata", {})
        if given.get("name", name) != name:
            raise RefusedError(
                400,
                "BadRequest",
                f"the name of the object ({given['name']}) does not match the name on the URL ({name})",
            )
        if given.get("uid", live["metadata"]["uid"]) != live["metadata"]["uid"]:
            raise precondition("UID", given["uid"], live["metadata"]["uid"], resource, name)
        if given.get("resourceVersion") and given["resourceVersion"] != live["metadata"]["resourceVersion"]:
            raise conflict(resource, name)
        kept = {
            field: live["metadata"][field]
            for field in ("uid", "creationTimestamp", "generation", "deletionTimestamp", "namespace", "name")
            if field in live["metadata"]
        }
        metadata = {**given, **kept, "resourceVersion": live["metadata"]["resourceVersion"]}
        managers = fields.read_managers(live) if given.get("managedFields", [1]) else []
        metadata.pop("managedFields", None)
        after = {"apiVersion": live["apiVersion"], "kind": live["kind"], **after, "metadata": metadata}
        if options.subresource == "status":
            after = {**live, "status": after.get("status", {}), "metadata": {**live["metadata"]}}
        elif "status" in live and resource.kind not in _STATUS_IS_FREE:
            after["status"] = live["status"]
        after = _defaulted(resource, after)
        who = _who(resource, options, "Update", self.now())
        return self._commit(resource, live, after, options, fields.after_update(managers, live, after, who))

    def _commit(
        self, resource: Resource, live: Object, after: Object, options: Options, managers: list[fields.Manager]
    ) -> Object:
        after = _defaulted(resource, after)
        _validate(resource, live, after)
        metadata = {**after["metadata"], "managedFields": fields.written(managers)}
        if after.get("spec") != live.get("spec"):
            metadata["generation"] = live["metadata"].get("generation", 1) + 1
        after = {**after, "metadata": metadata}
        if options.dry_run:
            return after
        if _same(live, after):
            return live  # as the server: nothing changed, nothing is written
        if "deletionTimestamp" in metadata and not metadata.get("finalizers"):
            self.store.remove(resource, metadata.get("namespace", ""), metadata["name"])
            return after
        return self.store.put(resource, after)

    def _managed(
        self, resource: Resource, live: Object | None, after: Object, options: Options, at: datetime
    ) -> Object:
        managers = fields.after_update([], live, after, _who(resource, options, "Update", at))
        return {**after, "metadata": {**after["metadata"], "managedFields": fields.written(managers)}}

    def _uid(self, resource: Resource, namespace: str, name: str) -> str:
        # Not only of its names: an object that is made again is another one.
        seed = f"{resource.name}/{namespace}/{name}/{self.store.resource_version}"
        return str(uuid.UUID(bytes=hashlib.sha256(seed.encode()).digest()[:16], version=4))

    def _suffix(self) -> str:
        digest = hashlib.sha256(f"suffix/{self.store.resource_version}".encode()).digest()
        return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:5])


_STATUS_IS_FREE: Final = frozenset({"Secret", "ConfigMap", "ServiceAccount"})


def invalid_namespace(namespace: str) -> RefusedError:
    """The object names another namespace than the path."""
    return RefusedError(
        400,
        "BadRequest",
        f"the namespace of the provided object does not match the namespace sent on the request ({namespace})",
    )


def _owning(who: fields.Manager, owned: frozenset[fields.Path]) -> fields.Manager:
    return fields.Manager(
        name=who.name, operation=who.operation, api_version=who.api_version, time=who.time, fields=owned
    )


def _who(resource: Resource, options: Options, operation: str, at: datetime) -> fields.Manager:
    return fields.Manager(
        name=options.manager,
        operation=operation,
        api_version=resource.api_version,
        subresource=options.subresource,
        time=stamp(at),
    )


def _without_identity(config: Object) -> Object:
    metadata = {
        field: value for field, value in config.get("metadata", {}).items() if field not in ("resourceVersion", "uid")
    }
    return {**config, "metadata": metadata}


def _same(live: Object, after: Object) -> bool:
    def seen(item: Object) -> Object:
        return {**item, "metadata": {k: v for k, v in item["metadata"].items() if k != "managedFields"}}

    return seen(live) == seen(after) and live["metadata"].get("managedFields") == after["metadata"].get("managedFields")


def _apply_conflict(clashes: list[tuple[fields.Manager, fields.Path]]) -> RefusedError:
    lines = [f'conflict with "{manager.name}": {_dotted(path)}' for manager, path in clashes]
    noun = "conflict" if len(lines) == 1 else "conflicts"
    causes = [
        {"reason": "FieldManagerConflict", "message": f'conflict with "{manager.name}"', "field": _dotted(path)}
        for manager, path in clashes
    ]
    return RefusedError(
        409, "Conflict", f"Apply failed with {len(lines)} {noun}: " + "\n".join(lines), details={"causes": causes}
    )


def _dotted(path: fields.Path) -> str:
    text = ""
    for element in path:
        text += f".{element[2:]}" if element.startswith("f:") else f"[{element[2:]}]"
    return text


def _defaulted(resource: Resource, item: Object) -> Object:
    """Fill in what the server fills in, as far as the fake's users meet it."""
    if resource.name != "secrets":
        return item
    data = dict(item.get("data") or {})
    for name, value in (item.get("stringData") or {}).items():
        data[name] = base64.b64encode(value.encode()).decode()
    result = {field: value for field, value in item.items() if field not in ("stringData", "data")}
    return {**result, **({"data": data} if data else {}), "type": item.get("type", "Opaque")}


def _validate(resource: Resource, live: Object | None, after: Object) -> None:
    """Refuse what the server refuses, as far as the fake's users meet it."""
    name = after["metadata"]["name"]
    if resource.name == "secrets":
        _validate_secret(resource, live, after, name)
    if resource.group == "apps" and live is not None:
        before = live.get("spec", {}).get("selector")
        if before is not None and after.get("spec", {}).get("selector") != before:
            raise invalid(resource, name, "spec.selector: Invalid value: field is immutable")


def _validate_secret(resource: Resource, live: Object | None, after: Object, name: str) -> None:
    annotations = after["metadata"].get("annotations") or {}
    if after["type"] == _TOKEN_TYPE and not annotations.get(_ACCOUNT):
        raise invalid(resource, name, f"metadata.annotations[{_ACCOUNT}]: Required value")
    needed = {"kubernetes.io/tls": ("tls.crt", "tls.key"), "kubernetes.io/dockerconfigjson": (".dockerconfigjson",)}
    for key in needed.get(after["type"], ()):
        if key not in (after.get("data") or {}):
            raise invalid(resource, name, f"data[{key}]: Required value")
    if live is None:
        return
    if after["type"] != live.get("type", "Opaque"):
        raise invalid(resource, name, f'type: Invalid value: "{after["type"]}": field is immutable')
    if live.get("immutable"):
        if not after.get("immutable"):
            raise invalid(resource, name, "immutable: Forbidden: field is immutable when `immutable` is set")
        if after.get("data") != live.get("data"):
            raise invalid(resource, name, "data: Forbidden: field is immutable when `immutable` is set")
