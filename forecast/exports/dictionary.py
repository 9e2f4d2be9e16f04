"""What the columns of an export mean, as a file beside it."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
)

HEADER = ("column", "type", "unit", "nullable", "meaning")
_ENDINGS = {".csv": ".columns.csv", ".json": ".schema.json", ".parquet": ".columns.csv"}
_SCHEMAS: dict[str, dict[str, Any]] = {
    TEXT: {"type": "string"},
    INTEGER: {"type": "integer"},
    NUMBER: {"type": "number"},
    PROBABILITY: {"type": "number", "minimum": 0, "maximum": 1},
    BOOLEAN: {"type": "boolean"},
    DATE: {"type": "string", "format": "date"},
    INSTANT: {"type": "string", "format": "date-time"},
    JSON: {"type": ["object", "array"]},
}


def dictionary_place(path: Path) -> Path | None:
    """Where the meanings of the columns go for a file of this name; None where they go inside."""
    ending = _ENDINGS.get(path.suffix.casefold())
    return None if ending is None else path.with_suffix(ending)


def build_dictionary(export: Export, path: Path) -> bytes:
    """The content of the file at `path`: a JSON Schema, or a table with a row per column."""
    return _schema(export) if path.name.endswith(".json") else build_table(export.columns)


def build_table(columns: Sequence[Column]) -> bytes:
    """A row per column, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for column in columns:
        nullable = "true" if column.nullable else "false"
        writer.writerow((column.name, column.type, column.unit, nullable, column.meaning))
    return text.getvalue().encode()


def _schema(export: Export) -> bytes:
    """JSON Schema 2020-12 of the array."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": export.title,
        "$comment": "; ".join(f"{name}: {value}" for name, value in export.about.items()),
        "type": "array",
        "items": {
            "type": "object",
            "properties": {column.name: _property(column) for column in export.columns},
            "required": [column.name for column in export.columns],
            "additionalProperties": False,
        },
    }
    return (json.dumps(schema, ensure_ascii=False, indent=2) + "\n").encode()


def _property(column: Column) -> dict[str, Any]:
    about = f"{column.meaning} ({column.unit})" if column.unit else column.meaning
    schema = _SCHEMAS[column.type] | {"description": about}
    return schema | {"type": [schema["type"], "null"]} if column.nullable else schema
