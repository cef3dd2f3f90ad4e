"""Why a row says what it says: the party and its source, the owner and where it is written, and what is open."""

from __future__ import annotations

import difflib

from rich.console import Console
from rich.table import Table
from rich.text import Text

from demarc.model.assessment import Ambiguity, Assessment, DutyEntry, Holder, MatrixRow, RowBasis
from demarc.model.duties import Unit
from demarc.model.errors import DemarcError
from demarc.model.evidence import Evidence
from demarc.model.inventory import Component
from demarc.reports.beside import Beside
from demarc.reports.filters import Filters, select
from demarc.reports.folds import Details, Group, fold
from demarc.reports.terminal.draw import PARTY_STYLES, heading, plain, say, status_text
from demarc.reports.terminal.matrix import where
from demarc.reports.terminal.roles import roles_of
from demarc.reports.text import count, listed, safe_lines, safe_text
from demarc.reports.words import (
    AMBIGUITIES,
    BASES,
    CONFIDENCES,
    GRADES,
    INSTALLERS,
    LAYERS,
    MANAGEMENTS,
    PARTIES,
    PLANES,
    called,
    label_of,
    party_key,
)

_MOST = 12
"""Different answers shown at once."""


def explain(
    assessment: Assessment, duty: str, scope: str | None, console: Console, beside: Beside | None = None
) -> None:
    """Print the reasons for a duty, in one scope or everywhere, with the evidence of its roles.

    Raises DemarcError when the assessment has no such duty, or not in that scope.
    """
    entry = _entry(assessment, duty)
    rows = explained(assessment, duty, scope)
    _head(entry, console)
    folded = fold(rows, beside)
    blocks = [(group, position) for group in folded.groups for position in group.variants]
    for group, position in blocks[:_MOST]:
        part = Group(group.answer)
        part.rows = group.variants[position]
        basis = folded.bases[group.answer.basis] if group.answer.basis >= 0 else None
        _block(assessment, part, basis, folded.details[position], console)
        if beside is not None:
            roles_of(part.first, beside, console)
    if beside is not None:
        for text in beside.report.unseen:
            console.print(plain(f"Evidence not given: {text}", "dim"), overflow="fold")
    if len(blocks) > _MOST:
        say(console, f"{count(len(blocks) - _MOST, 'more answer')}; narrow it with --scope.", style="dim")
    ids = {row.id for row in rows}
    for unclear in (*assessment.ambiguities, *assessment.settled):
        if unclear.duty == duty and not ids.isdisjoint(unclear.rows):
            ambiguity(unclear, console)


def explained(assessment: Assessment, duty: str, scope: str | None) -> tuple[MatrixRow, ...]:
    """Rows of a duty in a scope. Raises DemarcError where there is no such duty, or none in that scope."""
    _entry(assessment, duty)
    rows = select(assessment, Filters(duty=(_exactly(duty),), scope=(scope,) if scope else ()))
    if not rows:
        raise _no_row(assessment, duty, scope)
    return rows


def _exactly(duty: str) -> str:
    return "".join(f"[{character}]" if character in "*?[" else character for character in duty)


def _entry(assessment: Assessment, duty: str) -> DutyEntry:
    found = next((entry for entry in assessment.duties if entry.duty.id == duty), None)
    if found:
        return found
    names = [entry.duty.id for entry in assessment.duties]
    near = difflib.get_close_matches(duty, names, n=3, cutoff=0.5)
    raise DemarcError(
        f"there is no duty {safe_text(duty, 80)!r}",
        todo=f"did you mean {' or '.join(near)}?" if near else "demarc matrix lists the duties",
    )


def _no_row(assessment: Assessment, duty: str, scope: str | None) -> DemarcError:
    names = [safe_text(str(row.scope), 80) for row in assessment.matrix if row.duty == duty]
    if not scope or not names:
        return DemarcError(f"{duty} does not apply anywhere in this cluster", todo="demarc matrix lists what applies")
    near = difflib.get_close_matches(scope, names[:5000], n=3, cutoff=0.4) or names
    return DemarcError(f"{duty} has no row in scope {safe_text(scope, 80)!r}", todo=f"scopes are {listed(near, 4)}")


def _head(entry: DutyEntry, console: Console) -> None:
    duty = entry.duty
    console.print(Text.assemble(plain(duty.id, "bold"), "  ", plain(duty.question)))
    facts = (label_of(LAYERS, duty.layer), duty.stage.value, PLANES[duty.plane], f"per {duty.per.value}")
    say(console, " · ".join(fact for fact in facts if fact), style="dim")
    for reference in entry.frameworks:
        named = f"relates to {reference.framework} {reference.version}: {', '.join(reference.ids)}"
        console.print(plain(named, "dim"))


def _block(assessment: Assessment, group: Group, basis: RowBasis | None, details: Details, console: Console) -> None:
    answer = group.answer
    party = party_key(answer.party, answer.status)
    console.print()
    console.print(Text.assemble(status_text(answer.status), "  ", where(group)), style="bold")
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, min_width=10, style="dim")
    grid.add_column(overflow="fold")
    who = Text(f" {PARTIES[party].letter} ", style=PARTY_STYLES[party])
    who.append_text(plain(f" {PARTIES[party].label}" + (f", {answer.party_name}" if answer.party_name else "")))
    grid.add_row("Party", who)
    likely = PARTIES[answer.party.value].label if answer.party and answer.party.value != party else ""
    lines = [("Likely", likely), ("Part", answer.component), ("Models", ", ".join(answer.models))]
    lines += _why(assessment, basis) + _called(assessment, party) + _owner(details) + _reviews(details)
    lines += [("Remark", remark) for remark in details.remarks]
    lines += _observed(assessment, group.first)
    for name, value in lines:
        if value:
            grid.add_row(name, plain(value))
    console.print(grid)


