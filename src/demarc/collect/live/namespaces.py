"""Which namespaces to try where an account may not list a kind over all of them, and which are not worth trying.

An account limited to some namespaces of a thousand would otherwise be refused kinds times namespaces times.
"""

from __future__ import annotations

import re
import threading
from collections import Counter

import msgspec
from msgspec import Struct

from demarc.collect.live.ask import Asker
from demarc.collect.live.interface import AnswerTooLargeError, ClusterReader, NoAnswerError
from demarc.collect.live.pages import METADATA

_SOURCES = ("/api/v1/namespaces", "/apis/project.openshift.io/v1/projects")
"""Projects of OpenShift are the namespaces that an account may see, listable by everybody."""
_ENOUGH_REFUSALS = 8
_MOST_PAGES = 1_000
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


class _Named(Struct, frozen=True):
    name: str = ""


class _Item(Struct, frozen=True):
    metadata: _Named = _Named()


class _ListMeta(Struct, frozen=True, rename={"continue_": "continue"}):
    continue_: str = ""


class _Names(Struct, frozen=True):
    metadata: _ListMeta = _ListMeta()
    items: list[_Item] | None = None


class Namespaces:
    """The namespaces of one cluster, as far as an account can see them. Safe for several threads."""

    def __init__(self, reader: ClusterReader, ask: Asker) -> None:
        self._reader = reader
        self._ask = ask
        self._lock = threading.Lock()
        self._known: tuple[tuple[str, ...], bool] | None = None
        self._refusals: Counter[str] = Counter()
        self._useful = {reader.namespace}

    def known(self) -> tuple[tuple[str, ...], bool]:
        """Give the names, and whether they are all that there are.

        Where none can be listed it is the namespace of the context alone, as with kubectl.
        """
        with self._lock:
            if self._known is None:
                self._known = self._find()
            return self._known

    def worth_asking(self, name: str) -> bool:
        """Tell whether a namespace has not refused everything so far."""
        with self._lock:
            return name in self._useful or self._refusals[name] < _ENOUGH_REFUSALS

    def note(self, name: str, *, refused: bool) -> None:
        """Remember how a namespace answered."""
        with self._lock:
            if refused:
                self._refusals[name] += 1
            else:
                self._useful.add(name)

    def _find(self) -> tuple[tuple[str, ...], bool]:
        for path in _SOURCES:
            names = self._names(path)
            if names is not None:
                # Projects are only those that this account may see.
                return tuple(dict.fromkeys([*names, self._reader.namespace])), path == _SOURCES[0]
        return (self._reader.namespace,), False

    def _names(self, path: str) -> list[str] | None:
        names: list[str] = []
        token = ""
        for _ in range(_MOST_PAGES):
            query = {"limit": "500", **({"continue": token} if token else {})}
            try:
                answer = self._ask(path, f"{METADATA.accept},application/json", query)
                page = msgspec.json.decode(answer.body, type=_Names) if answer.status == 200 else None
            except (NoAnswerError, AnswerTooLargeError, msgspec.DecodeError, UnicodeDecodeError):
                return None
            if page is None:
                return None
            # A name becomes part of a path: one that no namespace can have is no name.
            names += [n for item in page.items or () if _NAME.fullmatch(n := item.metadata.name)]
            token = page.metadata.continue_
            if not token:
                return names
        return None
