"""What an event was, in a sentence that needs no knowledge of the API's paths."""

from __future__ import annotations

from typing import Final

from demarc.incidents.opening.happenings import Happening

KINDS: Final = {
    "secrets": "Secret",
    "pods": "pod",
    "configmaps": "ConfigMap",
    "serviceaccounts": "ServiceAccount",
    "namespaces": "namespace",
    "nodes": "node",
    "events": "event",
    "services": "Service",
    "deployments": "Deployment",
    "daemonsets": "DaemonSet",
    "statefulsets": "StatefulSet",
    "replicasets": "ReplicaSet",
    "jobs": "Job",
    "cronjobs": "CronJob",
    "roles": "Role",
    "rolebindings": "RoleBinding",
    "clusterroles": "ClusterRole",
    "clusterrolebindings": "ClusterRoleBinding",
    "certificatesigningrequests": "certificate request",
    "networkpolicies": "NetworkPolicy",
    "ingresses": "Ingress",
    "mutatingwebhookconfigurations": "MutatingWebhookConfiguration",
    "validatingwebhookconfigurations": "ValidatingWebhookConfiguration",
    "persistentvolumes": "PersistentVolume",
    "persistentvolumeclaims": "PersistentVolumeClaim",
}
_VERBS: Final = {
    "get": "reads",
    "list": "lists",
    "watch": "watches",
    "create": "creates",
    "update": "changes",
    "patch": "changes",
    "delete": "deletes",
    "deletecollection": "deletes all",
}
_WAYS: Final = {
    "exec": "runs a command in",
    "attach": "attaches to",
    "portforward": "forwards a port of",
    "proxy": "goes through the API server to",
    "log": "reads the log of",
    "ephemeralcontainers": "puts a debug container into",
    "eviction": "evicts",
    "scale": "scales",
}
_ASKS: Final = {
    "selfsubjectreviews": "asks who it is",
    "selfsubjectrulesreviews": "asks what it may do",
    "selfsubjectaccessreviews": "asks whether it may do something",
    "subjectaccessreviews": "asks whether somebody may do something",
    "tokenreviews": "asks whose a token is",
}
MOST_NAMED: Final = 3
MOST_COMMAND: Final = 120


def kind_of(resource: str) -> str:
    """A resource as people call one of it."""
    return KINDS.get(resource, resource)


def sentence(events: tuple[Happening, ...]) -> str:
    """What some like events were, in one sentence without a subject."""
    first = events[0]
    said = _said(first, events)
    if first.impersonated_user:
        said = f"as {first.impersonated_user}, {said}"
    if all(event.refused for event in events):
        return f"{said}: refused"
    if first.dry_run:
        return f"{said}: a try that changes nothing"
    if not any(event.done or event.entered for event in events):
        codes = sorted({event.code for event in events if event.code})
        return f"{said}: answered {', '.join(str(code) for code in codes) or 'not at all'}"
    return said


def _said(first: Happening, events: tuple[Happening, ...]) -> str:
    if not first.resource:
        return f"reads {first.uri.partition('?')[0] or 'a path that is not recorded'}"
    if first.resource in _ASKS:
        return _ASKS[first.resource]
    if first.resource == "serviceaccounts" and first.subresource == "token":
        return f"has a token of {_named(events)} made"
    if first.resource == "certificatesigningrequests" and first.subresource == "approval":
        return f"approves {_named(events)}"
    if first.subresource in _WAYS:
        command = " ".join(first.command.split("\n"))
        command = f": {command[:MOST_COMMAND]}{'…' if len(command) > MOST_COMMAND else ''}" if command else ""
        return f"{_WAYS[first.subresource]} {_named(events)}{command}"
    return f"{_VERBS.get(first.verb, first.verb)} {_named(events)}"


def _named(events: tuple[Happening, ...]) -> str:
    names = list(dict.fromkeys(_name(event) for event in events))
    kind = kind_of(events[0].resource)
    if events[0].verb in {"list", "watch", "deletecollection"} and not events[0].name:
        places = list(dict.fromkeys(event.namespace for event in events))
        where = " and ".join(f"in {place}" if place else "in the whole cluster" for place in places[:MOST_NAMED])
        return f"{kind}s {where}" + (
            f" and {len(places) - MOST_NAMED} more namespaces" if len(places) > MOST_NAMED else ""
        )
    listed = ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")
    return f"{kind} {listed}".strip()


def _name(event: Happening) -> str:
    return f"{event.namespace}/{event.name or '(name not recorded)'}" if event.namespace else event.name