def _why(assessment: Assessment, basis: RowBasis | None) -> list[tuple[str, str]]:
    if basis is None:
        return [("Why", "No row of the boundary answers it; it is not guessed.")]
    sources = {source.id: source for source in assessment.sources}
    lines = [("Why", f"{label_of(BASES, basis.kind)}; confidence {CONFIDENCES[basis.confidence]}"), ("", basis.note)]
    lines.append(("Settled", basis.confirmed) if basis.confirmed else ("Contract", basis.clause))
    lines.append(("Instead of", basis.replaced))
    lines.append(("Moved by", basis.override))
    for name in (basis.source, *basis.other_sources):
        source = sources.get(name or "")
        if source:
            lines.append(("Source", f"{source.url} ({source.date or 'no date on the page'})"))
    lines += [("Hangs on", f"{fact} (not seen)") for fact in basis.hangs_on]
    lines.append(("Row", basis.row))
    return lines


def _called(assessment: Assessment, party: str) -> list[tuple[str, str]]:
    return [("Called", "; ".join(f"{term} ({standard})" for standard, term in called(assessment.vocabulary, party)))]


def _holder(holder: Holder) -> str:
    people = f": {listed(holder.people, 4)}" if holder.people else ""
    contact = f", {holder.contact}" if holder.contact else ""
    strange = "" if holder.registered else " (not in the register)"
    written = f"; written in {holder.basis}" if holder.basis else ""
    return f"{holder.name}{strange}{contact}{people}{written}"


def _owner(details: Details) -> list[tuple[str, str]]:
    lines = [("Owner", _holder(details.owner) if details.owner else "")]
    lines += [("Either", _holder(holder)) for holder in details.owners_in_conflict]
    if not details.owner and not details.owners_in_conflict:
        lines.append(("Owner", "none named"))
    roles = (("Approver", details.approver), ("Reviewer", details.reviewer), ("Rotator", details.rotator))
    lines += [(name, _holder(holder)) for name, holder in roles if holder]
    return lines + [("Separation", f"{item.role}: {item.says}") for item in details.separation]


def _reviews(details: Details) -> list[tuple[str, str]]:
    said = [f"every {count(details.review_every, 'day')}"] if details.review_every is not None else []
    if details.last_review:
        by = f" by {details.last_reviewed_by}" if details.last_reviewed_by else ""
        said.append(f"last {details.last_review}{by}")
    elif details.review_every is not None:
        said.append("none on record")
    said += [f"due {details.next_review}"] if details.next_review else []
    lines = [("Review", "; ".join(said))]
    lines.append(("Exception", ", ".join(details.exceptions)))
    lines.append(("Expired", ", ".join(details.expired_exceptions)))
    return lines


def _observed(assessment: Assessment, row: MatrixRow) -> list[tuple[str, str]]:
    """Evidence behind the installer of a component or the model of a pool."""
    if row.scope.kind is Unit.COMPONENT:
        found = next((item for item in assessment.components if item.id == row.scope.name), None)
        return _installed(found) if found else []
    if row.scope.kind is Unit.POOL:
        pool = next((item for item in assessment.pools if item.name == row.scope.name), None)
        return [("Model", f"{pool.model}"), *_graded(pool.evidence)] if pool else []
    return []


def _installed(item: Component) -> list[tuple[str, str]]:
    by = f"{INSTALLERS[item.installer]} ({MANAGEMENTS[item.management]})"
    lines = [("Installed", by), *_graded(item.evidence)]
    return lines + [("Against", rival) for rival in item.rivals]


def _graded(evidence: tuple[Evidence, ...]) -> list[tuple[str, str]]:
    strongest = sorted(evidence, key=lambda item: -item.grade)
    return [("Evidence", f"{item.says} [{GRADES[item.grade].label}]") for item in strongest]


def ambiguity(entry: Ambiguity, console: Console) -> None:
    """Print one entry of the ambiguity register."""
    console.print()
    kind = AMBIGUITIES.get(entry.kind, entry.kind)
    told = f"{entry.question} ({kind})"
    console.print(heading("Settled: " if entry.settled else "Unclear: ") + plain(told))
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, min_width=10, style="dim")
    grid.add_column(overflow="fold")
    for reading in entry.readings:
        label = PARTIES[reading.party.value].label
        says = "" if entry.kind == "unseen-fact" else "says "
        grid.add_row(label, Text.assemble(plain(reading.says), (f"  {says}{safe_text(reading.who)}", "dim")))
    if entry.settled:
        grid.add_row("Settled", plain(f"{entry.settled}; open again from that day"))
    else:
        grid.add_row("Settle it", plain(entry.settle))
    if entry.letter:
        grid.add_row("Letter", Text("\n".join(safe_lines(entry.letter))))
    console.print(grid)
