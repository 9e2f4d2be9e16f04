"""`parley show` in three languages: the same numbers in each, and no English left in the others."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import PUBLISHED_AS_OF
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from toy_backtests import make_backtest
from toy_runs import AS_OF, FAILURES, add_run, install_toy, toy_targets

from db.engine import Database, open_database
from forecast.cli.app import run
from forecast.cli.render import print_summary
from forecast.cli.tables import facts
from forecast.desk.actions import Desk, add_event, attest, log
from forecast.desk.documents import add_document
from forecast.evaluation.report import overall
from forecast.facts.quality import Alike, Band, Quality
from forecast.facts.summary import Summary
from forecast.facts.track import OPEN, UNATTESTED, Counts, Missing, Pending, TrackLine, TrackRecord, Unscored
from forecast.facts.untaught import read_untaught
from forecast.record.overtaken import read_overtaken
from forecast.record.summary import as_json, read_summary
from forecast.structures import FIRST, ModelChange, ModelLine, change_as_json, present_structure
from forecast.words.japanese import leaning as japanese
from forecast.words.korean import leaning as korean
from forecast.words.language import LANGUAGES, Language
from forecast.words.selection import said_by_form
from models.assumptions import assumptions

OTHERS = ("ja", "ko")
TODAY = PUBLISHED_AS_OF + timedelta(30)
LATER = TODAY + timedelta(400)
SOURCE = "Zenda I"
"""So short that it is no word of English to the test."""
_COMMANDS = re.compile(r"`[^`]*`|(?<![0-9a-z])[0-9a-f]{8,}(?![0-9a-z])")
"""And hashes."""
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_IN_WORDS = re.compile(r"少なくとも1回|1回でも|この1週間|1\s*段階|の2\s*倍")
"""Numerals of Japanese that are words in English."""
_WORD = re.compile(r"[A-Za-z]{5,}")


def numbers(text: str) -> Counter[str]:
    """Every number in a text, dates in their parts; no sign and no zero before it."""
    return Counter(re.sub(r"^0+(?=\d)", "", number) for number in _NUMBER.findall(_IN_WORDS.sub("", text)))


def english_in(text: str, *known: str) -> list[str]:
    """Words of five letters or more that are neither of a command or hash nor known names."""
    rest = _COMMANDS.sub("", text)
    for name in sorted(known, key=len, reverse=True):
        rest = rest.replace(name, "")
    return _WORD.findall(rest)


def in_all(say: Callable[[Language], str]) -> dict[str, str]:
    """What is said in every language: the same numbers, and nothing of it in English but there."""
    said = {code: say(language) for code, language in LANGUAGES.items()}
    for code in OTHERS:
        assert numbers(said[code]) == numbers(said["en"]), (said[code], said["en"])
        assert not english_in(said[code])
        assert bool(said[code]) == bool(said["en"])
    return said


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{tmp_path / 'parley.db'}")
    monkeypatch.setenv("COLUMNS", "100")
    with install_toy(tmp_path) as database:
        yield database


def _change() -> ModelChange:
    lines = [
        ModelLine(target=row.target, horizon_days=row.horizon_days, deadline=row.deadline, old=0.2, new=0.3, mcse=0.01)
        for row in toy_targets()
    ]
    return ModelChange(from_run=1, from_structure=FIRST, to_structure=present_structure(), lines=tuple(lines))


def _assumed() -> list[dict[str, Any]]:
    found = enumerate(assumptions())
    return [
        {"assumption": name, "headline": [{"horizon_days": 365, "deadline": None, "mean": 0.1 + 0.01 * place}]}
        for place, name in found
    ]


def _worlds(database: Database, name: str) -> str:
    """Runs of a kind, and the number of the last."""
    far = [replace(row, base_rate=0.99) if row.target in ("contact", "deal") else row for row in toy_targets()]
    if name == "plain":
        add_run(database)
    elif name == "far":
        add_run(database, targets=far, detail={"assumptions": _assumed(), "unattested": {"looked_through": None}})
    elif name == "looked":
        add_run(database, detail={"unattested": {"looked_through": "2020-01-01"}})
    elif name == "rejected":
        add_run(database)
        add_run(database, as_of=date(2020, 2, 1), status="rejected", failures=FAILURES)
    elif name == "first refused":
        add_run(database, status="rejected", failures=FAILURES)
    elif name == "changed":
        add_run(database, detail={"structure": FIRST})
        add_run(database, as_of=AS_OF + timedelta(1), detail={"model_change": change_as_json(_change())})
    return "2" if name in ("rejected", "changed") else "1"


WORLDS = ("plain", "far", "looked", "rejected", "first refused", "changed")


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("columns", ["80", "100"])
def test_every_language_prints_the_same_numbers_within_the_width(
    toy: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, world: str, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    number = _worlds(toy, world)
    ids = [row.indicator_id for row in _summary(toy).catalogue]
    names = [row.name for row in _summary(toy).catalogue]
    said = {}
    for code in LANGUAGES:
        assert run(["show", "--run", number, "--lang", code]) == (world in ("first refused", "rejected"))
        said[code] = capsys.readouterr().out
    for code in OTHERS:
        assert numbers(said[code]) == numbers(said["en"])
        assert not english_in(said[code], *ids, *names, "Talks between Ruritania and Graustark", "manual")
        assert max(map(cell_len, said[code].splitlines())) <= int(columns)
        assert not [line for line in said[code].splitlines() if line != line.rstrip()]


def _summary(database: Database) -> Summary:
    with database.read() as connection:
        return read_summary(connection, AS_OF + timedelta(60))


def test_the_json_keeps_its_names_and_numbers_and_says_its_sentences_in_the_language(
    toy: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    _worlds(toy, "far")
    told = {}
    for code in LANGUAGES:
        assert run(["show", "--json", "--run", "1", "--lang", code]) == 0
        told[code] = json.loads(capsys.readouterr().out)
    assert run(["show", "--json", "--run", "1"]) == 0
    assert json.loads(capsys.readouterr().out) == told["en"]
    assert run(["show", "--run", "1", "--lang", "ja"]) == 0
    text = capsys.readouterr().out.replace("\n", "")
    assert told["ja"]["judgement"] in text
    assert told["ja"]["track_record"] in text
    for code in OTHERS:
        assert _without_sentences(told[code]) == _without_sentences(told["en"])
        assert told[code]["quality"]["sentence"] != told["en"]["quality"]["sentence"]


def _without_sentences(value: Any) -> Any:
    spoken = ("sentence", "note", "judgement", "track_record", "words", "lacking", "by_other_model")
    if isinstance(value, Mapping):
        return {name: _without_sentences(inner) for name, inner in value.items() if name not in spoken}
    return [_without_sentences(inner) for inner in value] if isinstance(value, list) else value


def test_a_language_that_is_not_known_is_refused_by_name(toy: Database, capsys: pytest.CaptureFixture[str]) -> None:
    add_run(toy)
    assert run(["show", "--lang", "fr"]) == 2
    assert "'fr' is not known; use one of en, ja, ko" in " ".join(capsys.readouterr().err.split())


PROBABILITIES = st.floats(0.001, 0.999)
SCORES = st.floats(-1, 1).map(lambda value: round(value, 3))
BANDS = st.builds(
    Band,
    low=st.sampled_from([0.05, 0.1]),
    high=st.sampled_from([0.2, 0.4]),
    n=st.integers(0, 90),
    came_true=st.integers(0, 40),
    spells=st.integers(1, 9),
    apart=st.integers(1, 30),
)
ALIKE = st.builds(
    Alike,
    target=st.sampled_from(["contact", "deal", "limits_talks"]),
    horizon_days=st.just(365),
    asked_days=st.sampled_from([365, 700]),
    situation=st.sampled_from(["dry", "wet"]),
    kind=st.sampled_from(["strict", "retrospective"]),
    origins=st.integers(10, 900),
    first=st.just(date(1998, 1, 1)),
    last=st.just(date(2026, 1, 1)),
    n=st.integers(11, 900),
    spells=st.integers(0, 20),
    mean_forecast=PROBABILITIES,
    frequency=PROBABILITIES,
    log_score=PROBABILITIES,
    naive_log_score=PROBABILITIES,
    difference=SCORES,
    low=st.none() | SCORES,
    high=st.none() | SCORES,
    p=PROBABILITIES,
    band=st.none() | BANDS,
)


@given(ALIKE)
def test_what_came_of_forecasts_like_this_one_has_the_same_numbers(found: Alike) -> None:
    in_all(lambda language: language.quality.alike_sentence(found))


def test_a_backtest_as_a_whole_has_the_same_numbers() -> None:
    found = overall(make_backtest())
    assert found is not None
    in_all(lambda language: language.quality.overall_sentence(found))


@pytest.mark.parametrize("structure", [FIRST, present_structure()])
@pytest.mark.parametrize("version", ["0" * 8, None])
def test_what_is_told_where_only_a_sentence_is_stored(structure: int, version: str | None) -> None:
    quality = Quality(
        stored=version and "A sentence of another day.",
        model_version=version,
        evaluation_id=1,
        as_of=AS_OF,
        by=present_structure(),
        structure=structure,
    )
    said = in_all(lambda language: language.quality.quality_note(quality))
    assert bool(said["en"]) == (version is not None)
    in_all(lambda language: language.quality.quality_sentence(quality))


LINE = TrackLine(
    target="contact",
    horizon_days=90,
    deadline=None,
    first_as_of=date(2020, 1, 1),
    last_as_of=date(2020, 3, 1),
    forecasts=3,
    days=60,
    events=2,
    windows_with=1,
    windows_without=2,
    effective_n=1.5,
    log_score=0.41,
    brier=0.2,
    mean_forecast=0.3,
    frequency=0.4,
    base_log_score=0.52,
    base_brier=0.3,
    base_mean=0.5,
    log_difference=-0.11,
    brier_difference=-0.1,
    enough=False,
)
WAITING = Pending(
    target="contact",
    horizon_days=90,
    deadline=None,
    run_id=1,
    as_of=date(2020, 1, 1),
    end=date(2020, 3, 31),
    probability=0.3,
    state=OPEN,
    event_on=None,
    scored_on=date(2020, 4, 1),
    missing=(),
)
LATE = replace(WAITING, state=UNATTESTED, missing=(Missing("contact", date(2020, 2, 1), date(2020, 3, 31)),))
RECORD = TrackRecord(
    as_of=date(2020, 5, 1),
    as_recorded=None,
    headline="contact",
    counts=Counts(counted=4, repeats=1, after_the_fact=2, provisional=1, resolved=3),
    lines=(LINE,),
    scenarios=(),
    pending=(),
    structure=2,
)
NONE_YET = replace(RECORD, lines=(), counts=Counts(0, 0, 5, 0, 0))


@pytest.mark.parametrize(
    "record",
    [
        RECORD,
        replace(RECORD, lines=(replace(LINE, enough=True, base_log_score=None),)),
        replace(RECORD, lines=(), pending=(WAITING,)),
        replace(RECORD, lines=(), pending=(LATE,)),
        replace(RECORD, others=(replace(NONE_YET, structure=1),)),
        NONE_YET,
        Unscored(as_of=AS_OF, types=("contact", "deal"), why=f"contact, deal are not complete as of {AS_OF}"),
        Unscored(as_of=AS_OF, types=(), why="of another reason"),
    ],
)
def test_what_live_forecasts_were_worth_has_the_same_numbers(record: TrackRecord | Unscored) -> None:
    in_all(lambda language: language.quality.track_sentence(record))
    if isinstance(record, TrackRecord):
        in_all(lambda language: language.quality.track_counts(record.counts))


def test_every_assumption_has_a_name_in_every_language() -> None:
    for names in (japanese.ASSUMPTIONS, korean.ASSUMPTIONS):
        assert set(names) == set(assumptions())
    for name in assumptions():
        in_all(lambda language, name=name: language.leaning.assumption_name(name))  # type: ignore[misc]


FAILED = (
    *FAILURES,
    "bulk ESS 120 of unit is below 400",
    "tail ESS 90 of unit is below 400",
    "E-BFMI 0.21 is below 0.3",
    "unit, beta not finite",
)


def test_why_a_fit_was_refused_is_said_in_every_language(toy: Database) -> None:
    add_run(toy, status="rejected", failures=FAILED)
    refused = _summary(toy).run
    said = in_all(lambda language: language.show.attempt(refused))
    assert "; ".join(FAILED) in said["en"]
    assert said_by_form("of a kind that is not known", {}) == "of a kind that is not known"


def test_what_was_not_learnt_is_read_back_from_what_is_stored() -> None:
    """The words are those of the engine, which `test_provisional` holds."""
    late = (
        "not in these numbers: what is new on days that run 7 had read as complete, and teaches of the rates; "
        "run `parley update`"
    )
    weighed = (
        "only in part in these numbers: what events and attestations since run 7 teach of the rates, which is more "
        "than its fit can stand for (31 of 4000 draws would stay effective, Pareto k 1.24); run `parley update`"
    )
    assert read_untaught("") is None
    for text, in_part, numbers_of in ((late, False, (None, None, None)), (weighed, True, (31, 4000, 1.24))):
        found = read_untaught(text)
        assert found is not None
        assert (found.run, found.in_part, (found.effective, found.draws, found.k)) == (7, in_part, numbers_of)
        assert in_all(lambda language, found=found: language.news.untaught_words(found))["en"] == text  # type: ignore[misc]


def test_what_came_since_is_told_in_every_language(
    published_copy: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    with open_database(f"sqlite:///{published_copy / 'parley.db'}") as database:
        desk = Desk(database, "kim", day=lambda: TODAY)
        day = TODAY - timedelta(2)
        add_event(desk, "talks", on=day, source=SOURCE, framing="arms_control", venue="Zenda", note="limits")
        log(desk, "press_tone", 1, on=day, source=SOURCE, grade="B2")
        attest(Desk(database, "kim", day=lambda: LATER), LATER, types=["contact", "deal"])
        add_document(desk, "Rule", author="Hope", published_on=day, directness="high")
        with database.read() as connection:
            summary = read_summary(connection, LATER, posteriors=database.posteriors)
            overtaken = read_overtaken(connection, summary.run.case_id, LATER)
    assert overtaken is not None
    names = [name for row in summary.catalogue for name in (row.indicator_id, row.name)]
    entered = [one for kind in ("events", "observations", "documents") for one in getattr(overtaken.since, kind)]
    week = [*summary.week.events, *summary.week.attestations, *summary.week.disputes]
    data = [text for one in (*entered, *week) for text in asdict(one).values() if isinstance(text, str) and text]
    said = {}
    for code, language in LANGUAGES.items():
        print_summary(summary, language)
        lines = "\n".join(language.news.overtaken_lines(overtaken))
        said[code] = f"{capsys.readouterr().out}\n{lines}"
        assert as_json(summary, language)["since"]["needs_full_update"]
    for code in OTHERS:
        assert numbers(said[code]) == numbers(said["en"])
        assert not english_in(said[code].replace("\n", " "), *data, *names, summary.case_name)


@pytest.mark.parametrize(("name", "left"), [("種別", 6), ("日付の時間帯", 14)])
def test_values_stand_under_each_other_whatever_the_width_of_their_names(name: str, left: int) -> None:
    long, short = facts([(name, "a"), ("x", "b")])
    assert cell_len(long.removesuffix("a")) == cell_len(short.removesuffix("b")) == left


def test_instants_of_a_run_are_the_same_in_every_language(toy: Database) -> None:
    add_run(toy, at=datetime(2020, 1, 1, 12, 30, tzinfo=UTC))
    for language in LANGUAGES.values():
        assert "2020-01-01 12:30:00 UTC" in dict(language.show.run_facts(_summary(toy).run, "UTC", ())).values()
