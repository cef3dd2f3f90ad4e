"""Commits out of what ``git rev-list --header`` prints. Messages are read for trailers and numbers, and not kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from demarc.model.history import Commit, Identity, Trailer

_WHO: Final = re.compile(r"^(.*?)\s*<([^<>]*)>(?:\s+(-?\d{1,18})(?:\s+[+-]\d+)?)?\s*$")
_TRAILER: Final = re.compile(r"^([A-Za-z][A-Za-z-]{0,40}):\s+(\S.*)$")
_KEPT: Final = frozenset({"reviewed-by", "acked-by", "approved-by", "co-authored-by", "signed-off-by"})
_NUMBERS: Final = (
    re.compile(r"^Merge pull request #(\d{1,9}) from "),
    re.compile(r"^Merge pull request '.*' \(#(\d{1,9})\) from "),
    re.compile(r"^Merged PR (\d{1,9}): "),
    re.compile(r"^Merged in .* \(pull request #(\d{1,9})\)"),
    re.compile(r"^[^\n]*\(#(\d{1,9})\)\s*$", re.MULTILINE),
)
_GITLAB: Final = re.compile(r"^See merge request (?:\S{0,400})!(\d{1,9})\s*$", re.MULTILINE)
_MOST_TRAILERS: Final = 100


def commits(data: bytes) -> Iterator[Commit]:
    """Read every record; what is no commit is passed over."""
    for record in data.split(b"\0"):
        text = record.decode("utf-8", "replace").lstrip("\n")
        if text.strip():
            found = _commit(text)
            if found is not None:
                yield found


def _commit(text: str) -> Commit | None:
    head, _, body = text.partition("\n\n")
    first, *lines = head.split("\n")
    fields: dict[str, list[str]] = {}
    for line in lines:
        name, space, value = line.partition(" ")
        if name and space:
            fields.setdefault(name, []).append(value)
    author, _ = _who((fields.get("author") or [""])[0])
    committer, at = _who((fields.get("committer") or [""])[0])
    if at is None:
        return None
    message = "\n".join(line.removeprefix("    ") for line in body.split("\n")).strip("\n")
    return Commit(
        hash=first.partition(" ")[0].lstrip("-<>"),
        parents=tuple(fields.get("parent", ())),
        author=author,
        committer=committer,
        committed_at=at,
        signed="gpgsig" in fields or "gpgsig-sha256" in fields,
        trailers=tuple(_trailers(message)),
        change=_number(message),
    )


def _who(text: str) -> tuple[Identity, datetime | None]:
    found = _WHO.match(text)
    if not found:
        return Identity(name=text.strip(), email=""), None
    at = None
    if found[3] is not None:
        try:
            at = datetime.fromtimestamp(int(found[3]), tz=UTC)
        except (ValueError, OverflowError, OSError):
            at = datetime.fromtimestamp(0, tz=UTC)
    return Identity(name=found[1], email=found[2].strip()), at


def _trailers(message: str) -> Iterator[Trailer]:
    """Trailers of the last paragraph, as git takes them; the first paragraph is the title."""
    _, *paragraphs = re.split(r"\n\s*\n", message.rstrip())
    count = 0
    for line in paragraphs[-1].split("\n") if paragraphs else ():
        found = _TRAILER.match(line)
        if found and found[1].lower() in _KEPT and count < _MOST_TRAILERS:
            count += 1
            who, _ = _who(found[2])
            yield Trailer(key=found[1].lower(), who=who)


def _number(message: str) -> str:
    """Number of a change, as hosts write it into what they merge: GitLab at the end, all others into the title."""
    title = message.partition("\n")[0]
    for pattern in _NUMBERS:
        if found := pattern.match(title):
            return found[1]
    found = _GITLAB.search(message)
    return found[1] if found else ""
