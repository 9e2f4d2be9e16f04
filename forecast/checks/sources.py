"""What the headline leans on: components of the posterior, single indicators, single documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.special import logit

from forecast.checks.subject import Check, Subject
from forecast.evaluation.forecasters import mean_forecast
from forecast.words.names import target_name
from forecast.words.numbers import percent, signed
from models.assumptions import assumptions
from models.laplace import NoMode, build_density, fit_laplace
from models.projection import project
from models.sensitivity import (
    JUDGEMENTS,
    NOTABLE,
    PRIORS,
    RECORD,
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
ORDERED_BY_DAYS = 180
"""Horizon by which sources are put in order."""


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
    windows, at = _windows(subject.problem), _reference(subject.problem)
    table = (
        ("component", *windows, f"log odds per doubling, {windows[at]}"),
        *((name, *_sensitivities(one), _signed(one.slope[at])) for name, one in found.items()),
    )
    figures = {
        "posterior": subject.posterior_by,
        "notable": NOTABLE,
        "windows": list(windows),
        "components": [{"name": name, **_figures(one)} for name, one in found.items()],
    }
    return Check("power-scaling", None, _leaders(found, windows, subject.headline), table, figures)


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


def _leaders(found: dict[str, Scaled], windows: Sequence[str], headline: str) -> str:
    """Which of prior, judgements and record lead the headline, the strongest first, and where."""
    led = [name for name in (PRIORS, JUDGEMENTS, RECORD) if found[name].leads.any()]
    led.sort(key=lambda name: -found[name].sensitivity.max())
    what, rule = f"P({target_name(headline)})", f"a sensitivity above {NOTABLE} and above chance (else in brackets)"
    if not led:
        return f"{what} is led by none of prior, judgements and record: none has {rule}."
    each = ", ".join(f"{name} ({_strongest(found[name], windows)}{_mostly(name, found)})" for name in led)
    return f"{what} is led by {each}; what leads has {rule}."


def _strongest(scaled: Scaled, windows: Sequence[str]) -> str:
    at = int(scaled.sensitivity.argmax())
    return f"up to {scaled.sensitivity[at]:.2f}, {windows[at]}"


def _mostly(name: str, found: dict[str, Scaled]) -> str:
    """Which of the priors it is, where it is all of them."""
    if name != PRIORS:
        return ""
    single = [one for one in found if one not in (PRIORS, JUDGEMENTS, RECORD)]
    return f"; above all {max(single, key=lambda one: found[one].sensitivity.max())}"


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
    at, windows = _reference(subject.problem), _windows(subject.problem)
    rows.sort(key=lambda row: np.nan_to_num(row[1][at], nan=whole[at]))
    table = (
        ("assumption", *windows),
        ("as it is", *map(percent, _finite(whole))),
        *((name, *(percent(value) if np.isfinite(value) else "–" for value in found)) for name, found in rows),
    )
    figures = {
        "posterior": "laplace",
        "windows": list(windows),
        "headline": _finite(whole),
        "changed": [{"assumption": name, "headline": _finite(found)} for name, found in rows],
    }
    (low, lowest), (high, highest) = rows[0], rows[-1]
    words = (
        f"P({target_name(subject.headline)} {windows[at]}) is {percent(whole[at])} (by Laplace); with one assumption "
        f"changed it lies between {percent(lowest[at])} ({low}) and {percent(highest[at])} ({high})."
    )
    return Check("assumptions", None, words, table, figures)


def _leave_out(subject: Subject, noun: str, sources: Sequence[tuple[str, Problem]]) -> Check:
    """Compare the headline with what it is without each source, all by Laplace and the same random numbers."""
    whole, found = _headline(subject, subject.problem), []
    for done, (source, problem) in enumerate(sources):
        subject.progress(f"leaving out one {noun} at a time", done, len(sources), source)
        without = _headline(subject, problem)
        found.append(_Without(source, without, _log_odds(without) - _log_odds(whole), without - whole))
    at, windows = _reference(subject.problem), _windows(subject.problem)
    found.sort(key=lambda one: -np.nan_to_num(abs(one.log_odds[at])))
    words = _left_out_words(found, noun, at, f"P({target_name(subject.headline)} {windows[at]})", whole[at])
    table = (
        (noun, *windows, f"log odds {windows[at]}"),
        ("none left out", *map(percent, _finite(whole)), ""),
        *((one.source, *map(_points, one.points), _signed(one.log_odds[at])) for one in found),
    )
    figures = {
        "posterior": "laplace",
        "windows": list(windows),
        "headline": _finite(whole),
        "without": [{noun: one.source, "headline": _finite(one.probability)} for one in found],
    }
    return Check(f"leave-out-{noun}", None, words, table, figures)


def _left_out_words(found: Sequence[_Without], noun: str, at: int, what: str, whole: float) -> str:
    known = [one for one in found if np.isfinite(one.log_odds[at])]
    if not known:
        return f"There is no {noun} to leave out, or Laplace's approximation found no mode."
    first = " and ".join(f"{one.source} (without it {percent(one.probability[at])})" for one in known[:2])
    return f"{what} is {percent(whole)} (by Laplace) and leans most on {first}; changes of ±0.02 in log odds are noise."


def _headline(subject: Subject, problem: Problem, structure: Structure | None = None) -> Floats:
    density = build_density(problem, structure or subject.density.structure)
    try:
        draws = fit_laplace(density).draw(DRAWS, subject.seed)
    except NoMode:  # one comparison that cannot be made must not cost the others
        return np.full(len(problem.horizons), np.nan)
    return np.asarray(mean_forecast(problem, density, draws, subject.seed).targets[TARGETS.index(subject.headline)])


def _log_odds(p: Floats) -> Floats:
    return np.asarray(logit(np.clip(p, 1e-9, 1 - 1e-9)))


def _windows(problem: Problem) -> tuple[str, ...]:
    return tuple(f"by {date.fromordinal(h.deadline)}" if h.deadline else f"in {h.days} d" for h in problem.horizons)


def _reference(problem: Problem) -> int:
    """Which horizon sources are ordered by: that of `ORDERED_BY_DAYS`, else the last."""
    days = [horizon.days for horizon in problem.horizons]
    return days.index(ORDERED_BY_DAYS) if ORDERED_BY_DAYS in days else len(days) - 1


def _points(change: float) -> str:
    return _signed(100 * change, 1)


def _signed(value: float, digits: int = 2) -> str:
    return "–" if np.isnan(value) else signed(value, digits)


def _finite(values: Floats) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]
