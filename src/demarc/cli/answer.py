"""From what was typed to the answer: inputs, inventory, register, moment, assessment. The steps in their order."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime

from msgspec import Struct

from demarc.accountability.assess import Answering
from demarc.cli.gather import gather, inventory_of
from demarc.cli.moment import moment
from demarc.cli.options import Ask, Look
from demarc.cli.registers import registers
from demarc.cli.screen import Screen
from demarc.cli.settings import Settings, settings
from demarc.cli.settled import Answers, answers
from demarc.model.assessment import Assessment
from demarc.model.inventory import Inventory
from demarc.model.register import Register
from demarc.model.snapshot import Snapshot


class Run(Struct, frozen=True, kw_only=True):
    """What a command needs of the world outside, read once."""

    settings: Settings
    now: datetime


def run_now() -> Run:
    """Read the clock and the environment."""
    return Run(settings=settings(os.environ), now=datetime.now(tz=UTC))


class Seen(Struct, frozen=True, kw_only=True):
    """What an answer is made from."""

    register: Register
    snapshot: Snapshot
    inventory: Inventory
    at: datetime
    """The moment that it is for."""
    at_basis: str
    answers: Answers

    @property
    def answering(self) -> Answering:
        """An answer for as much as will be asked, with what was confirmed of the boundary."""
        return self.answers(self.snapshot, self.inventory, self.register, self.at, self.at_basis)

    @property
    def published(self) -> Answering:
        """The same by the published boundary alone, whatever was confirmed of it."""
        return Answering(self.snapshot, self.inventory, self.register, self.at, self.at_basis)


class Answer(Struct, frozen=True, kw_only=True):
    """An assessment with what it was made from."""

    register: Register
    snapshot: Snapshot
    inventory: Inventory
    at: datetime
    """The moment that it is for."""
    assessment: Assessment


def answer(look: Look, ask: Ask, screen: Screen, run: Run) -> Assessment:
    """Answer what was asked. Raises DemarcError for anything that stands in the way."""
    return whole_answer(look, ask, screen, run).assessment


def whole_answer(look: Look, ask: Ask, screen: Screen, run: Run, keep: Callable[[str], bool] | None = None) -> Answer:
    """The same, for those who go on asking what was seen; ``keep`` tells which kinds to keep whole."""
    seen = seen_cluster(look, ask, screen, run, keep)
    return _answered(seen, seen.answering.whole)


def published_answer(look: Look, ask: Ask, screen: Screen, run: Run) -> Answer:
    """By the published boundary alone: for those who confirm it."""
    seen = seen_cluster(look, ask, screen, run)
    return _answered(seen, seen.published.whole)


def _answered(seen: Seen, assessment: Assessment) -> Answer:
    return Answer(
        register=seen.register, snapshot=seen.snapshot, inventory=seen.inventory, at=seen.at, assessment=assessment
    )


def seen_cluster(look: Look, ask: Ask, screen: Screen, run: Run, keep: Callable[[str], bool] | None = None) -> Seen:
    """What was seen, not assessed yet: for those who ask about some duties only."""
    register_at = registers(ask, run.settings, run.now, screen)
    answers_by = answers(ask, run.settings, run.now, screen)
    snapshot = gather(look, run.settings, run.now, screen, keep)
    at, basis = moment(ask.at, snapshot, run.now)
    register = register_at(at)
    inventory = inventory_of(snapshot, register)
    return Seen(register=register, snapshot=snapshot, inventory=inventory, at=at, at_basis=basis, answers=answers_by)
