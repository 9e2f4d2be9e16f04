"""The brief: what it says is what the store holds, the same in both languages, in one file with nothing to fetch."""

import hashlib
import html
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
import xarray as xr
from brief_worlds import HEAD, install_shipped, numbers, parsed, said, said_shortly, sentences, store_run
from conftest import ATTESTATION, EVENT, OBSERVATION
from toy_backtests import make_backtest, store_backtest
from toy_case import write_toy_case
from toy_runs import install_toy, toy_states

from db.anchors import continue_from, head_of_report, read_head
from db.append import append_completeness, append_events, append_observations
from db.chain import verify_chain
from db.engine import Database
from db.errors import StoreError
from db.migrate import create_database
from db.read import read_case, read_catalogue, read_events, read_newest
from db.read_reports import read_reports
from db.read_runs import read_run, read_states, read_targets
from db.rows import EventRow, ObservationRow
from db.run_rows import EffectRow, IndicatorStateRow
from db.when import When
from forecast.brief import report
from forecast.brief.changes import choose_since, read_changes
from forecast.brief.facts import in_language, read_brief
from forecast.brief.levels import standing
from forecast.brief.page import Sheet, lay_out, render
from forecast.brief.report import Report, write_report
from forecast.errors import NoForecast, NotWritten
from forecast.facts.bands import BANDS
from forecast.facts.brief import Brief, Mark
from forecast.facts.changes import ASKED, FIRST, OLDER, REPORT, Entries, Now
from forecast.facts.news import EventNews, News, ObservationNews
from forecast.facts.quality import Quality
from forecast.facts.summary import Standing
from forecast.facts.track import TrackLine
from forecast.record.reasons import read_reasons
from forecast.record.summary import read_summary
from forecast.run_facts import read_when
from forecast.words.english.quality import quality_sentence
from forecast.words.english.reasons import reason_sentence, siblings_sentence
from forecast.words.language import LANGUAGES
from forecast.words.names import TARGET_NAMES
from forecast.words.numbers import percent, percent_range, signed
from indicators.folder import read_case_folder
from indicators.install import install_case
from indicators.names import KINDS, read_names
from indicators.shipped import shipped_case
from models.spec import EFFECT_TARGETS

