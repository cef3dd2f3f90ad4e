"""One question for many detections: those that look at each request by itself are asked of a trail in one reading.

Asked one by one they would read a trail of months some eighty times, and its bodies some forty times. What each of them
matches becomes a bit of a number; a request that nothing matches does not leave the engine. Detections that compare
requests with each other have a query of their own and are not for here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final

from msgspec import Struct

from demarc.events.interface import Value
from demarc.incidents.detections.sql import ADDRESS, CREDENTIAL, slice_of
from demarc.incidents.detections.trail import Trail

_PLAIN: Final = re.compile(
    r"\A(?:--[^\n]*\n)+SELECT\n(?:  [a-z_, ]+,\n)+  (?P<shown>(?:CASE|1\b).*?) AS shown\n"
    r"FROM events\nWHERE (?P<where>.*)\nORDER BY ts_us, event_id\n\Z",
    re.DOTALL,
)
_TABLE: Final = re.compile(r"\bFROM events\b")
_AND: Final = "\n  AND "
"""Between the parts of a condition, as detections are written; deeper ones are further in."""
_BODY: Final = ("request_object", "response_object")
_WORDS: Final = ("annotations LIKE", "user_groups LIKE", "(agent) LIKE")
_BITS: Final = 60
"""Conditions that one number holds."""


class Condition(Struct, frozen=True, kw_only=True):
    """What a detection matches, of one request."""

    where: tuple[str, ...]
    """All of it has to hold."""
    shown: str
    """1 where the record shows it, else 0: it may be such a thing."""

    @property
    def seen(self) -> tuple[str, ...]:
        """That the record shows it."""
        return self.where if self.shown == "1" else (*self.where, f"({self.shown}) = 1")

    @property
    def blind(self) -> tuple[str, ...]:
        """That it may be such a thing and the record does not show it; nothing where every record does."""
        return () if self.shown == "1" else (*self.where, f"({self.shown}) <> 1")


def kind_of(parts: tuple[str, ...]) -> int:
    """Which conditions are best asked together: for words in texts of few values, for bodies, for all else.

    An engine that keeps each value of a column once looks for a word in each value once, as long as it is asked for
    nothing else; and it need not read bodies for what does not look into them.
    """
    text = " ".join(parts)
    if any(column in text for column in _BODY):
        return 1
    return 2 if any(words in text for words in _WORDS) else 0


@cache
def condition_of(sql: str) -> Condition | None:
    """The condition of a detection that looks at one request only; None for any other."""
    found = _PLAIN.match(sql)
    if found is None or len(_TABLE.findall(sql)) > 1:
        return None
    return Condition(where=tuple(f"({part})" for part in found["where"].split(_AND)), shown=found["shown"])


class Marks:
    """Conditions as bits of a few numbers, by name."""

    def __init__(self, conditions: Mapping[str, tuple[str, ...]]) -> None:
        self.names = tuple(conditions)
        parts = list(conditions.values())
        self.columns = [f"m{number}" for number in range((len(parts) + _BITS - 1) // _BITS)]
        self._sums = [
            _sum([(1 << bit, one) for bit, one in enumerate(parts[number * _BITS : (number + 1) * _BITS])])
            for number in range(len(self.columns))
        ]

    @property
    def selected(self) -> str:
        """The numbers as columns of a SELECT."""
        return ", ".join(f"{text} AS {name}" for text, name in zip(self._sums, self.columns, strict=True))

    @property
    def any(self) -> str:
        """That a condition holds."""
        return "(" + " OR ".join(f"{name} <> 0" for name in self.columns) + ")"

    def of(self, row: Mapping[str, Value | None]) -> Iterator[str]:
        """Names of the conditions that hold for a row."""
        for number, column in enumerate(self.columns):
            left = int(str(row[column]))
            while left:
                lowest = left & -left
                yield self.names[number * _BITS + lowest.bit_length() - 1]
                left ^= lowest


def _sum(tests: list[tuple[int, tuple[str, ...]]]) -> str:
    """The sum of the numbers whose parts all hold; what several ask for is asked once, before all else of theirs."""
    terms: list[str] = []
    while tests:
        asked = Counter(part for _, parts in tests for part in dict.fromkeys(parts))
        if not asked:
            terms += [str(number) for number, _ in tests]
            break
        shared = asked.most_common(1)[0][0]
        inside = [(number, tuple(p for p in parts if p != shared)) for number, parts in tests if shared in parts]
        tests = [(number, parts) for number, parts in tests if shared not in parts]
        terms.append(f"CASE WHEN {shared} THEN {_sum(inside)} ELSE 0 END")
    return " + ".join(terms)


def counting(marks: Marks, trail: Trail) -> str:
    """How often, since when and until when the conditions hold, by place and slice of the trail."""
    key = f"user_name, agent, address, credential, part, {', '.join(marks.columns)}"
    part = slice_of("ts_us", trail.since_us, trail.width_us)
    return (
        f"SELECT {key}, COUNT(*) AS hits, MIN(ts_us) AS first_us, MAX(ts_us) AS last_us FROM ("
        f"SELECT user_name, agent, {ADDRESS} AS address, {CREDENTIAL} AS credential, ts_us, {part} AS part, "
        f"{marks.selected} FROM events) AS marked WHERE {marks.any} GROUP BY {key}"
    )


def showing(marks: Marks, condition: str, *, columns: Iterable[str] = ()) -> str:
    """The requests for which the conditions hold, with what looks into bodies need, in order; of some requests only."""
    named = "".join(f"{name}, " for name in columns)
    # A role that is bound is told by the answer where the request does not name it; no other answer is looked into.
    answer = "CASE WHEN api_group = 'rbac.authorization.k8s.io' THEN response_object ELSE '' END AS answer"
    return (
        f"SELECT {named}{', '.join(marks.columns)}, user_name, agent, address, credential, ts_us, namespace, "
        f"user_groups, request_object, answer AS response_object FROM ("
        f"SELECT event_id, user_name, agent, {ADDRESS} AS address, {CREDENTIAL} AS credential, ts_us, namespace, "
        f"user_groups, request_object, {answer}, {marks.selected} FROM events WHERE {condition}) AS marked "
        f"WHERE {marks.any} ORDER BY ts_us, event_id"
    )
