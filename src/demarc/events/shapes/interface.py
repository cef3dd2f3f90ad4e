"""What a shape is: it takes a value that was found in a trail, and gives the audit events in it.

A value is JSON. A shape that knows it gives an outcome for each record in it; texts in which another value hides go
back to whoever asked, so that envelopes within envelopes are taken off one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import msgspec
from msgspec import Raw, Struct, field

from demarc.model.events import Shape

NONE = Raw(b"")
"""Stands for a field that is not there."""
DEEPEST = 6
"""Envelopes within envelopes."""


class Beside(Struct, frozen=True, kw_only=True):
    """What the envelopes around a value say."""

    shape: Shape | None = None
    cluster: str = ""
    ts_us: int = 0
    depth: int = 0
    alien: bool = False
    """The envelope says that it is another log: what is no event in it is nothing to wonder about."""


class Found(Struct, frozen=True, kw_only=True, gc=False):
    """An audit event: JSON of audit.k8s.io, and what only the envelope knows."""

    event: bytes
    shape: Shape = Shape.KUBERNETES
    cluster: str = ""
    ts_us: int = 0
    truncated: bool = False
    alert: str = ""
    inferred: bool = False


class Other(Struct, frozen=True, kw_only=True):
    """A record of another log, or an envelope's own: nothing is lost by leaving it out."""

    says: str


class Bad(Struct, frozen=True, kw_only=True):
    """A record that could not be read."""

    says: str
    text: bytes


Outcome = Found | Other | Bad


class Probe(Struct, frozen=True):
    """The fields by which shapes are told apart, undecoded."""

    kind: Raw = NONE
    api_version: Raw = field(name="apiVersion", default=NONE)
    items: Raw = NONE
    verb: Raw = NONE
    audit_id: Raw = field(name="auditID", default=NONE)
    request_uri: Raw = field(name="requestURI", default=NONE)
    user: Raw = NONE
    # CloudWatch
    message_type: Raw = field(name="messageType", default=NONE)
    log_events: Raw = field(name="logEvents", default=NONE)
    log_group: Raw = field(name="logGroup", default=NONE)
    log_stream: Raw = field(name="logStream", default=NONE)
    log_stream_name: Raw = field(name="logStreamName", default=NONE)
    events: Raw = NONE
    message: Raw = NONE
    timestamp: Raw = NONE
    results: Raw = NONE
    at_message: Raw = field(name="@message", default=NONE)
    at_timestamp: Raw = field(name="@timestamp", default=NONE)
    at_log: Raw = field(name="@log", default=NONE)
    at_log_stream: Raw = field(name="@logStream", default=NONE)
    awslogs: Raw = NONE
    data: Raw = NONE
    kinesis: Raw = NONE
    upper_records: Raw = field(name="Records", default=NONE)
    # Azure
    records: Raw = NONE
    category: Raw = NONE
    properties: Raw = NONE
    resource_id: Raw = field(name="resourceId", default=NONE)
    time: Raw = NONE
    log_s: Raw = NONE
    upper_category: Raw = field(name="Category", default=NONE)
    azure_id: Raw = field(name="_ResourceId", default=NONE)
    upper_id: Raw = field(name="ResourceId", default=NONE)
    time_generated: Raw = field(name="TimeGenerated", default=NONE)
    upper_audit_id: Raw = field(name="AuditId", default=NONE)
    tables: Raw = NONE
    # Google
    proto_payload: Raw = field(name="protoPayload", default=NONE)
    log_name: Raw = field(name="logName", default=NONE)
    insert_id: Raw = field(name="insertId", default=NONE)
    entries: Raw = NONE
    # collectors
    kubernetes: Raw = NONE
    source: Raw = field(name="_source", default=NONE)
    hits: Raw = NONE
    json: Raw = NONE
    log: Raw = NONE
    raw: Raw = field(name="_raw", default=NONE)
    result: Raw = NONE
    resource_logs: Raw = field(name="resourceLogs", default=NONE)
    body: Raw = NONE
    short_message: Raw = NONE
    full_message: Raw = NONE
    line: Raw = NONE
    attributes: Raw = NONE
    # Falco
    rule: Raw = NONE
    output_fields: Raw = NONE
    falco_source: Raw = field(name="source", default=NONE)


class Unwrap(Protocol):
    """Takes off what is around audit events."""

    def value(self, value: Raw | bytes, beside: Beside) -> Iterator[Outcome]:
        """Outcomes of a JSON value."""

    def text(self, text: str, beside: Beside) -> Iterator[Outcome]:
        """Outcomes of a text in which a value should be."""


class ShapeReader(Protocol):
    """Reads one family of shapes."""

    def __call__(self, value: Raw | bytes, probe: Probe, beside: Beside, unwrap: Unwrap) -> Iterator[Outcome] | None:
        """Outcomes of a value; None when it is of another shape."""


def present(raw: Raw) -> bool:
    """Tell whether a field is there."""
    return raw is not NONE


def text_of(raw: Raw) -> str:
    """A field that should be text; empty when it is not there, or something else."""
    if raw is NONE:
        return ""
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ""
    return found if isinstance(found, str) else ""


def list_of(raw: Raw) -> list[Raw]:
    """A field that is a list, its items undecoded. What is none raises as msgspec does: it is a reject."""
    return msgspec.json.decode(raw, type=list[Raw])


def is_text(raw: Raw) -> bool:
    """Tell whether a field is text."""
    return raw is not NONE and bytes(memoryview(raw)[:1]) == b'"'


def is_object(raw: Raw) -> bool:
    """Tell whether a field is an object."""
    return raw is not NONE and bytes(memoryview(raw)[:1]) == b"{"


def is_list(raw: Raw) -> bool:
    """Tell whether a field is a list."""
    return raw is not NONE and bytes(memoryview(raw)[:1]) == b"["
