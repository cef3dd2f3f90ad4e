"""``demarc events``: import an audit trail, look into it, and say what it can prove."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import Group, Parameter

from demarc.cli.answer import run_now
from demarc.cli.main import STDIN
from demarc.cli.options import OUTPUT
from demarc.cli.screen import Screen
from demarc.events.duck import MEMORY
from demarc.events.engines import open_engine
from demarc.events.importing import import_trails
from demarc.events.interface import Answer, Engine, Query, Value
from demarc.events.query import parsed, queries, query_of
from demarc.events.store import Store
from demarc.model.errors import DemarcError, Where
from demarc.model.time import instant
from demarc.reports import events as show_events

WHERE = Group("Where the trail is", sort_key=0)
FILTER = Group("Which events", sort_key=1)
ENGINE = Group("Who answers", sort_key=2)
StoreDir = Annotated[Path, Parameter(name="--store", group=WHERE)]
RowFormat = Annotated[Literal["text", "json", "csv"], Parameter(name="--format", group=OUTPUT)]
EngineName = Annotated[Literal["duckdb", "spark", "clickhouse"], Parameter(group=ENGINE)]
Text = Annotated[str, Parameter(group=FILTER, allow_leading_hyphen=True, show_default=False)]
Memory = Annotated[str, Parameter(group=ENGINE)]
Master = Annotated[str, Parameter(group=ENGINE, show_default=False)]


def take_in(
    inputs: Annotated[tuple[str, ...], Parameter(name="INPUT", group=WHERE)],
    /,
    *,
    store: StoreDir,
    memory: Memory = MEMORY,
    threads: Annotated[int, Parameter(group=ENGINE)] = 2,
    format: Annotated[Literal["text", "json"], Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002
) -> None:
    """Add what is new in files, folders or standard input to a store of events.

    Parameters
    ----------
    inputs
        Files, folders, archives, packed or not; - for standard input. Their shape is told by their content.
    store
        Folder of the store; made where it is not there.
    memory
        Memory that the conversion may hold.
    threads
        Pieces converted at a time.
    format
        text or json.
    """
    screen, run = Screen(), run_now()
    kept = Store.create(store)
    with screen.working("importing") as working:
        done = import_trails(
            kept,
            ["-" if given == STDIN else given for given in inputs],
            now=run.now,
            stdin=sys.stdin.buffer,
            memory=memory,
            threads=threads,
            on_progress=lambda at: working.update(f"{at.bytes_read / 1e6:,.0f} MB, {at.origin}"),
        )
    if format == "json":
        screen.binary(msgspec.json.encode(done) + b"\n")
    else:
        _print(show_events.imported(done))


def sources(
    *,
    store: StoreDir,
    rejects: Annotated[bool, Parameter(group=FILTER, negative=())] = False,
    format: Annotated[Literal["text", "json"], Parameter(name="--format", group=OUTPUT)] = "text",  # noqa: A002
) -> None:
    """Say what a store was imported from, with digests.

    Parameters
    ----------
    store
        Folder of the store.
    rejects
        Also the records that could not be read, as far as they are kept.
    format
        text or json.
    """
    kept = Store.open(store)
    found = list(kept.rejects()) if rejects else []
    if format == "json":
        body = {"sources": kept.manifest.sources, "rejects": found}
        Screen().binary(msgspec.json.encode(body) + b"\n")
        return
    _print(show_events.sources(kept.manifest.sources, found))


def show(
    *,
    store: StoreDir,
    user: Text = "",
    verb: Text = "",
    resource: Text = "",
    namespace: Annotated[str, Parameter(name=("--namespace", "-n"), group=FILTER, show_default=False)] = "",
    name: Text = "",
    address: Text = "",
    code: Annotated[int, Parameter(group=FILTER, show_default=False)] = 0,
    audit_id: Text = "",
    since: Text = "",
    until: Text = "",
    most: Annotated[int, Parameter(group=FILTER)] = 1000,
    engine: EngineName = "duckdb",
    master: Master = "",
    memory: Memory = MEMORY,
    format: RowFormat = "text",  # noqa: A002
) -> None:
    """Show events that fit all that is given, in the order in which the API server received them.

    Parameters
    ----------
    store
        Folder of the store.
    user
        User name, or a part with * around it; who was impersonated counts too.
    verb
        Verb: get, list, create, ...
    resource
        Plural, perhaps with a subresource: secrets, pods/exec.
    namespace
        Namespace.
    name
        Name of the object, or a part with * around it.
    address
        An address that the request came from or through.
    code
        HTTP status: 403.
    audit_id
        auditID of a request: all its stages.
    since
        From this date or time on.
    until
        Before this date or time.
    most
        Events at most, the earliest ones.
    engine
        duckdb, spark or clickhouse.
    master
        Address of a Spark master; without it Spark runs in this process.
    memory
        Memory that DuckDB may hold.
    format
        text, json (one object a line) or csv.
    """
    what, _, part = resource.partition("/")
    values: dict[str, Value] = {
        **_named("user", user),
        **_named("name", name),
        "verb": verb,
        "resource": what,
        "subresource": part,
        "namespace": namespace,
        "address": _plain(address, "--address"),
        "code": code,
        "audit_id": audit_id,
        "most": most + 1,
    }
    values |= {
        key: moment for key, moment in (("since_us", moment_us(since)), ("until_us", moment_us(until))) if moment
    }
    screen = Screen()
    with _asked(store, engine, master, memory) as asking:
        answer = asking.run(queries()["search"], values)
        more: list[bool] = []
        answer = msgspec.structs.replace(answer, rows=_at_most(answer, most, more))
        if format == "text":
            _print(show_events.events(answer))
        else:
            _write(screen, show_events.json_lines(answer) if format == "json" else show_events.csv_lines(answer))
    if more:
        screen.note(f"there are more than these {most:,}: narrow the question, or raise --most")


def query(
    name: Annotated[str, Parameter(group=FILTER)] = "",
    /,
    *,
    store: Annotated[Path | None, Parameter(name="--store", group=WHERE)] = None,
    set: Annotated[tuple[str, ...], Parameter(name="--set", group=FILTER, negative=(), show_default=False)] = (),  # noqa: A002
    explain: Annotated[bool, Parameter(group=OUTPUT, negative=())] = False,
    engine: EngineName = "duckdb",
    master: Master = "",
    memory: Memory = MEMORY,
    format: RowFormat = "text",  # noqa: A002
) -> None:
    """Ask a query that comes with Demarc, or one of your own; without a name, list them.

    Parameters
    ----------
    name
        Name of a query, or a file that ends in .sql.
    store
        Folder of the store.
    set
        Value of a parameter, as NAME=VALUE; can be given several times. Times are dates, times or microseconds.
    explain
        How the engine would go about it, instead of the answer.
    engine
        duckdb, spark or clickhouse.
    master
        Address of a Spark master; without it Spark runs in this process.
    memory
        Memory that DuckDB may hold.
    format
        text, json (one object a line) or csv.
    """
    screen = Screen()
    if not name:
        for known in queries().values():
            print(f"{known.name:<14} {known.says}")
            for parameter in known.parameters:
                print(f"{'':<14}   --set {parameter.name}=...  {parameter.says}")
        return
    if store is None:
        raise DemarcError("--store is missing", todo="name the folder of the store")
    from demarc.events.portability import portability_problems  # noqa: PLC0415 - only where a query is asked

    asked = _query(name)
    given = dict(_pair(text) for text in set)
    values = parsed(asked, {key: _time_text(key, text) for key, text in given.items()})
    for problem in portability_problems(asked):
        screen.problem(problem, style="yellow", label="may differ between engines")
    with _asked(store, engine, master, memory) as asking:
        if explain:
            print(asking.explain(asked, values))
            return
        answer = asking.run(asked, values)
        if format == "text":
            _print(show_events.table(answer))
        else:
            _write(screen, show_events.json_lines(answer) if format == "json" else show_events.csv_lines(answer))


@contextmanager
def _asked(store: Path, engine: str, master: str, memory: str) -> Iterator[Engine]:
    """An engine that has the store's table, with a scratch folder for as long as it is asked."""
    if master and engine != "spark":
        raise DemarcError("--master is for Spark", todo="add --engine spark, or leave --master out")
    kept = Store.open(store)
    with (
        tempfile.TemporaryDirectory(prefix="demarc-") as scratch,
        open_engine(engine, scratch=Path(scratch), memory=memory, master=master) as asking,
    ):
        asking.register(kept.table())
        yield asking


