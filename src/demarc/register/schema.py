"""The JSON Schema of the register, for editors: made from the same description that the reader follows."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from demarc.register.fields import (
    ID_LENGTH,
    ID_PATTERN,
    LENGTH_PATTERN,
    MOMENT_PATTERN,
    NAME_LENGTH,
    PARTIES,
    TEXT_LENGTH,
    Field,
    Kind,
    Record,
)
from demarc.register.format import DOCUMENT

DRAFT = "https://json-schema.org/draft/2020-12/schema"

_TEXT: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": TEXT_LENGTH}
_NAME: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": NAME_LENGTH}
_ID: dict[str, Any] = {"type": "string", "pattern": ID_PATTERN, "maxLength": ID_LENGTH}
_REFERENCE: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": ID_LENGTH}

_SIMPLE: dict[Kind, dict[str, Any]] = {
    Kind.ID: _ID,
    Kind.TEXT: _TEXT,
    Kind.NUMBERED: {"type": ["string", "number"]},
    Kind.HOLDER: _REFERENCE,
    Kind.PERSON: _REFERENCE,
    Kind.SUPPLIER: _REFERENCE,
    Kind.MOMENT: {"type": "string", "pattern": MOMENT_PATTERN},
    Kind.LENGTH: {"anyOf": [{"type": "string", "pattern": LENGTH_PATTERN}, {"type": "integer", "minimum": 1}]},
    Kind.FLAG: {"type": "boolean"},
    Kind.PARTY: {"enum": [party.value for party in PARTIES]},
    Kind.PAIRS: {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}},
}


def schema(*, duties: Collection[str], parts: Collection[str]) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one file of the register.

    ``duties`` are the ids of the catalogue, ``parts`` the boundary's names for parts of a cluster; both become
    choices that an editor offers.
    """
    found: dict[str, Any] = {
        "duty": {
            "anyOf": [
                {"enum": sorted(duties)},
                {"type": "string", "pattern": "[*?]", "description": "A pattern such as identity.*"},
            ]
        },
        "part": {"enum": sorted(parts)},
    }
    document = _record(DOCUMENT, found)
    return {
        "$schema": DRAFT,
        "title": "Demarc register",
        **document,
        "type": ["object", "null"],
        "$defs": dict(sorted(found.items())),
    }


def schema_text(*, duties: Collection[str], parts: Collection[str]) -> str:
    """The schema as it is written to a file."""
    return json.dumps(schema(duties=duties, parts=parts), indent=2) + "\n"


def _record(record: Record, found: dict[str, Any]) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "description": record.doc,
        "type": "object",
        "additionalProperties": False,
        "properties": {field.name: _field(field, found) for field in record.fields},
    }
    required = [field.name for field in record.fields if field.required]
    if required:
        shape["required"] = required
    if record.one_of:
        shape["allOf"] = [{"oneOf": [{"required": [key]} for key in pair]} for pair in record.one_of]
    if record.name == "scope":
        shape["minProperties"] = 1
    return shape


def _field(field: Field, found: dict[str, Any]) -> dict[str, Any]:
    return {"description": field.doc, **_value(field, found)}


def _value(field: Field, found: dict[str, Any]) -> dict[str, Any]:
    if field.kind is Kind.DUTIES:
        return _one_or_more({"$ref": "#/$defs/duty"})
    if field.kind is Kind.PARTS:
        return _one_or_more({"$ref": "#/$defs/part"})
    if field.kind is Kind.NAMES:
        return _one_or_more(_NAME)
    if field.kind is Kind.WORDS:
        return {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
    if field.record is None:
        return _SIMPLE[field.kind]
    if field.record.name not in found:
        found[field.record.name] = {}  # its place, before what lies in it
        found[field.record.name] = _record(field.record, found)
    one: dict[str, Any] = {"$ref": f"#/$defs/{field.record.name}"}
    if field.kind is Kind.RECORD:
        return one if field.name == "scope" else {"anyOf": [one, {"type": "null"}]}
    if field.record.short_for:
        one = {"anyOf": [_REFERENCE, one]}
    return {"type": ["array", "null"], "items": one}


def _one_or_more(one: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [one, {"type": "array", "minItems": 1, "items": one}]}
