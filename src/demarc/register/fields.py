"""The words in which the format is described: kinds of values, fields, records, and the bounds of each kind."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from demarc.model.boundary import Party


class Kind(StrEnum):
    """What a value is."""

    ID = "id"
    TEXT = "text"
    NUMBERED = "numbered"
    """Text that is often a number: a clause ``4.2``. Taken as it is written."""
    HOLDER = "holder"
    """A person or team of the register."""
    PERSON = "person"
    """A person of the register."""
    SUPPLIER = "supplier"
    """A supplier of the register."""
    MOMENT = "moment"
    LENGTH = "length"
    FLAG = "flag"
    PARTY = "party"
    DUTIES = "duties"
    """A duty id or pattern, or a list of them."""
    PARTS = "parts"
    """Parts in the boundary's vocabulary, one or a list."""
    NAMES = "names"
    """A name or glob, or a list of them."""
    WORDS = "words"
    """A list of texts, or one."""
    PAIRS = "pairs"
    """A mapping of text to text."""
    RECORD = "record"
    RECORDS = "records"
    """A list of entries of one sort."""


class Field(Struct, frozen=True, kw_only=True):
    """A key and its value."""

    name: str
    kind: Kind
    doc: str
    required: bool = False
    ask: str = ""
    """What to do when it is missing or still a marker: ``name the person or team that answers for it``."""
    record: Record | None = None
    alike: tuple[str, ...] = ()
    """Other words that people use for the key; only for 'did you mean'."""


class Record(Struct, frozen=True, kw_only=True):
    """A sort of entry."""

    name: str
    doc: str
    fields: tuple[Field, ...]
    one_of: tuple[tuple[str, str], ...] = ()
    """Pairs of keys of which exactly one must be there."""
    short_for: str = ""
    """The field that a bare value stands for."""
    ordered: tuple[tuple[str, str], ...] = (("valid_from", "valid_to"),)
    """Pairs of moments of which the first must come before the second."""

    def field(self, name: str) -> Field | None:
        """The field of a name."""
        return next((field for field in self.fields if field.name == name), None)


ID_PATTERN = r"^[^\s:,*?]+$"
ID_LENGTH = 253
TEXT_LENGTH = 10_000
NAME_LENGTH = 1_000
MOMENT_PATTERN = r"^\d{4}-\d{2}-\d{2}([Tt ].+)?$"
LENGTH_PATTERN = r"^[0-9]{1,5} ?[dwmyDWMY]?$"
MOST_DAYS = 36_500

PARTIES = (Party.PROVIDER, Party.CUSTOMER, Party.SHARED, Party.THIRD_PARTY)
