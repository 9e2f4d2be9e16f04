"""What an analyst codes: what is accepted, what is stored of it, and the sentence for each thing that is wrong."""

import re
import unicodedata
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.rows import NewEvent, NewObservation
from db.zone import Moment
from indicators.coding import (
    EVENT_COLUMNS,
    LONGEST,
    LONGEST_TEXT,
    OBSERVATION_COLUMNS,
    REQUIRED,
    Rules,
    new_event,
    new_observation,
    next_event_id,
)
from indicators.content import EVENT_TYPES
from indicators.folder import read_case_folder
from indicators.shipped import shipped_case
from indicators.tables import Problems, Row

TODAY = date(2026, 11, 22)
MOMENT = Moment(instant=datetime(2026, 11, 22, tzinfo=UTC))
RULES = Rules(
    case_id="toy",
    indicators=("us_posture", "Kcna_Tone"),
    grades=frozenset({"A1", "B2", "F6"}),
    moment=MOMENT,
    analyst="mori",
)
ENTRY = {"indicator": "us_posture", "observed_on": "2026-11-03", "level": "1", "grade": "B2", "source": "Gazette"}
EVENT = {"type": "contact", "started_on": "2026-11-03", "source": "Gazette"}
TALKS = {**EVENT, "type": "talks", "framing": "arms_control"}

typed = st.text(max_size=30)
days = st.dates(date(1900, 1, 1), TODAY)


def _observation(**cells: str) -> NewObservation:
    problems = Problems()
    made = new_observation(Row("", 0, {**ENTRY, **cells}, problems), RULES)
    assert problems.lines == []
    assert made is not None
    return made


def _event(*taken: str, **cells: str) -> NewEvent:
    problems = Problems()
    made = new_event(Row("", 0, {**EVENT, **cells}, problems), RULES, taken)
    assert problems.lines == []
    assert made is not None
    return made


@pytest.mark.parametrize(("level", "grade"), [("１", "Ｂ２"), ("－１", "ｂ２"), ("+1.5", "b2"), ("−2", "B2")])
def test_full_width_and_typographers_signs_are_read(level: str, grade: str) -> None:
    made = _observation(level=level, grade=grade)
    assert (made.reliability, made.credibility) == ("B", 2)
    assert made.level == float(level.translate(str.maketrans("１－−", "1--")))


def _refused(cells: dict[str, str], file: str = "") -> list[str]:
    problems = Problems()
    assert new_observation(Row(file, 7, cells, problems), RULES) is None
    return problems.lines


def _event_refused(cells: dict[str, str], *taken: str) -> list[str]:
    problems = Problems()
    assert new_event(Row("", 0, cells, problems), RULES, taken) is None
    return problems.lines


def test_an_entry_of_the_required_cells_is_complete() -> None:
    assert set(ENTRY) == set(REQUIRED) <= set(OBSERVATION_COLUMNS)
    day = date(2026, 11, 3)
    assert _observation() == NewObservation(
        case_id="toy",
        indicator_id="us_posture",
        observed_on=day,
        known_on=day,
        level=1.0,
        source_title="Gazette",
        source_publisher="",
        source_url="",
        origin="",
        reliability="B",
        credibility=2,
        analyst="mori",
        note="",
    )


def test_every_cell_is_stored() -> None:
    cells = {
        "known_on": "2026-11-05",
        "publisher": "Reuters",
        "url": "https://example.org/a?b=c",
        "origin": "leak",
        "analyst": "佐藤",
        "note": "seen\ttwice\nover",
    }
    stored = _observation(**cells)
    assert stored.known_on == date(2026, 11, 5)
    names = ("source_publisher", "source_url", "origin", "analyst", "note")
    assert [getattr(stored, name) for name in names] == [*cells.values()][1:]


@given(level=st.decimals(-2, 2, places=3), sign=st.sampled_from(["", "+"]))
def test_every_level_between_the_bounds_is_kept(level: object, sign: str) -> None:
    text = f"{level}"
    stored = _observation(level=text if text.startswith("-") else sign + text).level
    assert stored == float(text)


def test_a_level_may_have_a_real_minus_sign() -> None:
    assert [_observation(level=text).level for text in ("−1", "-1", "+1", "-0")] == [-1.0, -1.0, 1.0, 0.0]
    assert str(_observation(level="-0").level) == "0.0"


