"""Checks as data: what each looks at, how bad it is, whose duty it shows, which requirements it relates to.

The code that examines a cluster is ``demarc.posture``; a test holds the two together.
"""

from __future__ import annotations

from functools import cache

import msgspec

from demarc.catalog.files import names, read
from demarc.model.posture import CheckFacts


@cache
def checks() -> dict[str, CheckFacts]:
    """All checks by id, in the order of their files and in these as written. Raises where two have one id."""
    found: dict[str, CheckFacts] = {}
    for group in names("checks"):
        for facts in msgspec.convert(read(f"checks/{group}.yaml"), tuple[CheckFacts, ...]):
            if facts.id in found:
                raise ValueError(f"check {facts.id} is there twice")
            found[facts.id] = facts
    return found
