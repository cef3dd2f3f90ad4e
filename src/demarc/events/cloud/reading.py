"""Reads a cloud's trail: inputs in, calls out, in order and each once; what could not be read is counted, with reasons.

The framing of a text is told by its beginning: JSON in any framing, JSON lines, CSV with a header, YAML as gcloud
prints it by default.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
from msgspec import structs

from demarc.events.cloud.envelopes import Bad, Found, Taken, found_in
from demarc.events.cloud.inputs import Inputs, Opened, Unread
from demarc.events.records import BLOCK, beginning, lines_of
from demarc.events.salvage import is_json
from demarc.intake.framing import Damage, ListHead, frames
from demarc.intake.limits import Limits
from demarc.intake.streams import DamagedError, RefusedError, Stream
from demarc.intake.tables import rows
from demarc.intake.yaml_documents import YamlDamage, yaml_documents
from demarc.model.cloud_calls import CloudCall, CloudSource, CloudTrail, Outcome
from demarc.model.errors import DemarcError, Problem, Where

TODO: Final = (
    "give CloudTrail (log files, aws cloudtrail lookup-events, Athena or Lake), Google Cloud audit logs (gcloud "
    "logging read --format=json, a sink's files) or Azure Activity and Entra logs (az monitor activity-log list, Log "
    "Analytics)"
)
_COLUMNS: Final = re.compile(
    rb"event_?name|operation_?name|time_?generated|protopayload|createddatetime", re.IGNORECASE
)
_YAML: Final = re.compile(rb"(?:---|#|[A-Za-z][\w.-]*:(?:\s|$)|- \w)")
_LOOKED_AT: Final = 20
"""Records by which a file is told."""


def read_cloud_trail(
    inputs: Sequence[str],
    *,
    stdin: BinaryIO | None = None,
    limits: Limits = Limits(),  # noqa: B008 - a frozen value
) -> CloudTrail:
    """Read files, folders and ``-`` for ``stdin``.

    Raises DemarcError with a problem for each input that is not there, or holds no call.
    """
    job = _Reading(limits, stdin)
    problems = [problem for given in inputs if (problem := job.input(given)) is not None]
    if problems:
        raise DemarcError.of(tuple(problems))
    return job.whole()


def is_cloud_trail(path: Path) -> bool:
    """Whether a file begins as a cloud's trail does."""
    try:
        for opened in Inputs(Limits(), None).of(str(path)):
            if isinstance(opened, Opened):
                return any(isinstance(found, Taken) for found in islice(outcomes(opened.text, Limits()), _LOOKED_AT))
    except (OSError, RefusedError, DamagedError):
        pass
    return False


class _Reading:
    def __init__(self, limits: Limits, stdin: BinaryIO | None) -> None:
        self._limits = limits
        self._inputs = Inputs(limits, stdin)
        self._taken: dict[tuple[str, ...], CloudCall] = {}
        self._pairs: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._sources: list[CloudSource] = []
        self._rejects: Counter[str] = Counter()
        self._others: Counter[str] = Counter()
        self._unread: list[tuple[str, str]] = []
        self._logs: set[str] = set()

    def whole(self) -> CloudTrail:
        """All that was read."""
        return CloudTrail(
            calls=tuple(sorted(self._taken.values(), key=lambda call: (call.at_us, call.id, call.name))),
            sources=tuple(self._sources),
            rejects=tuple(self._rejects.most_common()),
            others=tuple(self._others.most_common()),
            unread=tuple(self._unread),
            logs=frozenset(self._logs),
        )

    def input(self, given: str) -> Problem | None:
        """Read one input; gives what is wrong where it is not there or holds no call."""
        where = Where(file="stdin" if given == "-" else given)
        sources, unread = len(self._sources), len(self._unread)
        rejects, others = Counter(self._rejects), Counter(self._others)
        try:
            for opened in self._inputs.of(given):
                if isinstance(opened, Unread):
                    self._unread.append((opened.origin, opened.says))
                else:
                    self._source(opened)
        except OSError as error:
            says = "there is no such file or folder" if isinstance(error, FileNotFoundError) else f"{error.strerror}"
            return Problem(
                what=f"the cloud's trail: {says}", where=where, todo="check the path; - reads standard input"
            )
        if any(source.calls for source in self._sources[sources:]):
            return None
        why = [
            *(f"it holds {says}" for says in (self._others - others)),
            *(self._rejects - rejects),
            *(says for _, says in self._unread[unread:]),
        ]
        return Problem(
            what=f"no call of a cloud's trail in it: {why[0] if why else 'it is empty'}", where=where, todo=TODO
        )

    def _source(self, opened: Opened) -> None:
        calls = rejected = others = 0
        try:
            for found in outcomes(opened.text, self._limits):
                if isinstance(found, Taken):
                    calls += 1
                    self._take(found)
                elif isinstance(found, Bad):
                    rejected += 1
                    self._rejects[found.says] += 1
                else:
                    others += 1
                    self._others[found.says] += 1
                    self._logs |= {found.log} - {""}
            opened.packed.drain()
        except (RefusedError, DamagedError) as error:
            rejected += 1
            self._rejects[str(error)] += 1
        self._sources.append(
            CloudSource(
                origin=opened.origin,
                sha256=opened.packed.sha256,
                size=opened.packed.size,
                calls=calls,
                rejected=rejected,
                others=others,
            )
        )

    def _take(self, found: Taken) -> None:
        """Keep a call once; of several records of one request the first, with what came of it."""
        call = found.call
        self._logs.add(found.log)
        key: tuple[str, ...] = (call.cloud, str(call.at_us), call.id or f"{call.name} {call.principal} {call.object}")
        if call.request:
            key = self._pairs.setdefault((call.cloud, call.request, call.name.lower(), call.object.lower()), key)
        known = self._taken.get(key)
        self._taken[key] = call if known is None else _settled(known, call)


