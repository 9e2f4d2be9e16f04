"""How good the forecasts have been, in English."""

from datetime import date

from forecast.facts.quality import Alike, Bound, Overall, Quality, Tested
from forecast.facts.track import (
    UNATTESTED,
    Counts,
    Pending,
    ScenarioLine,
    TrackLine,
    TrackRecord,
    Unscored,
    first_pending,
    telling_line,
)
from forecast.identity import model_version
from forecast.structures import present_structure
from forecast.words.names import target_name
from forecast.words.numbers import counted, percent, share, signed

UNKNOWN = "How good these forecasts are has not been measured for this case yet; run `parley backtest`."
TOO_FEW = "too few to tell"
TRACK_RULE = (
    "Only forecasts issued before the fact count as track record: the first published run of an as-of date, issued "
    "by the end of the next day (UTC) and not provisional; each is scored once its window is over and attested to "
    "its end, yes and no alike."
)
_VERDICTS = {
    "few": "too few events to tell",
    "better": "better than chance explains",
    "worse": "worse than chance explains",
}


def quality_sentence(quality: Quality) -> str:
    """What the newest backtest found of forecasts like the one that is shown; or that none was made."""
    if quality.alike:
        return alike_sentence(quality.alike)
    return quality.stored or UNKNOWN


def quality_note(quality: Quality) -> str:
    """That the backtest was of another model than the forecast, or of other code; "" where of the same."""
    tested = quality.structure
    if quality.model_version is None or tested is None:
        return ""
    if tested != quality.by:
        again = "" if tested == present_structure() else "; run `parley backtest`"
        return f"That backtest was of model {tested}, this forecast is by model {quality.by}{again}."
    version = quality.model_version
    if version == model_version():
        return ""
    return f"That backtest was of model version {version}; this is {model_version()}: run `parley backtest`."


def overall_sentence(found: Overall) -> str:
    """One sentence an editor could print, on the headline over the longest window."""
    apart = ", ".join(
        f"in {one.situation} times ({one.n}) it said {percent(one.mean_forecast)} on average where "
        f"{share(one.frequency)} came true"
        for one in found.apart
    )
    return (
        f"In a {found.kind} backtest at {found.n} origins from {found.first.year} to {found.last.year}, Parley's log "
        f"score for {target_name(found.target).partition(',')[0]} within {found.horizon_days} days was "
        f"{found.log_score:.2f} against {found.naive_log_score:.2f} for the best naive forecast (difference "
        f"{_signed(found.difference)}, {100 * found.level:.0f} % interval {_two(found.low, found.high)}: "
        f"{_VERDICTS[found.verdict]}); {apart}."
    )


def alike_sentence(found: Alike) -> str:
    """What it says, for an editor to print."""
    reach = "" if found.asked_days == found.horizon_days else f" (it does not reach the {found.asked_days} d shown)"
    when = f"in {found.situation} times, as now"
    interval = "" if found.low is None or found.high is None else f", 90 % interval {_two(found.low, found.high)}"
    return (
        f"A {found.kind} backtest ({found.origins} origins, {found.first.year} to {found.last.year}) on "
        f"{target_name(found.target)} in {found.horizon_days} d{reach}: at the {counted(found.n, 'origin')} {when}, "
        f"{percent(found.mean_forecast)} was said on average and {share(found.frequency)} came true; log score "
        f"{found.log_score:.2f} against {found.naive_log_score:.2f} for the best naive forecast (difference "
        f"{signed(found.difference)}{interval}: {_VERDICTS[found.verdict]}).{_band_sentence(found)}"
    )


def _two(low: float, high: float) -> str:
    return f"{_signed(low)} to {_signed(high)}"


def _signed(value: float) -> str:
    """With a sign on what rounds to zero too: an interval may end there."""
    return f"{value:+.2f}".replace("-", "−")


def _band_sentence(found: Alike) -> str:
    band = found.band
    if band is None:
        return ""
    said = f"{100 * band.low:.0f}–{100 * band.high:.0f} %"
    if not band.n:
        return f" In {found.situation} times it never said {said} (now {percent(found.p)})."
    came = "none" if not band.came_true else str(band.came_true)
    stretches = "all in one stretch of time" if band.spells == 1 else f"in {band.spells} stretches of time"
    where = f", {stretches}" if band.came_true > 1 else ""
    few = ": too few to go by" if band.few else ""
    return (
        f" When it said {said} in {found.situation} times (now {percent(found.p)}), {came} of {band.n} came "
        f"true{where}; the windows overlap, and at most {band.apart} of them do not{few}."
    )


def track_sentence(found: TrackRecord | Unscored) -> str:
    """What live forecasts of the headline were worth, in one sentence for each structure of the model.

    Where there is one structure alone it is not named.
    """
    if isinstance(found, Unscored):
        return f"Live forecasts cannot be scored: {found.why}."
    if not found.others:
        return structure_sentence(found)
    return " ".join(f"By model {one.structure}: {_lower(structure_sentence(one))}" for one in (found, *found.others))


def track_counts(counts: Counts) -> str:
    """How many runs count, and how many of their forecasts were scored."""
    return f"n = {counted(counts.counted, 'run')} counted, {counts.resolved} forecasts scored."


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]


def structure_sentence(record: TrackRecord) -> str:
    """What live forecasts by the structure of a record were worth, whatever those of others were."""
    line = telling_line(record)
    if line is not None:
        return _resolved_sentence(line, record.as_of)
    if not record.counts.counted:
        late = record.counts.after_the_fact
        return f"No live forecast has been issued yet{f': {counted(late, "run")} came after the fact' if late else ''}."
    due = _due(first_pending(record))
    return f"No live forecast of {target_name(record.headline)} has been resolved yet{due}."


def _due(first: Pending | None) -> str:
    if first is None:
        return ""
    if first.state != UNATTESTED:
        return f": the first can be on {first.scored_on}"
    need = first.missing[0]
    return f": the first waits until events of type {need.type} are attested complete through {need.needed_through}"


def _resolved_sentence(line: TrackLine, as_of: date) -> str:
    have = "has" if line.forecasts == 1 else "have"
    what = f"{counted(line.forecasts, 'live forecast')} of {target_name(line.target)} {within(line)}"
    against = "" if line.base_log_score is None else f" against {line.base_log_score:.2f} for the base rate"
    verdict = "smaller is better" if line.enough else TOO_FEW
    return f"{what} {have} been resolved as of {as_of}: log score {line.log_score:.2f}{against} ({verdict})."


def within(one: TrackLine | ScenarioLine | Pending) -> str:
    """The window in words."""
    return f"by {one.deadline}" if one.deadline else f"in {one.horizon_days} d"


def bounds(tested: Tested | None, headline: str) -> str:
    """How many of the bounds set beforehand the backtest missed, and which."""
    if tested is None or not tested.measured:
        return "No bounds have been measured; run `parley backtest`."
    days = tested.measured[0].horizon_days
    which = f"{len(tested.measured)} bounds set beforehand for {target_name(headline)} in {days} d"
    if not tested.missed:
        return f"Of {which} none was missed."
    listed = "; ".join(_missed(bound) for bound in tested.missed)
    return f"Of {which} it missed {len(tested.missed)}: {listed}. All: `parley calibrate`."


def _missed(bound: Bound) -> str:
    value = bound.figure.value if bound.figure else 0.0
    figure = signed(value) if bound.measure == "difference" else f"{signed(100 * value, 1)} points"
    return f"{bound.statement} ({figure})"
