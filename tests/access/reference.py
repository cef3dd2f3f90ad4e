"""A second evaluator of RBAC, on plain dicts, as slow and as literal as can be: what the real one is held against.

It shares no line with the package. Each function is the statement of the rule in the Kubernetes sources, by hand.
"""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


def verb_matches(rule: Object, verb: str) -> bool:
    return any(one in ("*", verb) for one in rule.get("verbs", []))


def group_matches(rule: Object, api_group: str) -> bool:
    return any(one in ("*", api_group) for one in rule.get("apiGroups", []))


def resource_matches(rule: Object, combined: str, subresource: str) -> bool:
    for one in rule.get("resources", []):
        if one in ("*", combined):
            return True
        if not subresource:
            continue
        if len(one) == len(subresource) + 2 and one.endswith(subresource) and one.startswith("*/"):
            return True
    return False


def name_matches(rule: Object, name: str) -> bool:
    names = rule.get("resourceNames", [])
    return not names or any(one == name for one in names)


def path_matches(rule: Object, path: str) -> bool:
    for one in rule.get("nonResourceURLs", []):
        if one in ("*", path):
            return True
        if one.endswith("*") and path.startswith(one.rstrip("*")):
            return True
    return False


def rule_allows(rule: Object, request: Object) -> bool:
    if "path" in request:
        return verb_matches(rule, request["verb"]) and path_matches(rule, request["path"])
    combined = request["resource"]
    if request["subresource"]:
        combined = request["resource"] + "/" + request["subresource"]
    return (
        verb_matches(rule, request["verb"])
        and group_matches(rule, request["group"])
        and resource_matches(rule, combined, request["subresource"])
        and name_matches(rule, request["name"])
    )


def subject_applies(subject: Object, user: str, groups: list[str], namespace: str) -> bool:
    if subject["kind"] == "User":
        return bool(user == subject["name"])
    if subject["kind"] == "Group":
        return subject["name"] in groups
    if subject["kind"] != "ServiceAccount":
        return False
    where = subject.get("namespace") or namespace
    if not where:
        return False
    rest = user
    for part in ("system:serviceaccount:", where, ":"):
        if not rest.startswith(part):
            return False
        rest = rest[len(part) :]
    return bool(rest == subject["name"])


def rules_of(objects: list[Object], ref: Object, namespace: str) -> list[Object]:
    for item in objects:
        meta = item["metadata"]
        if item["kind"] != ref["kind"] or meta["name"] != ref["name"]:
            continue
        if ref["kind"] == "ClusterRole" or (ref["kind"] == "Role" and meta.get("namespace", "") == namespace != ""):
            return list(item.get("rules") or [])
    return []


def allowing(objects: list[Object], user: str, groups: list[str], request: Object) -> list[str]:
    """Names of the bindings that allow a request, cluster first, each kind by name."""
    found = []
    where = request.get("namespace", "")
    for kind, namespace in (("ClusterRoleBinding", ""), ("RoleBinding", where)):
        if kind == "RoleBinding" and not where:
            continue
        bindings = [
            item for item in objects if item["kind"] == kind and item["metadata"].get("namespace", "") == namespace
        ]
        for binding in sorted(bindings, key=lambda item: item["metadata"]["name"]):
            if not any(subject_applies(one, user, groups, namespace) for one in binding.get("subjects") or []):
                continue
            if any(rule_allows(rule, request) for rule in rules_of(objects, binding["roleRef"], namespace)):
                found.append(f"{kind} {namespace}/{binding['metadata']['name']}")
    return found
