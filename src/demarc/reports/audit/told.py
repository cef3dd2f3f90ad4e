"""What the report of a pack says, as plain values for its template: made safe to look at, and cut where it is long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from demarc.model.assessment import MatrixRow, Status
from demarc.model.boundary import Party
from demarc.model.frameworks import Requirement
from demarc.model.ledger import stamp
from demarc.model.posture import Severity
from demarc.model.reviews import ORDERS
from demarc.model.time import instant, iso
from demarc.posture.frameworks import NOBODY, NOT_SETTLED
from demarc.reports.audit.content import Content
from demarc.reports.audit.records import exception_rows, review_rows
from demarc.reports.audit.settled import UNSETTLED, answers, readings, told, unsettled
from demarc.reports.audit.unseen import missing, unseen_rows
from demarc.reports.findings.rows import rows, standing
from demarc.reports.text import count, listed, safe_text
from demarc.reports.words import STATUSES
from demarc.reviews.pace import paces

MOST = 40
"""Lines of a list in the report; the tables have them all."""
MOST_REQUIREMENTS = 250
_LONG = 900
_OPEN = (Status.UNOWNED, Status.LAPSED, Status.CONFLICT, Status.OVERDUE)


def told_of(content: Content) -> dict[str, Any]:
    """Everything that the template shows."""
    assessment, view = content.assessment, content.view
    moment = instant(assessment.at)
    name = f"{view.title} {view.version}"
    holders = _holders(content)
    unclear, gaps, found, unseen = _unclear(content), _gaps(content), _findings(content), _unseen(content)
    requirements = [_requirement(one) for one in view.requirements]
    told_whole = {
        "title": f"Audit pack: {name}, {assessment.cluster.name}",
        "short": f"{name}, {assessment.cluster.name}",
        "framework": name,
        "cluster": assessment.cluster.name,
        "at": assessment.at,
        "day": [moment.year, moment.month, moment.day],
        "by": assessment.version.partition(",")[0],
        "facts": _facts(content),
        "missing": missing(content),
        "summary": _summary(content),
        "note": (
            "Requirements relate to checks and duties by subject: a relation, never a claim of compliance. Findings "
            "that an exception covers or that are the provider's are not counted."
        ),
        "standings": [(name, f"{number:,}") for name, number in view.by_standing.items() if number],
        "statuses": [
            (status, f"{assessment.tally.by_status[status]:,}")
            for status in STATUSES
            if assessment.tally.by_status.get(status)
        ],
        "severities": [(one.value, f"{number:,}") for one, number in standing(content.posture).by_severity.items()]
        or [("none", "0")],
        "holders": holders[:MOST],
        "more_holders": len(holders[MOST:]),
        "requirements": requirements[:MOST_REQUIREMENTS],
        "more_requirements": len(requirements[MOST_REQUIREMENTS:]),
        "unclear": unclear[:MOST],
        "more_unclear": len(unclear[MOST:]),
        "gaps": gaps[:MOST],
        "more_gaps": len(gaps[MOST:]),
        "findings": found[:MOST],
        "more_findings": len(found[MOST:]),
        "exceptions": [(one[0], one[1], one[4], one[6], one[8][:10]) for one in exception_rows(content)],
        "reviews": _reviews(content),
        "unseen": unseen[:MOST],
        "more_unseen": len(unseen[MOST:]),
    }
    return {key: _safe(value) for key, value in told_whole.items()}


def _safe(value: Any) -> Any:
    if isinstance(value, str):
        return safe_text(value, _LONG)
    if isinstance(value, dict):
        return {key: _safe(item) for key, item in value.items()}
    return [_safe(item) for item in value] if isinstance(value, (list, tuple)) else value


def _facts(content: Content) -> list[tuple[str, str]]:
    assessment, ledger = content.assessment, content.ledger
    cluster = assessment.cluster
    where = ", ".join(
        part for part in (cluster.provider, cluster.account, cluster.region, cluster.version or "") if part
    )
    facts = [
        ("Cluster", f"{cluster.name} ({where})"),
        ("As of", f"{assessment.at}: {assessment.at_basis}"),
        ("Seen", assessment.taken_at or "the input does not say when"),
        ("Inputs", f"{count(len(assessment.inputs), 'input')}, with digests in inputs.csv"),
        ("Register", assessment.register or "none was given"),
        ("Ledger", "none was given"),
        ("Boundary", assessment.version),
    ]
    if ledger is not None:
        signed = f"{ledger.signed:,} signed" if ledger.signed else "none signed"
        facts[5] = ("Ledger", f"{ledger.origin}: {ledger.size:,} entries, {signed}, root {ledger.root}")
    if content.known_at:
        facts.insert(6, ("As known at", f"{content.known_at}: what was recorded later is left out"))
    return facts


def _summary(content: Content) -> list[str]:
    assessment, posture = content.assessment, content.posture
    status = assessment.tally.by_status
    nobody = sum(status.get(one.value, 0) for one in (Status.UNOWNED, Status.LAPSED, Status.CONFLICT))
    open_rows = sum(status.get(one.value, 0) for one in UNSETTLED)
    counted = standing(posture)
    total = sum(counted.by_severity.values())
    by_whom = Counter(answers(finding) for finding in posture.findings if finding.counts)
    said = [
        f"{count(assessment.tally.rows, 'row')}: who must perform each duty, on each part, in each scope.",
        f"Of {count(open_rows, 'row')} it is not known whose they are; they are shown with every reading, and counted "
        "for nobody."
        if open_rows
        else "For every row it is known whose it is.",
        f"{count(nobody, 'row')} of the customer's held by nobody, {status.get('overdue', 0):,} past due for review.",
        (
            f"{count(total, 'finding')} that count, {by_whom[NOBODY]:,} held by nobody, "
            f"{by_whom[NOT_SETTLED]:,} not settled whose; {counted.provider:,} are the provider's, "
            f"{counted.excepted:,} excepted."
        ),
    ]
    unknown = sum(result.outcome.value == "unknown" for result in posture.results)
    if unknown:
        said.append(f"{count(unknown, 'check')} could not be answered: never taken for a pass.")
    return said


def _holders(content: Content) -> list[tuple[str, str, str, str]]:
    states: dict[str, Counter[str]] = {}
    for row in content.assessment.matrix:
        states.setdefault(_holder(row), Counter())[row.status.value] += 1
    found = Counter(answers(finding) for finding in content.posture.findings if finding.counts)
    ordered = sorted(states, key=lambda name: (-sum(states[name].values()), name))
    return [
        (
            name,
            f"{sum(states[name].values()):,}",
            f"{found[name]:,}",
            ", ".join(f"{number:,} {state}" for state, number in states[name].most_common()),
        )
        for name in ordered
    ]


def _holder(row: MatrixRow) -> str:
    if row.status in UNSETTLED:
        return NOT_SETTLED
    if row.party is Party.PROVIDER:
        return row.party_name or "the provider"
    if row.status is Status.LAPSED:
        return NOBODY
    return row.owner.name if row.owner is not None else NOBODY


def _requirement(one: Requirement) -> tuple[str, str, str, str, str]:
    named = [f"{name} ({number:,})" for name, number in one.owners.items()]
    findings = sum(check.findings for check in one.checks)
    who = listed(named) if one.checks or one.duties else "no check and no duty here relates to it"
    return one.id, one.title, one.standing.value, f"{findings:,}" if findings else "", who


def _unclear(content: Content) -> list[dict[str, Any]]:
    assessment = content.assessment
    status = {row.id: row.status.value for row in assessment.matrix}
    found = [
        {
            "state": status.get(one.rows[0], "ambiguous") if one.rows else "ambiguous",
            "question": one.question,
            "rows": f"{one.duty} on {one.component}: {_where(one.scopes)}",
            "readings": [told(reading) for reading in one.readings],
            "settle": one.settle,
        }
        for one in assessment.ambiguities
    ]
    named = {row for one in assessment.ambiguities for row in one.rows}
    said = readings(assessment)
    groups: dict[tuple[str, ...], list[MatrixRow]] = {}
    for row in unsettled(assessment.matrix):
        if row.id not in named:
            groups.setdefault((row.duty, row.component, row.status.value, *said[row.id]), []).append(row)
    for (duty, part, state, *both), group in groups.items():
        where = _where(row.scope for row in group)
        entry = {"state": state, "question": f"Who performs {duty}?", "rows": f"on {part}: {where}"}
        found.append({**entry, "readings": both, "settle": ""})
    return found


def _where(scopes: Iterable[object]) -> str:
    return listed([str(scope) for scope in scopes], 4)


def _gaps(content: Content) -> list[tuple[str, ...]]:
    """Rows that are open for one reason together: whoever closes it closes them all."""
    groups: dict[tuple[Status, str], list[MatrixRow]] = {}
    for row in content.assessment.matrix:
        if row.status in _OPEN:
            groups.setdefault((row.status, _why(row)), []).append(row)
    found = sorted(groups.items(), key=lambda item: (_OPEN.index(item[0][0]), -len(item[1])))
    return [
        (
            status.value,
            f"{len(group):,}",
            listed(list(dict.fromkeys(row.duty for row in group))),
            _where(dict.fromkeys(row.scope for row in group)),
            why,
        )
        for (status, why), group in found
    ]


def _why(row: MatrixRow) -> str:
    if row.status is Status.OVERDUE:
        never = "no review is on record" if row.last_review is None else "the last review is too long ago"
        return f"held by {row.owner.name if row.owner else NOBODY}; {never}"
    if row.remarks:
        return "; ".join(row.remarks)
    if row.status is Status.CONFLICT:
        return f"named equally: {', '.join(one.name for one in row.owners_in_conflict)}"
    return f"held by {row.owner.name}" if row.owner else "nobody is named"


def _unseen(content: Content) -> list[tuple[str, str, str]]:
    """What was not seen, the reasons for one thing together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for sort, what, why, _ in unseen_rows(content):
        groups.setdefault((sort, what), []).append(why)
    return [
        (sort, what, "; ".join(why[:2]) + (f"; and {len(why) - 2:,} more" if len(why) > 2 else ""))
        for (sort, what), why in groups.items()
    ]


