"""A day as people and programs write it: read where it can be one day only, or else refused with what it may be.

Day and month are never guessed. A text is cut into numbers, names and signs; the kinds of these in their order, its
shape, tell what each number is.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from indicators.months import ERAS, MONTHS, WEEKDAYS, Era
from indicators.texts import without_invisible

WRITE_DAY = "write YYYY-MM-DD"

_PLAIN = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONGEST = 60
_PART = re.compile(r"(?P<number>[0-9]+)|(?P<unit>[年년月월日号號일])|(?P<word>[^\W\d_年년月월日号號일]+)|(?P<sign>.)")
_UNITS = str.maketrans("년월号號일", "年月日日日")
_SEPARATORS = frozenset("-/.,' \u2010\u2011\u2012\u2013\u2014\u2212")
_NOISE = frozenset(("of", "de", "st", "nd", "rd", "th", "er", "г", "года", "year"))
_WIDTHS = {1: "2", 2: "2", 3: "3", 4: "4", 6: "6", 8: "8"}
_NEEDLESS = re.compile(r"(?<=[年月e ]) +| +(?=[年月日(])")
_NAMES = "|".join(sorted(WEEKDAYS, key=len, reverse=True))
_LONG_NAMES = "|".join(name for name in _NAMES.split("|") if len(name) > 1)
_WEEKDAY = re.compile(rf" ?\(({_NAMES})\.?\) ?|^({_LONG_NAMES})\b\.?,? ?|(?<=[ 日일])({_LONG_NAMES})$")
_HALF = "(?:am|pm|a\\.m\\.|p\\.m\\.|午前|午後|上午|下午|오전|오후)"
_ZONE = r"(?P<zone>z|jst|kst|(?:utc|gmt)?(?P<offset>[-+][0-9]{1,2}(?::?[0-9]{2})?)|utc|gmt)"
_TIME = re.compile(
    rf"(?:(?<=[0-9])t|(?<=[0-9日일.,]) |(?<=[日일]))(?P<time>(?:{_HALF} ?)?(?P<hour>[01]?[0-9]|2[0-3])"
    r"(?:(?::| ?[時时시] ?)(?P<minute>[0-5]?[0-9])"
    r"(?:(?:[:分분] ?)(?P<second>[0-5]?[0-9](?:[.,][0-9]+)?)?[秒초]?)?|[時时시])"
    rf"(?: ?{_HALF})?) ?\(?(?:{_ZONE})?\)?$"
)
_WORD = re.compile(r"[^\W\d_元]+")
_ERA_SHAPE = re.compile(r"e[23](?:\(4\))?(?: 2 2|年2月2日?)")
_EASTERN = ("jst", "kst")
_FIRST_OF_EIGHT, _FIRST_OF_TWO = 1900, 1945
_ZERO = re.compile("[-+0:]*")
_NUMBER = re.compile(r"([0-9]{5,13})(?:\.[0-9]+)?")
_COUNTED_FROM = date(1899, 12, 30)  # day 0 of Excel, as days after February 1900 show it
_SERIALS = range(10_000, 100_000)
_SECONDS, _MILLISECONDS = range(10**8, 10**10), range(10**11, 10**13)


@dataclass(frozen=True, slots=True)
class DayReading:
    """A day, or why there is none."""

    day: date | None = None
    wrong: str = ""
    """What is wrong with the text, to be read after it, and what is right; "" where it is not taken for a day."""
    note: str = ""
    """What was made of the text that is not plain, such as a time of day left out."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What is known beside the text."""

    day_first: bool | None
    latest: date | None


@lru_cache(maxsize=1 << 16)
def read_day(text: str, *, day_first: bool | None = None, latest: date | None = None) -> DayReading:
    """The day that a text stands for.

    Parameters
    ----------
    text
        as typed, or as it stands in a cell
    day_first
        whether 3/11/2026 is 3 November, where somebody says so; None refuses a text that may be two days
    latest
        the last day that there can be: 9-Apr-84 is read where its century alone lies between 1945 and this day; None
        refuses it
    """
    if _PLAIN.fullmatch(text):
        return DayReading(_valid(*map(int, text.split("-"))))
    folded = " ".join(unicodedata.normalize("NFKC", without_invisible(text)).casefold().split())
    if len(folded) > _LONGEST or not any(map(str.isdecimal, folded)):
        return DayReading()
    if number := _NUMBER.fullmatch(folded):
        counted = _counted(int(number[1]))
        if counted.wrong:
            return counted
    weekday = _WEEKDAY.search(folded)
    timed = _WEEKDAY.sub(" ", folded, count=1).strip()
    time = _TIME.search(timed)
    reading = _read_parts(timed[: time.start()] if time else timed, _Told(day_first, latest))
    if reading.day and weekday:
        reading = _on_weekday(reading, reading.day, WEEKDAYS[next(filter(None, weekday.groups()))])
    return _at_time(reading, reading.day, time) if reading.day and time else reading


