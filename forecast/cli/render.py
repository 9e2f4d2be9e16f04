"""The forecast as an analyst reads it: the headline first, then what it rests on."""

from collections.abc import Collection, Sequence
from datetime import date

from rich.text import Text

from db.run_rows import RunRow, TargetForecastRow
from forecast.cli.tables import LEVEL_HEADER, bold, column_widths, emit, facts, grid, level_cells, paragraph
from forecast.facts.reasons import LEAST, Taught, taught_on
from forecast.facts.summary import Summary
from forecast.record.summary import by_model, cadence_of, stale_days
from forecast.run_facts import diagnostics_of, failures_of, is_stale, looked_through
from forecast.structures import ModelLine, change_of, lines_of_headline, structure_of
from forecast.words.english.leaning import assumption_sentence, judgement_sentence
from forecast.words.english.model import model_change_sentence
from forecast.words.english.news import kinds_to_learn, news_lines, week_lines
from forecast.words.english.reasons import SET_BY_DOCUMENTS, reason_sentence, siblings_sentence
from forecast.words.names import INTERVALS, SCENARIO_NAMES, TARGET_NAMES, target_name
from forecast.words.numbers import counted, error_size, minute, percent, percent_range, reach, signed
from indicators.install import InstallReport

ATTEMPTS = {"rejected": "was rejected", "failed": "failed", "started": "has not finished", None: "has not finished"}


def print_install(url: str, report: InstallReport, zone: str) -> None:
    version = "new version" if report.new_version else "as it was"
    rows = [
        (count.table, *map(str, (count.added, count.changed, count.unchanged, count.kept, count.retracted)))
        for count in report.tables
    ]
    header = ("table", "added", "changed", "unchanged", "kept", "retracted")
    title = paragraph(f"case {report.case_id}, version {report.case_hash[:8]} ({version}), in {url}")
    emit([*title, *grid(header, rows), *paragraph(f"days are those of {zone}")])


def print_summary(summary: Summary) -> None:
    warnings = stale_lines(summary)
    if summary.forecast_of is None:
        emit([*warnings, "", *_run_block(summary.run, names=summary.names)])
        return
    blocks: list[list[str | Text]] = [
        [
            *warnings,
            *since_lines(summary),
            *headline_lines(summary),
            *paragraph(by_model(summary)),
            *model_lines(summary),
            *before_lines(summary),
            *age_lines(summary),
            *paragraph(situation_sentence(summary)),
        ],
        week_block(summary),
        [
            *paragraph(judgement_sentence(summary) or ""),
            *paragraph(assumption_sentence(summary) or ""),
            *paragraph(" ".join(filter(None, (summary.quality.sentence, summary.quality.note)))),
            *paragraph(summary.track),
        ],
        *_target_blocks(summary),
        _scenario_block(summary),
        _state_block(summary),
        [bold("Method"), *paragraph(INTERVALS)],
        _run_block(summary.forecast_of, summary.zone, () if summary.rejected else summary.names),
        _model_block(summary),
    ]
    if summary.run.id != summary.forecast_of.id:
        blocks.append(_run_block(summary.run, names=summary.names))
    separated = [line for block in blocks if block for line in ("", *block)]
    emit(separated[1:])


def since_lines(summary: Summary) -> list[str | Text]:
    """What has happened, or was entered, since the last full run; before any number, for it may overtake one."""
    if not summary.since or summary.forecast_of is None:
        return []
    of = summary.forecast_of
    lines: list[str | Text] = [bold(f"Since run {of.id}, as of {of.as_of}, had read what was on file")]
    for line in news_lines(summary.since):
        lines += paragraph(line)
    if summary.standing is None:
        why = f" ({summary.lacking})" if summary.lacking else ""
        lines += paragraph(f"NOT TAKEN IN: the numbers below know nothing of it; run `parley update`{why}.")
    return lines


def model_lines(summary: Summary) -> list[str]:
    """What a change of the model alone did to the number, in the first run after it."""
    change = change_of(summary.forecast_of.detail) if summary.forecast_of else None
    return paragraph(model_change_sentence(change, summary.headline)) if change else []


def before_lines(summary: Summary) -> list[str]:
    """What the full run said before what came since, and how the number above came about."""
    made, of = summary.standing, summary.forecast_of
    if made is None or of is None:
        return []
    stored = f"run {made.run_id}, " if made.run_id is not None else ""
    numbers = ", ".join(f"{percent(row.mean)} {reach(row)}" for row in sorted(summary.headline_rows(), key=_window))
    left = f" but for {kinds_to_learn(summary.since)}" if summary.since.to_learn else ""
    learn = " Only a full update takes those in: run `parley update`." if left else ""
    learn += f" {made.untaught[0].upper()}{made.untaught[1:]}." if made.untaught else ""
    return paragraph(
        f"This takes in what came since{left} ({stored}provisional: without a fit).{learn} Before it, run {of.id} said "
        f"{numbers}."
    )


