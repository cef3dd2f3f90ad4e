"""Label and field selectors of a list, as its query has them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from demarc.testing.objects import Object
from demarc.testing.refusals import RefusedError

_SET = re.compile(r"^(?P<key>\S+)\s+(?P<word>in|notin)\s+\((?P<values>[^)]*)\)$")
_EQUAL = re.compile(r"^(?P<key>[^!=\s]+)\s*(?P<word>==|=|!=)\s*(?P<value>\S*)$")


def selecting(query: Mapping[str, str]) -> Callable[[Object], bool] | None:
    """What the selectors of a query let through; None where it has none."""
    labels = _terms(query.get("labelSelector", ""))
    fields = _terms(query.get("fieldSelector", ""))
    if not labels and not fields:
        return None

    def matches(item: Object) -> bool:
        held = item["metadata"].get("labels") or {}
        return all(_holds(term, held) for term in labels) and all(_holds(term, _Fields(item)) for term in fields)

    return matches


class _Fields:
    """Fields of an object by dotted path, as a mapping; a field that is not there is empty."""

    def __init__(self, item: Object) -> None:
        self._item = item

    def get(self, path: str) -> str | None:
        value: Any = self._item
        for part in path.split("."):
            value = value.get(part, "") if isinstance(value, dict) else ""
        return str(value)


def _terms(text: str) -> list[str]:
    return [term.strip() for term in re.split(r",(?![^(]*\))", text) if term.strip()]


def _holds(term: str, held: Any) -> bool:
    if match := _SET.match(term):
        values = {value.strip() for value in match["values"].split(",")}
        return bool((held.get(match["key"]) in values) == (match["word"] == "in"))
    if match := _EQUAL.match(term):
        return bool((held.get(match["key"]) == match["value"]) == (match["word"] != "!="))
    if re.fullmatch(r"!?[A-Za-z0-9./_-]+", term):
        return bool((held.get(term.lstrip("!")) is not None) != term.startswith("!"))
    raise RefusedError(400, "BadRequest", f"unable to parse requirement: {term}")
