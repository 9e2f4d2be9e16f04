"""What is shown is the forecast as things stand: what has happened comes first, and the number takes it in."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from shutil import rmtree

import pytest
from conftest import PUBLISHED_AS_OF, SMALL_FIT
from sqlalchemy import Connection
from toy_indicator import REASON, table

from db import tables
from db.engine import Database, open_database
from db.read import read_positions
from db.read_runs import read_run, read_runs, read_targets
from db.when import WHENEVER, When
from forecast.brief.report import write_report
from forecast.cli.render import print_summary
from forecast.desk.actions import Desk, add_event, attest, log, retract, retract_event
from forecast.desk.catalogue import add_indicators
from forecast.desk.judgements import add_judgement
from forecast.engine.refresh import refresh
from forecast.engine.standing import find_standing
from forecast.engine.update import update
from forecast.facts.summary import Summary
from forecast.record.overtaken import read_overtaken
from forecast.record.summary import as_json, read_summary
from forecast.words.english.news import overtaken_lines
from forecast.words.language import LANGUAGES
from indicators.content import EVENT_TYPES

TODAY = PUBLISHED_AS_OF + timedelta(30)
SOURCE = "Joint communique"


@pytest.fixture
def database(published_copy: Path) -> Iterator[Database]:
    with open_database(f"sqlite:///{published_copy / 'parley.db'}") as opened:
        yield opened


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database, "kim", day=lambda: TODAY)


def summary_of(database: Database, today: date = TODAY) -> Summary:
    with database.read() as connection:
        return read_summary(connection, today, posteriors=database.posteriors)


def meet(desk: Desk, on: date = TODAY - timedelta(2)) -> str:
    receipt = add_event(desk, "talks", on=on, source=SOURCE, framing="arms_control", venue="Zenda", note="limits")
    (entry,) = receipt.entries
    return str(getattr(entry, "event_id"))  # noqa: B009 - an entry is of any kind


def printed(summary: Summary, capsys: pytest.CaptureFixture[str]) -> str:
    print_summary(summary)
    return " ".join(capsys.readouterr().out.split())


def test_a_meeting_comes_before_any_number_with_its_source(
    desk: Desk, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    before = summary_of(database)
    id_ = meet(desk)
    after = summary_of(database)
    (event,) = after.since.events
    assert (event.id, event.source, event.analyst, event.what) == (id_, SOURCE, "kim", "entered")
    assert after.standing is not None
    text = printed(after, capsys)
    headline = "P(arms-control talks in 365 d) = "
    assert text.index(id_) < text.index(SOURCE) < text.index(headline)
    said = {row.horizon_days: row.mean for row in after.shown_headline()}
    stale = {row.horizon_days: row.mean for row in before.shown_headline()}
    assert said[365] > stale[365] + 0.1
    assert as_json(after)["since"]["events"][0]["source"] == SOURCE


def test_without_entries_the_run_itself_is_shown(database: Database) -> None:
    summary = summary_of(database)
    assert (summary.since.events, summary.standing, summary.lacking) == ((), None, None)
    assert summary.shown.targets == summary.targets


def test_a_number_that_cannot_be_made_is_refused_and_says_what_to_run(
    desk: Desk, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    rmtree(database.folder / "posteriors")
    meet(desk)
    summary = summary_of(database)
    assert summary.standing is None
    assert summary.lacking is not None
    assert summary.lacking.why.startswith("no provisional forecast: ")
    assert "NOT TAKEN IN: the numbers below know nothing of it; run `parley update`" in printed(summary, capsys)


def test_what_was_entered_without_an_answer_is_taken_in_when_somebody_asks(desk: Desk, database: Database) -> None:
    """As when a program stores rows and no desk answers: no run on file knows them."""
    with database.write() as connection:
        before = connection.execute(tables.runs.select()).all()
    aside = database.folder / "posteriors"
    aside.rename(database.folder / "aside")
    meet(desk)
    (database.folder / "aside").rename(aside)
    summary = summary_of(database)
    assert summary.standing is not None
    assert summary.standing.run_id is None
    with database.read() as connection:
        assert connection.execute(tables.runs.select()).all() == before
    run_id = refresh(database, "toy", clock=lambda: datetime.combine(TODAY, datetime.min.time(), UTC))
    assert run_id is not None
    stored = summary_of(database)
    assert stored.standing is not None
    assert stored.standing.run_id == run_id
    assert stored.standing.targets == summary.standing.targets
    assert refresh(database, "toy", clock=lambda: datetime.combine(TODAY, datetime.min.time(), UTC)) is None


def test_what_is_entered_while_a_fit_runs_is_in_no_number_of_it_and_told(published_copy: Path) -> None:
    """The run keeps the positions of its own read; the next read says what has come since, without another entry."""
    url = f"sqlite:///{published_copy / 'parley.db'}"
    with open_database(url) as database:
        desk = Desk(database, "kim", day=lambda: PUBLISHED_AS_OF)
        entered: list[str] = []

        def enter(stage: str, done: int, total: int, note: str) -> None:
            if stage.startswith("sampling") and not entered:
                receipt = log(desk, "press_tone", 2, on=PUBLISHED_AS_OF, source="Wire", grade="A1")
                entered.append(str(receipt.rows[0]))

        with database.read() as connection:
            before = read_positions(connection, WHENEVER)
        evening = datetime.combine(PUBLISHED_AS_OF, time(23), UTC)
        when = When(as_of=PUBLISHED_AS_OF)
        outcome = update(database, when, settings=SMALL_FIT, progress=enter, clock=lambda: evening)
        assert entered
        with database.read() as connection:
            run = read_run(connection, outcome.run_id)
            assert run.positions == before
            found = find_standing(connection, run, PUBLISHED_AS_OF)
            assert found is not None
            assert found.kind == "provisional"
            assert found.id > run.id
        summary = summary_of(database, PUBLISHED_AS_OF)
        assert [str(one.row) for one in summary.since.observations] == entered
        assert summary.standing is not None
        assert summary.standing.run_id == found.id


def test_what_only_a_fit_takes_in_is_named_beside_a_number_that_takes_in_the_rest(
    desk: Desk, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    said = {"indicator": "harvest", "target": "deal", "weight": 3, "basis": "explicit"}
    assert add_judgement(desk, "rassendyll-2015", **said).forecast is None
    with database.read() as connection:
        assert len(read_runs(connection, "toy")) == 1, "no number claims to know of it"
    receipt = log(desk, "press_tone", 2, on=TODAY, source="Wire", grade="A1")
    assert receipt.forecast is not None
    assert receipt.remark == (
        "these numbers do not include documents, judgements or indicators entered since run 1; run `parley update`"
    )
    summary = summary_of(database)
    assert summary.standing is not None
    assert as_json(summary)["since"]["taken_in"] is False
    text = printed(summary, capsys)
    assert "This takes in what came since but for judgements (run 2, provisional: without a fit)." in text
    assert "Only a full update takes those in: run `parley update`." in text
    with database.read() as connection:
        found = read_overtaken(connection, "toy", TODAY)
    assert found is not None
    assert overtaken_lines(found)[-1] == (
        "Run 2, provisional, takes it in but for judgements: only a full `parley update` takes those in."
    )
    for language, sentence in (("en", "which only a full update takes in"), ("ja", "文献の判断を除いて")):
        file = database.folder / f"{language}.md"
        write_report(database, file, datetime.combine(TODAY, time(12), UTC), language=language)
        assert sentence in file.read_text(encoding="utf-8")


def test_an_indicator_added_since_leaves_no_provisional_number(desk: Desk, database: Database) -> None:
    add_indicators(desk, table(), REASON)
    receipt = log(desk, "press_tone", 2, on=TODAY, source="Wire", grade="A1")
    assert receipt.forecast is None
    assert receipt.remark == "the case has changed since run 1; run `parley update` for a forecast"
    summary = summary_of(database)
    assert [one.id for one in summary.since.indicators] == ["embassy"]
    assert summary.standing is None


def test_retractions_disputes_and_attestations_are_told_too(
    desk: Desk, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    row = log(desk, "press_tone", 1, on=TODAY, source="Wire", grade="B2").rows[0]
    retract(desk, row, "misread")
    id_ = meet(desk)
    retract_event(desk, id_, "did not take place")
    add_event(desk, "contact", on=TODAY, source="Rumour", confidence="low", reason="one source")
    summary = summary_of(database)
    assert summary.since.observations == (), "nothing came of it"
    assert [one.what for one in summary.since.events] == ["retracted", "entered"]
    text = printed(summary, capsys)
    for told in ("did not take place", "in dispute: one source"):
        assert told in text
    assert [one.source for one in summary.week.disputes] == ["Rumour"]
    assert {one.source for one in summary.week.events} == {SOURCE, "Rumour"}


def test_an_attestation_is_told_with_whose_word_it_is(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    later = date(2020, 1, 15)
    attest(Desk(database, "kim", day=lambda: later), later, types=("crisis",))
    summary = summary_of(database, later)
    assert [one.attested_by for one in summary.week.attestations] == ["kim"]
    assert f"crisis attested complete through {later} by kim" in printed(summary, capsys)


def test_one_word_on_several_types_is_told_once(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    later = date(2020, 1, 15)
    attest(Desk(database, "kim", day=lambda: later), later)
    summary = summary_of(database, later)
    assert len(summary.week.attestations) == len(EVENT_TYPES)
    told = [line for line in printed(summary, capsys).splitlines() if "attested complete through" in line]
    assert len(told) == 1
    assert all(type_ in told[0] for type_ in EVENT_TYPES)


def test_the_week_ends_and_disputes_stay(desk: Desk, database: Database) -> None:
    add_event(desk, "contact", on=TODAY, source="Rumour", confidence="low", reason="one source")
    meet(desk)
    later = summary_of(database, TODAY + timedelta(30)).week
    assert {one.source for one in later.disputes} == {"Rumour"}


@pytest.mark.parametrize("language", list(LANGUAGES))
@pytest.mark.parametrize("ending", ["html", "md"])
def test_a_brief_tells_what_happened_before_the_box(desk: Desk, database: Database, language: str, ending: str) -> None:
    """With its source, and the box has the number that takes it in."""
    before = summary_of(database).shown_headline()
    id_ = meet(desk)
    log(desk, "press_tone", 1, on=TODAY, source="Wire of the day", grade="B2")
    instant = datetime.combine(TODAY, time(12), UTC)
    file = database.folder / f"brief.{ending}"
    done = write_report(database, file, instant, language=language)
    text = file.read_text(encoding="utf-8").replace("\N{NO-BREAK SPACE}", " ")
    text = re.sub(r'<span class="nowrap">(.*?)</span>', r"\1", text)
    now = LANGUAGES[language].labels.percent(done.brief.headline.mean)
    box = text.index(LANGUAGES[language].brief.likelihood(done.brief)[:12])
    assert max(text.index(told) for told in (id_, SOURCE, "Wire of the day")) < box
    assert done.brief.headline.mean > before[-2].mean + 0.05
    assert now in text[box : box + 2000]
    assert done.brief.summary.standing is not None


def test_a_brief_without_news_has_no_such_place(database: Database) -> None:
    done = write_report(database, database.folder / "b.md", datetime.combine(TODAY, time(12), UTC))
    assert "Recorded since" not in (database.folder / "b.md").read_text(encoding="utf-8")
    assert done.brief.summary.standing is None


def test_forms_of_a_brief_that_no_forecast_takes_in_compare_alike(desk: Desk, database: Database) -> None:
    """A forecast without a fit from before the case changed, and before more was entered, is none that a brief told."""
    assert meet(desk)
    add_indicators(desk, table(), REASON)
    assert log(desk, "press_tone", 1, on=TODAY, source="Leader", grade="B2").forecast is None
    at = datetime.combine(TODAY, time(12), UTC)
    forms = [write_report(database, database.folder / f"{name}.md", at, language=name) for name in ("en", "ja")]
    assert forms[0].number == forms[1].number
    assert forms[0].head == forms[1].head
    assert forms[0].brief.changes.since == forms[1].brief.changes.since
    assert forms[0].brief.headline.mean == forms[1].brief.headline.mean


def test_the_same_run_asked_for_by_number_stays_what_it_said(desk: Desk, database: Database) -> None:
    meet(desk)
    with database.read() as connection:
        asked = read_summary(connection, TODAY, run_id=1, posteriors=database.posteriors)
        assert asked.standing is None
        assert asked.shown.targets == read_targets(connection, 1)


def test_a_run_of_a_day_that_lies_ahead_does_not_stand(database: Database) -> None:
    """What a clock that ran ahead has made is not the forecast of today."""
    with database.write() as connection:
        run = read_run(connection, 1)
        ahead = replace(run, as_of=TODAY + timedelta(900))
        _store(connection, ahead)
    assert summary_of(database).run.id == 1


def _store(connection: Connection, run: object) -> None:
    from db.append import append_run, append_run_status

    at = datetime.now(UTC)
    id_ = append_run(connection, run, at)  # type: ignore[arg-type]
    append_run_status(connection, id_, "published", {}, at)
    assert read_runs(connection, "toy", limit=1)[0].id == id_
