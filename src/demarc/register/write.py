"""Writes text into YAML so that it comes back as it was, whatever it holds: for drafts made from hostile names."""

from __future__ import annotations

import re

from demarc.register.fields import ID_LENGTH, NAME_LENGTH
from demarc.register.tree import Scalar
from demarc.register.words import MARKER, is_marker, unsafe

_BARE = re.compile(r"[A-Za-z0-9_][\w./@+-]*", re.ASCII)
_NOT_ID = re.compile(r"[\s:,*?]+")
_ESCAPED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
_GLOB = "*?"


def scalar(text: str) -> str:
    """A text as a YAML scalar that every YAML reader takes for just that text; quoted where it must be."""
    if _BARE.fullmatch(text) and len(text) <= 64 and Scalar(text, True, 1).means == "str" and text.lower() not in "yn":
        return text
    return f'"{"".join(_character(one) for one in text)}"'


def _character(one: str) -> str:
    if one in _ESCAPED:
        return _ESCAPED[one]
    code = ord(one)
    if one.isprintable() and not unsafe(one):
        return one
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def comment(text: str, limit: int = 110) -> str:
    """A text for a comment: on one line, shown characters alone, cut at ``limit``."""
    flat = "".join(one if one.isprintable() and not unsafe(one) else " " for one in text[: limit * 4])
    line = " ".join(flat.split())
    return line if len(line) <= limit else f"{line[: limit - 3]}..."


def name_or_glob(name: str) -> str:
    """A name of the cluster as a selector: what a register cannot hold becomes ``?``, what is too long ends in ``*``.

    A name that holds ``*`` or ``?`` itself, or that reads like the marker of a draft, must not be taken for one.
    """
    safe = "".join("?" if unsafe(one) or one in _GLOB or one in "\n\t" else one for one in name[: NAME_LENGTH - 1])
    if len(name) >= NAME_LENGTH:
        safe += "*"
    if is_marker(safe):
        safe = safe.strip()[:-1] + "?"
    if safe != safe.strip():
        safe = "".join("?" if one.isspace() else one for one in safe)
    if any(one in safe for one in _GLOB):
        safe = safe.replace("[", "?").replace("]", "?")
    return safe


def identifier(text: str) -> str:
    """An id made of a name: as it is where it can be an id, else the nearest that can."""
    bare = "".join("-" if unsafe(one) or not one.isprintable() else one for one in text)
    made = _NOT_ID.sub("-", bare)[: ID_LENGTH - 8].strip("-")
    return f"{made or 'unnamed'}-1" if not made or made.upper() == MARKER else made
