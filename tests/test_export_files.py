"""Exports as files: foreign readers give back what was stored, and a file is there whole or not at all."""

import csv
import io
import json
import re
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import isnan
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import numpy as np
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
from conftest import let_enter
from export_worlds import TEXTS, TODAY, make

from db.engine import Database
from db.when import When
from forecast.errors import NotWritten
from forecast.exports.columns import (
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
    stored,
)
from forecast.exports.contents import CONTENTS
from forecast.exports.files import ENDINGS, check_places, write_export
from forecast.exports.read import Wanted, read_export
from forecast.exports.text import is_formula, write_csv, write_json
from forecast.writing import check_place

type Reader = Callable[[Path, tuple[Column, ...]], list[list[Any]]]

PLAIN = tuple(ending for ending in ENDINGS if ending != ".xlsx")
ALL = tuple(CONTENTS)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with make(tmp_path_factory.mktemp("world")) as database:
        yield database


@pytest.fixture(scope="module")
def exported(world: Database, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file of each content in each format."""
    folder = tmp_path_factory.mktemp("exported")
    with world.read() as connection:
        for what in ALL:
            for ending in PLAIN:
                write_export(
                    read_export(connection, Wanted(what=what, when=When(as_of=TODAY))), folder / f"{what}{ending}"
                )
    return folder


def _export(world: Database, what: str) -> Export:
    """An export whose rows have been read."""
    with world.read() as connection:
        export = read_export(connection, Wanted(what=what, when=When(as_of=TODAY)))
        return replace(export, rows=iter(list(export.rows)))


def _pandas_csv(path: Path, columns: tuple[Column, ...]) -> list[list[Any]]:
    """As the dictionary beside the file says: text as it is, integers that may be empty, instants with their zone."""
    types: dict[str, Any] = {TEXT: "str", JSON: "str", DATE: "str", INSTANT: "str", INTEGER: "Int64"}
    types |= {NUMBER: "float64", PROBABILITY: "float64", "boolean": "boolean"}
    meant = pd.read_csv(path.with_suffix(".columns.csv"), keep_default_na=False)
    dtype = {row.column: types[row.type] for row in meant.itertuples()}
    empty = {row.column: [""] for row in meant.itertuples() if row.type not in (TEXT, JSON)}
    frame = pd.read_csv(path, dtype=dtype, keep_default_na=False, na_values=empty)
    return [list(row) for row in frame.itertuples(index=False)]


def _polars_csv(path: Path, columns: tuple[Column, ...]) -> list[list[Any]]:
    types: dict[str, Any] = {TEXT: pl.String, JSON: pl.String, INSTANT: pl.String, DATE: pl.Date, INTEGER: pl.Int64}
    types |= {NUMBER: pl.Float64, PROBABILITY: pl.Float64, "boolean": pl.Boolean}
    schema = {column.name: types[column.type] for column in columns}
    frame = pl.read_csv(path, schema=schema, empty_string_is_null=False)
    instants = [
        pl.col(column.name).replace("", None).str.to_datetime(time_zone="UTC")
        for column in columns
        if column.type == INSTANT
    ]
    return [list(row) for row in frame.with_columns(instants).iter_rows()]


_DUCKDB = {
    TEXT: "VARCHAR",
    JSON: "VARCHAR",
    DATE: "DATE",
    INSTANT: "TIMESTAMPTZ",
    INTEGER: "BIGINT",
    NUMBER: "DOUBLE",
    PROBABILITY: "DOUBLE",
    "boolean": "BOOLEAN",
}


def _duckdb(query: str, path: Path, columns: tuple[Column, ...]) -> list[list[Any]]:
    types = {column.name: _DUCKDB[column.type] for column in columns}
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        found = connection.sql(query.format(columns=types), params=[str(path)]).to_arrow_table()
    return [list(row.values()) for row in found.to_pylist()]


def _duckdb_csv(path: Path, columns: tuple[Column, ...]) -> list[list[Any]]:
    query = "SELECT * FROM read_csv(?, header=true, delim=',', quote='\"', escape='\"', columns={columns})"
    return _duckdb(query, path, columns)


def _duckdb_json(path: Path, columns: tuple[Column, ...]) -> list[list[Any]]:
    return _duckdb("SELECT * FROM read_json(?, format='array', columns={columns})", path, columns)


def _duckdb_parquet(path: Path, columns: tuple[Column, ...]) -> list[list[Any]]:
    return _duckdb("SELECT * FROM read_parquet(?)", path, columns)


def _pandas_json(path: Path, columns: tuple[Column, ...]) -> list[list[Any]]:
    frame = pd.read_json(path, dtype=False, precise_float=True)
    return [list(row) for row in frame.itertuples(index=False)]


def _polars_json(path: Path, columns: tuple[Column, ...]) -> list[list[Any]]:
    frame = pl.read_json(path, infer_schema_length=None)
    return [list(row) for row in frame.select(column.name for column in columns).iter_rows()]


def _pandas_parquet(path: Path, columns: tuple[Column, ...]) -> list[list[Any]]:
    return [list(row) for row in pd.read_parquet(path, dtype_backend="pyarrow").itertuples(index=False)]


def _polars_parquet(path: Path, columns: tuple[Column, ...]) -> list[list[Any]]:
    return [list(row) for row in pl.read_parquet(path).iter_rows()]


READERS: list[tuple[str, Reader]] = [
    (".csv", _pandas_csv),
    (".csv", _polars_csv),
    (".csv", _duckdb_csv),
    (".json", _pandas_json),
    (".json", _polars_json),
    (".json", _duckdb_json),
    (".parquet", _pandas_parquet),
    (".parquet", _polars_parquet),
    (".parquet", _duckdb_parquet),
]


def _plain(column: Column, value: Any) -> Any:
    """What a reader gave, as Python has it; nothing is rounded, and no text changed."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and isnan(value)):
        return None if column.nullable or column.type != TEXT else ""
    if column.type == TEXT:
        return None if value == "" and column.nullable else value
    if column.type == JSON:
        return json.loads(value) if isinstance(value, str) else value
    if column.type == INTEGER:
        assert int(value) == value
        return int(value)
    if column.type == "boolean":
        return bool(value) if isinstance(value, np.bool) else value
    if column.type == DATE:
        return date.fromisoformat(value) if isinstance(value, str) else value
    if column.type == INSTANT:
        return datetime.fromisoformat(value) if isinstance(value, str) else value
    return value


@pytest.mark.parametrize(("ending", "read"), READERS, ids=lambda one: getattr(one, "__name__", None))
@pytest.mark.parametrize("what", ALL)
def test_foreign_readers_give_back_what_was_stored(
    world: Database, exported: Path, what: str, ending: str, read: Reader
) -> None:
    export = _export(world, what)
    found = read(exported / f"{what}{ending}", export.columns)
    stored = list(export.rows)
    assert len(found) == len(stored)
    for given, kept in zip(found, stored, strict=True):
        for column, value, meant in zip(export.columns, given, kept, strict=True):
            meant = json.loads(str(meant)) if column.type == JSON else meant
            plain = _plain(column, value)
            assert plain == meant, (column.name, value, meant)
            assert isinstance(meant, datetime) or plain is None or type(plain) is type(meant), (
                column.name,
                type(plain),
            )
            if isinstance(meant, datetime):
                assert plain.utcoffset() == timedelta(0)


def test_a_seed_of_62_bits_stays_what_it_is(exported: Path) -> None:
    seed = 2**62 + 1
    assert json.loads((exported / "runs.json").read_text("utf-8"))[0]["seed"] == seed
    assert pl.read_csv(exported / "runs.csv", columns=["seed"])["seed"][0] == seed
    assert pd.read_csv(exported / "runs.csv")["seed"][0] == seed
    assert pq.read_table(exported / "runs.parquet")["seed"][0].as_py() == seed


def test_readers_see_the_types_by_themselves(exported: Path) -> None:
    """Without being told, where a format or a reader's guess can say it."""
    wanted = {"as_of": "DATE", "issued_at": "TIMESTAMP WITH TIME ZONE", "headline": "BOOLEAN", "mean": "DOUBLE"}
    for ending in PLAIN:
        with duckdb.connect() as connection:
            found = dict(
                connection.execute(f"DESCRIBE FROM '{exported}/forecasts{ending}'").fetchall()[i][:2] for i in range(38)
            )
        if ending != ".json":
            assert {name: found[name] for name in wanted} == wanted
        assert (found["horizon_days"], found["seed"]) == ("BIGINT", "BIGINT")
    schema = pl.read_parquet_schema(exported / "forecasts.parquet")
    assert (schema["as_of"], schema["issued_at"]) == (pl.Date, pl.Datetime("us", "UTC"))


@pytest.mark.parametrize("what", ALL)
def test_the_dictionary_names_exactly_the_columns(world: Database, exported: Path, what: str) -> None:
    columns = _export(world, what).columns
    names = [column.name for column in columns]
    for ending in (".csv", ".parquet"):
        table = list(csv.reader((exported / f"{what}.columns.csv").read_text("utf-8").splitlines()))
        assert table[0] == ["column", "type", "unit", "nullable", "meaning"]
        assert [row[0] for row in table[1:]] == names, ending
    assert next(csv.reader([(exported / f"{what}.csv").read_text("utf-8").split("\n", 1)[0]])) == names
    assert pq.read_schema(exported / f"{what}.parquet").names == names
    assert [*json.loads((exported / f"{what}.json").read_text("utf-8"))[0]] == names


@pytest.mark.parametrize("what", ALL)
def test_a_json_file_is_as_its_schema_says(exported: Path, what: str) -> None:
    schema = json.loads((exported / f"{what}.schema.json").read_text("utf-8"))
    rows = json.loads((exported / f"{what}.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    validator.validate(rows)
    assert schema["title"].startswith("Talks between Ruritania and Graustark: ")
    assert all(each["description"] for each in schema["items"]["properties"].values())
    broken = [rows[0] | {next(iter(rows[0])): {"no": "value"}}]
    with pytest.raises(jsonschema.ValidationError, match="is not of type"):
        validator.validate(broken)


def test_a_parquet_file_says_what_it_is(world: Database, exported: Path) -> None:
    schema = pq.read_schema(exported / "forecasts.parquet")
    assert schema.metadata[b"case"] == b"toy"
    assert schema.metadata[b"as_of"] == b"2020-06-01"
    assert schema.metadata[b"title"].startswith(b"Talks between")
    assert b"+" in schema.metadata[b"code_version"]
    for column in CONTENTS["forecasts"].columns:
        about = schema.field(column.name).metadata
        assert (about[b"meaning"].decode(), about[b"type"].decode()) == (column.meaning, column.type)
        assert schema.field(column.name).nullable == column.nullable


def test_text_files_are_what_they_promise(exported: Path) -> None:
    content = (exported / "observations.csv").read_bytes()
    assert not content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\n")
    assert "北朝鮮".encode() in content
    assert "한국어".encode() in (exported / "observations.json").read_bytes()
    assert b"2020-01-02T12:00:00.000000+00:00" in content
    with io.StringIO(content.decode(), newline="") as text:
        rows = list(csv.reader(text, strict=True))
    assert {len(row) for row in rows} == {len(rows[0])}


def test_rows_are_the_same_however_they_share(world: Database) -> None:
    """What is turned into text once per run is what turning every cell would give."""
    for write in (write_csv, write_json):
        texts = []
        for shared in ((5, 19), (5, 0), (0, 19), (0, 0), (5, 18)):
            with io.BytesIO() as file:
                write(replace(_export(world, "forecasts"), shared=shared), file)
                texts.append(file.getvalue())
        assert len(set(texts)) == 1


def test_more_rows_than_are_turned_at_once(world: Database) -> None:
    export = _export(world, "observations")
    rows = 60 * list(export.rows)
    with io.BytesIO() as file:
        write_json(replace(export, rows=iter(rows)), file)
        assert len(json.loads(file.getvalue())) == len(rows) > 1000
    with io.BytesIO() as file:
        write_csv(replace(export, rows=iter(rows)), file)
        assert len(pd.read_csv(io.BytesIO(file.getvalue()))) == len(rows)


FORMULAS = ("=1+1", "\t=1+1", "＝1+1", "+49 30 1", "-", "@sum")


def test_what_a_spreadsheet_would_run_is_found() -> None:
    assert tuple(text for text in TEXTS if is_formula(text)) == FORMULAS
    assert all(is_formula(text) for text in ("\r1", "\t1", "  =1", "\u00a0＋1", "\n-1", "＠a", "－1"))
    assert not any(is_formula(text) for text in ("", "a=1", "1-2", "'=1", "北=", "−1"))


def test_spreadsheet_safe_puts_an_apostrophe_before_it(world: Database, tmp_path: Path) -> None:
    plain = write_export(_export(world, "observations"), tmp_path / "plain.csv")
    safe = write_export(_export(world, "observations"), tmp_path / "safe.csv", safe=True)
    before, after = (
        list(csv.DictReader(io.StringIO((tmp_path / name).read_text("utf-8"), newline="")))
        for name in ("plain.csv", "safe.csv")
    )
    changed = [
        (one[name], other[name])
        for one, other in zip(before, after, strict=True)
        for name in one
        if one[name] != other[name]
    ]
    assert changed
    assert all(other == f"'{one}" and is_formula(one) for one, other in changed)
    texts = [column.name for column in CONTENTS["observations"].columns if column.type == TEXT]
    assert not any(is_formula(row[name]) for row in after for name in texts)
    assert plain.formulas == safe.formulas == len(changed)


def test_a_number_that_is_not_finite_is_no_json(world: Database, tmp_path: Path) -> None:
    export = Export(what="runs", title="", columns=(stored("a", NUMBER, "a"),), count=1, rows=iter([(float("nan"),)]))
    with pytest.raises(ValueError, match="nan has no JSON form"):
        write_export(export, tmp_path / "a.json")
    assert list(tmp_path.iterdir()) == []


def _broken(error: BaseException) -> Iterator[Values]:
    for number in range(5000):
        yield (number, "text")
    raise error


NARROW = (stored("number", INTEGER, "A number"), stored("text", TEXT, "Text"))


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), RuntimeError("the database went away")], ids=["Ctrl-C", "error"]
)
def test_what_is_interrupted_leaves_no_file(tmp_path: Path, ending: str, error: BaseException) -> None:
    export = Export(what="runs", title="Runs", columns=NARROW, count=5001, rows=_broken(error))
    with pytest.raises(type(error)):
        write_export(export, tmp_path / f"a{ending}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_interrupted_leaves_the_files_that_stood_there(tmp_path: Path, ending: str) -> None:
    for path in (tmp_path / f"a{ending}", tmp_path / "a.columns.csv", tmp_path / "a.schema.json"):
        path.write_text("before")
    export = Export(what="runs", title="Runs", columns=NARROW, count=5001, rows=_broken(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        write_export(export, tmp_path / f"a{ending}", force=True)
    assert {path.read_text() for path in tmp_path.iterdir()} == {"before"}
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("ending", PLAIN)
def test_neither_file_is_replaced_without_force(world: Database, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"a{ending}"
    written = write_export(_export(world, "runs"), file)
    assert written.explained_in is not None
    for path in (file, written.explained_in):
        path.write_text("before")
        with pytest.raises(NotWritten, match=re.escape(f"{path} exists; give --force to replace it")):
            write_export(_export(world, "runs"), file)
        assert path.read_text() == "before"
        with pytest.raises(NotWritten, match=re.escape(f"{path} exists")):
            check_places(file, CONTENTS["runs"].columns, force=False)
        path.unlink()
    write_export(_export(world, "runs"), file)
    write_export(_export(world, "runs"), file, force=True)
    assert "before" not in file.read_bytes().decode(errors="replace")
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_folder_that_cannot_be_written_is_refused(
    world: Database, tmp_path: Path, ending: str, request: pytest.FixtureRequest
) -> None:
    export = _export(world, "runs")
    (tmp_path / "out").mkdir(mode=0o555)
    let_enter(tmp_path / "out")
    tmp_path.chmod(0o755)
    write_export(_export(world, "runs"), tmp_path / f"warm{ending}")  # what is imported on the way may not be readable
    request.getfixturevalue("unprivileged")
    with pytest.raises(
        NotWritten, match=rf"a{re.escape(ending)} cannot be written \(Permission denied\); name another"
    ):
        write_export(export, tmp_path / "out" / f"a{ending}")


def test_a_folder_that_cannot_be_entered_is_refused(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    (tmp_path / "shut").mkdir(mode=0o600)
    request.getfixturevalue("unprivileged")
    with pytest.raises(NotWritten, match=r"a\.csv cannot be written \(Permission denied\); name another file"):
        check_place(tmp_path / "shut" / "a.csv", force=False, example="a.csv")


def test_a_name_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotWritten, match=r"a\.csv cannot be written \(File name too long\); name another file"):
        check_place(tmp_path / f"{'a' * 300}.csv", force=False, example="a.csv")


@contextmanager
def _room(bytes_: int) -> Iterator[None]:
    """A limit on the size of files stands for a full disk: writing past it fails in the same calls."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("room", [0, 20_000])
def test_a_full_disk_leaves_nothing(world: Database, tmp_path: Path, ending: str, room: int) -> None:
    rows = 10 * list(_export(world, "forecasts").rows)
    export = replace(_export(world, "forecasts"), rows=iter(rows), count=len(rows))
    said = f"{tmp_path / f'a{ending}'} cannot be written: the disk is full; make room, or name a file on another disk"
    with _room(room), pytest.raises(NotWritten, match=re.escape(said)):
        write_export(export, tmp_path / f"a{ending}")
    assert list(tmp_path.iterdir()) == []
