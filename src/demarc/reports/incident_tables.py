"""What an opened case adds to the report of an incident, as tables in words: joins, lineage, rights, what was left.

Decides nothing: it says what the investigation holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from demarc.catalog.detections import detections
from demarc.model.cloud_calls import CloudCall
from demarc.model.detections import Level, Outcome, State
from demarc.model.incident_report import Table
from demarc.model.investigation import BirthBy, Exposure, Investigation, Lead, Rotate
from demarc.reports.text import safe_text

MOST_LEADS = 10
MOST_APART = 20
MOST_CALLS = 60
MOST_NAMES = 40
_BORN = {
    BirthBy.TOKEN_REQUEST: "TokenRequest",
    BirthBy.SECRET: "a Secret that was created",
    BirthBy.CERTIFICATE: "a certificate request that was approved",
    BirthBy.NOT_SEEN: "not in this trail",
}
_GRADES = {
    Exposure.READ: "read, or used",
    Exposure.LISTED: "given out in a list",
    Exposure.MOUNTED: "in a pod that was entered or made",
    Exposure.REACHABLE: "could be read, nothing shows that it was",
}


def tables(found: Investigation) -> tuple[Table, ...]:
    """All tables that have something in them, in the order in which they are read."""
    every = (
        _rivals(found),
        _steps(found),
        _joins(found),
        _calls(found.calls),
        _apart(found),
        _lineage(found),
        _grants(found),
        _touched(found),
        _rotate(found),
        _reached(found),
        _unseen(found),
        _leads(found.leads),
        _unknown(found),
    )
    return tuple(table for table in every if table.rows)


def moment(us: int) -> str:
    """A moment as reports write it."""
    return datetime.fromtimestamp(us // 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S") if us else ""


def lead_lines(leads: tuple[Lead, ...]) -> Iterator[str]:
    """Leads, ranked, a line each: what is shown where no case was opened."""
    for rank, user, address, program, done, odd in _leads(leads).rows:
        yield safe_text(f"{rank:>7}  {user} from {address} by {program}: {done}" + (f" ({odd})" if odd else ""))


def cloud_lines(outcomes: tuple[Outcome, ...]) -> Iterator[str]:
    """What only the cloud's trail shows, a line each: it may be a case though nothing in the cluster leads to it."""
    for one in outcomes:
        facts = detections()[one.detection]
        for seen in one.sightings if facts.level is Level.CLOUD else ():
            who = f"{seen.place.user or 'somebody'} from {seen.place.address or 'an address that is not recorded'}"
            yield safe_text(f"in the cloud: {facts.title}: {who}, {moment(seen.first_us)} UTC ({seen.hits})")


def _rivals(found: Investigation) -> Table:
    return Table(
        title="Other readings of how it began",
        columns=("Reading", "For it", "Against it", "Duty", "How to settle it"),
        rows=tuple((one.reading, one.for_it, one.against_it, one.duty, one.settle) for one in found.rivals),
    )


def _steps(found: Investigation) -> Table:
    rows = []
    for step in found.incident.steps:
        names = found.detections.get(step.n, ())
        ids = dict.fromkeys(attack for name in names for attack in detections()[name].attack)
        rows.append((str(step.n), found.step_confidence[step.n].value, ", ".join(names), ", ".join(ids)))
    return Table(
        title="How sure each step is, and what fired on it",
        columns=("Step", "Confidence", "Detections", "ATT&CK"),
        rows=tuple(rows),
    )


def _joins(found: Investigation) -> Table:
    return Table(
        title="Why this is one case",
        says="Each line was joined because of what stands above it; the seed comes first.",
        columns=("What", "Joined by", "Because", "Confidence"),
        rows=tuple((one.what, one.by.value, one.because, one.confidence.value) for one in found.joins),
    )


def _calls(calls: tuple[CloudCall, ...]) -> Table:
    rows: list[tuple[str, ...]] = [
        (
            moment(one.at_us),
            f"{one.principal}{f' with {one.session}' if one.session else ''}",
            f"{one.name} {one.object}{f': {one.detail}' if one.detail else ''}".strip(),
            _whence(one),
            f"{one.outcome.value}{f': {one.error}' if one.error else ''}",
        )
        for one in calls[:MOST_CALLS]
    ]
    if len(calls) > MOST_CALLS:
        rows.append((f"and {len(calls) - MOST_CALLS:,} more", "", "", "", ""))
    return Table(
        title="Calls to the cloud that belong to the case",
        says="Out of the cloud's own trail. Ids of keys and sessions name them; no value of one is known here.",
        columns=("At", "As, with which key or session", "Call", "From", "Outcome"),
        rows=tuple(rows),
    )


def _whence(call: CloudCall) -> str:
    program = call.agent.split(" ")[0]
    return f"{call.address or 'not recorded'}{f' by {program}' if program else ''}"


