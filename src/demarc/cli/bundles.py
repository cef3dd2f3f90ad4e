"""Bundles of evidence on disk: written whole or not at all, and checked."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Annotated, Protocol

import zstandard
from cyclopts import Parameter

import demarc
from demarc.cli.options import ANSWER
from demarc.cli.screen import Screen
from demarc.collect.snapshot_file import MANIFEST
from demarc.incidents.bundle import pack
from demarc.incidents.bundle import verify as bundle_checked
from demarc.intake.manifest import Checked, Item
from demarc.model.errors import DemarcError, Where
from demarc.model.incident_report import IncidentReport
from demarc.register.folder import files_of
from demarc.register.problems import Problems
from demarc.reports.text import safe_text

NOT_AS_WRITTEN = 1


class Packer(Protocol):
    """Writes an archive, and gives its root digest."""

    def __call__(self, items: Iterable[Item], out: IO[bytes], *, made_at: str, about: str, version: str) -> str:
        """Write it."""
        ...


def written(
    path: Path, items: Iterable[Item], packer: Packer = pack, *, made_at: str, about: str, option: str = "--bundle"
) -> str:
    """Write a bundle beside its place and move it there; returns the root digest."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        with temporary.open("wb") as out:
            root = packer(items, out, made_at=made_at, about=about, version=f"demarc {demarc.__version__}")
        temporary.replace(path)
    except OSError as error:
        raise DemarcError(
            f"cannot write {path}: {error.strerror or error}",
            where=Where(file=option),
            todo="name a file in a folder that exists and that you may write to",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
    return root


def report_items(report: IncidentReport) -> Iterator[Item]:
    """The report in the formats that people and programs read."""
    from demarc.reports.incident.formats import FORMATS  # noqa: PLC0415 - templates are loaded only when needed

    names = {"json": "report.json", "markdown": "report.md", "html": "report.html"}
    for form, render in FORMATS.items():
        yield Item(path=names[form], data=render(report), kind="report", says=f"the report as {form}")


def register_items(folder: Path | None) -> Iterator[Item]:
    """The files of the register, as they were read."""
    if folder is None:
        return
    for file in files_of(folder, Problems()):
        yield Item(
            path=f"register/{file.relative}", data=file.data, kind="register", says="the register, as it was read"
        )


def snapshot_items(inputs: Iterable[str]) -> Iterator[Item]:
    """Snapshots that Demarc collected, which hold no secret value. Of other inputs the report keeps digests only."""
    for at, given in enumerate(inputs, 1):
        path = Path(given)
        if path.is_file() and _is_stored(path):
            says = f"the snapshot, as it was collected: {safe_text(path.name)}"
            yield Item(path=f"snapshot/{at}.tar.zst", data=path, kind="snapshot", says=says)


def _is_stored(path: Path) -> bool:
    """Tell whether a file is a snapshot as Demarc writes it: its manifest comes first."""
    try:
        with (
            path.open("rb") as data,
            zstandard.ZstdDecompressor().stream_reader(data) as unpacked,
            tarfile.open(fileobj=unpacked, mode="r|") as archive,
        ):
            first = archive.next()
            return first is not None and Path(first.name).name == MANIFEST
    except (OSError, tarfile.TarError, zstandard.ZstdError, EOFError):
        return False


class _Checker(Protocol):
    def __call__(self, data: IO[bytes], name: str, *, root: str = "") -> Checked: ...


def _checker(data: IO[bytes]) -> _Checker:
    """How to check a file, by how it begins."""
    from demarc.reports.audit.archive import MAGIC  # noqa: PLC0415 - loaded only when needed
    from demarc.reports.audit.archive import verify as pack_checked  # noqa: PLC0415

    start = data.read(len(MAGIC))
    data.seek(0)
    return pack_checked if start == MAGIC else bundle_checked


def verify(
    bundle: Annotated[Path, Parameter(group=ANSWER)],
    /,
    *,
    root: Annotated[str, Parameter(name="--root", group=ANSWER)] = "",
) -> int:
    """Check a bundle or an audit pack: every member against its digest, and nothing added, dropped or renamed.

    Parameters
    ----------
    bundle
        A file that --bundle or demarc audit pack wrote.
    root
        The root digest as it was noted when the bundle was made: without it a bundle that was rewritten as a whole
        cannot be told from the one that was made.
    """
    screen = Screen()
    try:
        with bundle.open("rb") as data:
            found = _checker(data)(data, str(bundle), root=root)
    except OSError as error:
        raise DemarcError(
            f"cannot read {bundle}: {error.strerror or error}",
            where=Where(file=str(bundle)),
            todo="name a file that --bundle or demarc audit pack wrote",
        ) from error
    if found.manifest is not None:
        screen.out.print(safe_text(found.manifest.about), soft_wrap=True)
        screen.out.print(
            f"made {safe_text(found.manifest.made_at)} by {safe_text(found.manifest.demarc)}", soft_wrap=True
        )
    for fault in found.faults:
        screen.out.print(f"{safe_text(fault.member) or 'the archive'}: {safe_text(fault.says)}", soft_wrap=True)
    if found.faults:
        screen.out.print(
            f"{len(found.faults)} faults in {found.members} members: not as it was written", soft_wrap=True
        )
        return NOT_AS_WRITTEN
    screen.out.print(f"{found.members} members, as they were written", soft_wrap=True)
    screen.out.print(f"root digest {found.root}{', as noted' if root else ''}", soft_wrap=True)
    return 0
