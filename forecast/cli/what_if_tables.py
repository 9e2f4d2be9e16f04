"""Hypotheticals as an analyst reads them: what is supposed, how far to trust it, then every number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.text import Text

from forecast.cli.tables import bold, emit, fitted, in_parts, paragraph
from forecast.facts.whatif import Answer, Saved, Statement, Tornado
from forecast.facts.why import longest_rolling
from forecast.words.language import Language
from forecast.words.numbers import error_size, signed
from forecast.words.whatif_numbers import Named

type Lines = list[str | Text]
type Row = tuple[str, ...]

MARKS = ("A", "B")
"""Of two scenarios side by side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposing:
    """What is to be seen of an answer."""

    found: Answer
    target: int
    """Of which the sentences are."""
    reach: int
    targets: tuple[int, ...]
    """Those that have rows."""
    columns: tuple[int, ...]
    """The places of the windows."""
    language: Language
    names: Named


def print_answer(seen: Supposing) -> None:
    found, words = seen.found, seen.language.whatif
    lines: Lines = [*map(bold, paragraph(words.title(found, seen.target, seen.reach)))]
    lines += [*_statements(found.statements, seen.language, seen.names), ""]
    for sentence in (*words.sentences(found, seen.target, seen.reach), *words.untouched(found)):
        lines += paragraph(sentence)
    lines += ["", *_shifts(seen)]
    if len(seen.targets) > 1:
        lines += ["", *_scenarios(seen)]
    emit(lines)


def _statements(statements: Sequence[Statement], language: Language, names: Named) -> Iterator[str]:
    for one in statements:
        yield from paragraph(language.whatif.statement(one, names), indent="  ", hanging="    ")


def _windows(seen: Supposing) -> Row:
    reaches = [seen.found.reaches[h] for h in seen.columns]
    return ("", *(seen.language.labels.window(one.horizon_days, one.deadline) for one in reaches))


def _shifts(seen: Supposing) -> list[Text]:
    """Of each target what is said now, what would be, by how much, and within what."""
    rows: list[Row] = []
    strong: list[int] = []
    for t in seen.targets:
        strong.append(len(rows))
        rows += _target(seen, t)
    return _joined(in_parts(_windows(seen), rows, emphasised=strong))


def _joined(parts: Sequence[Sequence[Text]]) -> list[Text]:
    """Grids with an empty line between them."""
    lines = [line for part in parts for line in (Text(), *part)]
    return lines[1:]


def _target(seen: Supposing, t: int) -> Iterator[Row]:
    found, words, labels = seen.found, seen.language.whatif, seen.language.labels
    yield (labels.target(found.targets[t]), *("" for _ in seen.columns))
    yield (f"  {words.label('now')}", *(labels.percent(found.before[t][h]) for h in seen.columns))
    yield (f"  {words.label('then')}", *(labels.percent(found.after[t][h]) for h in seen.columns))
    yield (f"  {words.label('points')}", *(signed(found.change(t, h)) for h in seen.columns))
    yield (f"  {words.label('error')}", *(error_size(found.error[t][h]) for h in seen.columns))
    yield (
        f"  {words.label('interval')}",
        *(labels.percent_range(found.low[t][h], found.high[t][h]) for h in seen.columns),
    )


def _scenarios(seen: Supposing) -> list[Text]:
    """What is said now of the exclusive scenarios, and below what would be."""
    found, words, labels = seen.found, seen.language.whatif, seen.language.labels
    rows: list[Row] = []
    for i, name in enumerate(found.scenarios):
        label = f"{name} {labels.scenarios[name]}"
        rows.append((label, *(labels.percent(found.scenarios_before[i][h]) for h in seen.columns)))
        rows.append((f"  {words.label('then')}", *(labels.percent(found.scenarios_after[i][h]) for h in seen.columns)))
    return [bold(words.label("scenarios")), *_joined(in_parts(_windows(seen), rows))]


def print_compared(one: Answer, other: Answer, language: Language, names: Named) -> None:
    """Two scenarios side by side: of each target a row for each window."""
    words, labels = language.whatif, language.labels
    lines: Lines = [*map(bold, paragraph(words.compared(one, other)))]
    for mark, each in zip(MARKS, (one, other), strict=True):
        lines += ["", *map(bold, paragraph(f"{mark}  {each.name}")), *_statements(each.statements, language, names)]
        lines += paragraph(words.status(each), indent="  ")
    rows: list[Row] = []
    strong: list[int] = []
    for t, target in enumerate(one.targets):
        strong.append(len(rows))
        rows.append((labels.target(target), "", "", "", ""))
        rows += _beside(one, other, t, language)
    header = ("", words.label("now"), *MARKS, words.label("difference").format(*reversed(MARKS)))
    emit([*lines, "", *fitted(header, rows, emphasised=strong)])


def _beside(one: Answer, other: Answer, t: int, language: Language) -> Iterator[Row]:
    labels = language.labels
    for h, window in enumerate(one.reaches):
        yield (
            f"  {labels.window(window.horizon_days, window.deadline)}",
            labels.percent(one.before[t][h]),
            labels.percent(one.after[t][h]),
            labels.percent(other.after[t][h]),
            signed(100 * (other.after[t][h] - one.after[t][h])),
        )


def print_saved(found: Sequence[Saved], language: Language, names: Named) -> None:
    """Scenarios on file, by name."""
    words = language.whatif
    if not found:
        emit(paragraph(words.none_saved()))
        return
    lines: Lines = []
    for one in found:
        lines += [*([""] if lines else []), bold(one.name), *paragraph(words.saved(one), indent="  ")]
        lines += _statements(one.statements, language, names)
        target, reach = (0, 0) if one.answer is None else (one.answer.place, longest_rolling(one.answer.reaches))
        lines += paragraph(words.answered(one, target, reach), indent="  ")
    emit(lines)


def print_tornado(found: Tornado, language: Language) -> None:
    words, labels = language.whatif, language.labels
    lines: Lines = [*map(bold, paragraph(words.tornado(found)))]
    for sentence in words.beside(found):
        lines += paragraph(sentence)
    header = tuple(words.label(name) for name in ("indicator", "level", "low", "high", "swing"))
    rows = [
        (
            one.name,
            f"{signed(one.level, 1)} ± {one.sd:.1f}",
            f"{100 * one.low:.1f}{labels.percent_sign}",
            f"{100 * one.high:.1f}{labels.percent_sign}",
            signed(one.points, 1),
        )
        for one in found.swings
    ]
    emit([*lines, "", *fitted(header, rows)])
