"""What the page says of the ways an intruder would take: sentences, tables and drawings, as plain values."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

from demarc.model.assessment import Assessment, MatrixRow, Status
from demarc.model.graph import Choice, ChokeBy, ChokePoints, Hop, Path
from demarc.model.inventory import Scope
from demarc.model.report_paths import IntruderPaths, Stopper, ToldPath
from demarc.reports.diagrams.figure import path_figure
from demarc.reports.diagrams.svg import svg
from demarc.reports.html.links import fragment
from demarc.reports.steps import ref_text, strongest
from demarc.reports.text import count, listed, safe_text
from demarc.reports.words import STATUSES, party_key

_MOST_NEAREST = 3
_MOST_UNREACHED = 4
_MOST_GRANTS = 6
_MOST_DUTIES = 2
UNSEEN = "rests on what was not seen"


class Reached(NamedTuple):
    """A line of the table."""

    impact: str
    entries: int
    shortest: str
    sure: str
    """``certain``, how many of the entries are, or that it rests on what was not seen."""
    certain: bool
    nearest: str


class Held(NamedTuple):
    """The duty that would have stopped a step, and who answers for it."""

    duty: str
    scope: str
    party: str
    """Key of a party; empty where the matrix has no row."""
    owner: str
    status: str
    bad: bool
    href: str
    differing: str


class Step(NamedTuple):
    """A step in words."""

    first: str
    """What is fetched by it before the path goes on; empty for a step of the path itself."""
    technique: str
    says: str
    needs: str
    unknown: str
    seen: tuple[str, ...]
    grants: str
    held: Held | None
    also: str


class Route(NamedTuple):
    """A path with its drawing."""

    title: str
    length: str
    certain: bool
    drawing: Markup
    steps: tuple[Step, ...]
    command: str


class Cut(NamedTuple):
    """Something to remove, or a duty to perform."""

    name: str
    steps: str
    held: tuple[Held, ...]
    more: int


class Choked(NamedTuple):
    """The smallest set of one kind."""

    title: str
    proof: str
    cuts: tuple[Cut, ...]


class Told(NamedTuple):
    """The whole section."""

    answer: str
    entries: int
    reached: tuple[Reached, ...]
    unreached: str
    """Impacts to which no entry leads, by name; empty when there are none."""
    routes: tuple[Route, ...]
    choked: tuple[Choked, ...]


def told(assessment: Assessment, paths: IntruderPaths) -> Told:
    """Make the section of an assessment and the paths that go with it."""
    holders = _Holders(assessment.matrix, paths.stoppers)
    impacts = paths.reaches.impacts
    led_to = {cell.impact for cell in paths.reaches.cells}
    unreached = [impact.title for impact in impacts if impact.word not in led_to]
    return Told(
        answer=_answer(paths),
        entries=len(paths.reaches.entries),
        reached=tuple(_reached(paths, impact) for impact in impacts if impact.word in led_to),
        unreached=listed(unreached, _MOST_UNREACHED),
        routes=tuple(_route(one, f"path-{number}", holders) for number, one in enumerate(paths.told, 1)),
        choked=tuple(_choked(one, holders) for one in paths.choke),
    )


class _Holders:
    """Who answers, by what a step asks for."""

    def __init__(self, matrix: tuple[MatrixRow, ...], stoppers: tuple[Stopper, ...]) -> None:
        wanted = {stopper.row for stopper in stoppers}
        rows = {row.id: row for row in matrix if row.id in wanted}
        self._held = {(one.duty, one.scope, one.part): _held(one, rows.get(one.row)) for one in stoppers}

    def of(self, duty: str, scope: Scope, part: str) -> Held | None:
        """None for a step that no duty would have stopped."""
        return self._held.get((duty, scope, part)) if duty else None


def _held(stopper: Stopper, row: MatrixRow | None) -> Held:
    where = f"{stopper.scope.kind.value} {stopper.scope.name}"
    if row is None:
        return Held(stopper.duty, where, "", "", "no row of the matrix", True, fragment(duty=stopper.duty), "")
    owner = row.owner.name if row.owner is not None else ""
    owner = owner or ("several claim it" if row.owners_in_conflict else "")
    owner = owner or (row.party_name if row.status is Status.PROVIDER else "nobody")
    return Held(
        duty=stopper.duty,
        scope=where,
        party=party_key(row.party, row.status),
        owner=owner,
        status=STATUSES[row.status].label,
        bad=row.status not in {Status.ASSIGNED, Status.PROVIDER},
        href=fragment(row=safe_text(row.id)),
        differing=count(stopper.differing, "row") if stopper.differing else "",
    )


def _answer(paths: IntruderPaths) -> str:
    """The first sentence: how many places lead to the worst, or that none do."""
    entries = count(len(paths.reaches.entries), "place an intruder may start from", "places an intruder may start from")
    worst = [cell for cell in paths.reaches.cells if cell.impact == "cluster-admin"]
    sure = sum(cell.certain for cell in worst)
    if not worst:
        return f"Of {entries}, none leads to cluster-admin by a step that is known."
    unseen = len(worst) - sure
    rest = f"; {unseen:,} more if what was not seen is as it would have to be" if unseen else ""
    return f"Of {entries}, {sure:,} {'leads' if sure == 1 else 'lead'} to cluster-admin for certain{rest}."


def _reached(paths: IntruderPaths, impact: Choice) -> Reached:
    cells = sorted(
        (cell for cell in paths.reaches.cells if cell.impact == impact.word),
        key=lambda cell: (not cell.certain, cell.hops, cell.entry),
    )
    sure = sum(cell.certain for cell in cells)
    some = f"{sure:,} for certain, {len(cells) - sure:,} resting on what was not seen"
    certainty = "certain" if sure == len(cells) else some if sure else UNSEEN
    titles = {choice.word: choice.title for choice in paths.reaches.entries}
    return Reached(
        impact=impact.title,
        entries=len(cells),
        shortest=count(cells[0].hops, "step"),
        sure=certainty,
        certain=bool(sure),
        nearest=listed([titles[cell.entry] for cell in cells], _MOST_NEAREST),
    )


def _route(one: ToldPath, name: str, holders: _Holders) -> Route:
    path = one.path
    steps = tuple(_steps(path, holders))
    says = " ".join(f"{number}. {hop.technique}: {safe_text(hop.says)}." for number, hop in enumerate(path.all_hops, 1))
    return Route(
        title=f"{one.entry.title} to {one.impact.title}",
        length=f"{count(len(path.hops), 'step')}, {'every one seen to be possible' if path.certain else UNSEEN}",
        certain=path.certain,
        drawing=Markup(svg(path_figure([path]), name=name, says=says)),  # noqa: S704 - escaped where it is written
        steps=steps,
        command=f"--from {_word(one.entry.word)} --to {_word(one.impact.word)}",
    )


def _word(word: str) -> str:
    """As it is typed in a shell."""
    return word if all(letter.isalnum() or letter in ":/._-@" for letter in word) else f"'{word.replace(chr(39), '')}'"


def _steps(path: Path, holders: _Holders) -> list[Step]:
    steps: list[Step] = []
    for index, hop in enumerate(path.hops):
        for side in (side for side in path.sides if side.before == index):
            steps += [_step(inner, holders, f"to have {ref_text(side.need)}") for inner in side.hops]
        steps.append(_step(hop, holders, ""))
    return steps


def _step(hop: Hop, holders: _Holders, first: str) -> Step:
    return Step(
        first=first,
        technique=hop.technique,
        says=hop.says,
        needs="; ".join(ref_text(need) for need in hop.needs),
        unknown=hop.unknown,
        seen=tuple(item.says for item in strongest(hop.evidence)),
        grants=listed(hop.grants, _MOST_GRANTS),
        held=holders.of(hop.duty, hop.scope, hop.part),
        also=", ".join(hop.also),
    )


def _choked(one: ChokePoints, holders: _Holders) -> Choked:
    noun = ("grant", "grants") if one.by is ChokeBy.GRANTS else ("duty", "duties")
    paths = "every path, also those that rest on what was not seen," if one.possible else "every path that was seen"
    where = f"from any entry to {one.impact.title}"
    if one.uncut is not None:
        walked = ", ".join(hop.technique for hop in one.uncut.all_hops)
        return Choked(f"No set of {noun[1]} cuts {paths} {where}", f"What stays, whatever is removed: {walked}.", ())
    if not one.points:
        return Choked(f"Nothing to cut by {noun[1]}: no path {where} that was seen", "", ())
    verb = "cuts" if len(one.points) == 1 else "cut"
    proof = "No fewer do." if one.proven else f"Not proven smallest: at least {one.at_least:,} are needed."
    cuts = tuple(
        Cut(
            name=point.name,
            steps=f"stops {count(point.steps, 'step')}",
            held=tuple(held for duty in point.duties[:_MOST_DUTIES] if (held := holders.of(*duty)) is not None),
            more=max(0, len(point.duties) - _MOST_DUTIES),
        )
        for point in one.points
    )
    return Choked(f"{count(len(one.points), *noun)} {verb} {paths} {where}", proof, cuts)
