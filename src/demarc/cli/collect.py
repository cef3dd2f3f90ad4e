"""``demarc collect``: a snapshot of a live cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

import demarc
from demarc.cli.answer import run_now
from demarc.cli.gather import collect_into, key_of, open_reader
from demarc.cli.options import INPUT, OUTPUT, Look
from demarc.cli.screen import Screen
from demarc.collect.builder import SnapshotBuilder
from demarc.collect.snapshot_file import SnapshotWriter


def collect(
    *,
    output: Annotated[Path, Parameter(name=("--output", "-o"), group=OUTPUT)],
    kubeconfig: Annotated[str | None, Parameter(group=INPUT)] = None,
    context: Annotated[str | None, Parameter(group=INPUT)] = None,
) -> None:
    """Write a snapshot of a live cluster: every page of every list, with Secret values taken out, and digests.

    Parameters
    ----------
    output
        File to write, ending in .tar.zst; any other name becomes a folder.
    kubeconfig
        Kubeconfig file. Default: as kubectl finds it.
    context
        Context of the kubeconfig. Default: the current one.
    """
    screen, run = Screen(), run_now()
    key = key_of(run.settings)
    builder = SnapshotBuilder(key)
    with (
        SnapshotWriter(output, key=key, version=demarc.__version__) as writer,
        open_reader(Look(kubeconfig=kubeconfig, context=context)) as reader,
    ):
        collect_into(reader, builder, writer, screen)
        snapshot = builder.build(
            now=run.now, taken_at=run.now.replace(microsecond=0), taken_at_basis="read from the live API"
        )
        writer.commit(
            taken_at=snapshot.taken_at,
            taken_at_basis=snapshot.taken_at_basis,
            context=snapshot.context,
            server_version=snapshot.server_version,
        )
    count = sum(len(items) for items in snapshot.objects.values())
    print(f"{output}: {count:,} objects of {len(snapshot.objects)} kinds, {len(snapshot.gaps)} gaps")
    for gap in snapshot.gaps:
        screen.note(f"not seen: {gap.what} ({gap.reason.value}) {gap.detail}")
