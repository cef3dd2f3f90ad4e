"""``demarc boundary``: confirm rows of the boundary against contract and description, and see which ask for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Literal

from cyclopts import Group, Parameter

from demarc.cli.answer import Run, published_answer, run_now
from demarc.cli.ledger.book import Book, Signing, account, clock, opened, said, told_time
from demarc.cli.options import INPUT, OUTPUT, Ask, Look
from demarc.cli.screen import Screen
from demarc.evidence.boundary import DUE, KIND, Standing, confirmations, confirming, standings, used_rows
from demarc.intake.masking import mask
from demarc.ledger.intake import clean
from demarc.model.errors import DemarcError, Where
from demarc.model.ledger import Entry
from demarc.model.time import days, iso
from demarc.reviews.campaign import Bench

QUESTION = Group("Which rows", sort_key=0)
FormatName = Literal["text", "json"]
PartyName = Literal["provider", "customer", "shared", "third_party"]


def list_(
    *inputs: Annotated[str, Parameter(group=INPUT, name="INPUT")],
    oldest: Annotated[str, Parameter(group=QUESTION)] = "1y",
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    format: Annotated[FormatName, Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002 - the option's name
) -> None:
    """List the rows of the boundary that this cluster rests on, with who confirmed them, by which document.

    Parameters
    ----------
    inputs
        As for assess.
    oldest
        Age at which a confirmation asks to be looked at again, whatever it says itself: 180d, 1y.
    format
        text or json.
    """
    screen = Screen()
    found, at = _standings(inputs, look, ask, oldest, screen)
    _out(found, at, format, screen)


def due(
    *inputs: Annotated[str, Parameter(group=INPUT, name="INPUT")],
    oldest: Annotated[str, Parameter(group=QUESTION)] = "1y",
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    format: Annotated[FormatName, Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002 - the option's name
) -> int:
    """List the rows that ask for somebody: never confirmed, changed since, or too old. Exits with 1 where one does.

    Parameters
    ----------
    inputs
        As for assess.
    oldest
        Age at which a confirmation asks to be looked at again, whatever it says itself: 180d, 1y.
    format
        text or json.
    """
    screen = Screen()
    found, at = _standings(inputs, look, ask, oldest, screen)
    waiting = tuple(standing for standing in found if standing.state in DUE)
    _out(waiting, at, format, screen)
    return 1 if waiting else 0


def confirm(
    *inputs: Annotated[str, Parameter(group=INPUT, name="INPUT")],
    row: Annotated[tuple[str, ...], Parameter(group=QUESTION, negative=())],
    by: Annotated[str, Parameter(group=QUESTION)],
    document: Annotated[str, Parameter(group=QUESTION)],
    clause: Annotated[str, Parameter(group=QUESTION)],
    party: Annotated[PartyName | None, Parameter(group=QUESTION)] = None,
    valid_from: Annotated[str | None, Parameter(group=QUESTION)] = None,
    again_by: Annotated[str, Parameter(group=QUESTION)] = "1y",
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    signing: Signing = Signing(),  # noqa: B008
) -> None:
    """Record that somebody confirmed rows against a document and its clause, or which reading of them that settles.

    Parameters
    ----------
    inputs
        As for assess.
    row
        Id of a row, or pattern; can be given several times.
    by
        Who confirms it: id of a person in the register.
    document
        Contract or service description.
    clause
        Where in it.
    party
        Which of the readings the document settles, where pages leave the row open: that becomes the answer.
    valid_from
        From when the document holds. Default: now.
    again_by
        When it must be looked at again: a date, or a length from now such as 1y.
    """
    screen, run = Screen(), run_now()
    until, since = _until(again_by, run), told_time(valid_from, "--valid-from")
    if since is not None and since > run.now:
        raise DemarcError("it lies ahead", where=Where(file="--valid-from"), todo="confirm it once the document holds")
    for name, text in (("--document", document), ("--clause", clause)):
        if not text.strip():
            raise DemarcError("it is empty", where=Where(file=name), todo="name document and clause")
    seen = published_answer(replace(look, snapshot=(*inputs, *look.snapshot)), _now(ask), screen, run)
    if fault := Bench(seen.register, run.now).knows(by):
        raise DemarcError(fault, where=Where(file="--by"), todo="name a person of the register who is there")
    drafts = confirming(
        used_rows(seen.assessment),
        row,
        by=by,
        document=document.strip(),
        clause=clause.strip(),
        on=run.now.replace(microsecond=0),
        again_by=until,
        party=party or "",
        since=since,
    )
    clean(drafts, mask)
    store = opened(Book(ledger=ask.ledger), run, writing=True)
    done = store.append(lambda _: drafts, writer=account(), clock=clock)
    screen.note(f"{len(drafts):,} rows confirmed by {by}, to be looked at again by {iso(until)[:10]}")
    said(screen, store, signing, run, done.size if done else 0)


def _standings(
    inputs: tuple[str, ...], look: Look, ask: Ask, oldest: str, screen: Screen
) -> tuple[tuple[Standing, ...], datetime]:
    run, limit = run_now(), _length(oldest)
    entries = _entries(ask, run)
    seen = published_answer(replace(look, snapshot=(*inputs, *look.snapshot)), _now(ask), screen, run)
    rows = used_rows(seen.assessment)
    return standings(rows, confirmations(entries, seen.at), at=seen.at, oldest=limit), seen.at


def _now(ask: Ask) -> Ask:
    """Without a moment, now: what was confirmed after a snapshot was taken counts all the same."""
    return ask if ask.at is not None else replace(ask, at="now")


def _entries(ask: Ask, run: Run) -> tuple[Entry, ...]:
    with opened(Book(ledger=ask.ledger), run).reading() as reader:
        return tuple(reader.standing(reader.head().size, kinds=(KIND,)))


def _length(text: str) -> timedelta:
    try:
        return timedelta(days=days(text))
    except (ValueError, OverflowError) as error:
        raise DemarcError(str(error), where=Where(file="--oldest"), todo="write 180d, 6m or 1y") from error


def _until(text: str, run: Run) -> datetime:
    try:
        return run.now.replace(microsecond=0) + timedelta(days=days(text))
    except (ValueError, OverflowError):
        found = told_time(text, "--again-by")
    return found or run.now


def _out(found: tuple[Standing, ...], at: datetime, form: FormatName, screen: Screen) -> None:
    from demarc.reports.boundary import render_json, show  # noqa: PLC0415 - loaded only when needed

    if form == "json":
        screen.binary(render_json(found, iso(at)))
    else:
        show(found, screen.out)
