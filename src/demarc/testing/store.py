"""The objects of a fake cluster, as a server keeps them: by kind, namespace and name, each with a resourceVersion.

It knows nothing of HTTP, media types or rights.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable

from msgspec import Struct

from demarc.collect.live.kinds import BUILT_IN, Resource
from demarc.testing.objects import Object


class Listed(Struct, frozen=True, kw_only=True):
    """One page of a list."""

    items: tuple[Object, ...]
    resource_version: str
    continue_: str = ""
    remaining: int | None = None
    """Objects that follow; None on the last page."""


class Change(Struct, frozen=True, kw_only=True):
    """One thing that happened to an object, as a watch tells it."""

    version: int
    resource: tuple[str, str]
    """Group and plural."""
    what: str
    """``ADDED``, ``MODIFIED`` or ``DELETED``."""
    item: Object


class ObjectStore:
    """Objects and the kinds that they are of.

    Served kinds are those of Kubernetes, those that a CustomResourceDefinition among the objects defines, and for any
    other object a kind guessed from it: ``Widget`` is listed as ``widgets``.
    """

    def __init__(self, objects: Iterable[Object]) -> None:
        self.resource_version = 1000
        self.resources: dict[tuple[str, str], Resource] = {(r.group, r.plural): r for r in BUILT_IN}
        self.changes: list[Change] = []
        """What happened since the cluster began, oldest first; the objects it began with are not in it."""
        self._objects: dict[tuple[str, str], dict[tuple[str, str], Object]] = {}
        self._kinds: dict[tuple[str, str], Resource] = {}
        self._ordered: dict[tuple[str, str], tuple[Object, ...]] = {}
        """What ``all`` gave, until an object of the kind changes: controllers ask again and again."""
        for resource in BUILT_IN:
            self._kinds.setdefault((resource.group, resource.kind), resource)
        given = list(objects)
        for item in given:
            if item["kind"] == "CustomResourceDefinition":
                self._serve(_defined(item))
        for item in given:
            self._add(item)

    def versions(self) -> dict[str, dict[str, list[Resource]]]:
        """Give group -> version -> kinds, in the order of serving."""
        groups: dict[str, dict[str, list[Resource]]] = {}
        for resource in self.resources.values():
            groups.setdefault(resource.group, {}).setdefault(resource.version, []).append(resource)
        return groups

    def list(
        self,
        resource: Resource,
        *,
        namespace: str | None,
        limit: int,
        token: str,
        matches: Callable[[Object], bool] | None = None,
    ) -> Listed:
        """Give a page, ordered by namespace and name as etcd orders keys. Raises ValueError for a foreign token.

        ``limit`` 0 means everything, as in the API; ``matches`` is what the selectors say.
        """
        held = self._objects.get((resource.group, resource.plural), {})
        keys = sorted((key for key in held if namespace is None or key[0] == namespace), key=etcd_key)
        if matches is not None:
            keys = [key for key in keys if matches(held[key])]
        version, start = (str(self.resource_version), 0) if not token else _place(keys, token)
        end = start + limit if limit else len(keys)
        items = tuple(held[key] for key in keys[start:end])
        if end >= len(keys):
            return Listed(items=items, resource_version=version)
        return Listed(
            items=items,
            resource_version=version,
            continue_=token_for(version, etcd_key(keys[end - 1]) + "\0"),
            remaining=len(keys) - end,
        )

    def resource(self, kind: str, group: str = "") -> Resource:
        """The served resource of a kind. Raises KeyError."""
        return self._kinds[group, kind]

    def get(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """Give one object; None where there is none. What it gives is not to be changed."""
        return self._objects.get((resource.group, resource.plural), {}).get((namespace, name))

    def all(self, resource: Resource) -> tuple[Object, ...]:
        """Give every object of a kind, in the order of keys."""
        where = (resource.group, resource.plural)
        found = self._ordered.get(where)
        if found is None:
            found = self._ordered[where] = self.list(resource, namespace=None, limit=0, token="").items
        return found

    def put(self, resource: Resource, item: Object) -> Object:
        """Keep an object under a new resourceVersion; give it as kept."""
        self.resource_version += 1
        metadata = {**item["metadata"], "resourceVersion": str(self.resource_version)}
        kept = {**item, "metadata": metadata}
        held = self._objects.setdefault((resource.group, resource.plural), {})
        key = (metadata.get("namespace", ""), metadata["name"])
        self._note(resource, "MODIFIED" if key in held else "ADDED", kept)
        held[key] = kept
        self._ordered.pop((resource.group, resource.plural), None)
        if kept["kind"] == "CustomResourceDefinition":
            self._serve(_defined(kept))
        return kept

    def remove(self, resource: Resource, namespace: str, name: str) -> None:
        """Take an object away."""
        gone = self._objects[resource.group, resource.plural].pop((namespace, name))
        self._ordered.pop((resource.group, resource.plural), None)
        self.resource_version += 1
        self._note(resource, "DELETED", {**gone, "metadata": {**gone["metadata"]}})

    def _note(self, resource: Resource, what: str, item: Object) -> None:
        where = (resource.group, resource.plural)
        self.changes.append(Change(version=self.resource_version, resource=where, what=what, item=item))

    def _serve(self, resource: Resource) -> None:
        served = self.resources.setdefault((resource.group, resource.plural), resource)
        self._kinds.setdefault((served.group, served.kind), served)

    def _add(self, item: Object) -> None:
        group, _, version = item["apiVersion"].rpartition("/")
        namespace = item["metadata"].get("namespace", "")
        kind = item["kind"]
        found = self._kinds.get((group, kind))
        if found is None:
            found = Resource(
                group=group, version=version, plural=f"{kind.lower()}s", kind=kind, namespaced=bool(namespace)
            )
            self._serve(found)
        self.resource_version += 1
        metadata = {**item["metadata"], "resourceVersion": str(self.resource_version)}
        held = self._objects.setdefault((found.group, found.plural), {})
        held[namespace, item["metadata"]["name"]] = {**item, "metadata": metadata}
        self._ordered.pop((found.group, found.plural), None)


def etcd_key(key: tuple[str, str]) -> str:
    """Give the key of an object, below that of its kind; lists are in the order of these."""
    return "/".join(part for part in key if part)


def token_for(version: str, start: str) -> str:
    """Make a continue token the way the API server does: its resourceVersion, and the key from which to go on."""
    content = {"v": "meta.k8s.io/v1", "rv": int(version), "start": start}
    return base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).decode().rstrip("=")


def _place(keys: list[tuple[str, str]], token: str) -> tuple[str, int]:
    try:
        content = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        version, start = str(content["rv"]), str(content["start"])
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise ValueError("continue key is not valid") from error
    return version, next((i for i, key in enumerate(keys) if etcd_key(key) >= start), len(keys))


def _defined(definition: Object) -> Resource:
    spec = definition["spec"]
    served = [version["name"] for version in spec.get("versions", ()) if version.get("served", True)]
    return Resource(
        group=spec["group"],
        version=served[0],
        plural=spec["names"]["plural"],
        kind=spec["names"]["kind"],
        namespaced=spec["scope"] == "Namespaced",
    )
