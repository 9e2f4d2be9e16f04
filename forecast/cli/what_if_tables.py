"""What would be said if, as an analyst reads it: statements, sentences, then every target over every window."""

from collections.abc import Mapping, Sequence

from rich.text import Text

from forecast.cli.tables import bold, emit, grid, paragraph
from forecast.facts.whatif import Answer, Saved, Tornado
from forecast.words.language import Language
from forecast.words.numbers import percent, signed
from forecast.words.whatif_numbers import change_text, ends_text, error_text

type Names = Mapping[str, str]


def print_answer(found: Answer, target: int, reach: int, names: Names, language: Language) -> None:
    """One answer."""
    words = language.whatif
    lines: list[str | Text] = [*map(bold, paragraph(words.title(found, target, reach))), ""]
    lines += _statements(found, names, language)
    lines.append("")
    for sentence in words.sentences(found, target, reach):
        lines += paragraph(sentence)
    lines += ["", *_targets(found, target, reach, language), "", *_scenarios(found, language), ""]
    for sentence in words.untouched(found):
        lines += paragraph(sentence)
    emit(lines)


def _statements(found: Answer, names: Names, language: Language) -> list[str]:
    texts = (language.whatif.statement(one, names) for one in found.statements)
    return [line for text in texts for line in paragraph(text, indent="  ", hanging="    ")]


def _targets(found: Answer, target: int, reach: int, language: Language) -> list[Text]:
    """Now and then of each target, by window; below the number asked for its error and interval."""
    words, labels = language.whatif, language.labels
    header = ("", *(labels.window(one.horizon_days, one.deadline) for one in found.reaches))
    rows = [
        (labels.target(name), *(" → ".join(ends_text(found, t, h)) for h in range(len(found.reaches))))
        for t, name in enumerate(found.targets)
    ]
    places = range(len(found.reaches))
    rows.append((f"  {words.label('points')}", *(change_text(found, target, h) for h in places)))
    rows.append((f"  {words.label('error')}", *(f"± {error_text(found, target, h)}" for h in places)))
    interval = [f"{percent(found.low[target][h])} – {percent(found.high[target][h])}" for h in places]
    rows.append((f"  {words.label('interval')}", *interval))
    return grid(header, rows, emphasised=[target], stacked=True)


def _scenarios(found: Answer, language: Language) -> list[Text]:
    labels = language.labels
    header = (
        language.whatif.label("scenarios"),
        *(labels.window(one.horizon_days, one.deadline) for one in found.reaches),
    )
    rows = [
        (
            labels.scenarios[name],
            *(
                f"{percent(found.scenarios_before[s][h])} → {percent(found.scenarios_after[s][h])}"
                for h in range(len(found.reaches))
            ),
        )
        for s, name in enumerate(found.scenarios)
    ]
    return grid(header, rows, stacked=True)


def print_compared(one: Answer, other: Answer, target: int, names: Names, language: Language) -> None:
    """Two scenarios side by side: of the target, by window, and of every target over the longest rolling one."""
    words, labels = language.whatif, language.labels
    lines: list[str | Text] = [*map(bold, paragraph(words.compared(one, other)))]
    for found in (one, other):
        lines += ["", *paragraph(f"{found.name}: {words.status(found)}"), *_statements(found, names, language)]
    header = ("", words.label("now"), one.name, other.name, words.label("difference").format(other.name, one.name))
    for t in (target, *(t for t in range(len(one.targets)) if t != target)):
        rows = [
            (
                labels.window(reach.horizon_days, reach.deadline),
                percent(one.before[t][h]),
                percent(one.after[t][h]),
                percent(other.after[t][h]),
                signed(100 * (other.after[t][h] - one.after[t][h])),
            )
            for h, reach in enumerate(one.reaches)
        ]
        lines += ["", bold(labels.target(one.targets[t])), *grid(header, rows)]
    emit(lines)


def print_saved(saved: Sequence[Saved], target: int, reach: int, names: Names, language: Language) -> None:
    """The scenarios on file, each with its statements and its newest answer."""
    words = language.whatif
    if not saved:
        emit(paragraph(words.none_saved()))
        return
    lines: list[str | Text] = []
    for one in saved:
        lines += [*([""] if lines else []), bold(one.name), *paragraph(words.saved(one), indent="  ")]
        for each in one.statements:
            lines += paragraph(words.statement(each, names), indent="  ", hanging="    ")
        lines += paragraph(words.answered(one, target, reach), indent="  ")
    emit(lines)


def print_tornado(found: Tornado, names: Names, language: Language) -> None:
    """What each indicator could do."""
    words = language.whatif
    lines: list[str | Text] = [*map(bold, paragraph(words.tornado(found))), ""]
    for sentence in words.beside(found):
        lines += paragraph(sentence)
    header = ("", *(words.label(name) for name in ("level", "low", "high", "swing")))
    rows = [
        (
            names.get(one.indicator, one.name),
            f"{signed(one.level, 1)} ± {one.sd:.1f}",
            percent(one.low),
            percent(one.high),
            signed(one.points),
        )
        for one in found.swings
    ]
    emit([*lines, "", *grid(header, rows, stacked=True)])
