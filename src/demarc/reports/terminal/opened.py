"""An opened case on a terminal: how it began, the path, what was left, what to rotate, what to do first.

The runbook, the letter and all tables are in the other formats; here is what has to be read first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from demarc.model.exposure import StepOwner
from demarc.model.incident_report import IncidentReport
from demarc.model.incidents import IncidentStep, StepBasis, StepVerdict
from demarc.model.investigation import Exposure, Fate, Investigation, JoinBy
from demarc.reports import words
from demarc.reports.terminal.draw import PARTY_STYLES, heading
from demarc.reports.text import count, safe_text

_MOST = 8
_FIRST = 3
"""Actions of each phase that are shown."""
_GRADES = {
    Exposure.READ: "read or used",
    Exposure.LISTED: "given out in lists",
    Exposure.MOUNTED: "in pods that were entered or made",
    Exposure.REACHABLE: "within reach, nothing shows that it was read",
}


def show(report: IncidentReport, found: Investigation, console: Console) -> None:
    """Print the case."""
    console.print(heading(f"{report.incident.id}: {safe_text(found.title)}"))
    _line(console, report.verdict.rationale)
    _line(console, f"The case holds together with {found.confidence.value} confidence; {_span(report)}.", "dim")
    _path(report, found, console)
    _joined(found, console)
    _left(found, console)
    _rotate(found, console)
    _listed(console, "Other readings of how it began", (f"{one.reading}: {one.settle}" for one in found.rivals))
    _listed(
        console, "What could not be seen", (f"{one.what}: {one.why}. Look in: {one.look_in}" for one in found.unseen)
    )
    _first(report, console)
    _others(found, console)
    _line(console, "\nThe runbook, the letter and every table are in --format html, markdown and json.", "dim")


def _span(report: IncidentReport) -> str:
    case = report.case
    events = sum(session.events for session in case.sessions)
    return f"{count(events, 'request')} in {count(len(case.sessions), 'session')}"


def _path(report: IncidentReport, found: Investigation, console: Console) -> None:
    console.print()
    console.print(heading("The path, and whose duty it was"))
    for step, judged in zip(report.incident.steps, report.verdict.steps, strict=True):
        _step(
            step, judged, console, is_root=step.n == report.verdict.root_step, sure=found.step_confidence[step.n].value
        )


def _step(step: IncidentStep, judged: StepVerdict, console: Console, *, is_root: bool, sure: str) -> None:
    at = step.at.strftime("%m-%d %H:%M:%S") if step.at else "before"
    line = Text(f"{step.n:>3}  {at:<14} ").append(safe_text(step.action), style="bold")
    notes = [
        note
        for note in ("root" if is_root else "", step.basis.value if step.basis is StepBasis.SUSPECTED else "")
        if note
    ]
    if notes:
        line.append(f"  ({', '.join(notes)})", style="yellow")
    console.print(line, soft_wrap=True)
    word = words.PARTIES[judged.party.value]
    second = Text("       ").append(word.label, style=PARTY_STYLES[judged.party.value]).append(f"  {judged.duty}")
    second.append(safe_text(f"{_owner(judged.owner)}  [{step.technique}; {sure}]"), style="dim")
    console.print(second, soft_wrap=True)


def _owner(owner: StepOwner | None) -> str:
    if owner is None:
        return ""
    return f"  owner then: {owner.name or 'nobody'}" + (f" ({owner.status})" if owner.status != "assigned" else "")


def _joined(found: Investigation, console: Console) -> None:
    seeds = [join for join in found.joins if join.by is JoinBy.SEED]
    joined = [join for join in found.joins if join.by is not JoinBy.SEED]
    because = seeds[0].because if seeds else ""
    _listed(
        console,
        "Why this is one case",
        (f"{', '.join(join.what for join in seeds)}: {because}", *(f"{one.what}: {one.because}" for one in joined)),
    )
    _listed(console, "Left out", (f"{one.what}: {one.because}" for one in found.apart))


def _left(found: Investigation, console: Console) -> None:
    doors = [one for one in found.touched if one.is_backdoor]
    lines = [f"{one.kind} {_named(one.namespace, one.name)}: {one.because}" for one in doors]
    _listed(console, "Ways back in that were left", lines, style="bold red")
    gone = [one for one in found.touched if one.fate is Fate.GONE]
    _listed(
        console, "Made and gone again", (f"{one.kind} {_named(one.namespace, one.name)}: {one.because}" for one in gone)
    )


def _named(namespace: str, name: str) -> str:
    return f"{namespace}/{name}" if namespace else name


def _rotate(found: Investigation, console: Console) -> None:
    if not found.rotate:
        return
    console.print()
    console.print(heading(f"Secrets to rotate: {len(found.rotate)}"))
    tally = Counter(one.exposure for one in found.rotate)
    for exposure in Exposure:
        if not tally[exposure]:
            continue
        names = [_named(one.namespace, one.name) for one in found.rotate if one.exposure is exposure]
        shown = ", ".join(names[:_MOST]) + (f" and {len(names) - _MOST} more" if len(names) > _MOST else "")
        _line(console, f"  {tally[exposure]:>4} {_GRADES[exposure]}: {shown}")


def _first(report: IncidentReport, console: Console) -> None:
    console.print()
    console.print(heading("What to do first"))
    for phase in report.runbook.tenant:
        if not phase.actions:
            continue
        more = len(phase.actions) - _FIRST
        said = f"  {phase.title}, {phase.within}" + (f" ({len(phase.actions)} actions)" if more > 0 else "")
        _line(console, said, "bold")
        for action in phase.actions[:_FIRST]:
            console.print(Padding(Text(safe_text(f"{action.id}  {action.what}")), (0, 0, 0, 4)))


def _others(found: Investigation, console: Console) -> None:
    """Strong leads that the case does not explain."""
    held = {join.place for join in found.joins}
    others = [lead for lead in found.leads if lead.strong and not held & set(lead.places)]
    inside = {(step.identity, address) for step in found.incident.steps for address in _addresses(found, step.identity)}
    others = [lead for lead in others if (lead.user, lead.address) not in inside]
    _listed(
        console,
        "Other leads, which are no part of this case",
        (f"{lead.user or 'nobody'} from {lead.address}: {', '.join(lead.detections[:5])}" for lead in others),
    )


def _addresses(found: Investigation, identity: str) -> tuple[str, ...]:
    return next((one.addresses for one in found.case.identities if one.name == identity), ())


def _listed(console: Console, title: str, lines: Iterable[str], style: str = "") -> None:
    every = list(lines)
    if not every:
        return
    console.print()
    console.print(heading(title))
    for line in every[:_MOST]:
        console.print(Padding(Text(f"- {safe_text(line)}", style=style), (0, 0, 0, 2)))
    if len(every) > _MOST:
        _line(console, f"  and {len(every) - _MOST} more", "dim")


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(Text(safe_text(text) if not text.startswith("\n") else text, style=style), soft_wrap=True)
