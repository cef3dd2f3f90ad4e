"""Writes a cluster of N pods, with all that belongs to them, as one pretty-printed ``kubectl get -o json`` List.

Seeded: the same N gives the same bytes. Objects are streamed, so that memory does not grow with N.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from bench import templates

SEED = 20261118
PODS_PER_NODE = 30
DAEMONS = ("aws-node", "kube-proxy", "ebs-csi-node", "fluent-bit", "node-exporter", "falco", "eks-pod-identity-agent")
SYSTEM = "kube-system"
FIRST = (
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "heron",
    "inlet",
    "juniper",
    "kelp",
    "larch",
    "maple",
    "north",
)
SECOND = (
    "audit",
    "basket",
    "claims",
    "depot",
    "ledger",
    "export",
    "fleet",
    "gateway",
    "hub",
    "index",
    "invoice",
    "mailer",
    "pricing",
    "stock",
)
TEAMS = ("atlas", "borealis", "cirrus", "drift", "eddy", "fathom", "gale", "haven")
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"

SHARES = {
    "deployment": 0.2,
    "statefulset": 0.015,
    "cronjob": 0.02,
    "clusterrole": 0.01,
    "clusterbinding": 0.01,
    "application": 0.02,
    "definition": 0.004,
}
"""Objects per pod of the kinds that are counted by the size of the cluster; others follow from them."""
FOLLOW = {
    "account": 1.0,
    "config": 1.5,
    "secret": 0.7,
    "certificate": 0.2,
    "release": 0.4,
    "service": 0.9,
    "slice": 0.9,
    "ingress": 0.25,
    "policy": 0.25,
    "role": 0.5,
    "binding": 0.6,
    "autoscaler": 0.25,
    "budget": 0.25,
    "monitor": 0.4,
    "cert": 0.15,
    "external": 0.25,
}
"""Objects per deployment of the kinds that come with one."""
NAMED = {"certificate": "{}-tls", "release": "sh.helm.release.v1.{}.v1"}
"""How objects are called that are not called as their deployment."""
OLD_REPLICASETS = 0.5
"""Replica sets of earlier versions, per deployment."""
PODS_EACH = 3

_TEXTS = (
    templates.nodes()
    | templates.workloads()
    | templates.access()
    | templates.settings()
    | templates.network()
    | templates.custom()
)


HEAD = '{\n    "apiVersion": "v1",\n    "items": [\n'
FOOT = '\n    ],\n    "kind": "List",\n    "metadata": {\n        "resourceVersion": ""\n    }\n}\n'


class Generator:
    """Makes the objects of a cluster, one text after the other."""

    def __init__(self, pods: int, seed: int = SEED) -> None:
        self.pods = pods
        self.random = random.Random(seed)
        self.nodes = max(2, pods // PODS_PER_NODE)
        self.spaces = max(4, pods // 50)
        self.made: Counter[str] = Counter()
        blob = "".join(self._pick(_LETTERS) for _ in range(4000))
        self._common: dict[str, Any] = {
            "blob": blob[:1400] + "==",
            "long_blob": blob,
            "words": "server:\\n  port: 8080\\n" + "".join(f"  setting{count}: value{count}\\n" for count in range(24)),
            "value": "aW52ZW50ZWQtdmFsdWU=",
            "phase": "Running",
            "restart": "Always",
            "privileged": "false",
        }

    def objects(self) -> Iterator[str]:
        """Text of every object, in an order that does not change."""
        yield from self._machines()
        for number in range(self.spaces):
            yield self._space(f"{FIRST[number % len(FIRST)]}-{number}", number)
        yield self._space(SYSTEM, 0)
        yield from self._daemons()
        deployments = max(2, int(self.pods * SHARES["deployment"]))
        for number in range(deployments):
            yield from self._application(number)
        yield from self._rest(deployments)

    def _pick(self, values: Any) -> Any:
        return values[int(self.random.random() * len(values))]

    def _uid(self) -> str:
        digits = f"{self.random.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def _suffix(self, length: int = 5) -> str:
        return "".join(self._pick(_LETTERS) for _ in range(length))

    def _node(self, number: int) -> str:
        return f"ip-10-{40 + number // 65025}-{number // 255 % 255}-{number % 255}.eu-north-1.compute.internal"

    def _fill(self, kind: str, name: str, values: dict[str, Any], **more: Any) -> str:
        day, hour = int(self.random.random() * 600), int(self.random.random() * 24)
        own = {
            "name": name,
            "uid": self._uid(),
            "revision": str(1_000_000 + int(self.random.random() * 90_000_000)),
            "made": f"202{5 + day // 365}-{1 + day % 365 // 31:02d}-{1 + day % 28:02d}T{hour:02d}:{day % 60:02d}:07Z",
        }
        self.made[kind] += 1
        return _TEXTS[kind] % (self._common | values | own | more)

    def _scope(self, number: int, app: str) -> dict[str, Any]:
        space = number % self.spaces
        node = int(self.random.random() * self.nodes)
        return {
            "app": app,
            "namespace": f"{FIRST[space % len(FIRST)]}-{space}",
            "team": TEAMS[space % len(TEAMS)],
            "version": f"v{1 + number % 9}.{number % 31}.0",
            "account": app,
            "config": app,
            "secret": app,
            "node": self._node(node),
            "host": f"10.40.{node // 255 % 255}.{node % 255}",
            "address": f"10.{128 + number // 62500 % 100}.{number // 250 % 250}.{2 + number % 250}",
            "digest": f"{self.random.getrandbits(256):064x}",
            "hash": "",
            "owner": "",
            "owner_uid": "",
            "resource": self._pick(("pods", "services", "secrets", "events")),
            "verb": self._pick(("update", "patch", "create")),
            "replicas": PODS_EACH,
        }

    def _machines(self) -> Iterator[str]:
        for number in range(self.nodes):
            name = self._node(number)
            values = {
                "pool": ("general", "batch", "spot")[number % 3],
                "address": f"10.40.{number // 255 % 255}.{number % 255}",
                "instance": f"i-0{number:016x}",
                "digest": f"{self.random.getrandbits(256):064x}",
                "namespace": "kube-node-lease",
            }
            yield self._fill("node", name, values)
            yield self._fill("lease", name, values)

    def _space(self, name: str, number: int) -> str:
        team = "platform" if name == SYSTEM else TEAMS[number % len(TEAMS)]
        return self._fill("namespace", name, {"team": team})

    def _daemons(self) -> Iterator[str]:
        for number, name in enumerate(DAEMONS):
            values = self._scope(number, name) | {"namespace": SYSTEM, "team": "platform", "replicas": self.nodes}
            owner = self._fill("daemonset", name, values)
            yield owner
            identity = self._uid()
            for node in range(self.nodes):
                place = {"node": self._node(node), "owner": name, "owner_uid": identity, "hash": self._suffix(10)}
                yield self._fill("daemonset_pod", f"{name}-{self._suffix()}", values, **place)

    def _application(self, number: int) -> Iterator[str]:
        """A deployment with its replica sets and pods, and what usually comes with it."""
        app = f"{FIRST[number % len(FIRST)]}-{SECOND[number // len(FIRST) % len(SECOND)]}-{number}"
        values = self._scope(number, app)
        identity = self._uid()
        yield self._fill("deployment", app, values)
        old = int(self.random.random() < OLD_REPLICASETS)
        for age in range(old + 1):
            hashed, live = self._suffix(10), age == old
            more = {"owner": app, "owner_uid": identity, "hash": hashed, "replicas": PODS_EACH if live else 0}
            yield self._fill("replicaset", f"{app}-{hashed}", values, **more)
            if live:
                set_uid = self._uid()
                for _ in range(PODS_EACH):
                    yield self._pod("replicaset_pod", f"{app}-{hashed}", set_uid, values, hashed)
        for kind, share in FOLLOW.items():
            count = int(share) + (self.random.random() < share % 1)
            for extra in range(count):
                name = NAMED.get(kind, "{}").format(app)
                yield self._fill(kind, name if extra == 0 else f"{name}-{extra}", values)

    def _pod(self, kind: str, owner: str, owner_uid: str, values: dict[str, Any], hashed: str, **more: Any) -> str:
        node = int(self.random.random() * self.nodes)
        place = {
            "node": self._node(node),
            "host": f"10.40.{node // 255 % 255}.{node % 255}",
            "owner": owner,
            "owner_uid": owner_uid,
            "hash": hashed,
            "privileged": "true" if self.random.random() < 0.02 else "false",
        }
        return self._fill(kind, f"{owner}-{self._suffix()}", values, **place, **more)

    def _rest(self, deployments: int) -> Iterator[str]:
        """Stateful sets, jobs up to the number of pods, and what is counted by the cluster."""
        for number in range(max(1, int(self.pods * SHARES["statefulset"]))):
            app = f"{SECOND[number % len(SECOND)]}-db-{number}"
            values, identity = self._scope(number, app), self._uid()
            yield self._fill("statefulset", app, values)
            for _ in range(PODS_EACH):
                yield self._pod("statefulset_pod", app, identity, values, "")
        crons = max(1, int(self.pods * SHARES["cronjob"]))
        for number in range(crons):
            app = f"{SECOND[number % len(SECOND)]}-nightly-{number}"
            yield self._fill("cronjob", app, self._scope(number, app), restart="OnFailure")
        missing = self.pods - sum(count for kind, count in self.made.items() if kind.endswith("_pod"))
        for number in range(max(0, missing)):
            cron = number % crons
            app = f"{SECOND[cron % len(SECOND)]}-nightly-{cron}"
            values, job = self._scope(cron, app), f"{app}-{29_000_000 + number}"
            more = {"restart": "OnFailure", "phase": "Succeeded"}
            yield self._fill("job", job, values, owner=app, owner_uid=self._uid(), **more)
            yield self._pod("job_pod", job, self._uid(), values, "", **more)
        for kind in ("clusterrole", "clusterbinding", "application", "definition"):
            for number in range(max(1, int(self.pods * SHARES[kind]))):
                app = f"{FIRST[number % len(FIRST)]}-{kind}-{number % deployments}"
                yield self._fill(kind, app, self._scope(number, app), namespace="argocd")


def write(stream: BinaryIO, pods: int, seed: int = SEED) -> Counter[str]:
    """Write the List and return how many objects of each template it holds."""
    generator = Generator(pods, seed)
    stream.write(HEAD.encode())
    first = True
    for item in generator.objects():
        stream.write((item if first else ",\n" + item).encode())
        first = False
    stream.write(FOOT.encode())
    return generator.made


def register(folder: Path) -> None:
    """Write a register for generated clusters: a person and a team for each label, and who holds what."""
    folder.mkdir(parents=True, exist_ok=True)
    everyone = (*TEAMS, "platform")
    people = "".join(f"  - id: {team}.lead\n    contact: {team}.lead@bench.example\n" for team in everyone)
    teams = "".join(f"  - id: {team}\n    members: [{team}.lead]\n" for team in everyone)
    held = "".join(f"  - duty: '*'\n    scope: {{labels: {{team: {team}}}}}\n    owner: {team}\n" for team in TEAMS)
    own = "  - duty: '*'\n    owner: platform\n    review_every: 180d\n"
    (folder / "register.yaml").write_text(f"people:\n{people}teams:\n{teams}assignments:\n{own}{held}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pods", type=int)
    parser.add_argument("output", type=Path)
    given = parser.parse_args()
    with given.output.open("wb") as stream:
        made = write(stream, given.pods)
    print(f"{sum(made.values()):,} objects, {given.output.stat().st_size / 1e6:,.0f} MB")


if __name__ == "__main__":
    main()
