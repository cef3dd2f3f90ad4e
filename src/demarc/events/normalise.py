"""Builds the SQL that turns audit.k8s.io records, one a line, into rows of the table ``events``.

The text is ``normalise.sql``; here stands how a line is typed. What a shape wraps around an event is gone by then, but
for what it knows beside it, which lines from ``shapes`` carry as ``_demarc``. DuckDB's dialect, not for other engines.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

from demarc.events.redact import CAREFUL, QUERY, RISK, VALUE

LONGEST_LINE: Final = 32 * 1024 * 1024
"""Bytes of a line that is read; an API server writes none that is near it."""
_USER: Final = "STRUCT(username VARCHAR, uid VARCHAR, groups VARCHAR[], extra JSON)"
EVENT: Final = {
    "kind": "VARCHAR",
    "apiVersion": "VARCHAR",
    "level": "VARCHAR",
    "auditID": "VARCHAR",
    "stage": "VARCHAR",
    "requestURI": "VARCHAR",
    "verb": "VARCHAR",
    "user": _USER,
    "impersonatedUser": _USER,
    "sourceIPs": "VARCHAR[]",
    "userAgent": "VARCHAR",
    "objectRef": (
        "STRUCT(resource VARCHAR, namespace VARCHAR, name VARCHAR, uid VARCHAR, apiGroup VARCHAR, apiVersion VARCHAR, "
        "subresource VARCHAR)"
    ),
    "responseStatus": "STRUCT(code BIGINT, reason VARCHAR, message VARCHAR)",
    "requestObject": "JSON",
    "responseObject": "JSON",
    "requestReceivedTimestamp": "VARCHAR",
    "stageTimestamp": "VARCHAR",
    "annotations": "JSON",
    "timestamp": "VARCHAR",
    "metadata": "STRUCT(creationTimestamp VARCHAR)",
}
"""How the fields of a record are read."""
_BESIDE: Final = "STRUCT(p BIGINT, s VARCHAR, c VARCHAR, x BOOLEAN, a VARCHAR, i BOOLEAN, t BIGINT)"
"""Position, shape, cluster, truncated, alert, inferred code, time of the envelope in microseconds."""


def normalising(path: str, *, source: str, base: int, wrapped: bool) -> str:
    """SQL that reads a file of lines and gives rows of ``events``; ``base`` lines stand before it in its source."""
    text = _text().replace("{read}", _read(path, wrapped=wrapped)).replace("{source}", _quoted(source))
    return text.replace("{base}", str(base))


def _read(path: str, *, wrapped: bool) -> str:
    typed = ", ".join(f"'{name}': '{type_}'" for name, type_ in EVENT.items())
    beside = f", '_demarc': '{_BESIDE}'" if wrapped else ""
    read = (
        f"read_json('{_quoted(path)}', format = 'newline_delimited', ignore_errors = true, auto_detect = false, "
        f"compression = 'none', maximum_object_size = {LONGEST_LINE}, columns = {{{typed}{beside}}})"
    )
    return read if wrapped else f"(SELECT *, NULL::{_BESIDE} AS _demarc FROM {read})"  # noqa: S608 - ours


@cache
def _text() -> str:
    text = files(__package__).joinpath("normalise.sql").read_text("utf-8")
    names = ", ".join(f"'{name}'" for name in CAREFUL)
    for name, value in (("value", VALUE), ("risk", RISK), ("query", QUERY)):
        text = text.replace(f"{{{name}}}", _quoted(value))
    return text.replace("{careful}", f"what IN ({names}) OR part = 'token'")


def _quoted(text: str) -> str:
    return text.replace("'", "''")
