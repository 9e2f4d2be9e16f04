"""How far the forecasts can be trusted: everything that was measured, each number with its n and whether it is enough.

One payload for the table, the page and JSON. The sentence is that of `forecast.evaluation.quality`, never made anew;
the numbers below it are of the same backtest, unless another one was asked for.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Connection

from db.posteriors import Posteriors
from db.read import read_case
from db.read_evaluations import read_evaluations
from db.run_rows import EvaluationRow
from forecast.evaluation.alike import SITUATIONS, find_band, nearest
from forecast.evaluation.figures import (
    RULE,
    calibrate_all,
    compare_all,
    compare_scenarios,
    compare_structures,
    compare_times,
    draw_timeline,
    judge,
)
from forecast.evaluation.quality import read_quality
from forecast.evaluation.report import bands_of, judged_targets
from forecast.evaluation.scoreboard import Selection
from forecast.evaluation.stored import read_backtest
from forecast.facts.quality import (
    Alike,
    Moment,
)
from forecast.facts.track import TrackRecord, Unscored
from forecast.facts.trust import FAILED, LOOK, NOT_RUN, PASSED, Banded, Checked, Track, Trust
from forecast.identity import model_version
from forecast.record.moment import read_moment
from forecast.record.summary import read_track
from forecast.structures import present_structure
from forecast.words.english.model import other_model_sentence
from forecast.words.english.quality import TRACK_RULE, quality_note, quality_sentence, track_sentence

_VERDICTS = {True: PASSED, False: FAILED, None: LOOK}
CHECK_NAMES = (
    "as-of",
    "states",
    "prior-predictive",
    "posterior-predictive",
    "power-scaling",
    "assumptions",
    "leave-out-indicator",
    "leave-out-document",
    "sbc",
)
"""Those of `forecast.checks.run`, in its order: importing that takes the model. A test holds them together."""


def read_trust(
    connection: Connection,
    posteriors: Posteriors,
    today: date,
    *,
    backtest_id: int | None = None,
    case_id: str | None = None,
    structures: bool = True,
) -> Trust:
    """Everything that was measured of a case, up to ``today``.

    Parameters
    ----------
    posteriors : where the arrays of backtests lie
    backtest_id : a stored backtest; by default the one the sentence is of
    structures : whether other structures of the model are compared as well, which takes as long again for each

    Raises
    ------
    NoBacktest
        if none is stored or shipped for this case, or none with this number, or it lacks Parley or a naive forecast
    db.errors.StoreError
        if there is no such case, or the file of the backtest is missing
    """
    case = read_case(connection, case_id)
    moment = read_moment(connection, case, today)
    quality = read_quality(connection, case_id=case.case_id, moment=moment)
    source, backtest = read_backtest(connection, posteriors, case, quality, backtest_id)
    targets = judged_targets(case.headline)
    comparisons = compare_all(backtest, targets)
    calibrations = calibrate_all(backtest, targets)
    timelines = [draw_timeline(backtest, target) for target in targets]
    return Trust(
        case_id=case.case_id,
        case_name=case.name,
        case_hash=case.case_hash,
        headline=case.headline,
        model_version=model_version(),
        quality=quality,
        by_other_model=(moment and moment.structure and other_model_sentence(moment.structure)) or None,
        track=_track(read_track(connection, today, case.case_id)),
        source=source,
        rule=RULE,
        bounds=tuple(bound for target in targets for bound in judge(target, comparisons, calibrations)),
        comparisons=comparisons,
        structures=compare_structures(backtest, targets) if structures else (),
        times=compare_times(backtest, targets),
        scenarios=compare_scenarios(backtest),
        calibrations=calibrations,
        timelines=tuple(timeline for timeline in timelines if timeline is not None),
        bands=tuple(
            Banded(case.headline, days, situation, bands_of(backtest, Selection(case.headline, days, situation)))
            for days in backtest.days()
            for situation in SITUATIONS
        ),
        checks=_read_checks(connection, case.case_id),
    )


def alike_in(trust: Trust, moment: Moment) -> Alike | None:
    """What came of the headline's forecasts like that of ``moment``; None where there was none in its situation."""
    mine = (moment.target, moment.situation, "all")
    found = {one.horizon_days: one for one in trust.comparisons if (one.target, one.situation, one.era) == mine}
    days = nearest(found, moment.days)
    if days is None:
        return None
    one, source = found[days], trust.source
    bands = [each.bands for each in trust.bands if (each.horizon_days, each.situation) == (days, moment.situation)]
    return Alike(
        target=moment.target,
        horizon_days=days,
        asked_days=moment.days,
        situation=moment.situation,
        kind=source.kind,
        origins=source.origins,
        first=source.first,
        last=source.last,
        n=one.n,
        spells=one.spells,
        mean_forecast=one.mean_forecast,
        frequency=one.frequency.value,
        log_score=one.log_score,
        naive_log_score=one.naive_log_score,
        difference=one.difference.value,
        low=one.difference.low,
        high=one.difference.high,
        p=moment.p,
        band=find_band(bands[0], moment.p),
    )


def as_json(trust: Trust) -> dict[str, Any]:
    """The names other programs use: add, never rename."""
    found = asdict(trust)
    found["quality"] = {
        "sentence": quality_sentence(trust.quality),
        "model_version": trust.quality.model_version,
        "evaluation_id": trust.quality.evaluation_id,
        "as_of": trust.quality.as_of,
        "note": quality_note(trust.quality) or None,
        "alike": found["quality"]["alike"],
        "structure": trust.quality.structure,
    }
    return found


def _track(record: TrackRecord | Unscored) -> Track:
    sentence = track_sentence(record)
    if isinstance(record, Unscored):
        structure = present_structure()
        return Track(sentence=sentence, rule=None, counts=None, lines=(), scenarios=(), pending=0, structure=structure)
    return Track(
        sentence=sentence,
        rule=TRACK_RULE,
        counts=record.counts,
        lines=record.lines,
        scenarios=record.scenarios,
        pending=len(record.pending),
        structure=record.structure,
        others=tuple(_track(one) for one in record.others),
    )


def _read_checks(connection: Connection, case_id: str) -> tuple[Checked, ...]:
    """Every check once, each from the newest evaluation in which it was run."""
    found: dict[str, Checked] = {}
    for row in read_evaluations(connection, case_id, kind="check"):
        results: Any = row.result["checks"]
        for result in results:
            found.setdefault(result["name"], _checked(row, result))
    missing = {name: _not_run(name) for name in CHECK_NAMES if name not in found}
    return tuple((found | missing)[name] for name in dict.fromkeys((*CHECK_NAMES, *found)))


def _checked(row: EvaluationRow, result: Mapping[str, Any]) -> Checked:
    return Checked(
        name=str(result["name"]),
        verdict=_VERDICTS[result["passed"]],
        sentence=str(result["sentence"]),
        as_of=row.as_of,
        recorded_at=row.recorded_at,
        code_version=row.code_version,
        model_version=row.model_version,
    )


def _not_run(name: str) -> Checked:
    return Checked(
        name=name,
        verdict=NOT_RUN,
        sentence=f"not run; run `parley check {name}`",
        as_of=None,
        recorded_at=None,
        code_version=None,
        model_version=None,
    )
