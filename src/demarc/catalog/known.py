"""What every cluster has: bindings of the API server's own, and those that installers and providers bring.

Known by content, name, subjects and rules together, so that a default that somebody changed is not taken for one.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache, cached_property

import msgspec
from msgspec import Struct

from demarc.catalog.files import read
from demarc.model.kubernetes import PolicyRule


class KnownBinding(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """A binding that the API server makes."""

    binding: str
    namespace: str = ""
    role_kind: str = "ClusterRole"
    role: str = ""
    """Empty: named like the binding."""
    subjects: tuple[str, ...]
    """As ``Group system:masters``, ``ServiceAccount kube-system/job-controller``."""
    rules: tuple[str, ...]

    @cached_property
    def allows(self) -> tuple[PolicyRule, ...]:
        """What its role gives."""
        return tuple(_rule(text) for text in self.rules)


class BroughtBinding(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bindings that an installer or provider brings; names are globs, ``{a,b}`` for several."""

    providers: tuple[str, ...] = ()
    """Empty: any."""
    binding: str
    role: str
    subjects: tuple[str, ...]
    everything: bool = False
    """Whether it is also known where its role allows everything."""

    def is_for(self, name: str, role: str) -> bool:
        """Tell by the names of a binding and its role."""
        return _any(name, self.binding) and _any(role, self.role)

    def names(self, subject: str) -> bool:
        """Tell whether a subject is a usual one."""
        return any(fnmatchcase(subject, pattern) for pattern in self.subjects)


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    bindings: tuple[KnownBinding, ...]
    brought: tuple[BroughtBinding, ...]


@cache
def _file() -> _File:
    return msgspec.convert(read("known.yaml"), _File)


@cache
def known_bindings() -> dict[tuple[str, str], KnownBinding]:
    """Bindings of the API server by namespace and name."""
    return {(one.namespace, one.binding): one for one in _file().bindings}


@cache
def brought_bindings(provider: str) -> tuple[BroughtBinding, ...]:
    """What is brought to a provider's clusters."""
    return tuple(one for one in _file().brought if not one.providers or provider in one.providers)


def _any(name: str, pattern: str) -> bool:
    patterns = pattern[1:-1].split(",") if pattern.startswith("{") else (pattern,)
    return any(fnmatchcase(name, one) for one in patterns)


def _rule(text: str) -> PolicyRule:
    verbs, _, what = text.partition(" ")
    if what == "*" or what.startswith("/"):
        return PolicyRule(verbs=verbs.split(","), non_resource_urls=what.split(","))
    what, _, names = what.partition(" @")
    groups: dict[str, list[str]] = {}
    for part in what.split(","):
        path, slash, rest = part.partition("/")
        head, dot, group = (rest if slash else path).partition(".")
        groups.setdefault(group if dot else "", []).append(f"{path}/{head}" if slash else head)
    # Several groups in one rule allow each resource in each of them; that is what the roles do.
    return PolicyRule(
        verbs=verbs.split(","),
        api_groups=list(groups),
        resources=list(dict.fromkeys(name for found in groups.values() for name in found)),
        resource_names=names.split(",") if names else None,
    )