def week_block(summary: Summary) -> list[str | Text]:
    """Events and attestations of the week, and disputes that stand, by name and source."""
    lines = week_lines(summary.week)
    if not lines:
        return []
    title = bold(f"Events and attestations since {summary.week.since}, and disputes")
    return [title, *(part for line in lines for part in paragraph(line))]


def stale_lines(summary: Summary) -> list[str]:
    """What comes before the headline: that a later run was refused, and an earlier forecast stands."""
    out: list[str] = []
    good, asked = summary.forecast_of, summary.run
    if summary.rejected:
        out += _attempt_lines(asked)
        out += paragraph(
            f"NO FORECAST: none was published as of {asked.as_of} or before; run "
            f"`parley update --as-of {asked.as_of} --draws 4000`"
            if good is None
            else f"STALE: below stands the last good forecast, run {good.id} as of {good.as_of}."
        )
    if summary.newer is not None:
        out += _attempt_lines(summary.newer)
        out += paragraph("STALE: below stands the last good forecast.")
    return out


def _attempt_lines(run: RunRow) -> list[str]:
    what = f"Run {run.id} as of {run.as_of} {ATTEMPTS.get(run.status, run.status)}"
    reasons = "; ".join(failures_of(run))
    return paragraph(f"{what}: {reasons}." if reasons else f"{what}.")


def headline_lines(summary: Summary) -> list[str | Text]:
    """Three lines that can be printed as they are."""
    rows = sorted(summary.shown_headline(), key=_window)
    main = max((row for row in rows if row.horizon_days), key=_window, default=rows[0] if rows else None)
    as_of = summary.shown.as_of
    lines: list[str | Text] = [bold(f"{summary.case_name}, as of {as_of}")]
    if main is None:
        return lines
    interval = percent_range(main.q05, main.q95)
    lines.append(bold(f"P({target_name(main.target)} {reach(main)}) = {percent(main.mean)} (90 % interval {interval})"))
    others = ", ".join(f"{percent(row.mean)} {reach(row)}" for row in rows if row is not main)
    return [*lines, *paragraph(others)]


def age_lines(summary: Summary) -> list[str]:
    """That a newer forecast should be there by now."""
    of = summary.forecast_of
    if of is None or not summary.overdue:
        return []
    due = f"one as of {summary.owed} should be there by now"
    return paragraph(f"Stale: the last full run is as of {of.as_of}, and {due}; run `parley update`.")


def situation_sentence(summary: Summary) -> str:
    run = summary.shown.run
    days = run.days_since_talks
    since = "no meeting on record" if days is None else f"{counted(days, 'day')} since the last meeting"
    now = f"{'Dry' if run.dry else 'Wet'} on {run.complete_through}, {since}"
    if run.complete_through < run.as_of and run.p_dry_now is not None:
        now += f"; later days are unattested: P(dry on {run.as_of}) = {percent(run.p_dry_now)}"
    return f"{now}. {looking_sentence(summary)}".rstrip()


def looking_sentence(summary: Summary) -> str:
    """What silence on unattested days says; "" where there are none, or the run does not say who looked."""
    source = summary.forecast_of
    if source is None or "unattested" not in source.detail or summary.shown.run.complete_through >= source.as_of:
        return ""
    day = looked_through(source)
    if summary.since and (day is None or day <= source.complete_through):
        return f"When run {source.id} was made nobody had entered anything since: silence counts from the next one on."
    if day is None or day <= source.complete_through:
        return "Nobody has entered anything since: the silence of those days says nothing."
    return f"What people entered reaches to {day}: up to then silence counts as far as reports would have come in."


def _window(row: TargetForecastRow) -> tuple[date, int]:
    return (row.deadline or date.min, row.horizon_days or 0)


def _target_blocks(summary: Summary) -> list[list[str | Text]]:
    """Per target its windows side by side; the columns of all targets share their widths."""
    order = {name: i for i, name in enumerate((summary.headline, *TARGET_NAMES))}
    targets = sorted(
        {row.target for row in summary.shown.targets}, key=lambda name: (order.get(name, len(order)), name)
    )
    tables = {target: _target_rows(summary, target) for target in targets}
    header = max((header for header, _ in tables.values()), key=len)
    widths = column_widths(header, [row for _, rows in tables.values() for row in rows])
    out: list[list[str | Text]] = []
    for target, (windows, rows) in tables.items():
        title = target_name(target)[0].upper() + target_name(target)[1:]
        if target == summary.headline:
            title += " (headline)"
        table = grid(windows, rows, widths=widths, emphasised=(0,))
        out.append([bold(f"{title}: at least one"), *table, *_reason_lines(summary, target)])
    return out


def _reason_lines(summary: Summary, target: str) -> list[str]:
    """Why the forecast is far from the base rate above, where it is."""
    return [line for one in summary.reasons if one.target == target for line in paragraph(reason_sentence(one))]


