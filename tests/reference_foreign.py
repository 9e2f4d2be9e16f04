"""The main fit of the reference class once more, day by day, with its own code: only tables and priors are shared."""

import csv
from datetime import date
from pathlib import Path

import numpy as np
from scipy import special, stats

GAMMA, LEVEL, Z = np.linspace(-0.6, 1.4, 11)[:, None], np.linspace(-10.5, -2.5, 54), np.linspace(-3.5, 3.5, 19)
FRAILTY, REGIME, YEARS = np.arange(0.15, 1.7, 0.2), np.arange(0.1, 1.8, 0.2), (1.0, 2.0, 4.0, 8.0, 16.0)


def dry_days(row: dict[str, str], talks: list[dict[str, str]]) -> np.ndarray:
    """For each dry day since the first meeting: the track's year, days of silence, whether talks begin, (day, 3)."""
    own = [t for t in talks if (t["dyad"], t["track"]) == (row["dyad"], row["track"])]
    starts = dict(sorted([date.fromisoformat(t[key]).toordinal() for key in ("started_on", "ended_on")] for t in own))
    first = last = min(starts, default=10**7)
    days = []
    for today in range(first, date.fromisoformat(row["observed_to"]).toordinal() + 1):
        if today - last >= 90:
            days.append([(today - first) // 365.25, today - last, today in starts])
        last = max(last, starts.get(today, 0))
    return np.array(days, dtype=float).reshape(-1, 3)


def likelihood(days: np.ndarray, regime: float, years: float) -> np.ndarray:
    """Log likelihood of a track by (γ, level), summed over the paths of its regime."""
    (year, silence, begun), keep, log_rate = days.T, np.exp(-1 / years), LEVEL[:, None] + regime * Z
    move = stats.norm.pdf(Z, keep * Z[:, None], np.sqrt(1 - keep**2))
    path, pull = stats.norm.logpdf(Z) - np.zeros((11, 54, 1)), -GAMMA * np.log(np.minimum(silence, 1095) / 365)
    for now in (year == each for each in range(int(year[-1]) + 1)):
        exposure, gain = np.exp(pull[:, now]).sum(axis=1), pull[:, now] @ begun[now]
        path = path + begun[now].sum() * log_rate - exposure[:, None, None] * np.exp(log_rate) + gain[:, None, None]
        top = path.max(axis=2, keepdims=True)
        path = np.log(np.exp(path - top) @ (move / move.sum(axis=1, keepdims=True)) + 1e-300) + top
    return np.asarray(special.logsumexp(path, axis=2))


def blur(values: np.ndarray, sd: float) -> np.ndarray:
    """Log likelihoods by level, the level blurred by a normal error, up to a constant."""
    top = values.max(axis=1, keepdims=True)
    return np.asarray(np.log(np.exp(values - top) @ stats.norm.pdf(LEVEL, LEVEL[:, None], sd) + 1e-300) + top)


def posterior(folder: Path) -> list[float]:
    """Posterior means of the level and its square, of γ and its square, of the frailty's square."""
    texts = ((folder / f"{name}.csv").read_text("utf-8") for name in ("dyads", "talks"))
    dyads, talks = (list(csv.DictReader(text.splitlines())) for text in texts)
    scales = np.add.outer(stats.norm.logpdf(REGIME), stats.norm.logpdf(np.log(YEARS), np.log(3), 0.8))
    effects = stats.norm.logpdf(GAMMA) + stats.norm.logpdf(LEVEL, np.log(1 / 730), 1.5)
    joint = np.add.outer(np.add.outer(scales, stats.norm.logpdf(FRAILTY)), effects)
    days = [(row["reference_class"], dry_days(row, talks)) for row in dyads if row["reference_class"] in "NKS"]
    for i, j in np.ndindex(joint.shape[:2]):
        known = [(name, likelihood(each, REGIME[i], YEARS[j])) for name, each in days if len(each)]
        for k, frailty in enumerate(FRAILTY):
            n, *others = (sum(blur(value, frailty) for name, value in known if name == group) for group in "NKS")
            joint[i, j, k] += n + sum(blur(other, 0.7) for other in others)
    weight = np.exp(joint - special.logsumexp(joint))
    return [float((weight * x).sum()) for x in (LEVEL, LEVEL**2, GAMMA, GAMMA**2, FRAILTY[:, None, None] ** 2)]
