"""The structure of the model, once: each process, and what its intensity or its odds are made of.

Layout, density, compiled kernel, simulator, projection and printed description read this table; `models.bayes` states
the same model by hand, and tests hold the others to it.
"""

from dataclasses import dataclass

from models.spec import EFFECT_TARGETS, FRAMINGS

STRUCTURE = 2
"""Raised only when numbers change beyond Monte-Carlo error; forecasts of different structures are never joined."""

BASES = ("onset", "framing", "continuation", "contact", "crisis", "deal")
"""Intercepts, in the order in which they lie in the parameter ``base``: of onset at one year of silence."""
BASE = {name: place for place, name in enumerate(BASES)}
EFFECT = {target: place for place, target in enumerate(EFFECT_TARGETS)}
RECURRENT = ("contact", "crisis")
"""Processes with momentum, in the order of the parameter ``momentum``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A coefficient times a column of the process's rows."""

    parameter: str
    place: int = 0  # of the coefficient within the parameter
    column: str  # by the name that `models.parts` gives it
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One row of the table: log intensity or log odds = base + terms + effect · level + regime."""

    name: str
    rows: str  # of `models.exposure.Exposure` that it is counted in
    base: str  # an intercept, or the parameter "change" on the log-odds scale
    effect: tuple[float, ...]  # shares of the targets' effects in its own, in the order of EFFECT_TARGETS
    framing: int | None = None  # of the process under way while wet; None: any
    lagged: bool = False  # whether the levels enter with the catalogue's lag
    scale: str = ""  # the parameter that multiplies effect · level
    regime: bool = False
    terms: tuple[Term, ...] = ()
    marks: bool = False  # Bernoulli marks of meetings, in place of a Poisson process


def effect_of(**share: float) -> tuple[float, ...]:
    """Shares of the targets' effects, by the target's name."""
    return tuple(share.get(target, 0.0) for target in EFFECT_TARGETS)


_MOMENTUM = {
    name: (Term(parameter="momentum", place=i, column="recent", label="momentum"),) for i, name in enumerate(RECURRENT)
}
_PACES = tuple(Term(parameter="pace", place=j, column=f"pace {j + 1}", label="pace") for j in range(2))
_DURATION = Term(parameter="duration", column="shortness", label="duration · -log(silence)")
_MEMORY = Term(parameter="memory", column="remembered", label="memory · last framing · exp(-silence/tau)")

PROCESSES = (
    Process(
        name="onset",
        rows="onset",
        base="onset",
        effect=effect_of(arms_control_talks=0.5, denuclearisation_talks=0.5),
        regime=True,
        terms=(_DURATION,),
    ),
    Process(
        name="framing",
        rows="beginnings",
        base="framing",
        effect=effect_of(arms_control_talks=1.0, denuclearisation_talks=-1.0),
        terms=(_MEMORY,),
        marks=True,
    ),
    Process(name="change", rows="spells", base="change", effect=effect_of(), marks=True),
    *(
        Process(
            name=f"continuation, {framing}",
            rows="continuation",
            base="continuation",
            effect=effect_of(**{EFFECT_TARGETS[k]: 1.0}),
            framing=k,
            lagged=True,
            scale="fraction",
            terms=_PACES,
        )
        for k, framing in enumerate(FRAMINGS)
    ),
    Process(
        name="contact",
        rows="contact",
        base="contact",
        effect=effect_of(contact=1.0),
        regime=True,
        terms=_MOMENTUM["contact"],
    ),
    Process(name="crisis", rows="crisis", base="crisis", effect=effect_of(crisis=1.0), terms=_MOMENTUM["crisis"]),
    Process(name="deal", rows="deals", base="deal", effect=effect_of(deal=1.0), marks=True),
)
