"""What an answer that is not a list says, in one line for people.

API servers answer Status objects, aggregated APIs that are down answer plain text, and proxies answer web pages. All of
it comes from outside: it is cut short and freed of control characters, and bodies of unknown kind are not repeated.
"""

from __future__ import annotations

import unicodedata

import msgspec
from msgspec import Struct

from demarc.collect.live.interface import Answer

_LONGEST = 240


class _ListMeta(Struct, frozen=True, rename={"continue_": "continue"}):
    continue_: str = ""


class Status(Struct, frozen=True):
    """The API's own words for a failure."""

    kind: str = ""
    message: str = ""
    reason: str = ""
    metadata: _ListMeta = _ListMeta()

    @property
    def continue_(self) -> str:
        """Where an expired list may go on, inconsistently; empty for everything else."""
        return self.metadata.continue_


def status_of(answer: Answer) -> Status | None:
    """Read a Status; None when the answer is something else."""
    try:
        status = msgspec.json.decode(answer.body, type=Status)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return status if status.kind == "Status" else None


def explain(answer: Answer) -> str:
    """Say what went wrong: ``403 Forbidden: secrets is forbidden: User "eve" cannot list ...``."""
    status = status_of(answer)
    if status:
        return f"{answer.status} {one_line(status.reason)}: {one_line(status.message)}"
    return f"{answer.status}: {says(answer)}"


def says(answer: Answer) -> str:
    """Give the first line of a plain-text answer; of anything else only its type and size."""
    if answer.content_type.startswith("text/plain"):
        return one_line(answer.body[: 4 * _LONGEST].decode(errors="replace"))
    return f"{one_line(answer.content_type) or 'no content type'}, {len(answer.body)} bytes"


def one_line(text: str) -> str:
    """Give the first non-empty line of a text, without anything that could steer a terminal or turn text around."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    plain = "".join(char if unicodedata.category(char)[0] != "C" else "\N{REPLACEMENT CHARACTER}" for char in first)
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "\N{HORIZONTAL ELLIPSIS}"
