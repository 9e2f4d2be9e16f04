"""A backtest read back: stored in the database, or shipped with the program."""

from collections.abc import Sequence
from datetime import date
from importlib.resources import as_file, files

import xarray as xr
from sqlalchemy import Connection

from db.posteriors import Posteriors, opened
from db.read_evaluations import read_evaluations
from db.rows import CaseRow
from db.run_rows import EvaluationRow
from forecast.errors import NoBacktest
from forecast.evaluation.forecasters import MODEL
from forecast.evaluation.origins import Backtest, from_dataset
from forecast.evaluation.quality import SHIPPED_BACKTEST
from forecast.evaluation.scoreboard import NAIVE
from forecast.facts.quality import Quality, Source
from forecast.structures import FIRST, structure_in
from forecast.words.english.quality import quality_sentence


def read_backtest(
    connection: Connection, posteriors: Posteriors, case: CaseRow, quality: Quality, backtest_id: int | None
) -> tuple[Source, Backtest]:
    """A backtest and what it is of.

    Parameters
    ----------
    posteriors : where the arrays of backtests lie
    backtest_id : a stored backtest; None: the one the sentence of `quality` is of

    Raises
    ------
    NoBacktest
        if none is stored or shipped for this case, or none with this number, or it lacks Parley or a naive forecast
    db.errors.StoreError
        if the file of the backtest is missing
    """
    wanted = quality.evaluation_id if backtest_id is None else backtest_id
    if wanted is not None:
        row = _row(read_evaluations(connection, case.case_id, kind="backtest"), wanted)
        assert row.file_hash is not None
        with opened(connection, posteriors, row.file_hash) as path:
            backtest = from_dataset(xr.load_dataset(path))
        return _stored_source(row, backtest), _sound(backtest, wanted)
    shipped = files("forecast") / SHIPPED_BACKTEST
    if quality.model_version is None or quality.as_of is None or not shipped.is_file():
        raise NoBacktest("no backtest of this case is stored; run `parley backtest`")
    with as_file(shipped) as path:
        backtest = from_dataset(xr.load_dataset(path))
    return _shipped_source(quality, quality.as_of, quality.model_version, case.stems_from, backtest), backtest


def _row(rows: Sequence[EvaluationRow], wanted: int) -> EvaluationRow:
    found = {row.id: row for row in rows if row.file_hash is not None}
    if wanted in found:
        return found[wanted]
    stored = f"those stored are {', '.join(map(str, sorted(found)))}" if found else "none is stored"
    raise NoBacktest(f"no backtest {wanted} of this case: {stored}; run `parley backtest` for a new one")


def _sound(backtest: Backtest, number: int) -> Backtest:
    """The same, if it can be compared."""
    if MODEL in backtest.forecasts and set(NAIVE) & set(backtest.forecasts):
        return backtest
    held = ", ".join(backtest.forecasts)
    raise NoBacktest(
        f"backtest {number} holds only {held}; the page compares {MODEL} with naive forecasts: run `parley backtest` "
        "without --model"
    )


def _stored_source(row: EvaluationRow, backtest: Backtest) -> Source:
    settings, sentence = row.settings, row.result.get("quality")
    return Source(
        evaluation_id=row.id,
        kind=backtest.kind,
        engine=str(settings.get("engine")),
        every=str(settings.get("every")),
        standard=bool(settings.get("standard")),
        origins=len(backtest.origins),
        first=backtest.origins[0],
        last=backtest.origins[-1],
        as_of=row.as_of,
        recorded_at=row.recorded_at,
        code_version=row.code_version,
        model_version=row.model_version,
        structure=structure_in(row.result),
        case_hash=row.case_hash,
        inputs_hash=row.inputs_hash,
        file_hash=row.file_hash,
        sentence=None if sentence is None else str(sentence),
    )


def _shipped_source(quality: Quality, as_of: date, version: str, case_hash: str, backtest: Backtest) -> Source:
    return Source(
        evaluation_id=None,
        kind=backtest.kind,
        engine=None,
        every=None,
        standard=True,
        origins=len(backtest.origins),
        first=backtest.origins[0],
        last=backtest.origins[-1],
        as_of=as_of,
        recorded_at=None,
        code_version=None,
        model_version=version,
        structure=quality.structure or FIRST,
        case_hash=case_hash,
        inputs_hash=None,
        file_hash=None,
        sentence=quality_sentence(quality),
    )
