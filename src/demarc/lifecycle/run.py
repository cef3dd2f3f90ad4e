"""From a plan file to a run on a live cluster: opens the writer, the journal and the world outside, and closes them.

The one place where a writer is made. Whoever calls this decides to write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from demarc.collect.live.kubeconfig import KubeSettings
from demarc.lifecycle.cluster.hands import Hands
from demarc.lifecycle.cluster.interface import ClusterWriter
from demarc.lifecycle.cluster.writer import open_writer
from demarc.lifecycle.engine import Engine
from demarc.lifecycle.journal import Journal, open_journal, read_journal
from demarc.lifecycle.outside import RealOutside
from demarc.lifecycle.plan import Plan
from demarc.lifecycle.record import NoRecorder, Recorder
from demarc.lifecycle.state import Standing, state_of
from demarc.lifecycle.strategies.interface import Strategy
from demarc.lifecycle.strategies.known import installed_strategies
from demarc.lifecycle.uses import AuditUses
from demarc.lifecycle.work import StopError, Tools, Work
from demarc.model.errors import DemarcError


class Surroundings(Struct, frozen=True, kw_only=True):
    """What a run needs of the process that it is in."""

    kubeconfig: str | None
    context: str | None
    environment: Mapping[str, str]
    home: Path
    terminal: bool
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    random_bytes: Callable[[int], bytes]
    audit_logs: tuple[Path, ...] = ()


def journal_of(plan: Path) -> Path:
    """Where the journal of a plan lies when nothing else is said: beside it."""
    return plan.with_name(f"{plan.name}.journal")


@contextmanager
def opened(around: Surroundings) -> Iterator[ClusterWriter]:
    """Open the cluster for writing."""
    settings = KubeSettings(kubeconfig=around.kubeconfig, context=around.context)
    with open_writer(settings, environment=around.environment, home=around.home, terminal=around.terminal) as writer:
        yield writer


@contextmanager
def engine_for(
    plan: Plan,
    journal: Path,
    around: Surroundings,
    *,
    recorder: Recorder | None = None,
    applicant: str = "",
    accept_outage: bool = False,
    patience: float = 600.0,
) -> Iterator[Engine]:
    """Open all that a run needs, and give the engine for it."""
    with opened(around) as writer, open_journal(journal, now=around.now) as kept:
        yield Engine(
            plan,
            writer=writer,
            journal=kept,
            strategies=installed_strategies(),
            tools=tools(around),
            recorder=recorder or NoRecorder(),
            applicant=applicant,
            accept_outage=accept_outage,
            patience=patience,
        )


def tools(around: Surroundings) -> Tools:
    """What strategies may use, from the process's own surroundings."""
    return Tools(
        now=around.now,
        sleep=around.sleep,
        random_bytes=around.random_bytes,
        outside=RealOutside(),
        uses=AuditUses(around.audit_logs) if around.audit_logs else None,
    )


def verify(plan: Plan, journal: Path, around: Surroundings) -> list[tuple[str, str]]:
    """Check now what a plan says is done: rotation and what is wrong, empty where nothing is.

    Writes nothing; issuers and the API server are asked whether they accept what they should.
    """
    entries = read_journal(journal)
    state = state_of(plan, entries)
    if state.opened and state.opened != plan.digest:
        raise DemarcError("the journal is of another plan", todo="give the plan that was begun with it")
    found: list[tuple[str, str]] = []
    with opened(around) as writer:
        for rotation in plan.rotations:
            here = state.rotations[rotation.id]
            if here.standing is not Standing.DONE:
                found.append((rotation.id, f"it is {here.standing.value}"))
                continue
            work = Work(
                rotation=rotation,
                hands=Hands(writer),
                tools=tools(around),
                journal=Journal(None, entries, now=around.now),
                state=here,
                plan=plan.digest,
                suffix=plan.suffix,
            )
            found.append((rotation.id, _verified(installed_strategies()[rotation.strategy], work)))
    return found


def _verified(strategy: Strategy, work: Work) -> str:
    try:
        return strategy.verify(work)
    except StopError as stop:
        return stop.says
    except DemarcError as error:
        return str(error)
