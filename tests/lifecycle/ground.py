"""The ground on which the tests of the lifecycle stand: a fake cluster, a clock, a world outside, and a plan for it."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from demarc.collect.builder import SnapshotBuilder
from demarc.collect.fingerprint import FingerprintKey
from demarc.collect.live.collect import collect_live
from demarc.lifecycle.approvals import Approval
from demarc.lifecycle.consumers import credentials
from demarc.lifecycle.credential import Credential
from demarc.lifecycle.engine import Engine, Outcome
from demarc.lifecycle.journal import open_journal
from demarc.lifecycle.plan import Plan
from demarc.lifecycle.planner import Roles, Setting, make_plan
from demarc.lifecycle.record import LifecycleEntry
from demarc.lifecycle.strategies.known import strategies
from demarc.lifecycle.wishes import Wishes
from demarc.lifecycle.work import HttpAnswer, Tools, Uses
from demarc.model.snapshot import Snapshot
from demarc.testing import Controller, FakeClient, FakeCluster, Object, a_namespace
from demarc.testing.controllers import TokenController, WorkloadController

STRATEGIES = strategies()
BEGAN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SUFFIX = "r202603020a1b"
HTTP = Callable[[str, str, Mapping[str, str], bytes], tuple[int, dict[str, str], bytes]]


class Killed(BaseException):
    """The process is gone."""


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.at = BEGAN

    def __call__(self) -> datetime:
        return self.at


class Ground:
    """A cluster with its surroundings, and how to carry out a plan on it."""

    def __init__(
        self,
        objects: Iterable[Object],
        *,
        controllers: Sequence[Controller] = (),
        http: HTTP | None = None,
        run: Callable[[Sequence[str], bytes], tuple[int, bytes]] | None = None,
        database: Callable[..., Any] | None = None,
        uses: Uses | None = None,
        ready: Any = None,
        **cluster: Any,
    ) -> None:
        self.clock = Clock()
        self.workloads = WorkloadController(ready)
        self.cluster = FakeCluster(
            [a_namespace("kube-system"), a_namespace("shop"), *objects],
            controllers=[TokenController(), self.workloads, *controllers],
            now=self.clock,
            **cluster,
        )
        self.http, self.run_command, self.connect = http, run, database
        self.uses = uses
        self.recorded: list[LifecycleEntry] = []
        self.boundaries: list[str] = []
        self.kill_at: int | None = None
        self.watch: Callable[[], None] | None = None
        self.random = random.Random(7)
        self.settle()

    # The world outside, as ``Outside`` has it.

    def http_call(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b"") -> HttpAnswer:
        assert self.http is not None
        self.boundary(f"before {method} {url}")
        status, found, content = self.http(method, url, headers, body)
        self.boundary(f"after {method} {url}")
        return HttpAnswer(status=status, headers=found, body=content)

    def boundary(self, where: str) -> None:
        """Somewhere the process may be killed; what must always hold is looked at here."""
        self.boundaries.append(where)
        if self.watch is not None and where.startswith("after"):
            self.watch()
        if self.kill_at is not None and len(self.boundaries) == self.kill_at:
            raise Killed(where)

    def sleep(self, seconds: float) -> None:
        self.clock.at += timedelta(seconds=seconds)
        self.cluster.step()

    def settle(self) -> None:
        """Let the controllers work until none of them changes anything more."""
        quiet = 0
        while quiet < 2:
            before = self.cluster.store.resource_version
            self.cluster.step()
            quiet = quiet + 1 if self.cluster.store.resource_version == before else 0

    def snapshot(self) -> Snapshot:
        builder = SnapshotBuilder(FingerprintKey(b"k" * 32))
        collect_live(
            FakeClient(self.cluster),
            builder=builder,
            writer=None,
            sleep=lambda _: None,
            jitter=lambda: 0.0,
        )
        return builder.build(now=self.clock(), taken_at=self.clock(), taken_at_basis="test")

    def plan(self, *keys: str, wishes: Wishes | None = None, power: Iterable[str] = (), **more: Any) -> Plan:
        snapshot = self.snapshot()
        chosen = [one for one in credentials(snapshot) if one.key in keys]
        assert {one.key for one in chosen} == set(keys)
        return self.plan_for(chosen, wishes=wishes, power=power, **more)

    def plan_for(
        self, chosen: Iterable[Credential], *, wishes: Wishes | None = None, power: Iterable[str] = (), **more: Any
    ) -> Plan:
        system = self.cluster.store.get(self.cluster.store.resource("Namespace"), "", "kube-system")
        assert system is not None
        given: dict[str, Any] = {
            "now": self.clock(),
            "reason": "test",
            "valid_days": 7,
            "suffix": SUFFIX,
            "cluster": system["metadata"]["uid"],
            "context": "fake",
            "made_from": (),
            "gaps": (),
            "schemaless": self.snapshot().schemaless,
            "roles": lambda _: Roles(owner="shop", approver="security"),
            "power": lambda _: tuple(power),
            **more,
        }
        return make_plan(chosen, wishes or Wishes(quiet="1m", observe="1m"), STRATEGIES, Setting(**given))

    def apply(
        self,
        plan: Plan,
        journal: Path,
        *,
        confirmed: tuple[str, ...] = (),
        by: Iterable[str] = ("ann", "bo"),
        **more: Any,
    ) -> list[Outcome]:
        with open_journal(journal, now=self.clock, interrupt=self.boundary) as opened:
            approvals = tuple(Approval(by=name, signed=False) for name in by)
            return self.engine(plan, opened, **more).apply(approvals, confirmed)

    def undo(self, plan: Plan, journal: Path, *, confirmed: tuple[str, ...] = (), **more: Any) -> list[Outcome]:
        with open_journal(journal, now=self.clock, interrupt=self.boundary) as opened:
            return self.engine(plan, opened, **more).undo(confirmed)

    def engine(self, plan: Plan, journal: Any, **more: Any) -> Engine:
        tools = Tools(
            now=self.clock,
            sleep=self.sleep,
            random_bytes=self.random.randbytes,
            outside=_Outside(self),
            uses=self.uses,
        )
        given = {"accept_outage": True, "strategies": STRATEGIES, **more}
        return Engine(
            plan,
            writer=FakeClient(self.cluster, interrupt=self.boundary),
            journal=journal,
            tools=tools,
            recorder=self,
            **given,
        )

    def record(self, entry: LifecycleEntry) -> None:
        self.recorded.append(entry)

    # What the tests look at.

    def get(self, kind: str, name: str, namespace: str = "shop", group: str = "") -> Object | None:
        return self.cluster.store.get(self.cluster.store.resource(kind, group), namespace, name)

    def secret_names(self) -> set[str]:
        return {item["metadata"]["name"] for item in self.cluster.verbs.of("Secret")}

    def value(self, secret: str, key: str) -> str:
        found = self.get("Secret", secret)
        assert found is not None
        return base64.b64decode(found["data"][key]).decode()

    def running(self) -> list[tuple[Object, dict[str, str]]]:
        """Ready pods, each with the values that it holds, by key."""
        return [
            (pod, {one.key: base64.b64decode(one.value).decode() for one in held})
            for pod, held in self.workloads.running(self.cluster.verbs)
        ]

    def leftovers(self) -> list[str]:
        return [item["metadata"]["name"] for item in self.cluster.verbs.of("Lease", "coordination.k8s.io")]


class _Outside:
    """``Outside`` over a ground."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def http(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b"") -> HttpAnswer:
        return self._ground.http_call(method, url, headers=headers, body=body)

    def run(self, command: Sequence[str], given: bytes) -> tuple[int, bytes]:
        assert self._ground.run_command is not None
        self._ground.boundary(f"before {command[-1]}")
        answer = self._ground.run_command(command, given)
        self._ground.boundary(f"after {command[-1]}")
        return answer

    def database(self, **parameters: Any) -> Any:
        assert self._ground.connect is not None
        self._ground.boundary("before connect")
        return self._ground.connect(**parameters)
