"""Sees a framework through a cluster: requirements with their checks, their duties and who answers for them.

A check names requirements itself (CIS, OWASP, the threat matrix), or its family relates to them by subject; duties come
by the duty map. It evaluates nothing: outcomes are those of the posture, owners those of the matrix.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from demarc.catalog.checks import checks
from demarc.catalog.frameworks import Item, check_map, duty_map, framework
from demarc.model.assessment import Assessment, MatrixRow, Status
from demarc.model.frameworks import FrameworkView, RelatedCheck, RelatedDuty, Requirement, Standing
from demarc.model.posture import CheckFacts, CheckResult, Finding, Outcome, Posture, Whose

NOBODY = "nobody"
NOT_SETTLED = "not settled"
_OPEN = (
    Status.UNOWNED,
    Status.LAPSED,
    Status.CONFLICT,
    Status.OVERDUE,
    Status.UNCOVERED,
    Status.UNKNOWN,
    Status.AMBIGUOUS,
)

_UNSETTLED = (Status.UNCOVERED, Status.UNKNOWN, Status.AMBIGUOUS)
"""It is not known whose it is."""


def named_by(facts: CheckFacts) -> dict[str, tuple[str, ...]]:
    """Requirements that a check itself names, by framework."""
    found: dict[str, dict[str, None]] = {}
    for reference in facts.cis:
        edition, _, section = reference.partition(":")
        found.setdefault(edition.rpartition("-")[0], {})[section] = None
    for reference in facts.references:
        name, _, requirement = reference.partition(":")
        # The threat matrix also names mitigations (MS-M...), which are no requirements.
        if name in ("owasp-k8s", "owasp-nhi", "mitre-attack") or requirement.startswith("MS-TA"):
            found.setdefault(name, {})[requirement] = None
    return {name: tuple(ids) for name, ids in found.items()}


def related_to(facts: CheckFacts) -> dict[str, tuple[tuple[str, ...], bool]]:
    """Requirements of a check by framework, and whether the check itself names them."""
    direct = named_by(facts)
    family = check_map().get(facts.id.rpartition("-")[0], {})
    return {name: (ids, True) for name, ids in direct.items()} | {
        name: (ids, False) for name, ids in family.items() if name not in direct
    }


def view(name: str, posture: Posture, assessment: Assessment) -> FrameworkView:
    """See a framework of the catalogue (KeyError otherwise) through a cluster."""
    held = framework(name)
    by_requirement = _checks(name, posture)
    rows: dict[str, list[MatrixRow]] = {}
    for row in assessment.matrix:
        rows.setdefault(row.duty, []).append(row)
    duties: dict[str, list[str]] = {}
    for duty, relations in duty_map().items():
        for requirement in relations.get(name, ()):
            duties.setdefault(requirement, []).append(duty)
    # What checks name and the list here does not: the lists are ids and own labels, not the whole text.
    titles = {result.check: result.title for result in posture.results}
    listed = {item.id for item in held.items}
    more = [
        Item(id=requirement, title=titles[found[0].id])
        for requirement, (found, _) in by_requirement.items()
        if requirement not in listed
    ]
    items = sorted((*held.items, *more), key=lambda item: _order(item.id)) if more else held.items
    requirements = tuple(
        _requirement(item, by_requirement.get(item.id, ((), ())), duties.get(item.id, ()), rows) for item in items
    )
    counts = Counter(one.standing.value for one in requirements)
    return FrameworkView(
        framework=held.id,
        title=held.title,
        version=held.version,
        url=held.url,
        cluster=posture.cluster,
        at=posture.at,
        requirements=requirements,
        by_standing={standing.value: counts[standing.value] for standing in Standing},
    )


_Related = tuple[tuple[RelatedCheck, ...], tuple[str, ...]]


def _checks(name: str, posture: Posture) -> dict[str, _Related]:
    findings: dict[str, list[Finding]] = {}
    for finding in posture.findings:
        findings.setdefault(finding.check, []).append(finding)
    found: dict[str, list[tuple[RelatedCheck, CheckResult]]] = {}
    for result in posture.results:
        facts = checks().get(result.check)
        ids, direct = related_to(facts).get(name, ((), False)) if facts is not None else ((), False)
        for requirement in ids:
            related = _related(result, findings.get(result.check, ()), direct=direct)
            found.setdefault(requirement, []).append((related, result))
    return {
        requirement: (
            tuple(related for related, _ in pairs),
            tuple(dict.fromkeys(one.why for _, result in pairs for one in result.unseen)),
        )
        for requirement, pairs in found.items()
    }


def _related(result: CheckResult, findings: Iterable[Finding], *, direct: bool) -> RelatedCheck:
    findings = tuple(findings)
    return RelatedCheck(
        id=result.check,
        title=result.title,
        outcome=result.outcome,
        findings=sum(finding.counts for finding in findings),
        excepted=sum(finding.excepted for finding in findings),
        provider=sum(finding.answers.whose is Whose.PROVIDER for finding in findings),
        direct=direct,
    )


def _requirement(
    item: Item, related: _Related, duties: Iterable[str], rows: Mapping[str, list[MatrixRow]]
) -> Requirement:
    found, unknown = related
    its_rows = [row for duty in duties for row in rows.get(duty, ())]
    owners = Counter(_holder(row) for row in its_rows)
    return Requirement(
        id=item.id,
        title=item.title,
        verified=item.verified,
        standing=_standing(found, its_rows),
        checks=found,
        duties=tuple(
            RelatedDuty(
                id=duty,
                rows=len(rows.get(duty, ())),
                by_status=dict(sorted(Counter(row.status.value for row in rows.get(duty, ())).items())),
            )
            for duty in duties
        ),
        owners=dict(sorted(owners.items(), key=lambda entry: (-entry[1], entry[0]))),
        unknown=unknown,
    )


def _standing(found: Iterable[RelatedCheck], rows: list[MatrixRow]) -> Standing:
    asked = [check for check in found if check.outcome is not Outcome.NOT_APPLICABLE]
    if any(check.findings for check in asked):
        return Standing.VIOLATED
    if any(check.outcome is Outcome.UNKNOWN for check in asked):
        return Standing.UNKNOWN
    if any(row.status in _OPEN for row in rows):
        return Standing.OPEN
    if asked:
        return Standing.HOLDS
    if not rows:
        return Standing.UNKNOWN
    return Standing.PROVIDER if all(row.status is Status.PROVIDER for row in rows) else Standing.OWNED


def _holder(row: MatrixRow) -> str:
    """Who answers for a row; nobody is named once the owner has lapsed, or while it is open whose it is."""
    if row.status in _UNSETTLED:
        return NOT_SETTLED
    if row.status is Status.LAPSED:
        return NOBODY
    if row.status is Status.PROVIDER:
        return row.party_name or "the provider"
    return row.owner.name if row.owner is not None else NOBODY


def _order(requirement: str) -> tuple[tuple[int, str], ...]:
    """Numbers by their value, the rest by its letters: 5.2.9 before 5.2.10."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in requirement.split("."))
