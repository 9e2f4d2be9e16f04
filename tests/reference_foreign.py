"""The main fit of the reference class once more: day by day, and by sums over grids in place of Laplace's approximation.

It shares no line with `benchmarks/reference/`, only the tables and the priors. Prints means and standard deviations.
"""

import csv
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp
from scipy.stats import norm

Array = NDArray[np.float64]
GAMMA, LEVEL = np.linspace(-0.6, 1.4, 11)[:, None], np.linspace(-10.5, -2.5, 54)  # level: log rate a day after a year
Z = np.linspace(-3.5, 3.5, 19)  # the regime in units of its standard deviation
FRAILTY, REGIME, YEARS = np.arange(0.15, 1.7, 0.2), np.arange(0.1, 1.8, 0.2), (1.0, 2.0, 4.0, 8.0, 16.0)


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def dry_days(row: dict[str, str], talks: list[dict[str, str]]) -> list[list[float]]:
    """For each dry day since the first meeting: the track's year, days of silence, whether talks begin."""
    meetings = sorted(
        (day(t["started_on"]), day(t["ended_on"]))
        for t in talks
        if t["dyad"] + t["track"] == row["dyad"] + row["track"]
    )
    last, found = meetings[0][1] if meetings else 10**7, []
    for today in range(last + 1, day(row["observed_to"]) + 1):
        ends = [end for start, end in meetings if start == today]
        if today - last >= 90:
            found.append([(today - meetings[0][0]) // 365.25, today - last, bool(ends)])
        last = max(last, *ends) if ends else last
    return found


def likelihood(days: list[list[float]], regime: float, years: float) -> Array:
    """Log likelihood of a track by (γ, level), summed over the paths of its regime."""
    (year, silence, begun), keep = np.array(days).T, np.exp(-1 / years)
    term, move = -np.log(np.minimum(silence, 1095) / 365), norm.pdf(Z, keep * Z[:, None], np.sqrt(1 - keep**2))
    move, log_rate = move / move.sum(axis=1, keepdims=True), LEVEL[:, None] + regime * Z
    path = np.zeros((len(GAMMA), len(LEVEL), 1)) + norm.logpdf(Z)
    for each in range(int(year[-1]) + 1):
        now = year == each
        exposure, pull = np.exp(GAMMA * term[now]).sum(axis=1), GAMMA[:, 0] * (begun[now] @ term[now])
        path = path + begun[now].sum() * log_rate - exposure[:, None, None] * np.exp(log_rate) + pull[:, None, None]
        top = path.max(axis=2, keepdims=True)
        path = np.log(np.exp(path - top) @ move + 1e-300) + top
    return np.asarray(logsumexp(path, axis=2))


def blur(values: Array, sd: float) -> Array:
    """Log likelihoods by level, the level blurred by a normal error, up to a constant."""
    top = values.max(axis=1, keepdims=True)
    return np.asarray(np.log(np.exp(values - top) @ norm.pdf(LEVEL, LEVEL[:, None], sd) + 1e-300) + top)


def posterior(folder: Path) -> dict[str, tuple[float, float]]:
    """Mean and standard deviation of the level and of γ; root mean square of the frailty, and 0."""
    talks = list(csv.DictReader((folder / "talks.csv").open(encoding="utf-8")))
    rows = [row for row in csv.DictReader((folder / "dyads.csv").open(encoding="utf-8"))]
    days = [(row["reference_class"], dry_days(row, talks)) for row in rows if row["reference_class"] in ("N", "K", "S")]
    joint = np.empty((len(REGIME), len(YEARS), len(FRAILTY), len(GAMMA), len(LEVEL)))
    for (i, regime), (j, years) in product(enumerate(REGIME), enumerate(YEARS)):
        known = [(name, likelihood(found, regime, years)) for name, found in days if found]
        for k, frailty in enumerate(FRAILTY):
            of = {name: sum(blur(value, frailty) for n, value in known if n == name) for name in "NKS"}
            scales = norm.logpdf(regime) + norm.logpdf(frailty) + norm.logpdf(np.log(years / 3) / 0.8)
            prior = norm.logpdf(GAMMA) + norm.logpdf(LEVEL, np.log(1 / 730), 1.5) + scales
            joint[i, j, k] = prior + of["N"] + blur(of["K"], 0.7) + blur(of["S"], 0.7)
    weight = np.exp(joint - logsumexp(joint))
    level, gamma = (weight * LEVEL).sum(), (weight * GAMMA).sum()
    level_sd, gamma_sd = (np.sqrt((weight * (x - m) ** 2).sum()) for x, m in ((LEVEL, level), (GAMMA, gamma)))
    frailty = np.sqrt((weight.sum(axis=(0, 1, 3, 4)) * FRAILTY**2).sum())
    return {"level": (level, level_sd), "duration": (gamma, gamma_sd), "frailty": (frailty, 0.0)}


if __name__ == "__main__":
    print(posterior(Path(__file__).parents[1] / "indicators" / "reference"))
