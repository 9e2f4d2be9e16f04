"""Cells and tables of the reports, in Markdown."""

from collections.abc import Iterable, Iterator, Sequence
from math import isfinite

from forecast.evaluation.scoreboard import Difference

TARGETS = {"arms_control_talks": "Headline (arms-control talks)", "limits_talks": "Talks on limits"}
SITUATIONS = ("all", "dry")
UNKNOWN = "–"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Lines of a Markdown table."""
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def plus_minus(difference: Difference) -> str:
    """A mean and its standard error, such as +0.012 ± 0.003."""
    return f"{difference.mean:+.3f} ± {difference.error:.3f}" if isfinite(difference.mean) else UNKNOWN


def interval(difference: Difference) -> str:
    """A mean and its interval, such as −0.012 (−0.030 to +0.004)."""
    if not isfinite(difference.mean):
        return UNKNOWN
    return f"{difference.mean:+.3f} ({difference.low:+.3f} to {difference.high:+.3f})"
