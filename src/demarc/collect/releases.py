"""Looks into the releases that Helm stores: which credentials stand in their values and in what was rendered of them.

A release is a copy of everything that Helm installed, Secrets included, and each old one is kept. It gives places,
names, shapes and keyed fingerprints, never a value; what cannot be unpacked is told, and there is a limit to it.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec
import yaml

from demarc.collect.fingerprint import FingerprintKey, decoded, is_fingerprint
from demarc.collect.literals import RENDERED, known_shape, shape_of
from demarc.model.kubernetes import Literal

KEY: Final = "release"
"""Key of the Secret or ConfigMap that holds it."""
DAMAGED: Final = "the release that it holds cannot be unpacked"
TOO_BIG: Final = "the release that it holds is larger than 16 MiB unpacked"
REASONS: Final = frozenset({DAMAGED, TOO_BIG})
_MOST: Final = 200
_INFLATED: Final = 16_777_216
_DEEPEST: Final = 40
_SHORTEST: Final = 4
_GZIP: Final = 31
_DOCUMENT: Final = re.compile(r"^---", re.MULTILINE)
_SECRET: Final = re.compile(r"^kind: [\"']?Secret[\"']?[ \t]*$", re.MULTILINE)
_VARIABLE: Final = re.compile(
    r"name: (?P<q>[\"']?)(?P<name>[A-Za-z_][\w.-]{0,200})(?P=q)[ \t]*\n[ \t]*value: (?P<value>.{1,4096})"
)
_PUBLIC: Final = re.compile(r"ca\.crt|namespace|tls\.crt|service-ca\.crt|(?:.*[._-])?(?:user(?:name)?|host|port|url)")


class _Rendered(msgspec.Struct, gc=False):
    manifest: str = ""


class _Hook(_Rendered, gc=False):
    pass


class _Release(_Rendered, gc=False):
    config: msgspec.Raw = msgspec.Raw(b"null")
    hooks: list[_Hook] | None = None


class Released(NamedTuple):
    """What a release holds."""

    found: tuple[Literal, ...] = ()
    unread: str = ""
    """Why it could not be looked into; empty where it was."""


_RELEASE: Final = msgspec.json.Decoder(_Release)
_ANY: Final = msgspec.json.Decoder()


def released(packed: str, key: FingerprintKey) -> Released:
    """Look into a release, given as the text that Helm writes: base64 of gzip of JSON."""
    if not packed or is_fingerprint(packed):
        return Released()
    data = decoded(packed)
    if data[:1] != b"{":
        unpacker = zlib.decompressobj(_GZIP)
        try:
            data = unpacker.decompress(data, _INFLATED)
        except zlib.error:
            return Released(unread=DAMAGED)
        if unpacker.unconsumed_tail:
            return Released(unread=TOO_BIG)
        if not unpacker.eof:
            return Released(unread=DAMAGED)
    try:
        release = _RELEASE.decode(data)
        values = _ANY.decode(release.config)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return Released(unread=DAMAGED)
    found: dict[tuple[str, str], Literal] = {}
    for one in _literals(release, values, key):
        if one.fingerprint:
            found.setdefault((one.name, one.fingerprint), one)
        if len(found) == _MOST:
            break
    return Released(found=tuple(found.values()))


def _literals(release: _Release, values: Any, key: FingerprintKey) -> Iterator[Literal]:
    yield from _of_values(values, "", "", key, 0)
    for part in (release, *(release.hooks or ())):
        for document in _DOCUMENT.split(part.manifest):
            if _SECRET.search(document):
                yield from _of_secret(document, key)
            else:
                yield from _of_variables(document, key)


def _of_values(value: Any, name: str, path: str, key: FingerprintKey, depth: int) -> Iterator[Literal]:
    """Of the values that were given to the chart: what looks like a credential."""
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for below, inner in value.items():
            yield from _of_values(inner, below, f"{path}.{below}" if path else below, key, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _of_values(inner, name, path, key, depth + 1)
    elif isinstance(value, str) and (shape := shape_of(name, value)):
        yield Literal(at=f"values: {path[:200]}", name=name[:200], shape=shape, fingerprint=key.of_text(value))


def _of_secret(document: str, key: FingerprintKey) -> Iterator[Literal]:
    """Of a rendered Secret: every value of it, but for those that are public by their name."""
    try:
        body = yaml.load(document, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return
    if not isinstance(body, dict) or body.get("kind") != "Secret":
        return
    metadata = body.get("metadata")
    at = f"manifest: Secret {metadata.get('name', '') if isinstance(metadata, dict) else ''}"[:260]
    for part in ("data", "stringData"):
        fields = body.get(part)
        for name, value in fields.items() if isinstance(fields, dict) else ():
            if not isinstance(name, str) or not isinstance(value, str) or _PUBLIC.fullmatch(name.lower()):
                continue
            text = decoded(value).decode("utf-8", "replace") if part == "data" else value
            if len(text) < _SHORTEST:
                continue
            fingerprint = key.of_base64(value) if part == "data" else key.of_text(value)
            yield Literal(at=at, name=name, shape=known_shape(text) or RENDERED, fingerprint=fingerprint)


def _of_variables(document: str, key: FingerprintKey) -> Iterator[Literal]:
    """Of rendered environments: literal values that look like credentials."""
    for one in _VARIABLE.finditer(document):
        value = one["value"].strip().strip("\"'")
        if shape := shape_of(one["name"], value):
            yield Literal(at="manifest: environment", name=one["name"], shape=shape, fingerprint=key.of_text(value))
