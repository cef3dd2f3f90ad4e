"""Static pods that a provider's clusters have out of the box, as data. It knows no cluster."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache

import msgspec
from msgspec import Struct

from demarc.catalog.files import read


class KnownStaticPod(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A static pod that a node image brings."""

    providers: tuple[str, ...]
    namespace: str
    name: str
    images: tuple[str, ...]

    def fits(self, provider: str, namespace: str, name: str, images: Iterable[str]) -> bool:
        """Whether a static pod is this one, by its names and by every image that it runs."""
        return (
            provider in self.providers
            and fnmatchcase(namespace, self.namespace)
            and fnmatchcase(name, self.name)
            and all(any(fnmatchcase(image, known) for known in self.images) for image in images)
        )


@cache
def static_pods() -> tuple[KnownStaticPod, ...]:
    """All that are known."""
    return msgspec.convert(read("static_pods.yaml"), tuple[KnownStaticPod, ...])