def _apart(found: Investigation) -> Table:
    rows = [(one.what, one.because) for one in found.apart[:MOST_APART]]
    if len(found.apart) > MOST_APART:
        rows.append((f"and {len(found.apart) - MOST_APART} more", ""))
    return Table(
        title="What touches the case and was left out",
        says="An identity that its owner goes on using is not the intruder's because an intruder used it too.",
        columns=("What", "Because"),
        rows=tuple(rows),
    )


def _lineage(found: Investigation) -> Table:
    rows = [
        (
            one.credential,
            one.identity,
            _BORN[one.by],
            f"{one.made_by}{f' with {one.made_with}' if one.made_with else ''}",
            moment(one.at_us),
            "yes" if one.used else "no",
        )
        for one in found.births
    ]
    return Table(
        title="Where the credentials came from",
        columns=("Credential", "Of", "Made by way of", "By", "At", "Used here"),
        rows=tuple(rows),
    )


def _grants(found: Investigation) -> Table:
    rows = [
        (
            f"{one.binding}{' (made in the case)' if one.by_case else ''}",
            one.role,
            ", ".join(one.identities),
            str(one.uses),
            " ".join(part for part in (one.written_by, one.written_at) if part) or "nobody knows",
            one.written_basis,
        )
        for one in found.grants
    ]
    return Table(
        title="By which rights, and who gave them",
        says="The API server names the first binding that allows a request, not the only one.",
        columns=("Binding", "Role", "Used by", "Uses", "Written by, at", "Known from"),
        rows=tuple(rows),
    )


def _touched(found: Investigation) -> Table:
    rows = []
    for one in found.touched:
        name = f"{one.kind} {one.namespace}/{one.name}" if one.namespace else f"{one.kind} {one.name}"
        fate = f"{one.fate.value}{': a way back in' if one.is_backdoor else ''}"
        rows.append((name, ", ".join(one.done), one.by, moment(one.at_us), fate, one.because))
    return Table(
        title="What was made, changed and deleted, and what is left",
        columns=("Object", "Done", "By", "At", "Now", "Known from"),
        rows=tuple(rows),
    )


def _rotate(found: Investigation) -> Table:
    grouped: dict[tuple[Exposure, str, str], list[Rotate]] = {}
    for one in found.rotate:
        grouped.setdefault((one.exposure, one.proven.value, one.namespace), []).append(one)
    return Table(
        title="Secrets to rotate",
        says="A list holds the values of all that it lists: each counts as read.",
        columns=("How near", "Proven", "Namespace", "Secrets", "How"),
        rows=tuple(
            (_GRADES[exposure], proven, namespace, _named(ones), ones[0].how)
            for (exposure, proven, namespace), ones in grouped.items()
        ),
    )


def _named(ones: list[Rotate]) -> str:
    names = [one.name if one.name != "*" else "all of them" for one in ones]
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def _reached(found: Investigation) -> Table:
    rows = [
        (
            one.identity,
            str(one.radius.certain),
            str(one.radius.possible),
            "; ".join(str(path.impact) for path in one.radius.impacts[:5]) or "none",
        )
        for one in found.reached
    ]
    return Table(
        title="What each identity could reach, as of the snapshot",
        says="What it could have done, beside what it did: demarc radius names every step.",
        columns=("Identity", "Things for certain", "Further, if what was not seen is so", "Nearest impacts"),
        rows=tuple(rows),
    )


def _unseen(found: Investigation) -> Table:
    return Table(
        title="What could not be seen",
        columns=("What", "Why", "Where it would be", "Steps"),
        rows=tuple(
            (one.what, one.why, one.look_in, ", ".join(str(step) for step in one.steps)) for one in found.unseen
        ),
    )


def _leads(leads: tuple[Lead, ...]) -> Table:
    rows = [
        (
            f"{one.score:g}",
            one.user or "(did not sign in)",
            one.address,
            ", ".join(dict.fromkeys(agent.split(" ")[0] for agent in one.agents)),
            ", ".join(one.detections[:6]),
            "; ".join(odd.says for odd in one.odd),
        )
        for one in leads[:MOST_LEADS]
    ]
    return Table(
        title="Leads of the whole trail, ranked",
        says="A rank is a reason to look. It says nothing of whoever the identity belongs to.",
        columns=("Rank", "Identity", "Address", "Program", "What was done", "What is odd about it"),
        rows=tuple(rows),
    )


def _unknown(found: Investigation) -> Table:
    return Table(
        title="Detections that could not tell",
        columns=("Detection", "Why"),
        rows=tuple(_untold(found)),
    )


def _untold(found: Investigation) -> Iterator[tuple[str, str]]:
    by_reason: dict[str, list[str]] = {}
    for one in found.outcomes:
        if one.state is State.UNKNOWN:
            by_reason.setdefault(one.why, []).append(one.detection)
    for why, names in by_reason.items():
        yield ", ".join(names), why
