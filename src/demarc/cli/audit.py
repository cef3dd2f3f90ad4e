"""``demarc audit pack``: one archive for an auditor, for a framework and a date."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from demarc.catalog.frameworks import named
from demarc.cli.answer import Answer, Run, run_now
from demarc.cli.bundles import register_items, written
from demarc.cli.options import ANSWER, INPUT, OUTPUT, Ask, Look, Own, Sources, Trail
from demarc.cli.registers import folder_of, known_at
from demarc.cli.roles_seen import Witnesses
from demarc.cli.screen import Screen
from demarc.model.errors import DemarcError, Where
from demarc.model.ledger import moment_of
from demarc.model.time import iso

if TYPE_CHECKING:
    from demarc.ledger.excerpt import Excerpt
    from demarc.ledger.store.reader import Reader
    from demarc.model.reviews import Campaign
    from demarc.reports.audit.content import LedgerPart


def pack(
    *inputs: Annotated[str, Parameter(group=INPUT, name="INPUT")],
    framework: Annotated[str, Parameter(group=ANSWER)],
    output: Annotated[Path, Parameter(name=("--output", "-o"), group=OUTPUT)],
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    own: Own = Own(),  # noqa: B008
    trail: Trail = Trail(),  # noqa: B008
    sources: Sources = Sources(),  # noqa: B008
) -> None:
    """Write one archive for an auditor: matrix, evidence, reviews, exceptions, findings, OSCAL, and what was not seen.

    Parameters
    ----------
    inputs
        As for assess.
    framework
        A framework as frameworks list shows it, with or without its version: nist-csf, csf-2.0, cis-eks-1.8.0.
    output
        File to write: a zip. The same inputs give the same bytes.
    """
    from demarc.cli.posture_seen import Question, seen_posture  # noqa: PLC0415 - checks are loaded only when needed
    from demarc.posture.frameworks import view  # noqa: PLC0415
    from demarc.reports.audit.archive import pack as packed  # noqa: PLC0415 - typesetter and spreadsheets too
    from demarc.reports.audit.content import Content  # noqa: PLC0415
    from demarc.reports.audit.members import members, title  # noqa: PLC0415
    from demarc.reports.audit.unseen import missing  # noqa: PLC0415
    from demarc.reports.beside import Beside  # noqa: PLC0415

    screen, run = Screen(), run_now()
    key = named(framework)
    if key is None:
        raise DemarcError(
            f"there is no framework {framework!r} here",
            where=Where(file="--framework"),
            todo="demarc frameworks list shows all of them",
        )
    witnesses = Witnesses(sources, trail, ask, run)
    question = Question(replace(look, snapshot=(*inputs, *look.snapshot)), ask, own, trail, witnesses.trail)
    seen, found = seen_posture(question, screen, run)
    known = known_at(ask, run.now)
    with tempfile.TemporaryDirectory(prefix="demarc-") as folder:
        ledger, campaigns = _ledger(ask, run, seen, Path(folder))
        content = Content(
            assessment=seen.assessment,
            posture=found,
            view=view(key, found, seen.assessment),
            register=seen.register,
            beside=Beside(witnesses.roles(seen)),
            campaigns=campaigns,
            ledger=ledger,
            known_at=iso(known) if known else "",
            files=tuple(register_items(folder_of(ask, run.settings))),
        )
        about = f"Audit pack: {title(content)}"
        items = members(content)
        root = written(output, items, packed, made_at=seen.assessment.at, about=about, option="--output")
    for what, why, _ in missing(content):
        screen.note(f"{what}: {why}")
    screen.note(f"wrote {output} ({output.stat().st_size:,} bytes, {len(items) + 2:,} members)")
    print(f"root digest {root}")


def _ledger(ask: Ask, run: Run, seen: Answer, folder: Path) -> tuple[LedgerPart | None, tuple[Campaign, ...]]:
    """What the ledger gives, with the campaigns in it as of the moment."""
    target = ask.ledger or run.settings.ledger
    if not target:
        return None, ()
    from demarc.evidence.boundary import KIND as CONFIRMED  # noqa: PLC0415 - loaded only when needed
    from demarc.ledger.excerpt import excerpt  # noqa: PLC0415
    from demarc.ledger.store.open import open_store  # noqa: PLC0415
    from demarc.reviews.campaign import KINDS, until  # noqa: PLC0415

    register_too = folder_of(ask, run.settings) is None
    with open_store(target).reading() as reader:
        part = excerpt(
            reader, at=seen.at, known=known_at(ask, run.now), register_too=register_too, kinds=(*KINDS, CONFIRMED)
        )
        held = reader.standing(part.known, kinds=KINDS)
        ledger = _part(reader, part, folder, register_too=register_too)
    return ledger, tuple(until(held, seen.at).values())


def _part(reader: Reader, part: Excerpt, folder: Path, *, register_too: bool) -> LedgerPart:
    from demarc.ledger.export import written as pieces  # noqa: PLC0415 - loaded only when needed
    from demarc.ledger.verifier import verifier  # noqa: PLC0415
    from demarc.reports.audit.content import LedgerEntry, LedgerPart  # noqa: PLC0415

    first = reader.entry(0)
    origin = str(((first.body if first else None) or {}).get("origin", ""))
    if not origin:
        raise DemarcError(
            "the ledger was never opened: its first entry does not say what it is",
            where=Where(file=reader.name),
            todo="demarc ledger init, or restore it from a backup",
        )
    export = folder / "ledger.export"
    with export.open("wb") as stream:
        stream.writelines(pieces(origin, part.size, part.root, reader.lines(part.size), part.notes))
    return LedgerPart(
        name=reader.name,
        origin=origin,
        size=part.size,
        known=part.known,
        signed=part.signed,
        root=part.root.hex(),
        export=export,
        checkpoint=part.notes[-1] if part.notes else None,
        entries=tuple(
            LedgerEntry(
                seq=entry.seq,
                kind=entry.kind,
                subject=entry.subject,
                actor=entry.actor,
                recorded_at=iso(moment_of(entry.recorded_at)),
                proof=proof,
            )
            for entry, proof in part.proved
        ),
        verifier=verifier().encode(),
        register_too=register_too,
    )
