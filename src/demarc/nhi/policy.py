"""How long what may live: the default policy, and a user's own over it. It judges nothing."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache

import msgspec
from msgspec import Struct

from demarc.catalog.files import read
from demarc.intake.limits import Limits
from demarc.intake.yaml_documents import YamlDamage, yaml_documents
from demarc.model.errors import DemarcError, Where
from demarc.model.nhi import NhiKind

TODO = "docs/concepts/nhi.md shows a policy"


class Thresholds(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days; None sets no limit."""

    any: bool = False
    """It should not be there at all."""
    warn: int | None = None
    breach: int | None = None
    unused: int | None = None
    expiring: int | None = None
    life: int | None = None
    """For what is made anew all the time: how long each one may be good."""


class Override(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Other limits in namespaces, given by pattern."""

    namespaces: tuple[str, ...]
    kinds: dict[NhiKind, Thresholds]


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits by kind, and by namespace where they differ; the first override that fits counts."""

    kinds: dict[NhiKind, Thresholds] = {}
    overrides: tuple[Override, ...] = ()

    def of(self, kind: NhiKind, namespace: str) -> Thresholds:
        """The limits for a kind in a namespace."""
        for override in self.overrides:
            if kind in override.kinds and any(fnmatchcase(namespace, one) for one in override.namespaces):
                return override.kinds[kind]
        return self.kinds.get(kind) or default().kinds.get(kind) or Thresholds()


@cache
def default() -> Policy:
    """The policy of the catalogue."""
    return msgspec.convert(read("nhi.yaml"), Policy)


def read_policy(name: str, data: bytes) -> Policy:
    """Read a user's policy; kinds that it leaves out keep their defaults. Raises DemarcError."""
    documents = list(yaml_documents(data, Limits()))
    if len(documents) != 1 or isinstance(documents[0], YamlDamage):
        line = documents[0].line if documents else 1
        says = documents[0].says if documents and isinstance(documents[0], YamlDamage) else "it is not one document"
        raise DemarcError(f"the policy cannot be read: {says}", where=Where(file=name, line=line), todo=TODO)
    try:
        found = msgspec.json.decode(documents[0].data, type=Policy)
    except msgspec.ValidationError as error:
        raise DemarcError(f"the policy is not as it should be: {error}", where=Where(file=name), todo=TODO) from None
    for kind, limits in [*found.kinds.items(), *(pair for one in found.overrides for pair in one.kinds.items())]:
        if limits.warn is not None and limits.breach is not None and limits.warn > limits.breach:
            raise DemarcError(
                f"{kind.value}: warn comes after breach", where=Where(file=name), todo="let warn be fewer days"
            )
    return found
