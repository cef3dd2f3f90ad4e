"""Who may do what at a fake cluster: globs, as ``forbid`` and ``allow`` take them."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from msgspec import Struct


class Attempt(Struct, frozen=True, kw_only=True):
    """What somebody wants to do."""

    verb: str
    resource: str
    """``pods``, ``deployments.apps``; ``pods:eviction`` for a subresource."""
    namespace: str | None = None


def forbids(forbid: Iterable[str], allow: Iterable[str], attempt: Attempt) -> bool:
    """Tell whether an attempt is refused: ``forbid`` matches it and ``allow`` does not."""
    return any(_matches(one, attempt) for one in forbid) and not any(_matches(one, attempt) for one in allow)


def _matches(pattern: str, attempt: Attempt) -> bool:
    """``secrets``, ``*.apps``, ``pods/shop``; with verbs before it: ``delete secrets``, ``create,patch */shop``."""
    verbs, space, rest = pattern.partition(" ")
    if not space:
        verbs, rest = "*", pattern
    kind, slash, where = rest.partition("/")
    return (
        any(fnmatchcase(attempt.verb, verb) for verb in verbs.split(","))
        and fnmatchcase(attempt.resource, kind)
        and (not slash or fnmatchcase(attempt.namespace or "", where))
    )
