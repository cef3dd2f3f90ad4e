"""What goes into a bundle of evidence beside the logs: the description, the verdict, the rules as they were then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from demarc.catalog.boundaries import providers
from demarc.catalog.escalation import escalations
from demarc.catalog.files import raw
from demarc.intake.manifest import Item
from demarc.model.assessment import Assessment
from demarc.model.incident_report import IncidentReport

_RULES = ("attribution.yaml", "runbook.yaml", "duties.yaml", "escalation/asks.yaml", "escalation/requests.yaml")


def items_of(
    report: IncidentReport, *, facts: bytes | None, assessments: Mapping[str, Assessment] | None = None
) -> Iterator[Item]:
    """Everything that a report rests on and that is in our hands.

    ``facts``: the description as it was received. ``assessments``: the control matrix as of each moment that was asked.
    """
    if facts is not None:
        yield Item(path="facts.yaml", data=facts, kind="source", says="the description, as it was received")
    yield Item(path="incident.json", data=_json(report.incident), kind="source", says="the facts, as they were read")
    yield Item(path="verdict.json", data=_json(report.verdict), kind="verdict", says="the verdict, with its reasons")
    yield Item(path="case.json", data=_json(report.case), kind="verdict", says="what was exposed, used and left behind")
    yield Item(path="runbook.json", data=_json(report.runbook), kind="verdict", says="the runbook, as of the response")
    for at, assessment in sorted((assessments or {}).items()):
        name = at.replace(":", "").replace("-", "")
        says = f"the control matrix as of {at}: boundary, contract and register"
        yield Item(path=f"matrix/{name}.json", data=_json(assessment), kind="register", says=says)
    for path in (*_RULES, *_of_the_provider(report.case.provider)):
        yield Item(
            path=f"catalogue/{path}", data=raw(path), kind="boundary", says="the catalogue that the rules looked up"
        )


def _of_the_provider(provider: str) -> Iterator[str]:
    if provider in providers():
        yield f"boundaries/{provider}.yaml"
    if provider in escalations():
        yield f"escalation/{provider}.yaml"


def _json(value: msgspec.Struct) -> bytes:
    return msgspec.json.encode(value, order="deterministic") + b"\n"
