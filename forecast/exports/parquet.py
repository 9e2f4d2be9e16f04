"""Exports as Parquet, with what the columns mean in the file's own metadata."""

from collections.abc import Sequence
from itertools import batched
from typing import Any, BinaryIO

import pandas as pd  # noqa: F401  # PyArrow imports it at its first array otherwise, when there is already a file
import pyarrow as pa  # type: ignore[import-untyped]
from pyarrow import parquet

from forecast.exports.columns import (
    BOOLEAN,
    DATE,
    INSTANT,
    INTEGER,
    JSON,
    NUMBER,
    PROBABILITY,
    TEXT,
    Column,
    Export,
    Values,
)

ROWS_IN_GROUP = 8_192
_TYPES = {
    TEXT: pa.string(),
    INTEGER: pa.int64(),
    NUMBER: pa.float64(),
    PROBABILITY: pa.float64(),
    BOOLEAN: pa.bool_(),
    DATE: pa.date32(),
    INSTANT: pa.timestamp("us", "UTC"),
    JSON: pa.string(),
}


def write_parquet(export: Export, file: BinaryIO) -> None:
    """Write the export in row groups of bounded size."""
    schema = build_schema(export)
    with parquet.ParquetWriter(file, schema) as writer:
        for rows in batched(export.rows, ROWS_IN_GROUP, strict=False):
            writer.write_batch(_batch(rows, schema))


def build_schema(export: Export) -> Any:
    """Names, types and meanings of the columns, and what the export is of."""
    about = {"title": export.title, **export.about}
    return pa.schema([_field(column) for column in export.columns], metadata=about)


def _field(column: Column) -> Any:
    about = {"type": column.type, "unit": column.unit, "meaning": column.meaning}
    return pa.field(column.name, _TYPES[column.type], nullable=column.nullable, metadata=about)


def _batch(rows: Sequence[Values], schema: Any) -> Any:
    columns = zip(*rows, strict=True)
    arrays = [pa.array(cells, item.type) for cells, item in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
