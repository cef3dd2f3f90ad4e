"""Histories of repositories, tied to the changes of exports and to what is delivered from them. Judges nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from msgspec import Struct

from demarc.access.delivery import Delivery
from demarc.evidence.changes import Change
from demarc.evidence.delivered import Delivered
from demarc.inventory.pipelines import repository
from demarc.model.history import History, Step

_REBASED: Final = timedelta(minutes=1)
"""Commits of a change that was rebased when it was merged are all committed at once."""


class Landed(Struct, frozen=True, kw_only=True):
    """A step of a default branch, in its repository."""

    repository: str
    history: History
    step: Step
    change: Change | None
    """The change of an export that ended in it."""

    @property
    def name(self) -> str:
        """``commit 3f9c1b7ad0e2 on main of github.com/acme/shop``."""
        return f"commit {self.step.commit.hash[:12]} on {self.history.branch} of {self.repository}"


class Histories:
    """What clones tell."""

    def __init__(
        self,
        given: Iterable[History],
        delivery: Delivery,
        delivered: Delivered,
        changes: Mapping[str, tuple[Change, ...]],
    ) -> None:
        self.given = {repository(one.remote) or delivery.full(one.folder): one for one in given}
        self._delivered, self._changes = delivered, changes

    @cached_property
    def landed(self) -> dict[str, tuple[Landed, ...]]:
        """Steps by repository, newest first."""
        return {name: tuple(self._landed(name, history)) for name, history in self.given.items()}

    def _landed(self, name: str, history: History) -> Iterable[Landed]:
        by_commit = {commit: change for change in self._changes.get(name, ()) for commit in change.commits}
        rebased: tuple[Change, datetime] | None = None
        for step in history.steps:
            commit = step.commit
            change = by_commit.get(commit.hash) or next(
                # A merge that another host made: it brought the head of the change whose number it bears.
                (found for one in step.brought if (found := by_commit.get(one.hash)) and found.number == commit.change),
                None,
            )
            if change is None and rebased is not None and len(commit.parents) == 1:
                known, at = rebased
                change = known if timedelta(0) <= at - commit.committed_at <= _REBASED else None
            is_whole = change is not None and len(commit.parents) == 1
            rebased = (change, commit.committed_at) if change is not None and is_whole else None
            yield Landed(repository=name, history=history, step=step, change=change)

    @cached_property
    def into(self) -> dict[str, tuple[Landed, ...]]:
        """Steps by the namespace that they are delivered into, as far as their files tell."""
        paths: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for item in self._delivered.all:
            paths[item.repository][item.path].add(item.namespace)
        found: dict[str, list[Landed]] = defaultdict(list)
        for name, steps in self.landed.items():
            for one in steps if name in paths else ():
                touched = {space for file in one.step.files or () for space in _covering(paths[name], file)}
                for namespace in touched:
                    found[namespace].append(one)
        return {namespace: tuple(steps) for namespace, steps in found.items()}

    def holding(self, name: str, commit: str) -> Landed | None:
        """The step of a repository's default branch that brought a commit; None for one of before, or none."""
        return self._holding.get((name, commit))

    def knows(self, name: str, commit: str) -> bool:
        """Whether a commit is on the default branch, however long."""
        history = self.given.get(name)
        return history is not None and (commit in history.older or self.holding(name, commit) is not None)

    @cached_property
    def _holding(self) -> dict[tuple[str, str], Landed]:
        found: dict[tuple[str, str], Landed] = {}
        for name, steps in self.landed.items():
            for one in steps:
                found[name, one.step.commit.hash] = one
                for commit in one.step.brought:
                    found.setdefault((name, commit.hash), one)
        return found

    @cached_property
    def files(self) -> dict[tuple[str, ...], tuple[str, ...]]:
        """Files by the commits of the change that ended in a step."""
        found: dict[tuple[str, ...], dict[str, None]] = defaultdict(dict)
        for one in (one for steps in self.landed.values() for one in steps):
            if one.change is not None and one.step.files is not None:
                found[one.change.commits].update(dict.fromkeys(one.step.files))
        return {commits: tuple(names) for commits, names in found.items()}


def _covering(paths: Mapping[str, set[str]], file: str) -> Iterable[str]:
    """Namespaces into which a file is delivered: by its folders, and by itself."""
    parts = file.split("/")
    for length in range(len(parts) + 1):
        yield from paths.get("/".join(parts[:length]), ())
