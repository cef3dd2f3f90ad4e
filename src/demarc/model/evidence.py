"""What a statement rests on, and what could not be examined."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from msgspec import Struct


class Grade(IntEnum):
    """How hard the evidence is to forge, from the outside in. Higher is stronger."""

    NAMED = 1
    """Names, labels, annotations: anybody who can write the object can write them."""
    BUILT = 2
    """Image registry and tag: says who built it, not who put it there or keeps it."""
    WRITTEN = 3
    """Fields that the API server or the cloud controller writes: providerID, field managers, kubelet version."""
    ANSWERED = 4
    """The provider's own API answered it: describe-cluster, describe-addon and the like."""


class Evidence(Struct, frozen=True, kw_only=True, gc=False):
    """One observation behind a statement."""

    says: str
    """The observation in words, such as ``field manager 'eks' wrote DaemonSet kube-system/aws-node``."""
    grade: Grade
    source: str = ""
    """Id of the source in the snapshot; empty when it is the absence of something."""


class GapReason(StrEnum):
    """Why something could not be examined."""

    FORBIDDEN = "forbidden"
    UNAVAILABLE = "unavailable"
    EXPIRED = "expired"
    MALFORMED = "malformed"
    TRUNCATED = "truncated"
    TOO_LARGE = "too-large"
    UNKNOWN_SHAPE = "unknown-shape"
    NOT_GIVEN = "not-given"
    INTERRUPTED = "interrupted"
    REFUSED = "refused"
    """Refused by Demarc for safety: a path that leaves its archive, an archive that unpacks without end."""


class Gap(Struct, frozen=True, kw_only=True):
    """Something that was looked for and not seen. Answers that needed it are Unknown, not clean."""

    what: str
    """What is missing, in the API's own words where it has some: ``secrets``, ``deployments.apps``, ``eks.addon``;
    for an input that could not be read, its name."""
    reason: GapReason
    detail: str = ""
    """One line for people: status code, first line of the answer, position of the damage. Never a secret value."""
    source: str = ""
    todo: str = ""
