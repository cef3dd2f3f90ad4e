"""The texts of a custom resource that may be the name of a Secret, each with where it stands. It decides nothing.

What looks like a name may as well be a value: whoever asks lets nothing go on but names of Secrets.
"""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from demarc.collect.fingerprint import is_fingerprint

ANY: Final = "*"
"""Stands in a path for each item of a list."""
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_ANY: Final = msgspec.json.Decoder()
_MOST: Final = 500
_DEEPEST: Final = 60
_BESIDE: Final = frozenset({"apiVersion", "kind", "metadata"})

Path = tuple[str, ...]


class Told(Protocol):
    """What is known of a field beforehand."""

    @property
    def claim(self) -> object | None:
        """Whether it may name a Secret."""
        ...

    def field(self, name: str) -> Told | None:
        """What is known of a field in it."""
        ...


class Candidate(NamedTuple):
    """A text that may be a name."""

    path: Path
    """``("spec", "users", "*", "passwordSecret")``."""
    value: str
    """As it stands, or its fingerprint where a stored snapshot has no more."""
    namespace: str
    """What stands beside it as namespace; empty for none."""
    kind: str
    """What stands beside it as kind, of a reference by ``name``; empty for none."""


def candidates(data: bytes, told: Told | None, names: Container[str]) -> list[Candidate]:
    """Texts of an object's JSON that may be names, five hundred at most.

    Those of fields that are ``told`` of, of fields that are called like Secrets, and those that are one of ``names``.
    """
    try:
        body = _ANY.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return []
    found: list[Candidate] = []
    for name, value in body.items() if isinstance(body, dict) else ():
        if name not in _BESIDE:
            _Walk(names, found).walk(value, (name,), told.field(name) if told is not None else None)
    return found[:_MOST]


class _Walk:
    """A way through one object."""

    def __init__(self, names: Container[str], found: list[Candidate]) -> None:
        self._names = names
        self._found = found

    def walk(self, value: Any, path: Path, told: Told | None) -> None:
        if len(path) > _DEEPEST or len(self._found) >= _MOST:
            return
        if isinstance(value, list):
            within, items = (*path, ANY), told.field(ANY) if told is not None else None
            hinted = _hints(path[-1]) or (items is not None and items.claim is not None)
            for item in value:
                if isinstance(item, (dict, list)):
                    self.walk(item, within, items)
                elif isinstance(item, str) and (hinted or item in self._names) and _may_be_name(item):
                    self._found.append(Candidate(within, item, "", ""))
        elif isinstance(value, dict):
            self._fields(value, path, told)

    def _fields(self, fields: dict[str, Any], path: Path, told: Told | None) -> None:
        hinted = _hints(path[-1]) or (path[-1] == ANY and _hints(path[-2]))
        for key, inner in fields.items():
            if isinstance(inner, (dict, list)):
                if inner:
                    self.walk(inner, (*path, key), told.field(key) if told is not None else None)
            elif isinstance(inner, str):
                known = told.field(key) if told is not None else None
                wanted = (
                    hinted or inner in self._names or _hints(key) or (known is not None and known.claim is not None)
                )
                if wanted and _may_be_name(inner):
                    self._found.append(Candidate((*path, key), inner, _namespace(fields, key), _kind(fields, key)))


def _hints(name: str) -> bool:
    """Whether a field may be called like a Secret: quick, and rather too often."""
    return "ecret" in name or "ertificateRef" in name or "ertificateref" in name


def _may_be_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None or is_fingerprint(text)


def _namespace(fields: dict[str, Any], key: str) -> str:
    """The namespace that stands beside a name: ``namespace``, ``tokenSecretNamespace``, ``secretNamespace``."""
    if key == "name":
        names: tuple[str, ...] = ("namespace",)
    else:
        names = (f"{key.removesuffix('Name').removesuffix('Ref')}Namespace", "secretNamespace", "namespace")
    for name in names:
        found = fields.get(name)
        if name != key and isinstance(found, str) and _NAME.fullmatch(found):
            return found
    return ""


def _kind(fields: dict[str, Any], key: str) -> str:
    found = fields.get("kind")
    return found if key == "name" and isinstance(found, str) else ""
