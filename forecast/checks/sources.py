"""What the headline leans on: components of the posterior, single indicators, single documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.special import logit

from forecast.checks.found import horizons_as_json, reference_of
from forecast.checks.subject import Check, Subject, found_by
from forecast.evaluation.forecasters import mean_forecast
from forecast.facts.checks import Reach
from forecast.words.numbers import percent, reach, signed
from models.assumptions import assumptions
from models.laplace import NoMode, build_density, fit_laplace
from models.projection import project
from models.sensitivity import (
    NOTABLE,
    Scaled,
    log_components,
    scale_power,
    without_document,
    without_indicator,
)
from models.spec import TARGETS, Floats, Problem
from models.structure import Structure

DRAWS = 400
"""Leaves changes a Monte-Carlo error of about 0.01 in log odds."""


@dataclass(frozen=True, slots=True)
class _Without:
    """The headline without one source, (horizon,) each; nan where the search for the mode failed."""

    source: str
    probability: Floats
    log_odds: Floats  # of the headline without it minus those of the headline with it
    points: Floats  # the same change as a probability


def check_power_scaling(subject: Subject) -> Check:
    """How the headline answers to the power of prior, judgements and record, at every horizon."""
    subject.progress("scaling the components of the posterior", 0, 0, "")
    draws, density = subject.posterior(), subject.density
    out = project(subject.problem, density.exposure.filtered, draws, density.structure, paths=1, seed=subject.seed)
    # Distances are taken along the axis of the values: log odds spread evenly, small probabilities do not.
    headline = _log_odds(out.targets[:, TARGETS.index(subject.headline)])
    parts = log_components(density, draws)
    found = {name: scale_power(headline, part, subject.seed) for name, part in parts.items()}
    reaches = reaches_of(subject.problem)
    windows, at = list(map(reach, reaches)), reference_of(reaches)
    table = (
        ("component", *windows, f"log odds per doubling, {windows[at]}"),
        *((name, *_sensitivities(one), _signed(one.slope[at])) for name, one in found.items()),
    )
    figures = {
        "posterior": subject.posterior_by,
        "notable": NOTABLE,
        "target": subject.headline,
        "windows": windows,
        "horizons": horizons_as_json(reaches),
        "components": [{"name": name, **_figures(one)} for name, one in found.items()],
    }
    return found_by("power-scaling", None, table, figures)


def _figures(scaled: Scaled) -> dict[str, object]:
    return {
        "sensitivity": scaled.sensitivity.tolist(),
        "noise": scaled.noise.tolist(),
        "log_odds_per_doubling": scaled.slope.tolist(),
    }


def _sensitivities(scaled: Scaled) -> list[str]:
    """In brackets what chance alone could reach."""
    pairs = zip(scaled.sensitivity, scaled.noise, strict=True)
    return [f"{value:.2f}" if value > noise else f"({value:.2f})" for value, noise in pairs]


def check_indicators(subject: Subject) -> Check:
    """The headline by Laplace without the rows and judgements of each indicator in turn."""
    problem = subject.problem
    sources = [(name, without_indicator(problem, i)) for i, name in enumerate(problem.catalogue.names)]
    return _leave_out(subject, "indicator", sources)


def check_documents(subject: Subject) -> Check:
    """The headline by Laplace without the judgements of each document in turn."""
    sources = [(row.document_id, without_document(subject.problem, i)) for i, row in enumerate(subject.rows.documents)]
    return _leave_out(subject, "document", sources)


def check_assumptions(subject: Subject) -> Check:
    """The headline by Laplace with one assumption of the model changed at a time."""
    changed = assumptions(subject.density.structure)
    whole, rows = _headline(subject, subject.problem), []
    for done, (name, structure) in enumerate(changed.items()):
        subject.progress("changing one assumption at a time", done, len(changed), name)
        rows.append((name, _headline(subject, subject.problem, structure)))
    reaches = reaches_of(subject.problem)
    windows, at = list(map(reach, reaches)), reference_of(reaches)
    rows.sort(key=lambda row: np.nan_to_num(row[1][at], nan=whole[at]))
    table = (
        ("assumption", *windows),
        ("as it is", *map(percent, _finite(whole))),
        *((name, *(percent(value) if np.isfinite(value) else "–" for value in found)) for name, found in rows),
    )
    figures = {
        "posterior": "laplace",
        "target": subject.headline,
        "windows": windows,
        "horizons": horizons_as_json(reaches),
        "headline": _finite(whole),
        "changed": [{"assumption": name, "headline": _finite(found)} for name, found in rows],
    }
    return found_by("assumptions", None, table, figures)


def _leave_out(subject: Subject, noun: str, sources: Sequence[tuple[str, Problem]]) -> Check:
    """Compare the headline with what it is without each source, all by Laplace and the same random numbers."""
    whole, found = _headline(subject, subject.problem), []
    for done, (source, problem) in enumerate(sources):
        subject.progress(f"leaving out one {noun} at a time", done, len(sources), source)
        without = _headline(subject, problem)
        found.append(_Without(source, without, _log_odds(without) - _log_odds(whole), without - whole))
    reaches = reaches_of(subject.problem)
    windows, at = list(map(reach, reaches)), reference_of(reaches)
    found.sort(key=lambda one: -np.nan_to_num(abs(one.log_odds[at])))
    table = (
        (noun, *windows, f"log odds {windows[at]}"),
        ("none left out", *map(percent, _finite(whole)), ""),
        *((one.source, *map(_points, one.points), _signed(one.log_odds[at])) for one in found),
    )
    figures = {
        "posterior": "laplace",
        "target": subject.headline,
        "windows": windows,
        "horizons": horizons_as_json(reaches),
        "headline": _finite(whole),
        "without": [{noun: one.source, "headline": _finite(one.probability)} for one in found],
    }
    return found_by(f"leave-out-{noun}", None, table, figures)


def _headline(subject: Subject, problem: Problem, structure: Structure | None = None) -> Floats:
    density = build_density(problem, structure or subject.density.structure)
    try:
        draws = fit_laplace(density).draw(DRAWS, subject.seed)
    except NoMode:  # one comparison that cannot be made must not cost the others
        return np.full(len(problem.horizons), np.nan)
    return np.asarray(mean_forecast(problem, density, draws, subject.seed).targets[TARGETS.index(subject.headline)])


def _log_odds(p: Floats) -> Floats:
    return np.asarray(logit(np.clip(p, 1e-9, 1 - 1e-9)))


def reaches_of(problem: Problem) -> tuple[Reach, ...]:
    """The windows of the forecasts, in their order."""
    return tuple(
        Reach(None, date.fromordinal(one.deadline)) if one.deadline else Reach(one.days, None)
        for one in problem.horizons
    )


def _points(change: float) -> str:
    return _signed(100 * change, 1)


def _signed(value: float, digits: int = 2) -> str:
    return "–" if np.isnan(value) else signed(value, digits)


def _finite(values: Floats) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]
