"""``demarc findings``, ``diff`` and ``trend``: what does not hold, whose it is, and how it changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from demarc.cli.answer import Run, run_now
from demarc.cli.assess import failed, files_beside, written
from demarc.cli.fail_on import Tolerated, findings_exceeded, limits
from demarc.cli.options import INPUT, OUTPUT, Ask, Gate, Look, NarrowFindings, Own, Trail, words
from demarc.cli.screen import Screen
from demarc.model.errors import DemarcError
from demarc.model.posture import Posture, Severity

if TYPE_CHECKING:
    from demarc.cli.posture_seen import Question

FormatName = Literal[
    "text",
    "json",
    "sarif",
    "junit",
    "findings-csv",
    "openreports",
    "policyreport",
    "github",
    "github-summary",
    "digest",
]
DiffFormat = Literal["text", "json", "markdown"]
TrendFormat = Literal["text", "json", "csv"]


def findings(
    *inputs: Annotated[str, Parameter(group=INPUT, name="INPUT")],
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    own: Own = Own(),  # noqa: B008
    trail: Trail = Trail(),  # noqa: B008
    narrow: NarrowFindings = NarrowFindings(),  # noqa: B008
    format: Annotated[FormatName, Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002 - the option's name
    output: Annotated[Path | None, Parameter(name=("--output", "-o"), group=OUTPUT)] = None,
    digests: Annotated[Path | None, Parameter(group=OUTPUT)] = None,
    gate: Gate = Gate(),  # noqa: B008
) -> int:
    """Show what checks found: each finding with the duty that was neglected, its owner, and how to mend it.

    Parameters
    ----------
    inputs
        As for assess; manifests are told with file and line.
    format
        text: equal findings as one line. json: everything, as a baseline too. The others as for assess.
    output
        File to write instead of standard output.
    digests
        Folder to write one Markdown file to for each owner.
    """
    from demarc.cli.posture_seen import Question, seen_posture  # noqa: PLC0415 - checks are loaded only when needed
    from demarc.reports.findings.digest import digests as made  # noqa: PLC0415
    from demarc.reports.findings.filters import FindingFilters, narrowed  # noqa: PLC0415
    from demarc.reports.terminal.findings import findings as show  # noqa: PLC0415

    screen = Screen()
    tolerated = limits(gate.fail_on) if gate.fail_on else Tolerated()
    if tolerated.rows:
        raise DemarcError(
            "--fail-on here is for findings", todo="give a severity; demarc assess takes statuses of rows"
        )
    if narrow.new and gate.new_since is None:
        raise DemarcError("--new has nothing to compare with", todo="add --new-since BASELINE")
    beside = files_beside(gate.write, [name for name in _formats() if name != "text"])
    question = Question(replace(look, snapshot=(*inputs, *look.snapshot)), ask, own, trail)
    _, whole = seen_posture(question, screen, run_now(), gate.new_since)
    filters = FindingFilters(
        check=words(narrow.check),
        family=words(narrow.family),
        severity=Severity(narrow.severity) if narrow.severity else None,
        duty=words(narrow.duty),
        scope=narrow.scope,
        owner=narrow.owner,
        whose=words(narrow.whose),
        new=narrow.new,
    )
    found = narrowed(whole, filters)
    if output is not None:
        written(output, _rendered(format, found), screen)
    elif format == "text":
        show(found, screen.out)
    else:
        screen.binary(_rendered(format, found))
    for name, path in beside:
        written(path, _rendered(name, found), screen)
    if digests is not None:
        digests.mkdir(parents=True, exist_ok=True)
        for digest in made(found):
            written(digests / digest.file_name, digest.text.encode("utf-8", "backslashreplace"), screen)
    return failed(findings_exceeded(found, tolerated), screen)


def _formats() -> tuple[str, ...]:
    from demarc.reports.findings.interface import FINDING_FORMATS  # noqa: PLC0415 - loaded only when needed

    return tuple(form.name for form in FINDING_FORMATS)


def _rendered(name: str, posture: Posture) -> bytes:
    from demarc.reports.findings.interface import finding_format  # noqa: PLC0415 - loaded only when needed

    return finding_format(name).render(posture)


def diff(
    before: Annotated[str, Parameter(group=INPUT, name="BEFORE")],
    after: Annotated[str, Parameter(group=INPUT, name="AFTER")],
    /,
    *more: Annotated[str, Parameter(group=INPUT, name="MORE")],
    ask: Ask = Ask(),  # noqa: B008 - frozen, without state
    own: Own = Own(),  # noqa: B008
    format: Annotated[DiffFormat, Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002 - the option's name
    fail_on: Annotated[str | None, Parameter(group=OUTPUT)] = None,
) -> int:
    """Say what is new, gone, and in other hands between two snapshots of a cluster.

    Parameters
    ----------
    before
        The earlier one: a dump, folder or snapshot, or findings stored with --format json.
    after
        The later one, of either sort.
    more
        Inputs that go with both, such as the provider's description.
    format
        text, json, or markdown to send.
    fail_on
        Exit with 1 when there are more new findings than this: high, critical=3.
    """
    from demarc.cli.posture_seen import Question  # noqa: PLC0415 - loaded only when needed
    from demarc.posture.baseline import against, differences  # noqa: PLC0415
    from demarc.reports.findings.changes import render_changes  # noqa: PLC0415
    from demarc.reports.terminal.changes import changes  # noqa: PLC0415

    screen = Screen()
    run = run_now()
    tolerated = limits(fail_on) if fail_on else Tolerated()
    if tolerated.rows:
        raise DemarcError("--fail-on here is for findings", todo="give a severity, such as high")
    old, new = (
        _either(word, Question(Look(snapshot=(word, *more)), ask, own), screen, run) for word in (before, after)
    )
    found = differences(old, new)
    if format == "text":
        changes(found, screen.out)
    else:
        screen.binary(render_changes(found, format))
    marked = against(new, frozenset(finding.id for finding in old.findings), before)
    return failed(findings_exceeded(marked, tolerated), screen)


def _either(word: str, question: Question, screen: Screen, run: Run) -> Posture:
    """Stored findings as they were, or what checks say of an input now."""
    from demarc.cli.posture_seen import is_stored, seen_posture, stored  # noqa: PLC0415 - loaded only when needed

    if is_stored(Path(word)):
        return stored(Path(word))
    return seen_posture(question, screen, run)[1]


def trend(
    *files: Annotated[Path, Parameter(group=INPUT, name="FILE")],
    format: Annotated[TrendFormat, Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002 - the option's name
) -> None:
    """Show how findings develop over stored assessments: by severity, by owner, what came and what went.

    Parameters
    ----------
    files
        Files that assess or findings wrote with --format json, or folders of them; in any order, of several clusters.
    format
        text, json or csv.
    """
    from demarc.cli.posture_seen import stored_in  # noqa: PLC0415 - loaded only when needed
    from demarc.posture.baseline import trend as points  # noqa: PLC0415
    from demarc.reports.findings.changes import render_trend  # noqa: PLC0415
    from demarc.reports.terminal.changes import trend as show  # noqa: PLC0415

    screen = Screen()
    found = points(stored_in(files))
    if format == "text":
        show(found, screen.out)
    else:
        screen.binary(render_trend(found, format))
