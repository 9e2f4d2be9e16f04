"""A brief as text: one HTML page, Markdown, or a mail's two forms, with nothing to fetch.

Templates hold structure, no sentences.
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from markupsafe import Markup, escape
from matplotlib.figure import Figure
from matplotlib.text import Text

from db.anchors import Head
from db.run_rows import TargetForecastRow
from forecast import rendering
from forecast.brief.facts import in_language, names_of
from forecast.facts.brief import Brief
from forecast.facts.causes import SEEN, Explained
from forecast.facts.why import Line
from forecast.plots.history import draw_history
from forecast.plots.horizons import draw_horizons
from forecast.plots.scenarios import draw_scenarios
from forecast.plots.style import WIDTH, as_drawing, as_png
from forecast.words.labels import Labels
from forecast.words.language import LANGUAGES, Language
from forecast.words.names import TARGET_NAMES
from forecast.words.numbers import error_size, signed
from forecast.words.why_numbers import level_move, points_text

TEMPLATES = {"html": "brief.html.j2", "md": "brief.md.j2", "mail": "mail.html.j2", "txt": "mail.txt.j2"}
SHORT = {"html": "short.html.j2", "md": "short.md.j2", "mail": "short_mail.html.j2", "txt": "short_mail.txt.j2"}
"""Of one page."""
HEIGHTS = {"history": 1.65, "horizons": 1.45, "scenarios": 1.75}
"""Inches: what two sheets of A4 leave for the plots."""
SHORT_HEIGHTS = {"history": 2.3}
"""Of one page, which has this picture alone."""
SCENARIOS_APART = 0.115
"""Of the axis: what keeps the names of scenarios from each other at that height."""
SMALLER = 0.85
"""Of the house style's letters: those of the plots match those of the page."""
BESIDE = ("base_rate", "documents_only", "history_only")
_CODE = re.compile("`([^`]+)`")
_UNIT = re.compile(r"(?<=\d) (?=(?:%|d|days?|points)(?!\w))")
_DAYS = r"\d{4}-\d\d-\d\d|\d{4}年\d+月\d+日|\d{4}년 \d+월 \d+일"
_WHOLE = re.compile(rf"[\d.]+[–〜~][\d.]+(?:\N{{NO-BREAK SPACE}}?%)?|{_DAYS}|[\d.]+%p?[가-힣]+")


@dataclass(frozen=True, slots=True)
class Cell:
    """A probability with its interval; the interval is "" where there is none."""

    mean: str
    interval: str = ""


