"""Pieces of SQL that every question of a case is made of. Within the rules of ``demarc.events.portability``.

Texts of the trail are whatever a client wrote: they go into a query only as literals, quoted here.

Queries of the catalogue write out again what they read twice, rather than naming it in a ``WITH``: DuckDB keeps what is
named once and used twice whole, on disk, which for a long trail is most of the trail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from demarc.events.interface import Engine, Parameter, Query, Value

ADDRESS: Final = "CASE WHEN peer_ip = '' OR shape IN ('aks-diagnostic', 'aks-table') THEN source_ip ELSE peer_ip END"
"""Whence a request came. The last address is the one that no client can write; on AKS it is the provider's tunnel, and
the first is what its front door saw; some shapes have one only."""
CREDENTIAL: Final = (
    "CASE WHEN legacy_secret <> '' THEN 'Secret ' || legacy_secret "
    "WHEN credential_id LIKE 'X509SHA256=%' THEN credential_id ELSE '' END"
)
"""A credential that lasts; tokens of pods change every hour and would make a place of each."""
SLICES: Final = 24
"""Parts of equal length into which a trail is cut to tell habits from events."""

_ORDER = re.compile(r"\nORDER BY [^\n]*\n?\Z")
_PARAMETER = re.compile(r"^-- parameter: (\w+) (VARCHAR|BIGINT|BOOLEAN)", re.MULTILINE)


def text(value: str) -> str:
    """A text as a literal."""
    return "'" + value.replace("'", "''") + "'"


def one_of(column: str, values: Iterable[str]) -> str:
    """That a column holds one of some texts; never true for none."""
    listed = ", ".join(text(value) for value in sorted(set(values)))
    return f"{column} IN ({listed})" if listed else "1 = 0"


def inner(sql: str) -> str:
    """A query to be asked again by another: without its order."""
    return _ORDER.sub("", sql)


def parameters_of(sql: str) -> str:
    """The lines in which a query says what it has to be given."""
    return "".join(f"{line}\n" for line in sql.splitlines() if line.startswith("-- parameter:"))


def rows(
    engine: Engine, name: str, sql: str, parameters: dict[str, Value] | None = None
) -> Iterable[dict[str, Value | None]]:
    """Ask an engine. Rows come one after the other; read them before the next question."""
    # A query that is asked by another carries its head along: what it declares is declared once.
    types = {found[1]: found[2] for found in _PARAMETER.finditer(sql)}
    declared = tuple(Parameter(name=known, type=type_) for known, type_ in types.items())
    wanted = {one.name: (parameters or {})[one.name] for one in declared}
    return engine.run(Query(name=name, says=name, parameters=declared, sql=sql), wanted).dicts()


def slice_of(column: str, since_us: int, width_us: int) -> str:
    """Beginning of the slice in which a moment lies."""
    return f"{column} - ({column} - {since_us}) % {max(1, width_us)}"
