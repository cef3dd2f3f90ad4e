"""Takes off envelopes, one after another, until events are left. It asks the shapes; it knows none itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import Raw, structs

from demarc.events.salvage import is_json, salvaged
from demarc.events.shapes import READERS
from demarc.events.shapes.interface import DEEPEST, Bad, Beside, Found, Other, Outcome, Probe, list_of
from demarc.model.events import Shape

_PROBE: Final = msgspec.json.Decoder(Probe)
_WRONG: Final = (msgspec.DecodeError, ValueError, TypeError, AttributeError, KeyError, RecursionError, OverflowError)
"""What a value raises that only looks like its shape."""
OUTERMOST: Final = Beside()
NO_EVENT: Final = "it is no audit event"


class Unwrapping:
    """Gives the outcomes of a value or a text. Has no state: one serves all."""

    def value(self, value: Raw | bytes, beside: Beside = OUTERMOST) -> Iterator[Outcome]:
        """Outcomes of a JSON value; one at least."""
        if beside.depth > DEEPEST:
            yield Bad(says="envelopes are nested too deeply", text=bytes(value))
            return
        try:
            if bytes(memoryview(value)[:1]) == b"[":
                for item in list_of(value if isinstance(value, Raw) else Raw(value)):
                    yield from self.value(item, structs.replace(beside, depth=beside.depth + 1))
                return
            probe = _PROBE.decode(value)
            for reader in READERS:
                outcomes = reader(value, probe, beside, self)
                if outcomes is not None:
                    yield from outcomes
                    return
        except _WRONG as error:
            says = "it is nested too deeply" if isinstance(error, RecursionError) else "it is no JSON of a known shape"
            yield Bad(says=says, text=bytes(value))
            return
        yield Other(says="another log") if beside.alien else Bad(says=NO_EVENT, text=bytes(value))

    def text(self, text: str, beside: Beside) -> Iterator[Outcome]:
        """Outcomes of a text in which JSON should be; one that was cut gives what is whole in it."""
        data = text.strip().encode("utf-8", "replace")
        if data[:1] not in {b"{", b"["}:
            prefixed = data.find(b'{"') if b'"auditID"' in data else -1
            if prefixed < 0:
                yield Other(says="another log") if beside.alien else Bad(says="it is no JSON", text=data)
                return
            data = data[prefixed:]
        if is_json(data):
            yield from self.value(data, beside)
        else:
            yield self.cut(data, beside)

    def cut(self, data: bytes, beside: Beside = OUTERMOST) -> Outcome:
        """What is whole in a record that is no JSON any more."""
        event = salvaged(data)
        if event is None:
            return Other(says="another log") if beside.alien else Bad(says="it is cut off or damaged", text=data)
        shape = beside.shape or Shape.KUBERNETES
        return Found(event=event, shape=shape, cluster=beside.cluster, ts_us=beside.ts_us, truncated=True)
