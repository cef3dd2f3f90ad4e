"""The register: the customer's own record of who holds which duty. Every entry has the time for which it holds."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from demarc.model.boundary import Party
from demarc.model.errors import Where
from demarc.model.time import ALWAYS, Period


class Person(Struct, frozen=True, kw_only=True):
    """A person who can hold duties."""

    id: str
    name: str
    contact: str = ""
    accounts: tuple[str, ...] = ()
    """Names under which the person acts elsewhere: a login at the repository host, a user of the cluster."""
    period: Period = ALWAYS
    where: Where


class Membership(Struct, frozen=True, kw_only=True):
    """A person's time in a team."""

    person: str
    lead: bool = False
    period: Period = ALWAYS
    where: Where


class Team(Struct, frozen=True, kw_only=True):
    """A team that can hold duties. It holds them only while somebody is in it."""

    id: str
    name: str
    contact: str = ""
    members: tuple[Membership, ...] = ()
    aliases: tuple[str, ...] = ()
    """Other spellings found on labels, in Backstage or CODEOWNERS."""
    period: Period = ALWAYS
    where: Where


class Selector(Struct, frozen=True, kw_only=True):
    """Which scopes an entry is for. Fields that are set must all match; globs (``*``, ``?``) are allowed in names.

    No field set: everything in every cluster.
    """

    cluster: str | None = None
    pool: str | None = None
    component: str | None = None
    namespace: str | None = None
    workload: str | None = None
    """``name`` or ``Kind/name``, within the namespace selector."""
    identity: str | None = None
    pipeline: str | None = None
    labels: dict[str, str] = {}

    def __str__(self) -> str:
        named = [
            f"{name}={value}"
            for name in ("cluster", "pool", "component", "namespace", "workload", "identity", "pipeline")
            if (value := getattr(self, name)) is not None
        ]
        labelled = [f"label {key}={value}" for key, value in sorted(self.labels.items())]
        return ", ".join([*named, *labelled]) or "everything"


class Assignment(Struct, frozen=True, kw_only=True):
    """Who holds which duties where. Roles name a person or team of the register."""

    duties: tuple[str, ...]
    """Duty ids or patterns: ``identity.rbac``, ``identity.*``, ``*``."""
    scope: Selector
    owner: str
    approver: str | None = None
    reviewer: str | None = None
    rotator: str | None = None
    review_every: int | None = None
    """Days."""
    period: Period = ALWAYS
    where: Where


class Review(Struct, frozen=True, kw_only=True):
    """A review that was done."""

    duties: tuple[str, ...]
    scope: Selector
    by: str
    on: datetime
    evidence: str = ""
    owed: tuple[str, ...] = ()
    """What it decided on and is past due, in words: until that is done, the review does not count as in time."""
    where: Where


class ExceptionEntry(Struct, frozen=True, kw_only=True):
    """A duty that is knowingly not met for a time."""

    id: str
    duties: tuple[str, ...]
    scope: Selector
    reason: str
    owner: str
    approved_by: str
    period: Period
    """Always has an end."""
    where: Where


class ContractTerm(Struct, frozen=True, kw_only=True):
    """A clause that says who performs a duty: it overrides the published boundary."""

    id: str
    duties: tuple[str, ...]
    components: tuple[str, ...] = ()
    """Parts in the boundary's vocabulary; empty: every part of the duty."""
    scope: Selector
    party: Party
    document: str
    clause: str
    supplier: str | None = None
    """The third party that performs it, where party is third_party."""
    period: Period = ALWAYS
    where: Where


class Supplier(Struct, frozen=True, kw_only=True):
    """A third party: who makes or runs something in the cluster."""

    id: str
    name: str
    contact: str = ""
    components: tuple[str, ...] = ()
    """Names of the component catalogue, globs allowed."""
    owner: str | None = None
    """Who in the house holds the supplier to its duties."""
    period: Period = ALWAYS
    where: Where


class Claim(Struct, frozen=True, kw_only=True):
    """An owner as a file outside the register's own format names it (Backstage, CODEOWNERS): weaker than an assignment.

    It stands for the duties that whoever owns the thing holds, not for duties by name.
    """

    owner: str
    scope: Selector
    origin: str
    """In words: ``catalog-info.yaml:12 (Backstage Component checkout)``."""
    contact: str = ""
    where: Where


class Settings(Struct, frozen=True, kw_only=True):
    """How owners are found outside the register."""

    owner_labels: tuple[str, ...] = ()
    """Label and annotation names that carry an owner, in order; empty: the common ones."""
    contact_annotations: tuple[str, ...] = ()
    registries: tuple[str, ...] = ()
    """Registries and repositories that images may come from, globs allowed: ``registry.example``,
    ``ghcr.io/acme/*``; empty: the house has not said."""


class Register(Struct, frozen=True, kw_only=True):
    """The whole register."""

    people: tuple[Person, ...] = ()
    teams: tuple[Team, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    reviews: tuple[Review, ...] = ()
    exceptions: tuple[ExceptionEntry, ...] = ()
    contracts: tuple[ContractTerm, ...] = ()
    suppliers: tuple[Supplier, ...] = ()
    claims: tuple[Claim, ...] = ()
    settings: Settings = Settings()
    origin: str = ""
    """Folder as given; empty when no register was given."""
    sha256: str = ""
    """Digest over the names and bytes of its files, so that an answer names the register it rests on."""