def day_notes(rows: Iterable[Mapping[str, str]], columns: Iterable[str], latest: date) -> list[str]:
    """How days in columns are read where this is not plain, a sentence per column."""
    found: dict[str, list[str]] = {column: [] for column in columns}
    for cells in rows:
        for column, notes in found.items():
            text = cells.get(column, "")
            if not _PLAIN.fullmatch(text) and (note := read_day(text, latest=latest).note):
                notes.append(f"{text!r}: {note}")
    return [
        f"{column}: {notes[0]}" + (f", and likewise in {len(notes) - 1} more" if len(notes) > 1 else "")
        for column, notes in found.items()
        if notes
    ]


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _counted(number: int) -> DayReading:
    """What a number may count that is too long for a year."""
    if number in _SERIALS:
        day = _COUNTED_FROM + timedelta(number)
        return DayReading(
            wrong=f"is a serial number of Excel, perhaps {day}; format the cell as a date, or {WRITE_DAY}"
        )
    seconds = number // 1000 if number in _MILLISECONDS else number
    if seconds in _SECONDS:
        day = datetime.fromtimestamp(seconds, UTC).date()
        unit = "milliseconds" if number in _MILLISECONDS else "seconds"
        return DayReading(wrong=f"counts {unit} since 1970, perhaps on {day}; {WRITE_DAY}")
    return DayReading()


def _read_parts(text: str, told: _Told) -> DayReading:
    """The day of a text without weekday and time."""
    numbers: list[int] = []
    shape = "".join(_kind(part, numbers) for part in _PART.finditer(text.removeprefix("the ").replace("元年", "1年")))
    era = next((ERAS[word] for word in _WORD.findall(text) if word in ERAS), None)
    shape = _NEEDLESS.sub("", shape).rstrip()
    if era:
        return _of_era(era, shape, numbers)
    reader = _READERS.get(shape)
    return reader(numbers, told) if reader else DayReading()


def _kind(part: re.Match[str], numbers: list[int]) -> str:
    """The sign that stands for a part in a shape; its number, if it has one, is added to `numbers`."""
    text = part[0]
    if part["number"]:
        numbers.append(int(text))
        return _WIDTHS.get(len(text), "?")
    if part["word"]:
        if text in MONTHS:
            numbers.append(MONTHS[text])
            return "m"
        return " " if text in _NOISE else "e" if text in ERAS else "?"
    return text.translate(_UNITS) if part["unit"] else " " if text in _SEPARATORS else text


def _ordered(year: int, month: int, day: int) -> "_Reader":
    """A reader of numbers that stand in one order, told by their places."""

    def read(numbers: Sequence[int], _told: _Told) -> DayReading:
        return DayReading(_valid(numbers[year], numbers[month], numbers[day]))

    return read


def _century(year: int, month: int, day: int) -> "_Reader":
    """A reader of days whose month has a name and whose year has two digits."""

    def read(numbers: Sequence[int], told: _Told) -> DayReading:
        days = [_valid(century + numbers[year], numbers[month], numbers[day]) for century in (1900, 2000)]
        found = [one for one in days if one and one.year >= _FIRST_OF_TWO and one <= (told.latest or date.min)]
        if len(found) != 1:
            return _TWO_DIGITS
        return DayReading(found[0], note=f"the year {numbers[year]:02} is read as {found[0].year}")

    return read


def _eight(numbers: Sequence[int], told: _Told) -> DayReading:
    """20261103; with the year last, its eight digits are no day in this order."""
    whole, day = divmod(numbers[0], 100)
    found = _valid(*divmod(whole, 100), day)
    if found and found.year >= _FIRST_OF_EIGHT:
        return DayReading(found)
    front, year = divmod(numbers[0], 10_000)
    return _turned([*divmod(front, 100), year], told)


