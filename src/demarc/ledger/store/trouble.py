"""What a database says is wrong, in words that help: never with a password in them."""

from __future__ import annotations

from demarc.model.errors import DemarcError, Where

_KNOWN = (
    ("append-only", "the ledger refuses to be changed", "append an entry that replaces or withdraws the other one"),
    ("permission denied", "the database refuses it", "ask for the rights that docs/concepts/ledger.md names"),
    ("readonly database", "the ledger may not be written here", "give the right to write the file and its folder"),
    ("database is locked", "somebody else has been writing for a minute", "try again when they are done"),
    ("disk is full", "the disk is full", "make room: nothing of this was recorded"),
    ("malformed", "the file is damaged", "restore it from a backup: demarc ledger restore"),
    ("not a database", "this is no ledger", "name the file that demarc ledger init made"),
    ("unable to open", "the file cannot be opened", "name the file that demarc ledger init made"),
    ("password", "the database does not let you in", "look at user and password, or the .pgpass file"),
)


def trouble(said: str, name: str) -> DemarcError:
    """The error for what a database said about the ledger of that name."""
    first = next(iter(said.strip().splitlines()), "nothing")
    for sign, what, todo in _KNOWN:
        if sign in first:
            return DemarcError(what, where=Where(file=name), todo=todo)
    return DemarcError(
        f"the database of the ledger: {first}", where=Where(file=name), todo="look at its log; nothing was recorded"
    )


def no_ledger(name: str) -> DemarcError:
    """The error for a place where no ledger is."""
    return DemarcError("there is no such ledger", where=Where(file=name), todo="make it: demarc ledger init")


def wrong_version(found: str | None, wanted: str, name: str) -> DemarcError:
    """The error for a ledger that another version of Demarc made."""
    if found is None:
        return no_ledger(name)
    newer = found > wanted
    return DemarcError(
        f"the ledger is of version {found}, not {wanted}",
        where=Where(file=name),
        todo="use the newer Demarc that made it"
        if newer
        else f"bring it up to date: demarc ledger init --ledger {name}",
    )
