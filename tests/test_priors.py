"""Priors of a case: what its file may say, how they are kept, and which of them a forecast as of a day is made from."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from toy_case import toy_files, write_toy_case
from toy_indicator import REASON, table
from toy_programs import program_on

from db import tables
from db.backup import write_backup
from db.chain import head, verify_chain
from db.engine import Database, open_database
from db.migrate import create_database, upgrade
from db.read import read_case
from db.verify import verify_store
from db.when import When
from forecast.desk.catalogue import add_indicators
from forecast.desk.session import Desk
from forecast.engine.assemble import Problem, inputs_hash, read_problem
from indicators.content import CaseFolder, Priors, YearPrior
from indicators.errors import CaseError
from indicators.folder import read_case_folder
from indicators.install import install_case, plan_case
from indicators.priors import read_priors
from indicators.tables import Problems
from models.spec import Reference

FIRST = datetime(2020, 1, 2, 12, tzinfo=UTC)
SECOND = datetime(2020, 6, 1, 12, tzinfo=UTC)
TABLES = "0123456789abcdef" * 4
CHANGE = """\
[framing_change]
prior = [2, 38]
"""
YEARS = f"""\
[reference]
tables = "{TABLES}"

[[reference.year]]
year = 2012
onset = [-6.5, 0.7]
duration = [0.3, 0.25]

[[reference.year]]
year = 2015
onset = [-6, 0.65]
duration = [0.45, 0.2]

