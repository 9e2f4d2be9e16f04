"""What is measured of the draws of a fit, for its page of diagnostics.

ArviZ measures. Its figures are pages of their own, which cannot stand on one sheet: `diagnostics` draws.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import log, sqrt
from typing import Any

import numpy as np

from db.run_rows import RunRow
from forecast.facts.evidence import ALL_CHAINS, HEADLINE, TRUSTED, Verdict
from models.spec import Floats

SCALARS = (
    *("unit", "judgement_excess", "fraction", "base", "pace", "momentum"),
    *("slope", "tilt", "duration", "memory", "change"),
)
"""Parameters whose ranks are drawn, where a posterior has them, beside the two that mixed worst: of all structures."""
POINTS = 100
ALPHA = 1 - TRUSTED / 100
"""Chance that some chain of a parameter leaves its band although all mixed."""
STATS = {
    "step": ("step_size",),
    "accepted": ("mean_tree_accept", "acceptance_rate"),
    "depth": ("depth", "tree_depth"),
}
"""What samplers tell of each draw, by the names they use."""


@dataclass(frozen=True, slots=True)
class Block:
    """The diagnostics of the parameters of one name, flattened; effective sizes in draws."""

    name: str
    labels: tuple[str, ...]
    rhat: Floats
    ess_bulk: Floats
    ess_tail: Floats


@dataclass(frozen=True, slots=True)
class Ranks:
    """Per chain, the share of its draws below each of `POINTS` + 1 even ranks among all draws, less that rank."""

    label: str
    worst: str  # rhat or ess_bulk, where it is drawn for its being the worst of these; else ""
    difference: Floats  # (chain, point)
    band: float  # half-width that holds all chains in 95 of 100 fits that mixed


@dataclass(frozen=True, slots=True)
class Chain:
    """One chain: means of what its sampler told, by the names of `STATS`."""

    means: Mapping[str, float]
    divergences: int
    ebfmi: float


def measure_blocks(posterior: Any) -> tuple[Block, ...]:
    """One block per parameter; weights of their own for each target."""
    from arviz_stats import ess, rhat

    found = [rhat(posterior), ess(posterior, method="bulk"), ess(posterior, method="tail")]
    blocks: list[Block] = []
    for name, values in posterior.data_vars.items():
        labels = _labels(values)
        measured = [np.asarray(one[name].transpose(*values.dims[2:]), dtype=np.float64).ravel() for one in found]
        parts = [str(target) for target in values["target"].values] if "target" in values.dims else [""]
        each = len(labels) // len(parts)
        for number, part in enumerate(parts):
            mine = slice(number * each, (number + 1) * each)
            blocks.append(Block(f"{name}[{part}]" if part else name, labels[mine], *(one[mine] for one in measured)))
    return tuple(blocks)


def _labels(values: Any) -> tuple[str, ...]:
    """A name for each scalar of a parameter, as ArviZ and the gate write it."""
    places = product(*(values[dim].values for dim in values.dims[2:]))
    return tuple(f"{values.name}[{', '.join(map(str, place))}]" if place else str(values.name) for place in places)


def measure_chains(stats: Any, energy: Floats, diverging: Any) -> tuple[Chain, ...]:
    """E-BFMI as the gate takes it: Betancourt (2016), arXiv:1604.00695."""
    ebfmi = np.square(np.diff(energy, axis=1)).mean(axis=1) / energy.var(axis=1)
    named = {name: next((key for key in keys if key in stats), None) for name, keys in STATS.items()}
    told = {name: np.asarray(stats[key].values, dtype=np.float64) for name, key in named.items() if key is not None}
    return tuple(
        Chain(
            {name: float(values[number].mean()) for name, values in told.items()},
            int(diverging[number].sum()),
            float(ebfmi[number]),
        )
        for number in range(len(energy))
    )


def judge_fit(
    run: RunRow, blocks: Sequence[Block], chains: Sequence[Chain], draws: int
) -> tuple[tuple[Verdict, ...], Mapping[str, float]]:
    """The rules of the gate, with what it kept of the whole run: that includes the logit of the headline."""
    from models.gate import DIVERGENT_SHARE_MAX, EBFMI_MIN, ESS_MIN, RHAT_MAX

    kept: Any = run.detail.get("diagnostics", {})
    labels = [label for block in blocks for label in block.labels]

    def worst(name: str, values: Floats, sign: int) -> tuple[float, str]:
        """The largest (sign 1) or smallest, the gate's where that is worse."""
        place, stored = int(np.nanargmax(sign * values)), kept.get(name)
        beyond = stored is not None and sign * (stored - values[place]) > 1e-6 * abs(values[place])
        return (float(stored), HEADLINE) if beyond else (float(values[place]), labels[place])

    rhat, of_rhat = worst("rhat_max", np.concatenate([block.rhat for block in blocks]), 1)
    bulk, of_bulk = worst("ess_bulk_min", np.concatenate([block.ess_bulk for block in blocks]), -1)
    tail, of_tail = worst("ess_tail_min", np.concatenate([block.ess_tail for block in blocks]), -1)
    lost, most = sum(chain.divergences for chain in chains), DIVERGENT_SHARE_MAX * draws
    low = min(range(len(chains)), key=lambda number: chains[number].ebfmi)
    ebfmi = chains[low].ebfmi
    verdicts = (
        _verdict("rhat", f"{rhat:.4f}", of_rhat, f"≤ {RHAT_MAX}", kept=rhat <= RHAT_MAX),
        _verdict("ess_bulk", f"{bulk:.0f}", of_bulk, f"≥ {ESS_MIN:.0f}", kept=bulk >= ESS_MIN),
        _verdict("ess_tail", f"{tail:.0f}", of_tail, f"≥ {ESS_MIN:.0f}", kept=tail >= ESS_MIN),
        _verdict("divergences", str(lost), ALL_CHAINS, f"≤ {most:.0f}", kept=lost <= most),
        _verdict("ebfmi", f"{ebfmi:.2f}", str(low + 1), f"≥ {EBFMI_MIN}", kept=ebfmi >= EBFMI_MIN),
    )
    return verdicts, {"rhat": RHAT_MAX, "ess": ESS_MIN}


