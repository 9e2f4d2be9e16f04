"""What a run says, read back from the store: one payload for table, JSON and later faces."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from db.read import read_case, read_catalogue
from db.read_runs import last_published, read_run, read_runs, read_scenarios, read_states, read_targets
from db.rows import IndicatorRow, IndicatorStateRow, RunRow, ScenarioForecastRow, TargetForecastRow
from forecast.errors import NoForecast

DIAGNOSTICS = ("rhat_max", "ess_bulk_min", "ess_tail_min", "divergences", "draws")


@dataclass(frozen=True, slots=True)
class Summary:
    """One run with its forecast; a rejected run carries the last good forecast and that run's id."""

    case_name: str
    headline: str
    run: RunRow
    forecast_of: RunRow | None  # the run the forecasts below are of; None when nothing was ever published
    targets: tuple[TargetForecastRow, ...]
    scenarios: tuple[ScenarioForecastRow, ...]
    states: tuple[IndicatorStateRow, ...]
    catalogue: tuple[IndicatorRow, ...]

    @property
    def rejected(self) -> bool:
        return self.run.status != "published"


def read_summary(
    connection: Connection, *, run_id: int | None = None, as_of: date | None = None, case_id: str | None = None
) -> Summary:
    """The run asked for: by id, by as-of date, or the last published one."""
    case = read_case(connection, case_id)
    run = _find(connection, case.case_id, run_id, as_of)
    source = run if run.status == "published" else last_published(connection, case.case_id, as_of=run.as_of)
    return Summary(
        case.name,
        case.headline,
        run,
        source,
        read_targets(connection, source.id) if source else (),
        read_scenarios(connection, source.id) if source else (),
        read_states(connection, source.id) if source else (),
        read_catalogue(connection, case),
    )


def _find(connection: Connection, case_id: str, run_id: int | None, as_of: date | None) -> RunRow:
    if run_id is not None:
        return read_run(connection, run_id)
    if as_of is None:
        found = last_published(connection, case_id)
        if found is None:
            raise NoForecast("nothing has been published yet; run `parley update`")
        return found
    of_day = read_runs(connection, case_id, statuses=("published",), as_of=as_of, limit=1)
    if not of_day:
        raise NoForecast(f"no published run as of {as_of}; run `parley update --as-of {as_of}`")
    return of_day[0]


def as_json(summary: Summary) -> dict[str, Any]:
    """The names other programs use: add, never rename."""
    run = summary.run
    return {
        "run": {
            "id": run.id,
            "case": run.case_id,
            "as_of": run.as_of,
            "kind": run.kind,
            "status": run.status,
            "issued_at": run.recorded_at,
            "seed": run.seed,
            "inputs_hash": run.inputs_hash,
            "case_hash": run.case_hash,
            "code_version": run.code_version,
            "posterior_hash": run.posterior_hash,
            "diagnostics": diagnostics_of(run),
            "failures": run.detail.get("failures", []),
        },
        "headline": summary.headline,
        "situation": {
            "dry": run.dry,
            "days_since_talks": run.days_since_talks,
            "complete_through": run.complete_through,
            "p_dry_now": run.p_dry_now,
        },
        "forecast_run_id": summary.forecast_of.id if summary.forecast_of else None,
        "targets": [_with_reach(row) | {"run_id": _source_id(summary)} for row in summary.targets],
        "scenarios": _scenarios(summary.scenarios),
        "indicators": [
            {
                "id": row.indicator_id,
                "mean": row.mean,
                "sd": row.sd,
                "active": row.active,
                "last_observed_on": row.last_observed_on,
                "stale_days": stale_days(row, summary),
            }
            for row in summary.states
        ],
    }


def diagnostics_of(run: RunRow) -> dict[str, Any]:
    found: Any = run.detail.get("diagnostics", {})
    return {name: found.get(name) for name in DIAGNOSTICS}


def stale_days(row: IndicatorStateRow, summary: Summary) -> int | None:
    """Days from the last observation to the forecast's as-of date; None where nothing was ever observed."""
    if row.last_observed_on is None or summary.forecast_of is None:
        return None
    return (summary.forecast_of.as_of - row.last_observed_on).days


def _source_id(summary: Summary) -> int | None:
    return summary.forecast_of.id if summary.forecast_of else None


def _with_reach(row: TargetForecastRow) -> dict[str, Any]:
    values = asdict(row)
    del values["deadline" if row.deadline is None else "horizon_days"]
    return values


def _scenarios(rows: tuple[ScenarioForecastRow, ...]) -> list[dict[str, Any]]:
    """One entry per window, scenarios S0…S5 within."""
    out: dict[tuple[int | None, date | None], dict[str, float]] = {}
    for row in rows:
        out.setdefault((row.horizon_days, row.deadline), {})[row.scenario] = row.probability
    return [
        ({"horizon_days": days} if deadline is None else {"deadline": deadline}) | {"probabilities": probabilities}
        for (days, deadline), probabilities in out.items()
    ]
