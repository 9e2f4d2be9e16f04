"""The numbers of one forecast: fit, gate and projection, and the forecasts that stand beside it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from scipy.special import expit, logit

from db.progress import Progress
from forecast.engine.posterior_file import in_single
from models.assumptions import assumptions
from models.baselines import base_rate
from models.density import Density
from models.effects import effect_summaries, fit_without_judgements
from models.gate import Diagnostics, diagnose
from models.gradient import compile_density
from models.importance import Weighed
from models.laplace import LaplaceFit, NoMode, build_density, fit_laplace, start_at
from models.parameters import Parameters
from models.projection import Projection, mean_with_error, project
from models.reference import documents_only_parameters
from models.sampling import parameters_of, sample
from models.settings import SamplerSettings
from models.spec import TARGETS, Floats, Horizon, Looked, Problem, Reports
from models.structure import SHIPPED
from models.unattested import slanted, weigh_draws

PATHS_PER_DRAW = 2
REFERENCE_DRAWS = 1000
LAPLACE_DRAWS = 500
ASSUMED_DRAWS = 100
RETRY_TUNE, RETRY_ACCEPT = 2000, 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A posterior that has been through the gate, with its projection."""

    problem: Problem
    density: Density
    tree: xr.DataTree
    projection: Projection
    weighed: Weighed
    """The draws, by what is known of the days that the fit has not read."""
    diagnostics: Diagnostics
    attempts: int

    @property
    def mean(self) -> Floats:
        """Of every target and horizon, (target, horizon)."""
        return self.weighed.mean(self.projection.targets)


@dataclass(frozen=True, slots=True)
class References:
    """What stands beside the forecast; means (target, horizon) unless another shape is given."""

    base_rate: Floats
    documents_only: Floats
    history_only: Floats  # nan where the search for its mode failed
    assumed: Mapping[str, Floats]
    """Of the headline alone, (rolling horizon,): with one assumption of the model changed, by its name."""
    effects: Mapping[str, tuple[Floats, Floats]]
    """Mean and standard deviation of each effect, (target, indicator), by what they are taken from."""


def fit_problem(problem: Problem, headline: str, settings: SamplerSettings, seed: int, progress: Progress) -> Fit:
    """Sample, project and diagnose; one retry with more tuning and smaller steps if the gate refuses.

    What is known of unattested days weighs the draws. Where it tells too few of them from the rest, one more fit is
    made that leans towards it, and what is left is weight.
    """
    progress("cutting the record into cells", 0, 0, "")
    density = build_density(problem, SHIPPED)
    fit = _passing(problem, density, headline, settings, seed, progress)
    if not fit.diagnostics.passed or fit.weighed.trusted:
        return fit
    return fit_leaning(problem, fit, headline, settings, seed, progress)


def fit_leaning(
    problem: Problem, fit: Fit, headline: str, settings: SamplerSettings, seed: int, progress: Progress
) -> Fit:
    """Fit with what is known of unattested days in the likelihood, from a ``fit`` that had not read it.

    The likelihood holds it as a linear term, from which the draws are weighed to the exact one.
    """
    progress("sampling again", 0, 0, "with what is known of unattested days")
    leaning = slanted(problem, replace(fit.density, slant=None), parameters_of(fit.tree, SHIPPED))
    again = _passing(problem, leaning, headline, settings, seed, progress)
    return again if again.weighed.trusted else replace(again, diagnostics=_outweighed(again))


def _outweighed(fit: Fit) -> Diagnostics:
    """A fit whose draws cannot stand for what is known of unattested days is not published."""
    draws = (
        f"{fit.weighed.effective:.0f} of {len(fit.weighed.weights)} draws stay effective, Pareto k {fit.weighed.k:.2f}"
    )
    failure = f"what is on file of unattested days outweighs the fit ({draws}); attest them"
    return replace(fit.diagnostics, failures=(*fit.diagnostics.failures, failure))


def _passing(
    problem: Problem, density: Density, headline: str, settings: SamplerSettings, seed: int, progress: Progress
) -> Fit:
    """The first attempt, or the second where the gate refuses it."""
    fit = _attempt(
        problem=problem, density=density, headline=headline, settings=settings, seed=seed, progress=progress, attempt=1
    )
    if fit.diagnostics.passed:
        return fit
    progress("sampling again", 0, 0, fit.diagnostics.failures[0])
    harder = replace(settings, tune=max(RETRY_TUNE, 2 * settings.tune), target_accept=RETRY_ACCEPT)
    return _attempt(
        problem=problem, density=density, headline=headline, settings=harder, seed=seed, progress=progress, attempt=2
    )


def _attempt(
    *,
    problem: Problem,
    density: Density,
    headline: str,
    settings: SamplerSettings,
    seed: int,
    progress: Progress,
    attempt: int,
) -> Fit:
    def report(done: int, total: int, divergences: int) -> None:
        progress("sampling", done, total, f"{divergences} divergences")

    progress("compiling", 0, 0, "")
    if settings.sampler == "nutpie":
        compile_density(density)(start_at(density))
        report(0, settings.chains * (settings.draws + settings.tune), 0)
    tree = sample(problem, density, settings, seed, report)
    parameters = parameters_of(tree, SHIPPED)
    projection = in_single(
        project(
            problem,
            density.exposure.filtered,
            parameters,
            SHIPPED,
            paths=PATHS_PER_DRAW,
            seed=seed,
            report=lambda done, total: progress("projecting", done, total, ""),
        )
    )
    diagnostics = diagnose(tree, projection.targets[:, TARGETS.index(headline)])
    weighed = weigh_draws(problem, density, parameters)
    return Fit(
        problem=problem,
        density=density,
        tree=tree,
        projection=projection,
        weighed=weighed,
        diagnostics=diagnostics,
        attempts=attempt,
    )


