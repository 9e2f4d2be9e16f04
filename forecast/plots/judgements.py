"""What each author says of each indicator, side by side; silence is an empty cell, never a zero."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from sqlalchemy import Connection

from db.read import read_catalogue, read_documents, read_judgements
from db.rows import DocumentRow, JudgementRow
from db.when import When
from forecast.errors import NothingToDraw
from forecast.facts.evidence import Asked, Author, JudgementsFacts, Said
from forecast.plots.axes import show_legend
from forecast.plots.indicators import (
    Ladder,
    Naming,
    bold,
    build_ladder,
    by_group,
    draw_ladder,
    is_wide,
    name_in,
    wrap_words,
)
from forecast.plots.style import BLUE, GREY, INK, LIGHT, ORANGE, WIDTH, house_style
from forecast.record.catalogue import case_of
from forecast.words.drawn import JudgementsLabels
from forecast.words.english.labels import LABELS as ENGLISH
from forecast.words.labels import Labels
from forecast.words.numbers import level_text, signed
from indicators.content import TARGETS

GAP = 0.12
"""Inches between columns, which the bands of groups reach over."""
ROW = 0.25
"""Inches: the height of an indicator's row."""
MOST = 3
"""The greatest weight, either way."""
ROOM = 3.0
"""Beside the bars, for their numbers, in the units of weights."""
MEANS_WIDTH = 1.45
"""Of the column of means, in columns."""
LETTERS = 80
"""That have room over all columns."""
NAME_LETTERS = 29
"""That a line of an indicator's name has room for."""
MANY = 7
"""Columns beyond which authors' names stand upright."""
ANY_FRAMING = "limits_talks"
FRAMED = ("arms_control_talks", "denuclearisation_talks")
"""Judgements on talks of any framing speak of these too."""


def read_judgements_shown(
    connection: Connection, when: When, *, target: str | None = None, case_id: str | None = None, language: str = "en"
) -> JudgementsFacts:
    """What documents published by then say of a target (None: the headline); NothingToDraw if none does."""
    case = case_of(connection, when, case_id)
    target = target or case.headline
    documents = read_documents(connection, case.case_id, when)
    judgements = read_judgements(connection, case.case_id, when)
    catalogue = by_group(read_catalogue(connection, case))
    known = {row.indicator_id for row in catalogue}
    kept = [row for row in judgements if row.target == target and row.indicator_id in known]
    if not kept:
        raise NothingToDraw(_nothing(when, target, documents, judgements))
    naming = name_in(language, case.case_id, catalogue)
    asked = tuple(
        Asked(
            row.indicator_id,
            naming.indicator(row.indicator_id),
            naming.group(row.group_name),
            _weights(row.indicator_id, kept),
        )
        for row in catalogue
    )
    others = sum(row.target == ANY_FRAMING for row in judgements) if target in FRAMED else 0
    return JudgementsFacts(
        as_of=when.as_of,
        as_recorded=when.as_recorded,
        target=target,
        authors=_authors(documents, kept, naming),
        indicators=asked,
        others=others,
    )


