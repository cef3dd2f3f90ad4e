"""Collecting a live cluster: ask what it has, list all of it side by side, hand on every page as it arrives.

Pages are read by a few threads and handed on by the caller's own thread, so that who takes them needs no locks, and at
most ``2 * parallel`` pages are in memory. It never writes to the cluster, and knows nothing of credentials.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from demarc.collect.live.ask import Asker
from demarc.collect.live.discovery import discover, not_authenticated
from demarc.collect.live.interface import Builder, ClusterReader, PageWriter, Progress
from demarc.collect.live.kinds import Resource, why_left_out
from demarc.collect.live.lists import RBAC_TODO, Found, Lister
from demarc.collect.live.namespaces import Namespaces
from demarc.collect.live.status import explain
from demarc.model.evidence import Gap, GapReason
from demarc.model.snapshot import SourceKind


def collect_live(
    reader: ClusterReader,
    *,
    builder: Builder,
    writer: PageWriter | None,
    sleep: Callable[[float], None],
    on_progress: Callable[[Progress], None] | None = None,
    parallel: int = 4,
    jitter: Callable[[], float] = lambda: 0.0,
) -> None:
    """Read everything that matters of a cluster into ``builder``, and byte for byte into ``writer``.

    ``sleep`` waits (seconds); ``jitter`` gives 0 to 1 seconds to spread retries. What cannot be seen becomes a gap.
    Raises DemarcError when there is nothing to be had: no connection, no credentials, no Kubernetes API. A
    KeyboardInterrupt goes through at once; what ``builder`` and ``writer`` hold then is to be thrown away.
    """
    ask = Asker(reader, sleep=sleep, jitter=jitter)
    builder.context = reader.context
    sink = _Sink(reader, builder, writer)
    _version(reader, ask, sink)
    found = discover(ask, reader)
    for gap in found.gaps:
        sink.gap(gap)
    wanted = [resource for resource in found.resources if why_left_out(resource) is None]
    lister = Lister(reader, ask, Namespaces(reader, ask))
    done = objects = size = 0
    for event in _Crew(lister, wanted, parallel).run():
        if isinstance(event, Found):
            sink.page(event)
            objects += event.objects
            size += len(event.body)
        else:
            done += 1
            if event.gap is not None:
                sink.gap(event.gap)
        if on_progress is not None:
            on_progress(
                Progress(
                    resources_done=done,
                    resources_total=len(wanted),
                    objects=objects,
                    bytes=size,
                    resource=event.resource.name,
                )
            )


class _Sink:
    """Hands documents to those who take them, under the names that they get in a snapshot."""

    def __init__(self, reader: ClusterReader, builder: Builder, writer: PageWriter | None) -> None:
        self._context = reader.context
        self._builder = builder
        self._writer = writer

    def page(self, found: Found) -> None:
        resource = found.resource
        within = f"@{found.namespace}" if found.namespace is not None else ""
        name = f"lists/{resource.api_version.replace('/', '_')}_{resource.plural}{within}.{found.number:04}.json"
        # An answer of metadata does not say of which kind it is; the question did.
        of = None if found.whole else (resource.api_version, resource.kind)
        self.document(name, found.path, found.body, of=of)

    def document(self, name: str, path: str, body: bytes, *, of: tuple[str, str] | None = None) -> None:
        origin = f"{self._context}:{path}"
        self._builder.add_document(body, origin=origin, kind=SourceKind.LIVE, of=of)
        if self._writer is not None:
            self._writer.add_page(name, body, origin, of=of)

    def gap(self, gap: Gap) -> None:
        self._builder.add_gap(gap)
        if self._writer is not None:
            self._writer.add_gap(gap)


def _version(reader: ClusterReader, ask: Asker, sink: _Sink) -> None:
    answer = ask("/version")
    if answer.status == 401:
        raise not_authenticated(reader)
    if answer.status == 200 and answer.content_type.startswith("application/json"):
        sink.document("version.json", "/version", answer.body)
        return
    forbidden = answer.status == 403
    sink.gap(
        Gap(
            what="version",
            reason=GapReason.FORBIDDEN if forbidden else GapReason.UNAVAILABLE,
            detail=f"GET /version: {explain(answer)}",
            todo=RBAC_TODO if forbidden else "",
        )
    )


class _Done(Struct, frozen=True, kw_only=True):
    """A kind is through."""

    resource: Resource
    gap: Gap | None


class _Failed(Struct, frozen=True, kw_only=True):
    """A thread met something that ends the collection."""

    error: BaseException


class _StoppedError(Exception):
    """Nobody waits for pages any more."""


class _Crew:
    """Threads that list kinds. They are daemons: an interrupted program does not wait for answers that nobody wants."""

    def __init__(self, lister: Lister, resources: Sequence[Resource], parallel: int) -> None:
        self._lister = lister
        self._left = len(resources)
        self._parallel = max(1, min(parallel, len(resources)))
        self._jobs: queue.SimpleQueue[Resource] = queue.SimpleQueue()
        for resource in resources:
            self._jobs.put(resource)
        self._events: queue.Queue[Found | _Done | _Failed] = queue.Queue(maxsize=self._parallel)
        self._stop = threading.Event()

    def run(self) -> Iterator[Found | _Done]:
        for number in range(self._parallel):
            threading.Thread(target=self._work, name=f"demarc-list-{number}", daemon=True).start()
        try:
            while self._left:
                event = self._events.get()
                if isinstance(event, _Failed):
                    raise event.error
                if isinstance(event, _Done):
                    self._left -= 1
                yield event
        finally:
            self._stop.set()

    def _work(self) -> None:
        try:
            while not self._stop.is_set():
                resource = self._jobs.get_nowait()
                self._tell(_Done(resource=resource, gap=self._lister.list(resource, self._tell)))
        except (queue.Empty, _StoppedError):
            return
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits, which would wait for ever
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        try:
            self._tell(_Failed(error=error))
        except _StoppedError:
            return

    def _tell(self, event: Found | _Done | _Failed) -> None:
        while not self._stop.is_set():
            try:
                self._events.put(event, timeout=0.1)
            except queue.Full:
                continue
            return
        raise _StoppedError
