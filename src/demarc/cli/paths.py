"""``demarc paths`` and ``demarc radius``: the ways an intruder would take, what cuts them, and what a thing opens."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from cyclopts import Group, Parameter

from demarc.accountability.walked import Answerable
from demarc.cli.answer import run_now
from demarc.cli.options import OUTPUT, Ask, Look
from demarc.cli.screen import Screen
from demarc.model.errors import DemarcError
from demarc.model.graph import ChokeBy, ChokePoints, Hop, Path, Radius, Reaches, Ways
from demarc.reports.diagrams.figure import Figure, path_figure, radius_figure
from demarc.reports.diagrams.write import dot, mermaid

if TYPE_CHECKING:
    from demarc.cli.paths_seen import Later, Seen

QUESTION = Group("What to ask", sort_key=0)
FormatName = Literal["text", "json", "mermaid", "dot"]
Format = Annotated[FormatName, Parameter(name="--format", group=OUTPUT)]
Everything = Annotated[bool, Parameter(name="--all", group=QUESTION, negative=())]
Without = Annotated[tuple[str, ...], Parameter(name="--without", group=QUESTION, negative=())]
With = Annotated[tuple[str, ...], Parameter(name="--with", group=QUESTION, negative=())]
Jewel = Annotated[tuple[str, ...], Parameter(name="--crown-jewel", group=QUESTION, negative=())]

_MORE = 10
"""Further paths with --all."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """One JSON document: the answer, the same before --without and --with, and who answers for every duty in it."""

    at: str
    ways: Ways | None = None
    ways_before: Ways | None = None
    choke: tuple[ChokePoints, ...] = ()
    reaches: Reaches | None = None
    reaches_before: Reaches | None = None
    radius: Radius | None = None
    radius_before: Radius | None = None
    answerable: tuple[Answerable, ...] = ()


def paths(
    *,
    start: Annotated[str | None, Parameter(name="--from", group=QUESTION)] = None,
    end: Annotated[str | None, Parameter(name="--to", group=QUESTION)] = None,
    choke: Annotated[bool, Parameter(name="--choke", group=QUESTION, negative=())] = False,
    without: Without = (),
    added: With = (),
    jewels: Jewel = (),
    everything: Everything = False,
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    format: Format = "text",  # noqa: A002 - the option's name
) -> None:
    """Say how an intruder gets from an entry to an impact, step by step, and whose duty would have stopped it.

    Without --from and --to: which entries reach which impacts, and in how many steps.

    Parameters
    ----------
    start
        Where it starts: internet, anonymous, pipeline, addon, node, pod:NAMESPACE, sa:NAMESPACE/NAME, user:NAME,
        group:NAME, secret:NAMESPACE/NAME, or any KIND:NAME.
    end
        Where it ends: cluster-admin, node, node:NAME, cloud-role, cloud-role:NAME, crown-jewels, or any of the above.
    choke
        The smallest set of grants, and of duties, that cuts every path; and who owns them.
    without
        What if this were removed, such as "ClusterRoleBinding ci-deployer"; can be given several times.
    added
        What if this manifest, file or folder were applied as well; can be given several times.
    jewels
        Mark something as a crown jewel, such as secret:payments/database; can be given several times.
    everything
        Also further paths, up to ten; in the summary every pair; choke points also of what could not be seen.
    format
        text, json, mermaid or dot.
    """
    from demarc.cli.paths_seen import Seen  # noqa: PLC0415 - arrays are loaded only when needed

    screen = Screen()
    seen = Seen(look, ask, jewels, screen, run_now())
    later = seen.changed(without, added)
    if choke:
        _choke(later, (start, end), format, screen, at=seen.at, full=everything)
    elif start is not None and end is not None:
        _ways(seen, later, (start, end), format, screen, others=_MORE if everything else 0)
    else:
        _reaches(seen, later, (start, end), format, screen, full=everything)


def radius(
    what: Annotated[str, Parameter(group=QUESTION, allow_leading_hyphen=True)],
    /,
    *,
    without: Without = (),
    added: With = (),
    jewels: Jewel = (),
    everything: Everything = False,
    look: Look = Look(),  # noqa: B008
    ask: Ask = Ask(),  # noqa: B008
    format: Format = "text",  # noqa: A002
) -> None:
    """Say what whoever holds one thing can reach: impacts first, the rest grouped by kind and namespace.

    Parameters
    ----------
    what
        As --from of demarc paths: sa:NAMESPACE/NAME, secret:NAMESPACE/NAME, addon:NAME, node:NAME, ...
    without
        What if this were removed, such as "ClusterRoleBinding ci-deployer"; can be given several times.
    added
        What if this manifest, file or folder were applied as well; can be given several times.
    jewels
        Mark something as a crown jewel, such as secret:payments/database; can be given several times.
    everything
        The path to every impact, step by step.
    format
        text, json, mermaid or dot.
    """
    from demarc.access.graph.radius import radius as reach  # noqa: PLC0415 - arrays are loaded only when needed
    from demarc.cli.paths_seen import Seen  # noqa: PLC0415
    from demarc.reports.terminal import paths as show  # noqa: PLC0415

    screen = Screen()
    seen = Seen(look, ask, jewels, screen, run_now())
    later = seen.changed(without, added)
    found = reach(later.graph, later.choose(what), without=later.without)
    before = reach(seen.graph, seen.choose(what)) if later.is_changed else None
    if format != "text":
        hops = _hops(found.impacts)
        answer = Answered(at=seen.at, radius=found, radius_before=before, answerable=later.held(hops))
        _written(answer, radius_figure(found), format, screen)
        return
    show.radius(found, later.walked, screen.out, full=everything)
    if before is not None:
        screen.out.print(f"\nAs it is: {before.certain + before.possible:,} things, {len(before.impacts):,} impacts.")


def _ways(seen: Seen, later: Later, ends: tuple[str, str], form: FormatName, screen: Screen, *, others: int) -> None:
    from demarc.access.graph.ways import ways  # noqa: PLC0415
    from demarc.reports.terminal import paths as show  # noqa: PLC0415

    entry, impact = later.choose(ends[0]), later.choose(ends[1])
    found = ways(later.graph, entry, impact, others=others, without=later.without)
    before = ways(seen.graph, seen.choose(ends[0]), seen.choose(ends[1])) if later.is_changed else None
    if form == "text":
        show.ways(found, later.walked, screen.out)
        if before is not None:
            show.before(before, found, screen.out)
        return
    shown = [path for path in (found.shortest, *found.others) if path is not None]
    hops = _hops(path for path in (*shown, found.likely, found.nearer_unknown) if path is not None)
    answer = Answered(at=seen.at, ways=found, ways_before=before, answerable=later.held(hops))
    if form != "json" and not shown:
        raise DemarcError("there is no path to draw", todo="ask with --format text why")
    _written(answer, path_figure(shown), form, screen)


def _choke(
    later: Later, ends: tuple[str | None, str | None], form: FormatName, screen: Screen, *, at: str, full: bool
) -> None:
    from demarc.access.graph.choke import choke_points  # noqa: PLC0415
    from demarc.reports.terminal import paths as show  # noqa: PLC0415

    entry = later.any_entry() if ends[0] is None else later.choose(ends[0])
    impact = later.choose(ends[1] or "cluster-admin")

    def asked(*, possible: bool) -> tuple[ChokePoints, ...]:
        return tuple(
            choke_points(later.graph, entry, impact, by, possible=possible, without=later.without) for by in ChokeBy
        )

    seen, possible = asked(possible=False), asked(possible=True)
    if form == "text":
        for one in (*seen, *(possible if full else ())):
            show.choke_points(one, later.walked, screen.out)
        if not full:
            show.also_possible(possible, screen.out)
        show.by_owner(seen, later.walked, screen.out)
        return
    found = (*seen, *possible)
    duties = dict.fromkeys(duty for one in found for point in one.points for duty in point.duties)
    answerable = tuple(later.walked.answerable(*duty) for duty in duties)
    _written(Answered(at=at, choke=found, answerable=answerable), None, form, screen)


def _reaches(
    seen: Seen,
    later: Later,
    ends: tuple[str | None, str | None],
    form: FormatName,
    screen: Screen,
    *,
    full: bool,
) -> None:
    from demarc.access.graph.reaches import reaches  # noqa: PLC0415
    from demarc.reports.terminal import paths as show  # noqa: PLC0415

    def ask(of: Later) -> Reaches:
        entries = None if ends[0] is None else (of.choose(ends[0]),)
        impacts = None if ends[1] is None else (of.choose(ends[1]),)
        return reaches(of.graph, entries, impacts, without=of.without)

    found = ask(later)
    before = ask(seen) if later.is_changed else None
    if form != "text":
        _written(Answered(at=seen.at, reaches=found, reaches_before=before), None, form, screen)
        return
    show.reaches(found, screen.out, full=full)
    if before is not None:
        show.reach_changes(before, found, screen.out)


def _hops(paths: Iterable[Path]) -> list[Hop]:
    return [hop for path in paths for hop in path.all_hops]


def _written(answer: Answered, figure: Figure | None, form: FormatName, screen: Screen) -> None:
    if form == "json":
        screen.binary(_encoded(answer))
        return
    if figure is None:
        raise DemarcError(
            f"--format {form} draws one path or one radius", todo="name --from and --to, or ask demarc radius"
        )
    screen.binary((mermaid if form == "mermaid" else dot)(figure).encode())


def _encoded(answer: Answered) -> bytes:
    """One line of JSON, keys in the order of the model; a lone surrogate is written in words."""
    try:
        return msgspec.json.encode(answer) + b"\n"
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(answer), ensure_ascii=True).encode() + b"\n"
