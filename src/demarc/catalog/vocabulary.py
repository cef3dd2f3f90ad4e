"""How the parties are called in CSA, FedRAMP, OSCAL and NIST terms."""

from __future__ import annotations

from functools import cache

import msgspec
from msgspec import Struct

from demarc.catalog.files import read
from demarc.model.boundary import Party


class Terms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A party in the words of others. None where they have no word: then it must be settled before an export."""

    csa_ssrm: str | None
    fedramp_origination: tuple[str, ...] | None
    oscal_export: str | None
    nist_800_53: str | None
    crm_inheritance: str | None
    note: str = ""


@cache
def vocabulary() -> dict[Party, Terms]:
    """Terms by party."""
    return msgspec.convert(read("vocabulary.yaml"), dict[Party, Terms])
