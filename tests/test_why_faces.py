"""Every face that names the causes of a movement names those on file, and says nothing where none are."""

import json
import logging
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pypdfium2
import pytest
from brief_worlds import HEAD, install_shipped, numbers, parsed, store_run
from conftest import ATTEMPT
from explained_worlds import made_up
from schedule_worlds import Clock, leader_of, settings_of
from toy_runs import AS_OF, add_run, install_toy, toy_states, toy_targets

from db.append import append_attempt
from db.engine import Database
from db.progress import Progress
from db.read_runs import read_run
from db.run_rows import AlertRow, IndicatorStateRow
from forecast.brief.facts import as_json as brief_json
from forecast.brief.facts import read_brief
from forecast.brief.page import lay_out, render
from forecast.cli.app import run
from forecast.errors import NotExplained
from forecast.facts.brief import Brief
from forecast.facts.causes import LISTED, of_headline
from forecast.record.summary import as_json, read_summary
from forecast.schedule.alerts import raise_alerts
from forecast.schedule.explaining import PAIRS, TRIES, Pair, missing_pairs
from forecast.schedule.leader import acquire
from forecast.schedule.messages import as_line
from forecast.schedule.settings import AlertFile, AlertSettings, Settings
from forecast.schedule.steps import record_alerts, store_explanations
from forecast.why.found import find_stored
from forecast.why.stored import read_step, store
from forecast.words.language import LANGUAGES
from forecast.words.why_numbers import points_text
from indicators.folder import read_case_folder
from indicators.shipped import shipped_case

LANGUAGE = pytest.mark.parametrize("language", list(LANGUAGES))
MONDAY = date(2020, 1, 6)
NOON = datetime(2020, 1, 2, 12, tzinfo=UTC)


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{tmp_path / 'parley.db'}")
    monkeypatch.setenv("COLUMNS", "200")
    with install_toy(tmp_path) as database:
        yield database


def explain(database: Database, before: int, after: int, *indicators: str) -> None:
    """Put a made-up split of two runs on file."""
    with database.read() as connection:
        found = made_up(connection, before, after, indicators=indicators or ("press_tone", "border_posture"))
    store(database, found, lambda: NOON)


def causes(database: Database, before: int, after: int, language: str = "en") -> str:
    """As the words have them, of the headline over a year."""
    with database.read() as connection:
        found = find_stored(connection, read_run(connection, before), read_run(connection, after))
    assert found is not None
    told = of_headline(found)
    assert told is not None
    return LANGUAGES[language].why.causes(told.explanation, told.target, told.reach, 3)


# Alerts


def settings(language: str = "en") -> Settings:
    """Nothing but the headline is told."""
    quiet = AlertSettings(stale_indicators=False, completeness_days=36_525, failures=False, catch_up=False)
    return replace(settings_of(), alerts=replace(quiet, file=AlertFile(path="-"), language=language))


def instant(day: date) -> datetime:
    return datetime.combine(day, time(6, 10), UTC)


def publish(database: Database, day: date, value: float) -> None:
    """The scheduled run of a day, with this probability of the headline in a year."""
    rows = [
        replace(row, mean=value) if (row.target, row.horizon_days) == ("arms_control_talks", 365) else row
        for row in toy_targets()
    ]
    run_id, at = add_run(database, as_of=day - timedelta(days=1), kind="official", targets=rows), instant(day)
    attempt = replace(
        ATTEMPT,
        case_id="toy",
        scheduled_for=day,
        scheduled_at=at,
        as_of=day - timedelta(days=1),
        started_at=at,
        ended_at=at + timedelta(minutes=1),
        outcome="published",
        run_id=run_id,
    )
    with database.write() as connection:
        append_attempt(connection, attempt, at)


def told(database: Database, day: date, language: str = "en") -> AlertRow:
    with database.write() as connection:
        (alert,) = raise_alerts(connection, "toy", settings(language), instant(day))
    return alert


def jumped(toy: Database, *, explained: bool = True, language: str = "en") -> AlertRow:
    """Two days, and the alert of the second."""
    for day, value in ((MONDAY, 0.12), (MONDAY + timedelta(days=1), 0.16)):
        publish(toy, day, value)
    if explained:
        explain(toy, 1, 2)
    return told(toy, MONDAY + timedelta(days=1), language)


@LANGUAGE
def test_an_alert_names_its_causes_in_its_language(toy: Database, language: str) -> None:
    alert = jumped(toy, language=language)
    assert alert.body.count(causes(toy, 1, 2, language)) == 1


def test_programs_get_the_causes_as_facts(toy: Database) -> None:
    alert = jumped(toy)
    found = json.loads(as_line(alert))["data"]["facts"]["causes"]
    assert [one["points"] for one in found] == sorted((one["points"] for one in found), key=lambda points: -abs(points))
    assert 0 < len(found) <= 3
    for one in found:
        assert (one["from_run_id"], one["target"], one["horizon_days"]) == (1, "arms_control_talks", 365)
        assert f"{one['cause']} {points_text(one['points'])}" in alert.body


