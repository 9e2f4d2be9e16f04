"""The days of a plan, and what another program reads in the calendar that is made of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ical.calendar import Calendar
from ical.calendar_stream import IcsCalendarStream
from ical.event import Event

from forecast.facts.plan import (
    ATTESTATION,
    ATTESTED_UNTIL,
    DEADLINE,
    EXPECTED,
    OBSERVATION,
    SIGNPOST,
    Candidate,
    Dated,
    Plan,
    Said,
    Signpost,
)
from forecast.facts.why import Reach
from forecast.plan.calendar import Entries, as_ical, calendar_of, uid_of

TODAY = date(2026, 3, 10)
SAID = Said(rolling=0.2, deadline=None)
JAPANESE = "北朝鮮の核実験場、豊渓里の動き；衛星写真で確かめる。" * 8
LONG = 'Posture, as "seen": north; south, C:\\New\\names\nand a line below, ' * 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A language of entries alone."""

    code: str = "en"
    entry: Callable[[Dated], tuple[str, str]] = field(default=lambda dated: (dated.name, f"{dated.kind}: {dated.name}"))

    @property
    def plan(self) -> "Spoken":
        return self


ENGLISH: Entries = Spoken()


def candidate(indicator: str, age: int | None, cadence: float | None = 30.0, **parts: str) -> Candidate:
    return Candidate(
        kind=parts.get("kind", OBSERVATION),
        indicator=indicator,
        name=f"Name of {indicator}",
        grade=parts.get("grade", "B2"),
        movement=0.01,
        sd=0.01,
        mutual_information=0.001,
        drift=0.0,
        low=0.1,
        high=0.3,
        cost=1.0,
        age_days=age,
        cadence_days=cadence,
    )


def signpost(indicator: str, level: int, by: date) -> Signpost:
    return Signpost(
        indicator=indicator,
        name=f"Name of {indicator}",
        level=level,
        criterion="a test",
        grade="B2",
        by=by,
        now=SAID,
        seen=SAID,
        unseen=SAID,
    )


def plan_with(calendar: Sequence[Dated], as_of: date = TODAY, case_id: str = "us-dprk") -> Plan:
    return Plan(
        case_id=case_id,
        as_of=as_of,
        base_run_id=1,
        target="arms_control_talks",
        reach=Reach(90, None),
        deadline=None,
        now=SAID,
        candidates=(),
        signposts=(),
        calendar=tuple(calendar),
        grades=("B2",),
        main_grade="B2",
    )


def full_calendar(as_of: date = TODAY) -> tuple[Dated, ...]:
    """One entry of each kind and more; each day moves with the day as of which it is made, but for deadlines."""
    ahead = as_of + timedelta(days=60)
    return calendar_of(
        as_of,
        [candidate("us_posture", 10), candidate("press_tone", 90)],
        [signpost("us_posture", 2, ahead), signpost("us_posture", -2, ahead)],
        [(date(2026, 10, 10), "The party's anniversary")],
        as_of - timedelta(days=3),
    )


def entry_of(kind: str, day: date, subject: str = "", name: str = "") -> Dated:
    return Dated(kind=kind, subject=subject, day=day, name=name)


def read_back(written: bytes) -> Calendar:
    return IcsCalendarStream.calendar_from_ics(written.decode())


def event_of(name: str, code: str = "en") -> Event:
    (event,) = read_back(as_ical(plan_with([entry_of(EXPECTED, TODAY, "a", name)]), Spoken(code=code))).events
    return event


def kept(calendar: Sequence[Dated], kind: str) -> list[tuple[str, date]]:
    return [(one.subject, one.day) for one in calendar if one.kind == kind]


# ------------------------------------------------------------------ the days


@pytest.mark.parametrize(
    ("age", "cadence", "day"),
    [
        (0, 30.0, date(2026, 4, 9)),
        (29, 30.0, date(2026, 3, 11)),
        (30, 30.0, date(2026, 3, 10)),
        (31, 30.0, date(2026, 3, 11)),
        (900, 30.0, date(2026, 3, 11)),
        (0, 1.4, date(2026, 3, 11)),
        (0, 1.6, date(2026, 3, 12)),
        (0, 0.2, date(2026, 3, 10)),
    ],
)
def test_an_indicator_is_expected_a_cadence_after_it_was_observed_and_tomorrow_if_that_is_past(
    age: int, cadence: float, day: date
) -> None:
    assert kept(calendar_of(TODAY, [candidate("a", age, cadence)], [], [], None), EXPECTED) == [("a", day)]


