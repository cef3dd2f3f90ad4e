"""Detections as values: what is looked for in the audit trail, where it was seen, and where it could not be.

A detection says that something happened which intruders do; never that somebody is one. Knows no engine and no query.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Tactic(StrEnum):
    """What an intruder would want with it; the tactics of ATT&CK."""

    INITIAL_ACCESS = "initial-access"
    EXECUTION = "execution"
    PERSISTENCE = "persistence"
    PRIVILEGE_ESCALATION = "privilege-escalation"
    DEFENSE_EVASION = "defense-evasion"
    CREDENTIAL_ACCESS = "credential-access"
    DISCOVERY = "discovery"
    LATERAL_MOVEMENT = "lateral-movement"
    COLLECTION = "collection"
    IMPACT = "impact"


class Level(StrEnum):
    """The audit level at which a detection can work."""

    METADATA = "Metadata"
    REQUEST = "Request"
    REQUEST_RESPONSE = "RequestResponse"
    CLOUD = "cloud"
    """Not in the audit trail: needs the cloud's own."""


class Need(StrEnum):
    """What must be there beside the level, so that silence means something."""

    READS = "reads"
    """Reads of Secrets and the like: left out by some exports."""
    BODY = "body"
    URI = "uri"
    CREDENTIAL = "credential"
    ADDRESS = "address"
    AGENT = "agent"
    ANNOTATIONS = "annotations"
    IMPERSONATION = "impersonation"
    EVENTS = "events"
    """Writes of core Events: left out by some policies."""
    DIRECTORY = "directory"
    SNAPSHOT = "snapshot"
    CLOUD = "cloud"
    BAD_ADDRESSES = "bad-addresses"


class DetectionFacts(Struct, frozen=True, kw_only=True):
    """What is known of a detection apart from any trail: a row of ``catalog/detections``."""

    id: str
    title: str
    says: str
    """What it means that it fires, to somebody who has never seen it."""
    attack: tuple[str, ...]
    """ATT&CK technique ids."""
    attack_check: bool = False
    """The id was renamed by ATT&CK and the new one has to be checked."""
    tactic: Tactic
    duty: str
    """The duty it points at first, if the event turns out to be part of the path."""
    also: tuple[str, ...] = ()
    technique: str
    """A technique of the access graph, else the ATT&CK id: what a step of an incident calls it."""
    level: Level
    needs: tuple[Need, ...] = ()
    weight: int
    """How much it says where it is not somebody's habit: 0 (nothing by itself) to 5."""
    also_in: tuple[str, ...] = ()
    """Public rule sets with an equivalent."""
    looks_alike: str
    """What looks the same and is not meant."""
    sql: str = ""
    """The query; empty for one that reads the cloud's trail only."""


class Place(Struct, frozen=True, kw_only=True, order=True):
    """One identity as it was used from one address, by one program, with one lasting credential."""

    user: str
    """Empty for requests that did not sign in."""
    address: str
    agent: str
    credential: str = ""
    """``Secret namespace/name`` of a lasting token, ``X509SHA256=...`` of a certificate; empty for what changes."""


class Sighting(Struct, frozen=True, kw_only=True):
    """A detection that fired for one place."""

    detection: str
    place: Place
    hits: int
    first_us: int
    last_us: int
    habit: bool = False
    """It happens here throughout the trail: this is what this place does all day."""


class State(StrEnum):
    """What a detection can say of a trail."""

    FIRED = "fired"
    QUIET = "quiet"
    """It would have been seen."""
    UNKNOWN = "unknown"


class Outcome(Struct, frozen=True, kw_only=True):
    """What one detection says of one trail."""

    detection: str
    state: State
    why: str = ""
    """Why it cannot be told, or what of it could not be seen beside what was."""
    sightings: tuple[Sighting, ...] = ()
    blind: int = 0
    """Requests that may have been such a thing, and whose record does not show it."""