@pytest.mark.parametrize("spelling", ["kcna_tone", "KCNA_TONE", " Kcna_Tone "])
def test_ids_and_grades_may_be_written_in_any_case(spelling: str) -> None:
    stored = _observation(indicator=spelling, grade="b2")
    assert (stored.indicator_id, stored.reliability, stored.credibility) == ("Kcna_Tone", "B", 2)


@given(typed)
def test_what_is_stored_stays_the_same_when_it_is_entered_again(note: str) -> None:
    problems = Problems()
    made = new_observation(Row("", 0, {**ENTRY, "note": note}, problems), RULES)
    if made is None:
        assert re.match(r"note: holds ", problems.lines[0])
        return
    assert unicodedata.is_normalized("NFC", made.note)
    assert made.note == made.note.strip()
    assert "\r" not in made.note
    assert _observation(note=made.note) == made


def test_text_is_stored_in_one_form_however_it_was_typed() -> None:
    for text in ("한국어", "が", "é"):
        assert _observation(source=unicodedata.normalize("NFD", text)).source_title == text
    assert _observation(note="a\r\nb\rc").note == "a\nb\nc"


@pytest.mark.parametrize("text", ['=HYPERLINK("https://example.org","x")', "+1", "-1", "@here", "'=1"])
def test_what_looks_like_a_formula_is_stored_as_typed(text: str) -> None:
    stored = _observation(source=text, note=text, origin=text)
    assert (stored.source_title, stored.note, stored.origin) == (text, text, text)


@given(days, days)
def test_dates_are_kept_or_refused_by_their_order(observed_on: date, known_on: date) -> None:
    cells = {"observed_on": str(observed_on), "known_on": str(known_on)}
    if observed_on <= known_on:
        stored = _observation(**cells)
        assert (stored.observed_on, stored.known_on) == (observed_on, known_on)
    else:
        right = f"known_on: {known_on} lies before observed_on {observed_on}; write {observed_on} or a later day"
        assert _refused({**ENTRY, **cells}) == [right]


BAD_CELLS = [
    ("indicator", "us_postur", "unknown indicator 'us_postur'; did you mean 'us_posture'?"),
    ("indicator", "KCNA TONE", "unknown indicator 'KCNA TONE'; did you mean 'Kcna_Tone'?"),
    ("indicator", "xx", "unknown indicator 'xx'; use one of Kcna_Tone, us_posture"),
    ("indicator", "", "is empty; write the id of an indicator"),
    ("level", "3", "'3' lies outside −2…2; write a number from -2 to 2"),
    ("level", "-2.01", "'-2.01' lies outside −2…2; write a number from -2 to 2"),
    ("level", "high", "'high' is not a level; write a number from -2 to 2"),
    ("level", "nan", "'nan' is not a level; write a number from -2 to 2"),
    ("level", "-inf", "'-inf' is not a level; write a number from -2 to 2"),
    ("level", "1e0", "'1e0' is not a level; write a number from -2 to 2"),
    ("level", "0,500", "'0,500' is not a level; write a number from -2 to 2"),
    ("level", " ", "is empty; write a number from -2 to 2"),
    ("grade", "Z9", "'Z9' is not a grade of the case; use a letter A–F and a digit 1–6, such as B2"),
    ("grade", "2B", "'2B' is not a grade of the case; use a letter A–F and a digit 1–6, such as B2"),
    ("grade", "e5", "'e5' is not a grade of the case; use one of A1, B2, F6"),
    ("grade", "", "is empty; write a letter A–F and a digit 1–6, such as B2"),
    (
        "observed_on",
        "2026-11-23",
        "2026-11-23 is in the future; the latest day anywhere is 2026-11-22, and here it is 2026-11-22 00:00 UTC",
    ),
    ("observed_on", "2026-02-30", "'2026-02-30' is not a date; write YYYY-MM-DD, such as 2026-11-22"),
    (
        "observed_on",
        "3.11.2026",
        "'3.11.2026' may be 2026-03-11 or 2026-11-03; write the day that is meant",
    ),
    ("observed_on", "1066-10-14", "1066-10-14 lies before 1900; write a later year"),
    ("observed_on", "", "is empty; write the day it happened, YYYY-MM-DD"),
    ("known_on", "2026-11-01", "2026-11-01 lies before observed_on 2026-11-03; write 2026-11-03 or a later day"),
    (
        "known_on",
        "2027-01-01",
        "2027-01-01 is in the future; the latest day anywhere is 2026-11-22, and here it is 2026-11-22 00:00 UTC",
    ),
    ("source", "", "is empty; write who said it, and where"),
    ("source", " \t ", "is empty; write who said it, and where"),
    ("url", "www.example.org", "'www.example.org' is not a web address; write it with https:// or http://"),
    ("url", "https://a b", "'https://a b' is not a web address; write it with https:// or http://"),
    ("analyst", "case", "'case' stands for the rows of the case folder; write who enters it"),
    ("note", "a\0b", "holds a null character; delete it"),
    ("note", "a\x07b", "holds the control character U+0007; delete it"),
    ("source", "a\x85b", "holds the control character U+0085; delete it"),
    ("origin", "a\ud83d", "holds U+D83D, half of a character; write the whole one or delete it"),
    ("note", "x" * 10_485_760, "has 10485760 characters; write at most 10000"),
    ("note", "語" * 10_001, "has 10001 characters; write at most 10000"),
    ("publisher", "x" * 1_001, "has 1001 characters; write at most 1000"),
    ("level", "1" * 1_001, "has 1001 characters; write at most 1000"),
    ("indicator", "x" * 900, f"unknown indicator '{'x' * 60}…'; use one of Kcna_Tone, us_posture"),
]


