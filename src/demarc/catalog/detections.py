"""Detections as data: what each looks for, as SQL over the audit trail, which duty it points at, what looks alike.

Rows lie in ``detections/*.yaml``, queries beside them in ``detections/ID.sql``. The code that runs them is
``demarc.incidents.detections``. Compiled from public rule sets, restated; their texts are not copied.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import msgspec

from demarc.catalog.files import names, read
from demarc.model.detections import DetectionFacts

FOLDER = "detections"


@cache
def detections() -> dict[str, DetectionFacts]:
    """All detections by id, in the order of their files. Raises where two have one id."""
    found: dict[str, DetectionFacts] = {}
    for group in names(FOLDER):
        for facts in msgspec.convert(read(f"{FOLDER}/{group}.yaml"), tuple[DetectionFacts, ...]):
            if facts.id in found:
                raise ValueError(f"detection {facts.id} is there twice")
            found[facts.id] = msgspec.structs.replace(facts, sql=_sql(facts.id))
    return found


def _sql(name: str) -> str:
    """Text of a detection's query; empty for one without."""
    path = files(__package__).joinpath(f"{FOLDER}/{name}.sql")
    return path.read_text("utf-8") if path.is_file() else ""
