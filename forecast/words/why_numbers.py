"""Points as readers see them, the same in every language."""

from datetime import date

from forecast.facts.why import Explanation, Line, Passed
from forecast.words.numbers import signed, told_apart


def points_text(points: float) -> str:
    """Points with their sign: one decimal from one point on, two below."""
    return signed(points, 1 if abs(points) >= 0.95 else 2)


def size_text(points: float) -> str:
    """The size of an error in points."""
    return f"{points:.1f}" if points >= 0.95 else f"{points:.2f}"


def ends_text(found: Explanation, target: int, reach: int) -> tuple[str, str]:
    """What both runs said, with as many decimals as it takes to tell them apart."""
    return told_apart(found.before.mean[target][reach], found.after.mean[target][reach])


def change_text(found: Explanation, target: int, reach: int) -> str:
    return points_text(found.change(target, reach))


def level_move(line: Line) -> tuple[str, str, str, str, str] | None:
    """Of an observation: expected level, its standard deviation, said, surprise in sd, and move of the level."""
    foretold = line.foretold
    if foretold is None:
        return None
    return (
        signed(foretold.forecast, 1),
        f"{foretold.forecast_sd:.1f}",
        signed(foretold.observed, 0 if foretold.observed == int(foretold.observed) else 1),
        signed(foretold.surprise_sd, 1),
        signed(foretold.level_change, 2),
    )


def report_of(line: Line) -> str:
    """What rows of one origin are of: their title, where it is one; else the origin as it is entered."""
    titles = {row.coded.title for row in line.rows if row.coded is not None}
    return titles.pop() if len(titles) == 1 else line.subject.origin


def attested_through(passed: Passed) -> list[tuple[tuple[str, ...], date]]:
    """Types of event by the last day that is attested of them."""
    days = dict.fromkeys(one.last for one in passed.attested)
    return [(tuple(one.type for one in passed.attested if one.last == day), day) for day in days]


def passed_of(line: Line) -> Passed:
    """What a line about time is of; nothing where it does not say."""
    return line.passed or Passed(days=0)
