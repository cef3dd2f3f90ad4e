"""Exports from outside the Kubernetes API: what the user's own cloud, directory and delivery tools print.

Give decoded JSON or YAML to ``recognise``; ask ``declined`` why something is no description, ``gaps`` for what the
answers themselves say is missing, and ``merged`` to drop what others repeat. ``repository`` reads a checked-out
repository, and ``fetch`` calls the user's own cloud CLI. Reads no Kubernetes objects and decides nothing about
duties.
"""

from demarc.collect.external.declined import declined
from demarc.collect.external.directory import table
from demarc.collect.external.fetch import CommandResult, fetch
from demarc.collect.external.gaps import gaps, merged
from demarc.collect.external.people import DirectoryPerson, person
from demarc.collect.external.recognise import SHAPES, recognise, source_kind
from demarc.collect.external.repository import repository

__all__ = [
    "SHAPES",
    "CommandResult",
    "DirectoryPerson",
    "declined",
    "fetch",
    "gaps",
    "merged",
    "person",
    "recognise",
    "repository",
    "source_kind",
    "table",
]
