"""Events, trails and stores for tests."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from demarc.events.duck import DuckDbEngine
from demarc.events.importing import Imported, import_trails
from demarc.events.query import query_of
from demarc.events.store import Store
from demarc.model.events import COLUMNS

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def an_event(number: int = 1, **more: Any) -> dict[str, Any]:
    """An event of the API server; ``number`` tells events apart."""
    return {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "auditID": f"00000000-0000-4000-8000-{number:012}",
        "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/pay/secrets/db",
        "verb": "get",
        "user": {"username": "ana", "uid": "u1", "groups": ["devs", "system:authenticated"]},
        "sourceIPs": ["198.51.100.7"],
        "userAgent": "kubectl/v1.34.1",
        "objectRef": {"resource": "secrets", "namespace": "pay", "name": "db", "apiVersion": "v1"},
        "responseStatus": {"metadata": {}, "code": 200},
        "requestReceivedTimestamp": f"2026-01-01T00:00:{number % 60:02}.100000Z",
        "stageTimestamp": f"2026-01-01T00:00:{number % 60:02}.104000Z",
        "annotations": {
            "authorization.k8s.io/decision": "allow",
            "authorization.k8s.io/reason": (
                'RBAC: allowed by RoleBinding "devs-view/pay" of Role "view-secrets" to Group "devs"'
            ),
        },
    } | more


def line(event: Any) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode()


def lines(*events: Any) -> bytes:
    return b"".join((event if isinstance(event, bytes) else line(event)) + b"\n" for event in events)


class Trail:
    """A store in a folder of a test, and what is in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "store"

    def file(self, data: bytes, name: str = "audit.log") -> str:
        path = self.folder / name
        path.write_bytes(data)
        return str(path)

    def add(self, data: bytes, name: str = "audit.log", **more: Any) -> Imported:
        return self.take([self.file(data, name)], **more)

    def take(self, inputs: Sequence[str], **more: Any) -> Imported:
        return import_trails(Store.create(self.root), inputs, now=NOW, **more)

    def rows(self, where: str = "true") -> list[dict[str, Any]]:
        names = ", ".join(column.name for column in COLUMNS)
        text = f"SELECT {names} FROM events WHERE {where} ORDER BY source_id, position, event_id"
        with DuckDbEngine(scratch=self.folder) as engine:
            engine.register(Store.open(self.root).table())
            return list(engine.run(query_of(text, name="all")).dicts())

    def one(self, where: str = "true") -> dict[str, Any]:
        (row,) = self.rows(where)
        return row

    def everything(self) -> bytes:
        """All that was written, as text: for secrets that must not be there."""
        kept = [path.read_bytes() for path in self.root.rglob("*") if path.is_file() and path.suffix != ".parquet"]
        return b"\n".join([*kept, json.dumps(self.rows()).encode()])


def packed(data: bytes) -> bytes:
    return gzip.compress(data)