@pytest.mark.parametrize("cadence", [0.5, 1.5, 2.5, 30.5, 31.5])
def test_the_day_does_not_wander_while_it_is_waited_for(cadence: float) -> None:
    days = {
        kept(calendar_of(TODAY + timedelta(days=age), [candidate("a", age, cadence)], [], [], None), EXPECTED)[0]
        for age in range(round(cadence) + 1)
    }
    assert len(days) == 1


def test_what_was_never_observed_or_has_no_cadence_is_not_expected_on_a_day() -> None:
    never = [candidate("a", None), candidate("b", 3, None), candidate("", 3, kind=ATTESTATION)]
    assert kept(calendar_of(TODAY, never, [], [], None), EXPECTED) == []


def test_an_indicator_has_one_entry_whatever_its_grades() -> None:
    found = calendar_of(TODAY, [candidate("a", 3, grade=grade) for grade in ("A1", "B2", "C3")], [], [], None)
    assert kept(found, EXPECTED) == [("a", TODAY + timedelta(days=27))]
    assert [one.name for one in found if one.kind == EXPECTED] == ["Name of a"]


def test_a_signpost_stands_on_its_day_with_its_level() -> None:
    posts = [signpost("a", level, TODAY + timedelta(days=60)) for level in (2, -2)]
    found = [one for one in calendar_of(TODAY, [], posts, [], None) if one.kind == SIGNPOST]
    assert [one.subject for one in found] == ["a+2", "a-2"]
    assert {one.signpost.level: one.signpost for one in found if one.signpost} == {one.level: one for one in posts}
    assert {one.day for one in found} == {TODAY + timedelta(days=60)}


def test_deadlines_that_are_over_are_left_out() -> None:
    days = [(TODAY + timedelta(days=n), f"day {n}") for n in (400, 1, 0, -1)]
    found = [one for one in calendar_of(TODAY, [], [], days, None) if one.kind == DEADLINE]
    assert [(one.subject, one.name) for one in found] == [("2026-03-11", "day 1"), ("2027-04-14", "day 400")]


@pytest.mark.parametrize(
    ("until", "day"),
    [
        (date(2026, 3, 8), date(2026, 3, 11)),
        (date(2026, 3, 9), date(2026, 3, 10)),
        (date(2026, 3, 10), date(2026, 3, 11)),
        (date(2026, 3, 20), date(2026, 3, 21)),
        (date(2020, 1, 1), date(2026, 3, 11)),
        (None, date(2026, 3, 11)),
    ],
)
def test_attesting_is_due_the_day_after_the_last_attested_one_and_tomorrow_if_that_is_past(
    until: date | None, day: date
) -> None:
    assert kept(calendar_of(TODAY, [], [], [], until), ATTESTED_UNTIL) == [("", day)]


@given(st.permutations(range(8)), st.lists(st.integers(0, 60), min_size=8, max_size=8))
def test_entries_are_sorted_by_day_kind_and_subject_however_they_come(order: list[int], ages: list[int]) -> None:
    candidates = [candidate(f"i{n}", ages[n]) for n in range(8)]
    posts = [signpost(f"i{n}", 2, TODAY + timedelta(days=ages[n] + 1)) for n in range(8)]
    found = calendar_of(TODAY, [candidates[n] for n in order], [posts[n] for n in order], [], None)
    assert found == calendar_of(TODAY, candidates, posts, [], None)
    keys = [(one.day, one.kind, one.subject) for one in found]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys) == 17


# ------------------------------------------------------------------ the file


def test_another_program_reads_every_entry_back() -> None:
    calendar = full_calendar()
    read = read_back(as_ical(plan_with(calendar), ENGLISH))
    assert [(one.dtstart, one.summary, one.description, one.categories) for one in read.events] == [
        (one.day, one.name, f"{one.kind}: {one.name}", [one.kind]) for one in calendar
    ]
    assert {one.kind for one in calendar} == {EXPECTED, SIGNPOST, DEADLINE, ATTESTED_UNTIL}
    for event in read.events:
        assert event.dtend == event.dtstart + timedelta(days=1)
        assert event.transparency == "TRANSPARENT"
        assert event.dtstamp == event.last_modified == datetime(2026, 3, 10, tzinfo=UTC)
        assert event.sequence == TODAY.toordinal()
    assert [one.uid for one in read.events] == [uid_of("us-dprk", one) for one in calendar]


def test_the_calendar_says_what_it_is() -> None:
    lines = as_ical(plan_with(full_calendar()), Spoken(code="ja")).decode().split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    for line in (
        "VERSION:2.0",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "X-WR-CALNAME;LANGUAGE=ja:Parley: us-dprk",
        "PRODID:-//Parley//Calendar//EN",
        "DTSTART;VALUE=DATE:20261010",
        "DTEND;VALUE=DATE:20261011",
        "DTSTAMP:20260310T000000Z",
        "SUMMARY;LANGUAGE=ja:The party's anniversary",
    ):
        assert lines.count(line) == (6 if line.startswith("DTSTAMP") else 1), line


