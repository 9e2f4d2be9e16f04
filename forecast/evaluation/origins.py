"""Rolling origins: what would have been forecast on past dates, from what was known on them, and how it turned out.

Two kinds, named wherever shown. *Strict*: only judgements published by the origin. *Retrospective*: today's judgements
applied to the past. In both, observations, events and completeness are as of the origin. Catalogue, criteria and
half-lives were made in 2026, so neither is a track record.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import batched

import numpy as np
import xarray as xr
from sqlalchemy import Connection

from db.when import When
from forecast.engine.assemble import Rows, assemble, check_rows, read_rows
from forecast.evaluation.forecasters import Forecaster, HistoryOnly, Serial
from forecast.evaluation.lfo import LeaveFutureOut
from forecast.evaluation.tasks import Task, run_tasks
from indicators.evidence import form_evidence
from models.effects import without_judgements
from models.exposure import read_clock
from models.outcomes import events_of, outcomes, scenarios_of
from models.spec import SCENARIOS, TARGETS, Bools, Floats, Horizon, Ints, Problem, Span

PENDING = -1
KINDS = ("strict", "retrospective")


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """Forecasts and outcomes at every origin; nan or PENDING where the window is not attested as a whole."""

    kind: str  # strict or retrospective
    origins: tuple[date, ...]
    horizons: tuple[Horizon, ...]
    dry: Bools  # (origin,) as of the origin
    outcome: Floats  # (origin, target, horizon)
    scenario: Ints  # (origin, horizon) index into SCENARIOS
    forecasts: Mapping[str, Floats]  # name -> (origin, target, horizon)
    scenarios: Mapping[str, Floats]  # name -> (origin, scenario, horizon)
    pareto_k: Mapping[str, Floats]  # name -> (origin,); nan where fitted at the origin

    def days(self) -> tuple[int, ...]:
        return tuple(horizon.days for horizon in self.horizons)


def monthly_origins(first: date, last: date, step: int = 1) -> tuple[date, ...]:
    """The first of every ``step``-th month from the month of ``first`` to ``last``."""
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month, step)
    return tuple(day for day in (date(m // 12, m % 12 + 1, 1) for m in months) if first <= day <= last)


def daily_origins(first: date, last: date, step: int) -> tuple[date, ...]:
    """Every ``step``-th day from ``first`` to ``last``."""
    return tuple(first + timedelta(days=d) for d in range(0, (last - first).days + 1, step))


def problems_at(
    connection: Connection, origins: Sequence[date], horizons: tuple[Horizon, ...], kind: str, today: Rows
) -> Iterator[Problem]:
    """The problem at each origin. A retrospective one takes the judgements of ``today``.

    Raises
    ------
    NotEnough
        if what was known at an origin cannot carry a forecast
    """
    for origin in origins:
        rows = read_rows(connection, When(as_of=origin), case_id=today.case.case_id)
        check_rows(rows)
        if kind == "retrospective":
            rows = replace(rows, documents=today.documents, judgements=today.judgements)
        evidence = form_evidence(rows.observations, rows.catalogue, rows.grades, rows.events)
        yield replace(assemble(rows, evidence), horizons=horizons)


def run_backtest(
    problems: Sequence[Problem],
    truth: Problem,
    forecasters: Mapping[str, Forecaster | LeaveFutureOut],
    kind: str,
    *,
    workers: int = 2,
    dask: str | None = None,
    cached: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Backtest:
    """Forecast every problem with every forecaster; ``truth`` is the latest problem, whose record resolves them.

    See `forecast.evaluation.tasks.run_tasks` for how the work is spread, kept and resumed.
    """
    tasks, owner = _tasks(problems, forecasters)
    results = run_tasks(tasks, workers=workers, dask=dask, cached=cached, progress=progress)
    by_name = {
        name: [forecast for n, result in zip(owner, results, strict=True) if n == name for forecast in result]
        for name in forecasters
    }
    horizons = problems[0].horizons
    return Backtest(
        kind=kind,
        origins=tuple(date.fromordinal(p.as_of) for p in problems),
        horizons=horizons,
        dry=np.array([not read_clock(p, p.as_of + 1, p.as_of + 1).wet[0] for p in problems]),
        outcome=np.array([outcome_at(p.as_of, truth, horizons) for p in problems]),
        scenario=np.array([_scenario_at(p.as_of, truth, horizons) for p in problems]),
        forecasts={name: np.stack([f.targets for f in found]) for name, found in by_name.items()},
        scenarios={name: np.stack([f.scenarios for f in found]) for name, found in by_name.items()},
        pareto_k={name: np.array([f.pareto_k for f in found]) for name, found in by_name.items()},
    )


def _tasks(
    problems: Sequence[Problem], forecasters: Mapping[str, Forecaster | LeaveFutureOut]
) -> tuple[list[Task], list[str]]:
    """Tasks, and whose they are. Their cut depends on the forecaster alone, never on who runs them."""
    tasks, owner = [], []
    for name, forecaster in forecasters.items():
        for stretch in batched(problems, forecaster.stretch if isinstance(forecaster, Serial) else 1):
            tasks.append(_task(forecaster, stretch))
            owner.append(name)
    return tasks, owner


def _task(forecaster: Forecaster | LeaveFutureOut, problems: tuple[Problem, ...]) -> Task:
    """History only is the model on other problems: where there are no judgements they are the same, and one task."""
    if isinstance(forecaster, HistoryOnly):
        return Task(forecaster.model, tuple(without_judgements(problem) for problem in problems))
    return Task(forecaster, problems)


def outcome_at(origin: int, truth: Problem, horizons: Sequence[Horizon]) -> Floats:
    """1 or 0 per (target, horizon); nan where the window reaches beyond what is attested of the target's events."""
    out = np.full((len(TARGETS), len(horizons)), np.nan)
    for t, target in enumerate(TARGETS):
        events, span = events_of(truth, target)
        for h, horizon in enumerate(horizons):
            if _within(origin, horizon, span):
                out[t, h] = outcomes(events, np.array([origin]), horizon.days)[0]
    return out


