"""The document: what a report of an incident says, in sections and blocks, before any format. Names no colour.

All text here may come from input; each format makes it safe in its own way.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from demarc.catalog.duties import duties
from demarc.model.boundary import Party
from demarc.model.case import Escalation, Phase
from demarc.model.exposure import Proof, StepOwner
from demarc.model.incident_report import IncidentReport
from demarc.model.incidents import IncidentStep, StepVerdict
from demarc.model.time import iso
from demarc.reports import words


class Says(Struct, frozen=True, kw_only=True):
    """A paragraph. ``tone``: lead, note or empty."""

    text: str
    tone: str = ""


class Pairs(Struct, frozen=True, kw_only=True):
    """Labels with values."""

    items: tuple[tuple[str, str], ...]


class Grid(Struct, frozen=True, kw_only=True):
    """A table. ``party``: the column that holds a party's key, -1 for none."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    party: int = -1


class Taken(Struct, frozen=True, kw_only=True):
    """One step as it is shown."""

    n: int
    at: str
    what: str
    technique: str
    part: str
    duty: str
    party: str
    """The party's key."""
    owner: str
    """Empty where no register was given."""
    why: str
    notes: tuple[str, ...]
    """root, assumed, leaves no audit event."""


class Walk(Struct, frozen=True, kw_only=True):
    """The steps in order."""

    steps: tuple[Taken, ...]

    def grid(self) -> Grid:
        """The same as a table."""
        with_owners = any(step.owner for step in self.steps)
        columns = ("#", "Step", "Duty", "Party", *(("Owner then",) if with_owners else ()), "Why")
        return Grid(columns=columns, rows=tuple(_cells(step, with_owners=with_owners) for step in self.steps), party=3)


def _cells(step: Taken, *, with_owners: bool) -> tuple[str, ...]:
    notes = f" ({', '.join(step.notes)})" if step.notes else ""
    what = f"{step.at} {step.what} [{step.technique}, {step.part}]{notes}".strip()
    owner = (step.owner,) if with_owners else ()
    return (str(step.n), what, step.duty, step.party, *owner, step.why)


class Listed(Struct, frozen=True, kw_only=True):
    """A list of lines."""

    items: tuple[str, ...]


class Letter(Struct, frozen=True, kw_only=True):
    """Text that is copied as it is."""

    text: str


class Drawing(Struct, frozen=True, kw_only=True):
    """A place for a drawing, by name; formats without drawings leave it out."""

    name: str


class Steps(Struct, frozen=True, kw_only=True):
    """One phase of the runbook."""

    phase: Phase


Block = Says | Pairs | Grid | Walk | Listed | Letter | Drawing | Steps


class Section(Struct, frozen=True, kw_only=True):
    """A part with a heading."""

    key: str
    title: str
    blocks: tuple[Block, ...]


class Document(Struct, frozen=True, kw_only=True):
    """All of it. ``platform`` and ``tenant`` are the two halves of the runbook, side by side where there is room."""

    title: str
    kicker: str
    head: tuple[Block, ...]
    sections: tuple[Section, ...]
    platform: tuple[Section, ...]
    tenant: tuple[Section, ...]
    after: tuple[Section, ...]


def document(report: IncidentReport) -> Document:
    """Put the report into words."""
    return Document(
        title=report.incident.title,
        kicker=f"{report.incident.kind.value} {report.incident.id}",
        head=tuple(_head(report)),
        sections=tuple(_sections(report)),
        platform=tuple(_platform(report.runbook.platform, report)),
        tenant=tuple(
            Section(key=phase.key, title=f"{phase.title}: {phase.within}", blocks=(Steps(phase=phase),))
            for phase in report.runbook.tenant
        ),
        after=tuple(_after(report)),
    )


def party_word(party: Party) -> str:
    """A party as reports call it."""
    return words.PARTIES[party.value].label


_STATES = {"assigned": "", "provider": "", "": "", "ambiguous": " (the boundary is open)"}
"""What is said beside an owner, by status of the row; other statuses are said as they are."""


def owner_word(owner: StepOwner | None) -> str:
    """An owner in one line; nobody is said as such."""
    if owner is None:
        return ""
    if not owner.name and owner.status == "differs by scope":
        return owner.status
    if not owner.name:
        return f"nobody{_STATES.get(owner.status, f' ({owner.status})') or ' (not on record)'}"
    state = _STATES.get(owner.status, f" ({owner.status})")
    contact = f", {owner.contact}" if owner.contact else ""
    return f"{owner.name}{contact}{state}"


def _head(report: IncidentReport) -> Iterator[Block]:
    verdict, incident = report.verdict, report.incident
    yield Says(text=verdict.rationale, tone="lead")
    until = incident.until.text if incident.until is not None else "no end on record"
    yield Pairs(
        items=(
            ("Root", f"step {verdict.root_step}: {verdict.root_duty}"),
            ("Stage", verdict.stage.value),
            ("Where", "inside the cluster" if verdict.root_inside_cluster else "outside the cluster"),
            ("Accountable for the root", party_word(verdict.party)),
            ("For what followed", party_word(verdict.downstream_party)),
            ("For the response", party_word(verdict.response_party)),
            ("When", f"{incident.since.text} to {until}"),
            ("Cluster", _cluster(report)),
            ("Confidence", verdict.confidence.value),
            ("Register", report.register or "none given"),
        )
    )
    if verdict.ambiguity:
        yield Says(text=f"The record leaves it open: {verdict.ambiguity}", tone="note")


def _cluster(report: IncidentReport) -> str:
    provider = report.incident.cluster.provider
    name = words.PROVIDERS.get(provider.replace("-", "_"), provider.removeprefix("other:"))
    parts = (report.case.cluster, name, report.incident.cluster.model or "")
    return ", ".join(part for part in parts if part)


