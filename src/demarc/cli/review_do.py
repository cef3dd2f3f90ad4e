"""``demarc review plan``, ``verify`` and ``done``: from what was decided to what is done about it, and that it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from cyclopts import Parameter

from demarc.accountability.people import People
from demarc.cli.answer import Answer as Whole
from demarc.cli.answer import Run, run_now, whole_answer
from demarc.cli.ledger.book import Book, Signing, account, clock, opened, said
from demarc.cli.nhi_plan import next_step
from demarc.cli.options import INPUT, OUTPUT, Ask, Look
from demarc.cli.review import REVIEW, bench, found_campaigns, identities, named
from demarc.cli.screen import Screen, write
from demarc.intake.masking import mask
from demarc.ledger.intake import clean
from demarc.model.errors import DemarcError, Where
from demarc.model.reviews import About, Campaign, Owed
from demarc.reviews.campaign import KINDS, campaigns
from demarc.reviews.carried import planning, settling

if TYPE_CHECKING:
    from demarc.ledger.store.reader import Reader
    from demarc.lifecycle import decided
    from demarc.lifecycle.plan import Decided, Rotation
    from demarc.model.ledger import Draft

Inputs = Annotated[str, Parameter(group=INPUT, name="INPUT")]
Events = Annotated[tuple[Path, ...], Parameter(group=INPUT, negative=(), show_default=False)]
_NOTHING = "nothing that was decided waits to be done"


def plan(
    name: Annotated[str, Parameter(group=REVIEW)],
    /,
    *inputs: Inputs,
    settings: Annotated[Path | None, Parameter(name="--settings", group=REVIEW)] = None,
    valid: Annotated[int, Parameter(name="--valid-days", group=REVIEW)] = 7,
    events: Events = (),
    output: Annotated[Path | None, Parameter(name=("--output", "-o"), group=OUTPUT)] = None,
    changes: Annotated[Path | None, Parameter(name="--changes", group=OUTPUT)] = None,
    letters: Annotated[Path | None, Parameter(name="--letters", group=OUTPUT)] = None,
    format: Annotated[Literal["text", "json"], Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    signing: Signing = Signing(),  # noqa: B008
) -> None:
    """Plan what was decided to be changed or revoked: for demarc nhi apply, for pull requests, for people.

    Parameters
    ----------
    name
        The campaign.
    inputs
        As for assess.
    settings
        File that names strategies and their settings for credentials, as for nhi plan.
    valid
        Days within which the plan can be begun.
    events
        Audit trail that says what is still used; can be given several times.
    output
        File to write the plan to, as YAML. With it, the ledger says what was planned.
    changes
        Folder to write changes for pull requests to.
    letters
        Folder to write a letter to each owner to: what is for them to do.
    format
        What is printed: text, or json.
    """
    from demarc.cli.nhi_plan import plan_of, save  # noqa: PLC0415 - loaded only when needed
    from demarc.lifecycle.decided import attached, ordered, planned_items  # noqa: PLC0415
    from demarc.lifecycle.show import plan_lines  # noqa: PLC0415
    from demarc.lifecycle.wishes import Wishes, read_wishes  # noqa: PLC0415
    from demarc.reports.review_letters import letters_of  # noqa: PLC0415

    screen, run = Screen(), run_now()
    wishes = read_wishes(settings) if settings is not None else Wishes()
    campaign = named(found_campaigns(ask, run), name)
    if not campaign.owed:
        screen.note(_NOTHING)
        return
    answer = whole_answer(replace(look, snapshot=(*inputs, *look.snapshot)), ask, screen, run)
    found = ordered(name, campaign.owed, _seen(answer, campaign.owed, events, run), wishes)
    made = plan_of(
        found.credentials, found.wishes, answer, reason=f"decisions of review {name}", valid=valid, tasks=found.tasks
    )
    made = attached(made, found, _approving(answer, run.now))
    if output is not None or changes is not None:
        save(made, output, changes)
    if letters is not None:
        _write_all(letters_of(made, campaign), letters, screen)
    if format == "json":
        print(msgspec.json.encode(made).decode())
    else:
        for line in plan_lines(made):
            screen.out.print(line, soft_wrap=True)
    _tell_gone(found.gone, name, screen)
    if output is not None:
        screen.note(next_step(made, f"demarc nhi apply {output} --ledger ...", output))
        items = planned_items(made, found)
        book = _Book(ask, run, screen, signing)
        book.record(name, lambda now: planning(now, made.digest, items, actor=account(), now=run.now))


def verify(
    name: Annotated[str, Parameter(group=REVIEW)],
    /,
    *inputs: Inputs,
    events: Events = (),
    actor: Annotated[str | None, Parameter(group=REVIEW)] = None,
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    signing: Signing = Signing(),  # noqa: B008
) -> int:
    """Look in a new snapshot whether what was revoked is gone, and record what is. Exits with 1 while something is not.

    Parameters
    ----------
    name
        The campaign.
    inputs
        As for assess: of after it was done.
    events
        Audit trail, where identities were seen by it alone.
    actor
        Who looked. Default: your account.
    """
    from demarc.lifecycle.settled import Answer, settled  # noqa: PLC0415 - loaded only when needed

    screen, run = Screen(), run_now()
    campaign = named(found_campaigns(ask, run), name)
    if not campaign.owed:
        screen.note(_NOTHING)
        return 0
    answer = whole_answer(replace(look, snapshot=(*inputs, *look.snapshot)), ask, screen, run)
    looked = tuple(settled(campaign.owed, _seen(answer, campaign.owed, events, run)))
    for one in looked:
        line = f"{one.owed.item.number}  {one.answer.value}  {one.owed.item.what}: {one.says}"
        screen.out.print(line, soft_wrap=True, markup=False, highlight=False)
    basis = ", ".join(f"{source.origin} sha256 {source.sha256[:12]}" for source in answer.snapshot.sources[:4])
    done = {one.owed.item.number: f"{one.says} ({basis})" for one in looked if one.answer is Answer.DONE}

    def make(now: Campaign) -> list[Draft]:
        open_ = {owed.item.number for owed in now.owed}
        who = actor or account()
        return [settling(now, number, says, actor=who, now=run.now) for number, says in done.items() if number in open_]

    if done:
        _Book(ask, run, screen, signing).record(name, make)
    return 0 if len(done) == len(looked) else 1


def done(
    name: Annotated[str, Parameter(group=REVIEW)],
    /,
    *number: Annotated[int, Parameter(group=REVIEW)],
    by: Annotated[str, Parameter(group=REVIEW)],
    note: Annotated[str, Parameter(group=REVIEW)],
    ask: Ask = Ask(),  # noqa: B008 - frozen, without state
    signing: Signing = Signing(),  # noqa: B008
) -> None:
    """Say that something was done that no snapshot shows: an order to an owner, a change of a role.

    Parameters
    ----------
    name
        The campaign.
    number
        Items, by their numbers.
    by
        Who says so: id of a person in the register.

    Note:
        What was done, and what shows it: a ticket, a pull request.
    """
    screen, run = Screen(), run_now()
    if fault := bench(ask, run, screen).knows(by):
        raise DemarcError(fault, where=Where(file="--by"), todo="name a person of the register who is there")
    if not number or not note.strip():
        raise DemarcError("nothing is said", todo="give the numbers of items, and a note that says what shows it")

    def make(now: Campaign) -> list[Draft]:
        open_ = {owed.item.number for owed in now.owed}
        if strange := sorted(set(number) - open_):
            raise DemarcError(
                f"nothing waits to be done for item {strange[0]}", todo="demarc review remind names what does"
            )
        drafts = [settling(now, one, f"{by} says: {note}", actor=by, now=run.now) for one in dict.fromkeys(number)]
        clean(drafts, mask)
        return drafts

    _Book(ask, run, screen, signing).record(name, make)


def _seen(answer: Whole, owed: Sequence[Owed], events: tuple[Path, ...], run: Run) -> decided.Seen:
    """What is there: grants, credentials, and where they were decided on, identities."""
    from demarc.access import Authorizer  # noqa: PLC0415 - loaded only when needed
    from demarc.access.planes import planes  # noqa: PLC0415
    from demarc.access.planes.ground import ground  # noqa: PLC0415
    from demarc.cli.trail_seen import Trails  # noqa: PLC0415
    from demarc.lifecycle.consumers import credentials  # noqa: PLC0415
    from demarc.lifecycle.decided import Seen  # noqa: PLC0415

    authorizer = Authorizer(answer.snapshot)
    wanted = any(one.item.about is About.IDENTITIES for one in owed)
    with Trails(events, run) as trails:
        listed = identities(answer, trails.facts()).items if wanted else ()
        uses = trails.uses(authorizer)
    rows = planes(answer.snapshot, answer.inventory, authorizer, at=answer.at, uses=uses).rows
    return Seen(
        on=ground(answer.snapshot, answer.inventory, authorizer, at=answer.at, uses=uses),
        rows=rows,
        identities={one.id: one for one in listed},
        credentials=credentials(answer.snapshot),
    )


def _approving(answer: Whole, now: datetime) -> Callable[[Decided, Rotation], bool]:
    """Whether a decision is an approval: by the approver, or where none is named, by anybody but the owner."""
    people = People(answer.register, (), now)

    def approves(decision: Decided, rotation: Rotation) -> bool:
        def is_one_of(who: str) -> bool:
            return bool(who) and (people.same(decision.by, who) or people.belongs(decision.by, who))

        if is_one_of(rotation.owner):
            return False
        return is_one_of(rotation.approver) if rotation.approver else True

    return approves


class _Book:
    """The ledger that is written to."""

    def __init__(self, ask: Ask, run: Run, screen: Screen, signing: Signing) -> None:
        self._store = opened(Book(ledger=ask.ledger), run, writing=True)
        self._run, self._screen, self._signing = run, screen, signing

    def record(self, name: str, make: Callable[[Campaign], list[Draft]]) -> None:
        """Append what is made of the campaign as it stands then."""

        def drafts(reader: Reader) -> Sequence[Draft]:
            return make(named(campaigns(reader.standing(reader.head().size, kinds=KINDS)), name))

        appended = self._store.append(drafts, writer=account(), clock=clock)
        if appended:
            said(self._screen, self._store, self._signing, self._run, appended.size)


def _tell_gone(gone: Sequence[Owed], name: str, screen: Screen) -> None:
    if gone:
        numbers = ", ".join(str(one.item.number) for one in gone)
        screen.note(f"not seen any more: {numbers}; demarc review verify {name} says whether that proves anything")


def _write_all(files: dict[str, str], folder: Path, screen: Screen) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DemarcError(f"cannot make {folder}: {error.strerror}") from error
    for file, text in files.items():
        write(folder / file, text.encode("utf-8", "backslashreplace"))
    screen.note(f"wrote {len(files)} letters to {folder}")
