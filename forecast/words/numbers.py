"""Numbers as readers see them, the same on every face."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Protocol


class Window(Protocol):
    """How far a forecast reaches: a number of days, or a date."""

    @property
    def horizon_days(self) -> int | None: ...

    @property
    def deadline(self) -> date | None: ...


def percent(p: float | None) -> str:
    """A probability for a reader: whole per cents, finer near the ends, never a false 0 or 100."""
    return "–" if p is None else f"{_figure(p)} %"


def share(p: float) -> str:
    """An observed share for a reader: whole per cents, one decimal below 10 %; nought and all can be counted."""
    return percent(p) if 0 < p < 0.0995 or 0.995 < p < 1 else f"{100 * p:.0f} %"


def percent_range(low: float, high: float) -> str:
    return f"{_figure(low)}–{_figure(high)} %"


def error_size(p: float) -> str:
    """A Monte-Carlo error in percentage points, one significant figure below one."""
    points = 100 * p
    if points < 0.01:
        return "<0.01"
    return f"{points:.2f}" if points < 0.1 else f"{points:.1f}"


def reach(window: Window) -> str:
    """The window of a forecast."""
    return f"by {window.deadline}" if window.deadline else f"in {window.horizon_days} d"


def minute(instant: datetime) -> str:
    """An instant for a reader, in UTC."""
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def second(instant: datetime) -> str:
    """An instant for a reader, in UTC, to the second."""
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def figure(value: float | None, form: str) -> str:
    """A number in a format; a dash where there is none."""
    return "–" if value is None else format(value, form)


def run_numbers(ids: Sequence[int], most: int = 8) -> str:
    """Numbers of runs in ascending order, such as "run 3" or "runs 1–4, 7"; after so many parts only how many more."""
    spans: list[list[int]] = []
    for one in sorted(ids):
        if spans and one == spans[-1][1] + 1:
            spans[-1][1] = one
        else:
            spans.append([one, one])
    more = sum(last - first + 1 for first, last in spans[most:])
    told = ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in spans[:most])
    return f"{'run' if len(ids) == 1 else 'runs'} {told}{f' and {more} more' if more else ''}"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _figure(p: float) -> str:
    if p < 0.001:
        return "<0.1"
    if p > 0.999:
        return ">99.9"
    return f"{100 * p:.1f}" if p < 0.0995 or p > 0.9 else f"{100 * p:.0f}"


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign, and no sign on what rounds to zero."""
    text = f"{value:+z.{digits}f}".replace("-", "−")
    return text if text.strip("+0.") else text[1:]


def level_text(level: float) -> str:
    """A coded level or weight with its sign; decimals only where it has them, and at most two."""
    return signed(level, next((digits for digits in (0, 1) if round(level, digits) == level), 2))


def told_apart(before: float, now: float) -> tuple[str, str]:
    """Two probabilities with as many decimals as it takes to tell them apart."""
    old, new = percent(before), percent(now)
    return (old, new) if old != new else (f"{100 * before:.2f} %", f"{100 * now:.2f} %")
