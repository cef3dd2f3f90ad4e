"""The ledger on the terminal: entries, histories, and what verifying found. Both times are always shown, in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from demarc.ledger.changes import Changes
from demarc.ledger.history import Event
from demarc.ledger.proof import Proved
from demarc.model.ledger import Act, Entry, Head, Verified
from demarc.reports.terminal.draw import heading, plain, say
from demarc.reports.text import count

_DID = {Act.STATES: "stated", Act.REPLACES: "replaced", Act.WITHDRAWS: "withdrawn"}
_HIDDEN = frozenset({"where", "duties", "scope", "team", "by", "checkpoint", "token", "keys", "format"})
"""Parts of a body that the subject says already, or that nobody reads."""
_MOST_CHANGES = 60


def entries(found: Sequence[Entry], head: Head, console: Console) -> None:
    """Print entries, one a line."""
    for one in found:
        _head(one, console)
        _indented(plain(_line(one)), console)
    say(console, f"{count(head.size, 'entry', 'entries')}, root {head.root.hex()}", style="dim")


def entry(found: Entry, later: Entry | None, console: Console) -> None:
    """Print one entry in full."""
    console.print(heading(f"entry {found.seq}: {found.kind}"))
    pairs: list[tuple[str, str]] = [
        ("subject", found.subject),
        ("recorded", f"{found.recorded_at} through the account {found.writer}"),
        ("decided by", found.actor),
        ("holds", period(found)),
        ("does", _DID[found.act] + (f" entry {found.supersedes}" if found.supersedes is not None else "")),
    ]
    if later is not None:
        pairs.append(
            ("stands", f"no longer: {_DID[later.act]} by entry {later.seq}, recorded {short(later.recorded_at)}")
        )
    elif found.act is not Act.WITHDRAWS:
        pairs.append(("stands", "yes"))
    pairs += [(f"  {name}", _text(value)) for name, value in (found.body or {}).items()]
    pairs.append(("chained to", found.prev))
    width = max(len(name) for name, _ in pairs) + 2
    for name, value in pairs:
        console.print(Text(name.ljust(width), style="dim").append_text(plain(value)), overflow="fold", no_wrap=False)


def history(about: str, events: Sequence[Event], head: Head, console: Console, *, known: str | None) -> None:
    """Print what the ledger says about something, in the order in which it was recorded."""
    console.print(heading(f"{about}: {count(len(events), 'entry', 'entries')} of {head.size:,}"))
    if known is not None:
        say(console, f"as recorded by {short(known)} UTC", style="dim")
    if not events:
        say(console, "The ledger says nothing about it.")
        return
    for event in events:
        _head(event.entry, console)
        _indented(plain(_line(event.entry)), console)
        if event.was is not None and (said := _difference(event.was, event.entry)):
            _indented(plain(f"was: {said}", "yellow"), console)
        if event.until is not None:
            until = event.until
            said = f"{_DID[until.act]} by entry {until.seq}, recorded {short(until.recorded_at)}"
            _indented(plain(said, "dim"), console)
    say(console, f"root {head.root.hex()}", style="dim")


def changes(found: Changes, console: Console) -> None:
    """Print what changed in the register."""
    lines = [
        *(("withdrawn", one.kind, one.subject, "") for one in found.withdrawn),
        *(
            ("replaced", element.kind, element.subject, _pairs({"now": _essence(element.body)}))
            for _, element in found.replaced
        ),
        *(("stated", one.kind, one.subject, _essence(one.body)) for one in found.stated),
    ]
    for did, kind, subject, says in lines[:_MOST_CHANGES]:
        said = f"{kind.removeprefix('register.')} {subject}" + (f": {says}" if says else "")
        console.print(Padding(Text(did.ljust(10), style="dim").append_text(plain(said, "not dim")), (0, 0, 0, 0)))
    if len(lines) > _MOST_CHANGES:
        say(console, f"and {len(lines) - _MOST_CHANGES:,} more", style="dim")


def verified(found: Verified, name: str, console: Console) -> None:
    """Print what verifying found, and what it does not prove."""
    console.print(heading(f"{name}: {found.origin or 'unknown'}, {count(found.size, 'entry', 'entries')}"))
    say(console, f"root      {found.root.hex()}")
    if found.recorded[0]:
        say(console, f"recorded  from {short(found.recorded[0])} to {short(found.recorded[1])} UTC")
    say(console, f"signed    {_signed(found)}")
    for size in found.handed:
        say(console, f"handed    it continues the checkpoint of {count(size, 'entry', 'entries')} that you hold")
    for one in found.stamps[-5:]:
        vouched = "" if one.trusted else "; nobody vouches for its certificate: --tsa-ca"
        say(
            console,
            f"stamped   the first {one.size:,} entries existed at {short(one.at)} UTC, says {one.authority}{vouched}",
        )
    for finding in found.findings:
        console.print(Text("FOUND     ", style="bold red").append_text(plain(str(finding))), overflow="fold")
    if found.more_findings:
        console.print(Text(f"FOUND     and {found.more_findings:,} more", style="bold red"))
    if found.findings:
        console.print(Text("REJECTED", style="bold red"))
        return
    console.print(Text("nothing was found", style="bold"))
    for line in _limits(found):
        console.print(plain(line, "dim"), overflow="fold", no_wrap=False)


def proved(found: Proved, console: Console) -> None:
    """Print what a proof shows."""
    checkpoint = found.checkpoint
    by = f"signed by {', '.join(found.signers)}" if found.signers else "signature NOT checked: give --trust-key"
    if found.entry is not None:
        say(console, f"in the ledger {checkpoint.origin} of {count(checkpoint.size, 'entry', 'entries')}, {by}:")
        entry(found.entry, None, console)
    elif found.older is not None:
        say(
            console,
            f"the ledger {checkpoint.origin} of {count(checkpoint.size, 'entry', 'entries')} continues that of "
            f"{found.older.size:,}: nothing before was changed; {by}",
        )


def period(entry: Entry) -> str:
    """For when it holds, in words."""
    if entry.act is Act.WITHDRAWS:
        return ""
    if entry.valid_from is None and entry.valid_to is None:
        return "always"
    if entry.valid_to is None:
        return f"from {short(entry.valid_from or '')}"
    return (
        f"{short(entry.valid_from)} to {short(entry.valid_to)}" if entry.valid_from else f"to {short(entry.valid_to)}"
    )


def short(text: str) -> str:
    """A time of the ledger as people read it: the day, and the time of day where it is not midnight."""
    day, _, rest = text.partition("T")
    return day if rest.startswith("00:00:00.000000") else f"{day} {rest[:8]}"


def _line(entry: Entry) -> str:
    kind = entry.kind.removeprefix("register.")
    essence = _essence(entry.body)
    did = "" if entry.act is Act.STATES else f" {_DID[entry.act]}"
    return f"{kind}{did}: {entry.subject}" + (f" - {essence}" if essence else "")


def _essence(body: dict[str, Any] | None) -> str:
    return _pairs({name: value for name, value in (body or {}).items() if name not in _HIDDEN})


def _pairs(said: dict[str, Any]) -> str:
    return ", ".join(f"{name} {_text(value)}" for name, value in said.items())


def _head(one: Entry, console: Console) -> None:
    """Both times, and who."""
    holds = period(one)
    line = Text(f"{one.seq}  recorded {short(one.recorded_at)}", style="bold")
    line.append_text(plain(f"  {'holds ' + holds if holds else 'withdraws'}  by {one.actor}", "not bold"))
    console.print(line, overflow="fold", no_wrap=False)


def _indented(text: Text, console: Console) -> None:
    console.print(Padding(text, (0, 0, 0, 4)))


def _difference(old: Entry, new: Entry) -> str:
    """What an entry said that was replaced or withdrawn, where the new one says something else."""
    if new.act is Act.WITHDRAWS:
        return _essence(old.body) or period(old)
    before, after = old.body or {}, new.body or {}
    names = [name for name in dict.fromkeys([*before, *after]) if name != "where"]
    said = [f"{name} {_text(before.get(name)) or 'none'}" for name in names if before.get(name) != after.get(name)]
    if (old.valid_from, old.valid_to) != (new.valid_from, new.valid_to):
        said.append(f"holding {period(old)}")
    return ", ".join(said)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={_text(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return ", ".join(_text(inner) for inner in value)
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: ""}[value]
    return str(value)


def _signed(found: Verified) -> str:
    if not found.signed:
        return "by nobody"
    by = ", ".join(found.signers)
    whose = "a key that you trust" if found.keys_given else "a key that the ledger names itself"
    rest = found.size - found.signed
    return f"{found.signed:,} entries by {by}, {whose}" + (f"; the last {rest:,} by nobody yet" if rest else "")


def _limits(found: Verified) -> list[str]:
    """What stays open even so, in plain words."""
    anchored = max((one.size for one in found.stamps if one.trusted), default=0)
    outside = max(anchored, *found.handed) if found.handed else anchored
    said = []
    if not found.keys_given:
        said.append("Whose ledger it is: only a key that you got by another way can say that (--trust-key).")
    if outside < found.size:
        what = f"the last {found.size - outside:,} entries" if outside else "all of it"
        said.append(
            f"Whether whoever holds the key wrote {what} anew: only a time stamp whose authority you trust (--tsa-ca), "
            "or a checkpoint that you were handed (--checkpoint), can show that."
        )
    said.append("Whether an entry was true when it was recorded: a ledger proves what was said, and when.")
    return said
