"""The structure of the model and its priors, each number once.

Weights are in the documents' units (-3…+3 per level); ``unit`` turns them into log intensity per level.
"""

from dataclasses import dataclass

import numpy as np

from oracles.first_model.spec import EFFECT_TARGETS, Floats, Judgements

ORIENTATION = np.array([1.0, 1.0, 1.0, 0.0, 1.0])
"""Prior mean of the weights by effect target: an indicator's positive levels favour talks, contact and deals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Priors:
    """Means and standard deviations of the normal priors; logarithms where the name says so."""

    weight_sd: float = 1.0
    log_unit: tuple[float, float] = (float(np.log(0.1)), 0.5)
    base: tuple[tuple[float, float], ...] = (
        (float(np.log(1 / 900)), 1.0),  # onset of arms-control talks, per day
        (float(np.log(1 / 900)), 1.0),  # onset of denuclearisation talks, per day
        (float(np.log(1 / 30)), 1.0),  # continuation, per day, within two weeks of a meeting
        (float(np.log(1 / 365)), 1.0),  # contact, per day
        (float(np.log(1 / 730)), 1.0),  # crisis, per day
        (-2.5, 1.0),  # deal, log odds per meeting
    )
    pace_sd: float = 0.7
    fraction: tuple[float, float] = (0.5, 0.25)
    momentum: tuple[float, float] = (0.5, 0.5)
    regime_sd: float = 0.7  # stationary sd of the regime, log intensity; fixed, as 21 onsets cannot tell it
    regime_years: float = 4.0  # e-folding time of the regime's autocorrelation
    fast_sd: float = 0.0  # the same of a second, faster part of the regime; 0: there is none
    fast_years: float = 0.75
    judgement_sd: tuple[float, float] = (0.5, 0.5)  # floor, and scale of the half-normal above it
    inferred_ratio: float = 1.5  # sd of an inferred judgement over that of an explicit one
    author_ratio: float = 0.7  # sd of an author's own tilt, relative to an explicit judgement
    shared_ratio: float = 0.7  # sd of the error all texts of one debate share on one question


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """Choices between variants; the defaults are the model Parley ships."""

    moment_term: bool = False  # intensities integrate over the states: exp(beta m + beta^2 V / 2)
    regime: bool = True
    contact_regime: bool = True  # contacts share the regime of onset
    indicators: bool = True
    continuation_effect: bool = True
    priors: Priors = Priors()


SHIPPED = Structure()
"""The model of the published forecasts."""


BASES = ("onset of arms-control talks", "onset of denuclearisation talks", "continuation", "contact", "crisis", "deal")


@dataclass(frozen=True, slots=True)
class JudgementBlock:
    """Judgements with author effects and the shared error integrated out, whitened.

    ``design @ weights.ravel() + sigma * noise = value`` with independent standard normal noise.
    """

    design: Floats  # (judgement, target * indicator)
    value: Floats  # (judgement,)


def whiten_judgements(judgements: Judgements, size: int, priors: Priors) -> JudgementBlock:
    """Make the errors of the judgements independent with equal variances."""
    n = len(judgements.weight)
    select = np.zeros((n, len(EFFECT_TARGETS) * size))
    select[np.arange(n), judgements.target * size + judgements.indicator] = 1.0
    if n == 0:
        return JudgementBlock(select, np.empty(0))
    root = np.linalg.cholesky(judgement_covariance(judgements, size, priors))
    return JudgementBlock(np.linalg.solve(root, select), np.linalg.solve(root, judgements.weight))


def judgement_covariance(judgements: Judgements, size: int, priors: Priors) -> Floats:
    """Covariance over sigma²: basis on the diagonal, plus author, plus the error shared on one question."""
    question = judgements.target * size + judgements.indicator
    covariance = np.diag(np.where(judgements.explicit, 1.0, priors.inferred_ratio**2))
    covariance += priors.author_ratio**2 * (judgements.document[:, None] == judgements.document[None, :])
    covariance += priors.shared_ratio**2 * (question[:, None] == question[None, :])
    return np.asarray(covariance)


def regime_root(knots: int, priors: Priors) -> Floats:
    """Lower-triangular A with u = A z an Ornstein-Uhlenbeck path on yearly knots, for independent standard normal z."""
    apart = np.abs(np.subtract.outer(np.arange(knots), np.arange(knots)))
    slow, fast = np.exp(-apart / priors.regime_years), np.exp(-apart / priors.fast_years)
    return np.asarray(np.linalg.cholesky(priors.regime_sd**2 * slow + priors.fast_sd**2 * fast))