[[reference.year]]
year = 2018
onset = [-5.75, 0.6]
duration = [0.5, 0.125]
"""
PRIORS = f"{CHANGE}\n{YEARS}"
IN_2012 = Reference(onset=(-6.5, 0.7), duration=(0.3, 0.25), change=(2.0, 38.0))
IN_2015 = Reference(onset=(-6.0, 0.65), duration=(0.45, 0.2), change=(2.0, 38.0))
IN_2018 = Reference(onset=(-5.75, 0.6), duration=(0.5, 0.125), change=(2.0, 38.0))
BEFORE = Reference(change=(2.0, 38.0))


def folder_with(place: Path, priors: str | None = PRIORS) -> CaseFolder:
    """The toy case with this file of priors."""
    return read_case_folder(write_toy_case(place, None if priors is None else {"priors.toml": priors}))


def problem_as_of(database: Database, day: date, recorded: datetime | None = None) -> Problem:
    with database.read() as connection:
        return read_problem(connection, When(as_of=day, as_recorded=recorded), case_id="toy")[2]


@pytest.fixture
def load(database: Database, tmp_path: Path) -> Callable[..., Database]:
    """Load the toy case with a file of priors, or without one, into a database of either kind."""

    def run(priors: str | None = PRIORS, at: datetime = FIRST) -> Database:
        place = tmp_path / f"case {at:%Y-%m-%d}"
        install_case(database, folder_with(place, priors), at)
        return database

    return run


def test_a_file_is_read_as_it_says(tmp_path: Path) -> None:
    assert folder_with(tmp_path).priors == Priors(
        (2.0, 38.0),
        TABLES,
        (
            YearPrior(2012, (-6.5, 0.7), (0.3, 0.25)),
            YearPrior(2015, (-6.0, 0.65), (0.45, 0.2)),
            YearPrior(2018, (-5.75, 0.6), (0.5, 0.125)),
        ),
    )


def test_each_of_its_tables_may_be_left_out(tmp_path: Path) -> None:
    change, years = folder_with(tmp_path / "a", CHANGE).priors, folder_with(tmp_path / "b", YEARS).priors
    assert change == Priors((2.0, 38.0), "", ())
    assert years is not None
    assert (years.change, years.tables, len(years.years)) == (None, TABLES, 3)


BAD = [
    ("[framing_change]", "[framing_changes]", r"line 1, key framing_changes: unknown key 'framing_changes'; did you"),
    ("prior = [2, 38]", "priors = [2, 38]", r"line 2, key framing_change.priors: unknown key 'priors'; did you mean"),
    ("prior = [2, 38]\n", "", r"line 1, key framing_change.prior: is missing; write prior = …$"),
    (
        "[2, 38]",
        "[0, 38]",
        r"line 2, key framing_change.prior: \[0, 38\] is of the wrong kind or size; write \[a, b\] of a Beta "
        r"distribution, numbers from 0.001 to 100000 and from 0.001 to 100000$",
    ),
    ("[2, 38]", "[2, -1]", r"line 2, key framing_change.prior: \[2, -1\] is of the wrong kind or size; "),
    ("[2, 38]", "[2]", r"line 2, key framing_change.prior: \[2\] is of the wrong kind or size; "),
    ("[2, 38]", "[2, true]", r"line 2, key framing_change.prior: \[2, True\] is of the wrong kind or size; "),
    ("[2, 38]", "0.05", r"line 2, key framing_change.prior: 0.05 is of the wrong kind or size; write \[a, b\] of a"),
    (CHANGE, "framing_change = 3\n", r"line 1, key framing_change: 3 is of the wrong kind or size; write a table \["),
    (f'tables = "{TABLES}"\n', "", r"line 4, key reference.tables: is missing; write tables = …$"),
    (TABLES, TABLES[:-1], r"line 5, key reference.tables: '[0-9a-f]{63}' is no sha256; write its 64 hexadecimal"),
    (TABLES, TABLES.upper(), r"line 5, key reference.tables: '[0-9A-F]{64}' is no sha256; write its 64 hexadecimal"),
    ("year = 2012", "year = 2012.5", r"line 8, key reference.year.1.year: 2012.5 is of the wrong kind or size; write"),
    (
        "year = 2015",
        "year = 20150",
        r"line 13, key reference.year.2.year: 20150 is of the .* number from 1900 to 2200",
    ),
    ("year = 2015\n", "", r"line 12, key reference.year.2.year: is missing; write year = …$"),
    ("year = 2018", "year = 2015", r"line 18, key reference.year.3.year: 2015 follows 2015; write each year once, the"),
    ("year = 2012", "year = 2016", r"line 13, key reference.year.2.year: 2015 follows 2016; .* the earliest first$"),
    ("onset = [-6, 0.65]\n", "", r"line 12, key reference.year.2.onset: is missing; write onset = …$"),
    (
        "[-6, 0.65]",
        "[-6, 0]",
        r"line 14, key reference.year.2.onset: \[-6, 0\] is of the wrong kind or size; write \[mean, sd\], numbers "
        r"from -20 to 5 and from 0.001 to 10$",
    ),
    ("[-6, 0.65]", "[-6, -0.65]", r"line 14, key reference.year.2.onset: \[-6, -0.65\] is of the wrong kind or size; "),
    ("[-6, 0.65]", "[6, 0.65]", r"line 14, key reference.year.2.onset: \[6, 0.65\] is of the wrong kind or size; "),
    ("[-6, 0.65]", "[nan, 0.65]", r"line 14, key reference.year.2.onset: \[nan, 0.65\] is of the wrong kind or size; "),
    ("[-6, 0.65]", "[-6, inf]", r"line 14, key reference.year.2.onset: \[-6, inf\] is of the wrong kind or size; "),
    ("[-6, 0.65]", '"-6"', r"line 14, key reference.year.2.onset: '-6' is of the wrong kind or size; write \[mean, sd"),
    ("[0.45, 0.2]", "[-0.4, 0.2]", r"line 15, key reference.year.2.duration: \[-0.4, 0.2\] .* from 0 to 10 and from 0"),
    ("[0.45, 0.2]", "[0.4, 0.2]\npower = 1", r"line 16, key reference.year.2.power: unknown key 'power'; use one of"),
    ("[[reference.year]]\nyear = 2012", "[[reference.yaer]]\nyear = 2012", r"line 7, key reference.yaer: unknown key"),
    (YEARS, f'[reference]\ntables = "{TABLES}"\n', r"line 4, key reference.year: is missing; write year = …$"),
    (YEARS, f'[reference]\ntables = "{TABLES}"\nyear = []\n', r"line 6, key reference.year: \[\] is of the wrong kind"),
    (
        YEARS,
        f'[reference]\ntables = "{TABLES}"\nyear = 2012\n',
        r"line 6, key reference.year: 2012 is of the wrong kind or size; write tables, each below a line "
        r"\[\[reference.year\]\]$",
    ),
    ("year = 2012", "year = ", r"line 8, column 8: malformed TOML \(Invalid value\); write it as TOML: key = value$"),
    (PRIORS, "\udcff", r"byte 0 is 0xff, which is not UTF-8; save the file as UTF-8$"),
]


@pytest.mark.parametrize(("old", "new", "sentence"), BAD)
def test_what_is_wrong_is_told_in_one_line(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in PRIORS
    text = PRIORS.replace(old, new, 1).encode(errors="surrogateescape")
    (write_toy_case(tmp_path) / "priors.toml").write_bytes(text)
    with pytest.raises(CaseError, match=rf"\Apriors.toml: {sentence}"):
        read_case_folder(tmp_path)


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    (write_toy_case(tmp_path) / "priors.toml").mkdir()
    with pytest.raises(CaseError, match=r"^priors.toml: cannot be read \(Is a directory\); make it a readable file$"):
        read_case_folder(tmp_path)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(PRIORS)), st.integers(0, 30), st.sampled_from(["", "[", "]", "=", "\n", "-", "9e99", "year"]))
def test_damage_is_either_refused_in_lines_or_harmless(tmp_path: Path, at: int, cut: int, pasted: str) -> None:
    (tmp_path / "priors.toml").write_text(PRIORS[:at] + pasted + PRIORS[at + cut :])
    problems = Problems()
    read_priors(tmp_path, problems)
    assert all(line.startswith("priors.toml: ") and "\n" not in line for line in problems.lines)


def hash_without_priors(folder: CaseFolder) -> str:
    """The hash of a case that knows of no priors, made anew."""

    def text(row: Any) -> str:
        said = {name: value for name, value in asdict(row).items() if name != "bears_on" or value}
        return json.dumps(said, sort_keys=True, default=date.isoformat)

    rows = {name: value for name in CaseFolder.__slots__ if isinstance(value := getattr(folder, name), tuple)}
    parts: dict[str, Any] = {name: sorted(map(text, value)) for name, value in rows.items()}
    return hashlib.sha256(json.dumps({**parts, "case": text(folder.case)}, sort_keys=True).encode()).hexdigest()


@pytest.mark.parametrize("priors", [None, "", "# Nothing yet.\n"])
def test_a_case_that_says_nothing_of_priors_has_the_hash_it_has_always_had(tmp_path: Path, priors: str | None) -> None:
    folder = folder_with(tmp_path, priors)
    assert folder.priors is None
    assert folder.case_hash == hash_without_priors(folder)


@pytest.mark.parametrize("edit", [("[2, 38]", "[1, 49]"), (TABLES, TABLES[::-1]), ("2018", "2019"), ("0.65", "0.66")])
def test_any_of_its_numbers_makes_another_case(tmp_path: Path, edit: tuple[str, str]) -> None:
    plain = folder_with(tmp_path / "plain").case_hash
    assert folder_with(tmp_path / "spaced", PRIORS.replace("[2, 38]", "[2.0,38] # Beta")).case_hash == plain
    assert folder_with(tmp_path / "other", PRIORS.replace(*edit)).case_hash != plain
    assert folder_with(tmp_path / "none", None).case_hash != plain


def test_a_forecast_has_the_latest_numbers_up_to_its_year(load: Callable[..., Database]) -> None:
    database = load()
    expected = {
        date(2011, 12, 31): BEFORE,
        date(2012, 1, 1): IN_2012,
        date(2014, 12, 31): IN_2012,
        date(2015, 1, 1): IN_2015,
        date(2017, 6, 1): IN_2015,
        date(2019, 6, 1): IN_2018,
    }
    assert {day: problem_as_of(database, day).reference for day in expected} == expected


def test_what_the_file_leaves_open_is_the_models_default(load: Callable[..., Database]) -> None:
    day = date(2016, 6, 1)
    assert problem_as_of(load(None), day).reference == Reference()
    assert problem_as_of(load(CHANGE, SECOND), day).reference == BEFORE
    load(YEARS, SECOND.replace(month=7))
    assert problem_as_of(load(YEARS, SECOND.replace(month=7)), day).reference == replace(IN_2015, change=(1.0, 49.0))


def test_later_years_cannot_reach_a_forecast_of_an_earlier_one(load: Callable[..., Database]) -> None:
    """Whatever they say, and whether they are there at all: the same to the last bit."""
    days = (date(2011, 6, 1), date(2012, 1, 1), date(2017, 12, 31))
    found = [inputs_hash(problem_as_of(load(), day)) for day in days]
    earlier = PRIORS[: PRIORS.index("[[reference.year]]\nyear = 2018")]
    for month, text in enumerate((earlier, PRIORS.replace("[-5.75, 0.6]", "[-2, 5]").replace("0.125", "9")), start=1):
        database = load(text, SECOND.replace(year=2021, month=month))
        assert [inputs_hash(problem_as_of(database, day)) for day in days] == found
    own = load(PRIORS.replace("0.45", "0.46"), SECOND.replace(year=2022))
    assert [inputs_hash(problem_as_of(own, day)) == one for day, one in zip(days, found, strict=True)] == [
        True,
        True,
        False,
    ]


def test_a_forecast_as_recorded_before_they_were_loaded_knows_nothing_of_them(load: Callable[..., Database]) -> None:
    day = date(2016, 6, 1)
    before = inputs_hash(problem_as_of(load(None), day))
    database = load(PRIORS, SECOND)
    assert inputs_hash(problem_as_of(database, day, SECOND.replace(month=5))) == before
    assert problem_as_of(database, day, SECOND).reference == IN_2015


def test_they_are_kept_as_the_file_has_them(load: Callable[..., Database], tmp_path: Path) -> None:
    database = load()
    folder = folder_with(tmp_path / "again")
    with database.read() as connection:
        case = read_case(connection, "toy")
        assert verify_chain(connection) == ()
        assert plan_case(connection, folder, SECOND).version is None, "the same again is no other version"
    years = [{"year": 2012, "onset": [-6.5, 0.7], "duration": [0.3, 0.25]}]
    assert case.priors is not None
    assert case.priors["framing_change"] == {"prior": [2.0, 38.0]}
    assert (case.priors["reference"]["tables"], case.priors["reference"]["year"][:1]) == (TABLES, years)


def test_a_backup_holds_them(load: Callable[..., Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    database = replace(load(), folder=tmp_path)
    assert write_backup(database, tmp_path / "b.zip").contents.sound
    with ZipFile(tmp_path / "b.zip") as archive:
        archive.extractall(tmp_path / "new")
    with (
        open_database(f"sqlite:///{tmp_path / 'new' / 'parley.db'}") as copy,
        copy.read() as there,
        database.read() as here,
    ):
        assert read_case(there, "toy") == read_case(here, "toy")
        assert (verify_store(there, copy.posteriors).sound, head(there)) == (True, head(here))


def test_what_a_desk_changes_of_the_catalogue_leaves_them(load: Callable[..., Database], tmp_path: Path) -> None:
    desk = Desk(load(), "kim", day=lambda: date(2020, 3, 1))
    add_indicators(desk, table(), REASON)
    assert problem_as_of(desk.database, date(2020, 3, 2)).reference == IN_2018
    install_case(desk.database, folder_with(tmp_path / "next", YEARS), datetime.now(UTC))
    problem = problem_as_of(desk.database, date(2020, 3, 2))
    assert (problem.reference.change, problem.catalogue.names[-1]) == ((1.0, 49.0), "embassy")


def test_a_database_made_before_there_were_any_is_the_same_afterwards(empty_url: str, tmp_path: Path) -> None:
    """Its rows verify, their hashes and its head are what they were, and its forecasts have the defaults."""
    with create_database(empty_url) as database:
        install_case(database, folder_with(tmp_path / "old", None), FIRST)
        with database.engine.begin() as connection:
            for name in ("priors", "stories"):
                connection.exec_driver_sql(f"ALTER TABLE cases DROP COLUMN {name}")
            later = "posterior_chunks", "run_names", "thinnings", "explanations", "scenario_answers", "scenarios"
            for table_ in later:
                connection.exec_driver_sql(f"DROP TABLE {table_}")
            connection.exec_driver_sql("DROP INDEX ix_observations_observed")
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0007'")
        hashes = select(*(tables.cases.c[name] for name in ("id", "case_hash", "hash")))
        with database.engine.connect() as connection:
            before = connection.execute(hashes).all(), head(connection)
    upgrade(empty_url)
    with open_database(empty_url) as database:
        with database.read() as connection:
            assert (connection.execute(hashes).all(), head(connection)) == before
            assert verify_chain(connection) == ()
            assert read_case(connection, "toy").priors is None
            assert plan_case(connection, folder_with(tmp_path / "old", None), SECOND).version is None
        assert problem_as_of(database, date(2016, 6, 1)).reference == Reference()
        install_case(database, folder_with(tmp_path / "new"), SECOND)
        assert problem_as_of(database, date(2016, 6, 1)).reference == IN_2015
        with database.read() as connection:
            assert verify_chain(connection) == ()


def test_init_tells_that_they_change_and_what_is_wrong_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parley = program_on(tmp_path, monkeypatch, capsys)
    assert parley("init", "--zone", "UTC", "--case", str(write_toy_case(tmp_path / "old")))[0] == 0
    place = write_toy_case(tmp_path / "new", {"priors.toml": PRIORS})
    told = json.loads(parley("init", "--case", str(place), "--dry-run", "--json")[1])
    assert told["changes"]["case"] == [{"what": "changed", "name": "settings", "parts": ["priors"]}]
    code, out, _ = parley("init", "--case", str(place))
    assert (code, out.splitlines()[1]) == (0, "case: 1 changed: settings (priors)")
    assert parley("verify")[0] == 0
    write_toy_case(place, {"priors.toml": PRIORS.replace("0.65", "-0.65")})
    code, out, err = parley("init", "--case", str(place))
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("error: priors.toml: line 14, key reference.year.2.onset: [-6, -0.65] is of the wrong kind")


def test_priors_are_no_file_that_a_case_needs(tmp_path: Path) -> None:
    assert "priors.toml" not in toy_files()
    assert folder_with(tmp_path, None).priors is None
