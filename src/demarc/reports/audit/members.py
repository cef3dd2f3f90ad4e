"""The members of a pack: every form of it, each with what it is, and a page that says how to read and check them."""

from __future__ import annotations

from collections.abc import Iterator

from demarc.intake.manifest import Item
from demarc.model.time import instant
from demarc.reports.audit.content import Content, LedgerPart
from demarc.reports.audit.oscal.documents import documents, written
from demarc.reports.audit.pdf import pdf
from demarc.reports.audit.tables import as_csv, tables
from demarc.reports.audit.unseen import missing
from demarc.reports.audit.xlsx import workbook
from demarc.reports.findings.markdown import escaped
from demarc.reports.frameworks import render_framework_json
from demarc.reports.json import render_json
from demarc.reports.text import safe_text

_DOCUMENTS = {
    "catalog.json": "OSCAL catalog: the framework's ids with labels of our own, and the duties below them",
    "profile.json": "OSCAL profile: all of the catalog",
    "ssp.json": "OSCAL system security plan: what is provided, left to do, inherited, and held by whom",
    "assessment-plan.json": "OSCAL assessment plan: what was to be looked at",
    "assessment-results.json": "OSCAL assessment results: related checks, and what does not hold",
    "poam.json": "OSCAL plan of action and milestones: everything that is open",
}


def title(content: Content) -> str:
    """What a pack is of, in one line."""
    view, assessment = content.view, content.assessment
    known = f", as known at {content.known_at}" if content.known_at else ""
    return safe_text(f"{view.title} {view.version}, {assessment.cluster.name}, as of {assessment.at}{known}")


def members(content: Content) -> tuple[Item, ...]:
    """All members but the two lists."""
    found = [*_reports(content), *content.files, *(_ledger(content.ledger) if content.ledger else ())]
    return (
        *found,
        Item(path="README.md", data=_readme(content, found), kind="report", says="how to read and check this"),
    )


def _reports(content: Content) -> Iterator[Item]:
    about, all_tables = title(content), tables(content)
    yield Item(path="report.pdf", data=pdf(content), kind="report", says="the report, to be read first")
    book = workbook(all_tables, title=f"Audit pack: {about}", about=about, at=instant(content.assessment.at))
    yield Item(path="tables.xlsx", data=book, kind="report", says="all tables as one spreadsheet")
    for table in all_tables:
        yield Item(path=f"{table.name}.csv", data=as_csv(table), kind="table", says=f"each row: {table.says}")
    whole = render_json(
        content.assessment, posture=content.posture, roles=content.beside.told() if content.beside else None
    )
    yield Item(path="assessment.json", data=whole, kind="matrix", says="everything, as demarc assess --format json")
    view = render_framework_json(content.view)
    yield Item(path="framework.json", data=view, kind="matrix", says="the requirements with their checks and duties")
    for name, document in documents(content).items():
        yield Item(path=f"oscal/{name}", data=written(document), kind="oscal", says=_DOCUMENTS[name])


def _ledger(part: LedgerPart) -> Iterator[Item]:
    says = f"the ledger, {part.size:,} entries, {part.signed:,} of them signed"
    yield Item(path="ledger/ledger.export", data=part.export, kind="ledger", says=says)
    if part.checkpoint is not None:
        yield Item(path="ledger/checkpoint", data=part.checkpoint, kind="ledger", says="the last checkpoint over it")
    yield Item(path="ledger/verifier.py", data=part.verifier, kind="ledger", says="checks the export without Demarc")
    lines = [
        "\t".join(
            safe_text(word)
            for word in (
                str(one.seq),
                one.recorded_at,
                one.kind,
                one.actor,
                one.subject,
                _proof(one.seq) if one.proof else "not signed",
            )
        )
        for one in part.entries
    ]
    table = "\n".join(["seq\trecorded_at\tkind\tactor\tsubject\tproof", *lines]) + "\n"
    yield Item(
        path="ledger/entries.tsv", data=table.encode(), kind="ledger", says="the entries that the answer rests on"
    )
    for one in part.entries:
        if one.proof is not None:
            says = f"proof of entry {one.seq}: {safe_text(one.kind)} {safe_text(one.subject, 120)}"
            yield Item(path=f"ledger/{_proof(one.seq)}", data=one.proof, kind="proof", says=says)


def _proof(seq: int) -> str:
    return f"proofs/{seq:08}.proof"


def _readme(content: Content, found: list[Item]) -> bytes:
    return "".join(f"{line}\n" for line in _lines(content, found)).encode("utf-8", "backslashreplace")


def _lines(content: Content, found: list[Item]) -> Iterator[str]:
    assessment = content.assessment
    yield f"# Audit pack: {escaped(title(content))}"
    yield ""
    yield f"Made by {escaped(assessment.version)}, from the inputs in `inputs.csv`."
    yield "It does not depend on when it was made: the same inputs and date give the same bytes."
    yield ""
    yield "Requirements relate to checks and duties by subject. It is never a claim of compliance. A row that is"
    yield "`ambiguous`, `unknown` or `uncovered` is settled nowhere in this pack: every reading stands beside it, and"
    yield "in OSCAL nothing claims to implement it."
    yield ""
    yield "## What this does not rest on"
    yield ""
    for what, why, do in missing(content):
        yield f"- **{escaped(what)}**: {escaped(why)}" + (f" To do: {escaped(do)}." if do else "")
    if not missing(content):
        yield "- A register and a ledger were given."
    yield "- What was not seen stands in `not-seen.csv`."
    yield ""
    yield "## What is in it"
    yield ""
    yield "| Member | What |"
    yield "|---|---|"
    for item in sorted(found, key=lambda one: one.path):
        if item.kind != "proof":
            yield f"| `{escaped(item.path)}` | {escaped(item.says)} |"
    if any(item.kind == "proof" for item in found):
        yield "| `ledger/proofs/` | a proof for each signed entry that the answer rests on |"
    yield "| `manifest.json`, `SHA256SUMS` | every member with its digest |"
    yield ""
    yield "## How to check it"
    yield ""
    yield "Without Demarc: unpack it and run `sha256sum -c SHA256SUMS`."
    yield "With it: `demarc evidence verify PACK --root DIGEST`,"
    yield "where the digest is the SHA-256 of `SHA256SUMS`, as whoever made the pack told you by another way."
    if content.ledger is not None:
        yield ""
        yield "`python3 ledger/verifier.py ledger/ledger.export` checks the ledger (it needs `cryptography`);"
        yield "give it `--trust-key` with the key as you know it, and `--unsigned` where entries at the end are not"
        yield "signed yet. `demarc ledger verify --proof FILE` checks one proof."
    yield ""
    yield "The OSCAL documents refer to each other by their file names, so keep them in one folder."
