"""`parley indicators | observations | documents | events | runs`: what is on file, as of a day and as recorded."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_runs import FAILURES, LOADED, add_run, install_toy

from db.append import append_events, append_observations
from db.engine import Database
from db.read import read_events, read_observations
from db.when import When
from forecast.cli.app import run
from forecast.engine.assemble import read_problem
from indicators.folder import read_case_folder
from indicators.install import install_case
from indicators.shipped import shipped_case
from models.states import filter_states

AS_OF = ("--as-of", "2020-01-01")
CORRECTED = datetime(2020, 1, 3, 9, 30, tzinfo=UTC)
type Command = Callable[..., str]


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{tmp_path / 'parley.db'}")
    monkeypatch.setenv("COLUMNS", "120")
    with install_toy(tmp_path) as database:
        yield database


@pytest.fixture
def parley(capsys: pytest.CaptureFixture[str]) -> Command:
    """What a command prints that succeeds."""

    def call(*arguments: str) -> str:
        code = run(arguments)
        said = capsys.readouterr()
        assert (code, said.err) == (0, "")
        return said.out

    return call


@pytest.fixture
def listed(parley: Command) -> Callable[..., dict[str, Any]]:
    def call(*arguments: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(parley(*arguments, "--json"))
        return found

    return call


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Exit code and message of a command that fails with one line and prints nothing."""

    def call(*arguments: str) -> tuple[int, str]:
        code = run(arguments)
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("error: ")
        assert said.err.count("\n") == 1
        return code, said.err.removeprefix("error: ").rstrip("\n")

    return call


def test_indicators_stand_where_the_filter_puts_them(toy: Database, listed: Callable[..., dict[str, Any]]) -> None:
    said = listed("indicators", *AS_OF)
    with toy.read() as connection:
        _, _, problem = read_problem(connection, When(as_of=date(2020, 1, 1)))
    day = np.array([problem.as_of])
    now = filter_states(problem.observations, problem.catalogue).at(day, day.astype(float))
    assert [row["id"] for row in said["indicators"]] == list(problem.catalogue.names)
    assert [row["mean"] for row in said["indicators"]] == pytest.approx(now.mean[0].tolist())
    assert [row["sd"] ** 2 for row in said["indicators"]] == pytest.approx(now.variance[0].tolist())


def test_indicators_say_when_they_were_last_observed(listed: Callable[..., dict[str, Any]], toy: Database) -> None:
    rows = {row["id"]: row for row in listed("indicators", *AS_OF)["indicators"]}
    assert rows["press_tone"]["last_observed_on"] == "2019-10-05"
    assert (rows["press_tone"]["stale_days"], rows["press_tone"]["stale"]) == (88, True)
    assert (rows["press_tone"]["observations"], rows["harvest"]["observations"]) == (40, 9)
    assert rows["harvest"]["last_observed_on"] == "2018-12-31"  # the yearbook of 2019 comes out in March


def test_the_table_of_indicators(toy: Database, parley: Command) -> None:
    table = """\
3 indicators as of 2020-01-01
indicator       level  ± sd  last observed  days ago         obs  question
press_tone       0.00  1.40     2019-10-05        88  stale   40  Tone of the Graustark press. How hostile is the press?
                                                                  (event, half-life 30 d, lag 30 d, expected every 30 d)
"""
    assert parley("indicators", *AS_OF).startswith(table)


