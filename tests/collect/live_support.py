"""What the tests of live collection share: a reader onto a fake cluster, and doubles that keep what they are given."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from demarc.collect.live.api import KubeReader, KubeSettings, open_cluster
from demarc.collect.live.collect import collect_live
from demarc.collect.live.interface import ClusterReader, Progress
from demarc.model.evidence import Gap
from demarc.model.snapshot import SourceKind
from demarc.testing import FakeCluster

NOW = datetime(2026, 11, 24, tzinfo=UTC)


class KeepingBuilder:
    """Keeps documents and gaps."""

    def __init__(self) -> None:
        self.context: str | None = None
        self.kinds: dict[str, tuple[str, str] | None] = {}
        self.documents: list[tuple[str, bytes]] = []
        self.gaps: list[Gap] = []

    def add_document(self, data: bytes, *, origin: str, kind: SourceKind, of: tuple[str, str] | None = None) -> None:
        assert kind is SourceKind.LIVE
        self.kinds[origin.partition(":")[2]] = of
        self.documents.append((origin, data))

    def add_gap(self, gap: Gap) -> None:
        self.gaps.append(gap)

    def gap(self, what: str) -> Gap:
        (found,) = [gap for gap in self.gaps if gap.what == what]
        return found

    def named(self, path: str) -> list[str]:
        """Names of the objects in the answers for a path, in order, repetitions included."""
        return [
            item["metadata"]["name"]
            for origin, data in self.documents
            if origin.endswith(f":{path}")
            for item in items_of(json.loads(data))
        ]

    def everything(self) -> bytes:
        return b"".join(data for _, data in self.documents)


class KeepingWriter:
    """Keeps pages by name."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}
        self.gaps: list[Gap] = []

    def add_page(self, name: str, data: bytes, origin: str, *, of: tuple[str, str] | None = None) -> None:
        assert name not in self.pages
        self.pages[name] = data

    def add_gap(self, gap: Gap) -> None:
        self.gaps.append(gap)


def items_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    if document["kind"] == "Table":
        return [row["object"] for row in document["rows"]]
    items: list[dict[str, Any]] = document.get("items", [])
    return items


@contextmanager
def reading(cluster: FakeCluster, folder: Path, **kubeconfig: Any) -> Iterator[KubeReader]:
    file = folder / "kubeconfig"
    file.write_text(cluster.kubeconfig(**kubeconfig))
    with open_cluster(KubeSettings(kubeconfig=str(file)), environment={}, home=folder) as reader:
        yield reader


class Collected:
    """A finished collection."""

    def __init__(self) -> None:
        self.builder = KeepingBuilder()
        self.writer = KeepingWriter()
        self.slept: list[float] = []
        self.progress: list[Progress] = []

    def run(self, reader: ClusterReader, *, parallel: int = 4) -> Self:
        collect_live(
            reader,
            builder=self.builder,
            writer=self.writer,
            sleep=self.slept.append,
            on_progress=self.progress.append,
            parallel=parallel,
            jitter=lambda: 0.25,
        )
        return self


def collected(cluster: FakeCluster, folder: Path, *, parallel: int = 4, **kubeconfig: Any) -> Collected:
    with reading(cluster, folder, **kubeconfig) as reader:
        return Collected().run(reader, parallel=parallel)
