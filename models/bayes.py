"""The model in PyMC: the same density as `models.density`, for exact sampling.

Shapes come from the catalogue and the calendar alone; rows enter as data. One compiled model therefore serves every
as-of date: what is not yet known is simply absent from the data.
"""

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pymc.logprob.transforms import Transform

from models.density import Density
from models.describe import describe
from models.exposure import Cells
from models.parameters import SOFTNESS, coordinates
from models.processes import BASE, EFFECT
from models.spec import FRAMINGS, Problem
from models.structure import ORIENTATION

Data = dict[str, np.ndarray[Any, Any]]


class Softplus(Transform):  # type: ignore[misc]
    """value = scale · log(1 + exp(coordinate / scale)): positive, and the coordinate itself well above the scale."""

    name = "soft"

    def __init__(self, scale: float) -> None:
        self.scale = scale

    def backward(self, value: Any, *_inputs: Any) -> Any:
        return self.scale * pt.softplus(value / self.scale)

    def forward(self, value: Any, *_inputs: Any) -> Any:
        return value + self.scale * pt.log(-pt.expm1(-value / self.scale))

    def log_jac_det(self, value: Any, *_inputs: Any) -> Any:
        return -pt.softplus(-value / self.scale)


class ForecastModel(pm.Model):  # type: ignore[misc]
    """A PyMC model that prints its structure, every prior with its numbers, and how much data each part has."""

    def __init__(self, description: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.description = description

    def __str__(self) -> str:
        return self.description


def build_model(problem: Problem, density: Density) -> ForecastModel:
    """The shipped model of one problem; `print` shows what it is made of.

    ``density`` gives the cells, the whitened judgements and the priors; its structure must be the shipped one.
    """
    priors = density.structure.priors
    coords = {**coordinates(problem, density.layout), "framing": FRAMINGS}
    model = ForecastModel(describe(problem, density), coords=coords)
    with model:
        data = {name: pm.Data(name, value) for name, value in model_data(density).items()}

        # ── What an indicator means for each target, in the documents' own weights ──────────────────────────
        weight = pm.Normal("weight", ORIENTATION[:, None], priors.weight_sd, dims=("target", "indicator"))
        # ── What the documents say: authors err together and each in a way of their own ─────────────────────
        floor, scale = priors.judgement_sd
        excess = pm.HalfNormal("judgement_excess", scale)
        pm.Normal(
            "judgement", data["judgement_design"] @ weight.ravel(), floor + excess, observed=data["judgement_value"]
        )
        # ── How much one weight moves a log intensity, per level ────────────────────────────────────────────
        unit = pm.LogNormal("unit", *priors.log_unit)
        effect = unit * weight
        # ── Talks: what the documents point at, cut from events; its slope and what departs from it are learnt ──
        slope, tilt = pm.Normal("slope", *priors.slope), pm.Normal("tilt", *priors.tilt)
        deviation = pm.Normal("deviation", 0.0, priors.deviation_sd, dims=("framing", "indicator"))
        arms, denuc = data["directions"][0], data["directions"][1]
        of_arms = slope * (arms + denuc) / 2 + tilt * (arms - denuc) / 2 + deviation[0]
        of_denuc = slope * (arms + denuc) / 2 - tilt * (arms - denuc) / 2 + deviation[1]
        # ── How often things happen at neutral levels, per day (framing, deal: log odds per meeting) ─────────
        means, sds = np.array((density.reference.onset, *priors.later_base)).T
        base = pm.Normal("base", means, sds, dims="process")
        # ── A slow tide on yearly knots ─────────────────────────────────────────────────────────────────────
        regime_z = pm.Normal("regime_z", 0.0, 1.0, dims="knot")
        regime = pt.as_tensor(density.root) @ regime_z
        # ── Beginnings, while it is dry: the longer the silence, the rarer ──────────────────────────────────
        duration = pm.TruncatedNormal(
            "duration", *density.reference.duration, lower=0.0, default_transform=Softplus(SOFTNESS)
        )
        years = pt.clip(data["onset_silence"], 90.0, priors.silence_cap) / 365.0
        onset = base[BASE["onset"]] + data["onset_mean"] @ (of_arms + of_denuc) / 2 - duration * pt.log(years)
        _events("onset", onset + regime[data["onset_knot"]], data["onset_days"], data["onset_count"])
        # ── Their framing: that of the last meeting, as far as it is remembered ─────────────────────────────
        memory = pm.Normal("memory", *priors.memory)
        left = data["beginning_last"] * pt.exp(-data["beginning_silence"] / (365.25 * priors.memory_years))
        framing = base[BASE["framing"]] + memory * left + data["beginning_mean"] @ (of_arms - of_denuc)
        pm.Bernoulli("framed", logit_p=framing, observed=data["beginning_arms"])
        # ── Within a spell a meeting seldom changes the framing ─────────────────────────────────────────────
        change = pm.Beta("change", *density.reference.change)
        pm.Bernoulli("changed", change, observed=data["spell_changed"])
        # ── Continuation: once they meet, they meet again; the indicators move because of it, hence the lag ──
        fraction = pm.Normal("fraction", *priors.fraction)
        pace = pm.Normal("pace", 0.0, priors.pace_sd, dims="later_pace")
        mean = data["continuation_mean"]
        led = pt.switch(pt.eq(data["continuation_framing"], 0), mean @ of_arms, mean @ of_denuc)
        going_on = base[BASE["continuation"]] + fraction * led + data["continuation_pace"] @ pace
        _events("continuation", going_on, data["continuation_days"], data["continuation_count"])
        # ── Contacts and crises: rates of their own, with momentum after each ───────────────────────────────
        momentum = pm.Normal("momentum", *priors.momentum, dims="recurrent")
        contact = (
            base[BASE["contact"]] + data["contact_mean"] @ effect[EFFECT["contact"]] + regime[data["contact_knot"]]
        )
        _events("contact", contact + momentum[0] * data["contact_recent"], data["contact_days"], data["contact_count"])
        crisis = base[BASE["crisis"]] + data["crisis_mean"] @ effect[EFFECT["crisis"]]
        _events("crisis", crisis + momentum[1] * data["crisis_recent"], data["crisis_days"], data["crisis_count"])
        # ── A deal marks a meeting ──────────────────────────────────────────────────────────────────────────
        pm.Bernoulli(
            "deal",
            logit_p=base[BASE["deal"]] + data["deal_mean"] @ effect[EFFECT["deal"]],
            observed=data["deal_marked"],
        )
        # ── What is known of days that nobody has attested, by its slope at an earlier fit ───────────────────
        if density.slant is not None:
            unsoft = duration + SOFTNESS * pt.log(-pt.expm1(-duration / SOFTNESS))
            own = [weight, pt.log(unit), slope, tilt, deviation, base, pace, fraction, momentum, memory, regime_z]
            theta = [*own, unsoft, pt.log(change) - pt.log1p(-change), pt.log(excess)]
            pm.Potential("unattested", pt.concatenate([pt.flatten(pt.atleast_1d(x)) for x in theta]) @ density.slant)
    return model


def model_data(density: Density) -> Data:
    """Every array that a new as-of date replaces, by the name of its `pm.Data`."""
    exposure, judgements = density.exposure, density.judgements
    knots = density.layout.knots
    data: Data = {
        "judgement_design": judgements.design,
        "judgement_value": judgements.value,
        "directions": density.directions,
        "onset_silence": exposure.onset.silence,
        "beginning_mean": exposure.beginnings.states.mean,
        "beginning_arms": exposure.beginnings.marked.astype(np.int64),
        "beginning_silence": exposure.beginnings.silence,
        "beginning_last": exposure.beginnings.last,
        "spell_changed": exposure.spells.marked.astype(np.int64),
        "deal_mean": exposure.deals.states.mean,
        "deal_marked": exposure.deals.marked.astype(np.int64),
        "continuation_framing": exposure.continuation.framing,
        "continuation_pace": np.stack([exposure.continuation.pace == j + 1 for j in range(2)], axis=1).astype(float),
    }
    for name in ("onset", "continuation", "contact", "crisis"):
        cells: Cells = getattr(exposure, name)
        # Compiled code reads data without bounds checks: a wrong index would be a wrong posterior, not an error.
        assert np.all((cells.knot >= 0) & (cells.knot < knots))
        data[f"{name}_mean"] = cells.states.mean
        data[f"{name}_days"] = cells.days
        data[f"{name}_count"] = cells.count.sum(axis=1) if cells.count.ndim == 2 else cells.count
    data["onset_knot"], data["contact_knot"] = exposure.onset.knot, exposure.contact.knot
    data["contact_recent"] = exposure.contact.recent.astype(float)
    data["crisis_recent"] = exposure.crisis.recent.astype(float)
    return data


def _events(name: str, log_rate: Any, days: Any, count: Any) -> None:
    """Counts of a Poisson process over cells; the factorial of the counts, a constant, is left out."""
    pm.CustomDist(
        name,
        log_rate,
        days,
        logp=lambda value, log_rate, days: value * log_rate - days * pt.exp(log_rate),
        random=lambda log_rate, days, rng=None, size=None: rng.poisson(days * np.exp(log_rate), size),
        signature="(),()->()",
        dtype="float64",
        observed=count,
    )
