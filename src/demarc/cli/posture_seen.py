"""From an answer to what checks say of it, with a baseline and with findings that were stored before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from demarc.cli.answer import Answer
from demarc.model.errors import DemarcError, Where
from demarc.model.posture import Posture
from demarc.posture import Ground, posture
from demarc.posture.baseline import against


class _Holding(msgspec.Struct):
    """What ``assess --format json`` writes, as far as it is read here."""

    posture: Posture


def posture_of(seen: Answer, new_since: Path | None = None) -> Posture:
    """Run the checks; mark findings as new or known where a baseline is given."""
    # Read first: a baseline that cannot be read must not cost the minute that the checks may take.
    baseline = stored(new_since) if new_since is not None else None
    found = posture(Ground(seen.snapshot, seen.inventory, seen.register, seen.assessment, seen.at))
    if baseline is None:
        return found
    return against(found, frozenset(finding.id for finding in baseline.findings), str(new_since))


def stored(path: Path) -> Posture:
    """Findings as ``--format json`` of assess or findings wrote them. Raises DemarcError for anything else."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DemarcError(
            f"cannot read {path}: {error.strerror or error}", todo="name a file that demarc wrote with --format json"
        ) from error
    try:
        return msgspec.json.decode(data, type=Posture)
    except msgspec.DecodeError:
        pass
    try:
        return msgspec.json.decode(data, type=_Holding).posture
    except msgspec.DecodeError as error:
        raise DemarcError(
            "it holds no findings that demarc wrote",
            where=Where(file=str(path)),
            todo="give a file of demarc assess or demarc findings with --format json",
        ) from error


def is_stored(path: Path) -> bool:
    """Whether a file holds stored findings, by how it begins: no dump starts like one."""
    try:
        with path.open("rb") as file:
            start = file.read(200).lstrip()
    except OSError:
        return False
    return start.startswith((b'{"format":"demarc.posture/', b'{"format":"demarc.assessment/'))


def stored_in(paths: Iterable[Path]) -> Iterator[Posture]:
    """Every stored assessment in files and folders, one after the other; a folder's other files are passed over."""
    found = False
    for path in paths:
        files = sorted(path.glob("**/*.json")) if path.is_dir() else [path]
        for file in files:
            if path.is_dir() and not is_stored(file):
                continue
            found = True
            yield stored(file)
    if not found:
        raise DemarcError(
            "no stored assessment was given", todo="name files that demarc assess or findings wrote with --format json"
        )
