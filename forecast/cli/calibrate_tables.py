"""The trust page on a terminal: the sentence first, then what it rests on."""

from collections.abc import Sequence

from rich.text import Text

from forecast.cli.tables import bold, emit, facts, grid, paragraph
from forecast.facts.trust import Checked, Trust
from forecast.trust.tables import (
    Table,
    backtest_words,
    band_table,
    bounds_tables,
    calibration_table,
    check_note,
    comparison_tables,
    era_note,
    provenance,
    ranked_table,
    structure_table,
)
from forecast.words.english.quality import quality_note, quality_sentence

type Lines = list[str | Text]


def print_trust(trust: Trust) -> None:
    quality = trust.quality
    tables = (
        *bounds_tables(trust),
        band_table(trust, [now.situation] if (now := quality.alike) else ()),
        *comparison_tables(trust),
        ranked_table(trust),
        structure_table(trust),
        calibration_table(trust),
    )
    blocks: list[Lines] = [
        [
            *_sentences(quality_sentence(quality), quality_note(quality), trust.by_other_model),
            *_sentences(trust.track.sentence),
        ],
        _what_follows(trust),
        *(_block(table) for table in tables if table.rows),
        [bold("Checks"), *_check_lines(trust.checks), *_sentences(check_note(trust.checks))],
        [bold("What was measured"), *facts(provenance(trust))],
    ]
    emit([line for block in blocks for line in ("", *block)][1:])


def _what_follows(trust: Trust) -> Lines:
    """Which backtest, and when a number is told."""
    source = trust.source
    own = source.sentence if source.evaluation_id != trust.quality.evaluation_id else None
    which = f"Below: backtest {backtest_words(source)}. Not a track record."
    return [*_sentences(which, own), *_sentences(trust.rule, era_note(trust))]


def _block(table: Table) -> Lines:
    return [bold(table.title), *grid(table.header, table.rows, left=table.left), *paragraph(table.note)]


def _check_lines(checks: Sequence[Checked]) -> list[str]:
    width = max(len(one.name) for one in checks) + 2
    marks = [f"{one.verdict:<9}{one.name:<{width}}" for one in checks]
    return [
        line
        for one, mark in zip(checks, marks, strict=True)
        for line in paragraph(one.sentence, indent=mark, hanging=" " * len(mark))
    ]


def _sentences(*parts: str | None) -> list[str]:
    return paragraph(" ".join(part for part in parts if part))
