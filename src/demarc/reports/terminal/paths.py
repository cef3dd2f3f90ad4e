"""Paths, choke points, radii and the summary of reach on a terminal. Decides nothing: it says what the values hold."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from demarc.accountability.walked import Answerable, Walked
from demarc.model.assessment import Status
from demarc.model.graph import ChokeBy, ChokePoints, Hop, Path, Radius, Reaches, Ways
from demarc.reports.diagrams.figure import things
from demarc.reports.steps import ref_text, strongest
from demarc.reports.terminal.draw import heading, plain, say, status_text
from demarc.reports.text import count, listed
from demarc.reports.words import PARTIES, label_of

_MOST_CELLS = 8
_MOST_DUTIES = 3


def ways(answer: Ways, walked: Walked, console: Console) -> None:
    """How one gets from an entry to an impact."""
    where = f"{answer.entry.title} to {answer.impact.title}"
    if answer.shortest is None:
        say(console, heading(f"No path from {where}"))
        console.print(plain(_why_none(answer)))
        return
    same = answer.likely == answer.shortest
    path(answer.shortest, f"Shortest path{' and most likely' if same else ''} from {where}", walked, console)
    if answer.nearer_unknown is not None:
        path(answer.nearer_unknown, "Shorter, if what could not be seen is as it would have to be", walked, console)
    if answer.likely is not None and not same:
        path(answer.likely, "Most likely path", walked, console)
    for number, other in enumerate(answer.others, 1):
        path(other, f"Another path ({number})", walked, console)


def _why_none(answer: Ways) -> str:
    if not answer.entry.things:
        return f"Nothing that was seen is {answer.entry.title}."
    if not answer.impact.things:
        return f"Nothing that was seen is {answer.impact.title}."
    return "No step that is known leads there, also not over what could not be seen."


def path(one: Path, title: str, walked: Walked, console: Console) -> None:
    """One path, step by step."""
    console.print()
    console.print(heading(title))
    sure = "every step was seen to be possible" if one.certain else "rests on what could not be seen"
    console.print(plain(f"{count(len(one.hops), 'step')}; {sure}", "" if one.certain else "yellow"))
    if not one.hops:
        console.print(plain(f"  {one.entry} is there already."))
    for number, hop in enumerate(one.hops, 1):
        for side in (side for side in one.sides if side.before == number - 1):
            console.print(plain(f"     first, {ref_text(side.need)}:"))
            for inner in side.hops:
                _step(inner, "   +", walked, console)
        _step(hop, f"{number:>4}", walked, console)


def _step(hop: Hop, mark: str, walked: Walked, console: Console) -> None:
    line = Text(f"{mark} ")
    line.append_text(plain(hop.technique, "bold"))
    line.append_text(plain(f"  {ref_text(hop.source)} -> {ref_text(hop.target)}"))
    console.print(line)
    _note(console, "", hop.says)
    if hop.needs:
        _note(console, "needs as well: ", "; ".join(ref_text(need) for need in hop.needs))
    if hop.unknown:
        _note(console, "unknown: ", hop.unknown, "yellow")
    for evidence in strongest(hop.evidence):
        _note(console, "seen: ", evidence.says)
    if hop.grants:
        _note(console, "given by: ", "; ".join(hop.grants))
    for duty in (hop.duty,) if hop.duty else ():
        held = walked.answerable(duty, hop.scope, hop.part)
        text = Text("       would stop it: ")
        text.append_text(answerable(held))
        if hop.also:
            text.append_text(plain(f"; also {', '.join(hop.also)}"))
        console.print(text)


def _note(console: Console, label: str, said: str, style: str = "") -> None:
    if said:
        console.print(plain(f"       {label}{said}", style))


def answerable(held: Answerable) -> Text:
    """``identity.rbac in cluster:prod: Customer, Platform team (assigned)``."""
    text = plain(f"{held.duty} in {held.scope}")
    row = held.row
    if row is None:
        return text.append(": no row of the matrix", style="yellow")
    party = label_of(PARTIES, row.party.value) if row.party is not None else "uncovered"
    who = held.owner or ("several claim it" if row.owners_in_conflict else "")
    who = who or (row.party_name if row.status is Status.PROVIDER else "nobody")
    text.append_text(plain(f": {party}{f', {who}' if who else ''} ("))
    text.append_text(status_text(row.status)).append(")")
    if held.differing:
        text.append(f", and {count(held.differing, 'row')} that differ")
    return text


def choke_points(answer: ChokePoints, walked: Walked, console: Console) -> None:
    """What to remove, or whose duty it is."""
    where = f"from {answer.entry.title} to {answer.impact.title}"
    paths = "every path, also those over what could not be seen," if answer.possible else "every path that was seen"
    console.print()
    if answer.uncut is not None:
        console.print(heading(f"No set of {answer.by.value} cuts {paths} {where}"))
        path(answer.uncut, "This one stays, whatever is removed", walked, console)
        return
    if not answer.points:
        console.print(heading(f"Nothing to cut by {answer.by.value}: no path {where}"))
        return
    proof = "no fewer do" if answer.proven else f"not proven smallest: at least {answer.at_least} are needed"
    verb = "cut" if len(answer.points) != 1 else "cuts"
    console.print(heading(f"{_number(answer)} {verb} {paths} {where} ({proof})"))
    for point in answer.points:
        console.print(
            plain(f"  {point.name}", "bold").append(f"  stops {count(point.steps, 'step')}", style="not bold")
        )
        for duty, scope, part in point.duties[:_MOST_DUTIES]:
            console.print(Text("       ").append_text(answerable(walked.answerable(duty, scope, part))))
        if len(point.duties) > _MOST_DUTIES:
            console.print(plain(f"       and {len(point.duties) - _MOST_DUTIES} more"))


def also_possible(answers: Sequence[ChokePoints], console: Console) -> None:
    """How much more it takes to cut what could not be seen as well."""
    said = [_number(answer) for answer in answers if answer.points and answer.uncut is None]
    if said:
        console.print()
        console.print(plain(f"To cut also what could not be seen: {', or '.join(said)} (--all names them)."))


def _number(answer: ChokePoints) -> str:
    noun, nouns = ("grant", "grants") if answer.by is ChokeBy.GRANTS else ("duty", "duties")
    return count(len(answer.points), noun, nouns)


def by_owner(answers: Sequence[ChokePoints], walked: Walked, console: Console) -> None:
    """Who holds the choke points: the owner of the duty that most of the steps fall under."""
    owners: dict[str, list[str]] = {}
    for answer in answers:
        for point in answer.points:
            for duty in point.duties[:1]:
                owners.setdefault(walked.answerable(*duty).owner or "nobody", []).append(point.name)
    if owners:
        console.print()
        console.print(heading("By owner"))
    for name, points in sorted(owners.items(), key=lambda item: (-len(item[1]), item[0])):
        console.print(plain(f"  {name}: {listed(sorted(set(points)))}"))


def radius(answer: Radius, walked: Walked, console: Console, *, full: bool) -> None:
    """What whoever holds one thing can reach: impacts first, the rest folded."""
    console.print(heading(f"Whoever holds {answer.of.title}"))
    if not answer.of.things:
        console.print(plain("Nothing of this sort was seen."))
        return
    more = f", and {answer.possible:,} more over what could not be seen" if answer.possible else ""
    console.print(plain(f"reaches {count(answer.certain, 'thing')}{more}"))
    for index, one in enumerate(answer.impacts):
        sure = "" if one.certain else ", rests on what could not be seen"
        if full or index == 0:
            path(one, f"Impact: {one.impact}, {count(len(one.hops), 'step')}{sure}", walked, console)
        else:
            console.print(plain(f"Impact: {one.impact}, {count(len(one.hops), 'step')}{sure}", "bold"))
    if answer.groups:
        console.print()
        console.print(heading("All that it reaches"))
    for group in answer.groups:
        where = f" in {group.namespace}" if group.namespace else ""
        unknown = f", {group.possible:,} of them unknown" if group.possible else ""
        names = listed([ref.name for ref in group.examples], 3 if not full else 5)
        label = things(group.certain + group.possible, group.kind.value)
        console.print(plain(f"  {label}{where} from {count(group.nearest, 'step')}{unknown}: {names}"))


def reaches(answer: Reaches, console: Console, *, full: bool) -> None:
    """Which entries reach which impacts."""
    console.print(heading(f"{count(len(answer.entries), 'entry', 'entries')}, {count(len(answer.impacts), 'impact')}"))
    for impact in answer.impacts:
        cells = sorted(
            (cell for cell in answer.cells if cell.impact == impact.word),
            key=lambda cell: (not cell.certain, cell.hops, cell.entry),
        )
        if not cells:
            console.print(plain(f"{impact.title}: reached from none of them"))
            continue
        console.print(plain(f"{impact.title}: reached from {len(cells):,} of {len(answer.entries):,}", "bold"))
        shown = cells if full else cells[:_MOST_CELLS]
        for cell in shown:
            unknown = "" if cell.certain else ", rests on what could not be seen"
            console.print(
                plain(f"  {cell.entry}  {count(cell.hops, 'step')}{unknown}", "" if cell.certain else "yellow")
            )
        if len(cells) > len(shown):
            console.print(plain(f"  and {len(cells) - len(shown):,} more (--all)"))


def before(was: Ways, now: Ways, console: Console) -> None:
    """What the change makes of the answer."""

    def said(one: Path | None) -> str:
        if one is None:
            return "no path"
        return f"{count(len(one.hops), 'step')}{'' if one.certain else ', resting on what could not be seen'}"

    console.print()
    console.print(plain(f"As it is: {said(was.shortest)}. With the change: {said(now.shortest)}.", "bold"))


def reach_changes(was: Reaches, now: Reaches, console: Console) -> None:
    """Which pairs the change opens and closes."""
    old, new = ({(cell.entry, cell.impact): cell for cell in answer.cells} for answer in (was, now))
    console.print()
    console.print(heading("What the change does"))
    if old.keys() == new.keys():
        console.print(plain("Nobody reaches more or less than now."))
    for label, pairs in (("closed", old.keys() - new.keys()), ("opened", new.keys() - old.keys())):
        for entry, impact in sorted(pairs):
            console.print(plain(f"  {label}: {entry} to {impact}"))
