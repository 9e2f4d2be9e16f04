"""The model in words and numbers: structure, every prior, and how much data each part has."""

from models.density import Density
from models.exposure import PACE_FROM, Marks
from models.processes import BASE, BASES, PROCESSES, Process
from models.spec import EFFECT_TARGETS, FRAMINGS, Floats, Problem
from models.structure import ORIENTATION


def describe(problem: Problem, density: Density) -> str:
    """What `print` shows of the model of one problem, before anything is sampled."""
    priors = "\n".join(f"  {name:<34} {text}" for name, text in _priors(density))
    data = "\n".join(f"  {name:<14} {text}" for name, text in _data(problem, density))
    return f"{_structure()}\n\npriors\n{priors}\n\ndata\n{data}"


def _structure() -> str:
    """One line for each process, and what effects and judgements are."""
    lines = [f"{p.name:<32} {_predictor(p)}" for p in PROCESSES]
    made = [
        "effect on talks of a framing = slope · mean weight ± tilt/2 · difference of weights + deviation",
        "effect on all else = unit · weight;   judgement = weight + author + shared + noise",
        "weights of talks come from orientation and judgements alone: events do not rewrite them",
    ]
    return "\n".join([*lines, *made])


def _predictor(process: Process) -> str:
    scale = f"{process.scale} · " if process.scale else ""
    terms = dict.fromkeys(term.label for term in process.terms)
    level = f"{scale}effect · level{'(lagged)' if process.lagged else ''}"
    parts = [
        "base" if process.base in BASE else f"log odds of {process.base}",
        *terms,
        *([level] if any(process.effect) else []),
        *(["regime"] if process.regime else []),
    ]
    return f"{'log odds' if process.marks else 'log rate'} = {' + '.join(parts)}"


def _priors(density: Density) -> list[tuple[str, str]]:
    p, reference, layout = density.structure.priors, density.reference, density.layout
    shape = f"[{len(EFFECT_TARGETS)} targets × {layout.indicators} indicators]"
    means = ", ".join(f"{mean:g} {name}" for name, mean in zip(EFFECT_TARGETS, ORIENTATION, strict=True))
    floor, scale = p.judgement_sd
    bases = zip(BASES, (reference.onset, *p.later_base), strict=True)
    return [
        (f"weight {shape}", f"Normal(mean, {p.weight_sd:g}); means {means}"),
        ("unit", f"LogNormal({p.log_unit[0]:.3f}, {p.log_unit[1]:g})"),
        ("slope", _normal(p.slope)),
        ("tilt", _normal(p.tilt)),
        (f"deviation [{len(FRAMINGS)} framings × {layout.indicators}]", _normal((0.0, p.deviation_sd))),
        *((f"base: {name}", f"Normal({m:.2f}, {s:g})") for name, (m, s) in bases),
        ("duration", f"{_normal(reference.duration)}, above 0; silence from 90 to {p.silence_cap:g} days, in years"),
        ("memory", f"{_normal(p.memory)}; tau {p.memory_years:g} years"),
        ("change", "Beta({:g}, {:g})".format(*reference.change)),
        (f"pace from days {PACE_FROM[1]} and {PACE_FROM[2]}", _normal((0.0, p.pace_sd))),
        ("fraction", _normal(p.fraction)),
        ("momentum of contact, of crisis", _normal(p.momentum)),
        (f"regime [{layout.knots} yearly knots]", f"OU, sd {p.regime_sd:g}, e-folding {p.regime_years:g} years"),
        ("judgement sd, explicit", f"{floor:g} + HalfNormal({scale:g})"),
        ("  of an inferred judgement", f"× {p.inferred_ratio:g}"),
        ("  of an author's tilt", f"× {p.author_ratio:g}, integrated out"),
        ("  of the error shared on a question", f"× {p.shared_ratio:g}, integrated out"),
    ]


def _normal(prior: tuple[float, float]) -> str:
    return f"Normal({prior[0]:g}, {prior[1]:g})"


def _data(problem: Problem, density: Density) -> list[tuple[str, str]]:
    e = density.exposure
    return [
        ("observations", f"{len(problem.observations.level)} effective, of {problem.catalogue.size} indicators"),
        (
            "judgements",
            f"{len(problem.judgements.weight)} of {len(set(problem.judgements.document.tolist()))} documents",
        ),
        ("onset", f"{e.onset.count.sum():.0f} in {_cells(e.onset.days)} dry"),
        ("framing", f"{_of(e.beginnings)} on arms control"),
        ("change", f"{_of(e.spells)} of another framing"),
        ("continuation", f"{e.continuation.count.sum():.0f} in {_cells(e.continuation.days)} wet"),
        ("contact", f"{e.contact.count.sum():.0f} in {_cells(e.contact.days)}"),
        ("crisis", f"{e.crisis.count.sum():.0f} in {_cells(e.crisis.days)}"),
        ("deal", f"{_of(e.deals)} with a deal"),
    ]


def _of(marks: Marks) -> str:
    return f"{marks.marked.sum():.0f} of {len(marks.marked)} meetings"


def _cells(days: Floats) -> str:
    return f"{days.sum():.0f} days ({len(days)} cells)"
