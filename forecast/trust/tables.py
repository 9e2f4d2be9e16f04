"""The trust page as tables of words and figures: the same cells on a terminal and on the page."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from forecast.evaluation.alike import SITUATIONS
from forecast.evaluation.scoreboard import CHOSEN_BEFORE
from forecast.facts.quality import FEWEST, Bound, Calibration, Comparison, Figure, Ranked, Source
from forecast.facts.track import TrackLine
from forecast.facts.trust import Checked, Track, Trust
from forecast.words.english.quality import within
from forecast.words.names import target_name
from forecast.words.numbers import percent, share, signed

KINDS = {
    "strict": "strict, only judgements published by each origin",
    "retrospective": "retrospective, today's judgements applied to the past",
}
ENGINES = {
    "laplace": "Laplace's approximation",
    "psis": "NUTS, reweighted between refits",
    "nuts": "NUTS at every origin",
}
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


def bounds_tables(trust: Trust) -> tuple[Table, ...]:
    """A table per target: what was asked, what was found, and whether it was met."""
    header = ("", "n", "found", "")
    return tuple(
        Table(
            f"{_capital(target_name(target))} in {bounds[0].horizon_days} d: bounds set before it was measured",
            header,
            tuple((one.statement, str(one.n), _found(one, trust.calibrations), one.verdict) for one in bounds),
            left=(0, 3),
        )
        for target, bounds in _by_target(trust.bounds).items()
    )


def _found(bound: Bound, calibrations: Iterable[Calibration]) -> str:
    if bound.figure is None:
        return "–"
    if bound.measure == "difference":
        return difference(bound.figure)
    if bound.measure == "bias":
        return points(bound.figure, " points")
    mine = (one for one in calibrations if (one.target, one.situation) == (bound.target, bound.situation))
    return next(_curve(one) for one in mine)


def comparison_tables(trust: Trust) -> tuple[Table, ...]:
    """A table per target: every horizon by situation, then the eras."""
    header = ("", "n", "spells", "said", "came true", "bias, points", "Parley", "naive", "difference")
    return tuple(
        Table(
            f"{_capital(target_name(target))}: mean log scores of Parley and of the best naive forecast",
            header,
            tuple(_comparison_row(one) for one in found),
            _naive_note((_window(one), one.naive) for one in found),
        )
        for target, found in _by_target(trust.comparisons).items()
    )


def structure_table(trust: Trust) -> Table:
    """Other structures of the model, each against the naive forecast that Parley is compared with."""
    rows = tuple(
        (each.name, f"{target_name(one.target)}, {_window(one)}", *_comparison_row(one)[1:])
        for each in trust.structures
        for one in each.comparisons
        if one.era == "all" and one.situation != "wet"
    )
    return Table(
        "Other structures of the model, which no forecast is made with: mean log scores beside the best naive forecast",
        ("", "", "n", "spells", "said", "came true", "bias, points", "log score", "naive", "difference"),
        rows,
        left=(0, 1),
    )


def era_note(trust: Trust) -> str:
    """What the rows of the eras mean."""
    days = {one.horizon_days for one in trust.comparisons if one.era != "all"}
    if not days:
        return ""
    return (
        f"Eras are of {max(days)} d: the model's structure was chosen on origins before {CHOSEN_BEFORE.year}; those "
        f"from {CHOSEN_BEFORE.year} on were held out."
    )


def _comparison_row(one: Comparison) -> tuple[str, ...]:
    return (
        _window(one),
        str(one.n),
        str(one.spells),
        percent(one.mean_forecast),
        share(one.frequency.value) + _mark(one.frequency),
        points(one.bias),
        score(one.log_score),
        score(one.naive_log_score),
        difference(one.difference),
    )


def _window(one: Comparison) -> str:
    situation = "" if one.situation == "all" else f" {one.situation}"
    return f"{one.horizon_days} d{situation}" if one.era == "all" else f"{one.era}{situation}"


def _naive_note(best: Iterable[tuple[str, str]], what: str = "") -> str:
    """Which naive forecast was best where; pairs of row and name."""
    where: dict[str, list[str]] = {}
    for row, name in best:
        where.setdefault(name, []).append(row)
    if len(where) == 1:
        return f"Best naive forecast: {next(iter(where))}, everywhere."
    return f"Best naive forecast: {'; '.join(f'{name} ({what}{", ".join(rows)})' for name, rows in where.items())}."


def band_table(trust: Trust, situations: Collection[str] = SITUATIONS) -> Table:
    """The headline over the longest window: what was said, and how much of it came true."""
    days = max(one.horizon_days for one in trust.bands)
    rows = tuple(
        (
            f"{one.situation}, {100 * band.low:.0f}–{100 * band.high:.0f} %",
            str(band.n),
            str(band.came_true),
            str(band.spells) if band.came_true else "–",
            str(band.apart),
            "too few to go by" if band.few else "",
        )
        for one in trust.bands
        if one.horizon_days == days and one.situation in situations
        for band in one.bands
    )
    return Table(
        f"{_capital(target_name(trust.headline))} in {days} d: how often what was said came true",
        ("said", "n", "came true", "stretches of time", "windows apart", ""),
        rows,
        "Windows overlap: those apart are the most of them that do not. Outcomes of one stretch of time are hardly "
        f"more than one. Too few: fewer than {FEWEST} windows apart.",
        left=(0, 5),
    )


def ranked_table(trust: Trust) -> Table:
    """When the event comes, and which scenario comes true."""
    rows = [(f"when: {target_name(one.target or '')}, {one.situation}", one) for one in trust.times]
    rows += [(f"scenario in {one.horizon_days} d", one) for one in trust.scenarios]
    best = _naive_note(((str(i), one.naive) for i, (_, one) in enumerate(rows, 1)), "rows ")
    return Table(
        "When (ranked probability score over the windows), and which scenario (multi-category log score)",
        ("", "n", "Parley", "naive", "difference"),
        tuple(
            (label, str(one.n), score(one.score), score(one.naive_score), difference(one.difference))
            for label, one in rows
        ),
        f"{best} {_scenario_note(trust.scenarios)}",
    )


def _scenario_note(scenarios: Sequence[Ranked]) -> str:
    """How often each came true."""
    counts = "; ".join(
        f"in {one.horizon_days} d {', '.join(f'{label} {n}' for label, n in one.counts.items() if n)}"
        for one in scenarios
        if one.counts
    )
    return f"Came true: {counts}." if counts else ""


def calibration_table(trust: Trust) -> Table:
    """Each curve against its band, and the parts of its Brier score."""
    return Table(
        "Calibration of Parley: curve (CORP) and parts of the Brier score",
        ("", "n", "curve in its band", "Brier", "MCB", "DSC", "UNC"),
        tuple(
            (
                _capital(f"{target_name(one.target)} in {one.horizon_days} d, {one.situation}"),
                str(one.n),
                _curve(one),
                *map(score, (one.brier, one.miscalibration, one.discrimination, one.uncertainty)),
            )
            for one in trust.calibrations
        ),
        "Brier = MCB (miscalibration) − DSC (discrimination) + UNC (uncertainty); of DSC more is better.",
    )


def _curve(one: Calibration) -> str:
    place = "inside" if one.inside else "outside"
    return f"{place} (±{100 * one.half_width:.0f} points){SURE if one.enough else UNSURE}"


def track_tables(track: Track) -> tuple[Table, ...]:
    """Live forecasts by target and window, a table for each structure of the model that has some."""
    found = [one for one in track.records if one.lines]
    return tuple(_track_table(one.lines, f" by model {one.structure}" if track.others else "") for one in found)


def _track_table(lines: Sequence[TrackLine], by: str) -> Table:
    return Table(
        f"Live forecasts{by} that have been resolved: log scores, weighted by the days on which they stood",
        ("", "forecasts", "effective n", "said", "came true", "Parley", "base rate", "difference", ""),
        tuple(
            (
                _capital(f"{target_name(line.target)} {within(line)}"),
                str(line.forecasts),
                f"{line.effective_n:.1f}",
                percent(line.mean_forecast),
                share(line.frequency),
                score(line.log_score),
                score(line.base_log_score),
                "–" if line.log_difference is None else signed(line.log_difference, 3),
                "enough to tell" if line.enough else "too few to tell",
            )
            for line in lines
        ),
        left=(0, 8),
    )


def check_table(checks: Sequence[Checked]) -> Table:
    """What each check found."""
    rows = tuple((one.verdict, one.name, one.sentence) for one in checks)
    return Table("Checks", ("", "", "found"), rows, check_note(checks), left=(0, 1, 2))


def check_note(checks: Sequence[Checked]) -> str:
    """As of when, and by which code, each check was last run."""
    where: dict[str, list[str]] = {}
    for one in checks:
        if one.as_of is not None:
            where.setdefault(f"as of {one.as_of} by code {one.code_version}", []).append(one.name)
    runs = "; ".join(f"{', '.join(names)} {when}" for when, names in where.items())
    return f"Last run: {runs}." if runs else ""


def provenance(trust: Trust) -> tuple[tuple[str, str], ...]:
    """What the backtest was made from, with which code; empty values are not known."""
    source = trust.source
    outdated = "" if source.case_hash == trust.case_hash else f"; now {trust.case_hash[:12]}: run `parley backtest`"
    stored = f"; stored {source.recorded_at:%Y-%m-%d %H:%M:%S} UTC" if source.recorded_at else ""
    code = f"; code {source.code_version}" if source.code_version else ""
    return (
        ("truth", f"events and attestations known on {source.as_of}{stored}"),
        ("model", f"{source.structure}, version {source.model_version}, this program's is {trust.model_version}{code}"),
        ("case", f"{trust.case_id} {source.case_hash[:12]}{outdated}"),
        ("inputs", source.inputs_hash or ""),
        ("arrays", source.file_hash or ""),
    )


def backtest_words(source: Source) -> str:
    """Which backtest: never to be taken for a track record."""
    name = "shipped with the program" if source.evaluation_id is None else str(source.evaluation_id)
    standard = "" if source.standard else ", not the standard plan"
    engine = f"; fitted by {ENGINES.get(source.engine, source.engine)}" if source.engine else ""
    return (
        f"{name}{standard}: {source.origins} origins from {source.first} to {source.last}; {KINDS[source.kind]}{engine}"
    )


def difference(figure: Figure) -> str:
    """A difference of scores with its interval."""
    return f"{signed(figure.value, 3)}{_interval(figure, 1, 2)}{_mark(figure)}"


def points(figure: Figure, unit: str = "") -> str:
    """A difference of probabilities in percentage points, with its interval."""
    return f"{signed(100 * figure.value, 0)}{_interval(figure, 100, 0)}{unit}{_mark(figure)}"


def _interval(figure: Figure, scale: float, digits: int) -> str:
    if figure.low is None or figure.high is None:
        return ""
    low, high = (f"{scale * end:+.{digits}f}".replace("-", "−") for end in (figure.low, figure.high))
    return f" ({low} to {high})"  # an end that rounds to zero keeps its sign: it says on which side it lies


def _mark(figure: Figure) -> str:
    return SURE if figure.enough else UNSURE


def score(value: float | None) -> str:
    return "–" if value is None else f"{value:z.3f}".replace("-", "−")


def _by_target[T: (Bound, Comparison)](found: Iterable[T]) -> dict[str, list[T]]:
    out: dict[str, list[T]] = {}
    for one in found:
        out.setdefault(one.target, []).append(one)
    return out


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
