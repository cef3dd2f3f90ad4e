"""RBAC of a fake cluster, for reviews of what somebody else may do: bindings and roles as they are there now.

As the real one, without aggregation: first the bindings of the cluster, then those of the namespace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from demarc.testing.objects import Object
from demarc.testing.verbs import Verbs

_GROUP: Final = "rbac.authorization.k8s.io"


def allowed(verbs: Verbs, user: str, groups: Iterable[str], asked: Object) -> str:
    """The reason for which a request is allowed, in the API server's words; empty where it is not."""
    space = asked.get("namespace", "")
    for kind in ("ClusterRoleBinding", "RoleBinding"):
        for binding in verbs.of(kind, _GROUP):
            metadata, ref = binding["metadata"], binding["roleRef"]
            if kind == "RoleBinding" and metadata.get("namespace") != space:
                continue
            for subject in binding.get("subjects") or ():
                if not _is(subject, metadata.get("namespace", ""), user, set(groups)):
                    continue
                if any(_gives(rule, asked) for rule in _rules(verbs, ref, metadata.get("namespace", ""))):
                    shown = "/".join(part for part in (metadata["name"], metadata.get("namespace")) if part)
                    role = f'{ref["kind"]} "{ref["name"]}"'
                    return f'RBAC: allowed by {kind} "{shown}" of {role} to {subject["kind"]} "{subject["name"]}"'
    return ""


def _is(subject: Object, space: str, user: str, groups: set[str]) -> bool:
    if subject["kind"] == "Group":
        return subject["name"] in groups
    if subject["kind"] == "ServiceAccount":
        return user == f"system:serviceaccount:{subject.get('namespace') or space}:{subject['name']}"
    return bool(subject["name"] == user)


def _rules(verbs: Verbs, ref: Object, space: str) -> Iterator[Object]:
    for role in verbs.of(ref["kind"], _GROUP):
        if role["metadata"]["name"] == ref["name"] and role["metadata"].get("namespace", "") in ("", space):
            yield from role.get("rules") or ()


def _gives(rule: Object, asked: Object) -> bool:
    below = asked.get("subresource", "")
    resource = asked.get("resource", "") + (f"/{below}" if below else "")
    names = rule.get("resourceNames") or ()
    return (
        _has(rule.get("verbs"), asked.get("verb", ""))
        and _has(rule.get("apiGroups"), asked.get("group", ""))
        and _has(rule.get("resources"), resource)
        and (not names or asked.get("name", "") in names)
    )


def _has(listed: Iterable[str] | None, one: str) -> bool:
    return "*" in (listed or ()) or one in (listed or ())
