"""A checked-out repository: where it comes from, its pipelines, its code owners, its catalogue entries.

Reads files and never runs git or anything else. Everything in a repository is hostile: links are not followed, sizes
and counts are bounded, YAML is checked before it is built. What was found and not read leaves a Record that ``gaps``
reports.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from demarc.collect.external.backstage import is_entity
from demarc.collect.external.codeowners import rules
from demarc.collect.external.gaps import unread
from demarc.collect.external.gitconfig import name_of, remotes
from demarc.collect.external.plain import plain
from demarc.collect.external.shape import Body, dig, record, text
from demarc.collect.external.yamlfile import HostileYaml, documents
from demarc.model.evidence import GapReason
from demarc.model.snapshot import Record

KINDS: tuple[tuple[str, str], ...] = (
    ("repository.checkout", ".git/config and .git/HEAD: remotes without credentials, branch"),
    ("repository.workflow", ".github/workflows/*.yml: the parsed workflow"),
    ("repository.gitlabCi", ".gitlab-ci.yml: the parsed pipeline"),
    ("repository.codeowners", "CODEOWNERS: the rules with their lines"),
    ("repository.kustomization", "kustomization.yaml: its path alone"),
    ("repository.chart", "Chart.yaml: its path alone"),
    ("backstage.entity", "catalog-info.yaml: each entity"),
)
"""Kinds of Records that a repository gives, and the files that they come from."""

MOST_BYTES = 1024 * 1024
MOST_FILES = 50_000
MOST_READ = 500
MOST_LEVELS = 24

_SKIPPED = frozenset({".git", ".terraform", ".venv", "node_modules", "vendor", "__pycache__", ".tox"})
_CODEOWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
"""In the order in which GitHub looks; the first one counts."""


def repository(path: Path) -> list[Record]:
    """Read the checked-out repository at ``path``.

    Names in ``parent`` are ``owner/name`` of the remote, else the name of the folder; paths in bodies are relative,
    with slashes. Sizes: at most MOST_FILES files are looked at, MOST_READ read, of MOST_BYTES each. Never raises.
    """
    return _Reader(path).read()


class _Reader:
    """One walk over one repository."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._found: list[Record] = []
        self._read = 0
        self._files = 0
        self._name = ""

    def read(self) -> list[Record]:
        self._checkout()
        owned = next((place for place in _CODEOWNERS if self._regular(self._root / place)), None)
        for place in self._walk(self._root, 0):
            relative = place.relative_to(self._root).as_posix()
            reader = self._reader_of(relative)
            if relative == owned:
                self._codeowners(place, relative)
            elif reader is not None:
                reader(place, relative)
        return self._found

    def _reader_of(self, relative: str) -> Callable[[Path, str], None] | None:
        folder, _, name = relative.rpartition("/")
        lowered = name.lower()
        if folder == ".github/workflows" and lowered.endswith((".yml", ".yaml")):
            return self._workflow
        if relative in (".gitlab-ci.yml", ".gitlab-ci.yaml"):
            return self._pipeline
        if lowered in ("catalog-info.yaml", "catalog-info.yml"):
            return self._entities
        if lowered in ("kustomization.yaml", "kustomization.yml", "kustomization"):
            return self._noted("repository.kustomization")
        return self._noted("repository.chart") if name == "Chart.yaml" else None

    def _checkout(self) -> None:
        config = self._content(self._root / ".git" / "config", ".git/config", missing_ok=True)
        head = self._content(self._root / ".git" / "HEAD", ".git/HEAD", missing_ok=True)
        found = remotes(config or "")
        self._name = name_of(found.get("origin") or next(iter(found.values()), "")) or self._root.resolve().name
        branch = (head or "").strip().removeprefix("ref: refs/heads/") if (head or "").startswith("ref: ") else ""
        body = plain({"remotes": found, "branch": branch, "folder": self._root.resolve().name})
        self._add("repository.checkout", body, name=self._name, parent="")

    def _workflow(self, place: Path, relative: str) -> None:
        for document in self._documents(place, relative)[:1]:
            self._add("repository.workflow", {"path": relative, "document": document}, name=relative)

    def _pipeline(self, place: Path, relative: str) -> None:
        """GitLab allows a header of inputs (``spec``) as a document of its own before the pipeline."""
        for document in self._documents(place, relative)[-1:]:
            self._add("repository.gitlabCi", {"path": relative, "document": document}, name=relative)

    def _entities(self, place: Path, relative: str) -> None:
        for document in self._documents(place, relative):
            if isinstance(document, dict) and is_entity(document):
                body = {**document, "path": relative}
                self._add("backstage.entity", body, name=text(dig(body, "metadata"), "name"))

    def _codeowners(self, place: Path, relative: str) -> None:
        content = self._content(place, relative)
        if content is not None:
            found, complete = rules(content)
            self._add("repository.codeowners", {"path": relative, "rules": plain(found)}, name=relative)
            if not complete:
                self._unread(relative, "it has more rules than are read", GapReason.TRUNCATED)

    def _noted(self, kind: str) -> Callable[[Path, str], None]:
        return lambda _, relative: self._add(kind, {"path": relative}, name=relative)

    def _documents(self, place: Path, relative: str) -> list[Any]:
        content = self._content(place, relative)
        if content is None:
            return []
        try:
            return [plain(document) for document in documents(content) if document is not None]
        except HostileYaml as error:
            self._unread(relative, str(error), GapReason.MALFORMED)
            return []

    def _content(self, place: Path, relative: str, *, missing_ok: bool = False) -> str | None:
        """Read a regular file within bounds as text; None, and a Record of it, where that cannot be."""
        if not self._regular(place):
            if not missing_ok:
                self._unread(relative, "not a regular file", GapReason.REFUSED)
            return None
        self._read += 1
        if self._read > MOST_READ:
            if self._read == MOST_READ + 1:
                self._unread(relative, f"more than {MOST_READ} files to read: this and the following were not", None)
            return None
        try:
            with place.open("rb") as file:
                content = file.read(MOST_BYTES + 1)
        except OSError as error:
            self._unread(relative, error.strerror or "cannot be read", GapReason.UNAVAILABLE)
            return None
        if len(content) > MOST_BYTES:
            self._unread(relative, f"larger than {MOST_BYTES} bytes", GapReason.TOO_LARGE)
            return None
        return content.decode("utf-8-sig", "replace")

    def _regular(self, place: Path) -> bool:
        """A file of its own within the repository: neither it nor a folder on the way to it is a link."""
        inside = place.relative_to(self._root)
        steps = [self._root.joinpath(*inside.parts[: count + 1]) for count in range(len(inside.parts))]
        return place.is_file() and not any(step.is_symlink() for step in steps)

    def _walk(self, folder: Path, level: int) -> Iterator[Path]:
        """Files below a folder, sorted, without links; bounded in depth and number."""
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            self._unread(self._relative(folder), error.strerror or "cannot be listed", GapReason.UNAVAILABLE)
            return
        for entry in entries:
            if self._files >= MOST_FILES:
                self._stop()
                return
            if entry.is_file(follow_symlinks=False):
                self._files += 1
                yield Path(entry.path)
            elif entry.is_dir(follow_symlinks=False) and entry.name not in _SKIPPED and level < MOST_LEVELS:
                yield from self._walk(Path(entry.path), level + 1)

    def _stop(self) -> None:
        if self._files == MOST_FILES:
            self._files += 1
            self._unread(self._name, f"more than {MOST_FILES} files: the rest was not looked at", None)

    def _relative(self, place: Path) -> str:
        return place.relative_to(self._root).as_posix()

    def _add(self, kind: str, body: Body, *, name: str, parent: str | None = None) -> None:
        self._found.append(record(kind, body, name=name, parent=self._name if parent is None else parent))

    def _unread(self, name: str, says: str, reason: GapReason | None) -> None:
        """Say what was left; without a reason of its own it was too much."""
        todo = "look at the file; a pipeline or owner in it is not seen"
        self._found.append(unread(name, says=says, reason=reason or GapReason.TOO_LARGE, todo=todo))
