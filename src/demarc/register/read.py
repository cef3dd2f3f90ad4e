"""Reads entries by the description of the format: right keys, right kinds, every fault with its line.

Knows what a value must look like, not what it refers to: whether a person exists is for ``names``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from msgspec import Struct

from demarc.model.boundary import Party
from demarc.model.errors import Where
from demarc.model.time import Period, days, instant
from demarc.register.fields import (
    ID_LENGTH,
    ID_PATTERN,
    LENGTH_PATTERN,
    MOMENT_PATTERN,
    MOST_DAYS,
    NAME_LENGTH,
    PARTIES,
    TEXT_LENGTH,
    Field,
    Kind,
    Record,
)
from demarc.register.problems import Problems
from demarc.register.tree import Mapping, Node, Scalar, Sequence
from demarc.register.words import Spellings, is_marker, shown, unsafe

_ID = re.compile(ID_PATTERN)
_MOMENT = re.compile(MOMENT_PATTERN)
_LENGTH = re.compile(LENGTH_PATTERN)
_KINDS = {
    "bool": "a yes/no value",
    "int": "a number",
    "float": "a number",
    "null": "nothing",
    "timestamp": "a date",
    "merge": "a merge key",
    "value": "a default value",
}
_FORM = {Sequence: "a list", Mapping: "a mapping"}


_NARROWING = frozenset({Kind.DUTIES, Kind.PARTS, Kind.NAMES, Kind.RECORD, Kind.MOMENT})
"""Values without which an entry would hold for more than is meant."""


class Entry(Struct, kw_only=True):
    """An entry as read: values by key, with the line of each."""

    record: Record
    file: str
    line: int
    path: str
    values: dict[str, Any]
    lines: dict[str, int]
    sound: bool = True
    """False once something in it is wrong or still to be filled in: then it does not count."""

    @property
    def where(self) -> Where:
        """Where the entry starts."""
        return Where(file=self.file, line=self.line, field=self.path or None)

    def at(self, name: str) -> Where:
        """Where a key stands; for a key that is not there, where the entry starts."""
        field = f"{self.path}.{name}" if self.path else name
        return Where(file=self.file, line=self.lines.get(name, self.line), field=field)

    @property
    def period(self) -> Period:
        """The time for which it holds."""
        return Period(since=self.values.get("valid_from"), until=self.values.get("valid_to"))

    def text(self, name: str) -> str:
        """A text; empty when the key is not there."""
        return str(self.values.get(name) or "")

    def many(self, name: str) -> tuple[Any, ...]:
        """The values of a list; empty when the key is not there."""
        found: tuple[Any, ...] = self.values.get(name, ())
        return found

    @property
    def duties(self) -> tuple[str, ...]:
        """Duty ids and patterns, under either key."""
        return (*self.many("duty"), *self.many("duties"))


class _Wrong(Exception):  # noqa: N818 - never leaves this module
    """A value that is not what its field wants."""

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(what)
        self.what, self.todo = what, todo


class Reader:
    """Reads the entries of one file; ``duties`` and ``parts`` are the names that the catalogue knows."""

    def __init__(self, file: str, problems: Problems, duties: Collection[str], parts: Collection[str]) -> None:
        self._file = file
        self._problems = problems
        self._duties = duties
        self._parts = parts
        self._duty_spellings = Spellings(duties)
        self._part_spellings = Spellings(parts)
        self._values: dict[Kind, Callable[[Field, Node], Any]] = {
            Kind.ID: self._id,
            Kind.TEXT: lambda _, node: _text(node, TEXT_LENGTH),
            Kind.NUMBERED: lambda _, node: _text(node, TEXT_LENGTH, numbers=True),
            Kind.HOLDER: lambda _, node: _text(node, ID_LENGTH),
            Kind.PERSON: lambda _, node: _text(node, ID_LENGTH),
            Kind.SUPPLIER: lambda _, node: _text(node, ID_LENGTH),
            Kind.MOMENT: _moment,
            Kind.LENGTH: _length,
            Kind.FLAG: _flag,
            Kind.PARTY: _party,
            Kind.PAIRS: _pairs,
        }

    def entry(self, record: Record, node: Node, path: str) -> Entry | None:
        """Read one entry. None when it is no mapping at all."""
        where = Where(file=self._file, line=node.line, field=path or None)
        if isinstance(node, Scalar) and record.short_for and node.means != "null":
            node = Mapping(((Scalar(record.short_for, False, node.line), node),), node.line, 2)
        if not isinstance(node, Mapping):
            keys = ", ".join(field.name for field in record.fields if field.required) or record.fields[0].name
            if isinstance(node, Scalar) and is_marker(node.text):
                self._problems.blank(f"still to be filled in: {record.name}", where, f"write the keys: {keys}")
            else:
                what = f"{_form(node)} where {_a(record.name)} is wanted"
                self._problems.error(what, where, f"write keys and values: {keys}")
            return None
        entry = Entry(record=record, file=self._file, line=node.line, path=path, values={}, lines={})
        there: set[str] = set()
        for key, value in node.entries:
            there.add(self._key(entry, key, value))
        self._whole(entry, there)
        return entry

    def _key(self, entry: Entry, key: Scalar, value: Node) -> str:
        """Read a key; returns its name, or the one that was most likely meant."""
        field = entry.record.field(key.text)
        if field is None:
            return self._unknown(entry, key)
        self._field(entry, field, key, value)
        return field.name

    def _field(self, entry: Entry, field: Field, key: Scalar, value: Node) -> None:
        entry.lines[field.name] = key.line
        if isinstance(value, Scalar) and is_marker(value.text) and field.kind not in (Kind.FLAG, Kind.PAIRS):
            self._blank(entry, field)
            return
        if field.kind is Kind.RECORDS:
            entry.values[field.name] = self._records(entry, field, value)
        elif field.record is not None:
            self._nested(entry, field, value)
        elif field.kind in (Kind.DUTIES, Kind.PARTS, Kind.NAMES, Kind.WORDS):
            entry.values[field.name] = self._list(entry, field, value)
        else:
            self._one(entry, field, value, entry.at(field.name))

    def _unknown(self, entry: Entry, key: Scalar) -> str:
        names = [field.name for field in entry.record.fields]
        alike = {word: field.name for field in entry.record.fields for word in field.alike}
        entry.sound = False
        place = Where(file=self._file, line=key.line, field=entry.path or None)
        near = self._problems.nearest(key.text, Spellings(names, alike))
        todo = f"did you mean {shown(near)}?" if near else f"the keys are: {', '.join(names)}"
        self._problems.error(f"unknown key {shown(key.text)} in {_a(entry.record.name)}", place, todo)
        return near or ""

    def _blank(self, entry: Entry, field: Field) -> None:
        if field.required or field.kind in _NARROWING:
            entry.sound = False
        if field.required:
            entry.values[field.name] = None
        what = f"still to be filled in: {field.name} of {_a(entry.record.name)}"
        self._problems.blank(what, entry.at(field.name), field.ask)

    def _one(self, entry: Entry, field: Field, value: Node, where: Where) -> None:
        try:
            entry.values[field.name] = self._values[field.kind](field, value)
        except _Wrong as wrong:
            entry.sound = False
            entry.values[field.name] = None
            self._problems.error(f"{field.name}: {wrong.what}", where, wrong.todo or field.ask)

    def _list(self, entry: Entry, field: Field, value: Node) -> tuple[str, ...]:
        listed = isinstance(value, Sequence)
        items = value.items if isinstance(value, Sequence) else (value,)
        if not items and field.kind is not Kind.WORDS:
            entry.sound = False
            self._problems.error(f"{field.name}: an empty list", entry.at(field.name), field.ask)
        found: dict[str, None] = {}
        for number, item in enumerate(items):
            path = f"{entry.path}.{field.name}" if entry.path else field.name
            where = Where(file=self._file, line=item.line, field=f"{path}[{number}]" if listed else path)
            if isinstance(item, Scalar) and is_marker(item.text):
                self._blank(entry, field)
                continue
            try:
                found[self._item(field, item)] = None
            except _Wrong as wrong:
                entry.sound = False
                self._problems.error(f"{field.name}: {wrong.what}", where, wrong.todo or field.ask)
        return tuple(found)

    def _item(self, field: Field, item: Node) -> str:
        text = _text(item, NAME_LENGTH)
        if field.kind is Kind.DUTIES:
            return self._duty(text)
        if field.kind is Kind.PARTS and text not in self._parts:
            otherwise = "take a part from the boundary catalogue"
            todo = self._problems.did_you_mean(text, self._part_spellings, otherwise)
            raise _Wrong(f"unknown part {shown(text)}", todo)
        return text

    def _duty(self, text: str) -> str:
        if text in self._duties:
            return text
        if "," in text:
            raise _Wrong(f"several duties in one text: {shown(text)}", "write a list: [identity.rbac, secret.access]")
        if "*" in text or "?" in text:
            if len(text) <= 100 and any(fnmatchcase(duty, text) for duty in self._duties):
                return text
            raise _Wrong(f"no duty matches the pattern {shown(text)}", "'demarc matrix' lists the duties")
        layer = f"{text}.*" if any(duty.startswith(f"{text}.") for duty in self._duties) else None
        near = self._problems.did_you_mean(text, self._duty_spellings, "'demarc matrix' lists the duties")
        raise _Wrong(f"unknown duty {shown(text)}", f"for all of them write '{layer}'" if layer else near)

    def _records(self, entry: Entry, field: Field, value: Node) -> tuple[Entry, ...]:
        record = field.record
        if record is None or (isinstance(value, Scalar) and value.means == "null"):
            return ()
        if not isinstance(value, Sequence):
            entry.sound = False
            what = f"{field.name}: {_form(value)} where a list is wanted"
            self._problems.error(what, entry.at(field.name), "start each entry with '- '")
            return ()
        path = f"{entry.path}.{field.name}" if entry.path else field.name
        read = (self.entry(record, item, f"{path}[{number}]") for number, item in enumerate(value.items))
        return tuple(item for item in read if item is not None)

    def _nested(self, entry: Entry, field: Field, value: Node) -> None:
        record = field.record
        if record is None:
            return
        null = isinstance(value, Scalar) and value.means == "null"
        if record.name != "scope" and null:
            return
        if record.name == "scope" and (null or (isinstance(value, Mapping) and not value.entries)):
            # Otherwise a scope whose keys slipped out of the indentation would hand over the whole cluster.
            entry.sound = False
            todo = "write where it holds, indented under it; for everywhere leave the scope out"
            self._problems.error("scope: it names nothing", entry.at(field.name), todo)
            return
        inner = self.entry(record, value, f"{entry.path}.{field.name}" if entry.path else field.name)
        if inner is None or not inner.sound:
            entry.sound = False
        entry.values[field.name] = inner

    def _whole(self, entry: Entry, there: set[str]) -> None:
        """Check what no single key shows: missing keys, one of two, the order of moments."""
        for field in entry.record.fields:
            if field.required and field.name not in there:
                entry.sound = False
                what = f"{_a(entry.record.name)} without {field.name}"
                self._problems.error(what, entry.at(field.name), field.ask)
        for one, other in entry.record.one_of:
            if one in there and other in there:
                entry.sound = False
                self._problems.error(f"both {one} and {other}", entry.at(other), f"put all of them under {one}")
            elif one not in there and other not in there:
                entry.sound = False
                field_one = entry.record.field(one)
                what = f"{_a(entry.record.name)} without {one}"
                self._problems.error(what, entry.at(one), field_one.ask if field_one else "")
        for first, last in entry.record.ordered:
            start, end = entry.values.get(first), entry.values.get(last)
            if start and end and end <= start:
                entry.sound = False
                what = f"it ends before it starts: {first} {_day(start)}, {last} {_day(end)}"
                todo = f"{last} is the first moment at which it no longer holds, and comes after {first}"
                self._problems.error(what, entry.at(last), todo)

    def _id(self, _: Field, node: Node) -> str:
        text = _text(node, ID_LENGTH)
        if not _ID.match(text):
            todo = "leave out spaces, colons, commas, * and ?; the name may hold them"
            raise _Wrong(f"{shown(text)} cannot be an id", todo)
        return text


def _text(node: Node, limit: int, *, numbers: bool = False) -> str:
    """A text as written. Refused where YAML, and so every other tool, would read something else."""
    if not isinstance(node, Scalar):
        raise _Wrong(f"{_form(node)} where a text is wanted", "")
    means = node.means
    if means == "null":
        # `contact: #payments` is the usual way to get here: what follows the # is a comment.
        raise _Wrong("it has no value, or one that starts with # and is not quoted", "")
    if means not in ("str", "timestamp") and not (numbers and means in ("int", "float")):
        raise _Wrong(f"YAML reads {shown(node.text)} as {_KINDS.get(means, means)}", f'quote it: "{node.text}"')
    text = node.text.strip()
    if not text:
        raise _Wrong("it is empty", "")
    if len(text) > limit:
        raise _Wrong(f"longer than {limit:,} characters", "shorten it")
    bad = unsafe(text)
    if bad:
        raise _Wrong(f"it holds the character {bad}, which acts on the screen instead of being shown", "remove it")
    return text


def moment(text: str) -> datetime:
    """Read a date or instant. Raises ValueError that says what is wrong with it."""
    if not _MOMENT.match(text):
        raise ValueError(f"not a date: {shown(text)}")
    try:
        return instant(text)
    except OverflowError:
        raise ValueError(f"out of range: {shown(text)}") from None
    except ValueError as error:
        why = error.__cause__
        raise ValueError(f"not a date: {shown(text)}" + (f" ({shown(str(why))[1:-1]})" if why else "")) from None


def _moment(_: Field, node: Node) -> datetime:
    if not isinstance(node, Scalar):
        raise _Wrong(f"{_form(node)} where a date is wanted", "write 2026-03-31")
    if node.means == "null" or not node.text.strip():
        raise _Wrong("it has no value", "")
    try:
        return moment(node.text.strip())
    except ValueError as error:
        raise _Wrong(str(error), "write 2026-03-31, or 2026-03-31T12:00:00Z") from error


def _length(_: Field, node: Node) -> int:
    if isinstance(node, Scalar) and _LENGTH.match(node.text.strip()):
        text = node.text.strip()
        found = int(text) if text.isdigit() else days(text)
        if 1 <= found <= MOST_DAYS:
            return found
    what = shown(node.text) if isinstance(node, Scalar) else _form(node)
    raise _Wrong(f"not a length of time: {what}", "write 90d, 12w, 6m or 1y, of at least a day")


def _flag(_: Field, node: Node) -> bool:
    if isinstance(node, Scalar) and node.plain and node.text.lower() in ("true", "false"):
        return node.text.lower() == "true"
    what = shown(node.text) if isinstance(node, Scalar) else _form(node)
    raise _Wrong(f"{what} where true or false is wanted", "write true or false, without quotes")


def _party(_: Field, node: Node) -> Party:
    text = _text(node, ID_LENGTH)
    if text not in PARTIES:
        raise _Wrong(f"no such party: {shown(text)}", f"write one of {', '.join(PARTIES)}")
    return Party(text)


def _pairs(_: Field, node: Node) -> dict[str, str]:
    if not isinstance(node, Mapping):
        raise _Wrong(f"{_form(node)} where a mapping is wanted", "write key: value under it, indented")
    if not node.entries:
        raise _Wrong("an empty mapping", "write key: value, or remove the line")
    return {_text(key, NAME_LENGTH): _pair_value(value) for key, value in node.entries}


def _pair_value(node: Node) -> str:
    if isinstance(node, Scalar) and not node.plain and not node.text:
        return ""  # a label may be empty, when that is written out
    if isinstance(node, Scalar) and is_marker(node.text):
        raise _Wrong("a value is still to be filled in", "write the value")
    return _text(node, NAME_LENGTH)


def _form(node: Node) -> str:
    if isinstance(node, Scalar):
        return "nothing" if node.means == "null" else shown(node.text)
    return _FORM[type(node)]


def _a(name: str) -> str:
    if name.endswith("s"):
        return f"the {name}"
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _day(at: datetime) -> str:
    return at.isoformat()[:10] if at.time() == at.min.time() else at.isoformat()
