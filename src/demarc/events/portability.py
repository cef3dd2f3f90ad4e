"""Holds queries to the rules under which every engine gives the same answer. Engines disagree silently without them.

Measured: the same text on DuckDB, Spark and ClickHouse gave other rows without an error, because times were computed
with, a window looked over its edge, or rows that were equal in order came in another one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlglot import exp

from demarc.events.interface import Query
from demarc.events.query import tree
from demarc.model.errors import Problem, Where
from demarc.model.events import COLUMNS

_UNIQUE: Final = "event_id"
_COLUMNS: Final = frozenset(column.name for column in COLUMNS)
_TIMES: Final = (
    *(exp.CurrentTimestamp, exp.CurrentDate, exp.CurrentTime, exp.Extract, exp.Interval, exp.AtTimeZone),
    *(
        exp.TimestampAdd,
        exp.TimestampSub,
        exp.TimestampDiff,
        exp.TimestampTrunc,
        exp.DateAdd,
        exp.DateSub,
        exp.DateDiff,
    ),
    *(exp.DateTrunc, exp.UnixToTime, exp.TimeToUnix, exp.StrToTime, exp.TimeToStr, exp.TsOrDsToDate),
)
_EDGES: Final = (exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue)
_NESTED: Final = (
    *(exp.JSONExtract, exp.JSONExtractScalar, exp.Bracket, exp.Array, exp.Struct, exp.Map, exp.VarMap, exp.Explode),
    *(exp.Unnest, exp.Lambda, exp.ArrayAgg, exp.JSONObject, exp.Dot),
)
_OWN: Final = (exp.ILike, exp.RegexpLike, exp.RegexpExtract, exp.RegexpReplace, exp.Qualify, exp.GroupConcat, exp.Rand)
_CASTS: Final = frozenset({"BIGINT", "INT", "VARCHAR", "TEXT", "BOOLEAN"})


def portability_problems(query: Query) -> tuple[Problem, ...]:
    """Every rule that a query breaks; empty when it gives the same answer everywhere."""
    root = tree(query)
    found = [*_forbidden(root), *_windows(root), *_orders(root), *_names(root, query)]
    return tuple(
        Problem(what=what, where=Where(file=f"{query.name}.sql"), todo=todo) for what, todo in dict.fromkeys(found)
    )


_Rule = tuple[str, str]


_FORBIDDEN: Final[tuple[tuple[Callable[[exp.Expr], bool], str, str], ...]] = (
    (
        lambda node: isinstance(node, _TIMES) or (isinstance(node, exp.Anonymous) and "epoch" in node.name.lower()),
        "it computes with times",
        "compute with ts_us, which is BIGINT microseconds",
    ),
    (
        lambda node: isinstance(node, exp.Filter),
        "FILTER is not everywhere",
        "write SUM(CASE WHEN ... THEN 1 ELSE 0 END)",
    ),
    (
        lambda node: isinstance(node, exp.Case) and node.args.get("default") is None,
        "a CASE without ELSE",
        "write what it is otherwise",
    ),
    (lambda node: isinstance(node, _NESTED), "lists, maps and JSON paths differ", "use the flat columns, or LIKE"),
    (lambda node: isinstance(node, _OWN), "engines differ in it", "use LIKE with LOWER, or equality"),
    (
        lambda node: isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count),
        "SELECT * changes with the schema",
        "name the columns",
    ),
    (
        lambda node: isinstance(node, exp.Cast) and node.to.sql().upper() not in _CASTS,
        "a cast that differs",
        "cast to BIGINT, VARCHAR or BOOLEAN alone",
    ),
    (lambda node: isinstance(node, exp.Div), "engines divide in different ways", "multiply the other side"),
    (
        lambda node: isinstance(node, (exp.Anonymous, exp.AnonymousAggFunc)),
        "a function that is not known everywhere",
        "use standard SQL",
    ),
)


def _forbidden(root: exp.Query) -> list[_Rule]:
    return [
        (f"{says}: {node.sql(dialect='duckdb')[:60]}", todo)
        for node in root.walk()
        for breaks, says, todo in _FORBIDDEN
        if breaks(node)
    ]


def _windows(root: exp.Query) -> list[_Rule]:
    found: list[_Rule] = []
    for window in root.find_all(exp.Window):
        text = window.sql(dialect="duckdb")[:80]
        order = window.args.get("order")
        last = order.expressions[-1].this if order and order.expressions else None
        if order is not None and not (isinstance(last, exp.Column) and last.name == _UNIQUE):
            found.append((f"the order of a window is not unique: {text}", f"end it with {_UNIQUE}"))
        if order is None and isinstance(window.this, (exp.RowNumber, exp.Rank, *_EDGES)):
            found.append((f"a window that counts without an order: {text}", f"order it, last by {_UNIQUE}"))
        if isinstance(window.this, _EDGES) and not _edge_is_guarded(window):
            found.append(
                (f"it reads over the edge of a window: {text}", "within CASE WHEN ROW_NUMBER() ... = 1 THEN ... ELSE")
            )
    return found


def _edge_is_guarded(window: exp.Window) -> bool:
    """Tell whether a LAG stands in the ELSE of a CASE that asks for the first row before."""
    node: exp.Expr = window
    while (parent := node.parent) is not None:
        if isinstance(parent, exp.Case) and node.arg_key == "default":
            return any(branch.this.find(exp.RowNumber) for branch in parent.args.get("ifs") or ())
        node = parent
    return False


def _orders(root: exp.Query) -> list[_Rule]:
    found: list[_Rule] = []
    for select in root.find_all(exp.Select):
        is_top = select is root
        if select.args.get("limit") is not None and select.args.get("order") is None:
            found.append(("LIMIT without ORDER BY", "order it"))
        if is_top and select.args.get("order") is None and not _is_one_row(select):
            found.append(("the answer has no order", "end with ORDER BY, so that equal rows cannot change places"))
    if isinstance(root, exp.SetOperation) and root.args.get("order") is None:
        found.append(("the answer has no order", "end with ORDER BY, so that equal rows cannot change places"))
    order = root.args.get("order")
    if order is not None and not _is_total(root, order):
        found.append(("the order of the answer is not total", f"order by {_UNIQUE}, or by all that it groups by"))
    return found


def _is_one_row(select: exp.Select) -> bool:
    return select.args.get("group") is None and all(item.find(exp.AggFunc) is not None for item in select.expressions)


def _is_total(root: exp.Query, order: exp.Order) -> bool:
    """The order names the unique column, or every group, or every column of the answer."""
    named = {item.this.name for item in order.expressions if isinstance(item.this, exp.Column)}
    if _UNIQUE in named:
        return True
    group = root.args.get("group")
    if isinstance(root, exp.Select) and group is not None:
        aliases = {item.this.sql(): item.alias for item in root.expressions if isinstance(item, exp.Alias)}
        wanted = {aliases.get(item.sql(), item.name) for item in group.expressions}
        return wanted <= named
    return {item.alias_or_name for item in root.selects} <= named


def _names(root: exp.Query, query: Query) -> list[_Rule]:
    found: list[_Rule] = []
    known = {parameter.name for parameter in query.parameters}
    used = {node.name for node in root.find_all(exp.Placeholder)}
    found += [(f"${name} is not declared", f"write -- parameter: {name} TYPE") for name in sorted(used - known)]
    found += [(f"the parameter {name} is not used", "drop it") for name in sorted(known - used)]
    tables = {table.name for table in root.find_all(exp.Table)}
    own = {cte.alias for cte in root.find_all(exp.CTE)}
    found += [(f"it reads {name}", "the only table is events") for name in sorted(tables - own - {"events"})]
    aliases = {item.alias for item in root.find_all(exp.Alias)}
    columns = {column.name for column in root.find_all(exp.Column)}
    strange = columns - _COLUMNS - aliases
    found += [(f"no column is called {name}", "see demarc.model.events") for name in sorted(strange)]
    return found
