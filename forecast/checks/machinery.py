"""Checks of the machinery: the sampler against known truths, reading as of a date, the filters."""

import tempfile
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import Connection

from db.engine import Database
from db.known import copy_known
from db.migrate import create_database
from db.when import When
from forecast.checks.subject import Check, Subject, found_by
from forecast.engine.assemble import Rows, inputs_hash, read_problem
from forecast.facts.checks import TOLERANCE
from models.dense import solve_level
from models.exposure import Cells, Exposure
from models.sbc import QUANTITIES, Calibration, Ranked, calibrate_places, rank_truth
from models.spec import Floats, Ints, Problem

FAMILY_LEVEL = 0.95
ORIGINS = 6
SAMPLED_DAYS = 12

Reader = Callable[[Connection, date], Problem]
"""Reads what a forecast as of the date is made from."""


def check_sbc(subject: Subject) -> Check:
    """Worlds from the prior, refitted: are the posteriors right?"""
    ranked = []
    for number in range(subject.simulations):
        subject.progress("simulation-based calibration", number, subject.simulations, "")
        ranked.append(
            rank_truth(subject.problem, subject.density, subject.levels, subject.headline, subject.seed, number=number)
        )
    return judge_calibration(ranked, subject.seed)


def judge_calibration(ranked: Sequence[Ranked], seed: int) -> Check:
    """The verdict on simulated worlds and their fits."""
    calibration = calibrate_places(np.array([one.place for one in ranked]), FAMILY_LEVEL, seed)
    refused, divergences = sum(one.refused for one in ranked), sum(one.divergences for one in ranked)
    figures = {
        "simulations": len(ranked),
        "level": FAMILY_LEVEL,
        "refused_worlds": refused,
        "divergences": divergences,
        "quantities": [
            {"name": name, "deviation": deviation, "band": edge, "p": p, "inside": inside}
            for name, deviation, edge, p, inside in _lines(calibration)
        ],
    }
    return found_by("sbc", calibration.passed, _table(calibration), figures)


def _lines(calibration: Calibration) -> list[tuple[str, float, float, float, bool]]:
    """Per quantity: its largest deviation, how far the band reaches there, its own p, and whether it stays inside."""
    out = []
    for k, name in enumerate(QUANTITIES):
        j = int(np.abs(calibration.difference[k]).argmax())
        deviation = float(calibration.difference[k, j])
        edge = calibration.band.upper[j] if deviation > 0 else calibration.band.lower[j]
        out.append((name, deviation, float(edge), float(calibration.p[k]), bool(calibration.inside[k])))
    return out


def _table(calibration: Calibration) -> tuple[tuple[str, ...], ...]:
    header = ("quantity", "largest deviation", "band there", "p", "")
    return (
        header,
        *(
            (name, f"{deviation:+.3f}", f"{edge:+.3f}", f"{p:.3f}", "" if inside else "outside")
            for name, deviation, edge, p, inside in _lines(calibration)
        ),
    )


def check_as_of(subject: Subject, reader: Reader | None = None) -> Check:
    """Reading as of a date against a database in which nothing later exists."""
    case_id = subject.rows.case.case_id
    read = reader or (lambda connection, day: read_problem(connection, When(as_of=day), case_id=case_id)[2])
    origins, found = origins_of(subject.rows), []
    for number, origin in enumerate(origins):
        subject.progress("reading as of past dates", number, len(origins), str(origin))
        found.append((origin, *_compare_reads(subject.database, origin, read)))
    table = (
        ("as of", "rows known later", "inputs"),
        *((str(origin), str(rows), "the same" if same else "differ") for origin, same, rows in found),
    )
    origins_json = [{"as_of": str(origin), "same": same, "rows_known_later": rows} for origin, same, rows in found]
    return found_by("as-of", all(same for _, same, _ in found), table, {"origins": origins_json})


def origins_of(rows: Rows) -> tuple[date, ...]:
    """Dates spread evenly over the record, from the first that can carry a forecast (`assemble.check_rows`)."""
    first = rows.case.record_from + timedelta(days=365)
    step = (rows.as_of - first) / ORIGINS
    return tuple(dict.fromkeys(first + timedelta(days=(step * k).days) for k in range(ORIGINS)))


def _compare_reads(database: Database, origin: date, read: Reader) -> tuple[bool, int]:
    """Whether both reads give the same inputs, and how many rows the second database lacks."""
    with (
        tempfile.TemporaryDirectory() as folder,
        create_database(f"sqlite:///{Path(folder) / 'known.db'}") as known,
        database.read() as connection,
    ):
        with known.write() as empty:
            left = copy_known(connection, empty, origin)
        with known.read() as copy:
            return inputs_hash(read(connection, origin)) == inputs_hash(read(copy, origin)), left


def check_states(subject: Subject) -> Check:
    """The filtered levels, as the model is given them, against a dense Gaussian solve."""
    return compare_states(subject.problem, subject.density.exposure, subject.seed)


def compare_states(problem: Problem, exposure: Exposure, seed: int) -> Check:
    """Levels on days drawn at random and in cells drawn at random, each solved again from the observations."""
    rng = np.random.default_rng([seed, 5])
    zero = np.zeros_like(problem.catalogue.lag)
    lines = [("filtered states", *_worst_filtered(problem, exposure, rng))]
    for name in ("onset", "continuation", "contact", "crisis"):
        lag = problem.catalogue.lag if name == "continuation" else zero
        lines.append((f"cells of {name}", *_worst_cells(problem, getattr(exposure, name), lag, rng)))
    worst = max(difference for *_, difference in lines)
    table = (
        ("where", "levels", "largest difference"),
        *((name, str(number), f"{difference:.1e}") for name, number, difference in lines),
    )
    where = [{"name": name, "levels": number, "largest_difference": difference} for name, number, difference in lines]
    figures = {"levels": sum(number for _, number, _ in lines), "largest_difference": worst, "where": where}
    return found_by("states", worst <= TOLERANCE, table, figures)


def _worst_filtered(problem: Problem, exposure: Exposure, rng: np.random.Generator) -> tuple[int, float]:
    known = rng.integers(problem.calendar.record_from, problem.as_of + 1, SAMPLED_DAYS)
    day = known + rng.integers(0, 200, SAMPLED_DAYS) / 2
    states = exposure.filtered.at(known, day)
    shape = states.mean.shape
    known, day = (np.broadcast_to(values[:, None], shape) for values in (known, day))
    return states.mean.size, _worst(problem, known, day, states.mean, states.variance)


def _worst_cells(problem: Problem, cells: Cells, lag: Ints, rng: np.random.Generator) -> tuple[int, float]:
    """A cell has the states of its middle from rows known the day before it begins, less the lag."""
    row = rng.choice(len(cells.start), min(SAMPLED_DAYS, len(cells.start)), replace=False)
    known = cells.start[row][:, None] - np.maximum(lag, 1)
    middle = (cells.start[row] + (cells.days[row] - 1) / 2)[:, None] - lag
    mean, variance = cells.states.mean[row], cells.states.variance[row]
    return mean.size, _worst(problem, known, middle, mean, variance)


def _worst(problem: Problem, known: Ints, day: Floats, mean: Floats, variance: Floats) -> float:
    """Largest difference of any mean or variance, (day, indicator) each, from the dense solve."""
    worst = 0.0
    for place in np.ndindex(*mean.shape):
        solved = solve_level(problem.observations, problem.catalogue, place[1], int(known[place]), float(day[place]))
        worst = max(worst, float(abs(solved[0] - mean[place])), float(abs(solved[1] - variance[place])))
    return worst