@pytest.mark.parametrize(
    "name", [JAPANESE, LONG[:200], LONG, "한국어 " * 70, "🚀👩🏽‍🚀" * 40, "a" * 1000, "\\" * 200, ";," * 99]
)
def test_long_names_of_any_script_come_back_as_they_were(name: str) -> None:
    event = event_of(name, "ja")
    assert (event.summary, event.description) == (name, f"{EXPECTED}: {name}")


@pytest.mark.parametrize("name", [JAPANESE, LONG, "🚀" * 100, "é" * 100, "a" * 73, "a" * 74, "a" * 75, "\\" * 200])
def test_lines_end_in_crlf_and_hold_at_most_75_octets_of_whole_characters(name: str) -> None:
    written = as_ical(plan_with([entry_of(EXPECTED, TODAY, "a" * 200, name)]), ENGLISH)
    assert written.count(b"\r") == written.count(b"\n") == written.count(b"\r\n")
    lines = written.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert all(line.decode() for line in lines[:-1])


def test_a_uid_holds_no_day_and_no_language() -> None:
    today, later = full_calendar(), full_calendar(TODAY + timedelta(days=1))
    moved = plan_with(later, TODAY + timedelta(days=1))
    first = {one.uid: one for one in read_back(as_ical(plan_with(today), ENGLISH)).events}
    second = {one.uid: one for one in read_back(as_ical(moved, Spoken(code="ja", entry=lambda _: ("日", "々")))).events}
    assert first.keys() == second.keys()
    assert len(first) == len(today) == 6
    days = {uid: second[uid].dtstart - one.dtstart for uid, one in first.items()}
    assert days.pop("us-dprk-deadline-2026-10-10@parley") == timedelta(0)
    assert set(days.values()) == {timedelta(days=1)}
    assert all(second[uid].sequence == (one.sequence or 0) + 1 for uid, one in first.items())
    assert all(second[uid].dtstamp > one.dtstamp for uid, one in first.items())


def test_uids_of_all_kinds() -> None:
    assert sorted(uid_of("us-dprk", one) for one in full_calendar()) == [
        "us-dprk-attested@parley",
        "us-dprk-deadline-2026-10-10@parley",
        "us-dprk-expected-press_tone@parley",
        "us-dprk-expected-us_posture@parley",
        "us-dprk-signpost-us_posture+2@parley",
        "us-dprk-signpost-us_posture-2@parley",
    ]


@given(st.sets(st.text(st.characters(codec="utf-8"), min_size=1), min_size=2, max_size=5))
def test_subjects_of_any_characters_have_safe_uids_of_their_own(subjects: set[str]) -> None:
    uids = {uid_of("toy", entry_of(EXPECTED, TODAY, subject)) for subject in subjects}
    assert len(uids) == len(subjects)
    assert all(
        uid.isascii() and uid.isprintable() and not set(' ",;:\\@') & set(uid[: -len("@parley")]) for uid in uids
    )


@given(st.text(), st.text())
def test_free_text_comes_back_but_for_what_a_calendar_cannot_hold(summary: str, description: str) -> None:
    plan = plan_with([entry_of(EXPECTED, TODAY, "a")])
    written = as_ical(plan, Spoken(entry=lambda _: (summary, description)))
    assert max(map(len, written.split(b"\r\n"))) <= 75
    (event,) = read_back(written).events
    assert (event.summary, event.description or "") == (writable(summary), writable(description))


def writable(text: str) -> str:
    """Ends of lines as line feeds, and no other control characters but tabs, character by character."""
    lines = text.replace("\r\n", "\n")
    ends = {*"\n\r\x0b\x0c\x85\u2028\u2029"}
    return "".join(
        "\n" if c in ends else c for c in lines if c in ends or c == "\t" or not (c < " " or "\x7f" <= c <= "\x9f")
    )


def test_halves_of_characters_do_not_stop_it() -> None:
    assert event_of("a\ud83db").summary == "ab"


def test_the_same_plan_gives_the_same_bytes() -> None:
    assert as_ical(plan_with(full_calendar()), ENGLISH) == as_ical(plan_with(full_calendar()), Spoken())
    plan = plan_with(full_calendar())
    assert as_ical(plan, ENGLISH) != as_ical(replace(plan, as_of=TODAY + timedelta(days=1)), ENGLISH)
    assert as_ical(plan, ENGLISH) != as_ical(replace(plan, case_id="toy"), ENGLISH)
