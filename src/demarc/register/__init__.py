"""The register: the customer's own record of who holds which duty, read from files that people write by hand.

Knows nothing of clusters, dates of assessment or the catalogue: the names of duties and parts are given to it.
"""

from demarc.register.fields import ID_LENGTH, ID_PATTERN, NAME_LENGTH
from demarc.register.load import Loaded, load, load_or_raise
from demarc.register.schema import schema, schema_text
from demarc.register.words import MARKER, unsafe

__all__ = [
    "ID_LENGTH",
    "ID_PATTERN",
    "MARKER",
    "NAME_LENGTH",
    "Loaded",
    "load",
    "load_or_raise",
    "schema",
    "schema_text",
    "unsafe",
]
