"""The trust page as tables: facts in cells, in the words of a language; the same on a terminal and on the page."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from forecast.evaluation.alike import SITUATIONS
from forecast.evaluation.scoreboard import CHOSEN_BEFORE
from forecast.facts.quality import FEWEST, Band, Bound, Calibration, Comparison, Figure, Ranked
from forecast.facts.track import TrackLine, TrackRecord, Unscored
from forecast.facts.trust import Checked, Trust
from forecast.words.language import Language
from forecast.words.numbers import signed

UNSURE, SURE = " ?", "  "
"""After a number that there are too few events to tell, and the same room after one that there are enough for."""


@dataclass(frozen=True, slots=True)
class Table:
    """Cells under a header; columns in ``left`` are flush left, the others flush right."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    left: tuple[int, ...] = (0,)


def bounds_tables(trust: Trust, language: Language) -> tuple[Table, ...]:
    """A table per target: what was asked, what was found, and whether it was met."""
    words, labels = language.trust, language.labels
    return tuple(
        Table(
            labels.heading(
                words.TABLES.bounds,
                target=labels.target(target),
                window=labels.window(bounds[0].horizon_days, None),
            ),
            words.TABLES.bounds_header,
            tuple(
                (
                    words.statement(one.measure, one.situation),
                    str(one.n),
                    _found(one, trust.calibrations, language),
                    verdict_name(one.verdict, language),
                )
                for one in bounds
            ),
            left=(0, 3),
        )
        for target, bounds in _by_target(trust.bounds).items()
    )


def _found(bound: Bound, calibrations: Iterable[Calibration], language: Language) -> str:
    if bound.figure is None:
        return "–"
    if bound.measure == "difference":
        return difference(bound.figure, language)
    if bound.measure == "bias":
        amount = points(bound.figure, language)
        return language.trust.TABLES.points.format(amount) + _mark(bound.figure)
    mine = (one for one in calibrations if (one.target, one.situation) == (bound.target, bound.situation))
    return next(_curve(one, language) for one in mine)


def verdict_name(verdict: str, language: Language) -> str:
    """Of a bound or a check, by the word under which it is kept."""
    return language.trust.TABLES.verdicts.get(verdict, verdict)


def comparison_tables(trust: Trust, language: Language) -> tuple[Table, ...]:
    """A table per target: every horizon by situation, then the eras."""
    words, labels = language.trust, language.labels
    return tuple(
        Table(
            labels.heading(words.TABLES.comparisons, target=labels.target(target)),
            words.TABLES.comparisons_header,
            tuple(_comparison_row(one, language) for one in found),
            words.best_naive(_by_forecaster(((_row(one, language), one.naive) for one in found), language)),
        )
        for target, found in _by_target(trust.comparisons).items()
    )


def structure_table(trust: Trust, language: Language) -> Table:
    """Other structures of the model, each against the naive forecast that Parley is compared with."""
    words, labels = language.trust.TABLES, language.labels
    rows = tuple(
        (
            words.structure_names.get(each.name, each.name),
            words.of_target.format(target=labels.target(one.target), row=_row(one, language)),
            *_comparison_row(one, language)[1:],
        )
        for each in trust.structures
        for one in each.comparisons
        if one.era == "all" and one.situation != "wet"
    )
    return Table(words.structures, words.structures_header, rows, left=(0, 1))


def era_note(trust: Trust, language: Language) -> str:
    """What the rows of the eras mean."""
    days = {one.horizon_days for one in trust.comparisons if one.era != "all"}
    return language.trust.eras(max(days), CHOSEN_BEFORE.year) if days else ""


def _comparison_row(one: Comparison, language: Language) -> tuple[str, ...]:
    labels = language.labels
    return (
        _row(one, language),
        str(one.n),
        str(one.spells),
        labels.percent(one.mean_forecast),
        labels.share(one.frequency.value) + _mark(one.frequency),
        points(one.bias, language) + _mark(one.bias),
        score(one.log_score),
        score(one.naive_log_score),
        difference(one.difference, language),
    )


def _row(one: Comparison, language: Language) -> str:
    """The name of a row: a window or an era, and a situation."""
    words = language.trust.TABLES
    situation, era = words.situations[one.situation], words.eras.get(one.era, one.era)
    if one.era == "all":
        form = words.window if one.situation == "all" else words.window_situation
        return form.format(days=one.horizon_days, situation=situation)
    return era if one.situation == "all" else words.era_situation.format(era=era, situation=situation)


def _by_forecaster(best: Iterable[tuple[str, str]], language: Language) -> Mapping[str, Sequence[str]]:
    """Rows by the naive forecast that was best in them; pairs of row and its name in the backtest."""
    where: dict[str, list[str]] = {}
    for row, name in best:
        where.setdefault(language.trust.TABLES.forecasters.get(name, name), []).append(row)
    return where


def band_table(trust: Trust, language: Language, situations: Collection[str] = SITUATIONS) -> Table:
    """The headline over the longest window: what was said, and how much of it came true."""
    words, labels = language.trust.TABLES, language.labels
    days = max(one.horizon_days for one in trust.bands)
    rows = tuple(
        (
            words.band.format(situation=words.situations[one.situation], range=_range(band, language)),
            str(band.n),
            str(band.came_true),
            str(band.spells) if band.came_true else "–",
            str(band.apart),
            words.few_windows if band.few else "",
        )
        for one in trust.bands
        if one.horizon_days == days and one.situation in situations
        for band in one.bands
    )
    return Table(
        labels.heading(words.bands, target=labels.target(trust.headline), window=labels.window(days, None)),
        words.bands_header,
        rows,
        words.bands_note.format(fewest=FEWEST),
        left=(0, 5),
    )


