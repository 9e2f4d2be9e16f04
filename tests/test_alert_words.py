"""Alerts in every language: the same facts, the same numbers, and nothing left in English that has a word."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from socket import gethostname
from typing import Any

import pytest
from conftest import ATTEMPT, NOW
from hypothesis import given
from hypothesis import strategies as st
from receivers import ALERT, open_box, open_hook, slack, teams
from toy_runs import FAILURES, add_run, install_toy, toy_targets

from db.append import append_attempt
from db.engine import Database
from db.read import read_case, read_catalogue
from db.read_schedule import ScheduledValue
from db.run_rows import AlertRow
from forecast.facts.alerts import (
    BACKUP,
    DAY,
    DRIFT,
    RESTORE,
    THRESHOLD,
    WEEK,
    AttestationDue,
    BackupTrouble,
    BriefDue,
    CaughtUp,
    Compared,
    FailedDay,
    HeadlineMoved,
    Kept,
    Movement,
    RecoveredDay,
    RejectedDay,
    Remodelled,
    Skipped,
    Step,
    Unattested,
    Unobserved,
)
from forecast.record.overtaken import read_overtaken
from forecast.schedule.alerts import raise_alerts, read_record
from forecast.schedule.channels import trial_alert, try_channels
from forecast.schedule.chat import as_slack, as_teams
from forecast.schedule.settings import AlertFile, AlertSettings, Email, Settings, Webhook
from forecast.schedule.slots import read_skipped, why_skipped
from forecast.words.labels import Labels
from forecast.words.language import LANGUAGES
from forecast.words.names import TARGET_NAMES
from forecast.words.parts.alerts import AlertWords
from indicators.content import EVENT_TYPES
from indicators.folder import read_case_folder
from indicators.install import install_case
from indicators.names import read_names
from indicators.shipped import shipped_case

FOREIGN = [code for code in LANGUAGES if code != "en"]
MONDAY = date(2020, 1, 6)

DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))
INSTANTS = st.builds(lambda day, hour: datetime.combine(day, time(hour, 6), UTC), DAYS, st.integers(0, 23))
PROBABILITIES = st.floats(0.0, 1.0)
POINTS = st.floats(-60, 60).filter(lambda points: abs(points) > 0.06)
RUNS = st.integers(1, 99_999)
TEXT = st.text("βγδεζ", min_size=1, max_size=9)
"""What cases and the machine write: of no language, so that it can be told from words."""
VALUES = st.builds(ScheduledValue, RUNS, DAYS, PROBABILITIES, st.floats(0.0001, 0.02), st.none() | PROBABILITIES)
TARGETS = st.sampled_from(sorted(TARGET_NAMES))
HORIZONS = st.sampled_from([30, 90, 180, 365])
MOVES = st.builds(Step, st.sampled_from([DAY, WEEK, DRIFT]), VALUES, POINTS, st.sampled_from([2.0, 3.0, 2.5]))
BOUNDS = st.lists(st.sampled_from([0.05, 0.1, 0.15, 0.25]), min_size=1, max_size=3, unique=True).map(
    lambda found: tuple(sorted(found))
)
CROSSINGS = st.builds(
    lambda before, points, crossed: Step(THRESHOLD, before, points, crossed=crossed), VALUES, POINTS, BOUNDS
)
STEPS = st.lists(MOVES, min_size=1, max_size=3).map(tuple) | CROSSINGS.map(lambda step: (step,))


def _some[T](one: st.SearchStrategy[T]) -> st.SearchStrategy[list[T]]:
    return st.lists(one, min_size=1, max_size=14)


FOUND: dict[str, st.SearchStrategy[tuple[Any, ...]]] = {
    "moved": st.tuples(
        st.builds(
            HeadlineMoved,
            target=TARGETS,
            horizon_days=HORIZONS,
            movement=st.builds(
                Movement, VALUES.map(lambda value: replace(value, said=None)), VALUES, st.booleans(), STEPS
            ),
            remodelled=st.none() | st.builds(Remodelled, RUNS, st.just(3), st.just(4), POINTS),
        )
    ),
    "failed": st.tuples(
        _some(
            st.builds(
                FailedDay,
                day=DAYS,
                failures=st.integers(1, 40),
                ended_at=INSTANTS,
                error=TEXT | st.just(""),
                log=TEXT | st.just(""),
                retry_at=INSTANTS,
            )
        )
    ),
    "recovered": st.tuples(_some(st.builds(RecoveredDay, DAYS, INSTANTS, RUNS))),
    "rejected": st.tuples(
        _some(st.builds(RejectedDay, DAYS, RUNS, st.lists(TEXT, max_size=3).map(tuple))),
        st.none() | st.tuples(RUNS, DAYS),
    ),
    "caught_up": st.tuples(
        st.builds(
            CaughtUp,
            published=_some(DAYS).map(tuple),
            rejected=st.lists(DAYS, max_size=3).map(tuple),
            skipped=st.lists(DAYS, max_size=3).map(tuple),
            reasons=st.lists(
                st.integers(1, 999).map(lambda days: Skipped(why_skipped(days), days))
                | TEXT.map(lambda text: Skipped(text, None)),
                max_size=2,
            ).map(tuple),
        )
    ),
    "stale": st.tuples(
        _some(st.builds(Unobserved, TEXT, TEXT, DAYS, st.integers(1, 4000), st.sampled_from([7.0, 30.0, 0.5])))
    ),
    "unattested": st.tuples(
        st.builds(
            AttestationDue,
            st.integers(1, 400),
            st.lists(st.sampled_from(EVENT_TYPES), min_size=1, unique=True).flatmap(
                lambda kinds: st.tuples(
                    *(
                        st.just(Unattested(kind, None, None))
                        | st.builds(Unattested, st.just(kind), DAYS, st.integers(1, 999))
                        for kind in kinds
                    )
                )
            ),
            st.booleans(),
        )
    ),
    "backup_trouble": st.tuples(
        st.builds(
            BackupTrouble,
            rule=st.sampled_from([BACKUP, RESTORE]),
            day=DAYS,
            at=INSTANTS,
            why=TEXT,
            known=st.booleans(),
            made=st.none() | st.builds(Kept, TEXT, INSTANTS),
            restored=st.none() | st.builds(Kept, TEXT, INSTANTS),
        )
    ),
    "thinning_failed": st.tuples(DAYS, TEXT),
    "brief_due": st.tuples(st.builds(BriefDue, TARGETS, HORIZONS, PROBABILITIES, DAYS, RUNS)),
    "brief_mailed": st.tuples(RUNS),
    "trial": st.tuples(TEXT, TEXT),
    "compared": st.tuples(
        st.builds(
            Compared,
            horizon_days=HORIZONS,
            before=PROBABILITIES,
            before_as_of=DAYS,
            now=PROBABILITIES,
            now_as_of=DAYS,
            points=POINTS,
            crossed=st.none() | BOUNDS,
        )
    ),
    "origin": st.tuples(INSTANTS, st.sampled_from(["stale", "move_day"]), TEXT),
    "week_heading": st.tuples(DAYS),
    "see": st.tuples(RUNS.map(lambda run: f"parley show --run {run}")),
    "goes_on": st.just(()),
}


def test_every_function_of_the_words_has_a_law() -> None:
    """`backup_title` is the first line of `backup_trouble`."""
    said = {name for name in vars(AlertWords) if not name.startswith("_")}
    assert set(FOUND) == said - {"backup_title"}


def _lines(words: AlertWords, rule: str, found: tuple[Any, ...]) -> list[str]:
    said = getattr(words, rule)(*found)
    return [said] if isinstance(said, str) else list(said)


_DATE = re.compile(r"(\d{4})[年년] ?(\d{1,2})[月월] ?(\d{1,2})[日일]")


def _numbers(lines: Sequence[str]) -> set[str]:
    """Every number that is said; a date is one."""
    text = re.sub(r"(?<=\d),(?=\d{3})", "", "\n".join(lines))
    text = _DATE.sub(lambda found: f"{found[1]}-{int(found[2]):02}-{int(found[3]):02} ", text)
    return set(re.findall(r"\d{4}-\d\d-\d\d|[−+]?\d+(?:\.\d+)?", text))


def _count(found: tuple[Any, ...]) -> set[str]:
    """How many things are told of: some languages say it where another names them."""
    first = found[0] if found else ()
    return {str(len(first))} if isinstance(first, list) else set()


@pytest.mark.parametrize("language", FOREIGN)
@pytest.mark.parametrize("rule", FOUND)
@given(data=st.data())
def test_every_language_says_the_same_numbers(rule: str, language: str, data: st.DataObject) -> None:
    found = data.draw(FOUND[rule])
    ours, theirs = (_numbers(_lines(LANGUAGES[code].alerts, rule, found)) for code in ("en", language))
    assert ours <= theirs
    assert theirs - ours <= {"1"} | _count(found)  # "in a day" is "1 day" elsewhere, and "every hour"


@pytest.mark.parametrize("language", FOREIGN)
@pytest.mark.parametrize("rule", FOUND)
@given(data=st.data())
def test_no_english_is_left(rule: str, language: str, data: st.DataObject) -> None:
    """But for commands, the ids of types of events and rules, and UTC."""
    lines = _lines(LANGUAGES[language].alerts, rule, data.draw(FOUND[rule]))
    left = re.sub(r"`[^`]*`", "", "\n".join(lines))
    ids = {"UTC", "p", "stale", "move_day", *EVENT_TYPES}
    kept = {why for days in range(1, 1000) for why in [why_skipped(days)] if why in left}
    assert set(re.findall(r"[A-Za-z_]+", left)) <= ids
    assert not kept


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", FOUND)
@given(data=st.data())
def test_a_title_is_one_line_and_nothing_is_left_unsaid(rule: str, language: str, data: st.DataObject) -> None:
    for line in _lines(LANGUAGES[language].alerts, rule, data.draw(FOUND[rule])):
        assert line.strip()
        assert "\n" not in line
        assert not re.search(r"\{|\}|None|。。|\.\.|  ", line)


@given(st.integers(1, 10**6), TEXT)
def test_why_a_day_was_skipped_is_read_as_it_was_written(days: int, other: str) -> None:
    assert read_skipped(why_skipped(days)) == days
    assert read_skipped(other) is None


# What is stored and sent


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Database]:
    with install_toy(tmp_path) as opened:
        yield opened


def _publish(database: Database, day: date, value: float, kind: str = "official") -> None:
    rows = [
        replace(row, mean=value) if (row.target, row.horizon_days) == ("arms_control_talks", 365) else row
        for row in toy_targets()
    ]
    run_id = add_run(database, as_of=day - timedelta(days=1), kind=kind, targets=rows)
    _enter(database, day, "published", run_id, kind=kind)


def _enter(database: Database, day: date, outcome: str, run_id: int | None = None, **changed: Any) -> None:
    at = datetime.combine(day, time(6), UTC)
    attempt = replace(ATTEMPT, case_id="toy", scheduled_for=day, scheduled_at=at, as_of=day - timedelta(days=1))
    attempt = replace(attempt, started_at=at, ended_at=at, outcome=outcome, run_id=run_id, **changed)
    with database.write() as connection:
        append_attempt(connection, attempt, at)


def _all_rules(database: Database) -> None:
    """Something to tell for every rule."""
    _publish(database, MONDAY, 0.12)
    _publish(database, MONDAY + timedelta(days=1), 0.19, kind="backfill")
    _enter(database, MONDAY + timedelta(days=2), "failed", error="the fit was killed")
    rejected = add_run(database, as_of=MONDAY, status="rejected", kind="official", failures=FAILURES)
    _enter(database, MONDAY + timedelta(days=3), "rejected", rejected)


class Enough(Exception):
    """Nothing is to be stored."""


def _raise(database: Database, language: Any) -> dict[str, AlertRow]:
    """What would be raised in a language; it is not stored."""
    found: list[AlertRow] = []
    settings = Settings(alerts=AlertSettings(language=language, thresholds=(0.15,), file=AlertFile(path="-")))

    def look() -> None:
        with database.write() as connection:
            at = datetime.combine(MONDAY + timedelta(days=60), time(7), UTC)
            found.extend(raise_alerts(connection, "toy", settings, at))
            raise Enough

    with pytest.raises(Enough):
        look()
    return {alert.rule: alert for alert in found}


@pytest.mark.parametrize("language", FOREIGN)
def test_an_alert_is_stored_in_the_language_of_the_settings_with_the_same_facts(toy: Database, language: str) -> None:
    _all_rules(toy)
    english, theirs = _raise(toy, "en"), _raise(toy, language)
    assert list(english) == list(theirs) == ["threshold", "failed", "rejected", "catch_up", "stale", "completeness"]
    for rule, alert in english.items():
        other = theirs[rule]
        assert replace(other, title=alert.title, body=alert.body) == alert
        assert (other.title, other.body) != (alert.title, alert.body)
    about = LANGUAGES[language].labels.target("arms_control_talks")
    assert about in theirs["threshold"].title
    assert "12%→19%" in theirs["threshold"].title


@pytest.mark.parametrize(
    ("language", "titles"),
    [
        (
            "ja",
            [
                "365日以内の軍備管理協議：12%→19%（15%を上回る）",
                "1日分の実行が失敗：2020年1月8日",
                "診断の結果、1日分の実行を公表見送り：2020年1月9日",
                "欠けていた1日分を補完実行：2020年1月7日",
                "1指標に観測の遅れ：Tone of the Graustark press",
                "14日を超えて記録漏れの確認がない種別：接触、危機、合意、協議",
            ],
        ),
        (
            "ko",
            [
                "365일 이내 군비통제 협상 12%→19%(15% 상회)",
                "1일분 실행 실패: 2020년 1월 8일",
                "1일분 실행, 진단에 따라 공표 보류: 2020년 1월 9일",
                "누락된 1일분 소급 실행: 2020년 1월 7일",
                "지표 1개 관측 지연: Tone of the Graustark press",
                "14일 넘게 누락 여부를 확인하지 않은 사건 유형: 접촉, 위기, 합의, 협상",
            ],
        ),
    ],
)
def test_titles_as_a_duty_officer_reads_them(toy: Database, language: str, titles: list[str]) -> None:
    _all_rules(toy)
    assert [alert.title for alert in _raise(toy, language).values()] == titles


MOVED = replace(
    ALERT,
    title="14%→19%",
    facts={
        "target": "arms_control_talks",
        "horizon_days": 365,
        "value": 0.19,
        "as_of": "2026-11-19",
        "steps": [
            {"rule": "threshold", "from": {"value": 0.14, "as_of": "2026-11-18"}, "points": 5.0, "thresholds": [0.15]},
            {"rule": "move_day", "from": {"value": 0.14, "as_of": "2026-11-18"}, "points": 5.0, "bound_points": 2.0},
        ],
    },
)
AROUND = {
    "en": ("within 365 d, crossing 15 %", "14 % (2026-11-18) → 19 % (2026-11-19), +5.0 points", "Raised "),
    "ja": ("365日以内、15%を上回る", "14%（2026年11月18日）→19%（2026年11月19日）、+5.0ポイント", "通知の時刻："),
    "ko": ("365일 이내, 15% 상회", "14%(2026년 11월 18일)→19%(2026년 11월 19일), +5.0%p", "알림 시각: "),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", [as_slack, as_teams])
def test_chat_services_get_the_words_around_in_the_language(
    form: Callable[[AlertRow, AlertWords], bytes], language: str
) -> None:
    text = json.dumps(json.loads(form(MOVED, LANGUAGES[language].alerts)), ensure_ascii=False)
    for said in AROUND[language]:
        assert said in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_trial_goes_out_in_the_language_of_the_settings(language: Any, tmp_path: Path) -> None:
    words = LANGUAGES[language].alerts
    with open_hook(service=slack) as hook, open_hook(service=teams) as other, open_box() as box:
        email = Email(
            host="localhost", port=box.port, security="none", sender="parley@example.org", to=("desk@example.org",)
        )
        for url, form in ((hook.url, "slack"), (other.url, "teams")):
            webhook = Webhook(url=url, form=form)  # type: ignore[arg-type]
            settings = AlertSettings(language=language, webhook=webhook, email=email, file=AlertFile(path="a.jsonl"))
            alert = trial_alert("toy", settings, Path("/srv/desk"), NOW)
            assert {one.outcome for one in try_channels(settings, alert, tmp_path, NOW)} == {"sent"}
        mails = box.mails
    (title, body), foot = words.trial(gethostname(), "/srv/desk"), words.origin(NOW, "test", "toy")
    assert [(mail["Subject"], mail.get_content().splitlines()) for mail in mails] == [
        (f"[Parley] {title}", [title, "", body, "", foot])
    ] * 2
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["data"]["title"] for line in lines] == [title, title]


@pytest.mark.parametrize("language", FOREIGN)
def test_what_overtook_the_numbers_is_named_before_them_in_the_language(toy: Database, language: str) -> None:
    _all_rules(toy)
    with toy.read() as connection:
        found = read_overtaken(connection, "toy", MONDAY + timedelta(days=60))
    assert found is not None
    before = "\n".join(LANGUAGES[language].news.overtaken_lines(found))
    assert _raise(toy, language)["threshold"].body.startswith(f"{before}\n")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_indicators_have_the_names_of_the_case_in_the_language(database: Database) -> None:
    """Those of the shipped case; in a language in which it has none they keep their own."""
    install_case(database, read_case_folder(shipped_case()), NOW)
    for language in LANGUAGES:
        names = read_names("us-dprk", language)
        settings = AlertSettings(language=language)  # type: ignore[arg-type]
        with database.read() as connection:
            own = {row.indicator_id: row.name for row in read_catalogue(connection, read_case(connection))}
            found = read_record(connection, "us-dprk", settings, NOW).catalogue
        assert {row.indicator_id: row.name for row in found} == {
            id_: names.get(("indicator", id_), name) for id_, name in own.items()
        }


def test_labels_name_every_type_of_event() -> None:
    labels: list[Labels] = [LANGUAGES[code].labels for code in FOREIGN]
    assert all(set(EVENT_TYPES) <= set(one.events) for one in labels)
