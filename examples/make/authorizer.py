"""Enough of the RBAC authorizer to write the reasons into the audit trail that the API server would have written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from make.kube import Object


class Asked(NamedTuple):
    """What a request asks for."""

    verb: str
    resource: str = ""
    group: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""


class Authorizer:
    """Answers by the roles and bindings among some objects."""

    def __init__(self, objects: Iterable[Object]) -> None:
        self._rules: dict[tuple[str, str, str], list[Any]] = {}
        self._bindings: list[Object] = []
        for item in objects:
            kind, meta = item["kind"], item["metadata"]
            if kind in {"Role", "ClusterRole"}:
                self._rules[kind, meta.get("namespace", ""), meta["name"]] = item["rules"]
            elif kind in {"RoleBinding", "ClusterRoleBinding"}:
                self._bindings.append(item)
        self._bindings.sort(
            key=lambda item: (item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"])
        )

    def reason(self, user: dict[str, Any], asked: Asked, at: str) -> str | None:
        """Reason text of the first binding that allows it and is there at ``at``; None when nothing does."""
        for binding in self._bindings:
            meta, granted = binding["metadata"], binding["roleRef"]
            here = meta.get("namespace", "")
            if (here and here != asked.namespace) or meta["creationTimestamp"] > at:
                continue
            held = next((found for found in binding["subjects"] if _is(found, user)), None)
            rules = self._rules.get((granted["kind"], here if granted["kind"] == "Role" else "", granted["name"]), [])
            if held and any(_allows(rule, asked) for rule in rules):
                bound = f"{meta['name']}/{here}" if here else meta["name"]
                name = f"{held['name']}/{held['namespace']}" if held["kind"] == "ServiceAccount" else held["name"]
                return (
                    f'RBAC: allowed by {binding["kind"]} "{bound}" of {granted["kind"]} "{granted["name"]}" '
                    f'to {held["kind"]} "{name}"'
                )
        return None


def _is(subject: Object, user: dict[str, Any]) -> bool:
    if subject["kind"] == "Group":
        return subject["name"] in user["groups"]
    if subject["kind"] == "ServiceAccount":
        return user["username"] == f"system:serviceaccount:{subject['namespace']}:{subject['name']}"
    return bool(user["username"] == subject["name"])


def _allows(rule: Object, asked: Asked) -> bool:
    if not {"*", asked.verb} & set(rule["verbs"]):
        return False
    if asked.path:
        return any(
            url in {"*", asked.path} or (url.endswith("*") and asked.path.startswith(url[:-1]))
            for url in rule.get("nonResourceURLs", ())
        )
    if "resources" not in rule or not {"*", asked.group} & set(rule["apiGroups"]):
        return False
    names = rule.get("resourceNames")
    return bool({"*", asked.resource} & set(rule["resources"])) and (not names or asked.name in names)