def draw_judgements(facts: JudgementsFacts, labels: Labels = ENGLISH) -> Figure:
    """A column of bars for each document, and one for their mean."""
    ladder = build_ladder([asked.group for asked in facts.indicators], heading=0.75)
    many = len(facts.authors) > MANY
    letters = 22 if many else int(LETTERS / (len(facts.authors) + MEANS_WIDTH))
    words = labels.judgements
    with house_style(labels.locale):
        height = ROW * ladder.height + (2.3 if many else 1.65)
        figure = Figure(figsize=(WIDTH, height), layout=ConstrainedLayoutEngine(w_pad=GAP / 4, wspace=0.0))
        title = words.title.format(target=labels.target(facts.target))
        figure.suptitle(title, x=0.01, ha="left", fontsize=9.5)
        widths = [1.0] * len(facts.authors) + [MEANS_WIDTH]
        first, *others = figure.subplots(1, len(widths), sharey=True, width_ratios=widths)
        for axes in (first, *others):
            _prepare(axes, ladder, facts, words=axes is first, last=axes is others[-1])
        for axes, author in zip((first, *others), facts.authors, strict=False):
            _draw_author(axes, author, facts, ladder, words)
            heading, size = _heading(author, letters)
            axes.set_title(heading, fontsize=size, loc="center", rotation=90 if many else 0)
        _draw_means(others[-1], facts, ladder, words)
        first.set_zorder(1)  # names of groups reach over the panels beside
        first.patch.set_visible(False)
        _write_names(first, facts, ladder)
        for label, asked in zip(first.get_yticklabels(), facts.indicators, strict=True):
            if asked.disputed:
                label.set(**bold(labels.locale))
        handles = _legend(facts, words)
        show_legend(figure, handles, [str(handle.get_label()) for handle in handles])
        return figure


def _write_names(axes: Axes, facts: JudgementsFacts, ladder: Ladder) -> None:
    """Ids as they are; names smaller, and on two lines where they are long."""
    if all(asked.name == asked.indicator for asked in facts.indicators):
        axes.set_yticks(ladder.places, [asked.indicator for asked in facts.indicators])
    else:
        names = [wrap_words(asked.name, NAME_LETTERS, 2) for asked in facts.indicators]
        axes.set_yticks(ladder.places, names, fontsize=7, linespacing=1)


def _authors(
    documents: Iterable[DocumentRow], judgements: Sequence[JudgementRow], naming: Naming
) -> tuple[Author, ...]:
    """Documents that say something, the oldest first."""
    found = []
    for row in sorted(documents, key=lambda one: (one.published_on, one.document_id)):
        said = {
            one.indicator_id: Said(float(one.weight), one.basis == "explicit")
            for one in judgements
            if one.document_id == row.document_id
        }
        if said:
            author = naming.author(row.document_id, row.author)
            found.append(Author(row.document_id, author, row.published_on, said))
    return tuple(found)


def _weights(indicator: str, judgements: Iterable[JudgementRow]) -> tuple[float, ...]:
    return tuple(float(row.weight) for row in judgements if row.indicator_id == indicator)


def _nothing(when: When, target: str, documents: Sequence[DocumentRow], judgements: Sequence[JudgementRow]) -> str:
    if not documents:
        return f"no document had been published by {when.as_of}; choose a later date, or see `parley documents`"
    spoken = [name for name in TARGETS if any(row.target == name for row in judgements)]
    there = f"there are some on {', '.join(spoken)}: name one of these" if spoken else "there are none on any target"
    return f"no document published by {when.as_of} speaks of {target}; {there}"


def _prepare(axes: Axes, ladder: Ladder, facts: JudgementsFacts, *, words: bool, last: bool) -> None:
    draw_ladder(axes, ladder, words=words, beyond=0 if last else GAP)
    for asked, place in zip(facts.indicators, ladder.places, strict=True):
        if asked.disputed:
            axes.axhspan(place - 0.5, place + 0.5, **_DISPUTED, zorder=0)
    axes.axvline(0, color=GREY, linewidth=0.6, zorder=1)
    axes.set_xlim(-MOST - ROOM, MOST + ROOM)
    axes.set_xticks((-MOST, 0, MOST), [signed(x, 0) for x in (-MOST, 0, MOST)])
    axes.tick_params(axis="x", labelsize=6.5, length=2)
    axes.spines["left"].set_visible(words)


_DISPUTED: dict[str, Any] = {"facecolor": "#FBF1D5", "linewidth": 0}


def _heading(author: Author, letters: int) -> tuple[str, float]:
    """The author without what stands in brackets, and the year; and the size of letters that its columns hold."""
    name = re.split(r"\s*[(（]", author.author)[0]
    wide = any(map(is_wide, name))
    return f"{wrap_words(name, int(letters * 1.15) if wide else letters, 2)}\n{author.published_on.year}", (
        6.6 if wide else 7.5
    )


