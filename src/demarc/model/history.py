"""The history of a repository's default branch, as git itself keeps it. Values only; nothing in it is proved.

Names, addresses, dates and trailers of commits are what whoever made them wrote. Signatures are told, not checked.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Identity(Struct, frozen=True, kw_only=True):
    """Somebody, as a commit writes them."""

    name: str
    email: str

    def __str__(self) -> str:
        return self.name or self.email


class Trailer(Struct, frozen=True, kw_only=True):
    """A line at the end of a message: ``Reviewed-by: Bob <bob@example.com>``."""

    key: str
    """In small letters."""
    who: Identity


class Commit(Struct, frozen=True, kw_only=True):
    """A commit, without its message."""

    hash: str
    parents: tuple[str, ...]
    author: Identity
    committer: Identity
    committed_at: datetime
    signed: bool
    """Whether a signature is in it; by whom, and whether it is good, was not looked at."""
    trailers: tuple[Trailer, ...] = ()
    change: str = ""
    """Number of the pull or merge request that its message names, as a host writes it; empty without one."""


class OwnerRule(Struct, frozen=True, kw_only=True):
    """A rule of CODEOWNERS."""

    pattern: str
    owners: tuple[str, ...]
    section: str = ""
    optional: bool = False


class Step(Struct, frozen=True, kw_only=True):
    """One step of the default branch: a commit on it, with all that it brought."""

    commit: Commit
    at: datetime
    """When it can have come there at the earliest: no commit came before the one that it stands on."""
    brought: tuple[Commit, ...] = ()
    """For a merge: commits that came with it."""
    files: tuple[str, ...] | None = None
    """Paths that it changed; None where that was not looked at, or could not be told."""
    owners: tuple[OwnerRule, ...] = ()
    """Code owners as of the step before: by them it was to be approved."""


class History(Struct, frozen=True, kw_only=True):
    """The default branch of a repository."""

    origin: str
    """Path as given."""
    remote: str
    """Address without credentials; empty where the clone has none."""
    folder: str
    """Name of its folder."""
    branch: str
    tip: str
    steps: tuple[Step, ...]
    """Newest first."""
    older: frozenset[str] = frozenset()
    """Hashes of commits that came before the oldest step."""
    missing: tuple[str, ...] = ()
    """What of it could not be seen, in words."""