def _query(name: str) -> Query:
    if not name.endswith(".sql"):
        known = queries()
        if name not in known:
            raise DemarcError(
                f"no query is called {name}", todo=f"one of {', '.join(known)}, or a file that ends in .sql"
            )
        return known[name]
    try:
        return query_of(Path(name).read_text("utf-8"), name=Path(name).name)
    except (OSError, UnicodeDecodeError) as error:
        says = getattr(error, "strerror", None) or "it is no text"
        raise DemarcError(f"it cannot be read: {says}", where=Where(file=name), todo="check the path") from None


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise DemarcError(f"--set {text}: no value", todo="write --set NAME=VALUE")
    return name, value


def _time_text(name: str, text: str) -> str:
    return str(moment_us(text)) if name in {"since_us", "until_us"} and not text.lstrip("-").isdigit() else text


def moment_us(text: str) -> int:
    """A date or time as microseconds; 0 for none."""
    if not text:
        return 0
    try:
        return int(instant(text).timestamp() * 1_000_000)
    except ValueError as error:
        raise DemarcError(str(error), where=Where(file="--since, --until"), todo="give a date or a time") from None


def _named(what: str, text: str) -> dict[str, Value]:
    """A name, or a pattern where it holds a ``*``. In a pattern, ``_`` stands for any letter."""
    if "*" not in text:
        return {what: text}
    return {f"{what}_like": _plain(text, f"--{what}").replace("*", "%")}


def _plain(text: str, option: str) -> str:
    if "%" in text or "\\" in text:
        raise DemarcError("a pattern cannot hold % or \\", where=Where(file=option), todo="put a * there")
    return text


def _at_most(answer: Answer, most: int, more: list[bool]) -> Iterator[tuple[Value | None, ...]]:
    for number, row in enumerate(answer.rows):
        if number == most:
            more.append(True)
            return
        yield row


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def _write(screen: Screen, chunks: Iterable[bytes]) -> None:
    for chunk in chunks:
        screen.binary(chunk)
