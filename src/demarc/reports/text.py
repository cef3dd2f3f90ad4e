"""Text that came from input, made safe to show.

Names of objects, owners and files are chosen by others. Shown as they are, they could move the cursor of a terminal,
reverse the reading order of a line, or hide letters. Every report passes them through ``safe_text``, which replaces
such characters by a visible escape rather than drop them: names that differ still look different.
This module knows nothing of assessments.
"""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL, C1: terminal escapes, tabs and line breaks
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # invisible letters and joiners
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u3164\uffa0\ufff0-\ufffb"  # zero width, bidi overrides, separators
    "\ud800-\udfff"  # lone surrogates cannot be written as UTF-8
    "\U000e0000-\U000e0fff"  # tags
    "]"
)
_MARKS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{4,}")


def _visible(match: re.Match[str]) -> str:
    return "".join(_escape(character) for character in match[0])


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def safe_text(value: str, limit: int | None = None) -> str:
    r"""Make one line of ``value`` that is safe in a terminal, a page and a spreadsheet cell.

    Control, bidi, zero-width and other invisible characters and lone surrogates become visible escapes (``\x1b``,
    ``\u202e``), also stacks of more than three combining marks. With ``limit``, at most that many characters
    come back, the last one an ellipsis where something was cut. Markup (HTML, Rich) is not touched: it is for the
    writer of each format to escape. Idempotent.
    """
    if not value.isprintable():
        value = _UNSAFE.sub(_visible, value)
    if not value.isascii():
        value = _MARKS.sub(_visible, value)
    if limit is not None and len(value) > limit:
        return value[: max(limit - 1, 0)] + "…"
    return value


def safe_lines(value: str) -> tuple[str, ...]:
    """Split text of several lines, such as a letter, at line feeds and make each line safe."""
    return tuple(safe_text(line) for line in value.replace("\r\n", "\n").split("\n"))


def count(number: int, noun: str, nouns: str = "") -> str:
    """Write ``1 row``, ``2 rows``, ``1,200 rows``."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def share(part: int, whole: int) -> str:
    """Write a share of ``whole`` in per cent: never 0 % of something, never 100 % of less than all."""
    if not part or not whole:
        return "0 %"
    if part == whole:
        return "100 %"
    return "<1 %" if part * 100 < whole else f"{min(99, round(part * 100 / whole))} %"


def listed(items: list[str] | tuple[str, ...], most: int = 3) -> str:
    """Join names as ``a, b, c and 4 more``."""
    if len(items) <= most:
        return ", ".join(items)
    return f"{', '.join(items[:most])} and {len(items) - most:,} more"