def _settled(known: CloudCall, again: CloudCall) -> CloudCall:
    """Two records of one request: it began when the first says, and ended as the worse says."""
    early, late = (
        (known, again) if (known.at_us, not known.principal) <= (again.at_us, not again.principal) else (again, known)
    )
    told = early if early.principal or not late.principal else late
    bad = next((one for one in (late, early) if one.outcome is not Outcome.DONE), late)
    told_more = next((one for one in (early, late) if one.detail), told)
    return structs.replace(
        told,
        at_us=early.at_us,
        outcome=bad.outcome,
        error=bad.error,
        detail=told_more.detail,
        kind=told_more.kind,
        address=told.address or early.address or late.address,
    )


def outcomes(text: Stream, limits: Limits) -> Iterator[Found]:
    """What a text holds."""
    framing = _framing(beginning(text))
    if framing == "values":
        for frame in frames(text, limits):
            if isinstance(frame, Damage):
                yield Bad(says="it is cut off or damaged" if frame.cut else "it is no JSON")
            elif not isinstance(frame, ListHead):
                yield from found_in(bytes(frame.data))
    elif framing == "csv":
        yield from _rows(line for line, _ in lines_of(text))
    elif framing == "yaml":
        yield from _documents(text, limits)
    else:
        for line, _ in lines_of(text):
            if line.strip():
                yield from _line(line.strip())


def _framing(start: bytes) -> str:
    lines = [line for line in start.split(b"\n")[:20] if line.strip()]
    first = lines[0].strip() if lines else b""
    if first[:1] in {b"{", b"["}:
        return "lines" if len(lines) > 1 and is_json(first) else "values"
    if b"," in first and _COLUMNS.search(first) and b"{" not in first:
        return "csv"
    return "yaml" if _YAML.match(first) and b"{" not in first else "lines"


def _line(data: bytes) -> Iterator[Found]:
    at = data.find(b"{") if data[:1] != b"[" else 0
    if at < 0:
        yield Bad(says="it is no JSON")
    else:
        yield from found_in(data[at:].decode("utf-8", "replace").encode())


def _rows(lines: Iterable[bytes]) -> Iterator[Found]:
    """Rows of CSV, as query editors export them; each column is text."""
    text = (line.decode("utf-8", "replace").replace("\0", "") + "\n" for line in lines)
    try:
        for row in rows(text):
            named = {
                key: value for key, value in row.items() if isinstance(key, str) and isinstance(value, str) and value
            }
            yield from found_in(msgspec.json.encode(named))
    except csv.Error:
        yield Bad(says="CSV that cannot be read on")


def _documents(text: Stream, limits: Limits) -> Iterator[Found]:
    data = b"".join(iter(lambda: text.read(BLOCK), b""))
    if len(data) > limits.yaml_bytes:
        yield Bad(says="YAML that is too large: export JSON")
        return
    for document in yaml_documents(data, limits):
        if isinstance(document, YamlDamage):
            yield Bad(says=document.says)
        elif document.data[:1] in {b"{", b"["}:
            yield from found_in(document.data)
        else:
            yield Bad(says="it is no record")
