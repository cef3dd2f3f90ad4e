"""Keeps the truth about what is recorded: which requests are steps of the intrusion, and which only look like it."""

from __future__ import annotations

from typing import Any

from make.events import Recorder
from make.kube import Object
from make.stable import uid

Truth = dict[str, Any]


class Story:
    """Records requests and keeps the truth about each."""

    def __init__(self, book: Recorder) -> None:
        self.book = book
        self.steps: list[Truth] = []
        self.look_alikes: list[Truth] = []

    def step(self, time: str, what: str, duty: str, audit_ids: list[str], **more: Any) -> None:
        """Note a step of the intrusion."""
        self.steps.append(
            {"n": len(self.steps) + 1, "time": time, "what": what, "duty": duty, "auditIDs": audit_ids} | more
        )

    def harmless(self, what: str, why: str, audit_ids: list[str]) -> None:
        """Note something that looks like an attack and is none."""
        self.look_alikes.append({"what": what, "why": why, "auditIDs": audit_ids})


def request(kind: str, api: str, name: str, namespace: str = "", **more: Any) -> Object:
    meta = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"kind": kind, "apiVersion": api, "metadata": meta} | more


def token_request(audience: str, seconds: int) -> Object:
    return {
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "spec": {"audiences": [audience], "expirationSeconds": seconds},
    }


def answer(sent: Object, created: str) -> Object:
    meta = sent["metadata"]
    filled = {"uid": uid(sent["kind"], meta.get("namespace", ""), meta["name"]), "creationTimestamp": created}
    return sent | {"metadata": meta | filled}
