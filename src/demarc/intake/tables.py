"""Rows of CSV whose fields may be long: of a request that was exported with its body, the whole is one field.

Knows no columns. The library's limit holds for a whole process; it is widened for a row at a time, so that whoever else
reads CSV keeps theirs.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any, Final

LONGEST: Final = 16 * 1024 * 1024
"""Characters of a field."""


def rows(lines: Iterable[str]) -> Iterator[dict[str | Any, str | Any]]:
    """Rows by the names in the first line. Raises ``csv.Error`` for what is no CSV, or has a longer field."""
    reader = csv.DictReader(lines)
    while True:
        before = csv.field_size_limit(LONGEST)
        try:
            row = next(reader, None)
        finally:
            csv.field_size_limit(before)
        if row is None:
            return
        yield row
