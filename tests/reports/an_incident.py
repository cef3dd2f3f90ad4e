"""A report of an incident to render: the example's, judged with its register as of the day after."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from msgspec.structs import replace

from demarc.accountability.assess import assess
from demarc.catalog.duties import duties, parts
from demarc.incidents.attribute import attribute
from demarc.incidents.described import case_of
from demarc.incidents.owners import responders, stand_in, with_owners
from demarc.incidents.reading import read
from demarc.incidents.runbook import runbook
from demarc.model.assessment import Assessment
from demarc.model.incident_report import IncidentReport, Table
from demarc.model.time import iso
from demarc.register import load_or_raise

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
NOW = datetime(2026, 11, 18, 14, 30, tzinfo=UTC)


@cache
def an_incident_report() -> IncidentReport:
    """The same values on every call."""
    incident = read((EXAMPLES / "incident.yaml").read_bytes(), "examples/incident.yaml")
    with contextlib.chdir(ROOT):  # what it says of where rules stand is then the same in every checkout
        register = load_or_raise(Path("examples/fjordkite/register"), duties=duties().keys(), parts=parts()).register
    snapshot, inventory = stand_in(incident)

    def as_of(at: datetime) -> Assessment:
        return assess(snapshot, inventory, register, at, "as asked")

    verdict = with_owners(incident, attribute(incident), as_of)
    case = case_of(incident, verdict, responders(as_of, NOW))
    return IncidentReport(
        version="demarc test",
        at=iso(NOW),
        incident=incident,
        verdict=verdict,
        case=case,
        runbook=runbook(case, NOW),
        register="examples/fjordkite/register",
        further=(Table(title="More", columns=("Name", "Value"), rows=(("a", "b"),), says="Of whoever made it."),),
    )


def hostile(text: str) -> IncidentReport:
    """The same with a text of others in every place that shows one."""
    report = an_incident_report()
    steps = tuple(replace(step, action=text, object=text, identity=text) for step in report.incident.steps)
    components = tuple(replace(part, name=text, evidence=text) for part in report.incident.components)
    incident = replace(report.incident, title=text, steps=steps, components=components, sources=(text,))
    verdict = replace(attribute(incident), ambiguity=text)
    case = replace(case_of(incident, verdict), cluster=text)
    return replace(report, incident=incident, verdict=verdict, case=case, runbook=runbook(case, NOW), register=text)