@pytest.mark.parametrize(("column", "text", "sentence"), BAD_CELLS)
def test_a_bad_cell_is_refused_once_with_its_sentence(column: str, text: str, sentence: str) -> None:
    (typed_at_a_command,) = _refused({**ENTRY, column: text})
    assert typed_at_a_command.startswith(f"{column}: {sentence}")
    (in_a_file,) = _refused({**ENTRY, column: text}, "may.csv")
    assert in_a_file.startswith(f"may.csv: row 7, column {column}: {sentence}")


def test_all_problems_of_an_entry_are_found_at_once() -> None:
    bad = dict.fromkeys(OBSERVATION_COLUMNS, "\0")
    assert sorted(line.split(":")[0] for line in _refused(bad)) == sorted(OBSERVATION_COLUMNS)
    assert {line.split(":")[0] for line in _refused({})} == set(REQUIRED)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(OBSERVATION_COLUMNS, typed)))
def test_an_entry_is_made_or_told_why_not(cells: dict[str, str]) -> None:
    problems = Problems()
    made = new_observation(Row("", 0, cells, problems), RULES)
    assert (made is None) == bool(problems.lines)
    assert all(line.split(":")[0] in OBSERVATION_COLUMNS for line in problems.lines)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(EVENT_COLUMNS, typed)))
def test_an_event_is_made_or_told_why_not(cells: dict[str, str]) -> None:
    problems = Problems()
    made = new_event(Row("", 0, cells, problems), RULES)
    assert (made is None) == bool(problems.lines)
    assert all(line.split(":")[0] in EVENT_COLUMNS for line in problems.lines)


@pytest.mark.parametrize("most", [LONGEST, LONGEST_TEXT["note"]])
def test_the_longest_text_is_stored(most: int) -> None:
    column = "note" if most == LONGEST_TEXT["note"] else "source"
    assert len(getattr(_observation(**{column: "字" * most}), {"source": "source_title"}.get(column, column))) == most


def test_an_event_of_the_required_cells_is_complete() -> None:
    day = date(2026, 11, 3)
    empty = dict.fromkeys(("level", "format", "venue", "note"), "")
    assert _event() == NewEvent(
        case_id="toy",
        event_id="T2026-01",
        type="contact",
        framing="none",
        started_on=day,
        ended_on=day,
        known_on=day,
        date_precision="day",
        source="Gazette",
        confidence="medium",
        analyst="mori",
        **empty,
    )


def test_an_event_is_known_when_it_ended_unless_said_otherwise() -> None:
    assert _event(ended_on="2026-11-05").known_on == date(2026, 11, 5)
    assert _event(ended_on="2026-11-05", known_on="2026-11-03").known_on == date(2026, 11, 3)


