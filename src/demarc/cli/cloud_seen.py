"""From a cloud's trail as it was typed to what can be seen of it; and inputs that were typed in the wrong place."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from demarc.cli.main import STDIN
from demarc.cli.screen import Screen
from demarc.model.errors import DemarcError, Problem, Where
from demarc.model.snapshot import Snapshot, SourceKind
from demarc.reports.incident_tables import moment
from demarc.reports.text import count

if TYPE_CHECKING:
    from demarc.incidents.clouds import CloudSight
    from demarc.model.cloud_calls import CloudTrail
    from demarc.model.inventory import Inventory

_MOST = 3
_WORDS = {
    SourceKind.CLOUD: "a description of the cloud",
    SourceKind.DIRECTORY: "an export of a directory",
    SourceKind.DUMP: "objects of the cluster",
    SourceKind.MANIFESTS: "manifests",
    SourceKind.DELIVERY: "an export of delivery",
}


def seen_cloud(
    given: tuple[str, ...], screen: Screen, snapshot: Snapshot | None = None, inventory: Inventory | None = None
) -> CloudSight | None:
    """Read a cloud's trail, and say what came of it; None where none was named. Raises DemarcError."""
    if not given:
        return None
    from demarc.events.cloud import read_cloud_trail  # noqa: PLC0415 - loaded only when needed
    from demarc.incidents.clouds import sight_of  # noqa: PLC0415

    with screen.working("reading the cloud's trail"):
        paths = tuple("-" if one == STDIN else one for one in given)
        trail = read_cloud_trail(paths, stdin=sys.stdin.buffer)
    _said(trail, screen)
    return sight_of(trail, snapshot, inventory)


def _said(trail: CloudTrail, screen: Screen) -> None:
    clouds = ", ".join(sorted(cloud.value for cloud in trail.clouds))
    screen.note(
        f"the cloud's trail: {count(len(trail.calls), 'call')} ({clouds}) "
        f"from {moment(trail.since_us)} to {moment(trail.until_us)} UTC"
    )
    for what, counted in (("could not be read", trail.rejects), ("are of other logs", trail.others)):
        total = sum(number for _, number in counted)
        if total:
            named = "; ".join(f"{says} ({number:,})" for says, number in counted[:_MOST])
            screen.note(f"  {count(total, 'record')} {what}: {named}")
    for origin, says in trail.unread[:_MOST]:
        screen.note(f"  {origin}: {says}")


def must_be_delivery(snapshot: Snapshot, given: tuple[str, ...]) -> None:
    """Raise DemarcError where something that was named as delivery holds none of it, saying what it is."""
    problems = []
    for name in given:
        kinds = {source.kind for source in snapshot.sources if _is_of(source.origin, name)}
        if SourceKind.DELIVERY in kinds:
            continue
        found = " and ".join(_WORDS[kind] for kind in _WORDS if kind in kinds) or "nothing that is known"
        problems.append(
            Problem(
                what=f"--delivery: it holds no export of delivery, but {found}",
                where=Where(file=name),
                todo="give a checked-out repository, or what gh api, glab api or argocd printed; all else is an INPUT",
            )
        )
    if problems:
        raise DemarcError.of(tuple(problems))


def _is_of(origin: str, given: str) -> bool:
    """Whether a source came out of an input: the file itself, or what lies in the folder or archive."""
    path = str(Path(given))
    return origin in {given, path} or origin.startswith((f"{path}/", f"{path}!"))


def misplaced(inputs: tuple[str, ...]) -> DemarcError | None:
    """What to say where something typed as another input is a cloud's trail; None where none is."""
    from demarc.events.cloud.reading import is_cloud_trail  # noqa: PLC0415 - loaded only when needed

    for given in inputs:
        if Path(given).is_file() and is_cloud_trail(Path(given)):
            return DemarcError(
                "it is a cloud's own trail",
                where=Where(file=given),
                todo=f"give it as --cloud-trail {given}",
            )
    return None
