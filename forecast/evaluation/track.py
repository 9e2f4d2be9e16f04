"""The track record: live forecasts, and how they turned out.

Live is a forecast issued before the fact: its run was stored no later than the end of the day after its as-of date
(UTC). An older as-of date is hindsight, or may have been chosen by what happened in between. Of several runs of one
as-of date the first issued counts: from later ones the best-looking could be picked. A provisional run is no forecast
of the model's. A forecast stands from its as-of date until the next counted run's, `STANDS_AT_MOST` days at most.
How it is scored, and when, `forecast.evaluation.track_scores` says.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from db.read import read_case, read_catalogue, read_completeness, read_events
from db.read_forecasts import read_all_scenarios, read_all_targets
from db.read_runs import read_runs
from db.rows import CaseRow
from db.run_rows import RunRow, ScenarioForecastRow, TargetForecastRow
from db.when import When
from forecast.engine.assemble import Rows, assemble
from forecast.errors import NotEnough
from forecast.evaluation.track_scores import (
    UNATTESTED,
    LiveForecast,
    LiveScenarios,
    Pending,
    ScenarioLine,
    TrackLine,
    Window,
    score_forecasts,
    score_scenarios,
    within,
)
from forecast.run_facts import ISSUE_LAG_DAYS as ISSUE_LAG_DAYS
from forecast.run_facts import issued_before_the_fact
from forecast.words.names import target_name
from forecast.words.numbers import counted
from indicators.content import EVENT_TYPES
from indicators.evidence import form_evidence
from models.spec import SCENARIOS, Problem

STANDS_AT_MOST = 30
"""Days; an old forecast that nobody renewed does not count for ever."""
TOO_FEW = "too few to tell"
RULE = (
    "Only forecasts issued before the fact count as track record: the first published run of an as-of date, issued "
    "by the end of the next day (UTC) and not provisional; each is scored once its window is over and attested to "
    "its end, yes and no alike."
)


@dataclass(frozen=True, slots=True)
class Counts:
    """Published runs by whether they are track record, and the number of targets' forecasts scored so far."""

    counted: int
    repeats: int
    after_the_fact: int
    provisional: int
    resolved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRecord:
    """What live forecasts were worth, from what was known as of a day."""

    as_of: date
    as_recorded: datetime | None
    headline: str
    rule: str
    counts: Counts
    lines: tuple[TrackLine, ...]
    scenarios: tuple[ScenarioLine, ...]
    pending: tuple[Pending, ...]


def read_track_record(connection: Connection, when: When, *, case_id: str | None = None) -> TrackRecord:
    """Score the runs published by then on the events and attestations known by then.

    Raises
    ------
    NotEnough
        if there are live forecasts and no one has attested some type of event
    db.errors.StoreError
        if there is no such case
    """
    case = read_case(connection, case_id)
    runs = read_runs(connection, case.case_id, statuses=("published",), until=when.as_of)
    live, counts = live_runs([run for run in runs if when.recorded(run.issued_at)])
    if not live:
        return TrackRecord(
            as_of=when.as_of,
            as_recorded=when.as_recorded,
            headline=case.headline,
            rule=RULE,
            counts=counts,
            lines=(),
            scenarios=(),
            pending=(),
        )
    truth = _read_truth(connection, case, when)
    forecasts, scenarios = _read_forecasts(connection, live, when.as_of)
    lines, pending = score_forecasts(forecasts, truth)
    scenario_lines, pending_scenarios = score_scenarios(scenarios, truth)
    counts = replace(counts, resolved=sum(line.forecasts for line in lines))
    waiting = (*pending, *pending_scenarios)
    return TrackRecord(
        as_of=when.as_of,
        as_recorded=when.as_recorded,
        headline=case.headline,
        rule=RULE,
        counts=counts,
        lines=lines,
        scenarios=scenario_lines,
        pending=waiting,
    )


def live_runs(runs: Iterable[RunRow]) -> tuple[tuple[RunRow, ...], Counts]:
    """The runs that are track record, by as-of date, of those published."""
    in_order = sorted(runs, key=lambda run: (run.issued_at, run.id))
    fitted = [run for run in in_order if run.kind != "provisional"]
    before = [run for run in fitted if issued_before_the_fact(run)]
    first: dict[date, RunRow] = {}
    for run in before:
        first.setdefault(run.as_of, run)
    counts = Counts(
        counted=len(first),
        repeats=len(before) - len(first),
        after_the_fact=len(fitted) - len(before),
        provisional=len(in_order) - len(fitted),
        resolved=0,
    )
    return tuple(first[day] for day in sorted(first)), counts