def _range(band: Band, language: Language) -> str:
    labels = language.labels
    return f"{100 * band.low:.0f}{labels.dash}{100 * band.high:.0f}{labels.percent_sign}"


def ranked_table(trust: Trust, language: Language) -> Table:
    """When the event comes, and which scenario comes true."""
    words, labels = language.trust, language.labels
    rows = [(_when(one, language), one) for one in trust.times]
    which = words.TABLES.which
    rows += [(which.format(window=labels.window(one.horizon_days, None)), one) for one in trust.scenarios]
    best: dict[str, list[int]] = {}
    for number, (_, one) in enumerate(rows, 1):
        best.setdefault(words.TABLES.forecasters.get(one.naive, one.naive), []).append(number)
    return Table(
        words.TABLES.ranked,
        words.TABLES.ranked_header,
        tuple(
            (label, str(one.n), score(one.score), score(one.naive_score), difference(one.difference, language))
            for label, one in rows
        ),
        labels.sentences((words.best_naive_rows(best), words.came_true(trust.scenarios))),
    )


def _when(one: Ranked, language: Language) -> str:
    words = language.trust.TABLES
    return words.when.format(target=language.labels.target(one.target or ""), situation=words.situations[one.situation])


def calibration_table(trust: Trust, language: Language) -> Table:
    """Each curve against its band, and the parts of its Brier score."""
    words, labels = language.trust.TABLES, language.labels
    return Table(
        words.calibration,
        words.calibration_header,
        tuple(
            (
                labels.heading(
                    words.calibration_row,
                    target=labels.target(one.target),
                    window=labels.window(one.horizon_days, None),
                    situation=words.situations[one.situation],
                ),
                str(one.n),
                _curve(one, language),
                *map(score, (one.brier, one.miscalibration, one.discrimination, one.uncertainty)),
            )
            for one in trust.calibrations
        ),
        words.calibration_note,
    )


def _curve(one: Calibration, language: Language) -> str:
    words = language.trust.TABLES
    place = words.inside if one.inside else words.outside
    reach = words.points.format(f"±{100 * one.half_width:.0f}")
    return words.curve.format(place=place, reach=reach) + (SURE if one.enough else UNSURE)


def track_tables(track: TrackRecord | Unscored, language: Language) -> tuple[Table, ...]:
    """Live forecasts by target and window, a table for each structure of the model that has some."""
    if isinstance(track, Unscored):
        return ()
    words = language.trust.TABLES
    return tuple(
        _track_table(one, words.track_by.format(structure=one.structure) if track.others else words.track, language)
        for one in (track, *track.others)
        if one.lines
    )


def _track_table(record: TrackRecord, title: str, language: Language) -> Table:
    rows = tuple(_track_row(line, language) for line in record.lines)
    return Table(title, language.trust.TABLES.track_header, rows, left=(0, 8))


def _track_row(line: TrackLine, language: Language) -> tuple[str, ...]:
    words, labels = language.trust.TABLES, language.labels
    window = labels.window(line.horizon_days, line.deadline)
    return (
        labels.heading("{target} {window}", target=labels.target(line.target), window=window),
        str(line.forecasts),
        f"{line.effective_n:.1f}",
        labels.percent(line.mean_forecast),
        labels.share(line.frequency),
        score(line.log_score),
        score(line.base_log_score),
        "–" if line.log_difference is None else signed(line.log_difference, 3),
        words.enough if line.enough else words.too_few,
    )


def check_table(checks: Sequence[Checked], language: Language) -> Table:
    """What each check found."""
    words = language.trust
    names = words.TABLES.check_names
    rows = tuple(
        (verdict_name(one.verdict, language), names.get(one.name, ""), f"`{one.name}`", found_or_how(one, language))
        for one in checks
    )
    return Table(words.TABLES.checks, words.TABLES.checks_header, rows, check_note(checks, language), left=(0, 1, 2, 3))


def found_or_how(one: Checked, language: Language) -> str:
    """What stands beside the verdict of a check."""
    return language.trust.how_to_run(one.name) if one.sentence is None else language.trust.check_found(one)


def check_note(checks: Sequence[Checked], language: Language) -> str:
    """As of when, and by which code, each check was last run."""
    where: dict[str, list[str]] = {}
    for one in checks:
        if one.as_of is not None:
            where.setdefault(language.trust.last_run(one), []).append(one.name)
    return language.trust.last_runs(where)


def difference(figure: Figure, language: Language) -> str:
    """A difference of scores with its interval."""
    return f"{signed(figure.value, 3)}{_interval(figure, 1, 2, language)}{_mark(figure)}"


def points(figure: Figure, language: Language) -> str:
    """A difference of probabilities in percentage points, with its interval."""
    return f"{signed(100 * figure.value, 0)}{_interval(figure, 100, 0, language)}"


def _interval(figure: Figure, scale: float, digits: int, language: Language) -> str:
    if figure.low is None or figure.high is None:
        return ""
    low, high = (f"{scale * end:+.{digits}f}".replace("-", "−") for end in (figure.low, figure.high))
    # an end that rounds to zero keeps its sign: it says on which side it lies
    return language.trust.TABLES.interval.format(low, high)


def _mark(figure: Figure) -> str:
    return SURE if figure.enough else UNSURE


def score(value: float | None) -> str:
    """Three decimals, and no sign on what rounds to zero."""
    return "–" if value is None else f"{value:z.3f}".replace("-", "−")


def _by_target[T: (Bound, Comparison)](found: Iterable[T]) -> dict[str, list[T]]:
    out: dict[str, list[T]] = {}
    for one in found:
        out.setdefault(one.target, []).append(one)
    return out
