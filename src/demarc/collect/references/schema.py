"""What the schema of a CustomResourceDefinition says of where Secrets are named: a tree of the fields that may.

It knows schemas, and no object. A schema that cannot be read says nothing.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Final

import msgspec
from msgspec import Struct, field

from demarc.collect.references import words
from demarc.collect.references.candidates import ANY, Path

_DEEPEST: Final = 40


class Claim(Enum):
    """How surely a field names a Secret."""

    NAMES = 1
    """It does, whether the Secret is there or not."""
    MAY = 2
    """It does where a Secret of that name is there: it may as well be a value, or a thing elsewhere."""
    BY_KIND = 3
    """It does where the kind that stands beside it is Secret."""


class _Schema(Struct, gc=False):
    type: Any = ""
    description: str = ""
    properties: dict[str, _Schema] | None = None
    items: _Schema | list[Any] | bool | None = None
    additional: _Schema | bool | None = field(default=None, name="additionalProperties")
    enum: list[Any] | None = None
    preserve: bool = field(default=False, name="x-kubernetes-preserve-unknown-fields")
    embedded: bool = field(default=False, name="x-kubernetes-embedded-resource")


class _Validation(Struct, gc=False):
    schema: msgspec.Raw = field(default=msgspec.Raw(b"null"), name="openAPIV3Schema")


class _Version(Struct, gc=False):
    name: str = ""
    storage: bool = False
    schema: _Validation | None = None


class _Names(Struct, gc=False):
    kind: str = ""


class _Spec(Struct, gc=False):
    group: str = ""
    names: _Names = field(default_factory=_Names)
    versions: list[_Version] = field(default_factory=list)
    validation: _Validation | None = None
    """Of the old v1beta1: one schema for all versions."""


class _Definition(Struct, gc=False):
    spec: _Spec = field(default_factory=_Spec)


_DEFINITION: Final = msgspec.json.Decoder(_Definition)
_SCHEMA: Final = msgspec.json.Decoder(_Schema)


class Fields:
    """A field of a kind, with those below it."""

    __slots__ = ("_below", "claim", "is_open")

    def __init__(self, *, is_open: bool = False) -> None:
        self.claim: Claim | None = None
        self.is_open = is_open
        """Whether the schema leaves open what lies below."""
        self._below: dict[str, Fields] = {}

    def put(self, name: str, below: Fields) -> None:
        """Add a field in it."""
        self._below[name] = below

    def field(self, name: str) -> Fields | None:
        """A field in it; where any may be, what holds for all of them."""
        return self._below.get(name) or self._below.get(ANY)

    def at(self, path: Path) -> tuple[Claim | None, bool]:
        """What is claimed of a path, and whether the schema leaves it open."""
        here = self
        for word in path:
            if here.is_open:
                return None, True
            below = here.field(word)
            if below is None:
                return None, False
            here = below
        return here.claim, here.is_open


class Definition:
    """A CustomResourceDefinition as it was read; its schemas are looked at when objects of it are."""

    def __init__(self, data: bytes | memoryview) -> None:
        try:
            self._spec = _DEFINITION.decode(bytes(data)).spec
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            self._spec = _Spec()
        self._known: dict[str, Fields | None] = {}

    @property
    def kind(self) -> str:
        """``Kind.group``; empty where it could not be read."""
        spec = self._spec
        return f"{spec.names.kind}.{spec.group}" if spec.names.kind and spec.group else ""

    def fields(self, version: str) -> Fields | None:
        """The fields of a version, or of the one that is stored; None where there is no schema."""
        if version not in self._known:
            self._known[version] = self._fields(version)
        return self._known[version]

    def _fields(self, version: str) -> Fields | None:
        versions = self._spec.versions
        chosen = next((one for one in versions if one.name == version), None)
        chosen = chosen or next((one for one in versions if one.storage), None) or (versions[0] if versions else None)
        schema = (chosen.schema if chosen is not None else None) or self._spec.validation
        if schema is None:
            return None
        try:
            read = _SCHEMA.decode(schema.schema)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return None
        return None if read.properties is None else _grown(read, "", 0)


def _grown(schema: _Schema, name: str, depth: int) -> Fields:
    """The tree below a schema; ``name`` is the field's own, empty for the object itself."""
    here = Fields(is_open=schema.embedded or (schema.preserve and not schema.properties))
    if depth > _DEEPEST:
        here.is_open = True
        return here
    claimed = _of_object(schema, name) if schema.properties else None
    for key, inner in (schema.properties or {}).items():
        child = _grown(inner, key, depth + 1)
        if inner.type == "string":
            child.claim = claimed if key == "name" and claimed is not None else _of_text(inner, key)
        here.put(key, child)
    for items in (schema.items, schema.additional):
        if isinstance(items, _Schema):
            child = _grown(items, name, depth + 1)
            if items.type == "string" and items is schema.items:
                said = f"{schema.description} {items.description}"
                child.claim = _of_text(_Schema(type="string", description=said), name)
            here.put(ANY, child)
        elif items is True:
            here.is_open = True
    return here


def _of_text(schema: _Schema, name: str) -> Claim | None:
    said = schema.description
    if words.is_secret_text(name):
        return Claim.MAY if words.is_elsewhere(said) else Claim.NAMES
    if words.names(said):
        return Claim.NAMES
    return Claim.MAY if words.mentions(said) or words.may_by_field((name,)) else None


def _of_object(schema: _Schema, name: str) -> Claim | None:
    """Of an object with a ``name``: whether that is the name of a Secret."""
    fields = schema.properties or {}
    if "name" not in fields:
        return None
    kind, said = fields.get("kind"), " ".join((schema.description, *(one.description for one in fields.values())))
    if kind is not None and ("Secret" in (kind.enum or ()) or words.mentions(kind.description)):
        return Claim.BY_KIND
    if words.is_secret_object(name):
        return Claim.BY_KIND if kind is not None else Claim.NAMES
    if kind is not None:
        return None
    if words.mentions(said):
        return Claim.NAMES
    # {name, key} is the shape of a selector: of a Secret, or of a ConfigMap.
    return Claim.MAY if "key" in fields and "configmap" not in name.lower() else None
