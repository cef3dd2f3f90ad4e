"""What a responder does on the tenant's side: templates of actions, and what ends which credential."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from msgspec import Struct

from demarc.catalog.files import read
from demarc.model.duties import Layer
from demarc.model.exposure import CredentialKind


class Template(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One action with the names left open."""

    id: str = ""
    what: str
    why: str = ""
    command: str = ""
    undo: str = ""
    each: str = ""
    """Written once for each of these things of the case; empty: once."""


class Revocation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ends a credential, how fast, and what does not."""

    what: str
    command: str
    effective: str
    does_not_help: str
    source: str


@cache
def templates(phase: str) -> tuple[Template, ...]:
    """The actions of preserve, contain, recover or watch, in order."""
    return msgspec.convert(_raw()[phase], tuple[Template, ...])


@cache
def closing(duty: str, layer: Layer) -> Template:
    """How the door is closed that a broken duty left open."""
    close = _raw()["close"]
    return msgspec.convert(close["duties"].get(duty) or close["layers"][layer.value], Template)


@cache
def revocations() -> dict[CredentialKind, Revocation]:
    """What ends a credential, by its kind; complete."""
    return msgspec.convert(_raw()["revoke"], dict[CredentialKind, Revocation])


def _raw() -> dict[str, Any]:
    found: dict[str, Any] = read("runbook.yaml")
    return found