def _sections(report: IncidentReport) -> Iterator[Section]:
    yield Section(key="steps", title="What happened, and whose duty it was", blocks=tuple(_steps(report)))
    if caveats := tuple(_caveats(report)):
        yield Section(key="caveats", title="What the record cannot say", blocks=(Listed(items=caveats),))
    if report.case.exposed:
        yield Section(key="exposed", title="Exposed credentials", blocks=(_exposed(report),))
    if report.verdict.by_viewpoint:
        rows = tuple(
            (view.viewpoint.replace("_", " "), view.party.value, view.root_duty or "-", view.note)
            for view in report.verdict.by_viewpoint
        )
        grid = Grid(columns=("Seen by", "Party", "Duty", "Why"), rows=rows, party=1)
        yield Section(key="viewpoints", title="Seen from another layer", blocks=(grid,))


def _steps(report: IncidentReport) -> Iterator[Block]:
    yield Drawing(name="timeline")
    judged = {step.n: step for step in report.verdict.steps}
    yield Walk(steps=tuple(_taken(step, judged[step.n], report) for step in report.incident.steps))
    yield Drawing(name="path")


def _taken(step: IncidentStep, judged: StepVerdict, report: IncidentReport) -> Taken:
    verdict = report.verdict
    notes = (
        ("root", step.n == verdict.root_step),
        ("assumed", step.basis.value == "assumed"),
        ("suspected", step.basis.value == "suspected"),
        ("no audit event", step.n in verdict.no_audit_event_steps),
    )
    return Taken(
        n=step.n,
        at=iso(step.at) if step.at is not None else "",
        what=step.action,
        technique=step.technique,
        part=report.incident.component(step.component).name,
        duty=judged.duty,
        party=judged.party.value,
        owner=owner_word(judged.owner),
        why="; ".join(dict.fromkeys(reason.says for reason in judged.basis)),
        notes=tuple(word for word, holds in notes if holds),
    )


def _caveats(report: IncidentReport) -> Iterator[str]:
    verdict = report.verdict
    if verdict.no_audit_event_steps:
        steps = _numbers(verdict.no_audit_event_steps)
        yield f"{steps} no event in the API server's audit trail: an empty trail says nothing about it."
    if verdict.identity_unreliable_steps:
        steps = ", ".join(map(str, verdict.identity_unreliable_steps))
        yield f"The identity that a log names for step {steps} may be forged, borrowed or shared."
    for name in verdict.not_culprits:
        yield f"{name} was used. A genuine identity that was used is not thereby the doer."
    for gap in (*report.case.gaps, *report.gaps):
        todo = f" {gap.todo[:1].upper()}{gap.todo[1:]}." if gap.todo else ""
        yield f"Not seen: {gap.what} ({gap.reason.value}). {gap.detail}.{todo}"


def _numbers(steps: tuple[int, ...]) -> str:
    if len(steps) == 1:
        return f"Step {steps[0]} leaves"
    return f"Steps {', '.join(map(str, steps))} leave"


def _exposed(report: IncidentReport) -> Grid:
    read = {Proof.YES: "proven read", Proof.NO: "not read, by the log", Proof.UNKNOWN: "cannot be told"}
    with_owners = any(one.owner is not None for one in report.case.exposed)
    rows = tuple(
        (
            one.kind.value.replace("-", " "),
            one.name,
            read[one.proven_read],
            one.how,
            *((owner_word(one.owner),) if with_owners else ()),
        )
        for one in report.case.exposed
    )
    return Grid(columns=("Kind", "Name", "Read?", "How", *(("Owner",) if with_owners else ())), rows=rows)


def _platform(asked: Escalation, report: IncidentReport) -> Iterator[Section]:
    yield Section(
        key="channel",
        title=f"Ask {asked.firm}",
        blocks=(
            Pairs(
                items=(
                    ("Channel", asked.channel),
                    ("A flaw of the platform", asked.report_to),
                    ("Notices", asked.notices),
                    ("On which ground", asked.basis),
                )
            ),
        ),
    )
    yield Section(key="deadlines", title="Deadlines", blocks=(Listed(items=asked.deadlines),))
    rows = tuple((one.what, one.proves, one.held) for one in asked.requests)
    blocks: list[Block] = [Grid(columns=("Ask for", "It shows", "What is held"), rows=rows)]
    if report.verdict.provider_telemetry:
        blocks += [
            Says(text="For this incident, of the provider, suppliers and your own account:"),
            Listed(items=report.verdict.provider_telemetry),
        ]
    yield Section(key="requests", title="What to ask for", blocks=tuple(blocks))


def _after(report: IncidentReport) -> Iterator[Section]:
    yield Section(key="letter", title="The letter", blocks=(Letter(text=report.runbook.platform.letter),))
    for at, table in enumerate(report.further):
        blocks = (*((Says(text=table.says),) if table.says else ()), Grid(columns=table.columns, rows=table.rows))
        yield Section(key=f"further-{at}", title=table.title, blocks=blocks)
    rules = ", ".join(rule.replace("_", " ") for rule in report.verdict.rules)
    lines = [
        f"Rules that spoke: {rules}.",
        f"Root duty: {duties()[report.verdict.root_duty].question}",
        *(f"Source of the facts: {source}" for source in report.incident.sources),
        *(f"Source of the runbook: {source}" for source in report.runbook.platform.sources),
        f"Made by {report.version}, for a response that begins at {report.at}.",
    ]
    yield Section(key="basis", title="What this rests on", blocks=(Listed(items=tuple(lines)),))
