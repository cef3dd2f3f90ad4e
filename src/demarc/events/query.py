"""Reads queries from their text, and renders them for an engine: SQL in, the same question in another dialect out.

A query file begins with comments: what it answers, then a line for each parameter,
``-- parameter: NAME TYPE [= DEFAULT], words``. Values never become part of the text: engines take them beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from demarc.events.interface import Parameter, Query, Value
from demarc.model.errors import DemarcError, Where

if TYPE_CHECKING:
    from sqlglot import exp

_PARAMETER: Final = re.compile(
    r"--\s*parameter:\s*(?P<name>\w+)\s+(?P<type>VARCHAR|BIGINT|BOOLEAN)(?:\s*=\s*(?P<default>'[^']*'|[^\s,]+))?"
    r"(?:,\s*(?P<says>.*))?$"
)
_PYTHON: Final[dict[str, type]] = {"VARCHAR": str, "BIGINT": int, "BOOLEAN": bool}


def query_of(text: str, *, name: str) -> Query:
    """Read a query from its text. Raises DemarcError where its head, or its SQL, cannot be read."""
    says: list[str] = []
    parameters: list[Parameter] = []
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        if not line.startswith("--"):
            break
        if "parameter:" in line:
            match = _PARAMETER.match(line)
            if match is None:
                raise DemarcError(
                    "the parameter cannot be read",
                    where=Where(file=name, line=number),
                    todo="write -- parameter: NAME VARCHAR|BIGINT|BOOLEAN [= DEFAULT], what it is",
                )
            parameters.append(_parameter(match, name, number))
        else:
            says.append(line.removeprefix("--").strip())
    body = "\n".join(line for line in lines if not line.startswith("--")).strip().rstrip(";")
    query = Query(name=name, says=" ".join(says), parameters=tuple(parameters), sql=body)
    tree(query)
    return query


def _parameter(match: re.Match[str], name: str, line: int) -> Parameter:
    default: Value | None = None
    if (text := match["default"]) is not None:
        try:
            default = _value(text.strip("'"), match["type"])
        except ValueError:
            where = Where(file=name, line=line)
            raise DemarcError(f"{text} is no {match['type']}", where=where, todo="write another default") from None
    return Parameter(name=match["name"], type=match["type"], says=match["says"] or "", default=default)


def _value(text: str, type_: str) -> Value:
    if type_ == "BIGINT":
        return int(text)
    if type_ == "BOOLEAN":
        if text not in {"true", "false"}:
            raise ValueError(text)
        return text == "true"
    return text


def parsed(query: Query, given: Mapping[str, str]) -> dict[str, Value]:
    """Values of parameters out of text. Raises DemarcError."""
    types = {parameter.name: parameter.type for parameter in query.parameters}
    found: dict[str, Value] = {}
    for name, text in given.items():
        if name not in types:
            known = ", ".join(types) or "none"
            raise DemarcError(f"the query {query.name} has no parameter {name}", todo=f"it has: {known}")
        try:
            found[name] = _value(text, types[name])
        except ValueError:
            raise DemarcError(f"{name}: {text!r} is no {types[name]}", todo="give another value") from None
    return found


def bound(query: Query, given: Mapping[str, Value] | None) -> dict[str, Value]:
    """A value for each parameter. Raises DemarcError for one that is missing, unknown or of the wrong type."""
    values = dict(given or {})
    found: dict[str, Value] = {}
    for parameter in query.parameters:
        value = values.pop(parameter.name, parameter.default)
        if value is None:
            raise DemarcError(
                f"the query {query.name} needs a value for {parameter.name}", todo=parameter.says or "give one"
            )
        if type(value) is not _PYTHON[parameter.type]:
            raise DemarcError(f"{parameter.name} of {query.name} must be {parameter.type}", todo="give another value")
        found[parameter.name] = value
    if values:
        raise DemarcError(f"the query {query.name} has no parameter {', '.join(sorted(values))}", todo="leave it out")
    return found


def tree(query: Query) -> exp.Query:
    """The query as a syntax tree. Raises DemarcError where it is not one SELECT."""
    import sqlglot  # noqa: PLC0415 - slow to load, and many commands have queries that they are not asked for
    from sqlglot import exp  # noqa: PLC0415
    from sqlglot.errors import SqlglotError  # noqa: PLC0415

    try:
        statements = sqlglot.parse(query.sql, read="duckdb")
    except SqlglotError as error:
        says = str(error).split("\n")[0]
        raise DemarcError(f"it is no SQL: {says}", where=Where(file=query.name), todo="mend the query") from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise DemarcError("it is not one SELECT", where=Where(file=query.name), todo="write one SELECT over events")
    return statements[0]


def rendered(query: Query, dialect: str, write: Callable[[Parameter], str]) -> str:
    """The text for another engine; ``write`` says how it writes a parameter."""
    from sqlglot import exp  # noqa: PLC0415 - slow to load

    known = {parameter.name: parameter for parameter in query.parameters}

    def placeholder(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Placeholder) and node.name in known:
            return exp.Var(this=write(known[node.name]))
        return node

    return str(tree(query).transform(placeholder).sql(dialect=dialect))


@cache
def queries() -> dict[str, Query]:
    """The queries that come with Demarc, by name."""
    folder = files(__package__).joinpath("queries")
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql"))
    return {
        name.removesuffix(".sql"): query_of(folder.joinpath(name).read_text("utf-8"), name=name.removesuffix(".sql"))
        for name in names
    }
