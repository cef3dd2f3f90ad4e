"""Which duty a weakness breaks and a technique gets around: what the rules of attribution look up.

Complete over every part of the boundary, every technique of the catalogue and the ATT&CK ids; a test holds that.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from typing import Any

import msgspec
from msgspec import Struct

from demarc.catalog.files import read
from demarc.catalog.techniques import techniques
from demarc.model.exposure import CredentialKind

_ATTACK = re.compile(r"^T\d{4}(\.\d{3})?$")


class Nature(StrEnum):
    """What sort of act a technique is."""

    EXPLOIT = "exploit"
    RIGHT = "right"
    DEPLOY = "deploy"
    CHANGE = "change"
    EXPOSURE = "exposure"
    CREDENTIAL = "credential"
    STORE = "store"
    METADATA = "metadata"
    NODE = "node"
    LOGIN = "login"
    SUPPLY = "supply"
    DEPUTY = "deputy"
    ESCAPE = "escape"
    BLIND = "blind"
    PERSIST = "persist"
    HARM = "harm"
    LOOK = "look"


class Family(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The duty that each class of weakness breaks."""

    before: str
    after: str
    misconfiguration: str
    default: str
    leaked_credential: str
    malicious_release: str
    none: str
    kind_decides: bool = False
    decides_when_sound: bool = False


class Act(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A technique, as attribution sees it."""

    nature: Nature
    duty: str
    """Empty: the part decides."""
    title: str
    logged: str = "maybe"
    also: tuple[str, ...] = ()


_CLASSES = tuple(name for name in Family.__struct_fields__ if not name.startswith(("kind_", "decides_")))
UNLISTED = Act(nature=Nature.LOOK, duty="", title="not in the catalogue")


@cache
def families() -> dict[str, Family]:
    """All families by name."""
    return {name: _family(dict(raw)) for name, raw in read("attribution.yaml")["families"].items()}


def _family(raw: dict[str, Any]) -> Family:
    every = raw.pop("every", None)
    general = dict.fromkeys(_CLASSES, every) if every else {}
    return msgspec.convert({**general, **raw}, Family)


@cache
def kinds() -> dict[str, str]:
    """Name of the family by kind of component."""
    return msgspec.convert(read("attribution.yaml")["kinds"], dict[str, str])


@cache
def on_the_ground() -> frozenset[str]:
    """Duties that lie with whoever has the ground, whoever put the part there."""
    return frozenset(msgspec.convert(read("attribution.yaml")["ground"], tuple[str, ...]))


@cache
def acts() -> dict[str, Act]:
    """All techniques by name or ATT&CK id."""
    raw = read("attribution.yaml")
    found = msgspec.convert(raw["attack"], dict[str, Act])
    facts = techniques()
    failed = msgspec.convert(raw["failed"], dict[str, str])
    for nature, listed in msgspec.convert(raw["natures"], dict[Nature, tuple[str, ...]]).items():
        for name in listed:
            if name in found:
                raise ValueError(f"technique {name} is there twice")
            known = facts[name]
            duty = failed.get(name, known.duty)
            also = tuple(one for one in (known.duty, *known.also) if one != duty)
            found[name] = Act(nature=nature, duty=duty, title=known.says, also=also)
    return found


def act(technique: str) -> Act | None:
    """A technique by name or id; of an unlisted sub-technique its technique. None for what is no technique at all."""
    if (found := acts().get(technique)) is not None:
        return found
    if _ATTACK.match(technique):
        return acts().get(technique.partition(".")[0], UNLISTED)
    return None


@cache
def exposes() -> dict[str, CredentialKind]:
    """The kind of credential that a technique lays open, by technique; most lay none open."""
    raw = msgspec.convert(read("attribution.yaml")["exposes"], dict[CredentialKind, tuple[str, ...]])
    return {technique: kind for kind, listed in raw.items() for technique in listed}
