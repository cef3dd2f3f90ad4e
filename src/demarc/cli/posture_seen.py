"""From an answer to what checks say of it, with a baseline and with findings that were stored before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from demarc.catalog.checks import checks
from demarc.catalog.duties import duties
from demarc.cli.answer import Answer, Run, whole_answer
from demarc.cli.options import Ask, Look, Own, Trail
from demarc.cli.screen import Screen
from demarc.cli.trail_seen import seen_trail
from demarc.model.errors import DemarcError, Where
from demarc.model.posture import Posture
from demarc.model.trail import TrailFacts
from demarc.posture import Ground, posture
from demarc.posture.baseline import against
from demarc.posture.checks import CHECKS
from demarc.posture.user.check import checks_of, kept_for
from demarc.posture.user.policy import Loaded, load
from demarc.register.folder import CHECKS as FOLDER


class _Holding(msgspec.Struct):
    """What ``assess --format json`` writes, as far as it is read here."""

    posture: Posture


class Question(NamedTuple):
    """What was typed: what to look at, whose record to ask, and checks of one's own."""

    look: Look
    ask: Ask
    own: Own = Own()
    trail: Trail = Trail()
    facts: TrailFacts | None = None
    """The trail, where it was condensed already."""


def seen_posture(question: Question, screen: Screen, run: Run, new_since: Path | None = None) -> tuple[Answer, Posture]:
    """Answer, and run the checks; mark findings as new or known where a baseline is given.

    Whatever was typed is read first: a baseline or a check that cannot be read must not cost the minute that reading a
    cluster may take.
    """
    baseline = stored(new_since) if new_since is not None else None
    policies = loaded(question.own, question.ask, run).policies
    trail = question.facts or seen_trail(question.trail.events, run)
    seen = whole_answer(question.look, question.ask, screen, run, kept_for(policies))
    ground = Ground(seen.snapshot, seen.inventory, seen.register, seen.assessment, seen.at, trail=trail)
    facts = checks() | {policy.facts.id: policy.facts for policy in policies}
    found = posture(ground, (*CHECKS, *checks_of(policies)), facts)
    if baseline is not None:
        found = against(found, frozenset(finding.id for finding in baseline.findings), str(new_since))
    return seen, found


def loaded(own: Own, ask: Ask, run: Run) -> Loaded:
    """Checks of one's own with their tests: those that were named, else those in the register.

    Raises DemarcError with every problem in them.
    """
    register = ask.register or run.settings.register
    beside = register / FOLDER if register is not None else None
    places = own.checks or ((beside,) if beside is not None and beside.is_dir() else ())
    found = load(_files(places), duties=duties().keys(), taken=checks().keys())
    if found.problems:
        raise DemarcError.of(found.problems)
    return found


def _files(places: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    for place in places:
        inside = sorted(file for file in place.rglob("*") if file.suffix in (".yaml", ".yml"))
        for file in inside if place.is_dir() else [place]:
            try:
                yield str(file), file.read_bytes()
            except OSError as error:
                raise DemarcError(
                    f"cannot read {file}: {error.strerror or error}", todo="name a file or folder of checks"
                ) from error


def stored(path: Path) -> Posture:
    """Findings as ``--format json`` of assess or findings wrote them. Raises DemarcError for anything else."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DemarcError(
            f"cannot read {path}: {error.strerror or error}", todo="name a file that demarc wrote with --format json"
        ) from error
    try:
        return msgspec.json.decode(data, type=Posture)
    except msgspec.DecodeError:
        pass
    try:
        return msgspec.json.decode(data, type=_Holding).posture
    except msgspec.DecodeError as error:
        raise DemarcError(
            "it holds no findings that demarc wrote",
            where=Where(file=str(path)),
            todo="give a file of demarc assess or demarc findings with --format json",
        ) from error


def is_stored(path: Path) -> bool:
    """Whether a file holds stored findings, by how it begins: no dump starts like one."""
    try:
        with path.open("rb") as file:
            start = file.read(200).lstrip()
    except OSError:
        return False
    return start.startswith((b'{"format":"demarc.posture/', b'{"format":"demarc.assessment/'))


def stored_in(paths: Iterable[Path]) -> Iterator[Posture]:
    """Every stored assessment in files and folders, one after the other; a folder's other files are passed over."""
    found = False
    for path in paths:
        files = sorted(path.glob("**/*.json")) if path.is_dir() else [path]
        for file in files:
            if path.is_dir() and not is_stored(file):
                continue
            found = True
            yield stored(file)
    if not found:
        raise DemarcError(
            "no stored assessment was given", todo="name files that demarc assess or findings wrote with --format json"
        )
