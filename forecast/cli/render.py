"""The forecast as an analyst reads it: the headline first, then what it rests on. Words are those of a language."""

from collections.abc import Sequence

from rich.text import Text

from db.run_rows import RunRow, TargetForecastRow
from forecast.cli.tables import bold, column_widths, emit, facts, grid, level_cells, paragraph
from forecast.facts.reasons import LEAST, Taught, taught_on
from forecast.facts.summary import Summary
from forecast.facts.why import main_reach
from forecast.record.summary import by_model, cadence_of, stale_days
from forecast.record.translated import in_language
from forecast.run_facts import is_stale
from forecast.structures import ModelLine, change_of, lines_of_headline
from forecast.words.language import ENGLISH, Language
from forecast.words.numbers import error_size, signed
from forecast.words.selection import in_order
from indicators.install import InstallReport

type Lines = list[str | Text]


def print_install(url: str, report: InstallReport, zone: str) -> None:
    version = "new version" if report.new_version else "as it was"
    rows = [
        (count.table, *map(str, (count.added, count.changed, count.unchanged, count.kept, count.retracted)))
        for count in report.tables
    ]
    header = ("table", "added", "changed", "unchanged", "kept", "retracted")
    title = paragraph(f"case {report.case_id}, version {report.case_hash[:8]} ({version}), in {url}")
    emit([*title, *grid(header, rows), *paragraph(f"days are those of {zone}")])


def print_summary(summary: Summary, language: Language = ENGLISH) -> None:
    """Print all of it, names and sentences in the language."""
    told, words = in_language(summary, language), language.show
    warnings = stale_lines(told, language)
    if told.forecast_of is None:
        emit([*warnings, "", *_run_block(told.run, language, names=told.names)])
        return
    quality = (language.quality.quality_sentence(told.quality), language.quality.quality_note(told.quality))
    blocks: list[Lines] = [
        [
            *warnings,
            *since_lines(told, language),
            *headline_lines(told, language),
            *why_lines(told, language),
            *paragraph(by_model(told, language)),
            *model_lines(told, language),
            *paragraph(words.before(told)),
            *(paragraph(words.overdue(told.forecast_of, told.owed)) if told.overdue else ()),
            *paragraph(words.situation(told)),
        ],
        week_block(told, language),
        [
            *paragraph(language.leaning.judgement_sentence(told) or ""),
            *paragraph(language.leaning.assumption_sentence(told) or ""),
            *paragraph(language.labels.sentences(quality)),
            *paragraph(language.quality.track_sentence(told.track)),
        ],
        *_target_blocks(told, language),
        _scenario_block(told, language),
        _state_block(told, language),
        [bold(words.METHOD), *paragraph(words.method())],
        _run_block(told.forecast_of, language, told.zone, () if told.rejected else told.names),
        _model_block(told, language),
    ]
    if told.run.id != told.forecast_of.id:
        blocks.append(_run_block(told.run, language, names=told.names))
    separated = [line for block in blocks if block for line in ("", *block)]
    emit(separated[1:])


def why_lines(summary: Summary, language: Language) -> Lines:
    """What moved the headline in a week, where that is on file."""
    found = summary.why
    return [] if found is None else [*paragraph(language.why.since(found, found.place, main_reach(found)))]


def since_lines(summary: Summary, language: Language) -> Lines:
    """What has happened, or was entered, since the last full run; before any number, for it may overtake one."""
    if not summary.since or summary.forecast_of is None:
        return []
    lines: Lines = [bold(language.show.since_heading(summary.forecast_of))]
    for line in language.news.news_lines(summary.since):
        lines += paragraph(line)
    if summary.standing is None:
        lines += paragraph(language.show.not_taken_in(summary.lacking))
    return lines


def model_lines(summary: Summary, language: Language) -> list[str]:
    """What a change of the model alone did to the number, in the first run after it."""
    change = change_of(summary.forecast_of.detail) if summary.forecast_of else None
    return paragraph(language.model.model_change_sentence(change, summary.headline)) if change else []


def week_block(summary: Summary, language: Language) -> Lines:
    """Events and attestations of the week, and disputes that stand, by name and source."""
    lines = language.news.week_lines(summary.week)
    if not lines:
        return []
    return [bold(language.show.week_heading(summary.week)), *(part for line in lines for part in paragraph(line))]


def stale_lines(summary: Summary, language: Language) -> list[str]:
    """What comes before the headline: that a later run was refused, and an earlier forecast stands."""
    out: list[str] = []
    good, asked, words = summary.forecast_of, summary.run, language.show
    if summary.rejected:
        out += paragraph(words.attempt(asked))
        out += paragraph(words.no_forecast(asked) if good is None else words.last_good(good))
    if summary.newer is not None:
        out += paragraph(words.attempt(summary.newer))
        out += paragraph(words.last_good(None))
    return out


def headline_lines(summary: Summary, language: Language = ENGLISH) -> Lines:
    """Three lines that can be printed as they are."""
    rows = in_order(summary.shown_headline())
    main = max((row for row in rows if row.horizon_days), key=_days, default=rows[0] if rows else None)
    lines: Lines = [bold(language.show.title(summary))]
    if main is None:
        return lines
    others = language.show.others([row for row in rows if row is not main])
    return [*lines, bold(language.show.headline(main)), *paragraph(others)]


