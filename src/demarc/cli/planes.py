"""``demarc access planes``: who reaches the cluster, and what its pods reach; by owner, and as lists to review."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter
from msgspec import structs

from demarc.access import Authorizer
from demarc.access.planes import planes as work_out
from demarc.accountability.planes import owned_planes
from demarc.cli.answer import run_now, whole_answer
from demarc.cli.options import OUTPUT, Ask, Look
from demarc.cli.screen import Screen, write
from demarc.model.errors import DemarcError, Where
from demarc.model.planes import OwnedPlanes, OwnedRow

QUESTION = Group("What to ask", sort_key=0)
PlaneName = Literal["cluster", "workload"]
FormatName = Literal["text", "json", "csv"]


def planes(
    plane: Annotated[PlaneName | None, Parameter(group=QUESTION)] = None,
    /,
    *,
    owner: Annotated[tuple[str, ...], Parameter(group=QUESTION, negative=())] = (),
    events: Annotated[tuple[Path, ...], Parameter(group=QUESTION, negative=())] = (),
    look: Look = Look(),  # noqa: B008 - frozen, without state
    ask: Ask = Ask(),  # noqa: B008
    format: Annotated[FormatName, Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002 - the option's name
    review_lists: Annotated[Path | None, Parameter(group=OUTPUT)] = None,
) -> None:
    """Say who holds which power, over what, by which grant, and who answers for the grant.

    Parameters
    ----------
    plane
        cluster: people, groups, pipelines, provider. workload: what running pods reach. Without it: both.
    owner
        Id or name of an owner, or nobody; can be given several times.
    events
        Audit trail: says which powers were not used. Files in any shape that events import reads, folders of them, or
        the folder that it made. Can be given several times.
    format
        text, json or csv.
    review_lists
        Folder for lists to review, Markdown and CSV, one for each plane and owner.
    """
    from demarc.cli.trail_seen import Trails  # noqa: PLC0415 - loaded only when needed
    from demarc.reports.planes import render_csv, render_json  # noqa: PLC0415 - loaded only when needed
    from demarc.reports.planes import review_lists as lists  # noqa: PLC0415
    from demarc.reports.terminal.planes import planes as show  # noqa: PLC0415

    screen, run = Screen(), run_now()
    seen = whole_answer(look, ask, screen, run)
    authorizer = Authorizer(seen.snapshot)
    with Trails(events, run) as trails:
        uses = trails.uses(authorizer)
    found = work_out(seen.snapshot, seen.inventory, authorizer, at=seen.at, uses=uses)
    answer = owned_planes(found, seen.assessment)
    answer = _narrowed(answer, plane, owner)
    if review_lists is not None:
        _write_lists(lists(answer), review_lists, screen)
    elif format == "json":
        screen.binary(render_json(answer))
    elif format == "csv":
        screen.binary(render_csv(answer))
    else:
        show(answer, screen.out)


def _narrowed(answer: OwnedPlanes, plane: str | None, owner: tuple[str, ...]) -> OwnedPlanes:
    wanted = {name.lower() for name in owner}
    rows = tuple(
        owned
        for owned in answer.rows
        if (plane is None or owned.row.plane.value == plane) and (not wanted or not wanted.isdisjoint(_names(owned)))
    )
    return structs.replace(answer, rows=rows)


def _names(owned: OwnedRow) -> set[str]:
    holders = [holder for holder in (owned.owner, *owned.other_owners) if holder is not None]
    return {name.lower() for holder in holders for name in (holder.id, holder.name)} or {"nobody"}


def _write_lists(files: dict[str, bytes], folder: Path, screen: Screen) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DemarcError(
            f"the folder cannot be made: {error.strerror or error}",
            where=Where(file=str(folder)),
            todo="name a folder that you may write to",
        ) from error
    for name, data in files.items():
        write(folder / name, data)
    screen.note(f"wrote {len(files)} review lists to {folder}")
