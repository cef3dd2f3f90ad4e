"""``demarc incident attribute``: whose duty was broken in an incident that somebody described, and what to do now."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

import demarc
from demarc.cli.answer import Run, run_now
from demarc.cli.ledger.outcome import Keep, checked, record
from demarc.cli.ledger.outcome import judged as entry_of
from demarc.cli.main import STDIN
from demarc.cli.moment import moment_or_now
from demarc.cli.options import ANSWER, OUTPUT, Ask, Look
from demarc.cli.registers import folder_of, registers
from demarc.cli.screen import Screen, write
from demarc.incidents.owners import AsOf
from demarc.model.assessment import Assessment
from demarc.model.errors import DemarcError, Where
from demarc.model.incident_report import IncidentReport
from demarc.model.incidents import Incident

FormatName = Literal["text", "json", "markdown", "html"]


class Judged:
    """One run: the description as read, its report, and what stood behind it."""

    def __init__(self, facts: str, look: Look, ask: Ask, screen: Screen, run: Run) -> None:
        from demarc.incidents.reading import read  # noqa: PLC0415 - loaded only when needed

        self.data = _bytes_of(facts)
        self.incident: Incident = read(self.data, "<stdin>" if facts == STDIN else facts)
        self.ask = ask
        self.now = moment_or_now(ask.at, run.now)
        self.register_folder = folder_of(ask, run.settings)
        self.register_at = registers(ask, run.settings, run.now, screen)
        self.register = self.register_at(self.now)
        self.asked: dict[str, Assessment] = {}
        self.report = self._report(look, screen, run)

    def _report(self, look: Look, screen: Screen, run: Run) -> IncidentReport:
        from demarc.incidents.attribute import attribute  # noqa: PLC0415 - loaded only when needed
        from demarc.incidents.described import case_of  # noqa: PLC0415
        from demarc.incidents.owners import responders, with_owners  # noqa: PLC0415
        from demarc.incidents.runbook import runbook  # noqa: PLC0415
        from demarc.model.time import iso  # noqa: PLC0415

        verdict = attribute(self.incident)
        owners = {}
        if self.register.origin or look.snapshot or look.context is not None:
            as_of = self._as_of(look, screen, run)
            verdict = with_owners(self.incident, verdict, as_of)
            owners = responders(as_of, self.now)
        case = case_of(self.incident, verdict, owners)
        origin = self.register.origin
        return IncidentReport(
            version=f"demarc {demarc.__version__}",
            at=iso(self.now),
            incident=self.incident,
            verdict=verdict,
            case=case,
            runbook=runbook(case, self.now),
            register=f"{origin} (sha256 {self.register.sha256})" if origin else "",
        )

    def _as_of(self, look: Look, screen: Screen, run: Run) -> AsOf:
        """The control matrix as of a moment: of the cluster that was seen, else of what the description says."""
        from demarc.cli.gather import gather, inventory_of  # noqa: PLC0415 - loaded only when needed
        from demarc.cli.settled import answers  # noqa: PLC0415
        from demarc.incidents.owners import stand_in  # noqa: PLC0415

        if look.snapshot or look.context is not None:
            snapshot = gather(look, run.settings, run.now, screen)
            inventory = inventory_of(snapshot, self.register)
        else:
            snapshot, inventory = stand_in(self.incident)

        answers_by = answers(self.ask, run.settings, run.now, screen)

        def as_of(at: datetime) -> Assessment:
            basis = "the time of a step, or of the response"
            found = answers_by(snapshot, inventory, self.register_at(at), at, basis).whole
            self.asked[found.at] = found
            return found

        return as_of


def attribute(
    facts: Annotated[str, Parameter(group=ANSWER)],
    /,
    *,
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    format: Annotated[FormatName, Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002 - the option's name
    output: Annotated[Path | None, Parameter(name=("--output", "-o"), group=OUTPUT)] = None,
    bundle: Annotated[Path | None, Parameter(name="--bundle", group=OUTPUT)] = None,
    keep: Keep = Keep(),  # noqa: B008
) -> None:
    """Say whose duty was broken at each step of a described incident, where the root lies, and what to do now.

    Parameters
    ----------
    facts
        The description of the incident, as YAML; - for standard input.
    format
        text: the verdict and the runbook. json: everything, the verdict's keys on top. markdown, html: a report.
    output
        File to write instead of standard output.
    bundle
        Also write a bundle of evidence: the description, the verdict, register and boundary, with digests.
    """
    from demarc.reports.incident.formats import FORMATS  # noqa: PLC0415 - templates are loaded only when needed
    from demarc.reports.incident.terminal import show  # noqa: PLC0415

    screen = Screen()
    if output is not None and format == "text":
        raise DemarcError(
            "text is for the terminal", todo="add --format markdown, html or json", where=Where(file="-o")
        )
    run = run_now()
    checked(keep, ask, run)
    judged = Judged(facts, look, ask, screen, run)
    if bundle is not None:
        _bundle(judged, bundle, look, screen)
    if format == "text":
        show(judged.report, screen.out)
    else:
        _out(FORMATS[format](judged.report), output, screen)
    if keep.record:
        record(entry_of(keep, judged.report, FORMATS["json"](judged.report)), ask, screen, run)


def _out(data: bytes, output: Path | None, screen: Screen) -> None:
    if output is None:
        screen.binary(data)
        return
    write(output, data)
    screen.note(f"wrote {output} ({len(data):,} bytes)")


def _bundle(judged: Judged, path: Path, look: Look, screen: Screen) -> None:
    from demarc.cli.bundles import register_items, report_items, snapshot_items, written  # noqa: PLC0415 - only here
    from demarc.incidents.gathered import items_of  # noqa: PLC0415

    report = judged.report
    items = [
        *items_of(report, facts=judged.data, assessments=judged.asked),
        *report_items(report),
        *register_items(judged.register_folder),
        *snapshot_items(look.snapshot),
    ]
    root = written(path, items, made_at=report.at, about=f"{report.incident.id}: {report.incident.title}")
    screen.note(f"wrote {path}, root digest {root}")
    screen.note("  keep the root digest elsewhere: it is what proves the bundle as a whole")


def _bytes_of(facts: str) -> bytes:
    if facts == STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(facts).read_bytes()
    except OSError as error:
        raise DemarcError(
            f"cannot read the description: {error.strerror or error}",
            where=Where(file=facts),
            todo="name a YAML file that describes an incident",
        ) from error
