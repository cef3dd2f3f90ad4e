"""The default branch of a clone, step by step: who wrote and who committed what, what came with it, what it changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from demarc.collect.external.codeowners import rules
from demarc.collect.external.gitconfig import without_credentials
from demarc.collect.git.command import Git
from demarc.collect.git.commits import commits
from demarc.model.errors import DemarcError, Where
from demarc.model.history import Commit, History, OwnerRule, Step

MOST_COMMITS: Final = 200_000
MOST_OWNERS: Final = 1024 * 1024
"""Bytes of a CODEOWNERS file."""
_GITHUB: Final = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
_GITLAB: Final = ("CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS", ".github/CODEOWNERS")
"""In the order in which the hosts look; the first one counts."""


def read_history(path: Path, *, since: datetime, now: datetime, search: str) -> History:
    """Read the default branch of the clone at ``path``, bare or not.

    Files and code owners are looked up for steps from ``since`` on. ``now`` bounds what commits claim of their times;
    ``search`` is where git is looked for, as PATH has it. Raises DemarcError where git or a history is not there.
    """
    git = Git(path, search=search)
    branch, tip = _tip(git, path)
    data = git.read(
        "rev-list", "--header", "--topo-order", "--encoding=UTF-8", f"--max-count={MOST_COMMITS}", tip, "--"
    )
    known = {commit.hash: commit for commit in commits(data)}
    remote = without_credentials(git.asked("config", "--get", "remote.origin.url").strip())
    steps = _steps(known, tip, now)
    late = [step for step in steps if step.at >= since]
    missing = list(_missing(git, known))
    files = _files(git, late)
    if files is None:
        missing.append("the files of its commits: the clone does not hold all of its objects")
    order = _GITLAB if "gitlab" in remote.lower() else _GITHUB
    owners = _owners(git, late, order) if files is not None else {}
    seen = {step.commit.hash for step in late} | {one.hash for step in late for one in step.brought}
    found = [
        replace(
            step,
            files=files.get(step.commit.hash, ()) if files is not None else None,
            owners=owners.get(step.commit.hash, ()),
        )
        for step in late
    ]
    return History(
        origin=str(path),
        remote=remote,
        folder=path.resolve().name.removesuffix(".git"),
        branch=branch,
        tip=tip,
        steps=tuple(reversed(found)),
        older=frozenset(known.keys() - seen),
        missing=tuple(missing),
    )


def _tip(git: Git, path: Path) -> tuple[str, str]:
    """The default branch: the remote's where the clone knows it, else that of the clone."""
    names = ("refs/remotes/origin/HEAD", "HEAD")
    refs = [git.asked("symbolic-ref", "-q", name).strip() for name in names]
    for ref in (*filter(None, refs), "HEAD"):
        tip = git.asked("rev-parse", "--verify", "-q", f"{ref}^{{commit}}").strip()
        if tip:
            return ref.removeprefix("refs/remotes/origin/").removeprefix("refs/heads/"), tip
    raise DemarcError("it has no commits", where=Where(file=str(path)), todo="name a clone with its history")


def _missing(git: Git, known: dict[str, Commit]) -> Iterable[str]:
    if git.asked("rev-parse", "--is-shallow-repository").strip() == "true":
        yield "what lies before a shallow clone: git fetch --unshallow gives it"
    if len(known) >= MOST_COMMITS:
        yield f"commits beyond {MOST_COMMITS:,}"


def _steps(known: dict[str, Commit], tip: str, now: datetime) -> list[Step]:
    """Steps of the default branch, oldest first, each with the commits that it brought."""
    line: list[Commit] = []
    at: str | None = tip
    while at is not None and at in known:
        line.append(known[at])
        at = known[at].parents[0] if known[at].parents else None
    held: set[str] = set()
    found, earliest = [], None
    for commit in reversed(line):
        held.add(commit.hash)
        # Whoever commits chooses the date. It is believed no further than its place allows.
        moment = min(commit.committed_at, now)
        earliest = max(moment, earliest) if earliest is not None else moment
        found.append(Step(commit=commit, at=earliest, brought=tuple(_brought(commit, known, held))))
    return found


def _brought(commit: Commit, known: dict[str, Commit], held: set[str]) -> Iterable[Commit]:
    """Commits that a merge brings and that nothing before it had."""
    waiting = list(commit.parents[1:])
    while waiting:
        name = waiting.pop()
        if name in held or name not in known:
            continue
        held.add(name)
        yield known[name]
        waiting += known[name].parents


def _files(git: Git, steps: Sequence[Step]) -> dict[str, tuple[str, ...]] | None:
    """Paths that each step changed, against the one before it; None where the clone cannot tell."""
    if not steps:
        return {}
    lines = [" ".join((step.commit.hash, *step.commit.parents[:1])) for step in steps]
    options = ("--stdin", "-r", "-z", "--root", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv")
    try:
        data = git.read("diff-tree", *options, given="".join(f"{line}\n" for line in lines).encode())
    except DemarcError:
        return None
    found: dict[str, list[str]] = {}
    # Commits come in the order in which they were named, oldest first: none can hold a file that is named as a later
    # one, for that name is known only when it is there.
    waiting = {step.commit.hash: place for place, step in enumerate(steps)}
    here, last = "", -1
    for word in data.decode("utf-8", "replace").split("\0"):
        if waiting.get(word, -1) > last:
            here, last = word, waiting[word]
            found[here] = []
        elif word and here:
            found[here].append(word)
    return {name: tuple(paths) for name, paths in found.items()}


def _owners(git: Git, steps: Sequence[Step], order: Sequence[str]) -> dict[str, tuple[OwnerRule, ...]]:
    """Code owners as of the step before each, by the step's commit; one file is read once."""
    bases = [(step.commit.hash, step.commit.parents[0]) for step in steps if step.commit.parents]
    asked = [(name, f"{base}:{place}") for name, base in bases for place in order]
    given = "".join(f"{spec}\n" for _, spec in asked).encode()
    answers = git.asked("cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)", given=given).split("\n")
    blobs: dict[str, str] = {}
    for (name, _), line in zip(asked, answers, strict=False):
        words = line.split(" ")
        if len(words) == len(("name", "type", "size")) and words[1] == "blob" and int(words[2]) <= MOST_OWNERS:
            blobs.setdefault(name, words[0])
    read = {blob: _rules(git.asked("cat-file", "blob", blob)) for blob in dict.fromkeys(blobs.values())}
    return {name: read[blob] for name, blob in blobs.items()}


def _rules(content: str) -> tuple[OwnerRule, ...]:
    found, _ = rules(content)
    return tuple(
        OwnerRule(
            pattern=one["pattern"],
            owners=tuple(one["owners"]),
            section=str(one.get("section", "")).lower(),
            optional=bool(one.get("optional")),
        )
        for one in found
    )