def test_words_go_below_their_row_where_there_is_no_room(
    toy: Database, parley: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = parley("indicators", *AS_OF)
    assert "    Tone of the Graustark press. How hostile is the press? (event, half-life\n" in text
    assert max(map(len, text.splitlines())) <= 80


def test_one_indicator_in_detail(toy: Database, parley: Command, listed: Callable[..., dict[str, Any]]) -> None:
    text = parley("indicators", "Border_Posture", "--last", "2", *AS_OF)
    assert text.startswith("border_posture: Posture at the border\nHow many regiments stand at the border?\n")
    assert "\n+2  None.\n+1  One or two.\n 0  Three.\n−1  Four or five.\n−2  Six or more.\n" in text
    assert "Last 2 of 40 observations" in text
    said = listed("indicators", "border_posture", "--last", "2", *AS_OF)
    assert [row["level"] for row in said["levels"]] == [-2, -1, 0, 1, 2]
    assert [row["observed_on"] for row in said["last_observations"]] == ["2019-10-05", "2019-07-05"]
    assert said["last_observations"][1]["origin"] == "2019-observers-report"
    assert said["indicator"] == listed("indicators", *AS_OF)["indicators"][1]


def test_as_of_hides_what_was_not_known_and_as_recorded_what_was_not_entered(
    toy: Database, listed: Callable[..., dict[str, Any]]
) -> None:
    with toy.write() as connection:
        last = read_observations(connection, "toy", When(as_of=date(2020, 1, 1)), indicator_id="press_tone")[-1]
        new = replace(last, level=2.0, observed_on=date(2020, 2, 1), known_on=date(2020, 2, 3))
        append_observations(connection, [new], datetime(2020, 3, 1, 12, tzinfo=UTC))

    def seen(*options: str) -> int:
        return int(listed("indicators", "press_tone", *options)["indicator"]["observations"])

    assert seen("--as-of", "2020-02-02") == 40
    assert seen("--as-of", "2020-02-03") == 41
    assert seen("--as-of", "2020-02-03", "--as-recorded", "2020-03-01T11:59:59") == 40
    assert seen("--as-of", "2020-02-03", "--as-recorded", "2020-03-01T12:00:00Z") == 41
    assert seen("--as-of", "2020-02-03", "--as-recorded", "2020-03-01") == 41


def test_documents_and_their_judgements(toy: Database, parley: Command, listed: Callable[..., dict[str, Any]]) -> None:
    assert listed("documents", *AS_OF)["documents"] == [
        {
            "id": "rassendyll-2015",
            "author": "R. Rassendyll",
            "published_on": "2015-03-01",
            "directness": "high",
            "explicit": 2,
            "inferred": 1,
            "row": 1,
            "counts_from": "2015-03-01",
            "analyst": "case",
            "status": "stands",
            "ending": None,
        },
        {
            "id": "tarlenheim-2017",
            "author": "F. Tarlenheim",
            "published_on": "2017-06-15",
            "directness": "low",
            "explicit": 0,
            "inferred": 1,
            "row": 2,
            "counts_from": "2017-06-15",
            "analyst": "case",
            "status": "stands",
            "ending": None,
        },
    ]
    assert [row["id"] for row in listed("documents", "--as-of", "2016-01-01")["documents"]] == ["rassendyll-2015"]
    assert parley("documents", *AS_OF) == (
        "2 documents as of 2020-01-01\n"
        "document         published   counts from  directness  analyst  explicit  inferred  author\n"
        "rassendyll-2015  2015-03-01  2015-03-01   high        case            2         1  R. Rassendyll\n"
        "tarlenheim-2017  2017-06-15  2017-06-15   low         case            0         1  F. Tarlenheim\n"
    )
    text = parley("documents", "Tarlenheim-2017", *AS_OF)
    assert "caveats      A letter.\n" in text
    assert "arms_control_talks  harvest        −1  inferred  hunger hardens\n" in text
    judgements = listed("documents", "rassendyll-2015", *AS_OF)["judgements"]
    assert [(row["indicator"], row["weight"]) for row in judgements] == [
        ("border_posture", 2.5),
        ("press_tone", 1.0),
        ("border_posture", -2.0),
    ]


def test_events_by_type_and_date(toy: Database, parley: Command, listed: Callable[..., dict[str, Any]]) -> None:
    assert len(listed("events", *AS_OF)["events"]) == 30
    some = listed("events", "--type", "deal", "--type", "crisis", "--from", "2012-01-01", "--to", "2014-09-01", *AS_OF)
    assert [row["id"] for row in some["events"]] == ["C2012", "D2014"]
    assert {row["type"] for row in some["complete"]} == {"deal", "crisis"}
    assert {row["complete_through"] for row in some["complete"]} == {"2019-12-31"}
    early = listed("events", "--as-of", "2012-03-11")
    assert {row["complete_through"] for row in early["complete"]} == {"2012-03-11"}
    assert "T2012-1" not in {row["id"] for row in early["events"]}, "it ended, and was known, a day later"
    text = parley("events", "--type", "talks", "--from", "2019-04-01", *AS_OF)
    assert text.splitlines()[0] == "1 event as of 2020-01-01"
    assert "T2019-2  talks  denuclearisation  2019-04-20  2019-04-20  high" in text
    assert text.endswith("Complete: talks 2010-01-01 to 2019-12-31, last attested by the case.\n")


def test_one_event_in_detail(toy: Database, parley: Command, listed: Callable[..., dict[str, Any]]) -> None:
    assert "dates       2019-03-10 to 2019-03-12 (precise to the day), known on 2019-03-12" in parley(
        "events", "t2019-1"
    )
    assert listed("events", "T2019-1")["source"] == "Gazette"


@pytest.fixture
def corrected(toy: Database) -> Database:
    """The toy case after a desk at work: a level revised and one withdrawn, an event disputed and one withdrawn."""
    on = date(2019, 12, 1)
    with toy.write() as connection:
        tone, posture = (
            read_observations(connection, "toy", When(as_of=date(2020, 1, 1)), indicator_id=name)[-1]
            for name in ("press_tone", "border_posture")
        )
        coded = replace(tone, level=1.5, supersedes=tone.id, known_on=on, analyst="kim")
        gone = replace(posture, supersedes=posture.id, known_on=on, analyst="kim", retracted=True, reason="miscounted")
        append_observations(connection, [coded, gone], CORRECTED)
        events = {row.event_id: row for row in read_events(connection, "toy", When(as_of=date(2020, 1, 1)))}
        talks, contact = events["T2019-2"], events["C2019"]
        doubtful = replace(talks, supersedes=talks.id, known_on=on, analyst="kim", confidence="low", reason="denied")
        never = replace(contact, supersedes=contact.id, known_on=on, analyst="kim", retracted=True, reason="a double")
        append_events(connection, [doubtful, never], CORRECTED)
    return toy


def test_observations_newest_first_fifty_at_first(
    toy: Database, parley: Command, listed: Callable[..., dict[str, Any]]
) -> None:
    text = parley("observations", *AS_OF)
    assert text.startswith(
        "89 observations as of 2020-01-01\n"
        "row  indicator       observed    known       level  grade  analyst  note and source\n"
        " 89  border_posture  2019-10-05  2019-10-15      0  A1     case     Count, Observers\n"
        " 88  press_tone      2019-10-05  2019-10-05      0  B2     case     Leader, Gazette\n"
    )
    assert text.endswith("\n… and 39 more; --last 0 shows all\n")
    assert "more" not in parley("observations", "--last", "0", *AS_OF)
    rows = listed("observations", *AS_OF)["observations"]
    assert len({row["row"] for row in rows}) == len(rows) == 89
    assert [row["observed_on"] for row in rows] == sorted((row["observed_on"] for row in rows), reverse=True)
    said = listed("observations", "--last", "2", *AS_OF)
    assert (said["matching"], said["observations"]) == (89, rows[:2])


def test_observations_have_their_status(
    corrected: Database, parley: Command, listed: Callable[..., dict[str, Any]]
) -> None:
    asked = ("observations", "--from", "2019-10-01", "--to", "2019-10-05", "--superseded", "--retracted", *AS_OF)
    rows = listed(*asked)["observations"]
    revised, posture, tone = (row["row"] for row in rows)
    assert [(row["row"], row["status"]) for row in rows] == [
        (revised, "stands"),
        (posture, "retracted"),
        (tone, "superseded"),
    ]
    ending = {"row": revised + 1, "on": "2019-12-01", "reason": "miscounted", "analyst": "kim"}
    assert [row["ending"] for row in rows] == [None, ending, {**ending, "row": revised, "reason": ""}]
    text = " ".join(parley(*asked).split())
    assert f"{revised} press_tone 2019-10-05 2019-12-01 +1.5 B2 kim stands. Leader, Gazette" in text
    assert "retracted on 2019-12-01: miscounted (by kim). Count, Observers" in text
    assert f"superseded by row {revised} on 2019-12-01. Leader, Gazette" in text
    assert "stands" not in parley("observations", "--from", "2019-10-01", *AS_OF)
    earlier = listed(*asked, "--as-recorded", LOADED.isoformat())["observations"]
    assert [(row["row"], row["status"]) for row in earlier] == [(posture, "stands"), (tone, "stands")]


def test_observations_by_analyst_indicator_and_source(
    corrected: Database, parley: Command, listed: Callable[..., dict[str, Any]]
) -> None:
    assert [row["analyst"] for row in listed("observations", "--analyst", "Kim", *AS_OF)["observations"]] == ["kim"]
    asked = ("observations", "--indicator", "Harvest", "--indicator", "press_tone", "--source", "yearbook", *AS_OF)
    assert {row["indicator"] for row in listed(*asked)["observations"]} == {"harvest"}
    said = "--source 'tass' leaves none of 9 observations with --indicator harvest; they were published by Office"
    missed = ("observations", "--indicator", "harvest", "--source", "tass", *AS_OF)
    assert parley(*missed) == f"0 observations as of 2020-01-01\n{said}.\n"
    assert listed(*missed)["nothing"] == said


@pytest.mark.parametrize("width", [80, 120])
def test_lists_of_entries_keep_to_the_width(
    corrected: Database, parley: Command, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    for name in ("observations", "events"):
        text = parley(name, "--superseded", "--retracted", *AS_OF)
        assert max(map(len, text.splitlines())) <= width


def test_events_in_dispute_are_listed_and_say_so(
    corrected: Database, parley: Command, listed: Callable[..., dict[str, Any]]
) -> None:
    asked = ("events", "--disputed", *AS_OF)
    (row,) = listed(*asked)["events"]
    assert (row["id"], row["disputed"], row["reason"], row["analyst"]) == ("T2019-2", True, "denied", "kim")
    text = " ".join(parley(*asked).split())
    assert "2019-04-20 2019-04-20 low (disputed) disputed: denied. source: Gazette. Strelsau, bilateral, envoy" in text
    assert "entered by kim" in text
    assert row in listed("events", *AS_OF)["events"]
    assert listed("events", "--disputed", "--as-of", "2019-11-30")["events"] == []


def test_events_by_analyst_source_and_status(corrected: Database, listed: Callable[..., dict[str, Any]]) -> None:
    def found(*options: str) -> list[tuple[str, str]]:
        rows = listed("events", "--from", "2019-01-01", *options, *AS_OF)["events"]
        return [(row["id"], row["status"]) for row in rows]

    assert found() == [("T2019-1", "stands"), ("T2019-2", "stands")]
    assert found("--retracted") == [*found(), ("C2019", "retracted")]
    assert found("--superseded") == [("T2019-1", "stands"), ("T2019-2", "superseded"), ("T2019-2", "stands")]
    assert found("--analyst", "case", "--superseded") == [("T2019-1", "stands"), ("T2019-2", "superseded")]
    assert found("--analyst", "kim") == [("T2019-2", "stands")]
    assert found("--source", "GAZETTE") == found()
    assert found("--source", "tass") == []


def test_an_event_shows_its_dispute_and_its_history(
    corrected: Database, parley: Command, listed: Callable[..., dict[str, Any]]
) -> None:
    text = parley("events", "T2019-2", *AS_OF)
    assert "confidence  low (disputed)\ndisputed    denied; left out of forecasts until settled\n" in text
    assert "analyst     kim\n" in text
    lines = [" ".join(line.split()) for line in text.splitlines()]
    first, second = (row["row"] for row in listed("events", "t2019-2", *AS_OF)["history"])
    assert lines[lines.index("History") + 1 :] == [
        "row recorded (UTC) known on analyst what",
        f"{first} 2020-01-02 12:00 2019-04-20 case entered",
        f"{second} 2020-01-03 09:30 2019-12-01 kim revised: confidence high → low; reason nothing → denied",
    ]
    gone = parley("events", "c2019", *AS_OF)
    assert "status      retracted on 2019-12-01: a double (by kim)\n" in gone
    assert gone.endswith(" kim      retracted: a double\n")
    assert "History" not in parley("events", "T2019-1", *AS_OF)
    assert "History" not in parley("events", "T2019-2", "--as-recorded", LOADED.isoformat())


def test_coverage_names_who_attested_it(toy: Database, listed: Callable[..., dict[str, Any]]) -> None:
    spans = listed("events", *AS_OF)["complete"]
    assert {span["attested_by"] for span in spans} == {"case"}
    assert sorted(span["row"] for span in spans) == [1, 2, 3, 4]


def test_runs_by_kind_status_and_day(toy: Database, parley: Command, listed: Callable[..., dict[str, Any]]) -> None:
    add_run(toy)
    add_run(toy, as_of=date(2020, 2, 1), status="rejected", failures=FAILURES, kind="official", detail={"structure": 3})
    add_run(toy, as_of=date(2015, 1, 1), kind="backfill")

    def ids(*options: str) -> list[int]:
        return [row["id"] for row in listed("runs", *options)["runs"]]

    assert ids() == [2, 1, 3]
    assert ids("--limit", "1") == [2]
    assert listed("runs", "--limit", "1")["total"] == 3
    assert parley("runs", "--limit", "1").endswith("… and 2 more; --limit 3 for all\n")
    assert "more;" not in parley("runs", "--limit", "3")
    assert ids("--status", "published") == [1, 3]
    assert ids("--kind", "backfill", "--kind", "official") == [2, 3]
    assert ids("--as-of", "2020-01-01") == [1]
    first = listed("runs", "--as-of", "2020-01-01")["runs"][0]
    assert [row["structure"] for row in listed("runs", "--kind", "official")["runs"]] == [3]
    assert (first["horizon_days"], first["headline"], first["divergences"]) == (365, pytest.approx(0.25), 0)
    text = parley("runs")
    assert text.startswith("3 runs; headline: arms-control talks\n")
    none = listed("runs", "--as-of", "2018-01-01", "--kind", "official")
    assert (none["runs"], none["total"]) == ([], 0)
    asked = "--kind official --as-of 2018-01-01 leaves none of 3 runs on file, as of "
    assert none["nothing"].startswith(asked)
    assert listed("runs")["nothing"] == ""
    assert asked in parley("runs", "--as-of", "2018-01-01", "--kind", "official")
    assert (
        "2  2020-02-01  official  rejected   2020-01-02 12:00         –       –      3  1.002  1500     0   4000"
        in text
    )
    assert FAILURES[1] in " ".join(text.split())


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["indicators", "pres_tone"], 1, "unknown indicator 'pres_tone'; did you mean 'press_tone'?"),
        (["indicators", "PRES_TONE"], 1, "unknown indicator 'PRES_TONE'; did you mean 'press_tone'?"),
        (
            ["indicators", "xyz"],
            1,
            "unknown indicator 'xyz'; use one of border_posture, harvest, press_tone",
        ),
        (["observations", "--indicator", "pres_tone"], 1, "unknown indicator 'pres_tone'; did you mean 'press_tone'?"),
        (
            ["observations", "--from", "2019-02-01", "--to", "2019-01-01"],
            2,
            "Invalid value for '--to': 2019-01-01 is before --from 2019-02-01; name a later day; "
            "see `parley observations --help`",
        ),
        (
            ["observations", "--from", "Monday"],
            2,
            "Invalid value for '--from': 'Monday' is not a date; write YYYY-MM-DD, such as 2026-10-10; "
            "see `parley observations --help`",
        ),
        (
            ["observations", "--source", " "],
            2,
            "Invalid value for '--source': is empty; write a part of the source, or leave the option out; "
            "see `parley observations --help`",
        ),
        (
            ["events", "--source", ""],
            2,
            "Invalid value for '--source': is empty; write a part of the source, or leave the option out; "
            "see `parley events --help`",
        ),
        (["documents", "rassendyl-2015"], 1, "unknown document 'rassendyl-2015'; did you mean 'rassendyll-2015'?"),
        (["events", "t2019-3"], 1, "unknown event 't2019-3'; did you mean 'T2019-2'?"),
        (
            ["events", "--type", "tals"],
            2,
            "Invalid value for '--type': 'tals' is not known; did you mean 'talks'?; see `parley events --help`",
        ),
        (
            ["runs", "--kind", "daily"],
            2,
            "Invalid value for '--kind': 'daily' is not known; use one of official, manual, backfill, provisional; "
            "see `parley runs --help`",
        ),
        (
            ["runs", "--status", "publish"],
            2,
            "Invalid value for '--status': 'publish' is not known; did you mean 'published'?; see `parley runs --help`",
        ),
        (
            ["events", "--from", "2019-02-01", "--to", "2019-01-01"],
            2,
            "Invalid value for '--to': 2019-01-01 is before --from 2019-02-01; name a later day; "
            "see `parley events --help`",
        ),
        (
            ["documents", "--as-recorded", "noon"],
            2,
            "Invalid value for '--as-recorded': 'noon' is not an instant; write a UTC instant, such as "
            "2026-10-10T12:00:00, or a date; see `parley documents --help`",
        ),
        (
            ["documents", "--as-recorded", "2019-01-01T00:00:00"],
            1,
            "nothing of case toy was recorded by 2019-01-01T00:00:00+00:00; name a later instant",
        ),
    ],
)
def test_what_is_not_known_is_named(
    toy: Database, refused: Callable[..., tuple[int, str]], arguments: list[str], code: int, message: str
) -> None:
    if arguments[0] == "indicators":
        arguments = [*arguments, *AS_OF]
    assert refused(*arguments) == (code, message)


