"""The structure of the model and its priors, each number once.

Weights are in the documents' units (-3…+3 per level); ``unit`` turns them into log intensity per level.
"""

from dataclasses import dataclass

import numpy as np

from models.processes import Process
from models.spec import EFFECT_TARGETS, FRAMINGS, Floats, Judgements, Reference

ORIENTATION = np.array([1.0, 1.0, 1.0, 0.0, 1.0])
"""Prior mean of the weights by effect target: an indicator's positive levels favour talks, contact and deals."""


HALF_NORMAL_MEDIAN = 0.6745


@dataclass(frozen=True, slots=True, kw_only=True)
class Priors:
    """Means and standard deviations of the normal priors; logarithms where the name says so.

    Those of onset, duration and change come from the case: `models.spec.Reference`.
    """

    weight_sd: float = 1.0
    log_unit: tuple[float, float] = (float(np.log(0.1)), 0.5)
    slope: tuple[float, float] = (0.08, 0.05)  # log rate of beginnings per level of one weight
    tilt: tuple[float, float] = (0.08, 0.05)  # log odds of arms control per level of one weight's difference
    deviation_sd: float = 0.03  # of an indicator's effect on talks from slope times weight, per level
    later_base: tuple[tuple[float, float], ...] = (
        (0.0, 1.0),  # framing, log odds of arms control once nothing is remembered
        (float(np.log(1 / 30)), 1.0),  # continuation, per day, within two weeks of a meeting
        (float(np.log(1 / 365)), 1.0),  # contact, per day
        (float(np.log(1 / 730)), 1.0),  # crisis, per day
        (-2.5, 1.0),  # deal, log odds per meeting
    )
    pace_sd: float = 0.7
    fraction: tuple[float, float] = (0.5, 0.25)
    momentum: tuple[float, float] = (0.5, 0.5)
    memory: tuple[float, float] = (2.5, 1.0)  # log odds of the last framing right after it
    memory_years: float = 1.5  # e-folding time of that memory; fixed, as three changes of framing cannot tell it
    silence_cap: float = 1095.0  # days of silence beyond which the rate of beginnings falls no further
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
    duration: bool = True  # the rate of beginnings falls with silence
    memory: bool = True  # the framing of a beginning remembers the last one
    change: bool = True  # a meeting may change the framing of its spell
    reference: Reference | None = None  # in place of the case's own
    priors: Priors = Priors()

    def has_regime(self, process: Process) -> bool:
        return self.regime and process.regime and (process.name != "contact" or self.contact_regime)

    def has(self, parameter: str) -> bool:
        """Whether a parameter acts; one that does not is 0 in every draw, and no event tells of it."""
        return {
            "duration": self.duration,
            "memory": self.memory,
            "fraction": self.continuation_effect,
        }.get(parameter, True)


SHIPPED = Structure()
"""The model of the published forecasts."""


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


def said_of_weights(block: JudgementBlock, priors: Priors) -> tuple[Floats, Floats]:
    """Mean of the weights given orientation and judgements alone, (target * indicator,), and root of their precision.

    Exact for judgements whose sd is at the median of its prior; the root is the lower Cholesky factor.
    """
    sigma = priors.judgement_sd[0] + HALF_NORMAL_MEDIAN * priors.judgement_sd[1]
    size = block.design.shape[1]
    prior = np.repeat(ORIENTATION, size // len(ORIENTATION))
    precision = np.eye(size) / priors.weight_sd**2 + block.design.T @ block.design / sigma**2
    mean = np.linalg.solve(precision, prior / priors.weight_sd**2 + block.design.T @ block.value / sigma**2)
    return np.asarray(mean), np.asarray(np.linalg.cholesky(precision))


def directions_of(block: JudgementBlock, priors: Priors) -> Floats:
    """What points the index and the framing, (framing, indicator): the documents' mean weights, cut from events."""
    mean, _ = said_of_weights(block, priors)
    return np.asarray(mean.reshape(len(ORIENTATION), -1)[: len(FRAMINGS)])


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