def means_with_errors(fit: Fit) -> tuple[Floats, Floats]:
    """Posterior means of a projection and their Monte-Carlo errors, (target, horizon) each.

    The error of a weighted mean m is that of the plain mean of S w (x - m) over S draws (Owen 2013, chapter 9).
    """
    values, chains, weighed = fit.projection.targets, fit.tree["posterior"].sizes["chain"], fit.weighed
    if not weighed.even:
        share = len(weighed.weights) * weighed.weights[:, None, None]
        values = fit.mean + share * (values - fit.mean)
    _, targets, horizons = values.shape
    found = [[mean_with_error(values[:, t, h], chains) for h in range(horizons)] for t in range(targets)]
    means, errors = np.moveaxis(np.array(found), -1, 0)
    return means, errors


def references(problem: Problem, fit: Fit, headline: str, seed: int, progress: Progress) -> References:
    """Base rate, documents only, history only and changed assumptions; all but the first by Laplace's approximation."""
    progress("comparing", 0, 0, "base rate, documents only, history only")
    documents = documents_only_parameters(problem, fit.density, REFERENCE_DRAWS, seed)
    unsaid = fit_without_judgements(problem, fit.density)
    return References(
        base_rate=base_rate(problem),
        documents_only=_mean(problem, fit.density, documents, seed),
        history_only=history_only(problem, fit, unsaid, seed),
        assumed=changed_assumptions(problem, fit, TARGETS.index(headline), seed, progress),
        effects=effect_summaries(problem, fit.density, fit.tree, unsaid, seed),
    )


def changed_assumptions(problem: Problem, fit: Fit, target: int, seed: int, progress: Progress) -> dict[str, Floats]:
    """A target with one assumption changed at a time, (rolling horizon,) each; those without a mode are left out.

    As in `history_only`, the difference in log odds is taken from the forecast.
    """
    soon, rolling = replace(problem, horizons=rolling_horizons(problem)), len(rolling_horizons(problem))
    changed = {name: (soon, structure) for name, structure in {"": SHIPPED, **assumptions()}.items()}
    changed |= {name: (replace(soon, looked=looked), SHIPPED) for name, looked in other_reporting(soon).items()}
    found: dict[str, Floats] = {}
    for done, (name, (assumed, structure)) in enumerate(changed.items()):
        progress("changing one assumption at a time", done, len(changed), name)
        density = build_density(problem, structure, fit.density.exposure)
        density = replace(density, slant=fit.density.slant if assumed.looked is not None else None)
        with suppress(NoMode):
            draws = fit_laplace(density, nodes=1).draw(ASSUMED_DRAWS, seed)
            out = project(assumed, density.exposure.filtered, draws, structure, paths=1, seed=seed)
            found[name] = _logit(weigh_draws(assumed, density, draws).mean(out.targets[:, target]))
    if "" not in found:
        return {}
    forecast, as_it_is = _logit(fit.mean[target, :rolling]), found.pop("")
    return {name: np.asarray(expit(forecast + value - as_it_is)) for name, value in found.items()}


def other_reporting(problem: Problem) -> dict[str, Looked | None]:
    """The unattested days had nothing been reported of them, and had all; nothing where nobody has looked at them."""
    if problem.looked is None:
        return {}

    def whole(reports: Reports) -> Reports:
        return Reports(np.where(reports.share > 0, 1.0, 0.0), np.ones_like(reports.teaches))

    seen = problem.looked
    everything = Looked(
        talks=whole(seen.talks), deal=whole(seen.deal), contact=whole(seen.contact), crisis=whole(seen.crisis)
    )
    return {"nothing is reported before it is attested": None, "everything is reported at once": everything}


def rolling_horizons(problem: Problem) -> tuple[Horizon, ...]:
    """Those of so many days; a deadline comes after them."""
    return tuple(horizon for horizon in problem.horizons if horizon.deadline is None)


def history_only(problem: Problem, fit: Fit, unsaid: LaplaceFit | None, seed: int) -> Floats:
    """The forecast without the judgements, (target, horizon), from ``unsaid``, the model's fit without them.

    Both are approximated alike, and the difference in log odds is taken from the forecast: so the error of the
    approximation does not pass for an effect of the documents.
    """
    forecast = fit.mean
    if len(problem.judgements.weight) == 0:
        return forecast
    if unsaid is None:  # a comparison that cannot be made must not cost the forecast
        return np.full_like(forecast, np.nan)
    try:
        said = fit_laplace(fit.density)
    except NoMode:
        return np.full_like(forecast, np.nan)
    without, with_them = (
        _mean(problem, one.density, one.draw(LAPLACE_DRAWS, seed), seed, weighed=True) for one in (unsaid, said)
    )
    return np.asarray(expit(_logit(forecast) + _logit(without) - _logit(with_them)))


def _logit(p: Floats) -> Floats:
    return np.asarray(logit(np.clip(p, 1e-9, 1 - 1e-9)))


def _mean(problem: Problem, density: Density, parameters: Parameters, seed: int, *, weighed: bool = False) -> Floats:
    """Means over draws; ``weighed`` by what is known of unattested days, which documents alone do not learn from."""
    out = project(problem, density.exposure.filtered, parameters, SHIPPED, paths=1, seed=seed)
    return weigh_draws(problem, density, parameters).mean(out.targets) if weighed else out.targets.mean(axis=0)
