"""The model with one author's judgements left out: approximate draws, made once for a run and kept beside its table.

They lie in the cache, named by the run's posterior, as they can be made again.
"""

import os
from dataclasses import replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from zipfile import BadZipFile

import numpy as np

from db.progress import Progress
from forecast.cache import cache_root
from forecast.engine.assemble import read_rows
from forecast.engine.provisional import Anchor
from forecast.identity import model_version
from forecast.plan.standing import Stand
from forecast.run_facts import read_when
from models.laplace import LaplaceFit, NoMode, build_density, fit_laplace
from models.parameters import Parameters
from models.spec import Judgements, Problem
from models.structure import SHIPPED

FOLDER = "stories"
"""In the cache."""
DRAWS = 4000


def without_authors(stand: Stand, anchor: Anchor, progress: Progress) -> dict[str, Parameters]:
    """By document, draws of a posterior that has not read it; those whose mode is not found are left out."""
    file = cache_root() / FOLDER / f"{anchor.run.posterior_hash}-{model_version()}.npz"
    kept = _read(file)
    if kept is not None:
        return kept
    names = _documents(stand, anchor)
    whole = _fitted(anchor.fitted, None)
    found = {}
    for done, (number, name) in enumerate(names.items()):
        progress("leaving authors out", done, len(names), name)
        fit = _fitted(_left_out(anchor.fitted, number), whole)
        if fit is not None:
            found[name] = fit.draw(DRAWS, anchor.run.seed)
    _keep(file, found)
    return found


def thinned(draws: Parameters, number: int) -> Parameters:
    """So many of them, evenly taken in the pairs in which they mirror each other."""
    pairs = len(draws.unit) // 2
    chosen = np.linspace(0, pairs - 1, min(number // 2, pairs)).round().astype(np.int64)
    return draws.take(np.stack([2 * chosen, 2 * chosen + 1], axis=1).ravel())


def _documents(stand: Stand, anchor: Anchor) -> dict[int, str]:
    """The documents that the fit had read, by the number that its judgements have for them."""
    rows = read_rows(stand.connection, read_when(anchor.run), case_id=anchor.run.case_id)
    judging = set(anchor.fitted.judgements.document.tolist())
    return {number: row.document_id for number, row in enumerate(rows.documents) if number in judging}


def _left_out(problem: Problem, document: int) -> Problem:
    said = problem.judgements
    others = said.document != document
    return replace(problem, judgements=Judgements(*(getattr(said, name)[others] for name in Judgements.__slots__)))


def _fitted(problem: Problem, near: LaplaceFit | None) -> LaplaceFit | None:
    try:
        return fit_laplace(build_density(problem, SHIPPED), near=near)
    except NoMode:
        return None


def _keep(file: Path, found: dict[str, Parameters]) -> None:
    """Write it aside and rename it: whoever reads finds the whole of it, or none."""
    file.parent.mkdir(parents=True, exist_ok=True)
    arrays = {
        f"{document}/{name}": getattr(parameters, name).astype(np.float32)
        for document, parameters in found.items()
        for name in Parameters.__slots__
    }
    with NamedTemporaryFile(dir=file.parent, delete=False) as aside:
        np.savez_compressed(aside, allow_pickle=False, **arrays)
    os.replace(aside.name, file)


def _read(file: Path) -> dict[str, Parameters] | None:
    try:
        with file.open("rb") as content, np.load(content, allow_pickle=False) as arrays:
            documents = dict.fromkeys(key.rpartition("/")[0] for key in arrays)
            return {
                document: Parameters(
                    **{name: arrays[f"{document}/{name}"].astype(np.float64) for name in Parameters.__slots__}
                )
                for document in documents
            }
    except (OSError, ValueError, LookupError, EOFError, BadZipFile):  # none yet, or cut off: it can be made again
        return None