TODAY = date(2026, 11, 22)
ENGLISH, JAPANESE, KOREAN = (LANGUAGES[code] for code in ("en", "ja", "ko"))
english, japanese, korean = (language.brief for language in (ENGLISH, JAPANESE, KOREAN))
IN_THE_BOX = ("likelihood", "confidence", "grounds", "judgement", "situation")
ENGINE_TERMS = {
    "en": (
        *("Laplace", "NUTS", "MCMC", "Monte Carlo", "R-hat", "ESS ", "posterior", "prior", "draws", "draw ", "gate"),
        *("dry", "wet ", "wet.", "wet)", "orientation", "provisional", "anchored", "regime", "filter", "log score"),
        *("likelihood", "intensity", "Kalman", "projection", "momentum", "hazard"),
    ),
    "ja": (
        *("ラプラス", "NUTS", "MCMC", "モンテカルロ", "R-hat", "ESS", "事後分布", "事前分布", "抽出", "暫定"),
        *("方向づけ", "局面", "フィルター", "対数スコア", "尤度", "カルマン", "ハザード"),
    ),
    "ko": (
        *("라플라스", "NUTS", "MCMC", "몬테카를로", "R-hat", "ESS", "사후분포", "사전분포", "표본", "잠정", "적합"),
        *("국면", "필터", "로그 점수", "우도", "칼만", "공백기"),
    ),
}
"""Words for the method note; a box is read by people who know none of them."""
QUALITY = Quality(stored=None, model_version=None, evaluation_id=None, as_of=None, by=1)
"""Where there is no backtest."""
NOON = datetime(2020, 1, 2, 12, tzinfo=UTC)
EACH = pytest.mark.parametrize("code", list(LANGUAGES))
FORMATS = pytest.mark.parametrize("format_", ["html", "md"])
LANGUAGE = pytest.mark.parametrize("language", list(LANGUAGES))


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The shipped case with two runs, and the backtest that comes with it."""
    with install_shipped(tmp_path_factory.mktemp("shipped")) as database:
        ids = [row.id for row in read_case_folder(shipped_case()).indicators]
        for day, level in ((1, -0.5), (21, 0.25)):
            states = [
                IndicatorStateRow(id_, level * (place % 3), 0.5 + 0.05 * place, True, date(2026, 10, 1))
                for place, id_ in enumerate(ids)
            ]
            effects = [
                EffectRow(target, id_, source, 0.1, sd)
                for target in EFFECT_TARGETS
                for place, id_ in enumerate(ids)
                for source, sd in (("posterior", 0.05), ("documents", 0.08 if place % 2 else 0.05))
            ]
            at = datetime(2026, 11, day + 1, 6, tzinfo=UTC)
            store_run(
                database,
                date(2026, 11, day),
                at,
                case_id="us-dprk",
                states=states,
                effects=effects,
                headline=0.1 + day / 100,
                kind="official",
            )
        yield database


@pytest.fixture(scope="module")
def brief(shipped: Database) -> Brief:
    with shipped.read() as connection:
        return read_brief(connection, shipped.posteriors, TODAY)


@pytest.fixture(scope="module")
def sheets(brief: Brief) -> dict[str, Sheet]:
    """The page in every language, by language."""
    return {language: lay_out(brief, language, "html") for language in LANGUAGES}


@pytest.fixture(scope="module")
def short_sheets(brief: Brief) -> dict[str, Sheet]:
    return {language: lay_out(brief, language, "html", short=True) for language in LANGUAGES}


NOT_THERE = ("happened", "week", "reasons", "differing")
"""Sections of which the shipped case has nothing to say."""


def spoken(code: str, brief: Brief) -> dict[str, str]:
    return said(LANGUAGES[code], in_language(brief, read_names("us-dprk", code)))


def spoken_shortly(code: str, brief: Brief) -> dict[str, str]:
    return said_shortly(LANGUAGES[code], in_language(brief, read_names("us-dprk", code)))


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Database]:
    """The toy case without a run."""
    with install_toy(tmp_path) as database:
        yield database


def toy_run(database: Database, day: int, *, headline: float = 0.1, status: str = "published") -> int:
    """A run as of a day of January 2020, made at noon of the next."""
    at = NOON + timedelta(days=day)
    return store_run(database, date(2020, 1, day), at, states=toy_states(), headline=headline, status=status)


def toy_brief(database: Database, run_id: int | None = None, since: date | int | None = None) -> Brief:
    with database.read() as connection:
        return read_brief(connection, database.posteriors, date(2020, 3, 1), run_id=run_id, since=since)


def write(database: Database, name: str, **asked: int | str | bool | date) -> Report:
    now = datetime(2020, 3, 1, tzinfo=UTC)
    return write_report(database, database.folder / name, now, **asked)  # type: ignore[arg-type]


# What is said


def test_sentences_hold_the_numbers_of_the_store(brief: Brief) -> None:
    row, by = brief.headline, brief.by_deadline
    assert by is not None
    for language in LANGUAGES.values():
        text = language.brief.likelihood(brief)
        for value in (row, by):
            assert language.labels.percent(value.mean) in text
            assert language.labels.percent_range(value.q05, value.q95) in text
    assert percent(row.mean) in english.likelihood(brief)
    assert percent_range(row.q05, row.q95) in english.likelihood(brief)
    assert (row.horizon_days, row.mean) == (365, pytest.approx(0.31 * 0.365))
    assert "It is very unlikely that arms-control talks take place in the 365 days to 2027-11-21: 11 %" in (
        english.likelihood(brief)
    )
    assert "2027年11月21日までの365日間に軍備管理協議が行われる可能性は非常に低い（確率11%、" in japanese.likelihood(
        brief
    )
    assert "2027년 11월 21일까지 365일 동안 군비통제 협상이 열릴 가능성이 매우 낮다(확률 11%, " in korean.likelihood(
        brief
    )


@pytest.mark.parametrize(("name", "low", "high"), BANDS)
@EACH
def test_every_term_makes_a_sentence(brief: Brief, code: str, name: str, low: float, high: float) -> None:
    words = LANGUAGES[code].brief
    row = replace(brief.headline, mean=(low + high) / 2)
    text = words.likelihood(replace(brief, headline=row, by_deadline=None))
    assert words.TERMS[name] in text
    others = {term for other, term in words.TERMS.items() if other != name and term not in words.TERMS[name]}
    assert not any(re.search(rf"(?<![a-z]){re.escape(term)}", text) for term in others - {"unlikely", "likely"})


@EACH
def test_likelihood_and_confidence_are_never_in_one_sentence(brief: Brief, code: str) -> None:
    spoken_, words = spoken(code, brief), LANGUAGES[code].brief
    terms = spoken_.pop("terms")  # the scale itself
    assert all(term in terms for term in words.TERMS.values())
    mark = {"en": "onfidence", "ja": "確信度", "ko": "확신도"}[code]
    sure = [one for one in sentences(spoken_.values()) if mark in one]
    assert sure
    for one in sure:
        assert not any(term in one for term in words.TERMS.values())
        assert percent(brief.headline.mean).replace(" ", "") not in one.replace(" ", "")
    assert words.CONFIDENCE[brief.grounds.confidence] in spoken_["confidence"]


@pytest.mark.parametrize("name", ["TERMS", "CONFIDENCE"])
def test_all_languages_name_the_same_things(name: str) -> None:
    assert len({tuple(getattr(language.brief, name)) for language in LANGUAGES.values()}) == 1


@pytest.mark.parametrize("code", ["ja", "ko"])
@pytest.mark.parametrize("spoken_", [spoken, spoken_shortly])
def test_every_language_says_the_same_numbers(
    brief: Brief, code: str, spoken_: Callable[[str, Brief], dict[str, str]]
) -> None:
    ours, theirs = spoken_("en", brief), spoken_(code, brief)
    assert ours.keys() == theirs.keys()
    named = ("document", "source", "favours", "hinders")  # names and criteria may hold numbers of their own
    for name in ours:
        if not name.startswith(named):
            found = [numbers(_unnamed(text[name], brief, of)) for of, text in (("en", ours), (code, theirs))]
            counted = {1.0} if re.search("caption$|swing|watched|week", name) else set()  # "one" may be a numeral
            assert found[0] - counted == found[1] - counted, (name, ours[name], theirs[name])
    if spoken_ is spoken:
        assert numbers(english.source(brief.sources[0])) <= numbers(theirs["source 0"]) | {0.0, 1.0, 2.0}


def _unnamed(text: str, brief: Brief, code: str) -> str:
    """Without the names of indicators, which may hold numerals."""
    for level in in_language(brief, read_names("us-dprk", code)).levels:
        text = text.replace(level.name, "")
    return text


@pytest.mark.parametrize("code", ["ja", "ko"])
@pytest.mark.parametrize("spoken_", [spoken, spoken_shortly])
def test_no_english_is_left_but_names_and_commands(
    brief: Brief, code: str, spoken_: Callable[[str, Brief], dict[str, str]]
) -> None:
    known = re.compile(r"`[^`]*`|ICD|NUTS|ESS|R-hat|UTC|%p|numpy|toy\w*|[0-9a-f]{8,}|\bn\b|[A-F]\d?\b|\bS\d", re.ASCII)
    for name, text in spoken_(code, brief).items():
        if not name.startswith(("source", "document")):
            assert re.findall(r"[A-Za-z]{2,}", known.sub("", text)) == [], (name, text)


@pytest.mark.parametrize("code", ["ja", "ko"])
@pytest.mark.parametrize("spoken_", [spoken, spoken_shortly])
def test_dates_have_one_form(brief: Brief, code: str, spoken_: Callable[[str, Brief], dict[str, str]]) -> None:
    for name, text in spoken_(code, brief).items():
        assert not re.search(r"\d{4}-\d\d-\d\d", re.sub("`[^`]*`", "", text)), (name, text)


@EACH
def test_confidence_names_its_grounds(brief: Brief, code: str) -> None:
    grounds = replace(
        brief.grounds, width=0.1, moved=0.5, history_only=0.2, unattested_days=0, stale=0, missed=0, bounds=5
    )
    text = LANGUAGES[code].brief.grounds(replace(brief, grounds=grounds))
    against, favour = re.split({"en": "In its favour", "ja": "確信度を支える", "ko": "확신도를 높이는"}[code], text)
    assert numbers(against) == {20, 50}
    assert {10, 5} <= numbers(favour)


def test_the_backtest_is_told_with_n_and_with_what_it_missed(brief: Brief) -> None:
    assert brief.tested is not None
    assert english.backtest(brief).startswith(quality_sentence(brief.summary.quality))
    assert brief.tested.alike is not None
    assert brief.tested.alike.n in numbers(english.backtest(brief))
    assert len(brief.tested.missed) == brief.grounds.missed > 0
    for bound in brief.tested.missed:
        assert LANGUAGES["en"].trust.statement(bound.measure, bound.situation) in english.bounds(brief)


def test_what_to_watch_is_what_is_both_uncertain_and_of_consequence(brief: Brief) -> None:
    weights = [abs(one.change) * one.sd for one in brief.watched]
    assert weights == sorted(weights, reverse=True)
    kinds = {row.indicator_id: row.kind for row in brief.summary.catalogue}
    states = [level.sd for level in brief.levels if kinds[level.indicator_id] == "state"]
    assert max(states) == brief.watched[0].sd  # the effects are all equal, and those of events pass
    assert all(one.favours and one.hinders and one.question for one in brief.watched)


@EACH
def test_a_brief_of_a_case_without_backtest_or_names(toy: Database, code: str) -> None:
    toy_run(toy, 3)
    brief = toy_brief(toy)
    sentences_ = said(LANGUAGES[code], in_language(brief, read_names("toy", code)))
    assert "Ruritania" in sentences_["title"]
    assert "`parley backtest`" in sentences_["bounds"]
    assert brief.tested is None
    assert "backtest" in brief.grounds.against()


@pytest.mark.slow
def test_a_stored_backtest_is_the_one_that_counts(toy: Database) -> None:
    toy_run(toy, 3)
    store_backtest(toy, make_backtest())
    brief = toy_brief(toy)
    assert brief.tested is not None
    assert brief.tested.alike is not None
    assert {brief.tested.alike.n} <= numbers(japanese.backtest(brief))


# What stands beside a number


def test_a_target_and_the_scenario_of_its_name_are_told_apart(brief: Brief) -> None:
    scenario = next(row for row in brief.summary.scenarios if (row.scenario, row.horizon_days) == ("S2", 365))
    anyhow = {"en": "in any order", "ja": "順序を問わない", "ko": "순서를 따지지 않"}
    for code, language in LANGUAGES.items():
        target, share = (language.labels.percent(p) for p in (brief.headline.mean, scenario.probability))
        assert target != share
        told = language.plots.scenarios_caption(brief.figures.scenarios)
        where = told.index(anyhow[code])
        assert re.search(rf"{re.escape(target)}[,、] ?(?:シナリオ|시나리오 )?S2(は| ){re.escape(share)}", told[where:])
        assert "S4" in told[where:]


def test_targets_and_scenarios_that_agree_need_no_line(toy: Database) -> None:
    toy_run(toy, 3)
    with toy.read() as connection:
        summary = read_summary(connection, TODAY)
    assert siblings_sentence((), "contact") == ""
    same = [replace(one, p_scenario=one.p_target) for one in summary.siblings]
    assert siblings_sentence(same, summary.headline) == ""
    assert {one.scenario for one in summary.siblings} == {"S1", "S2", "S3", "S4", "S5"}


@pytest.mark.parametrize(
    ("factor", "side"), [(0.4, ("above", "上回る", "웃돈다")), (2.6, ("below", "下回る", "밑돈다"))]
)
def test_a_forecast_far_from_its_base_rate_has_its_reason(
    shipped: Database, factor: float, side: tuple[str, ...]
) -> None:
    with shipped.read() as connection:
        run = read_run(connection, 2)
        case = read_case(connection)
        rows = [
            replace(row, base_rate=row.mean * (factor if row.target == "contact" else 1.1))
            for row in read_targets(connection, 2)
        ]
        states, catalogue = read_states(connection, 2), read_catalogue(connection, case)
        reasons = read_reasons(
            connection, case, run, when=read_when(run), targets=rows, states=states, catalogue=catalogue
        )
        brief = read_brief(connection, shipped.posteriors, TODAY)
        contacts = [
            row for row in read_events(connection, case.case_id, When(as_of=run.as_of)) if row.type == "contact"
        ]
    (reason,) = reasons
    assert (reason.target, reason.horizon_days, reason.events) == ("contact", 365, len(contacts))
    assert reason.last_on == max(row.started_on for row in contacts)
    assert reason.levels == pytest.approx(
        np.exp(sum(0.1 * level.mean for level in brief.levels if level.active)), rel=1e-6
    )
    told = replace(brief, summary=replace(brief.summary, reasons=reasons))
    for language, side_ in zip(LANGUAGES.values(), side, strict=True):
        text = language.brief.reasons(told)
        assert side_ in text
        assert {reason.events, reason.days} <= numbers(text)
        assert language.labels.percent(reason.base_rate) in text
        assert numbers(text) == numbers(english.reasons(told))
        for one in reason.weights:
            assert f"{signed(one.level, 1)}" in text
    held = {level.indicator_id: level.mean for level in brief.levels}
    assert {one.indicator_id: one.level for one in reason.weights}.items() <= held.items()


def test_a_deal_far_from_its_base_rate_names_the_talks_it_takes(shipped: Database) -> None:
    with shipped.read() as connection:
        rows = read_targets(connection, 2)
        far = [replace(row, base_rate=row.mean * (3 if row.target == "deal" else 1)) for row in rows]
        case = read_case(connection)
        run, catalogue = read_run(connection, 2), read_catalogue(connection, case)
        (reason,) = read_reasons(
            connection, case, run, when=read_when(run), targets=far, states=(), catalogue=catalogue
        )
    talks = next(row.mean for row in rows if (row.target, row.horizon_days) == ("limits_talks", 365))
    assert (reason.talks, reason.levels, reason.weights) == (talks, None, ())
    assert percent(talks) in reason_sentence(reason)


def test_what_to_watch_has_a_direction_and_points(brief: Brief) -> None:
    one = brief.watched[0]
    assert english.swing(one) == (
        f"Level {one.mean:+.1f} ± {one.sd:.1f}. One level up raises the headline in 365 d by about "
        f"{100 * one.change:+.1f} points (now {percent(brief.headline.mean)}); set by documents, not by events."
    ).replace("+0.0", "0.0").replace("-", "−")
    assert one.change == pytest.approx((1 - one.now) - (1 - one.now) ** np.exp(0.1))
    unsure, down = replace(one, certain=False), replace(one, step=-1, change=-one.change)
    assert "direction uncertain" in english.swing(unsure)
    assert "方向は不確か" in japanese.swing(unsure)
    assert "방향 불확실" in korean.swing(unsure)
    assert "One level down lowers the headline" in english.swing(down)
    assert "1段階下がる" in japanese.swing(down)
    assert "低下する" in japanese.swing(down)
    assert "한 단계 내리면" in korean.swing(down)
    assert "하락한다" in korean.swing(down)
    assert "at most" in english.swing(replace(one, at_most=True))


def test_of_an_event_little_is_left_through_a_long_window(brief: Brief) -> None:
    row = brief.summary.catalogue[0]
    event, state = replace(row, kind="event", half_life_days=30.0), replace(row, kind="state")
    assert standing(state, 365) == 1
    days = np.arange(0, 365, 0.01)
    assert standing(event, 365) == pytest.approx(np.mean(2 ** (-days / 30)), rel=1e-3)
    assert standing(event, 1) == pytest.approx(1, abs=0.02)


# How good it is, of forecasts like this one


def test_trust_is_of_the_headline_its_window_and_its_situation(brief: Brief) -> None:
    """Counted here from the arrays by hand."""
    with xr.open_dataset(files("forecast") / "shipped_backtest.nc") as found:  # type: ignore[arg-type]
        mine = found.sel(target="arms_control_talks", horizon=365)
        outcome, dry = mine["outcome"].values, mine["dry"].values == 1
        said = mine["forecast"].sel(forecaster="Parley").values
    kept = dry & ~np.isnan(outcome)
    near = kept & (said >= 0.1) & (said < 0.2)  # the forecast is 11 %
    came = int(outcome[near].sum())
    assert 0.1 <= brief.headline.mean < 0.2
    for language in LANGUAGES.values():
        text = language.brief.backtest(brief)
        assert language.labels.target("arms_control_talks") in text
        assert {365, kept.sum(), near.sum(), 10, 20} <= numbers(text)
        assert language.labels.percent(float(said[kept].mean())) in text
    assert f"{came or 'none'} of {near.sum()} came true" in english.backtest(brief)
    assert "talks on limits" not in english.backtest(brief)
    assert "in dry times, as now" in english.backtest(brief)


def test_no_word_of_the_engine_stands_in_the_box(brief: Brief) -> None:
    wet = replace(brief.summary.run, dry=False)
    none_published = replace(brief.headline, history_only=brief.headline.mean)
    variants = [
        brief,
        replace(brief, summary=replace(brief.summary, run=wet)),
        replace(brief, summary=replace(brief.summary, targets=(none_published,)), headline=none_published),
    ]
    for code, terms in ENGINE_TERMS.items():
        for one in variants:
            box = " ".join(getattr(LANGUAGES[code].brief, name)(one) for name in IN_THE_BOX)
            found = [term for term in terms if re.search(rf"(?<![A-Za-z]){re.escape(term)}", box, re.IGNORECASE)]
            assert found == [], (found, box)


@LANGUAGE
@FORMATS
def test_the_box_of_the_page_is_these_sentences(sheets: dict[str, Sheet], language: str, format_: str) -> None:
    text = render(replace(sheets[language], format=format_), 12, head=HEAD)
    begin, end = ('<section class="lead">', "</section>") if format_ == "html" else ("> **", "\n## ")
    box = text[text.index(begin) :]
    plain = html.unescape("".join(parsed(box[: box.index(end)]).text).replace("\u00a0", " ")).replace("\\", "")
    for term in ENGINE_TERMS[language]:
        assert not re.search(rf"(?<![A-Za-z]){re.escape(term)}", plain, re.IGNORECASE), term
    assert ENGINE_TERMS[language][0] in text  # in the method note


# Japanese names


def test_every_indicator_has_its_name_question_and_criteria() -> None:
    names, case = read_names("us-dprk", "ja"), read_case_folder(shipped_case())
    ids = {row.id for row in case.indicators}
    for kind in ("indicator", "question", "orientation"):
        assert {id_ for found, id_ in names if found == kind} == ids
    assert {id_ for kind, id_ in names if kind == "level"} == {
        f"{id_}:{level}" for id_ in ids for level in ("-2", "-1", "0", "+1", "+2")
    }
    assert {id_ for kind, id_ in names if kind == "note"} == {row.id for row in case.indicators if row.note}
    documents = {row.document_id for row in case.documents}
    for kind in ("author", "title"):
        assert {id_ for found, id_ in names if found == kind} == documents
    assert {kind for kind, _ in names} == set(KINDS)
    assert all(names.values())
    assert read_names("toy", "ja") == read_names("toy", "ko") == {}


# What changed


def test_entries_between_two_runs_are_counted(toy: Database) -> None:
    toy_run(toy, 3)
    with toy.read() as connection:
        old = read_newest(connection, ObservationRow, "toy")
        past = read_newest(connection, EventRow, "toy")
    at, day = NOON + timedelta(days=4), date(2020, 1, 5)
    new = replace(OBSERVATION, case_id="toy", indicator_id="harvest", observed_on=day, known_on=day)
    with toy.write() as connection:
        append_observations(connection, [new, replace(new, level=0.0), replace(new, known_on=date(2020, 1, 20))], at)
        append_observations(
            connection,
            [
                replace(old[0], level=0.5, supersedes=old[0].id, known_on=day),
                replace(old[1], retracted=True, reason="wrong day", supersedes=old[1].id, known_on=day),
            ],
            at,
        )
        append_events(
            connection,
            [
                replace(EVENT, case_id="toy", event_id="N1", started_on=day, ended_on=day, known_on=day),
                replace(past[0], retracted=True, reason="no meeting", supersedes=past[0].id, known_on=day),
            ],
            at,
        )
        append_completeness(connection, [replace(ATTESTATION, case_id="toy", complete_through=day, known_on=day)], at)
    toy_run(toy, 6, status="rejected")
    second = toy_run(toy, 7, headline=0.2)
    with toy.write() as connection:  # too late for the run
        append_observations(connection, [replace(new, level=2.0)], NOON + timedelta(days=9))
    changes = toy_brief(toy, second, since=date(2020, 1, 4)).changes
    assert changes.observations == Entries(2, 1, 1)
    assert changes.events == Entries(1, 0, 1)
    assert (changes.attestations, changes.fits_published, changes.fits_rejected) == (1, 1, 1)
    step = next(step for step in changes.steps if step.horizon_days == 365)
    assert (step.before, step.now) == (pytest.approx(0.0365), pytest.approx(0.073))
    assert step.error == pytest.approx(0.001 * 2**0.5)


def test_the_levels_that_moved_most_come_first(shipped: Database) -> None:
    with shipped.read() as connection:
        run = read_run(connection, 2)
        now = [row for row in read_targets(connection, run.id) if row.target == "arms_control_talks"]
        shown = Now(headline=now, states=read_states(connection, run.id), when=read_when(run))
        changes = read_changes(connection, run, choose_since(connection, run, 1), shown, {})
    sizes = [abs(move.change) for move in changes.moves]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == pytest.approx(1.5)


def test_the_first_report_has_nothing_to_compare_with(toy: Database) -> None:
    toy_run(toy, 3)
    toy_run(toy, 9)  # less than a week later
    brief = toy_brief(toy)
    assert (brief.changes.since.reason, brief.changes.since.run, brief.changes.steps) == (FIRST, None, ())
    for language in LANGUAGES.values():
        assert numbers(language.brief.compared(brief)) == {7}
        assert language.short.moved(brief) == language.brief.compared(brief)
        assert language.short.movers(brief) == ""


def test_a_brief_says_what_has_come_after_its_forecast(toy: Database) -> None:
    first, second = toy_run(toy, 3), toy_run(toy, 10)
    old, new = toy_brief(toy, first), toy_brief(toy)
    assert english.currency(old) == f"Not the newest forecast: run {second} is as of 2020-01-10."
    assert japanese.currency(old) == f"最新の見通しではない：2020年1月10日時点の見通し（実行{second}）がある。"
    assert korean.currency(old) == f"최신 전망이 아니다: 2020년 1월 10일 기준 전망(실행 {second})이 있다."
    assert english.currency(new) == japanese.currency(new) == korean.currency(new) == ""
    late = replace(new, summary=replace(new.summary, owed=date(2020, 2, 1)))
    assert english.currency(late) == "This forecast is out of date: one as of 2020-02-01 should be there by now."
    assert japanese.currency(late) == "この見通しは最新ではない。2020年2月1日時点の見通しが既にあるはずである。"
    rejected = toy_run(toy, 20, status="rejected")
    assert toy_brief(toy).run.id == second != rejected
    assert english.currency(toy_brief(toy)).endswith("A later run, as of 2020-01-20, was rejected and says nothing.")


def test_the_window_up_to_a_deadline_shrinks(toy: Database) -> None:
    first = toy_run(toy, 3)
    brief = toy_brief(toy, toy_run(toy, 20), since=first)
    assert not brief.changes.entered
    assert brief.shorter_days == 17
    assert ("17 days shorter" in english.entered(brief)) == (brief.by_deadline is not None)
    assert english.entered(brief).startswith("In between: nothing entered; fits 1 published, 0 rejected")
    assert japanese.entered(brief).startswith("この間に入力はなかった。")
    assert korean.entered(brief).startswith("그 사이에 입력된 것은 없다.")


def test_without_a_report_it_compares_with_a_run_a_week_older(toy: Database) -> None:
    first = toy_run(toy, 3)
    toy_run(toy, 4)
    toy_run(toy, 10)
    since = toy_brief(toy).changes.since
    assert (since.reason, since.run.id if since.run else None) == (OLDER, first)


def test_a_report_compares_with_the_last_one_whatever_its_language(toy: Database) -> None:
    first, second, third = (toy_run(toy, day) for day in (3, 4, 5))
    assert write(toy, "a.html", run_id=first).brief.changes.since.reason == FIRST
    done = [
        write(toy, "b.html", run_id=second),
        write(toy, "c.html", run_id=second, language="ko", short=True),
        write(toy, "d.html", run_id=third),
    ]
    compared = [(one.brief.changes.since.reason, one.brief.changes.since.report_id) for one in done]
    assert compared == [(REPORT, 1), (REPORT, 1), (REPORT, 2)]
    assert [one.number for one in done] == [2, 2, 4]
    with toy.read() as connection:
        stored = [(row.id, row.run_id, row.since_run_id) for row in read_reports(connection, "toy")]
        assert verify_chain(connection) == ()
    assert stored == [(4, 3, 2), (3, 2, 1), (2, 2, 1), (1, 1, None)]


def test_since_names_a_date_or_a_run(toy: Database) -> None:
    first, second, third = (toy_run(toy, day) for day in (3, 10, 20))
    for asked, expected in ((date(2020, 1, 15), second), (first, first), (date(2020, 1, 3), first)):
        since = toy_brief(toy, third, asked).changes.since
        assert (since.reason, since.run.id if since.run else None) == (ASKED, expected)


@pytest.mark.parametrize(
    ("since", "message"),
    [
        (date(2020, 1, 20), r"^2020-01-20 is not before run 2, as of 2020-01-20; name an earlier date$"),
        (date(2019, 1, 1), r"^nothing was published as of 2019-01-01 or before; `parley runs` lists what there is$"),
        (2, r"^run 2, as of 2020-01-20, is not before run 2, as of 2020-01-20; name an earlier one$"),
        (3, r"^run 3 was not published \(rejected\); name one that was: `parley runs`$"),
        (4, r"^run 4 is provisional; name a full run, `parley runs` lists them$"),
    ],
)
def test_what_cannot_be_compared_with(toy: Database, since: date | int, message: str) -> None:
    toy_run(toy, 3)
    run = toy_run(toy, 20)
    toy_run(toy, 4, status="rejected")
    store_run(toy, date(2020, 1, 5), NOON, kind="provisional")
    with pytest.raises(NoForecast, match=message):
        toy_brief(toy, run, since)


def test_there_must_be_a_published_run(toy: Database) -> None:
    with pytest.raises(NoForecast, match=r"^nothing has been published yet; run `parley update`$"):
        toy_brief(toy)
    rejected = toy_run(toy, 3, status="rejected")
    with pytest.raises(NoForecast, match=r"^run 1 was not published \(rejected\)"):
        toy_brief(toy, rejected)
    with pytest.raises(StoreError, match=r"^no run 9; runs go from 1 to 1$"):
        toy_brief(toy, 9)


# The file


@LANGUAGE
def test_the_page_is_valid_and_fetches_nothing(sheets: dict[str, Sheet], language: str) -> None:
    page = render(sheets[language], 12, head=HEAD)
    found = parsed(page)
    assert (found.wrong, found.open) == ([], [])
    assert not found.tags & {"script", "link", "iframe", "object", "img"}
    assert all(address.startswith(("#", "data:")) for address in found.addresses)
    assert all(where.startswith(("#", "data:")) for where in re.findall(r"url\([\"']?([^)\"']+)", page))
    assert not re.search(r"@import|http-equiv", page)
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert f'<html lang="{language}">' in page
    assert page.count("<svg") == 3


@LANGUAGE
@FORMATS
def test_no_template_is_left_over(sheets: dict[str, Sheet], language: str, format_: str) -> None:
    text = render(replace(sheets[language], format=format_), 12, head=HEAD)
    without = re.sub(r"<style>.*?</style>|<svg.*?</svg>|data:image/png;base64,[^)]*", "", text, flags=re.DOTALL)
    assert not re.search(r"\{\{|\}\}|\{%|%\}|None|nan|Undefined|<function|forecast\.|\bTrue\b|\bFalse\b", without)
    for name, heading in asdict(LANGUAGES[language].brief.HEADINGS).items():
        assert (f"{heading}</h2>" in without or f"## {heading}\n" in without) == (name not in NOT_THERE), name


@LANGUAGE
def test_page_and_markdown_say_the_same(brief: Brief, sheets: dict[str, Sheet], language: str) -> None:
    sheet = sheets[language]
    page = "".join(parsed(render(sheet, 12, head=HEAD)).text).replace("\u00a0", " ")
    text = html.unescape(render(replace(sheet, format="md"), 12, head=HEAD)).replace("\\", "")
    spoken_ = spoken(language, brief)
    for name, sentence in spoken_.items():
        assert sentence.replace("`", "") in page, name
        assert sentence in text, name


def test_the_table_has_every_target_and_window(brief: Brief, sheets: dict[str, Sheet]) -> None:
    page = "".join(parsed(render(sheets["en"], 12, head=HEAD)).text)
    for row in brief.summary.targets:
        assert percent(row.mean) in page
        assert percent_range(row.q05, row.q95).removesuffix(" %") in page
    for row in brief.summary.headline_rows():
        assert all(percent(value) in page for value in (row.base_rate, row.documents_only, row.history_only))


def test_the_same_facts_give_the_same_file(brief: Brief, sheets: dict[str, Sheet]) -> None:
    assert render(lay_out(brief, "ja", "html"), 12, head=HEAD) == render(sheets["ja"], 12, head=HEAD)


@FORMATS
def test_what_a_case_says_is_text_and_no_markup(tmp_path: Path, format_: str) -> None:
    folder = write_toy_case(tmp_path / "toy")
    settings = folder / "case.toml"
    name = 'Talks <script>alert(1)</script> | & "more" *now*'
    settings.write_text(settings.read_text().replace("Talks between Ruritania and Graustark", name.replace('"', '\\"')))
    with _installed(folder, tmp_path) as database:
        toy_run(database, 3)
        done = write_report(database, tmp_path / f"a.{format_}", NOON)
    text = done.file.read_text(encoding="utf-8")
    assert "<script" not in text
    if format_ == "html":
        assert name in "".join(parsed(text).text)
    else:
        assert r"Talks &lt;script&gt;alert(1)&lt;/script&gt; \| &amp; " in text


def _installed(folder: Path, place: Path) -> Database:
    database = create_database(f"sqlite:///{place / 'parley.db'}")
    install_case(database, read_case_folder(folder), NOON)
    return database


def test_a_file_that_cannot_be_written_leaves_no_report(toy: Database) -> None:
    toy_run(toy, 3)
    (toy.folder / "there.html").write_text("mine")
    with pytest.raises(NotWritten, match=r"there\.html exists; give --force to replace it, or name another file$"):
        write(toy, "there.html")
    with pytest.raises(NotWritten, match=r"^the folder .*absent does not exist"):
        write(toy, "absent/a.html")
    with toy.read() as connection:
        assert read_reports(connection, "toy") == ()
    assert (toy.folder / "there.html").read_text() == "mine"


def test_a_report_that_cannot_be_recorded_leaves_no_file(toy: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("the disk is full")

    toy_run(toy, 3)
    monkeypatch.setattr(report, "append_report", refuse)
    with pytest.raises(StoreError, match=r"^the disk is full$"):
        write(toy, "a.html")
    assert not [path for path in toy.folder.iterdir() if "a.html" in path.name]


def test_the_row_names_the_file_by_its_hash(toy: Database) -> None:
    toy_run(toy, 3)
    done = write(toy, "a.html", language="ja")
    with toy.read() as connection:
        (row,) = read_reports(connection, "toy")
    assert row.sha256 == done.sha256 == hashlib.sha256(done.file.read_bytes()).hexdigest()
    assert (row.id, row.language, row.format, row.run_id) == (done.number, "ja", "html", 1)
    assert f"報告第{row.id}号" in done.file.read_text(encoding="utf-8")


def test_a_brief_is_an_anchor_of_the_record(toy: Database) -> None:
    """Its forms share the head before the first of them; the next brief has another, and all of them hold."""
    toy_run(toy, 3)
    with toy.read() as connection:
        before = read_head(connection)
    assert before is not None
    for number, language in enumerate(("en", "ja", "ko")):
        done = write(toy, f"{number}.md", language=language)
        text = done.file.read_text(encoding="utf-8")
        assert (done.number, done.head) == (1, before)
        assert text.count(before.short) == 2
        assert f"`parley verify --head {before.short}`" in text
    toy_run(toy, 20)
    after = write(toy, "4.md").head
    assert after is not None
    assert after.seal > before.seal + 3
    with toy.read() as connection:
        found = verify_chain(connection)
        assert all(continue_from(connection, head.short, found).continues for head in (before, after))
        assert head_of_report(connection, 1) == before


def test_a_brief_that_is_not_told_of_a_head_has_no_such_sentence(sheets: dict[str, Sheet]) -> None:
    assert "--head" not in render(sheets["en"], 12)
    assert HEAD.short in render(sheets["en"], 12, head=HEAD)


@LANGUAGE
@FORMATS
def test_one_page_says_what_a_minister_asks(
    brief: Brief, short_sheets: dict[str, Sheet], language: str, format_: str
) -> None:
    """Every sentence of it, the likelihood of the long form, one picture, and no word of the engine."""
    text = render(replace(short_sheets[language], format=format_), 12, head=HEAD)
    shown = "".join(parsed(text).text).replace("\u00a0", " ") if format_ == "html" else text.replace("\\", "")
    told = in_language(brief, read_names("us-dprk", language))
    words = LANGUAGES[language].brief
    for sentence in (words.title(told), words.likelihood(told), words.confidence(told), *headings(language)):
        assert sentence in html.unescape(shown)
    for name, sentence in spoken_shortly(language, brief).items():
        assert sentence.replace("`", "") in html.unescape(shown).replace("`", ""), name
    assert text.count("<svg" if format_ == "html" else "![") == 1
    plain = re.sub(r"^.*?</style>|<svg.*?</svg>", "", text, flags=re.DOTALL)
    plain = "".join(parsed(plain).text) if format_ == "html" else plain
    for term in ENGINE_TERMS[language]:
        assert not re.search(rf"(?<![A-Za-z]){re.escape(term)}", plain, re.IGNORECASE), term
    assert HEAD.short not in text
    assert not re.search(r"\{\{|\}\}|\{%|%\}|None|nan|Undefined|<function|forecast\.", plain)


def headings(language: str) -> list[str]:
    return list(asdict(LANGUAGES[language].short.HEADINGS).values())


def test_a_page_is_a_form_of_the_brief_it_is_of(toy: Database) -> None:
    toy_run(toy, 3)
    done = [write(toy, "a.html"), write(toy, "b.html", short=True), write(toy, "c.md", short=True, language="ko")]
    assert [(one.number, one.format) for one in done] == [(1, "html"), (1, "html-short"), (1, "md-short")]
    with toy.read() as connection:
        rows = read_reports(connection, "toy")
    assert [(row.language, row.format) for row in rows] == [("ko", "md-short"), ("en", "html-short"), ("en", "html")]
    assert rows[0].sha256 == hashlib.sha256(done[2].file.read_bytes()).hexdigest()


def test_the_main_ground_is_one_that_was_measured(brief: Brief) -> None:
    grounds = replace(brief.grounds, moved=None, history_only=None, width=0.1, unattested_days=30, stale=0)
    told = replace(brief, grounds=grounds)
    assert told.grounds.against()[0] == "documents"
    assert "30 days before" in ENGLISH.short.ground(told)
    alone = replace(told, grounds=replace(grounds, unattested_days=0, missed=0, bounds=5))
    assert "is not known" in ENGLISH.short.ground(alone)
    none = replace(alone, grounds=replace(alone.grounds, moved=0.1, history_only=0.1))
    assert "No ground speaks against it" in ENGLISH.short.ground(none)


def test_a_page_tells_a_move_only_where_it_is_more_than_the_error_of_the_calculation(toy: Database) -> None:
    first = toy_run(toy, 3)
    brief = toy_brief(toy, toy_run(toy, 20, headline=0.2), since=first)
    step = brief.step
    assert step is not None
    assert "risen by 3.6 points" in ENGLISH.short.moved(brief)
    still = replace(step, now=step.before + step.error)
    same = replace(brief, changes=replace(brief.changes, steps=(still,)))
    for language, unchanged in zip(LANGUAGES.values(), ("unchanged", "変化はない", "변화는 없다"), strict=True):
        assert unchanged in language.short.moved(same)
        assert numbers(language.short.moved(same)) == numbers(ENGLISH.short.moved(same))


@pytest.fixture(scope="module")
def overtaken(brief: Brief) -> Brief:
    """The same with an event and an observation since, which a forecast without a fit takes in."""
    day, shown = date(2026, 11, 20), brief.summary.shown
    rows = tuple(
        replace(row, mean=0.9 * row.mean, documents_only=None, history_only=None) for row in brief.summary.targets
    )
    known = {"row": 1, "what": "entered", "known_on": day, "analyst": "kim", "reason": ""}
    event = EventNews(
        **known,
        id="C1",
        type="contact",
        framing="",
        started_on=day,
        ended_on=day,
        venue="",
        source="Yonhap; my notes",
        disputed=False,
    )
    seen = ObservationNews(**known, indicator="us_posture", level=1.0, observed_on=day, source="Reuters")
    standing_ = Standing(
        run_id=None,
        run=shown.run,
        issued_at=None,
        targets=rows,
        scenarios=shown.scenarios,
        states=shown.states,
    )
    summary = replace(
        brief.summary,
        since=News(events=(event,), observations=(seen,)),
        week=replace(brief.summary.week, events=(event,)),
        standing=standing_,
    )
    window = (brief.headline.target, brief.headline.horizon_days)
    headline = next(row for row in rows if (row.target, row.horizon_days) == window)
    return replace(brief, summary=summary, headline=headline)


@LANGUAGE
def test_two_numbers_on_a_page_are_told_apart(brief: Brief, overtaken: Brief, language: str) -> None:
    """The history ends with the run; the box has what takes in what came since."""
    said_, percents = LANGUAGES[language], LANGUAGES[language].labels.percent
    drawn, shown = percents(brief.headline.mean), percents(overtaken.headline.mean)
    assert drawn != shown
    mark = said_.plots.last_mark(overtaken.overtaken)
    assert 0 < mark.index(f"({drawn})" if language != "ja" else f"（{drawn}）") < mark.index(shown)
    assert said_.plots.last_mark(brief.overtaken) == ""
    for short in (False, True):
        page = render(Sheet(overtaken, language, "txt", {}, short), 12)
        assert mark in page
        assert mark not in render(Sheet(brief, language, "txt", {}, short), 12)
    same = Mark(0.1, 0.1, windows=True)
    assert numbers(said_.plots.last_mark(same)) == {10.0}


def test_rows_in_which_nothing_stands_are_left_out(brief: Brief, overtaken: Brief) -> None:
    for language in LANGUAGES:
        words = LANGUAGES[language].brief.WORDS
        alone = (f"  - {words.documents_only}: ", f"  - {words.history_only}: ")
        for told, stands in ((brief, True), (overtaken, False)):
            page = render(Sheet(told, language, "txt", {}), 12)
            assert f"  - {words.base_rate}: " in page
            assert all((row in page) == stands for row in alone)


@pytest.mark.parametrize(
    ("language", "source", "level"),
    [
        ("en", "Yonhap; my notes", "level +1 (favours talks), 2026-11-20 (Reuters)"),
        ("ja", "聯合ニュース; my notes", "水準+1（協議に有利）、2026年11月20日（ロイター通信）"),
        ("ko", "연합뉴스; my notes", "수준 +1(협상 성사에 유리), 2026년 11월 20일(로이터통신)"),
    ],
)
def test_the_week_says_the_level_and_names_publishers(overtaken: Brief, language: str, source: str, level: str) -> None:
    told = in_language(overtaken, read_names("us-dprk", language))
    event, seen = LANGUAGES[language].short.week(told)
    assert source in event
    assert seen.endswith(level)
    assert source in LANGUAGES[language].brief.happened(told)[0]
    publisher = {one.publisher for one in told.sources if one.indicator_id == "russia_dprk_alignment"}
    assert publisher == {{"en": "KCNA", "ja": "朝鮮中央通信", "ko": "조선중앙통신"}[language]}


@LANGUAGE
def test_what_counts_is_told_of_every_target_but_the_sum_of_two(brief: Brief, language: str) -> None:
    told = in_language(brief, read_names("us-dprk", language))
    assert list(told.definitions) == [target for target in TARGET_NAMES if target != "limits_talks"]
    said_ = LANGUAGES[language].brief.definitions(told)
    assert all(text in said_ for text in told.definitions.values())
    assert LANGUAGES[language].brief.definitions(brief) == ""


@LANGUAGE
def test_one_page_says_first_whether_live_forecasts_were_scored(brief: Brief, language: str) -> None:
    """None of the headline was; then the test on the past, which is called no track record."""
    short, labels = LANGUAGES[language].short, LANGUAGES[language].labels
    assert brief.track is not None
    (first,) = {min(one.scored_on for one in brief.track.pending if one.target == brief.headline.target)}
    said_ = short.quality(brief)
    none = {"en": "No live forecast", "ja": "公表した", "ko": "공표한"}[language]
    past = {"en": "no track record", "ja": "予測実績ではない", "ko": "예측 실적이 아님"}[language]
    assert said_.startswith(none)
    assert 0 < said_.index(labels.date(first)) < said_.index(past)
    assert brief.alike is not None
    public = {"en": "only what was public", "ja": "当時の公表情報だけ", "ko": "당시 공개된 정보만"}[language]
    assert (public in said_) == (brief.alike.kind == "strict")
    untested = replace(brief, tested=None, summary=replace(brief.summary, quality=QUALITY))
    assert past not in short.quality(untested)
    line = TrackLine(
        target=brief.headline.target,
        horizon_days=30,
        deadline=None,
        first_as_of=first,
        last_as_of=first,
        forecasts=7,
        days=40,
        events=1,
        windows_with=1,
        windows_without=1,
        effective_n=1.3,
        log_score=0.2,
        brier=0.1,
        mean_forecast=0.12,
        frequency=0.25,
        base_log_score=None,
        base_brier=None,
        base_mean=None,
        log_difference=None,
        brier_difference=None,
        enough=False,
    )
    scored = short.quality(replace(untested, track=replace(brief.track, lines=(line,))))
    assert {7, 30, 12, 25} <= numbers(scored)
    unknown = short.quality(replace(untested, track=None))
    assert numbers(unknown) == set()
    assert unknown != scored


@pytest.mark.slow
@pytest.mark.parametrize(("short", "pages"), [(False, 2), (True, 1)])
@LANGUAGE
def test_the_brief_of_the_shipped_case_has_the_printed_pages_it_promises(
    sheets: dict[str, Sheet], short_sheets: dict[str, Sheet], language: str, tmp_path: Path, short: bool, pages: int
) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs chromium")
    page = tmp_path / "brief.html"
    page.write_text(render((short_sheets if short else sheets)[language], 12, head=HEAD), encoding="utf-8")
    switches = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    printed = tmp_path / "brief.pdf"
    subprocess.run(
        [chromium, *switches, f"--print-to-pdf={printed}", page.as_uri()], check=True, capture_output=True, timeout=120
    )
    with pypdfium2.PdfDocument(printed) as document:
        assert len(document) == pages
