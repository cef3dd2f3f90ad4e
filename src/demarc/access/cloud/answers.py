"""Yes, no, or not to be seen, with the reason. What all modules of this package answer with."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from demarc.model.evidence import Evidence, Grade
from demarc.model.snapshot import Record


class Answer(StrEnum):
    """What can be told."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Verdict(Struct, frozen=True, kw_only=True):
    """An answer and why."""

    answer: Answer
    says: str
    """What was looked at: for No what stands against it, for Unknown what is missing."""

    @property
    def holds(self) -> bool:
        """Whether it is not ruled out: yes, or unknown."""
        return self.answer is not Answer.NO

    @property
    def unknown(self) -> str:
        """The reason where it is unknown, else empty."""
        return self.says if self.answer is Answer.UNKNOWN else ""


def yes(says: str) -> Verdict:
    """It holds."""
    return Verdict(answer=Answer.YES, says=says)


def no(says: str) -> Verdict:
    """It does not hold."""
    return Verdict(answer=Answer.NO, says=says)


def unknown(says: str) -> Verdict:
    """It cannot be told."""
    return Verdict(answer=Answer.UNKNOWN, says=says)


def answered(says: str, record: Record) -> Evidence:
    """What a description of the cloud says."""
    return Evidence(says=says, grade=Grade.ANSWERED, source=record.source)
