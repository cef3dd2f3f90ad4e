"""Logins of EKS: the IAM principals that access entries and the ConfigMap ``aws-auth`` let in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from demarc.inventory.records import dig, words
from demarc.inventory.sight import Sight
from demarc.model.kubernetes import ConfigMap

_MAPPED: Final = re.compile(r"^(-?)\s*(userarn|rolearn|username)\s*:\s*[\"']?([^\s\"'#]+)")
_NODE: Final = "system:node:"
_SERVICE: Final = ":role/aws-service-role/"


class Login(Struct, frozen=True, kw_only=True):
    """A principal that may log in."""

    principal: str
    """ARN of the user or role."""
    platforms: bool
    """It stands for nodes or for a service of AWS, not for somebody."""


def logins(sight: Sight) -> tuple[Login, ...]:
    """Principals by access entry and by ``aws-auth``; one that both name is there once."""
    found: dict[str, Login] = {}
    for login in (*_described(sight), *_listed(sight), *_mapped(sight)):
        found.setdefault(login.principal, login)
    return tuple(found.values())


def _described(sight: Sight) -> Iterator[Login]:
    for record in sight.descriptions.of("eks.accessEntry"):
        standard = words(record.body, "type") in ("", "STANDARD")
        yield Login(principal=record.name, platforms=not standard or _SERVICE in record.name)


def _listed(sight: Sight) -> Iterator[Login]:
    for listing in sight.descriptions.of("eks.accessEntryList"):
        names = dig(listing.body, "names")
        for name in names if isinstance(names, list) else ():
            if isinstance(name, str):
                yield Login(principal=name, platforms=_SERVICE in name)


def _mapped(sight: Sight) -> Iterator[Login]:
    """Entries of ``aws-auth``, read line by line: people write its YAML by hand, and it may be anything."""
    for item in sight.snapshot.all("ConfigMap", ConfigMap):
        if item.key != "kube-system/aws-auth":
            continue
        for name in ("mapUsers", "mapRoles"):
            yield from _entries(item.settings.get(name, ""))


def _entries(text: str) -> Iterator[Login]:
    principal, username = "", ""
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("- ") and principal and not stripped.startswith("- system:"):
            yield Login(principal=principal, platforms=username.startswith(_NODE))
            principal, username = "", ""
        found = _MAPPED.match(stripped)
        if found and found[2] == "username":
            username = found[3]
        elif found:
            principal = found[3]
    if principal:
        yield Login(principal=principal, platforms=username.startswith(_NODE))
