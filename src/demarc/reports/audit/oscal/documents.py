"""All OSCAL documents of a pack, by file name."""

from __future__ import annotations

import msgspec

from demarc.reports.audit.content import Content
from demarc.reports.audit.oscal.cast import Cast
from demarc.reports.audit.oscal.catalog import Controls, catalog, profile
from demarc.reports.audit.oscal.plan import plan
from demarc.reports.audit.oscal.results import assessment_plan, results
from demarc.reports.audit.oscal.todo import todo
from demarc.reports.audit.oscal.values import Value


def documents(content: Content) -> dict[str, Value]:
    """The documents; ``poam.json`` is left out where nothing is open."""
    assessment, view = content.assessment, content.view
    cast, controls = Cast(assessment), Controls(view)
    about = f"{view.title} {view.version}, {assessment.cluster.name}, as of {assessment.at}"
    questions = {entry.duty.id: entry.duty.question for entry in assessment.duties}

    def metadata(sort: str) -> Value:
        return cast.metadata(f"{sort}: {about}", assessment.at, assessment.version)

    found = {
        "catalog.json": catalog(controls, questions, metadata("Requirements")),
        "profile.json": profile(view, metadata("Profile")),
        "ssp.json": plan(content, cast, controls, metadata("System security plan")),
        "assessment-plan.json": assessment_plan(content, cast, metadata("Assessment plan")),
        "assessment-results.json": results(content, cast, controls, metadata("Assessment results")),
    }
    items = todo(content, cast, metadata("Plan of action and milestones"))
    return found if items is None else found | {"poam.json": items}


def written(document: Value) -> bytes:
    """A document as a file; the same values give the same bytes."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"
