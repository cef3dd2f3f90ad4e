"""Answers queries on Apache Spark: in this process, or on a cluster whose nodes can read the files of the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Self

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.types import BooleanType, DataType, LongType, StringType, StructField, StructType

from demarc.events.duck import refused
from demarc.events.interface import Answer, EventTable, Query, Row, Value
from demarc.events.query import bound, rendered
from demarc.model.errors import DemarcError
from demarc.model.events import COLUMNS

_TYPES: Final[dict[str, DataType]] = {"VARCHAR": StringType(), "BIGINT": LongType(), "BOOLEAN": BooleanType()}
_SETTINGS: Final = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "8",
    "spark.log.level": "ERROR",
}


class SparkEngine:
    """Answers queries on Spark."""

    name = "spark"

    def __init__(self, *, master: str, settings: Mapping[str, str] | None = None) -> None:
        """Start a session on ``master``: ``local[2]``, ``spark://host:7077``. Raises DemarcError."""
        builder = SparkSession.Builder().appName("demarc").master(master)
        for name, value in {**_SETTINGS, **(settings or {})}.items():
            builder = builder.config(name, value)
        try:
            self._session = builder.getOrCreate()
        except (PySparkException, RuntimeError, OSError) as error:
            says = str(error).strip().split("\n")[0]
            raise DemarcError(
                f"Spark does not start: {says}", todo="Java 17 or later is needed; check --master"
            ) from None
        except Exception as error:
            if type(error).__name__ != "Py4JJavaError":
                raise
            raise DemarcError(f"Spark does not start on {master}", todo="check that the master is there") from None

    def register(self, table: EventTable) -> None:
        """Make the files the table ``events``."""
        schema = StructType([StructField(column.name, _TYPES[column.type], nullable=True) for column in COLUMNS])
        frame = (
            self._session.read.schema(schema).parquet(*table.files)
            if table.files
            else self._session.createDataFrame([], schema)
        )
        frame.createOrReplaceTempView("events")

    def run(self, query: Query, parameters: Mapping[str, Value] | None = None) -> Answer:
        """Answer a query."""
        frame = self._frame(query, parameters)
        return Answer(columns=tuple(frame.columns), rows=_rows(frame, query))

    def explain(self, query: Query, parameters: Mapping[str, Value] | None = None) -> str:
        """Spark's physical plan."""
        frame = self._frame(query, parameters)
        return str(frame._jdf.queryExecution().toString())  # noqa: SLF001 - it prints its plan, and gives none

    def _frame(self, query: Query, parameters: Mapping[str, Value] | None) -> Any:
        try:
            sql = rendered(query, "spark", lambda parameter: f":{parameter.name}")
            return self._session.sql(sql, args=bound(query, parameters))
        except PySparkException as error:
            raise refused(query, "spark", error) from None

    def close(self) -> None:
        """Stop the session."""
        self._session.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _rows(frame: Any, query: Query) -> Iterator[Row]:
    try:
        for row in frame.toLocalIterator():
            yield tuple(row)
    except PySparkException as error:
        raise refused(query, "spark", error) from None
