"""Frameworks and the duties that relate to their requirements: a relation, never a claim of compliance."""

from __future__ import annotations

from functools import cache

import msgspec
from msgspec import Struct

from demarc.catalog.files import head, names, read

_MAPS = ("check-map", "duty-map")


class Item(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One requirement of a framework."""

    id: str
    title: str
    verified: bool = True
    """False where the id is from general knowledge and was not compared with the publisher's text."""


class Framework(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A framework in one version."""

    id: str
    title: str
    version: str
    url: str
    licence_note: str
    verified_ids: bool | str
    items: tuple[Item, ...]


@cache
def framework(framework_id: str) -> Framework:
    """A framework by id, such as ``nist-csf``."""
    return msgspec.convert(read(f"frameworks/{framework_id}.yaml"), Framework)


@cache
def version_of(framework_id: str) -> str:
    """Version of a framework, without reading its requirements."""
    return str(head(f"frameworks/{framework_id}.yaml", "items")["version"])


@cache
def frameworks() -> tuple[str, ...]:
    """Ids of all frameworks, sorted."""
    return tuple(name for name in names("frameworks") if name not in _MAPS)


@cache
def duty_map() -> dict[str, dict[str, tuple[str, ...]]]:
    """Duty -> framework -> ids of requirements that it relates to."""
    return msgspec.convert(read("frameworks/duty-map.yaml"), dict[str, dict[str, tuple[str, ...]]])


@cache
def check_map() -> dict[str, dict[str, tuple[str, ...]]]:
    """Start of the ids of a family of checks -> framework -> ids of requirements that it relates to."""
    return msgspec.convert(read("frameworks/check-map.yaml"), dict[str, dict[str, tuple[str, ...]]])


def named(word: str) -> str | None:
    """The framework that a word stands for: its id, or its id or last part with the version (``csf-2.0``)."""
    wanted = word.lower()
    for key in frameworks():
        edition = version_of(key).split(" ")[0].lower()
        short = key.partition("-")[2] or key
        if wanted in {key, short, f"{key}-{edition}", f"{short}-{edition}", f"{key}:{edition}"}:
            return key
    return None
