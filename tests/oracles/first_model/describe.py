"""The model in words and numbers: structure, every prior, and how much data each part has."""

from oracles.first_model.density import Density
from oracles.first_model.exposure import PACE_FROM
from oracles.first_model.spec import EFFECT_TARGETS, Floats, Problem
from oracles.first_model.structure import BASES, ORIENTATION


def describe(problem: Problem, density: Density) -> str:
    """What `print` shows of the model of one problem, before anything is sampled."""
    priors = "\n".join(f"  {name:<34} {text}" for name, text in _priors(density))
    data = "\n".join(f"  {name:<14} {text}" for name, text in _data(problem, density))
    return f"{_STRUCTURE}\n\npriors\n{priors}\n\ndata\n{data}"


_STRUCTURE = """\
onset (dry)         log rate = base + effect · level + regime         two framings compete
continuation (wet)  log rate = base + pace + fraction · effect · level(lagged)
contact             log rate = base + momentum + effect · level + regime
crisis              log rate = base + momentum + effect · level
deal                log odds = base + effect · level                  a mark of a meeting
effect = unit · weight;   judgement = weight + author + shared + noise"""


def _priors(density: Density) -> list[tuple[str, str]]:
    p, layout = density.structure.priors, density.layout
    shape = f"[{len(EFFECT_TARGETS)} targets × {layout.indicators} indicators]"
    means = ", ".join(f"{mean:g} {name}" for name, mean in zip(EFFECT_TARGETS, ORIENTATION, strict=True))
    floor, scale = p.judgement_sd
    return [
        (f"weight {shape}", f"Normal(mean, {p.weight_sd:g}); means {means}"),
        ("unit", f"LogNormal({p.log_unit[0]:.3f}, {p.log_unit[1]:g})"),
        *((f"base: {name}", f"Normal({m:.2f}, {s:g})") for name, (m, s) in zip(BASES, p.base, strict=True)),
        (f"pace from days {PACE_FROM[1]} and {PACE_FROM[2]}", f"Normal(0, {p.pace_sd:g})"),
        ("fraction", f"Normal({p.fraction[0]:g}, {p.fraction[1]:g})"),
        ("momentum of contact, of crisis", f"Normal({p.momentum[0]:g}, {p.momentum[1]:g})"),
        (f"regime [{layout.knots} yearly knots]", f"OU, sd {p.regime_sd:g}, e-folding {p.regime_years:g} years"),
        ("judgement sd, explicit", f"{floor:g} + HalfNormal({scale:g})"),
        ("  of an inferred judgement", f"× {p.inferred_ratio:g}"),
        ("  of an author's tilt", f"× {p.author_ratio:g}, integrated out"),
        ("  of the error shared on a question", f"× {p.shared_ratio:g}, integrated out"),
    ]


def _data(problem: Problem, density: Density) -> list[tuple[str, str]]:
    e = density.exposure
    counts = e.onset.count.sum(axis=0)
    return [
        ("observations", f"{len(problem.observations.level)} effective, of {problem.catalogue.size} indicators"),
        (
            "judgements",
            f"{len(problem.judgements.weight)} of {len(set(problem.judgements.document.tolist()))} documents",
        ),
        ("onset", f"{counts[0]:.0f} arms control, {counts[1]:.0f} denuclearisation in {_cells(e.onset.days)} dry"),
        ("continuation", f"{e.continuation.count.sum():.0f} in {_cells(e.continuation.days)} wet"),
        ("contact", f"{e.contact.count.sum():.0f} in {_cells(e.contact.days)}"),
        ("crisis", f"{e.crisis.count.sum():.0f} in {_cells(e.crisis.days)}"),
        ("deal", f"{e.marked.sum():.0f} marks of {len(e.marked)} meetings"),
    ]


def _cells(days: Floats) -> str:
    return f"{days.sum():.0f} days ({len(days)} cells)"
