"""Does the machinery do what it says? Checks of one case as of a date, stored with the code they hold for."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date

from db.append import append_evaluation
from db.engine import Database
from db.progress import Progress
from db.run_rows import NewEvaluation
from db.when import When
from forecast.checks.machinery import check_as_of, check_sbc, check_states
from forecast.checks.model import check_posterior_predictive, check_prior_predictive
from forecast.checks.sources import check_assumptions, check_documents, check_indicators, check_power_scaling
from forecast.checks.subject import Check, Subject, build_subject
from forecast.clock import moment_of, utc_now
from forecast.engine.assemble import inputs_hash, read_problem
from forecast.errors import NotEnough
from forecast.identity import code_version, model_version, seed_of
from models.structure import SHIPPED

CHECKS: dict[str, Callable[[Subject], Check]] = {
    "as-of": check_as_of,
    "states": check_states,
    "prior-predictive": check_prior_predictive,
    "posterior-predictive": check_posterior_predictive,
    "power-scaling": check_power_scaling,
    "assumptions": check_assumptions,
    "leave-out-indicator": check_indicators,
    "leave-out-document": check_documents,
    "sbc": check_sbc,
}
"""In the order in which they are run and shown: what is quick comes first."""
SIMULATIONS = 20


def run_checks(
    database: Database,
    as_of: date,
    *,
    names: Sequence[str] = tuple(CHECKS),
    simulations: int = SIMULATIONS,
    seed: int | None = None,
    nuts: bool = False,
    progress: Progress,
    case_id: str | None = None,
) -> tuple[Check, ...]:
    """Run the named checks, all on the same inputs, and store what they found as one evaluation.

    Parameters
    ----------
    simulations : worlds of simulation-based calibration
    seed : None: the case's own
    nuts : take the posterior from the sampler instead of from Laplace's approximation

    Raises
    ------
    NotEnough
        if the rows known by then cannot carry a forecast
    """
    moment = moment_of(database)
    if as_of > moment.today:
        raise NotEnough(f"{as_of} lies ahead; the latest as-of date is today, {moment.today} ({moment})")
    database.check_writable()
    progress("reading the case", 0, 0, f"as of {as_of}")
    with database.read() as connection:
        rows, _, problem = read_problem(connection, When(as_of=as_of), case_id=case_id)
    chosen = seed_of(rows.case.case_id) if seed is None else seed
    subject = build_subject(
        database, rows, problem, SHIPPED, simulations=simulations, seed=chosen, nuts=nuts, progress=progress
    )
    found = tuple(check(subject) for name, check in CHECKS.items() if name in names)
    _store(subject, found)
    return found


def _store(subject: Subject, found: Sequence[Check]) -> None:
    case = subject.rows.case
    evaluation = NewEvaluation(
        case_id=case.case_id,
        kind="check",
        as_of=subject.rows.as_of,
        code_version=code_version(),
        model_version=model_version(),
        case_hash=case.case_hash,
        inputs_hash=inputs_hash(subject.problem),
        settings={
            "names": [check.name for check in found],
            "simulations": subject.simulations,
            "seed": subject.seed,
            "posterior": subject.posterior_by,
        },
        result={"checks": [as_json(check) for check in found]},
    )
    with subject.database.write() as connection:
        append_evaluation(connection, evaluation, utc_now())


def as_json(check: Check) -> dict[str, object]:
    """The names other programs use: add, never rename."""
    return asdict(check)
