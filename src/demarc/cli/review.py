"""``demarc review``: campaigns in which people look at access, duties, owners and exceptions, kept in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Group, Parameter
from msgspec import structs

from demarc.cli.answer import Answer, Run, run_now, whole_answer
from demarc.cli.ledger.book import Book, Signing, account, clock, opened, said, told_time
from demarc.cli.options import INPUT, OUTPUT, Ask, Look
from demarc.cli.registers import registers
from demarc.cli.screen import Screen, write
from demarc.intake.masking import mask
from demarc.ledger.intake import clean
from demarc.model.errors import DemarcError, Where
from demarc.model.ledger import stamp
from demarc.model.reviews import ACT_WITHIN, About, Campaign
from demarc.model.time import days
from demarc.reviews.campaign import KINDS, Bench, campaigns, closing, opening

if TYPE_CHECKING:
    from demarc.ledger.store.reader import Reader
    from demarc.model.ledger import Draft
    from demarc.model.nhi import NhiReport
    from demarc.model.trail import TrailFacts
    from demarc.reviews.items import Ground

REVIEW = Group("Which review", sort_key=0)
AboutName = Literal["access", "identities", "duties", "ownership", "exceptions", "boundary"]
ListFormat = Literal["text", "yaml", "csv", "xlsx", "html"]


def open_(
    name: Annotated[str, Parameter(group=REVIEW)],
    /,
    *inputs: Annotated[str, Parameter(group=INPUT, name="INPUT")],
    about: Annotated[tuple[AboutName, ...], Parameter(group=REVIEW, negative=())] = ("access",),
    title: Annotated[str, Parameter(group=REVIEW)] = "",
    due: Annotated[str, Parameter(group=REVIEW)] = "14d",
    only_due: Annotated[bool, Parameter(group=REVIEW, negative=())] = False,
    reviewer: Annotated[str, Parameter(group=REVIEW)] = "",
    act_within: Annotated[int, Parameter(group=REVIEW)] = ACT_WITHIN,
    actor: Annotated[str | None, Parameter(group=REVIEW)] = None,
    events: Annotated[tuple[Path, ...], Parameter(group=INPUT, negative=())] = (),
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    signing: Signing = Signing(),  # noqa: B008
) -> None:
    """Open a campaign: what there is to review, each item for its reviewer, with its evidence, into the ledger.

    Parameters
    ----------
    name
        Name of the campaign, such as access-2026-q4.
    inputs
        As for assess.
    about
        access, identities, duties, ownership, exceptions or boundary; can be given several times.
    title
        What it is for, in words.
    due
        Until when: a date, or a length from now such as 14d.
    only_due
        Only what the register's cadence asks to be reviewed until then.
    reviewer
        Person or team for items whose reviewer the register does not name, or who owns them.
    act_within
        Days within which what is decided to be changed or revoked has to be done.
    actor
        Who opens it. Default: your account.
    events
        Audit trail that says which grants and identities were used; can be given several times.
    """
    screen, run = Screen(), run_now()
    until = _until(due, run.now)
    about_these = tuple(About(one) for one in about)
    seen = whole_answer(replace(look, snapshot=(*inputs, *look.snapshot)), ask, screen, run)
    from demarc.reviews.items import items  # noqa: PLC0415 - loaded only when needed

    listed = items(
        _ground(seen, about_these, events, run),
        about_these,
        campaign=name,
        fallback=reviewer,
        due_by=until if only_due else None,
    )
    if not listed:
        raise DemarcError("there is nothing to review", todo="leave --only-due out, or review something else")
    # Evidence quotes what stands in a cluster: what reads like a secret there is masked, and no reason to stop.
    listed = [
        structs.replace(item, what=mask(item.what), evidence=tuple(mask(text) for text in item.evidence))
        for item in listed
    ]
    drafts = opening(
        name, title, about_these, listed, actor=actor or account(), now=run.now, due=until, act_within=act_within
    )
    store = opened(Book(ledger=ask.ledger), run, writing=True)

    def make(reader: Reader) -> Sequence[Draft]:
        if name in campaigns(reader.standing(reader.head().size, kinds=KINDS)):
            raise DemarcError(f"there is a campaign {name} already", todo="give it another name")
        return drafts

    clean(drafts[:1], mask)
    done = store.append(make, writer=account(), clock=clock)
    without = sum(not item.reviewer for item in listed)
    screen.note(f"{len(listed):,} items, due {stamp(until)[:10]}")
    if without:
        screen.note(f"{without:,} of them have no reviewer who is not the owner: any other person may take them")
    said(screen, store, signing, run, done.size if done else 0)


def list_(
    name: Annotated[str | None, Parameter(group=REVIEW)] = None,
    /,
    *,
    by: Annotated[str | None, Parameter(group=REVIEW)] = None,
    all_: Annotated[bool, Parameter(name="--all", group=REVIEW, negative=())] = False,
    format: Annotated[ListFormat, Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002 - the option's name
    output: Annotated[Path | None, Parameter(name=("--output", "-o"), group=OUTPUT)] = None,
    ask: Ask = Ask(),  # noqa: B008 - frozen, without state
) -> None:
    """List campaigns; of one campaign, what waits for a decision, with its evidence.

    Parameters
    ----------
    name
        The campaign. Without it: how all campaigns stand.
    by
        Only what this person may decide.
    all_
        What was decided too.
    format
        text; or yaml, csv, xlsx or html, a page: a list to fill in and give back to review take.
    output
        File to write instead of standard output.
    """
    from demarc.reports.review import as_html  # noqa: PLC0415 - loaded only when needed
    from demarc.reports.review_sheet import as_xlsx  # noqa: PLC0415
    from demarc.reports.terminal.reviews import campaign_list, standing  # noqa: PLC0415 - loaded only when needed
    from demarc.reviews.forms import as_csv, as_yaml  # noqa: PLC0415

    screen, run = Screen(), run_now()
    found = found_campaigns(ask, run)
    if name is None:
        standing(found.values(), stamp(run.now), screen.out)
        return
    campaign = named(found, name)
    mine = bench(ask, run, screen).listed(campaign, by) if by is not None else list(campaign.items)
    items = [item for item in mine if all_ or campaign.is_open(item)]
    if format == "text":
        campaign_list(campaign, items, stamp(run.now), screen.out)
        return
    head = f"Review {campaign.id}, due {campaign.due[:10]}" + (f", for {by}" if by else "")
    forms: dict[str, Callable[[], bytes]] = {
        "yaml": lambda: as_yaml(items, head),
        "csv": lambda: as_csv(items),
        "xlsx": lambda: as_xlsx(items, head),
        "html": lambda: as_html(items, campaign, by or ""),
    }
    data = forms[format]()
    if output is None:
        screen.binary(data)
    else:
        write(output, data)
        screen.note(f"wrote {output} ({len(items):,} items)")


def remind(name: Annotated[str | None, Parameter(group=REVIEW)] = None, /, *, ask: Ask = Ask()) -> int:  # noqa: B008
    """Say who still has to decide or do what. Exits with 1 when something is past due: run it every morning.

    Parameters
    ----------
    name
        The campaign. Without it: all that are open, and all of which something is not done.
    """
    from demarc.reports.terminal.reviews import reminders  # noqa: PLC0415 - loaded only when needed

    screen, run = Screen(), run_now()
    found = found_campaigns(ask, run)
    chosen = [named(found, name)] if name is not None else list(found.values())
    return 1 if reminders(chosen, stamp(run.now), screen.out) else 0


def close(
    name: Annotated[str, Parameter(group=REVIEW)],
    /,
    *,
    actor: Annotated[str | None, Parameter(group=REVIEW)] = None,
    incomplete: Annotated[bool, Parameter(group=REVIEW, negative=())] = False,
    ask: Ask = Ask(),  # noqa: B008 - frozen, without state
    signing: Signing = Signing(),  # noqa: B008
) -> None:
    """Close a campaign with a record in the ledger; from then on its decisions count as reviews in the matrix.

    Parameters
    ----------
    name
        The campaign.
    actor
        Who closes it. Default: your account.
    incomplete
        Close it though items wait for a decision; they are named in the record, and count as no review.
    """
    screen, run = Screen(), run_now()
    store = opened(Book(ledger=ask.ledger), run, writing=True)
    counted = [0]

    def make(reader: Reader) -> Sequence[Draft]:
        campaign = named(campaigns(reader.standing(reader.head().size, kinds=KINDS)), name)
        drafts = closing(campaign, actor=actor or account(), incomplete=incomplete, now=run.now)
        counted[0] = len(drafts) - 1
        return drafts

    done = store.append(make, writer=account(), clock=clock)
    screen.note(f"closed; {counted[0]:,} reviews count from now on")
    said(screen, store, signing, run, done.size if done else 0)


def _until(text: str, now: datetime) -> datetime:
    try:
        return now.replace(microsecond=0) + timedelta(days=days(text))
    except ValueError:
        found = told_time(text, "--due")
    if found is None or found <= now:
        raise DemarcError("the campaign would be due already", where=Where(file="--due"), todo="give a later time")
    return found


def _ground(seen: Answer, about: Sequence[About], events: tuple[Path, ...], run: Run) -> Ground:
    from demarc.access import Authorizer  # noqa: PLC0415 - loaded only when needed
    from demarc.access.planes import planes  # noqa: PLC0415
    from demarc.accountability.planes import owned_planes  # noqa: PLC0415
    from demarc.cli.trail_seen import Trails  # noqa: PLC0415
    from demarc.reviews.items import Ground  # noqa: PLC0415

    owned = None
    with Trails(events, run) as trails:
        listed = identities(seen, trails.facts()) if About.IDENTITIES in about else None
        if About.ACCESS in about:
            authorizer = Authorizer(seen.snapshot)
            uses = trails.uses(authorizer)
            rows = planes(seen.snapshot, seen.inventory, authorizer, at=seen.at, uses=uses)
            owned = owned_planes(rows, seen.assessment)
    return Ground(assessment=seen.assessment, register=seen.register, planes=owned, identities=listed, at=seen.at)


def identities(seen: Answer, trail: TrailFacts | None) -> NhiReport:
    """The inventory of non-human identities, by the policy of the documentation."""
    from demarc.nhi import Policy, nhi_report  # noqa: PLC0415 - loaded only when needed
    from demarc.posture import Ground as PostureGround  # noqa: PLC0415

    ground = PostureGround(seen.snapshot, seen.inventory, seen.register, seen.assessment, seen.at, trail=trail)
    return nhi_report(ground, Policy())


def found_campaigns(ask: Ask, run: Run) -> dict[str, Campaign]:
    """Every campaign of the ledger, as it stands."""
    with opened(Book(ledger=ask.ledger), run).reading() as reader:
        return campaigns(reader.standing(reader.head().size, kinds=KINDS))


def named(found: dict[str, Campaign], name: str) -> Campaign:
    """A campaign by its name. Raises DemarcError for one that is not there."""
    if name not in found:
        raise DemarcError(f"there is no campaign {name}", todo="demarc review list names them")
    return found[name]


def bench(ask: Ask, run: Run, screen: Screen) -> Bench:
    """Who may decide what, as of now."""
    return Bench(registers(ask, run.settings, run.now, screen)(run.now), run.now)