def _findings(content: Content) -> list[tuple[str, ...]]:
    severities = list(Severity)
    found = list(rows(finding for finding in content.posture.findings if finding.counts))
    found.sort(key=lambda row: severities.index(row.first.severity))
    return [
        (
            row.first.severity.value,
            row.first.check,
            f"{row.first.title}: {row.where}",
            f"{row.count:,}",
            answers(row.first),
        )
        for row in found
    ]


def _reviews(content: Content) -> list[str]:
    at = instant(content.assessment.at)
    records = Counter(row[0] for row in review_rows(content))
    said = [f"{count(records['review'], 'review')} on record until {content.assessment.at[:10]}: reviews.csv"]
    for campaign in content.campaigns:
        ended = f"closed {campaign.closed_at[:10]}" if campaign.closed_at else f"open, due {campaign.due[:10]}"
        decided = len(campaign.items) - len(campaign.waiting)
        said.append(f"Campaign {campaign.id}, {ended}: {decided:,} of {count(len(campaign.items), 'item')} decided")
        ordered = sum(one.choice in ORDERS for one in campaign.decisions.values())
        if ordered:
            late = sum(one.due <= stamp(at) for one in campaign.owed)
            undone = f", {late:,} not done in time" if late else ""
            said.append(f"To be changed or revoked: {ordered - len(campaign.owed):,} of {ordered:,} done{undone}")
        said += [f"How {pace.says}" for pace in paces(campaign) if pace.ask]
    overdue = [row for row in content.assessment.matrix if row.status is Status.OVERDUE]
    if overdue:
        oldest = min((row.next_review for row in overdue if row.next_review), default="")
        since = f", the longest since {oldest}" if oldest else ""
        said.append(f"{count(len(overdue), 'row')} past due{since}")
    in_force = [one for one in content.register.exceptions if one.period.until]
    ending = sorted((one.period.until, one.id) for one in in_force if one.period.until and one.period.contains(at))
    if ending:
        said.append(f"The next exception to end is {ending[0][1]}, on {iso(ending[0][0])[:10]}")
    return said
