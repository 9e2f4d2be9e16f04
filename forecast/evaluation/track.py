"""The track record: live forecasts, and how they turned out.

Live is a forecast issued before the fact: its run was stored no later than the end of the day after its as-of date
(UTC). An older as-of date is hindsight, or may have been chosen by what happened in between. Of several runs of one
as-of date the first issued counts: from later ones the best-looking could be picked. A provisional run is no forecast
of the model's. A forecast stands from its as-of date until the next counted run's, `STANDS_AT_MOST` days at most.
Each structure of the model has a record of its own: forecasts of different ones are not joined.
How it is scored, and when, `forecast.evaluation.track_scores` says.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from db.kinds import PUBLISHED
from db.read import read_case, read_catalogue, read_completeness, read_events
from db.read_forecasts import read_all_scenarios, read_all_targets
from db.read_runs import read_runs
from db.rows import CaseRow, CompletenessRow
from db.run_rows import RunRow, ScenarioForecastRow, TargetForecastRow
from db.when import When
from forecast.engine.assemble import Rows, assemble
from forecast.errors import NotEnough
from forecast.evaluation.track_scores import LiveForecast, LiveScenarios, Window, score_forecasts, score_scenarios
from forecast.facts.track import Counts, TrackRecord
from forecast.run_facts import ISSUE_LAG_DAYS as ISSUE_LAG_DAYS
from forecast.run_facts import issued_before_the_fact
from forecast.structures import present_structure, structure_of
from forecast.words.language import ENGLISH, Language
from indicators.content import EVENT_TYPES
from indicators.evidence import form_evidence
from models.spec import SCENARIOS, Problem

STANDS_AT_MOST = 30
"""Days; an old forecast that nobody renewed does not count for ever."""


def read_track_record(connection: Connection, when: When, *, case_id: str | None = None) -> TrackRecord:
    """Score the runs published by then on the events and attestations known by then, each structure by itself.

    Raises
    ------
    NotEnough
        if there are live forecasts and no one has attested some type of event
    db.errors.StoreError
        if there is no such case
    """
    case = read_case(connection, case_id)
    runs = read_runs(connection, case.case_id, statuses=(PUBLISHED,), until=when.as_of)
    by_structure: dict[int, list[RunRow]] = {present_structure(): []}
    for run in runs:
        if when.recorded(run.issued_at):
            by_structure.setdefault(structure_of(run), []).append(run)
    live = {structure: live_runs(mine) for structure, mine in by_structure.items()}
    counted = [run for mine, _ in live.values() for run in mine]
    read = _Read(connection, case, when, sorted({run.as_of for run in counted})) if counted else None
    present, *others = sorted(live, key=lambda structure: (structure != present_structure(), -structure))
    return replace(
        _score(case, when, present, *live[present], read),
        others=tuple(_score(case, when, structure, *live[structure], read) for structure in others),
    )


def _score(
    case: CaseRow, when: When, structure: int, runs: Sequence[RunRow], counts: Counts, read: "_Read | None"
) -> TrackRecord:
    """The record of one structure."""
    found = TrackRecord(
        structure=structure,
        as_of=when.as_of,
        as_recorded=when.as_recorded,
        headline=case.headline,
        counts=counts,
        lines=(),
        scenarios=(),
        pending=(),
    )
    if not runs or read is None:
        return found
    forecasts, scenarios = read.forecasts(runs)
    lines, pending = score_forecasts(forecasts, read.truth)
    scenario_lines, pending_scenarios = score_scenarios(scenarios, read.truth)
    return replace(
        found,
        counts=replace(counts, resolved=sum(line.forecasts for line in lines)),
        lines=lines,
        scenarios=scenario_lines,
        pending=(*pending, *pending_scenarios),
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


def unattested(connection: Connection, case_id: str, when: When) -> tuple[str, ...]:
    """Types of event that no one has attested by then: without them nothing can be scored."""
    return _absent(read_completeness(connection, case_id, when))


def _absent(completeness: Iterable[CompletenessRow]) -> tuple[str, ...]:
    attested = {row.type for row in completeness}
    return tuple(kind for kind in EVENT_TYPES if kind not in attested)


def _read_truth(connection: Connection, case: CaseRow, when: When) -> Problem:
    """What resolves forecasts: events and attestations alone."""
    completeness = read_completeness(connection, case.case_id, when)
    absent = _absent(completeness)
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


class _Read:
    """What resolves the forecasts of a case, and what its runs said: read once for the records of all structures."""

    def __init__(self, connection: Connection, case: CaseRow, when: When, starts: Sequence[date]) -> None:
        self.truth = _read_truth(connection, case, when)
        self._targets = read_all_targets(connection, case.case_id)
        self._labels = read_all_scenarios(connection, case.case_id)
        self._starts, self._today = starts, when.as_of

    def forecasts(self, runs: Iterable[RunRow]) -> tuple[list[LiveForecast], list[LiveScenarios]]:
        """What these runs said of targets and of scenarios, each with the days on which it stood."""
        forecasts: list[LiveForecast] = []
        scenarios: list[LiveScenarios] = []
        for run in runs:
            until = self._until(run)
            forecasts += [
                LiveForecast(_window(run, until, row), row.target, row.mean, row.base_rate)
                for row in self._targets.get(run.id, ())
            ]
            found: defaultdict[Window, dict[str, float]] = defaultdict(dict)
            for each in self._labels.get(run.id, ()):
                found[_window(run, until, each)][each.scenario] = each.probability
            scenarios += [LiveScenarios(window, tuple(p.get(s, 0.0) for s in SCENARIOS)) for window, p in found.items()]
        return forecasts, scenarios

    def _until(self, run: RunRow) -> date:
        """The day from which it no longer stands; a later run of another structure ends it as well."""
        place = bisect_right(self._starts, run.as_of)
        following = self._starts[place] if place < len(self._starts) else date.max
        return min(following, run.as_of + timedelta(days=STANDS_AT_MOST), self._today)


def _window(run: RunRow, until: date, row: TargetForecastRow | ScenarioForecastRow) -> Window:
    return Window(run.id, run.as_of, min(until, row.deadline or until), row.horizon_days, row.deadline)


def as_json(record: TrackRecord, language: Language = ENGLISH) -> dict[str, Any]:
    """The names other programs use: add, never rename. They are of the present structure, `structures` of all."""
    return {
        "sentence": language.quality.track_sentence(record),
        **_as_json(record, language),
        "structures": [
            {"sentence": language.quality.structure_sentence(one), **_as_json(one, language)}
            for one in (record, *record.others)
        ],
    }


def _as_json(record: TrackRecord, language: Language) -> dict[str, Any]:
    found = asdict(replace(record, others=())) | {"rule": language.quality.TRACK_RULE}
    del found["others"]
    for name in ("lines", "scenarios", "pending"):
        found[name] = [{**one, "structure": record.structure} for one in found[name]]
    return found
