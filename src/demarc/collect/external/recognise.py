"""From decoded JSON or YAML to Records: which shape it is, by content alone.

The registry is one visible tuple. Envelopes that any service may use (pages, Resource Graph, boto3's metadata) are
taken off here; what an answer means is for the readers. Kubernetes objects are turned away: they have a reader of
their own.
"""

from __future__ import annotations

from typing import Any

from demarc.collect.external import (
    aws,
    azure,
    backstage,
    directory,
    gcp,
    github,
    github_cli,
    gitlab,
    kubelet,
    rosa,
    supply,
)
from demarc.collect.external.declined import declined
from demarc.collect.external.gaps import UNREAD
from demarc.collect.external.gaps import unread as not_read
from demarc.collect.external.plain import plain
from demarc.collect.external.shape import Body, Shape, record
from demarc.model.evidence import GapReason
from demarc.model.snapshot import Record, SourceKind

SHAPES: tuple[Shape, ...] = (
    *aws.SHAPES,
    *gcp.SHAPES,
    *azure.SHAPES,
    *rosa.SHAPES,
    *kubelet.SHAPES,
    *github.SHAPES,
    *github_cli.SHAPES,
    *gitlab.SHAPES,
    *supply.SHAPES,
    *directory.SHAPES,
    *backstage.SHAPES,
    *directory.PEOPLE,
)
"""Every shape that is known, in the order of trying."""

_STRANGERS = 500
"""Unknown entries after which an array is given up, unless there were as many known ones."""

EMPTY = "empty list (does not say of what)"
"""Shape of an answer that holds nothing and names nothing."""

_GRAPH_QUERY = frozenset({"data", "count", "total_records", "totalRecords", "skip_token", "facets", "resultTruncated"})


def recognise(value: Any, *, origin: str) -> tuple[str, list[Record]] | None:
    """Read an answer of a user's own tool.

    ``value`` is decoded JSON or YAML: one answer, or an array of things or of pages. ``origin`` names the input. Gives
    the shape in words and the Records with an empty ``source``, or None if nobody knows it. Entries of an array that
    nobody knows leave a Record of kind ``external.unread``, which ``gaps`` reports. An empty array is EMPTY without
    Records: it does not say of what there is nothing. Never raises.
    """
    if value == {"value": []}:
        return EMPTY, []
    if isinstance(value, list):
        return _array(value, origin)
    if not isinstance(value, dict) or _is_kubernetes(value) or declined(value, origin=origin):
        return None
    rows = value.get("data")
    if isinstance(rows, list) and _GRAPH_QUERY.issuperset(map(str, value)):
        found = _array(rows, origin)
        if found and (value.get("skip_token") or _more(value.get("total_records"), rows)):
            found[1].append(_cut(origin))
        return found
    shape = _shape_of(value)
    return (shape.name, shape.records(plain(value))) if shape else None


def source_kind(shape: str) -> SourceKind:
    """Say what sort of input a shape's name, as ``recognise`` gives it, stands for."""
    first = shape.partition("; ")[0]
    return next((known.source for known in SHAPES if known.name == first), SourceKind.CLOUD)


def _shape_of(value: Body, likely: Shape | None = None) -> Shape | None:
    if likely and likely.matches(value):
        return likely
    return next((shape for shape in SHAPES if shape.matches(value)), None)


def _is_kubernetes(value: Body) -> bool:
    version = value.get("apiVersion")
    written = isinstance(version, str) and isinstance(value.get("kind"), str)
    return written and not str(version).startswith(backstage.API)


def _entries(value: list[Any]) -> list[Any]:
    """Pages of arrays (``gh api --paginate --slurp``) become one array."""
    if not any(isinstance(item, list) for item in value):
        return value
    return [entry for item in value for entry in (item if isinstance(item, list) else [item])]


def _more(total: Any, rows: list[Any]) -> bool:
    return isinstance(total, int) and total > len(rows)


def _cut(origin: str) -> Record:
    return not_read(
        origin,
        says="the answer of the query goes on in a further page that was not given",
        reason=GapReason.TRUNCATED,
        todo="export it with --first 1000 and the further pages with --skip-token",
    )


def _array(value: list[Any], origin: str) -> tuple[str, list[Record]] | None:
    """An array is known when most of its entries are; the shapes found are named in order of appearance.

    Entries are tried against the shape of the one before them first: arrays hold one kind of thing. Shapes that
    more than one entry could satisfy are told apart by the order of the registry, so the likely one is only taken
    when it was found by that order.
    """
    entries = _entries(value)
    if not entries:
        return EMPTY, []
    if declined(entries, origin=origin):
        return None
    found: list[Record] = []
    shapes: dict[str, None] = {}
    read = unread = 0
    likely: Shape | None = None
    for entry in entries:
        known = None
        if isinstance(entry, dict) and not _is_kubernetes(entry):
            known = _shape_of(entry, likely)
        if known is None:
            unread += 1
            if unread > _STRANGERS + 2 * read:
                return None
            continue
        read += 1
        likely = known
        shapes[known.name] = None
        found += known.records(plain(entry))
    if not shapes or unread * 2 > len(entries):
        return None
    if unread:
        found.append(record(UNREAD, {"unread": unread, "entries": len(entries)}, name=origin))
    return "; ".join(shapes), found
