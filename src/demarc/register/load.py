"""Reads a register: all its files, everything wrong with them at once, and the values that are sound."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from demarc.model.errors import DemarcError, Problem, Where
from demarc.model.register import Register
from demarc.register.backstage import Group, Owned, is_entity, read_entity
from demarc.register.build import Builder, Entries
from demarc.register.checks import check
from demarc.register.codeowners import CODEOWNERS, OWNERS, Rule, read_codeowners, read_owners
from demarc.register.fields import Kind
from demarc.register.folder import File, digest, files_of
from demarc.register.format import DOCUMENT
from demarc.register.memberships import Row, read_memberships
from demarc.register.names import Names, collect_ids
from demarc.register.outside import Roster, owned_claims, rule_claims
from demarc.register.problems import Problems, in_order
from demarc.register.read import Entry, Reader
from demarc.register.tree import Mapping, Node, Scalar, documents
from demarc.register.words import shown


class Loaded(Struct, frozen=True, kw_only=True):
    """A register as far as it could be read, and what is wrong with it."""

    register: Register
    """Entries with errors or markers are not in it."""
    errors: tuple[Problem, ...]
    """What must be corrected."""
    blanks: tuple[Problem, ...]
    """Markers (TODO) that a draft left to be filled in."""
    warnings: tuple[Problem, ...]
    """What is in force and will show in the matrix as conflict, lapse or broken separation, or was not used."""
    files: tuple[str, ...]
    """Files that were read."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All of them, by file and line."""
        return tuple(sorted((*self.errors, *self.blanks, *self.warnings), key=in_order))


def load(folder: Path, *, duties: Collection[str], parts: Collection[str], now: datetime | None = None) -> Loaded:
    """Read a register from a folder, or from one file. Never raises for what is in the files.

    ``duties`` are the ids of the catalogue and ``parts`` the boundary's names for parts of a cluster: other names are
    errors. Reviews after ``now`` are errors too; without it they are not looked for.
    """
    problems = Problems()
    files = files_of(folder, problems)
    found = _Found(problems, duties, parts)
    for file in files:
        found.read(file)
    register = found.register(now)
    return Loaded(
        register=Register(
            people=register.people,
            teams=register.teams,
            assignments=register.assignments,
            reviews=register.reviews,
            exceptions=register.exceptions,
            contracts=register.contracts,
            suppliers=register.suppliers,
            claims=register.claims,
            settings=register.settings,
            origin=str(folder),
            sha256=digest(files),
        ),
        errors=problems.errors,
        blanks=problems.blanks,
        warnings=problems.warnings,
        files=tuple(file.name for file in files),
    )


def load_or_raise(
    folder: Path, *, duties: Collection[str], parts: Collection[str], now: datetime | None = None
) -> Loaded:
    """Read a register that answers may rest on. Raises DemarcError with all errors at once.

    Markers that are left do not raise: what they stand for is unowned, and the matrix shows it.
    """
    loaded = load(folder, duties=duties, parts=parts, now=now)
    if loaded.errors:
        raise DemarcError.of(loaded.errors)
    return loaded


class _Found:
    """What the files hold, before it is joined."""

    def __init__(self, problems: Problems, duties: Collection[str], parts: Collection[str]) -> None:
        self._problems = problems
        self._duties = frozenset(duties)
        self._parts = frozenset(parts)
        self._entries: Entries = {}
        self._codeowners: list[Entry] = []
        self._groups: list[Group] = []
        self._owned: list[Owned] = []
        self._rows: list[Row] = []
        self._rules: list[tuple[File, tuple[Rule, ...]]] = []

    def read(self, file: File) -> None:
        """Read one file by what its name says it is."""
        if file.relative.name == CODEOWNERS:
            self._rules.append((file, read_codeowners(file.data, file.name, self._problems)))
        elif file.relative.name == OWNERS:
            self._rules.append((file, read_owners(file.data, file.name, self._problems)))
        elif file.relative.suffix.lower() == ".csv":
            self._rows.extend(read_memberships(file.data, file.name, self._problems))
        else:
            for node in documents(file.data, file.name, self._problems):
                self._document(node, file.name)

    def _document(self, node: Node, file: str) -> None:
        if is_entity(node):
            entity = read_entity(node, file, self._problems)
            if isinstance(entity, Group):
                self._groups.append(entity)
            elif entity is not None:
                self._owned.append(entity)
            return
        kind = node.get("kind") if isinstance(node, Mapping) and node.get("apiVersion") else None
        if kind is not None:
            what = f"an object of kind {shown(kind.text) if isinstance(kind, Scalar) else 'unknown'}, not a register"
            self._problems.warn(what, Where(file=file, line=node.line), "keep it outside the register's folder")
            return
        document = Reader(file, self._problems, self._duties, self._parts).entry(DOCUMENT, node, "")
        if document is None:
            return
        for field in DOCUMENT.fields:
            section = self._entries.setdefault(field.name, [])
            value = document.values.get(field.name)
            if field.kind is Kind.RECORDS:
                section.extend(value or ())
            elif value is not None:
                section.append(value)
                self._codeowners.extend(value.many("codeowners"))

    def register(self, now: datetime | None) -> Register:
        """Join what was found; without origin and digest."""
        problems, names = self._problems, Names(self._problems)
        collect_ids(self._entries, names, problems)
        roster = Roster(names, problems)
        roster.add_groups(self._groups)
        roster.add_rows(self._rows)
        built = Builder(names, problems, now).build(self._entries)
        people, teams = roster.joined(built.people, built.teams)
        claims = [
            *owned_claims(self._owned, names, problems),
            *rule_claims(self._rules, self._codeowners, names, problems),
        ]
        register = Register(
            people=people,
            teams=teams,
            assignments=built.assignments,
            reviews=built.reviews,
            exceptions=built.exceptions,
            contracts=built.contracts,
            suppliers=built.suppliers,
            claims=tuple(claims),
            settings=built.settings,
        )
        check(register, problems)
        return register
