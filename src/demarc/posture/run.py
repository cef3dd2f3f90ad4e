"""Runs every check over the ground and gives each finding its owner. Knows no single check."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

import demarc
from demarc.catalog.checks import checks
from demarc.model.posture import Answers, CheckFacts, CheckResult, Examined, Finding, Fix, Found, Outcome, Posture
from demarc.model.time import iso
from demarc.posture.checks import CHECKS
from demarc.posture.exceptions import Exceptions
from demarc.posture.ground import Ground
from demarc.posture.interface import Check, Report
from demarc.posture.lines import Lines
from demarc.posture.whose import Owners

FORMAT = "demarc.posture/1"


def examine(ground: Ground, among: Iterable[Check] = CHECKS) -> tuple[Examined, ...]:
    """Run checks; each gives exactly one answer, in the order of ``among``."""
    found = []
    for check in among:
        report = Report(check.id)
        check.examine(ground, report)
        found.append(report.done("thing of this kind"))
    return tuple(found)


def posture(ground: Ground, among: Iterable[Check] = CHECKS, facts: Mapping[str, CheckFacts] | None = None) -> Posture:
    """Run checks and say whose each finding is. ``facts`` are those of the catalogue unless given."""
    known = facts if facts is not None else checks()
    owners = Owners(ground)
    exceptions = Exceptions(ground.register, ground.inventory, ground.at, ground.people)
    lines = Lines(ground.snapshot)
    origins = {source.id: source.origin for source in ground.snapshot.sources}
    results: list[CheckResult] = []
    findings: dict[str, Finding] = {}
    for examined in examine(ground, among):
        about = known[examined.check]
        results.append(_result(about, examined, owners.of_check(about)))
        for found in examined.found:
            answers = owners.of(about, found)
            finding = Finding(
                id=fingerprint(about.id, found),
                check=about.id,
                title=about.title,
                family=about.family,
                severity=found.severity or about.severity,
                object=found.object,
                scope=found.scope,
                says=_told(found),
                fields=found.fields,
                fix=found.fix or Fix(says=about.fix),
                answers=answers,
                evidence=found.evidence,
                exceptions=exceptions.of(about, answers.duty, found.scope),
                file=origins.get(found.source, ""),
                line=lines.of(found),
            )
            findings.setdefault(finding.id, finding)
    taken = ground.snapshot.taken_at
    return Posture(
        format=FORMAT,
        version=f"demarc {demarc.__version__}",
        at=iso(ground.at),
        taken_at=iso(taken) if taken else None,
        cluster=ground.inventory.cluster.name,
        results=tuple(results),
        findings=tuple(sorted(findings.values(), key=lambda one: (one.severity.rank, one.check, one.object, one.id))),
    )


def _told(found: Found) -> str:
    """The sentence with its subject: it must be understood where nothing else stands beside it."""
    at = found.object
    named = at.name and (at.name in found.says)
    return found.says if named else f"{at}: {found.says}"


def fingerprint(check: str, found: Found) -> str:
    """What names a finding over time: 16 hex digits over check, object and mark; neither lines nor values."""
    at = found.object
    told = f"{check}\x00{at.kind}\x00{at.namespace}\x00{at.name}\x00{found.mark}"
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _result(facts: CheckFacts, examined: Examined, answers: Answers) -> CheckResult:
    outcome = examined.outcome
    says = {
        Outcome.VIOLATED: f"{len(examined.found)} of {max(examined.looked_at, len(examined.found))} looked at",
        Outcome.HOLDS: examined.holds or f"{examined.looked_at} looked at, none of them",
        Outcome.NOT_APPLICABLE: examined.not_applicable,
        Outcome.UNKNOWN: "; ".join(dict.fromkeys(one.why for one in examined.unseen)),
    }[outcome]
    return CheckResult(
        check=facts.id,
        title=facts.title,
        family=facts.family,
        severity=facts.severity,
        outcome=outcome,
        looked_at=examined.looked_at,
        says=says,
        findings=len(examined.found),
        unseen=examined.unseen,
        answers=answers,
    )
