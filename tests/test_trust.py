"""`parley calibrate`: honest verdicts, the sentence of `parley show`, and a page that stands alone."""

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from toy_backtests import DAYS, NAIVE, make_backtest, store_backtest, store_checks
from toy_case import write_toy_case
from toy_runs import LOADED, add_run, install_toy

from db.engine import Database
from db.errors import StoreError
from db.posteriors import path_of
from db.read import read_case
from db.read_evaluations import read_evaluations
from forecast.checks.run import CHECKS
from forecast.cli.app import run
from forecast.errors import NoBacktest, NotWritten
from forecast.evaluation.figures import calibrate, compare, compare_all, draw_timeline, judge
from forecast.evaluation.origins import Backtest, to_dataset
from forecast.evaluation.quality import SHIPPED_BACKTEST, SHIPPED_FACTS
from forecast.evaluation.report import quality_sentence
from forecast.evaluation.scoreboard import Selection, score_table
from forecast.facts.quality import MET, MISSED, UNMEASURED, WITHIN_CHANCE, Bound, Figure
from forecast.facts.trust import FAILED, LOOK, NOT_RUN, PASSED, Trust
from forecast.trust.page import render_page
from forecast.trust.read import as_json, read_trust
from forecast.trust.tables import bounds_tables, calibration_table, comparison_tables, ranked_table
from forecast.words.english.quality import quality_sentence as told
from forecast.words.numbers import percent
from forecast.writing import check_place, write_file
from indicators.folder import read_case_folder
from indicators.install import install_case
from models.spec import TARGETS

TODAY = date(2020, 1, 10)
TALKS, SEED = "limits_talks", 5
NAME = 'Talks <script>alert(1)</script> & "more"'
type Command = Callable[..., tuple[int, str, str]]


# What is told


def bounds_of(backtest: Backtest) -> dict[tuple[str, str], Bound]:
    situations = ("all", "dry") if 180 in backtest.days() else ()
    compared = [compare(backtest, Selection(TALKS, 180, situation)) for situation in situations]
    curves = [calibrate(backtest, TALKS, situation) for situation in ("all", "dry")]
    found = judge(TALKS, tuple(one for one in compared if one), tuple(one for one in curves if one))
    return {(bound.measure, bound.situation): bound for bound in found}


def test_a_calibrated_forecaster_meets_the_bounds() -> None:
    """In one record of two hundred years, which do not tell a whole curve to five points."""
    found = bounds_of(make_backtest(seed=SEED))
    assert {found["difference", "all"].verdict, found["difference", "dry"].verdict} == {MET}
    assert found["bias", "dry"].verdict == MET
    assert {found["curve", "all"].verdict, found["curve", "dry"].verdict} == {WITHIN_CHANCE}


def test_a_biased_forecaster_misses_them() -> None:
    found = bounds_of(make_backtest(bias=0.25))
    assert {bound.verdict for (measure, _), bound in found.items() if measure != "difference"} == {MISSED}
    bias, curve = found["bias", "dry"].figure, found["curve", "all"].figure
    assert bias is not None
    assert (bias.value, bias.enough) == (pytest.approx(0.25, abs=0.05), True)
    assert curve is not None
    assert curve.value > 0.02


def test_who_says_what_the_naive_forecast_says_is_not_better() -> None:
    backtest = make_backtest(last=date(1900, 1, 1))
    same = replace(backtest, forecasts={NAIVE: backtest.forecasts[NAIVE], "Parley": backtest.forecasts[NAIVE]})
    assert bounds_of(same)["difference", "all"].verdict == MISSED


def test_what_was_not_forecast_is_not_measured() -> None:
    backtest = make_backtest(last=date(1900, 1, 1))
    always_wet = replace(backtest, dry=np.zeros_like(backtest.dry))
    found = bounds_of(always_wet)
    assert {situation: bound.verdict == UNMEASURED for (_, situation), bound in found.items()} == {
        "all": False,
        "dry": True,
    }
    short = replace(backtest, horizons=backtest.horizons[:2])
    assert {bound.verdict for bound in bounds_of(short).values()} == {UNMEASURED}
    assert draw_timeline(short, TALKS) is None