def test_an_alert_does_not_wait_for_causes(toy: Database) -> None:
    alert = jumped(toy, explained=False)
    assert alert.facts["causes"] == []
    assert "Causes" not in alert.body


@pytest.mark.parametrize("missing", [None, 3])
def test_the_causes_of_a_week_are_those_of_its_days_or_none(toy: Database, missing: int | None) -> None:
    days = [MONDAY + timedelta(days=place) for place in range(8)]
    for place, day in enumerate(days):
        publish(toy, day, 0.12 + 0.005 * place)
        if place and place != missing:
            explain(toy, place, place + 1)
    alert = told(toy, days[-1])
    assert alert.rule == "move_week"
    assert ("Causes since" in alert.body) == (missing is None)
    if missing is None:
        assert causes(toy, 1, 8) in alert.body


# The first page


@pytest.fixture
def weekly(toy: Database) -> Database:
    """Two runs a week apart."""
    for day, value in ((0, 0.8), (7, 1.0)):
        rows = [replace(row, mean=row.mean * value) for row in toy_targets()]
        add_run(toy, as_of=AS_OF + timedelta(days=day), targets=rows, at=NOON + timedelta(days=day))
    return toy


@LANGUAGE
def test_show_names_what_moved_the_number_in_a_week(
    weekly: Database, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    explain(weekly, 1, 2)
    assert run(["show", "--language", language]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    with weekly.read() as connection:
        summary = read_summary(connection, AS_OF + timedelta(days=8))
    assert numbers(causes(weekly, 1, 2, language)) <= numbers(shown)
    found = as_json(summary, LANGUAGES[language])["why"]
    assert (found["before_run_id"], found["run_id"], found["horizon_days"]) == (1, 2, 365)
    assert found["after"] == pytest.approx(next(row.mean for row in summary.headline_rows() if row.horizon_days == 365))
    assert 0 < len(found["causes"]) <= 3
    assert found["sentence"].endswith("。" if language == "ja" else ".")


def test_without_a_split_show_says_what_to_run(weekly: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["show", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["why"] is None
    assert run(["show"]) == 0
    assert "`parley why --since week`" in capsys.readouterr().out
    assert run(["show", "--run", "2"]) == 0
    assert "`parley why 1 2`" in capsys.readouterr().out
    assert run(["show", "--run", "1"]) == 0
    assert "parley why" not in capsys.readouterr().out


# The brief


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The shipped case with two runs, and why they differ."""
    ids = [row.id for row in read_case_folder(shipped_case()).indicators]
    states = [IndicatorStateRow(id_, 0.25, 0.5, True, date(2026, 10, 1)) for id_ in ids]
    with install_shipped(tmp_path_factory.mktemp("shipped")) as database:
        for day in (1, 21):
            at, headline = datetime(2026, 11, day + 1, 6, tzinfo=UTC), 0.1 + day / 100
            store_run(database, date(2026, 11, day), at, case_id="us-dprk", states=states, headline=headline)
        explain(database, 1, 2, *ids[:2])
        yield database


@pytest.fixture(scope="module")
def brief(shipped: Database) -> Brief:
    with shipped.read() as connection:
        return read_brief(connection, shipped.posteriors, date(2026, 11, 22))


@LANGUAGE
@pytest.mark.parametrize("format_", ["html", "md", "mail", "txt"])
def test_every_form_of_the_brief_lists_causes_that_add_up(brief: Brief, language: str, format_: str) -> None:
    sheet = replace(lay_out(brief, language, "html"), format=format_)
    told, words = sheet.brief.changes.why, LANGUAGES[language]
    assert told is not None
    text = render(sheet, 12, head=HEAD)
    text = "".join(parsed(text).text) if format_ in ("html", "mail") else text
    plain = " ".join(text.replace("\N{NO-BREAK SPACE}", " ").replace("\\", "").split())
    for sentence in words.why.sentences(told.explanation, told.target, told.reach):
        assert sentence in plain
    assert words.brief.moved(sheet.brief) not in plain
    rows = [told.points(line) for line in told.largest]
    assert 0 < len(rows) <= LISTED
    for points in rows:
        assert points_text(points) in plain
    chance = told.points(told.chance) if told.chance else 0.0
    whole = 100 * (told.after - told.before)
    assert sum(rows) + told.points(*told.others) + chance == pytest.approx(whole, abs=1e-9)


@LANGUAGE
def test_the_brief_of_one_page_names_causes(brief: Brief, language: str) -> None:
    sheet = lay_out(brief, language, "html", short=True)
    told = sheet.brief.changes.why
    assert told is not None
    text = "".join(parsed(render(sheet, 12, head=HEAD)).text).replace("\N{NO-BREAK SPACE}", " ")
    assert LANGUAGES[language].why.sentences(told.explanation, told.target, told.reach)[0] in text
    assert sum(points_text(cause.points) in text for cause in told.named) == len(told.named) > 1


@LANGUAGE
def test_names_of_indicators_are_those_of_the_language(brief: Brief, language: str) -> None:
    told = lay_out(brief, language, "md").brief.changes.why
    assert told is not None
    ours = {line.coded.name for line in told.explanation.lines if line.coded}
    assert language == "en" or not ours & {line.coded.indicator for line in told.explanation.lines if line.coded}


def test_programs_get_the_lines_of_a_brief(brief: Brief) -> None:
    assert brief_json(brief)["changes"]["why"]


def test_a_brief_whose_causes_cannot_be_told_says_which_levels_moved(toy: Database) -> None:
    for day in (1, 10):
        store_run(toy, date(2020, 1, day), NOON + timedelta(days=day), states=toy_states(), headline=0.1 + day / 100)
    with toy.read() as connection:
        bare = read_brief(connection, toy.posteriors, date(2020, 3, 1))
    assert bare.changes.since.run is not None
    assert bare.changes.why is None
    for language in LANGUAGES:
        text = render(lay_out(bare, language, "md"), 12)
        assert LANGUAGES[language].brief.moved(bare).replace("−", "−") in text.replace("\\", "")


@pytest.mark.slow
@pytest.mark.parametrize(("short", "pages"), [(False, 2), (True, 1)])
@LANGUAGE
def test_with_causes_the_brief_keeps_to_its_sheets(
    brief: Brief, tmp_path: Path, language: str, short: bool, pages: int
) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs chromium")
    page, printed = tmp_path / "brief.html", tmp_path / "brief.pdf"
    page.write_text(render(lay_out(brief, language, "html", short=short), 12, head=HEAD), encoding="utf-8")
    switches = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    subprocess.run(
        [chromium, *switches, f"--print-to-pdf={printed}", page.as_uri()], check=True, capture_output=True, timeout=120
    )
    with pypdfium2.PdfDocument(printed) as document:
        assert len(document) == pages


# The service


class Explaining:
    """In place of the fitting process: puts made-up splits on file, or refuses."""

    def __init__(self, database: Database, refuse: str = "") -> None:
        self.database, self.refuse = database, refuse
        self.asked: list[Pair] = []

    def __call__(self, pair: Pair, progress: Progress, heartbeat: Callable[[], None]) -> None:
        heartbeat()
        self.asked.append(pair)
        if self.refuse:
            raise NotExplained(self.refuse)
        explain(self.database, pair.before, pair.after)


def test_the_newest_pairs_are_split_once_and_the_newest_first(toy: Database) -> None:
    for place in range(PAIRS + 3):
        add_run(toy, as_of=date(2020, 1, 1) + timedelta(days=place), at=NOON + timedelta(days=place))
    add_run(toy, as_of=date(2020, 1, 1) + timedelta(days=PAIRS + 3), status="rejected", at=NOON + timedelta(days=30))
    explaining = Explaining(toy)
    leader = leader_of(toy, Clock(NOON + timedelta(days=30)), settings_of())
    leader.explain = explaining
    acquire(leader)
    store_explanations(leader)
    last = PAIRS + 3
    assert explaining.asked == [Pair(last - place - 1, last - place) for place in range(PAIRS)]
    store_explanations(leader)
    assert len(explaining.asked) == PAIRS
    with toy.read() as connection:
        assert missing_pairs(connection, "toy", date(2020, 3, 1)) == ()
        assert read_step(connection, last - 1, last) is not None


def test_a_run_between_two_that_were_split_is_split_from_both(toy: Database) -> None:
    for day in (1, 5):
        add_run(toy, as_of=date(2020, 1, day), at=NOON + timedelta(days=day))
    explain(toy, 1, 2)
    add_run(toy, as_of=date(2020, 1, 3), at=NOON + timedelta(days=9))
    with toy.read() as connection:
        assert missing_pairs(connection, "toy", date(2020, 3, 1)) == (Pair(3, 2), Pair(1, 3))


def test_what_cannot_be_told_is_logged_and_alerts_go_out_without_it(
    toy: Database, caplog: pytest.LogCaptureFixture
) -> None:
    for day, value in ((MONDAY, 0.12), (MONDAY + timedelta(days=1), 0.16)):
        publish(toy, day, value)
    leader = leader_of(toy, Clock(instant(MONDAY + timedelta(days=1))), settings())
    leader.explain = explaining = Explaining(toy, refuse="what run 1 had read cannot be read again")
    acquire(leader)
    caplog.set_level(logging.INFO, logger="parley.schedule")
    for _ in range(TRIES + 2):
        store_explanations(leader)
    record_alerts(leader)
    assert len(explaining.asked) == TRIES
    assert [record.getMessage() for record in caplog.records] == ["forecast not explained"] * TRIES + ["alert"]
    assert caplog.records[0].__dict__["why"] == "what run 1 had read cannot be read again"


def test_a_leader_without_a_process_that_explains_splits_nothing(toy: Database) -> None:
    for day in (1, 2):
        add_run(toy, as_of=date(2020, 1, day))
    store_explanations(leader_of(toy, Clock(NOON + timedelta(days=30)), settings_of()))
    with toy.read() as connection:
        assert missing_pairs(connection, "toy", date(2020, 3, 1)) == (Pair(1, 2),)