@pytest.mark.parametrize("name", ["indicators", "observations", "disagreements", "documents", "events"])
def test_a_day_that_lies_ahead_is_refused(
    toy: Database, refused: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("forecast.cli.console.utc_now", lambda: datetime(2020, 3, 1, 12, 30, tzinfo=UTC))
    what = "2020-03-03 is in the future, and what will be known by then is not known yet"
    assert refused(name, "--as-of", "2020-03-03") == (
        1,
        f"{what}; the latest day you can ask about is today, 2020-03-01 (2020-03-01 12:30 UTC)",
    )
    assert run([name, "--as-of", "2020-03-02"]) == 0  # which has begun somewhere, and can be entered


def test_last_goes_with_an_indicator_and_zero_means_all(
    toy: Database, refused: Callable[..., tuple[int, str]], listed: Callable[..., dict[str, Any]]
) -> None:
    assert refused("indicators", "--last", "3") == (
        2,
        "Invalid value for '--last': needs an ID; write `parley indicators ID --last 3`, or `parley observations "
        "--last 3`; see `parley indicators --help`",
    )
    found = listed("indicators", "border_posture", "--last", "0", *AS_OF)
    assert len(found["last_observations"]) == found["indicator"]["observations"] == 40
    assert found["also_that_day"] == 0
    assert len(listed("indicators", "border_posture", *AS_OF)["last_observations"]) == 10


def test_of_several_cases_the_environment_names_one(
    toy: Database, parley: Command, refused: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    install_case(toy, read_case_folder(shipped_case()), LOADED)
    code, message = refused("events")
    assert (code, message.strip()) == (1, "the database holds 2 cases; set PARLEY_CASE to one of toy, us-dprk")
    monkeypatch.setenv("PARLEY_CASE", "toy")
    assert parley("events").startswith("30 events")