def test_a_comparison_is_that_of_the_scoreboard() -> None:
    backtest = make_backtest(last=date(1900, 1, 1))
    selection = Selection(TALKS, 180, "dry")
    naive, mine = score_table(backtest, selection)
    one = compare(backtest, selection)
    assert one is not None
    assert (one.n, one.spells, one.naive) == (mine.n, mine.spells, NAIVE)
    assert (one.log_score, one.naive_log_score) == (mine.log, naive.log)
    assert one.difference.value == pytest.approx(one.log_score - one.naive_log_score)
    assert one.bias.value == pytest.approx(one.mean_forecast - one.frequency.value)
    assert (one.difference.low, one.difference.high) == (mine.log_difference.low, mine.log_difference.high)


def test_dry_and_wet_and_the_eras_share_out_the_origins() -> None:
    found = compare_all(make_backtest(first=date(2000, 1, 1)), (TALKS,))
    n = {(one.horizon_days, one.situation, one.era): one.n for one in found}
    assert set(n) == {
        *((days, situation, "all") for days in DAYS for situation in ("all", "dry", "wet")),
        *((180, situation, era) for situation in ("all", "dry") for era in ("before 2010", "from 2010")),
    }
    assert all(n[days, "dry", "all"] + n[days, "wet", "all"] == n[days, "all", "all"] for days in DAYS)
    assert n[180, "dry", "before 2010"] + n[180, "dry", "from 2010"] == n[180, "dry", "all"]


def test_a_rule_says_when_there_is_enough() -> None:
    """Differences leave out 0, levels are known to five points."""
    backtest = make_backtest()
    for one in (compare(backtest, Selection(TALKS, days, "dry")) for days in DAYS):
        assert one is not None
        for figure in (one.frequency, one.bias):
            assert figure.low is not None
            assert figure.high is not None
            assert figure.enough == (figure.high - figure.low <= 0.1)
        assert one.difference.low is not None
        assert one.difference.high is not None
        assert one.difference.enough == (one.difference.low > 0 or one.difference.high < 0)


def test_few_blocks_tell_nothing_however_narrow_the_interval() -> None:
    """Resampling four blocks or fewer mostly gives the same blocks again."""
    short = make_backtest(first=date(2014, 1, 1))
    assert not [figure for one in compare_all(short, (TALKS,)) for figure in _figures(one) if figure.enough]


def test_an_outcome_that_never_came_tells_nothing() -> None:
    backtest = make_backtest(last=date(1900, 1, 1))
    never = replace(backtest, outcome=np.zeros_like(backtest.outcome))
    one = compare(never, Selection(TALKS, 180))
    assert one is not None
    assert (one.frequency, one.spells) == (Figure(0.0, 0.0, 0.0, False), 1)
    assert not one.difference.enough


def _figures(one: object) -> Iterator[Figure]:
    """Every figure within, at any depth."""
    if isinstance(one, Figure):
        yield one
    elif is_dataclass(one):
        for field in fields(one):
            yield from _figures(getattr(one, field.name))
    elif isinstance(one, tuple):
        for each in one:
            yield from _figures(each)


def test_forecasts_over_time_name_the_worst_of_them() -> None:
    backtest = make_backtest(last=date(1900, 1, 1))
    t, outcome = TARGETS.index(TALKS), backtest.outcome.copy()
    outcome[-2:, t, 2] = np.nan
    found = draw_timeline(replace(backtest, outcome=outcome), TALKS)
    assert found is not None
    assert found.outcome[-2:] == (None, None)
    assert found.outcome[:-2] == tuple(backtest.outcome[:-2, t, 2] > 0)
    no = [p for p, came_true in zip(found.probability, found.outcome, strict=True) if came_true is False]
    worst = found.origin[found.probability.index(max(no))]
    assert f"{percent(max(no))} on {worst}, which did not come true." in found.sentence


# What is read


