"""The way of an incident as a figure: what was reached, from top to bottom, with the duty of each step between."""

from __future__ import annotations

from demarc.model.incident_report import IncidentReport
from demarc.model.incidents import IncidentStep
from demarc.reports.diagrams.figure import Arrow, Box, Figure
from demarc.reports.text import safe_text

_LONGEST = 72


def route(report: IncidentReport) -> Figure:
    """Boxes for the start and for what each step touched; the arrow names step, duty and party."""
    judged = {step.n: step for step in report.verdict.steps}
    steps = report.incident.steps
    boxes = [Box(id="start", label=(safe_text(_start(steps[0]), _LONGEST),), role="entry")]
    arrows = []
    source = "start"
    for step in steps:
        last = step is steps[-1]
        name = f"s{step.n}"
        part = report.incident.component(step.component).name
        label = tuple(dict.fromkeys(safe_text(one, _LONGEST) for one in (part, step.object) if one))
        boxes.append(Box(id=name, label=label, role="impact" if last else ""))
        root = ", root" if step.n == report.verdict.root_step else ""
        says = (
            f"{step.n} {step.technique}{root}",
            f"{judged[step.n].duty} ({judged[step.n].party.value.replace('_', ' ')})",
        )
        unseen = step.n in report.verdict.no_audit_event_steps
        more = ("no audit event",) if unseen else ()
        arrows.append(Arrow(source=source, target=name, label=(*says, *more), unknown=False))
        source = name
    return Figure(title=safe_text(f"way of {report.incident.title}"), boxes=tuple(boxes), arrows=tuple(arrows))


def _start(step: IncidentStep) -> str:
    return step.identity or "outside"