def _draw_author(axes: Axes, author: Author, facts: JudgementsFacts, ladder: Ladder, words: JudgementsLabels) -> None:
    for asked, place in zip(facts.indicators, ladder.places, strict=True):
        if asked.indicator in author.said:
            _draw_said(axes, author.said[asked.indicator], place)
    axes.set_xlabel(words.author.format(mean=signed(author.mean), n=len(author.said)), fontsize=7)


def _draw_said(axes: Axes, said: Said, place: float) -> None:
    colour = ORANGE if said.weight < 0 else BLUE
    style = {"facecolor": colour} if said.explicit else _INFERRED
    if said.weight:
        axes.barh(place, said.weight, height=0.62, edgecolor=colour, linewidth=0.8, zorder=2, **style)
    else:
        axes.plot(0, place, **_nought(explicit=said.explicit), zorder=2)
    _write(axes, said.weight, place, level_text(said.weight))


def _nought(*, explicit: bool) -> dict[str, Any]:
    return {"marker": "o", "color": INK, "markersize": 4, "markerfacecolor": INK if explicit else "white"}


_INFERRED: dict[str, Any] = {"facecolor": "white", "hatch": "//////", "hatch_linewidth": 0.5}


def _write(axes: Axes, weight: float, place: float, text: str) -> None:
    """The number at the end of its bar."""
    left = weight < 0
    axes.annotate(
        text, (weight, place), (-2.5 if left else 2.5 + 2 * (weight == 0), 0), textcoords="offset points",
        ha="right" if left else "left", va="center", fontsize=6.5, zorder=3,
    )  # fmt: skip


def _draw_means(axes: Axes, facts: JudgementsFacts, ladder: Ladder, words: JudgementsLabels) -> None:
    """Mean and n of each row, on a line from the lowest weight to the highest."""
    axes.set_title(words.means, fontsize=7.5, loc="center")
    axes.set_facecolor("#F7F7F7")
    axes.set_xlim(right=MOST + ROOM + (MEANS_WIDTH - 1) * 2 * (MOST + ROOM))
    for asked, place in zip(facts.indicators, ladder.places, strict=True):
        if asked.mean is None:
            continue
        axes.plot((min(asked.weights), max(asked.weights)), (place, place), color=INK, linewidth=0.9, zorder=2)
        axes.plot(asked.mean, place, "D", color=INK, markersize=3.8, zorder=3)
        text = f"{signed(asked.mean)} ({len(asked.weights)})"
        axes.annotate(
            text, (1, place), (-2, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
            ha="right", va="center", fontsize=6, color=GREY,
        )  # fmt: skip
    axes.set_xlabel(words.mean_of, fontsize=7)


def _legend(facts: JudgementsFacts, words: JudgementsLabels) -> list[Artist]:
    explicit, inferred = words.basis[True], words.basis[False]
    handles: list[Artist] = [
        Patch(facecolor=BLUE, edgecolor=BLUE, label=explicit.format("+")),
        Patch(**_INFERRED, edgecolor=BLUE, label=inferred.format("+")),
        Patch(facecolor=ORANGE, edgecolor=ORANGE, label=explicit.format("−")),
        Patch(**_INFERRED, edgecolor=ORANGE, label=inferred.format("−")),
    ]
    noughts = {said.explicit for author in facts.authors for said in author.said.values() if said.weight == 0}
    handles += [
        Line2D([], [], linestyle="none", label=words.basis[told].format(words.no_bearing), **_nought(explicit=told))
        for told in sorted(noughts, reverse=True)
    ]
    if facts.disputed:
        handles.append(Patch(**_DISPUTED, label=words.disputed))
    return [*handles, Patch(facecolor="white", edgecolor=LIGHT, label=words.silent)]