def _turned(numbers: Sequence[int], told: _Told) -> DayReading:
    """3/11/2026: the day or the month first."""
    first, second, year = numbers
    by_day, by_month = _valid(year, second, first), _valid(year, first, second)
    if told.day_first is not None:
        found = by_day if told.day_first else by_month
        order = "day" if told.day_first else "month"
        wrong = "" if found or not (by_day or by_month) else f"is no day with the {order} first; {WRITE_DAY}"
        return DayReading(found, wrong)
    days = _distinct(by_day, by_month)
    return DayReading(days[0]) if len(days) == 1 else _several(days)


def _short(numbers: Sequence[int], _told: _Told) -> DayReading:
    """11/3/26: of any order, and of any century."""
    a, b, c = numbers
    days = _distinct(_valid(2000 + c, b, a), _valid(2000 + c, a, b), _valid(2000 + a, b, c))
    return _several(days) if len(days) > 1 else _TWO_DIGITS


def _distinct(*days: date | None) -> list[date]:
    return sorted({day for day in days if day})


def _several(days: Sequence[date]) -> DayReading:
    if not days:
        return DayReading()
    *others, last = map(str, days)
    return DayReading(wrong=f"may be {', '.join(others)} or {last}; write the day that is meant, YYYY-MM-DD")


def _refused(what: str) -> "_Reader":
    reading = DayReading(wrong=f"{what}; {WRITE_DAY}")
    return lambda _numbers, _told: reading


def _of_era(era: Era, shape: str, numbers: Sequence[int]) -> DayReading:
    """令和8年11月3日; juche 115 (2026).11.3, whose two years must agree."""
    if not _ERA_SHAPE.fullmatch(shape):
        return DayReading()
    nth, *written, month, day = numbers
    year = era.first.year + nth - 1
    if written and written[0] != year:
        return DayReading(wrong=f"names two years, {year} and {written[0]}; {WRITE_DAY}")
    found = _valid(year, month, day)
    if found and not era.first <= found <= era.last:
        return DayReading(wrong=f"would be {found}, which lies outside that era; {WRITE_DAY}")
    return DayReading(found)


def _on_weekday(reading: DayReading, day: date, weekday: int) -> DayReading:
    if day.weekday() == weekday:
        return reading
    return DayReading(wrong=f"names another weekday than that of {day}, a {day:%A}; write the day that is meant")


def _at_time(reading: DayReading, day: date, time: re.Match[str]) -> DayReading:
    """The day without its time; refused where the time is of no place, so that the day is another elsewhere."""
    midnight = not any(int(float((time[part] or "0").replace(",", "."))) for part in ("hour", "minute", "second"))
    universal = time["zone"] and time["zone"] not in _EASTERN and _ZERO.fullmatch(time["offset"] or "")
    if universal and not midnight:
        wrong = f"is {day} in UTC, and elsewhere perhaps the day before or after; write the day where it happened"
        return DayReading(wrong=wrong)
    return reading if midnight else replace(reading, note=f"the time {time['time'].strip()} is left out")


type _Reader = Callable[[Sequence[int], _Told], DayReading]

_TWO_DIGITS = DayReading(wrong="has a year of two digits; write YYYY-MM-DD, the year with four")
_NO_DAY = _refused("names a month or a year, not a day")
_NO_YEAR = _refused("names no day with its year")
_READERS: dict[str, _Reader] = {
    **dict.fromkeys(("4 2 2", "4年2月2日", "4年2月2", "4 m 2", "4m2"), _ordered(0, 1, 2)),
    **dict.fromkeys(("2 m 4", "2m4"), _ordered(2, 1, 0)),
    **dict.fromkeys(("m 2 4", "m2 4"), _ordered(2, 0, 1)),
    "8": _eight,
    "2 2 4": _turned,
    "2 2 2": _short,
    **dict.fromkeys(("2 m 2", "2m2"), _century(2, 1, 0)),
    "m 2 2": _century(2, 0, 1),
    **dict.fromkeys(("4", "4年", "6", "4 2", "4年2月", "2 4", "m 4", "m4", "4 m", "4m"), _NO_DAY),
    **dict.fromkeys(("m 2", "m2", "2 m", "2m", "2 2", "2月2日"), _NO_YEAR),
}
