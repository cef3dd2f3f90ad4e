"""From a trail as it was typed, a stored one or files, to what checks may know of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from demarc.cli.answer import Run
from demarc.model.errors import DemarcError, Where
from demarc.model.trail import TrailFacts

if TYPE_CHECKING:
    from demarc.access import Authorizer
    from demarc.access.planes import Uses
    from demarc.events.interface import Engine
    from demarc.events.store import Store


def seen_trail(events: tuple[Path, ...], run: Run) -> TrailFacts | None:
    """Condense a trail; None where none was named.

    A folder that ``demarc events import`` made is asked as it is; anything else is imported into a folder that is gone
    afterwards. Raises DemarcError for what cannot be read, and where no event in it has a time.
    """
    if not events:
        return None
    from demarc.posture.trail import trail_facts  # noqa: PLC0415 - engines take as long to load as a small cluster

    with _asked(events, run) as (engine, _):
        found = trail_facts(engine, origin=_origin(events))
    if found is None:
        raise DemarcError(
            "it holds no event with a time",
            where=Where(file=str(events[0])),
            todo="give the audit log of the API server",
        )
    return found


def seen_uses(events: tuple[Path, ...], authorizer: Authorizer, run: Run) -> Uses | None:
    """Which powers a trail shows in use; None where none was named. Takes what ``seen_trail`` takes."""
    from demarc.access.planes import read_uses, stored_uses  # noqa: PLC0415 - arrays are loaded only when needed

    if not events:
        return None
    if not any(path.is_dir() for path in events):
        return read_uses(events, authorizer)
    with _asked(events, run) as (engine, store):
        unreadable = sum(1 for _ in store.rejects())
        return stored_uses(engine, authorizer, origin=_origin(events), unreadable=unreadable)


@contextmanager
def _asked(events: tuple[Path, ...], run: Run) -> Iterator[tuple[Engine, Store]]:
    """An engine that has the trail."""
    from demarc.events.engines import open_engine  # noqa: PLC0415 - the same
    from demarc.events.importing import import_trails  # noqa: PLC0415
    from demarc.events.store import MANIFEST, Store  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="demarc-") as scratch:
        if len(events) == 1 and (events[0] / MANIFEST).is_file():
            store = Store.open(events[0])
        else:
            store = Store.create(Path(scratch) / "store")
            import_trails(store, [str(path) for path in events], now=run.now)
        with open_engine("duckdb", scratch=Path(scratch) / "engine") as engine:
            engine.register(store.table())
            yield engine, store


def _origin(events: tuple[Path, ...]) -> str:
    return ", ".join(path.name for path in events)