def test_a_dispute_is_an_event_of_low_confidence_with_a_reason() -> None:
    assert _event(confidence="Low", reason="denied by both").disputed
    assert not _event().disputed


BAD_EVENTS = [
    ({**EVENT, "type": "talk"}, "type: 'talk' is not allowed; did you mean 'talks'?"),
    ({**EVENT, "type": ""}, "type: is empty; write one of talks, contact, deal, crisis"),
    ({**TALKS, "framing": ""}, "framing: is empty; write what the talks were about, arms_control or denuclearisation"),
    ({**TALKS, "framing": "none"}, "framing: is empty; write what the talks were about"),
    ({**TALKS, "framing": "arms control"}, "framing: 'arms control' is not allowed; did you mean 'arms_control'?"),
    ({**EVENT, "framing": "arms_control"}, "framing: 'arms_control' does not apply to contact; leave it empty"),
    ({**EVENT, "started_on": ""}, "started_on: is empty; write the day it began, YYYY-MM-DD"),
    (
        {**EVENT, "started_on": "2026-12-01"},
        "started_on: 2026-12-01 is in the future; the latest day anywhere is 2026-11-22, "
        "and here it is 2026-11-22 00:00 UTC",
    ),
    ({**EVENT, "ended_on": "2026-11-01"}, "ended_on: 2026-11-01 lies before started_on 2026-11-03; write 2026-11-03"),
    (
        {**EVENT, "ended_on": "2026-11-30"},
        "ended_on: 2026-11-30 is in the future; the latest day anywhere is 2026-11-22, "
        "and here it is 2026-11-22 00:00 UTC",
    ),
    ({**EVENT, "known_on": "2026-11-01"}, "known_on: 2026-11-01 lies before started_on 2026-11-03; write 2026-11-03"),
    ({**EVENT, "date_precision": "week"}, "date_precision: 'week' is not allowed; use one of day, month, year"),
    ({**EVENT, "confidence": "sure"}, "confidence: 'sure' is not allowed; use one of high, medium, low"),
    ({**EVENT, "confidence": "low"}, "reason: is empty, and confidence low marks a disputed event; give its reason"),
    ({**EVENT, "source": ""}, "source: is empty; write who said it, and where"),
    ({**EVENT, "id": "a b"}, "id: 'a b' is not an id; write letters, digits, - and ., such as T2018-05"),
    ({**EVENT, "id": "t2026-01"}, "id: 't2026-01' is taken; leave it empty to get the next free one, or revise that"),
    ({**EVENT, "reason": "x" * 10_001}, "reason: has 10001 characters; write at most 10000"),
]


@pytest.mark.parametrize(("cells", "sentence"), BAD_EVENTS)
def test_a_bad_event_is_refused_once_with_its_sentence(cells: dict[str, str], sentence: str) -> None:
    (line,) = _event_refused(cells, "T2026-01")
    assert line.startswith(sentence)


def test_a_deal_may_have_a_framing() -> None:
    assert _event(type="deal", framing="arms_control").framing == "arms_control"
    assert _event(type="deal").framing == "none"


@given(st.sampled_from(EVENT_TYPES), st.dates(date(1993, 1, 1), TODAY), st.integers(1, 30))
def test_ids_are_new_each_time(type_: str, started_on: date, times: int) -> None:
    taken: list[str] = []
    for _ in range(times):
        taken.append(next_event_id(type_, started_on, taken))
    assert len(set(taken)) == times
    assert all(re.fullmatch(rf"[TDC]{started_on.year}-\d\d", id_) for id_ in taken)


def test_ids_are_spelled_as_in_the_shipped_case() -> None:
    events = read_case_folder(shipped_case()).events
    assert {(event.type, event.event_id[0]) for event in events} == {
        (type_, next_event_id(type_, TODAY, ())[0]) for type_ in EVENT_TYPES
    }
    months = [event for event in events if event.type in ("deal", "crisis")]
    spelled = [next_event_id(event.type, event.started_on, ()) for event in months]
    assert sum(a == b.event_id for a, b in zip(spelled, months, strict=True)) > 0.9 * len(months)
    assert next_event_id("talks", date(2018, 11, 1), [event.event_id for event in events]) == "T2018-17"