def _target_rows(summary: Summary, target: str) -> tuple[list[str], list[list[str]]]:
    mine = sorted((row for row in summary.shown.targets if row.target == target), key=_window)
    lines = {
        "mean": [percent(row.mean) for row in mine],
        "± Monte Carlo": [error_size(row.mcse) for row in mine],
        "median": [percent(row.q50) for row in mine],
        "50 % interval": [percent_range(row.q25, row.q75) for row in mine],
        "90 % interval": [percent_range(row.q05, row.q95) for row in mine],
        "base rate": [percent(row.base_rate) for row in mine],
        "documents only": [percent(row.documents_only) for row in mine],
        "history only": [percent(row.history_only) for row in mine],
    }
    known = {label: cells for label, cells in lines.items() if summary.standing is None or set(cells) != {"–"}}
    return ["", *map(reach, mine)], [[label, *cells] for label, cells in known.items()]


def _scenario_block(summary: Summary) -> list[str | Text]:
    windows = list(dict.fromkeys(reach(row) for row in summary.shown.scenarios))
    found = {(row.scenario, reach(row)): row.probability for row in summary.shown.scenarios}
    rows = [
        [f"{scenario} {name}", *(percent(found.get((scenario, window))) for window in windows)]
        for scenario, name in SCENARIO_NAMES.items()
    ]
    differ = paragraph(siblings_sentence(summary.siblings, summary.headline))
    return [bold("Scenarios: exactly one holds in each window"), *grid(["", *windows], rows), *differ]


def _state_block(summary: Summary) -> list[str | Text]:
    effects = taught_on(summary.effects, summary.headline)
    rows = []
    for row in summary.shown.states:
        days = stale_days(row, summary)
        stale = is_stale(days, cadence_of(row, summary))
        cells = level_cells(row.mean, row.sd, row.active, row.last_observed_on, days, stale)
        rows.append((row.indicator_id, *cells, *(_effect_cells(effects.get(row.indicator_id)) if effects else ())))
    title = bold("Indicators: −2 hostile to talks … +2 favours them; stale after twice its cadence")
    header = ("", *LEVEL_HEADER, *(EFFECT_HEADER if effects else ()))
    return [title, *grid(header, rows, left=(0, 5)), *_taught_lines(effects.values())]


EFFECT_HEADER = ("effect", "taught")


def _effect_cells(effect: Taught | None) -> tuple[str, str]:
    if effect is None:
        return "–", "–"
    share = effect.events_taught
    if share is None:
        return signed(effect.mean), "–"
    return signed(effect.mean), "no" if share < LEAST else f"{100 * share:.0f} %"


def _taught_lines(effects: Collection[Taught]) -> list[str]:
    """What the columns of effects mean."""
    if not effects:
        return []
    return paragraph(
        "Effect: log rate of the headline per level. Taught: the share of its variance that events taught; no: under "
        f"{100 * LEAST:.0f} %, {SET_BY_DOCUMENTS}."
    )


def _run_block(run: RunRow, zone: str = "", names: Sequence[str] = ()) -> list[str | Text]:
    d = diagnostics_of(run)
    issued = f"{run.issued_at:%Y-%m-%d %H:%M:%S} UTC"
    sampled = (
        f"R-hat ≤ {_number(d['rhat_max'], '.4f')}, bulk ESS ≥ {_number(d['ess_bulk_min'], '.0f')}, "
        f"tail ESS ≥ {_number(d['ess_tail_min'], '.0f')}, {_number(d['divergences'], 'd')} divergences "
        f"in {_number(d['draws'], 'd')} draws"
    )
    borrowed = run.detail.get("posterior_of")
    return [
        bold(f"Run {run.id}, as of {run.as_of}"),
        *facts(
            [
                ("named", "; ".join(names)),
                ("kind", f"{run.kind}, {run.status or 'started'}"),
                ("issued", issued),
                ("days of", zone),
                ("diagnostics", "" if borrowed else sampled),
                ("without a fit", f"levels and projection, with the posterior of run {borrowed}" if borrowed else ""),
                ("failures", "; ".join(failures_of(run))),
                ("model", str(structure_of(run))),
                ("code", f"{run.code_version}, seed {run.seed}"),
                ("case", f"{run.case_id} {run.case_hash}"),
                ("inputs", run.inputs_hash),
                ("posterior", run.file_hash or ""),
                ("thinned", f"{minute(run.thinned_at)}: {run.thinned_by}" if run.thinned_at else ""),
            ]
        ),
    ]


def _model_block(summary: Summary) -> list[str | Text]:
    """What a change of the model alone did, target by target; nothing in a run that follows one by the same model."""
    change = change_of(summary.forecast_of.detail) if summary.forecast_of else None
    if change is None or not change.lines:
        return []
    lines = {(line.target, reach(line)): line for line in change.lines}
    windows = [reach(line) for line in lines_of_headline(change, summary.headline)]
    rows = [
        [target_name(target), *(_points(lines.get((target, window))) for window in windows)]
        for target in TARGET_NAMES
        if any(line.target == target for line in change.lines)
    ]
    models = f"Model {change.to_structure} less model {change.from_structure}"
    return [bold(f"{models} on what run {change.from_run} had read, in points"), *grid(["", *windows], rows)]


def _points(line: ModelLine | None) -> str:
    return "–" if line is None else signed(line.points, 1)


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
