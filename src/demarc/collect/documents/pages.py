"""Whether a paged answer is there to its last page: a dump that ends after page one looks like a small cluster.

It counts; it reads no objects.
"""

from __future__ import annotations

from collections import defaultdict

from demarc.collect.documents.kinds import resource_name
from demarc.collect.documents.wire import ListMeta
from demarc.model.evidence import Gap, GapReason


class Pages:
    """Pages of typed Lists, by kind and by the version of the cluster that they are of."""

    def __init__(self) -> None:
        self._pages: dict[tuple[str, str], list[tuple[int, ListMeta]]] = defaultdict(list)

    def add(self, key: str, items: int, meta: ListMeta) -> None:
        """Take in a page of ``items`` objects of kind ``key``."""
        self._pages[key, meta.resource_version].append((items, meta))

    def gaps(self) -> list[Gap]:
        """A gap for every List whose pages do not add up."""
        whole = {key for (key, _), pages in self._pages.items() if self._complete(pages)}
        return [
            Gap(
                what=resource_name(key),
                reason=GapReason.TRUNCATED,
                detail=f"the list goes on after {sum(items for items, _ in pages)} objects; " + self._missing(pages),
                todo="give the other pages too, or the list as kubectl prints it",
            )
            for (key, _), pages in sorted(self._pages.items())
            if key not in whole
        ]

    @staticmethod
    def _complete(pages: list[tuple[int, ListMeta]]) -> bool:
        """All pages are there when one is the last, and what each says remains is covered by the others."""
        if all(meta.continues for _, meta in pages):
            return False
        counted = sum(items for items, _ in pages)
        return all(meta.remaining is None or items + meta.remaining <= counted for items, meta in pages)

    @staticmethod
    def _missing(pages: list[tuple[int, ListMeta]]) -> str:
        remaining = min((meta.remaining for _, meta in pages if meta.continues and meta.remaining), default=None)
        return f"{remaining} more are not here" if remaining else "its other pages are not here"
