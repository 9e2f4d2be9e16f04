"""Checks of the model: the records it simulates, before and after it has seen the real one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecast.checks.subject import Check, Subject, found_by
from forecast.facts.checks import TAIL
from forecast.words.names import target_name
from forecast.words.numbers import percent
from models.parameters import Parameters, join_draws
from models.predictive import (
    COUNTS,
    STATISTICS,
    Worlds,
    common_span,
    describe_record,
    predictive_tails,
    simulate_worlds,
)
from models.projection import project
from models.reference import documents_only_parameters
from models.simulate import draw_prior
from models.spec import TARGETS, Floats, Horizon

WORLDS = 200
PRIOR_DRAWS = 1000
CENTRAL = (0.05, 0.50, 0.95)
HEADLINE_DAYS = 180
DECADE_DAYS = 3652.5


@dataclass(frozen=True, slots=True)
class _Line:
    """One statistic of the simulated records beside the observed one; nan where none of them has it."""

    name: str
    quantiles: Floats  # at CENTRAL
    observed: float

    @property
    def inside(self) -> bool:
        low, _, high = self.quantiles
        return bool(np.isnan(self.observed) or np.isnan(low) or low <= self.observed <= high)

    @property
    def cells(self) -> tuple[str, ...]:
        return self.name, *(_number(value) for value in (*self.quantiles, self.observed))

    @property
    def figures(self) -> dict[str, object]:
        return {"name": self.name, **_named(self.quantiles), "observed": _finite(self.observed)}


def check_prior_predictive(subject: Subject) -> Check:
    """Worlds from the prior: is the real record one that the prior expects? And what do prior and documents imply?"""
    draws = _prior(subject, PRIOR_DRAWS)
    worlds, observed = _simulate(subject, _first(draws, WORLDS), "prior")
    lines = _per_decade(_lines(worlds, observed), subject)
    implied = {"prior": _headline(subject, draws), "documents alone": _headline(subject, _documents_only(subject))}
    window = f"P({target_name(subject.headline)} in {HEADLINE_DAYS} d)"
    table = (
        ("quantity", "5 %", "50 %", "95 %", "observed", ""),
        *((*line.cells, "" if line.inside else "outside") for line in lines),
        *((f"{window}, {source}", *map(percent, values), "–", "") for source, values in implied.items()),
    )
    figures = {
        "target": subject.headline,
        "worlds": WORLDS,
        "refused_worlds": worlds.refused,
        "statistics": [line.figures | {"inside": line.inside} for line in lines],
        "headline": [
            {"source": source, "horizon_days": HEADLINE_DAYS, **_named(values)} for source, values in implied.items()
        ],
    }
    return found_by("prior-predictive", all(line.inside for line in lines), table, figures)


def check_posterior_predictive(subject: Subject) -> Check:
    """Worlds from the posterior: does the model, having seen the record, produce records like it?"""
    worlds, observed = _simulate(subject, _first(subject.posterior(), WORLDS), "posterior")
    lines, tails = _lines(worlds, observed), predictive_tails(worlds.values, observed)
    table = (
        ("quantity", "5 %", "50 %", "95 %", "observed", "p"),
        *((*line.cells, _number(p)) for line, p in zip(lines, tails.p, strict=True)),
    )
    figures = {
        "worlds": WORLDS,
        "refused_worlds": worlds.refused,
        "posterior": subject.posterior_by,
        "p_joint": tails.joint,
        "statistics": [line.figures | {"p": _finite(float(p))} for line, p in zip(lines, tails.p, strict=True)],
    }
    extreme = any(p < TAIL or p > 1 - TAIL for p in tails.p)
    return found_by("posterior-predictive", not extreme, table, figures)


def _simulate(subject: Subject, draws: Parameters, source: str) -> tuple[Worlds, Floats]:
    """Simulated records, and the statistics of the real one."""
    problem, report = subject.problem, subject.report(f"simulating records from the {source}")
    worlds = simulate_worlds(problem, subject.density, subject.levels, draws, subject.seed, report)
    return worlds, describe_record(problem, common_span(problem))


def _lines(worlds: Worlds, observed: Floats) -> list[_Line]:
    columns = zip(STATISTICS, worlds.values.T, map(float, observed), strict=True)
    return [_Line(name, _central(values), value) for name, values, value in columns]


def _central(values: Floats) -> Floats:
    known = values[~np.isnan(values)]
    return np.asarray(np.quantile(known, CENTRAL)) if len(known) else np.full(len(CENTRAL), np.nan)


def _per_decade(lines: Sequence[_Line], subject: Subject) -> list[_Line]:
    """Counts as rates, which a prior is thought of in; shapes as they are."""
    span = common_span(subject.problem)
    decades = (span.last - span.first + 1) / DECADE_DAYS
    return [
        _Line(f"{line.name} per decade", line.quantiles / decades, line.observed / decades)
        if line.name in COUNTS
        else line
        for line in lines
    ]


def _prior(subject: Subject, draws: int) -> Parameters:
    rng = np.random.default_rng([subject.seed, 6])
    return join_draws([draw_prior(subject.density, rng) for _ in range(draws)])


def _first(parameters: Parameters, draws: int) -> Parameters:
    """So many draws, spread evenly over all."""
    rows = np.linspace(0, len(parameters.unit) - 1, draws).astype(np.int64)
    return parameters.take(rows)


def _documents_only(subject: Subject) -> Parameters:
    return documents_only_parameters(subject.problem, subject.density, PRIOR_DRAWS, subject.seed)


def _headline(subject: Subject, parameters: Parameters) -> Floats:
    """Quantiles of P(headline | draw) from today's situation, at CENTRAL."""
    soon = replace(subject.problem, horizons=(Horizon(HEADLINE_DAYS),))
    density = subject.density
    out = project(soon, density.exposure.filtered, parameters, density.structure, paths=1, seed=subject.seed)
    return np.asarray(np.quantile(out.targets[:, TARGETS.index(subject.headline), 0], CENTRAL))


def _named(quantiles: Floats) -> dict[str, float | None]:
    return {name: _finite(float(value)) for name, value in zip(("q05", "q50", "q95"), quantiles, strict=True)}


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _number(value: float) -> str:
    """Two decimals for shares and small rates, none for days and large counts."""
    if np.isnan(value):
        return "–"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
