"""Answers of metadata instead of objects (Table, PartialObjectMetadataList), as a careful client asks for Secrets.

They name no kind of their own objects; a Secret is known by the columns of its Table, or by what its field managers
own. It makes model values; it takes no values of Secrets, for none are there.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec
from msgspec.structs import force_setattr

from demarc.collect.documents.decode import MalformedError, decoded
from demarc.collect.documents.kinds import resource_name
from demarc.collect.documents.wire import PartialWire, Row, Table
from demarc.collect.secrets import key_changes, leaking, owned_entries, owned_keys, take_out_copies
from demarc.intake.masking import WHOLE_OBJECT
from demarc.model.evidence import Gap, GapReason
from demarc.model.kubernetes import KubeObject, Secret

_TABLE: Final = msgspec.json.Decoder(Table)
_PARTIAL: Final = msgspec.json.Decoder(PartialWire)
_NUMBER: Final = msgspec.json.Decoder(int | str)
_TEXT: Final = msgspec.json.Decoder(str)
_SECRET_COLUMNS = {"Name", "Type", "Data", "Age"}


class Listed(NamedTuple):
    """What such an answer held: objects, and what was not to be seen."""

    objects: list[KubeObject]
    malformed: list[tuple[int, str]]
    """Position among the entries, and what is wrong."""
    gap: Gap | None
    known: bool
    """Whether the kind of the objects is known at all."""


def read_table(data: bytes | memoryview, *, of: tuple[str, str] | None, origin: str) -> Listed:
    """Read a Table; ``of`` is the apiVersion and kind of its objects, where it is known. Raises MalformedError."""
    table = decoded(_TABLE, data)
    columns = [column.name for column in table.columns]
    is_secret = of == ("v1", "Secret") or (of is None and _SECRET_COLUMNS.issubset(columns))
    kind = ("v1", "Secret") if is_secret else of
    if kind is None:
        return Listed([], [], None, known=False)
    objects: list[KubeObject] = []
    malformed: list[tuple[int, str]] = []
    short = 0
    for position, row in enumerate(table.rows or ()):
        try:
            found = _object(_row_object(row), kind)
            if isinstance(found, Secret):
                found = _with_type(found, _cell(row, columns, "Type"))
                short += _lacks_keys(found, _cell(row, columns, "Data"))
        except MalformedError as error:
            malformed.append((position, str(error)))
            continue
        objects.append(found)
    return Listed(objects, malformed, _short(short, origin), known=True)


def read_metadata(items: list[msgspec.Raw], *, of: tuple[str, str] | None) -> Listed:
    """Read PartialObjectMetadata; all of one kind, which ``of`` names or the field managers of any of them tell."""
    kind = of or (("v1", "Secret") if any(_owned_like_secret(item) for item in items) else None)
    if kind is None and items:
        return Listed([], [], None, known=False)
    objects: list[KubeObject] = []
    malformed: list[tuple[int, str]] = []
    for position, item in enumerate(items):
        try:
            found = _object(item, kind or ("", ""))
        except MalformedError as error:
            malformed.append((position, str(error)))
            continue
        objects.append(found)
    return Listed(objects, malformed, None, known=True)


def _row_object(row: Row) -> msgspec.Raw:
    if bytes(row.object) == b"null":
        raise MalformedError("the row comes without metadata: ask with includeObject=Metadata")
    return row.object


def _object(data: msgspec.Raw, kind: tuple[str, str]) -> KubeObject:
    """Make an object of metadata alone."""
    partial = decoded(_PARTIAL, data)
    if kind != ("v1", "Secret"):
        take_out_copies(partial.metadata)
        return KubeObject(metadata=partial.metadata, api_version=kind[0], kind=kind[1])
    annotations = partial.metadata.annotations or {}
    leaked = leaking(annotations, ())
    for name in (*leaked, *WHOLE_OBJECT):
        annotations.pop(name, None)
    return Secret(
        metadata=partial.metadata,
        api_version=kind[0],
        kind=kind[1],
        keys=dict.fromkeys(sorted(owned_keys(data)), ""),
        key_changes=key_changes(data),
        leaked_in_annotations=tuple(sorted(leaked)),
    )


def _with_type(found: Secret, cell: msgspec.Raw | None) -> Secret:
    if cell is not None:
        force_setattr(found, "type", decoded(_TEXT, cell))
    return found


def _lacks_keys(found: Secret, cell: msgspec.Raw | None) -> bool:
    """Tell whether the Secret has another number of keys than its field managers account for."""
    if cell is None:
        return False
    count = decoded(_NUMBER, cell)
    return str(count) != str(len(found.keys))


def _short(secrets: int, origin: str) -> Gap | None:
    if not secrets:
        return None
    return Gap(
        what=f"keys of {resource_name('Secret')}",
        reason=GapReason.NOT_GIVEN,
        detail=f"{secrets} Secret(s) in {origin} have keys that no field manager names: their names are not known",
    )


def _cell(row: Row, columns: list[str], name: str) -> msgspec.Raw | None:
    position = columns.index(name) if name in columns else -1
    return row.cells[position] if 0 <= position < len(row.cells) else None


def _owned_like_secret(data: msgspec.Raw) -> bool:
    """Tell a Secret by its fields: it has a type and data at the top. No other built-in kind has both."""
    entries = [entry.fields for entry in owned_entries(data) if entry.fields is not None]
    return any(fields.type is not None for fields in entries) and any(fields.data is not None for fields in entries)
