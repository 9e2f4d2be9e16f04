"""A day is read from every way of writing it that can be one day only; it is never read as another day."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.days import day_notes, read_day

LATEST = date(2026, 11, 30)
ENGLISH = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
RUSSIAN = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
]
days = st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31))

type Writing = Callable[[date], str]

WRITINGS: dict[str, Writing] = {
    "ISO": date.isoformat,
    "short": lambda d: f"{d.year}-{d.month}-{d.day}",
    "slashes": lambda d: f"{d.year}/{d.month}/{d.day:02}",
    "dots": lambda d: f"{d.year}.{d.month:02}.{d.day}",
    "midnight": lambda d: f"{d} 00:00:00",
    "midnight, T and Z": lambda d: f"{d}T00:00Z",
    "midnight, offset": lambda d: f"{d}T00:00:00+00:00",
    "digits": lambda d: f"{d:%Y%m%d}",
    "Japanese": lambda d: f"{d.year}年{d.month}月{d.day}日",
    "Japanese, weekday": lambda d: f"{d.year}年{d.month}月{d.day}日({'月火水木金土日'[d.weekday()]})",
    "Japanese, long weekday": lambda d: f"{d.year}年{d.month}月{d.day}日{'月火水木金土日'[d.weekday()]}曜日",
    "full width": lambda d: f"{d.year}年{d.month}月{d.day}日".translate({ord("0") + n: 0xFF10 + n for n in range(10)}),
    "Korean": lambda d: f"{d.year}. {d.month}. {d.day}.",
    "Korean, weekday": lambda d: f"{d.year}. {d.month}. {d.day}. ({'월화수목금토일'[d.weekday()]})",
    "Korean, words": lambda d: f"{d.year}년 {d.month}월 {d.day}일",
    "Chinese": lambda d: f"{d.year}年{d.month:02}月{d.day:02}号",
    "English": lambda d: f"{d.day} {ENGLISH[d.month - 1]} {d.year}",
    "American": lambda d: f"{ENGLISH[d.month - 1]} {d.day}, {d.year}",
    "ACLED": lambda d: f"{d.day:02} {ENGLISH[d.month - 1]} {d.year}",
    "Excel, long": lambda d: f"{d:%A}, {ENGLISH[d.month - 1]} {d.day:02}, {d.year}",
    "short month": lambda d: f"{d.day:02}-{ENGLISH[d.month - 1][:3]}-{d.year}",
    "SAS": lambda d: f"{d.day:02}{ENGLISH[d.month - 1][:3].upper()}{d.year}",
    "year first, month": lambda d: f"{d.year} {ENGLISH[d.month - 1][:3]}. {d.day}",
    "Russian": lambda d: f"{d.day} {' '.join(RUSSIAN).split()[d.month - 1]} {d.year} г.",
    "juche": lambda d: f"주체{d.year - 1911}({d.year})년 {d.month}월 {d.day}일",
    "Juche": lambda d: f"Juche {d.year - 1911} ({d.year}).{d.month}.{d.day}",
}
TURNED: dict[str, Writing] = {
    "day first": lambda d: f"{d.day:02}/{d.month:02}/{d.year}",
    "day first, dots": lambda d: f"{d.day}.{d.month}.{d.year}",
    "month first": lambda d: f"{d.month}/{d.day}/{d.year}",
    "month first, dashes": lambda d: f"{d.month:02}-{d.day:02}-{d.year}",
    "digits, year last": lambda d: f"{d.day:02}{d.month:02}{d.year}",
    "digits, month first": lambda d: f"{d.month:02}{d.day:02}{d.year}",
}
REFUSED: dict[str, Writing] = {
    "short year": lambda d: f"{d.day}/{d.month}/{d:%y}",
    "short year, month first": lambda d: f"{d.month:02}.{d.day:02}.{d:%y}",
    "short year first": lambda d: f"{d:%y}-{d.month:02}-{d.day:02}",
    "short year, named": lambda d: f"{d.day} {ENGLISH[d.month - 1]} {d:%y}",
    "month": lambda d: f"{ENGLISH[d.month - 1]} {d.year}",
    "month and short year": lambda d: f"{ENGLISH[d.month - 1][:3]}-{d:%y}",
    "month, digits": lambda d: f"{d.year}-{d.month:02}",
    "month, together": lambda d: f"{d.year}{d.month:02}",
    "month, Japanese": lambda d: f"{d.year}年{d.month}月",
    "year": lambda d: str(d.year),
    "no year": lambda d: f"{d.day} {ENGLISH[d.month - 1]}",
    "no year, Japanese": lambda d: f"{d.month}月{d.day}日",
    "serial": lambda d: str((d - date(1899, 12, 30)).days + 10_000),
    "seconds": lambda d: str(int(datetime.combine(d, time(12), UTC).timestamp()) + 10**9 * 3),
    "span": lambda d: f"{d}–{d + timedelta(1)}",
    "half a span": lambda d: f"{d.day}-{d.day + 1} {ENGLISH[d.month - 1]} {d.year}",
    "other weekday": lambda d: f"{d + timedelta(1):%A}, {d.day} {ENGLISH[d.month - 1]} {d.year}",
}


@given(days, st.sampled_from(sorted(WRITINGS)))
def test_a_day_is_read_however_it_is_written(day: date, writing: str) -> None:
    text = WRITINGS[writing](day)
    if day.year > 1911 or ("주체" not in text.casefold() and "juche" not in text.casefold()):
        assert read_day(text).day == day
        assert read_day(f" {text}\u200b").day == day


@given(days, st.sampled_from(sorted(TURNED)))
def test_day_and_month_are_never_guessed(day: date, writing: str) -> None:
    text = TURNED[writing](day)
    found = read_day(text)
    if day.day > 12 or day.day == day.month:
        assert found.day == day
    else:
        assert found.day is None
        assert found.wrong.startswith("may be ")
        assert str(day) in found.wrong


@given(days, st.sampled_from(sorted(TURNED)))
def test_somebody_may_say_which_comes_first(day: date, writing: str) -> None:
    text, day_first = TURNED[writing](day), not writing.__contains__("month first")
    assert read_day(text, day_first=day_first).day == day
    assert read_day(text, day_first=not day_first).day in (None, *_swapped(day))


def _swapped(day: date) -> list[date]:
    return [date(day.year, day.day, day.month)] if day.day <= 12 else []


@given(days, st.sampled_from(sorted(REFUSED)), st.sampled_from([None, True, False]))
def test_what_is_no_day_or_several_is_refused(day: date, writing: str, day_first: bool | None) -> None:
    assert read_day(REFUSED[writing](day), day_first=day_first).day is None


@given(st.text(alphabet="0123456789-/. :年月日TZ時令和Novmber,'", max_size=16), st.sampled_from([None, True, False]))
def test_any_text_is_a_day_or_not(text: str, day_first: bool | None) -> None:
    found = read_day(text, day_first=day_first, latest=LATEST)
    assert found.day is None or not found.wrong
    if found.day:
        assert f"{found.day.day}" in "".join(filter(str.isdecimal, text))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("令和8年11月3日", date(2026, 11, 3)),
        ("令和元年5月1日", date(2019, 5, 1)),
        ("㋿8年11月3日", date(2026, 11, 3)),
        ("平成31年4月30日", date(2019, 4, 30)),
        ("昭和64年1月7日", date(1989, 1, 7)),
        ("R8.11.3", date(2026, 11, 3)),
        ("民國115年11月3日", date(2026, 11, 3)),
        ("3 de noviembre de 2026", date(2026, 11, 3)),
        ("3. März 2026", date(2026, 3, 3)),
        ("1er août 2026", date(2026, 8, 1)),
        ("the 3rd of November, 2026", date(2026, 11, 3)),
        ("Tue Nov 3 2026", date(2026, 11, 3)),
    ],
)
def test_eras_and_languages(text: str, day: date) -> None:
    assert read_day(text).day == day


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("46329", "is a serial number of Excel, perhaps 2026-11-03; format the cell as a date, or write YYYY-MM-DD"),
        ("46329.75", "is a serial number of Excel, perhaps 2026-11-03; format the cell as a date, or write YYYY-MM-DD"),
        ("1704758400", "counts seconds since 1970, perhaps on 2024-01-09; write YYYY-MM-DD"),
        ("1704758400000", "counts milliseconds since 1970, perhaps on 2024-01-09; write YYYY-MM-DD"),
        ("03/11/2026", "may be 2026-03-11 or 2026-11-03; write the day that is meant, YYYY-MM-DD"),
        ("11/3/26", "may be 2011-03-26, 2026-03-11 or 2026-11-03; write the day that is meant, YYYY-MM-DD"),
        ("Nov-26", "names no day with its year; write YYYY-MM-DD"),
        ("2026-11", "names a month or a year, not a day; write YYYY-MM-DD"),
        ("2026", "names a month or a year, not a day; write YYYY-MM-DD"),
        ("3 Nov 26", "has a year of two digits; write YYYY-MM-DD, the year with four"),
        ("平成31年5月1日", "would be 2019-05-01, which lies outside that era; write YYYY-MM-DD"),
        ("주체114(2026)년 11월 3일", "names two years, 2025 and 2026; write YYYY-MM-DD"),
        ("Mon, 3 Nov 2026", "names another weekday than that of 2026-11-03, a Tuesday; write the day that is meant"),
        ("2026-02-30", ""),
        ("yesterday", ""),
    ],
)
def test_each_kind_of_wrong_day_has_its_sentence(text: str, wrong: str) -> None:
    found = read_day(text)
    assert (found.day, found.wrong) == (None, wrong)


@given(days, st.times(min_value=time(0, 1)).map(lambda at: at.replace(microsecond=0)))
def test_a_time_of_day_is_left_out_and_said(day: date, at: time) -> None:
    for text in (f"{day} {at:%H:%M:%S}", f"{day}T{at:%H:%M:%S}+09:00", f"{day} {at:%H:%M:%S} KST"):
        found = read_day(text)
        assert (found.day, found.note) == (day, f"the time {at:%H:%M:%S} is left out" if at != time() else "")


@given(days, st.times(), st.integers(-11, 14))
def test_an_instant_is_never_the_day_of_another_place(day: date, at: time, hours: int) -> None:
    """Midnight in Seoul, as a program in UTC writes it, is on the day before there."""
    instant = datetime.combine(day, at, timezone(timedelta(hours=hours))).astimezone(UTC)
    found = read_day(instant.isoformat().replace("+00:00", "Z"))
    midnight = instant.time().replace(microsecond=0) == time()
    assert found.day == (instant.date() if midnight else None)
    assert midnight or found.wrong.startswith(f"is {instant.date()} in UTC, and elsewhere perhaps")


@given(st.dates(min_value=date(1945, 1, 1), max_value=LATEST))
def test_a_century_is_read_where_only_one_can_be(day: date) -> None:
    for text in (f"{day.day}-{ENGLISH[day.month - 1][:3]}-{day:%y}", f"{ENGLISH[day.month - 1]} {day.day}, '{day:%y}"):
        found = read_day(text, latest=LATEST)
        assert (found.day, found.note) == (day, f"the year {day:%y} is read as {day.year}")
        assert read_day(text).day is None
    assert read_day("9-Apr-27", latest=LATEST).wrong.startswith("has a year of two digits")
    assert read_day("9-Apr-46", latest=date(2046, 12, 31)).wrong.startswith("has a year of two digits")


def test_what_is_made_of_days_is_said_once_a_column() -> None:
    rows = [{"observed_on": text, "known_on": "2026-11-03"} for text in ("9-Apr-84", "2026-11-03", "1-May-90")]
    assert day_notes(rows, ("observed_on", "known_on"), LATEST) == [
        "observed_on: '9-Apr-84': the year 84 is read as 1984, and likewise in 1 more"
    ]