@pytest.fixture
def either(database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The toy case, on either kind of database, with its files in a folder of the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARLEY_DATABASE_URL", database_url)
    home = replace(database, folder=tmp_path)
    install_case(home, read_case_folder(write_toy_case(tmp_path / "toy")), LOADED)
    return home


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{tmp_path / 'parley.db'}")
    with install_toy(tmp_path) as database:
        yield database


@pytest.fixture(scope="module")
def small_backtest() -> Backtest:
    return make_backtest(first=date(1995, 1, 1))


@pytest.fixture
def parley(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command; its exit code, what it printed and what it complained of."""
    monkeypatch.setenv("COLUMNS", "100")

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def _read(database: Database, backtest_id: int | None = None) -> Trust:
    with database.read() as connection:
        return read_trust(connection, database.posteriors, TODAY, backtest_id=backtest_id)


def test_show_and_calibrate_say_the_same_of_quality(
    either: Database, parley: Command, small_backtest: Backtest
) -> None:
    add_run(either)
    store_backtest(either, small_backtest, version="0" * 8)
    sentence = quality_sentence(small_backtest)
    assert sentence is not None
    shown, calibrated = (json.loads(parley(command, "--json")[1]) for command in ("show", "calibrate"))
    names = ("sentence", "model_version", "as_of", "note", "structure")
    assert shown["quality"] == {name: calibrated["quality"][name] for name in names}
    assert shown["quality"]["sentence"] == sentence
    assert shown["quality"]["note"].startswith("That backtest was of model version 00000000; this is ")
    assert shown["track_record"] == calibrated["track"]["sentence"]
    printed = [" ".join(parley(command)[1].split()) for command in ("show", "calibrate")]
    both = f"{sentence} {shown['quality']['note']} {shown['track_record']}"
    assert both in printed[0]
    assert printed[1].startswith(both)


def test_the_newest_standard_backtest_is_shown_unless_another_is_asked_for(
    toy: Database, small_backtest: Backtest
) -> None:
    other = make_backtest(first=date(2000, 1, 1))
    store_backtest(toy, small_backtest)
    newer = store_backtest(toy, small_backtest, changes={"quality": "Good."})
    number = store_backtest(toy, other, settings={"standard": False})
    found, chosen = _read(toy), _read(toy, number)
    assert (found.source.evaluation_id, found.source.standard, told(found.quality)) == (
        newer,
        True,
        "Good.",
    )
    assert (chosen.source.evaluation_id, chosen.source.standard, told(chosen.quality)) == (
        number,
        False,
        "Good.",
    )
    assert chosen.source.sentence == quality_sentence(other)
    assert (chosen.source.origins, chosen.comparisons[0].n) == (len(other.origins), len(other.origins))


def test_without_a_backtest_it_says_what_to_run(toy: Database, parley: Command, small_backtest: Backtest) -> None:
    assert parley("calibrate") == (1, "", "error: no backtest of this case is stored; run `parley backtest`\n")
    store_backtest(toy, small_backtest, settings={"standard": False})
    with pytest.raises(NoBacktest, match=r"^no backtest of this case is stored; run `parley backtest`$"):
        _read(toy)
    check = store_checks(toy, [])
    with pytest.raises(
        NoBacktest, match=rf"^no backtest {check} of this case: those stored are 1; run `parley backtest"
    ):
        _read(toy, check)


def test_a_backtest_that_compares_nothing_is_refused(toy: Database, small_backtest: Backtest) -> None:
    alone = replace(
        small_backtest,
        **{name: {NAIVE: getattr(small_backtest, name)[NAIVE]} for name in ("forecasts", "scenarios", "pareto_k")},
    )
    number = store_backtest(toy, alone)
    with pytest.raises(NoBacktest, match=rf"^backtest {number} holds only climatology; the page compares Parley with "):
        _read(toy, number)


def test_a_missing_file_is_named(toy: Database, small_backtest: Backtest) -> None:
    store_backtest(toy, small_backtest)
    with toy.read() as connection:
        (row,) = read_evaluations(connection, "toy")
    assert row.file_hash is not None
    path_of(toy.posteriors.folder, row.file_hash).unlink()
    with pytest.raises(StoreError, match=rf"^posterior .*{row.file_hash}\.nc is missing; restore it from a backup"):
        _read(toy)


def test_before_any_is_stored_the_shipped_backtest_serves_its_own_case(
    toy: Database, small_backtest: Backtest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forecast.evaluation.quality.files", lambda _: tmp_path)
    monkeypatch.setattr("forecast.evaluation.stored.files", lambda _: tmp_path)
    with toy.read() as connection:
        case_hash = read_case(connection).case_hash
    facts = {"case_hash": case_hash, "model_version": "0" * 8, "as_of": "2019-12-31", "quality": "Fair."}
    (tmp_path / SHIPPED_FACTS).write_text(json.dumps(facts))
    with pytest.raises(NoBacktest, match="no backtest of this case is stored"):
        _read(toy)
    to_dataset(small_backtest).to_netcdf(tmp_path / SHIPPED_BACKTEST)
    found = _read(toy)
    assert (told(found.quality), found.source.evaluation_id, found.source.model_version) == (
        "Fair.",
        None,
        "0" * 8,
    )
    assert f"shipped with the program: {len(small_backtest.origins)} origins" in _text(
        ElementTree.fromstring(render_page(found))
    )
    (tmp_path / SHIPPED_FACTS).write_text(json.dumps(facts | {"case_hash": "of another case"}))
    with pytest.raises(NoBacktest, match="no backtest of this case is stored"):
        _read(toy)


def test_each_check_is_shown_as_it_was_last_run(toy: Database, small_backtest: Backtest) -> None:
    store_backtest(toy, small_backtest)
    store_checks(toy, [_check("sbc", False), _check("as-of", True)])
    store_checks(toy, [_check("sbc", True), _check("states", None)])
    trust = _read(toy)
    found = {one.name: one for one in trust.checks}
    assert tuple(found) == tuple(CHECKS)
    assert [found[name].verdict for name in ("as-of", "states", "sbc")] == [PASSED, LOOK, PASSED]
    assert found["sbc"].model_version == trust.model_version
    assert found["power-scaling"].verdict == NOT_RUN
    assert found["power-scaling"].sentence == "not run; run `parley check power-scaling`"


def _check(name: str, passed: bool | None) -> dict[str, object]:
    return {"name": name, "passed": passed, "sentence": f"{name} was run.", "table": [], "figures": {}}


# What is written


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory, small_backtest: Backtest) -> Trust:
    """A biased forecaster, a live run, checks of every outcome, and a case whose name is not HTML."""
    folder = tmp_path_factory.mktemp("trust")
    with install_toy(folder) as database:
        add_run(database)
        forecasts = dict(small_backtest.forecasts) | {"Parley": np.clip(small_backtest.forecasts["Parley"] + 0.3, 0, 1)}
        store_backtest(database, replace(small_backtest, forecasts=forecasts))
        store_checks(database, [_check("sbc", False), _check("as-of", True), _check("states", None)])
        return replace(_read(database), case_name=NAME)


@pytest.fixture(scope="module")
def page(trust: Trust) -> str:
    return render_page(trust)


def _text(element: ElementTree.Element) -> str:
    return " ".join("".join(element.itertext()).split())


def test_the_page_is_well_formed_and_its_identifiers_are_its_own(page: str) -> None:
    root = ElementTree.fromstring(page)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert len(root.findall(".//{http://www.w3.org/2000/svg}svg")) == 3
    used = {*re.findall(r"url\(#([^)]+)\)", page), *re.findall(r'href="#([^"]+)"', page)}
    assert used <= set(ids)


def test_the_page_fetches_nothing(page: str) -> None:
    root = ElementTree.fromstring(page)
    assert not {element.tag.rsplit("}")[-1] for element in root.iter()} & {"script", "link", "img", "image", "iframe"}
    for element in root.iter():
        for name, value in element.attrib.items():
            assert not name.endswith("src")
            if name.endswith("href"):
                assert value.startswith(("#", "https://doi.org/"))
    assert not re.search(r"@import|url\((?!#)", page)


def test_the_page_says_what_was_missed_and_what_failed(trust: Trust, page: str) -> None:
    root = ElementTree.fromstring(page)
    bad = [_text(element) for element in root.iter() if "bad" in element.get("class", "").split()]
    assert bad.count(MISSED) == sum(bound.verdict == MISSED for bound in trust.bounds) > 0
    assert bad.count(FAILED) == 1
    text = _text(root)
    assert f"Missed: {bad.count(MISSED)} of {len(trust.bounds)}." in text
    assert text.count(told(trust.quality)) == 1
    for sentence in (
        trust.track.sentence,
        trust.rule,
        *(one.sentence for one in (*trust.calibrations, *trust.timelines)),
    ):
        assert sentence in text


def test_names_of_a_case_are_escaped(page: str) -> None:
    root = ElementTree.fromstring(page)
    assert not list(root.iter("script"))
    assert _text(root).count(NAME) == 2  # title and heading


def test_the_same_facts_give_the_same_page(trust: Trust, page: str) -> None:
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "red"}):
        assert render_page(trust) == page


def test_json_holds_every_number_of_the_page(trust: Trust, page: str) -> None:
    """Each number in a cell of a table is a value of the JSON, or a hundred times one, rounded."""
    values = set(_numbers(json.loads(json.dumps(as_json(trust), default=str))))
    known = {f"{abs(scale * v):.{digits}f}" for v in values for scale in (1, 100) for digits in range(4)}
    root = ElementTree.fromstring(page)
    words = {_text(cell) for cell in root.findall(".//div[@class='words']//td")}
    cells = [text for text in map(_text, root.iter("td")) if text not in words]
    found = {number for cell in cells if cell[0] in "0123456789+−io" for number in re.findall(r"\d+(?:\.\d+)?", cell)}
    assert len(found) > 100
    assert found <= known


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _numbers(inner)
    elif isinstance(value, int | float):
        yield float(value)


def test_a_page_that_stands_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "trust.html"
    path.write_text("mine")
    with pytest.raises(NotWritten, match=rf"^{path} exists; give --force to replace it, or name another file$"):
        write_file(b"<html/>", path)
    assert path.read_text() == "mine"
    write_file(b"<html/>", path, force=True)
    assert path.read_text() == "<html/>"
    assert list(tmp_path.iterdir()) == [path]


def test_where_no_page_can_be_written_one_line_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotWritten, match=rf"^the folder {tmp_path}/no does not exist; make it, or name a file in one"):
        write_file(b"<html/>", tmp_path / "no" / "trust.html")
    with pytest.raises(NotWritten, match=rf"^{tmp_path} is a folder; name a file, such as {tmp_path}/trust.html$"):
        check_place(tmp_path, force=True, example="trust.html")
    with pytest.raises(NotWritten, match=r"\.html cannot be written \(File name too long\); name another file, or "):
        write_file(b"<html/>", tmp_path / f"{'x' * 250}.html")
    assert list(tmp_path.iterdir()) == []


def test_the_terminal_says_the_same_in_a_hundred_lines(toy: Database, parley: Command) -> None:
    store_backtest(toy, make_backtest(first=date(1998, 1, 1)))
    code, text, complaint = parley("calibrate")
    lines, trust = text.splitlines(), _read(toy)
    assert (code, complaint) == (0, "")
    assert len(lines) <= 110
    assert max(map(len, lines)) <= 100
    assert not [line for line in lines if line != line.rstrip()]
    flat = " ".join(text.split())
    for table in (*bounds_tables(trust), *comparison_tables(trust), ranked_table(trust), calibration_table(trust)):
        assert table.title in text
        assert [row for row in table.rows if " ".join(" ".join(row).split()) not in flat] == []


def test_the_page_is_written_where_it_was_asked_for(
    toy: Database, parley: Command, small_backtest: Backtest, tmp_path: Path
) -> None:
    store_backtest(toy, small_backtest)
    code, text, _ = parley("calibrate", "--out", "trust.html")
    assert (code, text.splitlines()[-1]) == (0, "wrote trust.html")
    assert "Talks between Ruritania and Graustark" in (tmp_path / "trust.html").read_text(encoding="utf-8")
    refused = "error: trust.html exists; give --force to replace it, or name another file\n"
    assert parley("calibrate", "--out", "trust.html") == (1, "", refused)


def test_force_alone_is_a_mistake_in_usage(parley: Command) -> None:
    message = (
        "error: Invalid value for '--force': there is no file to replace; give --out FILE.html too; "
        "see `parley calibrate --help`\n"
    )
    assert parley("calibrate", "--force") == (2, "", message)
