"""What a check is given and what it gives back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from db.engine import Database
from db.progress import Progress
from forecast.checks.found import read_found
from forecast.engine.assemble import Rows
from forecast.words.english.checks import check_sentence
from models.density import Density
from models.laplace import build_density, fit_laplace
from models.parameters import Parameters
from models.sampling import parameters_of, sample
from models.settings import SamplerSettings
from models.simulate import DailyLevels, daily_levels
from models.spec import Problem
from models.structure import Structure

LAPLACE_DRAWS = 4000

type Table = tuple[tuple[str, ...], ...]
"""A header and rows, as they are shown."""


@dataclass(frozen=True, slots=True)
class Check:
    """What a check found: the same facts as a sentence, as a table and as figures."""

    name: str
    passed: bool | None  # None: nothing that could fail, something to look at
    sentence: str
    table: Table
    figures: Mapping[str, object]  # JSON


def found_by(name: str, passed: bool | None, table: Table, figures: Mapping[str, object]) -> Check:
    """What a check found; the sentence is made from its figures, as from stored ones."""
    found = read_found(name, figures)
    if found is None:
        raise ValueError(f"the figures of {name} lack what its sentence needs: they are {', '.join(figures)}")
    return Check(name, passed, check_sentence(found), table, figures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is checked: the model of one case as of a date."""

    database: Database
    rows: Rows
    problem: Problem
    density: Density
    levels: DailyLevels
    posterior: Callable[[], Parameters]  # made once, when first asked for
    posterior_by: str  # laplace or nuts
    simulations: int
    seed: int
    progress: Progress

    @property
    def headline(self) -> str:
        return self.rows.case.headline

    def report(self, stage: str) -> Callable[[int, int], None]:
        """Progress of one stage: told (done, total)."""
        return lambda done, total: self.progress(stage, done, total, "")


def build_subject(
    database: Database,
    rows: Rows,
    problem: Problem,
    structure: Structure,
    *,
    simulations: int,
    seed: int,
    nuts: bool,
    progress: Progress,
) -> Subject:
    """Cut the record into cells and filter the levels; the posterior waits until it is asked for."""
    density = build_density(problem, structure)
    draw = cache(lambda: _sampled(problem, density, seed, progress) if nuts else _approximated(density, seed))
    levels = daily_levels(problem, density)
    by = "nuts" if nuts else "laplace"
    return Subject(
        database=database,
        rows=rows,
        problem=problem,
        density=density,
        levels=levels,
        posterior=draw,
        posterior_by=by,
        simulations=simulations,
        seed=seed,
        progress=progress,
    )


def _approximated(density: Density, seed: int) -> Parameters:
    return fit_laplace(density).draw(LAPLACE_DRAWS, seed)


def _sampled(problem: Problem, density: Density, seed: int, progress: Progress) -> Parameters:
    def report(done: int, total: int, divergences: int) -> None:
        progress("sampling", done, total, f"{divergences} divergences")

    return parameters_of(sample(problem, density, SamplerSettings(), seed, report), density.structure)
