"""Audit events as EKS exports them: which level its fixed policy gives a request, and how a request is written down."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from make.authorizer import Asked, Authorizer
from make.callers import Caller
from make.stable import micro, moment, number, uid

Event = dict[str, Any]

READS = {"get", "list", "watch"}
KNOWN = {
    "",
    "admissionregistration.k8s.io",
    "apps",
    "authorization.k8s.io",
    "batch",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
}
"""API groups whose requests the policy records with bodies; every other group leaves metadata only."""
VERSIONS = {"argoproj.io": "v1alpha1", "": "v1"}


def level(asked: Asked, resource: str, sub: str) -> str:
    """Audit level of a request by the policy that EKS publishes, as far as the example needs it."""
    if resource in {"secrets", "configmaps"}:
        return "Metadata"
    if (resource, sub) == ("serviceaccounts", "token"):
        return "Request"
    if asked.group not in KNOWN:
        return "Metadata"
    return "Request" if asked.verb in READS else "RequestResponse"


class Recorder:
    """Writes events down. The request is checked against the bindings, so that no reason names what was not there."""

    def __init__(self, authorizer: Authorizer) -> None:
        self._authorizer = authorizer
        self.events: list[Event] = []

    def call(
        self,
        caller: Caller,
        time: str,
        verb: str,
        resource: str,
        *,
        group: str = "",
        namespace: str = "",
        name: str = "",
        code: int = 0,
        query: dict[str, Any] | None = None,
        sent: dict[str, Any] | None = None,
        answered: dict[str, Any] | None = None,
        marks: dict[str, str] | None = None,
        node: bool = False,
    ) -> str:
        """Record a request and return its auditID.

        ``resource`` may hold a subresource (``pods/exec``). ``code`` is worked out where it is not given. ``node``
        says that the Node authorizer answered, which gives no reason.
        """
        asked = Asked(verb, resource, group, namespace, name)
        reason = "" if node else self._authorizer.reason(caller.user, asked, time)
        allowed = reason is not None
        code = code or (403 if not allowed else 201 if verb == "create" else 200)
        plain, _, sub = resource.partition("/")
        uri = self._uri(asked, plain, sub, query)
        annotations = {
            "authorization.k8s.io/decision": "allow" if allowed else "forbid",
            "authorization.k8s.io/reason": reason or "",
        }
        reference = {
            "resource": plain,
            "namespace": namespace,
            "name": name,
            "apiGroup": group,
            "apiVersion": VERSIONS.get(group, "v1"),
            "subresource": sub,
        }
        event = self._event(caller, time, verb, uri, code)
        event["level"] = level(asked, plain, sub)
        event["objectRef"] = {key: value for key, value in reference.items() if value}
        event["annotations"] = dict(caller.marks) | annotations | (marks or {})
        if not allowed:
            event["responseStatus"] |= self._refusal(caller, asked)
        if allowed and event["level"] in {"Request", "RequestResponse"} and sent:
            event["requestObject"] = sent
        if allowed and event["level"] == "RequestResponse" and answered:
            event["responseObject"] = answered
        self._keep(event, long_running=(sub == "exec" and allowed) or verb == "watch")
        return str(event["auditID"])

    def path(self, caller: Caller, time: str, path: str) -> str:
        """Record a request for something that is not a resource."""
        reason = self._authorizer.reason(caller.user, Asked("get", path=path), time)
        event = self._event(caller, time, "get", path, 200 if reason else 403)
        event["level"] = "Metadata"
        event["annotations"] = {
            "authorization.k8s.io/decision": "allow" if reason else "forbid",
            "authorization.k8s.io/reason": reason or "",
        }
        self._keep(event, long_running=False)
        return str(event["auditID"])

    def refused(self, time: str, address: str, agent: str, path: str) -> str:
        """Record a request whose credential nobody accepted: a bare 401 without a user."""
        event = self._event(Caller({}, address, agent), time, "list", path, 401)
        event["level"] = "Metadata"
        event["stage"] = "ResponseStarted"
        self.events.append(event)
        return str(event["auditID"])

    def _event(self, caller: Caller, time: str, verb: str, uri: str, code: int) -> Event:
        given = uid("audit", str(len(self.events)), time, caller.agent)
        received = moment(time) + timedelta(microseconds=number("received", given, below=990_000))
        done = received + timedelta(microseconds=1_500 + number("took", given, below=22_000))
        return {
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "level": "",
            "auditID": given,
            "stage": "ResponseComplete",
            "requestURI": uri,
            "verb": verb,
            "user": copy.deepcopy(caller.user),
            "sourceIPs": [caller.address],
            "userAgent": caller.agent,
            "objectRef": {},
            "responseStatus": {"metadata": {}, "code": code},
            "requestReceivedTimestamp": micro(received),
            "stageTimestamp": micro(done),
        }

    def _keep(self, event: Event, *, long_running: bool) -> None:
        if not event["objectRef"]:
            del event["objectRef"]
        if long_running:
            self.events.append(event | {"stage": "ResponseStarted"})
            done = moment(event["stageTimestamp"]) + timedelta(
                seconds=4 + number("lasted", event["auditID"], below=280)
            )
            event["stageTimestamp"] = micro(done)
        self.events.append(event)

    @staticmethod
    def _uri(asked: Asked, plain: str, sub: str, query: dict[str, Any] | None) -> str:
        version = VERSIONS.get(asked.group, "v1")
        parts = [f"/apis/{asked.group}/{version}" if asked.group else "/api/v1"]
        if asked.namespace:
            parts.append(f"namespaces/{asked.namespace}")
        parts.append(plain)
        if asked.name and not (asked.verb == "create" and not sub):
            parts.append(asked.name)
        if sub:
            parts.append(sub)
        return "/".join(parts) + (f"?{urlencode(query, doseq=True)}" if query else "")

    @staticmethod
    def _refusal(caller: Caller, asked: Asked) -> dict[str, Any]:
        where = f' in the namespace "{asked.namespace}"' if asked.namespace else " at the cluster scope"
        plain = asked.resource.partition("/")[0]
        target = plain + (f".{asked.group}" if asked.group else "") + (f' "{asked.name}"' if asked.name else "")
        text = (
            f'{target} is forbidden: User "{caller.name}" cannot {asked.verb} resource "{asked.resource}" '
            f'in API group "{asked.group}"{where}'
        )
        return {"status": "Failure", "message": text, "reason": "Forbidden"}
