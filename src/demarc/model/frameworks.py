"""A framework seen through a cluster: for each requirement what holds, what does not, and who answers. Values only.

Requirements relate to checks and duties. A relation is never a claim of compliance.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from demarc.model.posture import Outcome


class Standing(StrEnum):
    """Where a requirement stands, as far as a cluster and its matrix can show it."""

    VIOLATED = "violated"
    """A related check does not hold, and it is not the provider's nor excepted."""
    UNKNOWN = "unknown"
    """No related check is violated, and one could not be answered."""
    OPEN = "open"
    """No related check is violated; a related duty has nobody, or it is unclear whose it is."""
    HOLDS = "holds"
    """Related checks were answered and hold."""
    PROVIDER = "provider"
    """The provider performs every related duty: ask for its evidence."""
    OWNED = "owned"
    """No check can show it; named owners hold the related duties, and the evidence is theirs to give."""


class RelatedCheck(Struct, frozen=True, kw_only=True):
    """A check that relates to a requirement."""

    id: str
    title: str
    outcome: Outcome
    findings: int
    """Findings that count."""
    excepted: int
    provider: int
    """Findings for the provider to answer."""
    direct: bool
    """The check names the requirement; otherwise its family relates to it by subject."""


class RelatedDuty(Struct, frozen=True, kw_only=True):
    """A duty that relates to a requirement, over all its rows of the matrix."""

    id: str
    rows: int
    by_status: dict[str, int]
    """Status of the matrix -> rows."""


class Requirement(Struct, frozen=True, kw_only=True):
    """One requirement."""

    id: str
    title: str
    verified: bool
    """False where the id was not compared with the publisher's text."""
    standing: Standing
    checks: tuple[RelatedCheck, ...]
    duties: tuple[RelatedDuty, ...]
    owners: dict[str, int]
    """Who answers -> rows of related duties; the provider by its name, ``nobody`` for rows without an owner or
    whose owner has lapsed, ``not settled`` where it is not known whose they are."""
    unknown: tuple[str, ...]
    """Why related checks could not be answered, each once."""


class FrameworkView(Struct, frozen=True, kw_only=True):
    """All requirements of a framework that are known here."""

    framework: str
    title: str
    version: str
    """Every id is one of this version."""
    url: str
    cluster: str
    at: str
    requirements: tuple[Requirement, ...]
    by_standing: dict[str, int]