def _scenario_at(origin: int, truth: Problem, horizons: Sequence[Horizon]) -> Ints:
    """Label per horizon; PENDING where the window reaches beyond what is attested of any type."""
    record, at = truth.record, np.array([origin])
    spans = (record.talks_span, record.contact_span, record.crisis_span, record.deal_span)
    resolved = [all(_within(origin, horizon, span) for span in spans) for horizon in horizons]
    labels = [scenarios_of(record, at, horizon.days)[0] for horizon in horizons]
    return np.where(resolved, labels, PENDING)


def _within(origin: int, horizon: Horizon, span: Span) -> bool:
    return span.first <= origin + 1 and origin + horizon.days <= span.last


def to_dataset(backtest: Backtest) -> xr.Dataset:
    """Everything in named dimensions, for the store and for other readers."""
    names = list(backtest.forecasts)
    return xr.Dataset(
        {
            "forecast": (("forecaster", "origin", "target", "horizon"), np.stack(list(backtest.forecasts.values()))),
            "scenario_forecast": (
                ("forecaster", "origin", "scenario", "horizon"),
                np.stack(list(backtest.scenarios.values())),
            ),
            "pareto_k": (("forecaster", "origin"), np.stack(list(backtest.pareto_k.values()))),
            "outcome": (("origin", "target", "horizon"), backtest.outcome),
            "scenario_outcome": (("origin", "horizon"), backtest.scenario),
            "dry": (("origin",), backtest.dry.astype(np.int8)),
        },
        coords={
            "forecaster": names,
            "origin": np.array(backtest.origins, dtype="datetime64[ns]"),
            "target": list(TARGETS),
            "scenario": list(SCENARIOS),
            "horizon": list(backtest.days()),
        },
        attrs={"kind": backtest.kind},
    )


def from_dataset(dataset: xr.Dataset) -> Backtest:
    """The inverse of `to_dataset`; targets and scenarios are found by their names, whatever their order."""
    dataset = dataset.sel(target=list(TARGETS), scenario=list(SCENARIOS))
    names = [str(name) for name in dataset["forecaster"].values]

    def by_name(variable: str) -> dict[str, Floats]:
        return {name: np.asarray(dataset[variable].values[i], dtype=np.float64) for i, name in enumerate(names)}

    return Backtest(
        kind=str(dataset.attrs["kind"]),
        origins=tuple(date.fromisoformat(str(day)[:10]) for day in dataset["origin"].values.astype("datetime64[D]")),
        horizons=tuple(Horizon(int(days)) for days in dataset["horizon"].values),
        dry=np.asarray(dataset["dry"].values).astype(bool),
        outcome=np.asarray(dataset["outcome"].values, dtype=np.float64),
        scenario=np.asarray(dataset["scenario_outcome"].values, dtype=np.int64),
        forecasts=by_name("forecast"),
        scenarios=by_name("scenario_forecast"),
        pareto_k=by_name("pareto_k"),
    )