def _read_truth(connection: Connection, case: CaseRow, when: When) -> Problem:
    """What resolves forecasts: events and attestations alone."""
    completeness = read_completeness(connection, case.case_id, when)
    absent = [kind for kind in EVENT_TYPES if kind not in {row.type for row in completeness}]
    if absent:
        raise NotEnough(
            f"no one has attested how far events of type {', '.join(absent)} are complete as of {when.as_of}; "
            "run `parley event none --type TYPE --since DATE --through DATE` once someone can"
        )
    catalogue = read_catalogue(connection, case)
    rows = Rows(
        when=when,
        case=case,
        catalogue=catalogue,
        grades=(),
        deadlines=(),
        documents=(),
        judgements=(),
        observations=(),
        events=read_events(connection, case.case_id, when),
        completeness=completeness,
        positions={},
    )
    return assemble(rows, form_evidence((), catalogue, ()))


def _read_forecasts(
    connection: Connection, runs: Sequence[RunRow], today: date
) -> tuple[list[LiveForecast], list[LiveScenarios]]:
    case_id = runs[0].case_id
    targets, labels = read_all_targets(connection, case_id), read_all_scenarios(connection, case_id)
    forecasts: list[LiveForecast] = []
    scenarios: list[LiveScenarios] = []
    for run, following in zip(runs, [*(run.as_of for run in runs[1:]), date.max], strict=True):
        until = min(following, run.as_of + timedelta(days=STANDS_AT_MOST), today)
        forecasts += [
            LiveForecast(_window(run, until, row), row.target, row.mean, row.base_rate)
            for row in targets.get(run.id, ())
        ]
        found: defaultdict[Window, dict[str, float]] = defaultdict(dict)
        for each in labels.get(run.id, ()):
            found[_window(run, until, each)][each.scenario] = each.probability
        scenarios += [LiveScenarios(window, tuple(p.get(s, 0.0) for s in SCENARIOS)) for window, p in found.items()]
    return forecasts, scenarios


def _window(run: RunRow, until: date, row: TargetForecastRow | ScenarioForecastRow) -> Window:
    return Window(run.id, run.as_of, min(until, row.deadline or until), row.horizon_days, row.deadline)


def as_json(record: TrackRecord) -> dict[str, Any]:
    """The names other programs use: add, never rename."""
    return {"sentence": track_sentence(record), **asdict(record)}


def track_sentence(record: TrackRecord) -> str:
    """What live forecasts of the headline were worth, in one sentence that can be printed."""
    line = telling_line(record)
    if line is not None:
        return _resolved_sentence(line, record.as_of)
    if not record.counts.counted:
        late = record.counts.after_the_fact
        return f"No live forecast has been issued yet{f': {counted(late, "run")} came after the fact' if late else ''}."
    due = _due(first_pending(record))
    return f"No live forecast of {target_name(record.headline)} has been resolved yet{due}."


def telling_line(record: TrackRecord) -> TrackLine | None:
    """The line of the headline that tells most; None where nothing of it has been scored."""
    mine = [line for line in record.lines if line.target == record.headline]
    return max(mine, key=_telling, default=None)


def first_pending(record: TrackRecord) -> Pending | None:
    """The live forecast of the headline that is scored first of those that wait."""
    mine = [one for one in record.pending if one.target == record.headline]
    return min(mine, key=lambda one: one.scored_on, default=None)


def _due(first: Pending | None) -> str:
    if first is None:
        return ""
    if first.state != UNATTESTED:
        return f": the first can be on {first.scored_on}"
    need = first.missing[0]
    return f": the first waits until events of type {need.type} are attested complete through {need.needed_through}"


def _telling(line: TrackLine) -> tuple[bool, float, float]:
    """A longer horizon where it can tell something, else the one with most independent windows."""
    return line.enough, float((line.enough and line.horizon_days) or 0), line.effective_n


def _resolved_sentence(line: TrackLine, as_of: date) -> str:
    have = "has" if line.forecasts == 1 else "have"
    what = f"{counted(line.forecasts, 'live forecast')} of {target_name(line.target)} {within(line)}"
    against = "" if line.base_log_score is None else f" against {line.base_log_score:.2f} for the base rate"
    verdict = "smaller is better" if line.enough else TOO_FEW
    return f"{what} {have} been resolved as of {as_of}: log score {line.log_score:.2f}{against} ({verdict})."
