"""Reads a trail once, event by event, for whoever needs no store: JSON of audit.k8s.io out of whatever shape it is in.

Lines of the API server are handed on as they are, undecoded: whoever decodes them and cannot asks for them ``again``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from demarc.events.records import Decoded, beginning, encoding_of, framing_of, lines_of, of_line, outcomes
from demarc.events.shapes.interface import Bad, Found, Outcome
from demarc.intake.limits import Limits
from demarc.intake.streams import Budget, DamagedError, RefusedError, Stream, packing, unpacked
from demarc.model.errors import DemarcError, Where
from demarc.model.events import LOSES, Shape

TODO = "give events of audit.k8s.io as JSON lines, or an export of EKS, AKS, GKE or a log store; packed or not"


class TrailReader:
    """Events of one file, in the order of its records."""

    def __init__(self, path: Path, limits: Limits = Limits()) -> None:  # noqa: B008 - a frozen value
        self._path, self._limits = path, limits
        self.unreadable = 0
        """Records that could not be read."""
        self.shapes: set[Shape] = set()

    @property
    def lost(self) -> set[str]:
        """Columns of the trail that its shapes cannot fill."""
        return {column for shape in self.shapes for column in LOSES[shape]}

    def events(self) -> Iterator[bytes]:
        """Read the file. Raises DemarcError where it cannot be read to its end."""
        try:
            with self._path.open("rb") as file:
                stream = Stream(file, digest=False)
                if name := packing(stream.peek(512)):
                    stream = Stream(unpacked(stream, name, Budget(self._limits)), digest=False)
                if encoding := encoding_of(stream.peek(4)):
                    stream = Stream(Decoded(stream, encoding), digest=False)
                yield from self._framed(stream, framing_of(beginning(stream)))
        except OSError as error:
            raise self._failed(error.strerror or "it is no file") from None
        except (DamagedError, RefusedError) as error:
            raise self._failed(str(error)) from None

    def again(self, line: bytes) -> Iterator[bytes]:
        """Events of a line that is no plain event: envelopes are taken off, what was cut gives what is whole."""
        for outcome in of_line(line, ended=True, limits=self._limits):
            yield from self._taken(outcome)

    def _framed(self, stream: Stream, framing: str) -> Iterator[bytes]:
        if framing == "plain":
            self.shapes.add(Shape.KUBERNETES)
            yield from (line for line, _ in lines_of(stream) if line.strip())
            return
        for _, outcome in outcomes(stream, framing, self._limits):
            yield from self._taken(outcome)

    def _taken(self, outcome: Outcome) -> Iterator[bytes]:
        if isinstance(outcome, Found):
            self.shapes.add(outcome.shape)
            yield outcome.event
        elif isinstance(outcome, Bad):
            self.unreadable += 1

    def _failed(self, says: str) -> DemarcError:
        return DemarcError(f"it cannot be read: {says}", where=Where(file=str(self._path)), todo=TODO)
