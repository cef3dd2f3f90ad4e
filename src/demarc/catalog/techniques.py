"""Techniques of the access graph as data: what each needs, which duty stops it, how likely it works, in one sentence.

The code that finds them in a cluster is ``demarc.access.techniques``; a test holds the two together.
"""

from __future__ import annotations

from functools import cache

import msgspec

from demarc.catalog.files import names, read
from demarc.model.graph import TechniqueFacts


@cache
def techniques() -> dict[str, TechniqueFacts]:
    """All techniques by name, in the order of their files and in these as written. Raises where two have one name."""
    found: dict[str, TechniqueFacts] = {}
    for group in names("techniques"):
        for facts in msgspec.convert(read(f"techniques/{group}.yaml"), tuple[TechniqueFacts, ...]):
            if facts.name in found:
                raise ValueError(f"technique {facts.name} is there twice")
            found[facts.name] = facts
    return found