def _days(row: TargetForecastRow) -> int:
    return row.horizon_days or 0


def _target_blocks(summary: Summary, language: Language) -> list[Lines]:
    """Per target its windows side by side; the columns of all targets share their widths."""
    order = {name: i for i, name in enumerate((summary.headline, *language.labels.targets))}
    targets = sorted(
        {row.target for row in summary.shown.targets}, key=lambda name: (order.get(name, len(order)), name)
    )
    tables = {target: _target_rows(summary, target, language) for target in targets}
    header = max((header for header, _ in tables.values()), key=len)
    widths = column_widths(header, [row for _, rows in tables.values() for row in rows])
    out: list[Lines] = []
    for target, (windows, rows) in tables.items():
        title = language.show.target_heading(target, headline=target == summary.headline)
        table = grid(windows, rows, widths=widths, emphasised=(0,))
        out.append([bold(title), *table, *_reason_lines(summary, target, language)])
    return out


def _reason_lines(summary: Summary, target: str, language: Language) -> list[str]:
    """Why the forecast is far from the base rate above, where it is."""
    mine = (one for one in summary.reasons if one.target == target)
    return [line for one in mine for line in paragraph(language.reasons.reason_sentence(one))]


def _target_rows(summary: Summary, target: str, language: Language) -> tuple[list[str], list[list[str]]]:
    mine = in_order(row for row in summary.shown.targets if row.target == target)
    labels = language.labels
    lines = {
        "mean": [labels.percent(row.mean) for row in mine],
        "error": [error_size(row.mcse) for row in mine],
        "median": [labels.percent(row.q50) for row in mine],
        "half": [labels.percent_range(row.q25, row.q75) for row in mine],
        "ninety": [labels.percent_range(row.q05, row.q95) for row in mine],
        "base_rate": [labels.percent(row.base_rate) for row in mine],
        "documents_only": [labels.percent(row.documents_only) for row in mine],
        "history_only": [labels.percent(row.history_only) for row in mine],
    }
    known = {name: cells for name, cells in lines.items() if summary.standing is None or set(cells) != {"–"}}
    windows = [labels.window(row.horizon_days, row.deadline) for row in mine]
    return ["", *windows], [[language.show.ROWS[name], *cells] for name, cells in known.items()]


def _scenario_block(summary: Summary, language: Language) -> Lines:
    labels, shown = language.labels, summary.shown.scenarios
    windows = list(dict.fromkeys((row.horizon_days, row.deadline) for row in shown))
    found = {(row.scenario, (row.horizon_days, row.deadline)): row.probability for row in shown}
    rows = [
        [f"{scenario} {name}", *(labels.percent(found.get((scenario, window))) for window in windows)]
        for scenario, name in labels.scenarios.items()
    ]
    differ = paragraph(language.reasons.siblings_sentence(summary.siblings, summary.headline))
    header = ["", *(labels.window(*window) for window in windows)]
    return [bold(language.show.SCENARIOS), *grid(header, rows), *differ]


def _state_block(summary: Summary, language: Language) -> Lines:
    effects, words = taught_on(summary.effects, summary.headline), language.show
    rows = []
    for row in summary.shown.states:
        days = stale_days(row, summary)
        stale = is_stale(days, cadence_of(row, summary))
        cells = level_cells(row.mean, row.sd, row.active, row.last_observed_on, days, stale=stale, words=words.CELLS)
        effect = _effect_cells(effects.get(row.indicator_id), language) if effects else ()
        rows.append((row.indicator_id, *cells, *effect))
    header = ("", *words.LEVELS, *(words.EFFECTS if effects else ()))
    note = paragraph(words.taught_note()) if effects else []
    return [bold(words.INDICATORS), *grid(header, rows, left=(0, 5)), *note]


def _effect_cells(effect: Taught | None, language: Language) -> tuple[str, str]:
    if effect is None:
        return "–", "–"
    share = effect.events_taught
    if share is None:
        return signed(effect.mean), "–"
    said = f"{100 * share:.0f}{language.labels.percent_sign}"
    return signed(effect.mean), language.show.CELLS["untaught"] if share < LEAST else said


def _run_block(run: RunRow, language: Language, zone: str = "", names: Sequence[str] = ()) -> Lines:
    return [bold(language.show.run_heading(run)), *facts(language.show.run_facts(run, zone, names))]


def _model_block(summary: Summary, language: Language) -> Lines:
    """What a change of the model alone did, target by target; nothing in a run that follows one by the same model."""
    change = change_of(summary.forecast_of.detail) if summary.forecast_of else None
    if change is None or not change.lines:
        return []
    lines = {(line.target, line.horizon_days, line.deadline): line for line in change.lines}
    windows = [(line.horizon_days, line.deadline) for line in lines_of_headline(change, summary.headline)]
    labels = language.labels
    rows = [
        [name, *(_points(lines.get((target, *window))) for window in windows)]
        for target, name in labels.targets.items()
        if any(line.target == target for line in change.lines)
    ]
    header = ["", *(labels.window(*window) for window in windows)]
    return [bold(language.show.model_heading(change)), *grid(header, rows, stacked=True)]


def _points(line: ModelLine | None) -> str:
    return "–" if line is None else signed(line.points, 1)