def _verdict(measure: str, value: str, of: str, bound: str, *, kept: bool) -> Verdict:
    return Verdict(measure=measure, value=value, of=of, bound=bound, kept=kept)


def measure_ranks(posterior: Any, blocks: Sequence[Block]) -> tuple[Ranks, ...]:
    """Of the main scalars, then of the parameters with the worst R-hat and the smallest bulk ESS."""
    draws = {label: scalar for values in posterior.data_vars.values() for label, scalar in _draws(values).items()}
    sizes = {label: size for block in blocks for label, size in zip(block.labels, block.ess_bulk, strict=True)}
    rhats = {label: value for block in blocks for label, value in zip(block.labels, block.rhat, strict=True)}
    main = [label for name in SCALARS if name in posterior for label in _labels(posterior[name])]
    worst = ((max(rhats, key=lambda one: rhats[one]), "rhat"), (min(sizes, key=lambda one: sizes[one]), "ess_bulk"))
    named = [*((label, "") for label in main), *worst]
    return tuple(rank_draws(label, draws[label], _effective(draws[label]), worst=what) for label, what in named)


def _draws(values: Any) -> dict[str, Floats]:
    """(chain, draw) of each scalar of a parameter."""
    flat = np.asarray(values.values, dtype=np.float64).reshape(*values.shape[:2], -1)
    return {label: flat[:, :, place] for place, label in enumerate(_labels(values))}


def _effective(draws: Floats) -> float:
    """Mean bulk ESS of the chains, each by itself."""
    from arviz_stats.base import array_stats

    sizes = [array_stats.ess(chain[None], chain_axis=0, draw_axis=1, method="bulk") for chain in draws]
    return float(np.mean(sizes))


def rank_draws(label: str, draws: Floats, size: float, *, worst: str = "") -> Ranks:
    """How each chain's ranks among all draws depart from even ones.

    The band is that of Dvoretzky, Kiefer and Wolfowitz, √(ln(2 / α) / 2n) (Massart 1990, doi:10.1214/aop/1176990746),
    for chains of the effective size, α shared out among m chains, and narrowed by √(1 − 1/m) as each is among those
    it is held against. Ranks by chain: Säilynoja, Bürkner & Vehtari (2022), doi:10.1007/s11222-022-10090-6.

    Parameters
    ----------
    draws : (chain, draw)
    size : effective draws of one chain, measured in each by itself: those of all together fall where chains differ,
        and would widen the band
    """
    chains, length = draws.shape
    order = np.sort(draws, axis=None)
    grid = np.linspace(0, 1, POINTS + 1)
    relative = np.searchsorted(order, draws, side="right") / order.size
    below = np.stack([np.searchsorted(np.sort(chain), grid, side="right") for chain in relative])
    each = min(max(size, 1.0), float(length)) if np.isfinite(size) else 1.0
    band = sqrt((1 - 1 / chains) * log(2 * chains / ALPHA) / (2 * each)) if chains > 1 else 1.0
    return Ranks(label, worst, below / length - grid, band)
