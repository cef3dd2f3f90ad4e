"""Gathers the snapshot that a command looks at: named inputs, the live cluster, and what the cloud's own tools say."""

from __future__ import annotations

import gc
import os
import random
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from demarc.catalog.boundaries import models
from demarc.catalog.components import components
from demarc.cli.main import STDIN
from demarc.cli.options import Look
from demarc.cli.screen import Screen
from demarc.cli.settings import Settings
from demarc.collect.builder import SnapshotBuilder
from demarc.collect.fingerprint import FingerprintKey, load_or_create_key
from demarc.collect.live.interface import ClusterReader, PageWriter
from demarc.collect.reading import Reading
from demarc.inventory import build
from demarc.inventory.records import CLUSTERS
from demarc.model.errors import DemarcError
from demarc.model.inventory import Inventory
from demarc.model.register import Register
from demarc.model.snapshot import Snapshot, SourceKind

GARBAGE_AFTER = 200_000
"""Objects between two looks for garbage: an answer makes many that stay, and few cycles."""


def key_of(settings: Settings) -> FingerprintKey:
    """This installation's fingerprint key; made on first use."""
    return load_or_create_key(settings.home, random_bytes=secrets.token_bytes)


def gather(
    look: Look,
    settings: Settings,
    now: datetime,
    screen: Screen,
    keep: Callable[[str], bool] | None = None,
    *,
    unless_given: bool = False,
) -> Snapshot:
    """Read what was named, else the live cluster; ``keep`` tells which kinds to keep whole.

    ``unless_given``: fetch no description of the cloud where the inputs hold one of the cluster: theirs is of then,
    and what would be fetched is of now.
    Raises DemarcError for what is not there.
    """
    builder = SnapshotBuilder(key_of(settings), keep=keep)
    reading = Reading(builder, stdin=sys.stdin.buffer)
    is_live = not look.snapshot or look.context is not None
    if is_live:
        with open_reader(look) as reader:
            collect_into(reader, builder, None, screen)
    _read(reading, ["-" if given == STDIN else given for given in look.snapshot], screen)
    if look.cloud:
        if unless_given and _describes(_built(builder, reading, now, is_live=is_live)):
            screen.note("the cluster's description was given: nothing was fetched from the cloud")
        else:
            _fetch(builder, reading, now, is_live=is_live)
    snapshot = _built(builder, reading, now, is_live=is_live)
    # A snapshot lives as long as the command does: walking it again and again for garbage would take seconds.
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER)
    return snapshot


def _describes(snapshot: Snapshot) -> bool:
    return any(record.kind in CLUSTERS for record in snapshot.records)


def _built(builder: SnapshotBuilder, reading: Reading, now: datetime, *, is_live: bool) -> Snapshot:
    if is_live:
        return builder.build(now=now, taken_at=now.replace(microsecond=0), taken_at_basis="read from the live API")
    return reading.build(now)


@contextmanager
def open_reader(look: Look) -> Iterator[ClusterReader]:
    """Open the live cluster as kubectl would."""
    from demarc.collect.live.api import KubeSettings, open_cluster  # noqa: PLC0415 - the client is slow to import

    settings = KubeSettings(kubeconfig=look.kubeconfig, context=look.context)
    with open_cluster(
        settings, environment=os.environ, home=Path.home(), terminal=sys.stdin.isatty() and sys.stderr.isatty()
    ) as reader:
        yield reader


def collect_into(reader: ClusterReader, builder: SnapshotBuilder, writer: PageWriter | None, screen: Screen) -> None:
    """Collect a live cluster, with progress."""
    from demarc.collect.live.collect import collect_live  # noqa: PLC0415 - only for live clusters

    builder.context = reader.context
    with screen.working(f"reading {reader.context}") as working:
        collect_live(
            reader,
            builder=builder,
            writer=writer,
            sleep=time.sleep,
            jitter=random.random,
            on_progress=lambda at: working.update(
                f"{at.objects:,} objects, {at.resource}", done=at.resources_done, total=at.resources_total
            ),
        )


def _read(reading: Reading, inputs: Sequence[str], screen: Screen) -> None:
    if not inputs:
        return
    with screen.working("reading") as working:
        reading.on_progress = lambda at: working.update(f"{at.bytes_read / 1e6:,.0f} MB, {at.origin}")
        reading.read(inputs)


def _fetch(builder: SnapshotBuilder, reading: Reading, now: datetime, *, is_live: bool) -> None:
    """Ask the provider's own command line for what describes the cluster that the inputs show."""
    from demarc.collect.external import fetch  # noqa: PLC0415 - only with --cloud

    cluster = inventory_of(_built(builder, reading, now, is_live=is_live), Register()).cluster
    if not cluster.identified or cluster.provider == "self_managed":
        raise DemarcError(
            "--cloud: nothing in the input says which provider runs this cluster",
            todo="give the provider's description as a file: aws eks describe-cluster, az aks show, ...",
        )
    answers, gaps = fetch(cluster.provider, cluster.name, region=cluster.region, project=cluster.account)
    for origin, data in answers:
        builder.add_document(data, origin=origin, kind=SourceKind.CLOUD)
    for gap in gaps:
        builder.add_gap(gap)


def inventory_of(snapshot: Snapshot, register: Register) -> Inventory:
    """What is there, with owners looked for under the names that the register says."""
    return build(
        snapshot,
        components=components(),
        models=models(),
        owner_labels=register.settings.owner_labels,
        contact_annotations=register.settings.contact_annotations,
    )
