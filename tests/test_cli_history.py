"""`parley history`: what it takes, what it says, and what it leaves behind."""

import csv
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from codecs import BOM_UTF8
from collections.abc import Callable
from pathlib import Path

import pytest
from export_worlds import make

from forecast.cli.app import run
from forecast.exports.contents import CONTENTS, options_of
from indicators.sheets import read_grid
from indicators.tables import Problems, read_table

type Program = Callable[..., tuple[int, str, str]]

MANY = 60_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    make(folder).close()
    return folder


@pytest.fixture
def parley(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Program:
    """The program in an empty folder, with a database elsewhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{folder / 'parley.db'}")

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(["history", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def _rows(path: str) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["history.csv", "history.parquet"])
def test_it_says_what_it_wrote_and_where_columns_are_explained(parley: Program, name: str) -> None:
    size = "150 rows × 39 columns of forecasts"
    code, out, err = parley("--out", name)
    *overtaken, last = out.splitlines()
    assert (code, err, last) == (0, "", f"wrote {name}: {size}; columns are explained in history.columns.csv")
    left = "only a full update takes in documents and judgements"
    assert overtaken[-1].endswith(f"knows nothing of it; {left}; run `parley update`.")
    assert {path.name for path in Path().iterdir()} == {name, "history.columns.csv"}


def test_the_other_formats_explain_their_columns_too(parley: Program) -> None:
    assert parley("--out", "h.json")[1].endswith("; columns are explained in h.schema.json\n")
    assert parley("--out", "h.XLSX")[1].endswith("; columns are explained in its sheet columns\n")
    assert {path.name for path in Path().iterdir()} == {"h.json", "h.schema.json", "h.XLSX"}


@pytest.mark.parametrize("what", list(CONTENTS))
def test_json_says_the_same_facts(parley: Program, what: str) -> None:
    day = ("--as-of", "2020-06-01")
    _, told, _ = parley("--out", "a.csv", "--what", what, *day)
    code, out, _ = parley("--out", "b.csv", "--what", what, *day, "--json")
    facts = json.loads(out)
    assert code == 0
    assert told == (
        f"wrote a.csv: {facts['rows']} rows × {facts['columns']} columns of {what}; "
        "columns are explained in a.columns.csv\n"
    )
    assert (facts["file"], facts["what"], facts["explained_in"]) == ("b.csv", what, "b.columns.csv")
    rows = _rows("b.csv")
    assert (len(rows), len(rows[0])) == (facts["rows"], facts["columns"])
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes()


def test_options_choose_among_the_rows(parley: Program) -> None:
    def chosen(*options: str) -> list[dict[str, str]]:
        assert parley("--out", "a.csv", "--force", *options)[0] == 0
        return _rows("a.csv")

    assert {row["horizon_days"] for row in chosen("--horizon", "180", "--target", "deal")} == {"180"}
    assert {row["deadline"] for row in chosen("--horizon", "2022-01-01")} == {"2022-01-01"}
    assert {row["kind"] for row in chosen("--kind", "manual", "--kind", "backfill")} == {"manual", "backfill"}
    assert {row["as_of"] for row in chosen("--from", "2019-12-01", "--to", "2020-01-01")} == {"2019-12-31"}
    assert max(row["as_of"] for row in chosen("--as-of", "2020-01-01")) == "2019-12-31"
    assert max(row["as_of"] for row in chosen("--as-recorded", "2020-02-01")) == "2019-12-31"
    events = chosen("--what", "events", "--from", "2015-01-01", "--to", "2015-12-31")
    assert {row["started_on"][:4] for row in events} == {"2015"}


MISUSES: list[tuple[list[str], str]] = [
    (["--out", "a.txt"], "'a.txt' does not end in .csv, .json, .parquet or .xlsx; write a.csv"),
    (["--out", "a"], "'a' does not end in .csv, .json, .parquet or .xlsx; write a.csv"),
    (["--out", "a.csv", "--what", "forecast"], "'forecast' is not known; did you mean 'forecasts'?"),
    (["--out", "a.csv", "--target", "talk"], "'talk' is not known; use one of limits_talks, arms_control_talks, "),
    (["--out", "a.csv", "--kind", "daily"], "'daily' is not known; use one of official, manual, backfill, provisional"),
    (
        ["--out", "a.csv", "--horizon", "soon"],
        "'soon' is not a horizon; write days, such as 180, or a deadline, such as",
    ),
    (["--out", "a.csv", "--horizon", "0"], "'0' is not a horizon; write days, such as 180"),
    (["--out", "a.csv", "--from", "2020-02-01", "--to", "2020-01-01"], "2020-01-01 is before --from 2020-02-01"),
    (["--out", "a.json", "--spreadsheet-safe"], "does not apply to 'a.json'; only a .csv needs its text changed"),
    (["--out", "a.xlsx", "--spreadsheet-safe"], "does not apply to 'a.xlsx'; only a .csv needs it"),
    (
        ["--out", "a.json", "--bom"],
        "'--bom': does not apply to 'a.json'; it would confuse the programs that read it; only a .csv for Excel",
    ),
    (
        ["--out", "a.parquet", "--bom"],
        "'--bom': does not apply to 'a.parquet'; it would confuse the programs that read it",
    ),
    (["--out", "a.xlsx", "--bom"], "'--bom': does not apply to 'a.xlsx'; only a .csv needs it"),
    (["--what", "runs"], "Missing option '--out'"),
]


@pytest.mark.parametrize(("arguments", "said"), MISUSES)
def test_misuse_is_told_with_what_would_be_right(parley: Program, arguments: list[str], said: str) -> None:
    code, out, err = parley(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert list(Path().iterdir()) == []


GIVEN = {"--from": "2020-01-01", "--to": "2020-01-01", "--target": "deal", "--horizon": "30", "--kind": "manual"}


@pytest.mark.parametrize("what", list(CONTENTS))
def test_an_option_that_does_not_apply_names_those_that_do(parley: Program, what: str) -> None:
    takes = options_of(what)
    for option in [option for option in GIVEN if option not in takes]:
        code, _, err = parley("--out", "a.csv", "--what", what, option, GIVEN[option])
        assert code == 2
        assert f"'{option}': does not apply to {what}; they take {', '.join(takes)}; see" in err


def test_where_no_row_answers_it_says_so_and_writes_nothing(parley: Program) -> None:
    code, out, err = parley("--out", "a.csv", "--horizon", "181")
    assert (code, out) == (1, "")
    assert err == "error: no forecasts have horizon 181; use one of 30, 90, 180, 365, 2022-01-01\n"
    code, _, err = parley("--out", "a.csv", "--kind", "official", "--to", "2019-01-01", "--as-of", "2020-06-01")
    assert code == 1
    assert err == (
        "error: no forecasts match --as-of 2020-06-01 --to 2019-01-01 --kind official; on file: 5 published "
        "runs from 2018-06-30 to 2020-05-03 (by as_of)\n"
    )
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("standing", ["a.csv", "a.columns.csv"])
def test_what_stands_there_is_kept_without_force(parley: Program, standing: str) -> None:
    Path(standing).write_text("mine", encoding="utf-8")
    code, _, err = parley("--out", "a.csv")
    assert (code, err) == (1, f"error: {standing} exists; give --force to replace it, or name another file\n")
    assert [path.read_text("utf-8") for path in Path().iterdir()] == ["mine"]
    assert parley("--out", "a.csv", "--force")[0] == 0
    assert "mine" not in {path.read_text("utf-8") for path in Path().iterdir()}


def test_a_folder_that_is_not_there_is_named(parley: Program) -> None:
    code, _, err = parley("--out", "sub/a.csv")
    assert (code, err) == (1, "error: the folder sub does not exist; make it, or name a file in one that does\n")


def test_formulas_are_told_and_can_be_kept_from_running(parley: Program) -> None:
    notes = ("--what", "observations", "--as-of", "2020-06-01")
    code, _, err = parley("--out", "a.csv", *notes)
    assert code == 0
    told = re.fullmatch(
        r"a spreadsheet would run (\d+) cells of this file as a formula; to prevent that, write an "
        r"\.xlsx or give --spreadsheet-safe\n",
        err,
    )
    assert told is not None
    assert json.loads(parley("--out", "b.csv", *notes, "--json")[1])["formulas"] == int(told[1])
    assert parley("--out", "c.csv", *notes, "--spreadsheet-safe")[2] == ""
    assert {row["note"] for row in _rows("c.csv")} >= {"'=1+1", "'＝1+1", "北朝鮮"}
    assert parley("--out", "d.json", *notes)[2] == ""


@pytest.mark.parametrize("what", list(CONTENTS))
def test_a_mark_for_excel_stands_first_and_changes_nothing_else(parley: Program, what: str) -> None:
    asked = ("--what", what, "--as-of", "2020-06-01")
    assert parley("--out", "a.csv", *asked)[0] == 0
    assert parley("--out", "b.csv", *asked, "--bom")[0] == 0
    assert Path("b.csv").read_bytes() == BOM_UTF8 + Path("a.csv").read_bytes()
    assert Path("b.columns.csv").read_bytes() == Path("a.columns.csv").read_bytes()


@pytest.mark.parametrize("what", list(CONTENTS))
def test_a_file_with_the_mark_is_read_as_one_without(parley: Program, what: str) -> None:
    for name, options in (("a.csv", ()), ("b.csv", ("--bom",)), ("c.csv", ("--bom", "--spreadsheet-safe"))):
        assert parley("--out", name, "--what", what, "--as-of", "2020-06-01", *options)[0] == 0
    problems = Problems()
    plain, marked, safe = (read_grid(Path(name), problems) for name in ("a.csv", "b.csv", "c.csv"))
    assert problems.lines == []
    assert plain is not None
    assert marked is not None
    assert safe is not None
    assert plain.header == marked.header == safe.header == tuple(column.name for column in CONTENTS[what].columns)
    assert plain.records == marked.records
    assert read_table(Path("b.csv"), marked.header, problems) != []


@pytest.mark.parametrize("what", ["events", "completeness", "documents", "judgements"])
def test_a_file_for_excel_is_imported_and_adds_nothing(
    parley: Program, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    """Neither the mark nor the overview, which is a workbook's first sheet, is taken for part of the table."""
    for name, options in (("a.csv", ()), ("b.csv", ("--bom",)), ("c.xlsx", ())):
        assert parley("--out", name, "--what", what, *options)[0] == 0
        assert run(["import", name, "--dry-run", "--analyst", "kim"]) == 0
        assert re.search(r"nothing to add: all \d+ rows are already on file", capsys.readouterr().out)


def _process(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PARLEY_DATABASE_URL": f"sqlite:///{folder / 'parley.db'}"}
    # A file that is just being opened when the signal comes is closed by the end of the process, and Python notices.
    warnings = ("-W", "error", "-W", "ignore:unclosed file:ResourceWarning")
    command = [sys.executable, *warnings, "-m", "forecast.cli", "history", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True)


@pytest.fixture
def long_folder(folder: Path, tmp_path: Path) -> Path:
    """A folder with a run that reaches to very many horizons."""
    shutil.copy(folder / "parley.db", tmp_path / "parley.db")
    numbers = ", ".join(f"q{q}" for q in ("05", "25", "50", "75", "95"))
    columns = f"run_id, target, horizon_days, mean, mcse, {numbers}, recorded_at, hash"
    with sqlite3.connect(tmp_path / "parley.db") as connection:
        connection.execute(
            f"WITH RECURSIVE days(n) AS (VALUES (1000) UNION ALL SELECT n + 1 FROM days WHERE n < {999 + MANY}) "
            f"INSERT INTO target_forecasts (id, {columns}) "
            f"SELECT n * 1000, {columns.replace('horizon_days', 'n').replace('target', "'contact'")} "
            "FROM target_forecasts JOIN days WHERE id = 1"
        )
    connection.close()
    return tmp_path


@pytest.mark.parametrize("ending", [".csv", *(pytest.param(e, marks=pytest.mark.slow) for e in (".parquet", ".xlsx"))])
def test_ctrl_c_leaves_no_file_and_one_line(long_folder: Path, ending: str) -> None:
    out = long_folder / "out"
    out.mkdir()
    process = _process(long_folder, "--out", str(out / f"a{ending}"))
    while not list(out.iterdir()):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    said = process.communicate()
    assert (process.returncode, *said) == (130, "", "stopped; no file was written\n")
    assert list(out.iterdir()) == []


def test_text_is_written_without_the_mathematics(folder: Path, tmp_path: Path) -> None:
    """Whoever only wants a file need not wait for NumPy, pandas or PyMC to be imported."""
    program = (
        "import sys; from forecast.cli.app import run; code = run(['history', '--out', sys.argv[1]])\n"
        "heavy = {'numpy', 'pandas', 'pyarrow', 'pymc', 'matplotlib', 'xlsxwriter'} & set(sys.modules)\n"
        "sys.exit(code or f'imported {heavy}' if heavy else code)"
    )
    environment = {**os.environ, "PARLEY_DATABASE_URL": f"sqlite:///{folder / 'parley.db'}"}
    command = [sys.executable, "-c", program, str(tmp_path / "a.csv")]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
