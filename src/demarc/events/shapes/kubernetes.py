"""Events as the API server writes them: one by one, or as a list of a webhook. OpenShift writes the same."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Raw

from demarc.events.shapes.interface import (
    Bad,
    Beside,
    Found,
    Outcome,
    Probe,
    Unwrap,
    is_list,
    is_text,
    list_of,
    present,
    text_of,
)
from demarc.model.events import Shape


def read(value: Raw | bytes, probe: Probe, beside: Beside, unwrap: Unwrap) -> Iterator[Outcome] | None:
    """Read an event or a list of events."""
    kind, version = text_of(probe.kind), text_of(probe.api_version)
    if version and not version.startswith("audit.k8s.io/"):
        return None
    if is_list(probe.items) and kind in ("EventList", "List", ""):
        return _items(probe.items, beside, unwrap)
    if kind in ("Event", "") and is_text(probe.verb) and (present(probe.user) or present(probe.request_uri)):
        return iter((_event(value, beside),))
    return None


def _items(items: Raw, beside: Beside, unwrap: Unwrap) -> Iterator[Outcome]:
    for item in list_of(items):
        yield from unwrap.value(item, beside)


def _event(value: Raw | bytes, beside: Beside) -> Outcome:
    data = bytes(value)
    if b"\n" in data or b"\r" in data:
        try:
            data = msgspec.json.format(data, indent=-1)
        except msgspec.DecodeError:
            return Bad(says="it is no JSON", text=data)
    return Found(event=data, shape=beside.shape or Shape.KUBERNETES, cluster=beside.cluster, ts_us=beside.ts_us)
