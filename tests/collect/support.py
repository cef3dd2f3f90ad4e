"""What the tests of reading share: a key, a moment, and short ways to read."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

from demarc.collect.builder import SnapshotBuilder
from demarc.collect.fingerprint import FingerprintKey
from demarc.collect.reading import read
from demarc.intake.limits import Limits
from demarc.model.snapshot import Snapshot

KEY = FingerprintKey(bytes(range(32)))
NOW = datetime(2026, 11, 25, tzinfo=UTC)


def as_json(value: Any, indent: int | None = None) -> bytes:
    return json.dumps(value, indent=indent, ensure_ascii=False).encode()


def built(*documents: Any, limits: Limits | None = None) -> Snapshot:
    """Build from documents: bytes as they are, anything else as JSON."""
    builder = SnapshotBuilder(KEY, limits or Limits())
    for number, document in enumerate(documents):
        data = document if isinstance(document, bytes) else as_json(document)
        builder.add_document(data, origin=f"file{number}")
    return builder.build(now=NOW)


def reading(*inputs: Any, stdin: bytes | None = None, limits: Limits | None = None) -> Snapshot:
    given = io.BytesIO(stdin) if stdin is not None else None
    return read([str(item) for item in inputs], key=KEY, now=NOW, stdin=given, limits=limits or Limits())


def names(snapshot: Snapshot) -> dict[str, list[str]]:
    return {key: [item.key for item in items] for key, items in snapshot.objects.items()}


def sourceless(snapshot: Snapshot) -> dict[str, list[Any]]:
    """All objects without the names of their sources, to compare readings of different files."""
    from msgspec import structs

    return {key: [structs.replace(item, source="") for item in items] for key, items in snapshot.objects.items()}
