"""The model in PyMC: the same density as `models.density`, for exact sampling.

Shapes come from the catalogue and the calendar alone; rows enter as data. One compiled model therefore serves every
as-of date: what is not yet known is simply absent from the data.
"""

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from models.density import Density
from models.describe import describe
from models.exposure import Cells
from models.parameters import coordinates
from models.processes import BASE, EFFECT
from models.spec import FRAMINGS, Problem
from models.structure import ORIENTATION

Data = dict[str, np.ndarray[Any, Any]]


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
        # ── How much one weight moves the log intensity, per level ──────────────────────────────────────────
        unit = pm.LogNormal("unit", *priors.log_unit)
        effect = unit * weight
        # ── What the documents say: authors err together and each in a way of their own ─────────────────────
        floor, scale = priors.judgement_sd
        excess = pm.HalfNormal("judgement_excess", scale)
        pm.Normal(
            "judgement", data["judgement_design"] @ weight.ravel(), floor + excess, observed=data["judgement_value"]
        )
        # ── How often things happen at neutral levels, per day (deal: log odds per meeting) ──────────────────
        means, sds = np.array(priors.base).T
        base = pm.Normal("base", means, sds, dims="process")
        # ── Long silence lowers the rate of beginnings and contacts: a slow tide on yearly knots ────────────
        regime_z = pm.Normal("regime_z", 0.0, 1.0, dims="knot")
        regime = pt.as_tensor(density.root) @ regime_z
        # ── Beginnings: two kinds of process compete while it is dry ────────────────────────────────────────
        states = data["onset_mean"] @ effect[: len(FRAMINGS)].T
        onset = states + base[: len(FRAMINGS)] + regime[data["onset_knot"]][:, None]
        _events("onset", onset, data["onset_days"][:, None], data["onset_count"])
        # ── Continuation: once they meet, they meet again; the indicators move because of it, hence the lag ──
        fraction = pm.Normal("fraction", *priors.fraction)
        pace = pm.Normal("pace", 0.0, priors.pace_sd, dims="later_pace")
        both = data["continuation_mean"] @ effect[: len(FRAMINGS)].T
        led = pt.switch(pt.eq(data["continuation_framing"], 0), both[:, 0], both[:, 1])
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
    return model


def model_data(density: Density) -> Data:
    """Every array that a new as-of date replaces, by the name of its `pm.Data`."""
    exposure, judgements = density.exposure, density.judgements
    knots = density.layout.knots
    data: Data = {
        "judgement_design": judgements.design,
        "judgement_value": judgements.value,
        "deal_mean": exposure.mark_states.mean,
        "deal_marked": exposure.marked.astype(np.int64),
        "continuation_framing": exposure.continuation.framing,
        "continuation_pace": np.stack([exposure.continuation.pace == j + 1 for j in range(2)], axis=1).astype(float),
    }
    for name in ("onset", "continuation", "contact", "crisis"):
        cells: Cells = getattr(exposure, name)
        # Compiled code reads data without bounds checks: a wrong index would be a wrong posterior, not an error.
        assert np.all((cells.knot >= 0) & (cells.knot < knots))
        data[f"{name}_mean"] = cells.states.mean
        data[f"{name}_days"] = cells.days
        data[f"{name}_count"] = cells.count if name == "onset" else cells.count.reshape(len(cells.days), -1).sum(axis=1)
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
