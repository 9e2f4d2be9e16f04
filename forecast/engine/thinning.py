"""Some draws that stand for a posterior: weighted so that they say what the run said."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import xarray as xr
from sqlalchemy import Connection

from db.engine import Database
from db.errors import StoreError
from db.keeping import Posterior, Survey, read_thinned, replace_posterior
from db.posteriors import is_own, opened, prepare
from db.progress import Progress, silent
from db.read_runs import read_targets
from db.run_rows import RunRow, TargetForecastRow
from db.sharing import check_alone, enter
from forecast.clock import Clock, utc_now
from forecast.engine.posterior_file import FEW_DIGITS, SAID, write_posterior
from models.raking import effective_size, rake
from models.spec import Floats, Ints

DRAWS = 400
"""Draws that are kept, at least: twice as many as long as these cannot say what the run said."""
MET = 1e-5
"""How closely the run's means are met, in probability."""
_ASKED = 1e-6
DAYS = 30
"""For which every posterior is kept whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What was done with every posterior that was whole, or would be."""

    whole: dict[str, int]
    """How many stay so, by the reason."""
    thinned: tuple[int, ...]
    """The runs whose posteriors were thinned."""
    beyond: tuple[int, ...]
    """Runs whose posteriors stay whole because nothing smaller can stand for them: older files, files of before in a
    folder that is only read, files that are lost."""
    freed: int
    """Bytes."""
    thinned_before: tuple[int, ...] = ()
    """The runs whose posteriors had been thinned already."""


def thin_posteriors(
    database: Database, *, days: int = DAYS, dry_run: bool = False, progress: Progress = silent, clock: Clock = utc_now
) -> Kept:
    """Thin every posterior that nothing protects; each is a transaction of its own, so that it can be cut off.

    Raises
    ------
    db.errors.PosteriorsShared
        if another database uses the folder of its posteriors: then nothing is done
    """
    check_alone(database)
    if not dry_run:
        enter(database)
    survey = Survey(clock(), days)
    with database.read() as connection:
        survey.read(connection)
        before = read_thinned(connection)
    there = survey.posteriors
    candidates = [one for one in there if not one.kept_for]
    thinned, beyond, freed = [], [], 0
    for number, posterior in enumerate(candidates):
        progress("thinning posteriors", number, len(candidates), f"run {posterior.run.id}")
        saved = _thin(database, posterior, survey, dry_run=dry_run, now=clock())
        if saved is None:
            beyond.append(posterior.run.id)
        else:
            thinned.append(posterior.run.id)
            freed += saved
    return Kept(
        whole=dict(Counter(one.kept_for for one in there if one.kept_for)),
        thinned=tuple(thinned),
        beyond=tuple(beyond),
        freed=freed,
        thinned_before=before,
    )


def _thin(database: Database, posterior: Posterior, survey: Survey, *, dry_run: bool, now: datetime) -> int | None:
    """Bytes saved; None where the posterior stays whole, as nothing smaller can stand for it."""
    with database.read() as connection:
        tree, size = _read(connection, database, posterior.digest)
        said = read_targets(connection, posterior.run.id)
    stands = None if tree is None else standing_for(tree, said)
    if stands is None:
        return None
    stands.attrs["thinned_from"] = posterior.digest
    if dry_run:
        return size - _size_of(stands)
    thinned = prepare(database.posteriors, lambda path: write_posterior(stands, path, digits=FEW_DIGITS))
    rule = f"older than {survey.days} days and not protected: {stands['posterior'].sizes['draw']} draws of each chain"
    if not replace_posterior(database, posterior, thinned, rule, now, survey):
        return None
    return size - _size_of(stands)


def _size_of(tree: xr.DataTree) -> int:
    """In bytes, as a file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "posterior.nc"
        write_posterior(tree, path, digits=FEW_DIGITS)
        return path.stat().st_size


def _read(connection: Connection, database: Database, digest: str) -> tuple[xr.DataTree | None, int]:
    """The tree of a posterior, and the size of its file in bytes; no tree where that cannot be read or removed."""
    try:
        if not is_own(connection, database.posteriors, digest):
            return None, 0
        with opened(connection, database.posteriors, digest) as path, xr.open_datatree(path) as tree:
            return tree.load(), path.stat().st_size
    except (StoreError, OSError, RuntimeError, ValueError):  # `parley verify` says what is wrong with it
        return None, 0


def draws_left(connection: Connection, database: Database, run: RunRow) -> int | None:
    """How many draws of a thinned run are kept; None where its file cannot be read."""
    try:
        with (
            opened(connection, database.posteriors, str(run.thinned_hash)) as path,
            xr.open_datatree(path) as tree,
        ):
            return int(tree["posterior"].sizes["chain"] * tree["posterior"].sizes["draw"])
    except (StoreError, OSError, RuntimeError, ValueError):  # `parley verify` says what is wrong with it
        return None


def standing_for(tree: xr.DataTree, said: Sequence[TargetForecastRow]) -> xr.DataTree | None:
    """The fewest draws of a posterior, `DRAWS` or twice as many and so on, whose weighted means are those of its run.

    None where the file does not say what each draw says, as older ones do not, or where half of the draws do not do.
    """
    chains, draws = (tree["posterior"].sizes[name] for name in ("chain", "draw"))
    if SAID not in tree:
        return None
    number = DRAWS
    while number <= chains * draws // 2:
        places = np.linspace(0, draws - 1, -(-number // chains)).round().astype(np.int64)
        shares = _raked(tree[SAID].to_dataset().isel(draw=places), said)
        if shares is not None:
            return _taken(tree, places, shares)
        number *= 2
    return None


def _raked(some: xr.Dataset, said: Sequence[TargetForecastRow]) -> Floats | None:
    """Shares of some draws under which they say what the run said, (chain, draw); None where there are none such."""
    base = some["share"].to_numpy().ravel()
    base = base / base.sum()
    if not said:  # the run was refused, and said nothing
        return np.asarray(base.reshape(some["share"].shape))
    values = some["targets"].to_numpy().astype(np.float64).reshape(len(base), -1)
    totals = _means(some, said)
    shares = rake(values, totals, np.full(len(totals), _ASKED), base)
    met = bool(np.abs(shares @ values - totals).max() <= MET) and effective_size(shares) >= DRAWS / 2
    return np.asarray(shares.reshape(some["share"].shape)) if met else None


def _means(some: xr.Dataset, said: Sequence[TargetForecastRow]) -> Floats:
    """What the run said, in the order of the file, (target × horizon,)."""
    means = {
        (row.target, row.horizon_days or 0, row.deadline.isoformat() if row.deadline else ""): row.mean for row in said
    }
    reaches = list(zip(some["horizon_days"].to_numpy().tolist(), some["deadline"].to_numpy().tolist(), strict=True))
    return np.array([means[target, days, deadline] for target in some["of"].to_numpy() for days, deadline in reaches])


def _taken(tree: xr.DataTree, places: Ints, shares: Floats) -> xr.DataTree:
    """The tree of these draws; what the sampler told of them is left out."""
    some = tree[SAID].to_dataset().isel(draw=places)
    some["share"] = (("chain", "draw"), shares)
    draws = tree["posterior"].to_dataset().isel(draw=places)
    taken = xr.DataTree.from_dict({"posterior": draws, SAID: some})
    taken.attrs.update(tree.attrs)
    for group in taken.subtree:
        for values in group.variables.values():
            values.encoding.clear()  # that of the file it was read from, whose chunks are longer
    return taken
