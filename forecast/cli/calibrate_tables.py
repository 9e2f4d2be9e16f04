"""The trust page on a terminal: the sentence first, then what it rests on."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from forecast.cli.tables import bold, emit, facts, grid, paragraph
from forecast.facts.trust import Checked, Trust
from forecast.trust.sentences import other_model, own_sentence
from forecast.trust.tables import (
    Table,
    band_table,
    bounds_tables,
    calibration_table,
    check_note,
    comparison_tables,
    era_note,
    found_or_how,
    ranked_table,
    structure_table,
    verdict_name,
)
from forecast.words.language import LANGUAGES, Language

type Lines = list[str | Text]


def print_trust(trust: Trust, language: Language = LANGUAGES["en"]) -> None:
    """The facts of the trust page as lines in a language."""
    words = language.trust
    now = trust.quality.alike
    tables = (
        *bounds_tables(trust, language),
        band_table(trust, language, [now.situation] if now else ()),
        *comparison_tables(trust, language),
        ranked_table(trust, language),
        structure_table(trust, language),
        calibration_table(trust, language),
    )
    blocks: list[Lines] = [
        _in_short(trust, language),
        _what_follows(trust, language),
        *(_block(table) for table in tables if table.rows),
        [
            bold(words.TABLES.checks),
            *_check_lines(trust.checks, language),
            *paragraph(check_note(trust.checks, language)),
        ],
        [bold(words.TABLES.measured), *facts(words.provenance(trust))],
    ]
    emit([line for block in blocks for line in ("", *block)][1:])


def _in_short(trust: Trust, language: Language) -> Lines:
    quality = language.quality
    said = (quality.quality_sentence(trust.quality), quality.quality_note(trust.quality), other_model(trust, language))
    return [*_sentences(language, *said), *paragraph(quality.track_sentence(trust.track))]


def _what_follows(trust: Trust, language: Language) -> Lines:
    """Which backtest, and when a number is told."""
    words = language.trust
    which = words.PAGE.below.format(words.backtest(trust.source))
    return [
        *_sentences(language, which, own_sentence(trust, language)),
        *_sentences(language, words.rule(), era_note(trust, language)),
    ]


def _block(table: Table) -> Lines:
    return [bold(table.title), *grid(table.header, table.rows, left=table.left), *paragraph(table.note)]


def _check_lines(checks: Sequence[Checked], language: Language) -> list[str]:
    verdicts = [verdict_name(one.verdict, language) for one in checks]
    wide, width = max(7, *map(cell_len, verdicts)) + 2, max(len(one.name) for one in checks) + 2
    marks = [
        f"{verdict}{' ' * (wide - cell_len(verdict))}{one.name:<{width}}"
        for one, verdict in zip(checks, verdicts, strict=True)
    ]
    return [
        line
        for one, mark in zip(checks, marks, strict=True)
        for line in paragraph(found_or_how(one, language), indent=mark, hanging=" " * cell_len(mark))
    ]


def _sentences(language: Language, *parts: str) -> list[str]:
    return paragraph(language.labels.sentences(parts))
