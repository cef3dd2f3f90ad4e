"""From a trail as it was typed, a stored one or files, to what checks may know of it."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from demarc.cli.answer import Run
from demarc.model.errors import DemarcError, Where
from demarc.model.trail import TrailFacts

if TYPE_CHECKING:
    from demarc.access import Authorizer
    from demarc.access.planes import Uses
    from demarc.events.interface import Engine
    from demarc.events.store import Store


class Trails:
    """A trail as it was typed, imported once whatever is asked of it: as a context manager, for its scratch folder.

    A folder that ``demarc events import`` made is asked as it is; anything else is imported into a folder that is gone
    afterwards.
    """

    def __init__(self, events: tuple[Path, ...], run: Run) -> None:
        self._events, self._run = events, run
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def facts(self) -> TrailFacts | None:
        """The trail condensed; None where none was named. Raises DemarcError where no event in it has a time."""
        if not self._events:
            return None
        from demarc.posture.trail import trail_facts  # noqa: PLC0415 - engines load as long as a small cluster

        engine, _ = self._asked
        found = trail_facts(engine, origin=self._origin)
        if found is None:
            raise DemarcError(
                "it holds no event with a time",
                where=Where(file=str(self._events[0])),
                todo="give the audit log of the API server",
            )
        return found

    def uses(self, authorizer: Authorizer) -> Uses | None:
        """Which powers it shows in use; None where none was named. Files are streamed, folders and stores are asked."""
        if not self._events:
            return None
        from demarc.access.planes import read_uses, stored_uses  # noqa: PLC0415 - arrays are loaded only when needed

        if not any(path.is_dir() for path in self._events):
            return read_uses(self._events, authorizer)
        engine, store = self._asked
        unreadable = sum(1 for _ in store.rejects())
        return stored_uses(engine, authorizer, origin=self._origin, unreadable=unreadable)

    @property
    def _origin(self) -> str:
        return ", ".join(path.name for path in self._events)

    @cached_property
    def _asked(self) -> tuple[Engine, Store]:
        """An engine that has the trail."""
        from demarc.events.engines import open_engine  # noqa: PLC0415 - the same
        from demarc.events.importing import import_trails  # noqa: PLC0415
        from demarc.events.store import MANIFEST, Store  # noqa: PLC0415

        scratch = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="demarc-")))
        if len(self._events) == 1 and (self._events[0] / MANIFEST).is_file():
            store = Store.open(self._events[0])
        else:
            store = Store.create(scratch / "store")
            import_trails(store, [str(path) for path in self._events], now=self._run.now)
        engine = self._open.enter_context(open_engine("duckdb", scratch=scratch / "engine"))
        engine.register(store.table())
        return engine, store


def seen_trail(events: tuple[Path, ...], run: Run) -> TrailFacts | None:
    """Condense a trail that nothing else is asked of; see ``Trails.facts``."""
    with Trails(events, run) as trails:
        return trails.facts()