@dataclass(frozen=True, slots=True)
class TargetTable:
    """Targets by window, the headline first and with what stands beside it in some window."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    beside: tuple[tuple[str, tuple[Cell, ...]], ...]


@dataclass(frozen=True, slots=True)
class ChangeTable:
    """The headline by window: then, now, change."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class WhyTable:
    """What moved the headline: said, then by cause; the points of the rows add up to the change."""

    title: str
    """Which numbers it is of; "" where those are compared above."""
    said: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A brief in one language and format, complete but for the number of the report."""

    brief: Brief
    language: str
    format: str
    plots: Mapping[str, str]
    """By name: a drawing for HTML, the address of a picture for Markdown and mails."""
    short: bool = False
    """Of one page."""

    @property
    def form(self) -> str:
        """The format as a report on record has it."""
        return f"{self.format}-short" if self.short else self.format


def lay_out(brief: Brief, language: str, format_: str, *, short: bool = False) -> Sheet:
    """Names in the language, and the plots: what takes time."""
    figures = draw_pictures(brief, language, short=short)
    plots = {
        name: as_drawing(figure, name) if format_ == "html" else _address(figure) for name, figure in figures.items()
    }
    return Sheet(in_language(brief, names_of(brief, language)), language, format_, plots, short)


def draw_pictures(brief: Brief, language: str, *, short: bool = False) -> dict[str, Figure]:
    """The plots by name, lower than by themselves, with the words of a language; one page has the history alone."""
    facts, labels = brief.figures, LANGUAGES[language].labels
    if short:
        return {"history": _shrunk(draw_history(facts.history, labels), SHORT_HEIGHTS["history"])}
    horizons = draw_horizons(replace(facts.horizons, curves=facts.horizons.curves[:1]), labels)  # the table has others
    horizons.axes[0].set_ylabel(labels.probability)  # the longer words would not fit
    figures = {
        "history": draw_history(facts.history, labels),
        "horizons": horizons,
        "scenarios": draw_scenarios(facts.scenarios, labels, apart=SCENARIOS_APART),
    }
    return {name: _shrunk(figure, HEIGHTS[name]) for name, figure in figures.items()}


def render(sheet: Sheet, number: int | None, *, head: Head | None = None, note: str = "") -> str:
    """The text; the same ones give the same text.

    Parameters
    ----------
    number : None where the brief is not recorded
    head : of the record, before the brief is; None where it is not told
    note : what is to be said of a form that does not hold all
    """
    language, brief = LANGUAGES[sheet.language], sheet.brief
    return rendering.render(
        (SHORT if sheet.short else TEMPLATES)[sheet.format],
        filters={"text": _FILTERS[sheet.format]},
        brief=brief,
        number=number,
        head=head,
        language=sheet.language,
        w=language.brief,
        s=language.short,
        gap=language.labels.gap,
        captions=_captions(brief, language),
        targets=_target_table(brief, language),
        change=_change_table(brief, language),
        why=_why_table(brief, brief.changes.why, language) if brief.changes.why else None,
        plots={name: Markup(plot) for name, plot in sheet.plots.items()},
        note=note,
    )


def _captions(brief: Brief, language: Language) -> Mapping[str, str]:
    facts, said = brief.figures, language.plots
    return {
        "history": language.labels.sentences(
            (said.history_caption(facts.history), said.last_mark(brief.overtaken)),
        ),
        "horizons": said.curve_caption(facts.horizons),
        "scenarios": said.scenarios_caption(facts.scenarios),
    }


def _shrunk(figure: Figure, height: float) -> Figure:
    figure.set_size_inches(WIDTH, height)
    for text in figure.findobj(Text):
        text.set_fontsize(SMALLER * float(text.get_fontsize()))
    return figure


def _address(figure: Figure) -> str:
    return f"data:image/png;base64,{base64.b64encode(as_png(figure)).decode()}"


def _in_html(text: str) -> Markup:
    """Commands between backticks stand out; a number stays on the line of its unit, ranges and dates on one."""
    return Markup(_WHOLE.sub(r'<span class="nowrap">\g<0></span>', _marked(text)))


def _marked(text: str) -> str:
    return _UNIT.sub("\N{NO-BREAK SPACE}", _CODE.sub(r"<code>\1</code>", str(escape(text))))


def _in_markdown(text: str) -> str:
    """Text that Markdown shows as it is; commands between backticks stay."""
    return re.sub(r"([\\*_\[\]|#])", r"\\\1", text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def _in_mail(text: str) -> Markup:
    """As HTML that needs no style sheet."""
    return Markup(_WHOLE.sub(r'<span style="white-space:nowrap">\g<0></span>', _marked(text)))


_FILTERS: Mapping[str, Callable[[str], str]] = {"html": _in_html, "md": _in_markdown, "mail": _in_mail, "txt": str}


def _target_table(brief: Brief, language: Language) -> TargetTable:
    labels, words = language.labels, language.brief.WORDS
    rows = brief.summary.shown.targets
    order = dict.fromkeys((brief.case.headline, *TARGET_NAMES, *(row.target for row in rows)))
    by_target = {target: [row for row in rows if row.target == target] for target in order}
    headline = by_target[brief.case.headline]
    return TargetTable(
        tuple(labels.window(row.horizon_days, row.deadline) for row in headline),
        tuple(
            (labels.target(target), tuple(_cell(row, labels) for row in mine))
            for target, mine in by_target.items()
            if mine
        ),
        tuple(
            (getattr(words, name), tuple(_beside(row, name, labels) for row in headline))
            for name in BESIDE
            if any(getattr(row, name) is not None for row in headline)
        ),
    )


def _cell(row: TargetForecastRow, labels: Labels) -> Cell:
    interval = labels.percent_range(row.q05, row.q95).removesuffix(labels.percent_sign)
    return Cell(labels.percent(row.mean), interval)


def _beside(row: TargetForecastRow, name: str, labels: Labels) -> Cell:
    value: float | None = getattr(row, name)
    return Cell("–" if value is None else labels.percent(value))


def _change_table(brief: Brief, language: Language) -> ChangeTable:
    labels, words = language.labels, language.brief.WORDS
    steps = brief.changes.steps
    return ChangeTable(
        tuple(labels.window(step.horizon_days, step.deadline) for step in steps),
        (
            (words.before, tuple(labels.percent(step.before) for step in steps)),
            (words.now, tuple(labels.percent(step.now) for step in steps)),
            (words.change, tuple(f"{_points(step.change)} ± {error_size(step.error)}" for step in steps)),
        ),
    )


def _why_table(brief: Brief, told: Explained, language: Language) -> WhyTable:
    """The largest causes with what was expected of an observation and what it said, all others, and chance."""
    words, number = language.why, (told.target, told.reach)
    rows = [_why_row(told, language, line) for line in told.largest]
    if told.others and abs(others := told.points(*told.others)) >= SEEN:
        rows.append((words.label("others").format(len(told.others)), (points_text(others), "", "")))
    if told.chance is not None and abs(told.points(told.chance)) >= SEEN:
        rows.append(_why_row(told, language, told.chance))
    limits = words.limits(replace(told.explanation, orders=0))  # how it was averaged is told by `parley why`
    points = language.brief.WORDS.points.format(language.labels.window(*_window(told)))
    return WhyTable(
        title="" if _is_of_full_runs(brief) else words.title(told.explanation, *number),
        said=language.labels.sentences((*words.sentences(told.explanation, *number), *limits)),
        header=(points, words.label("expected"), words.label("said")),
        rows=tuple(rows),
    )


def _why_row(told: Explained, language: Language, line: Line) -> tuple[str, tuple[str, ...]]:
    expected, sd, said, *_ = level_move(line) or ("", "", "")
    foretold = f"{expected} ± {sd}" if expected else ""
    return language.why.line_label(line), (points_text(told.points(line)), foretold, said)


def _window(told: Explained) -> tuple[int | None, date | None]:
    reach = told.explanation.reaches[told.reach]
    return reach.horizon_days, reach.deadline


def _is_of_full_runs(brief: Brief) -> bool:
    """Whether the numbers that are compared above are those of the two runs whose difference is explained."""
    since = brief.changes.since
    return brief.summary.standing is None and since.run == since.told


def _points(change: float) -> str:
    """Points of a hundred; finer where they are few."""
    points = 100 * change
    return signed(points, 2 if abs(points) < 1 else 1)
