"""A provisional forecast: the filter and the projection, with the posterior of the last full update.

An observation moves the levels at once and the effects hardly at all, so its answer needs no fit. To come in a
fraction of a second the projection takes a hundred of the posterior's draws, weighted so that, for what the full update
had read, they say what it said (`models.raking`). Old and new use the same draws and random numbers: what an entry
moves is known far better than the level it moves from.

What happens, and what is attested, also teaches the rates: two thousand draws are then weighed by it, or by as much of
it as they can stand for (`models.unattested`). How far somebody looked at unattested days, and how old these are, is
held as it was when the full update was made.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection

from db.errors import StoreError
from db.posteriors import Posteriors, opened
from db.read_runs import read_standing, read_targets
from db.run_rows import RunRow
from forecast.engine.answers import DRAWS, EXACT, PATHS, UNPUBLISHED, Provisional, Shift
from forecast.engine.assemble import Rows, inputs_hash, read_rows
from forecast.engine.draws import read_draws
from forecast.engine.looking import find_looked, reporting_of
from forecast.engine.reading import NOTHING_OBSERVED, Reading, Solvable, take_reading
from forecast.engine.rows import QUANTILES, new_run, reach_of, scenario_rows, state_rows, target_rows
from forecast.errors import NoPosterior, NotEnough
from forecast.run_facts import read_when
from forecast.structures import is_present, structure_of
from forecast.words.english.model import other_model
from indicators.content import Reporting
from models.baselines import base_rate
from models.importance import Weighed, weigh, weigh_in_part
from models.parameters import Parameters, pack
from models.projection import Prepared, Projection, prepare, weighted_error
from models.raking import rake
from models.spec import TARGETS, Floats, Meetings, Problem, Record
from models.states import FilteredStates
from models.structure import SHIPPED, directions_of, whiten_judgements
from models.unattested import log_likelihood

TAUGHT_DRAWS = 2000
"""Draws where they are weighed by what has happened since, or has been attested."""
NEARLY_ALL = 0.95
"""Share of the fewer draws that must stay effective for them to do, where the entry itself teaches nothing."""
_ALIKE = 1e-9
_KEPT = 8
_GROUNDS = 2
"""Situations kept ready, each of some megabytes: that before an event and that after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the forecast stands for what is on file."""

    problem: Problem
    name: str
    """The hash of its inputs."""
    filtered: FilteredStates
    projection: Projection
    log_likelihood: Floats  # (draw,) of what is known of the days that the full update has not read
    base_rate: Floats  # (target, horizon)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """What forecasts share that differ in their observations alone."""

    held: Problem
    directions: Floats  # (framing, indicator)
    prepared: Prepared
    base_rate: Floats  # (target, horizon)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """Some draws of a published posterior, with the weights under which they say what it said."""

    run: RunRow
    parameters: Parameters
    fitted: Problem
    """What the run had read: where its record ends, and what of later days its fit leans towards."""
    reach: date | None
    """The last day on which somebody had looked, as the run found it."""
    lean: Floats  # (draw,) log of what the fit holds of the days that it has not read
    weights: Floats  # (draw,)
    base: Standing | None  # for what the run had read; None where that cannot be rebuilt, and weights are equal
    errors: Floats  # (target, horizon) Monte-Carlo errors of the run's own means
    kept: "OrderedDict[str, Standing]" = field(default_factory=OrderedDict)  # by inputs hash, the latest few
    grounds: "OrderedDict[str, _Ground]" = field(default_factory=OrderedDict)  # by hash of all but observations

    def stand(self, reading: Solvable, reporting: Mapping[str, Reporting]) -> Standing:
        """Project; what has been asked for lately is kept."""
        if reading.name not in self.kept:
            ground = self._ground(reading, reporting)
            held = replace(ground.held, observations=reading.problem.observations)
            self.kept[reading.name] = Standing(
                problem=reading.problem,
                name=reading.name,
                filtered=reading.filtered,
                projection=ground.prepared.project(held, reading.filtered),
                log_likelihood=self._likelihood(held, reading.filtered, ground.directions),
                base_rate=ground.base_rate,
            )
            _drop_oldest(self.kept, _KEPT)
        return self.kept[reading.name]

    def likelihood(self, reading: Solvable, reporting: Mapping[str, Reporting]) -> Floats:
        """Log likelihood of what is known of the days that the full update has not read, (draw,)."""
        held = self.hold(reading.problem, reporting)
        return self._likelihood(held, reading.filtered, _directions(held))

    def _likelihood(self, held: Problem, filtered: FilteredStates, directions: Floats) -> Floats:
        return log_likelihood(held, filtered, directions, self.parameters, SHIPPED) - self.lean

    def make_ready(self, reading: Reading) -> None:
        """Project where the ground is laid."""
        if reading.solvable is not None and self.fits(reading.rows) and self._has_ground(reading.solvable):
            self.stand(reading.solvable, reporting_of(reading.rows.case.priors))

    def stands_ready(self, before: Reading, after: Reading) -> bool:
        """Whether what moves from one to the other is known in a moment: of the first all, of the second the ground."""
        if before.solvable is None or after.solvable is None or not self.fits(after.rows):
            return False
        return before.solvable.name in self.kept and self._has_ground(after.solvable)

    def prepared_for(self, reading: Solvable, reporting: Mapping[str, Reporting]) -> Prepared:
        """What is on file, ready to be projected with other states."""
        held = self.hold(reading.problem, reporting)
        return prepare(held, reading.filtered, self.parameters, SHIPPED, paths=PATHS, seed=self.run.seed)

    def _has_ground(self, reading: Solvable) -> bool:
        return reading.ground in self.grounds

    def _ground(self, reading: Solvable, reporting: Mapping[str, Reporting]) -> _Ground:
        name = reading.ground
        if name not in self.grounds:
            held = self.hold(reading.problem, reporting)
            self.grounds[name] = _Ground(
                held=held,
                directions=_directions(held),
                prepared=prepare(held, reading.filtered, self.parameters, SHIPPED, paths=PATHS, seed=self.run.seed),
                base_rate=base_rate(reading.problem),
            )
            _drop_oldest(self.grounds, _GROUNDS)
        return self.grounds[name]

    def hold(self, problem: Problem, reporting: Mapping[str, Reporting]) -> Problem:
        """The problem from where the record of the fit ends: what is attested since then is known whole."""
        now, read = problem.record, self.fitted.record
        fitted = replace(
            now,
            talks_span=read.talks_span,
            contact_span=read.contact_span,
            crisis_span=read.crisis_span,
            deal_span=read.deal_span,
        )
        looked = find_looked(as_of=problem.as_of, reporting=reporting, attested=now, fitted=fitted, reach=self.reach)
        return replace(problem, record=fitted, looked=looked)

    def is_taught(self, problem: Problem, reporting: Mapping[str, Reporting]) -> bool:
        """Whether events or attestations have come that the run had not read, and that speak for the rates."""
        held = self.hold(problem, reporting)
        if held.looked is None:
            return False
        bare = (
            replace(each, observations=NOTHING_OBSERVED, looked=None, as_of=0, horizons=())
            for each in (problem, self.fitted)
        )
        now, then = (inputs_hash(each) for each in bare)
        return now != then

    def fits(self, rows: Rows) -> bool:
        """Whether the posterior is of the case as it is now."""
        same = rows.case.case_hash == self.run.case_hash
        return same and self.parameters.weight.shape[2] == len(rows.catalogue)

    def weigh(self, standing: Standing, more: Floats | float = 0.0) -> "Taught":
        """The draws where so much is known, with what the run said of them; its own weights where nothing more is.

        more : (draw,) log of what else speaks for a draw
        """
        base = np.zeros(len(self.weights)) if self.base is None else self.base.log_likelihood
        log_ratio = standing.log_likelihood - base + more
        whole = weigh(log_ratio)
        if whole.even:
            return Taught(self.weights, whole)
        known = whole if whole.trusted else weigh_in_part(log_ratio)
        both = self.weights * known.weights
        return Taught(np.asarray(both / both.sum()), whole)

    def overlooks(self, problem: Problem) -> bool:
        """Whether events on days that the fit read as complete are others than it read: no weight speaks for those."""
        return _read_days(problem.record, self.fitted.record) != _read_days(self.fitted.record, self.fitted.record)


@dataclass(frozen=True, slots=True)
class Taught:
    """The draws of a run by what has become known since."""

    weights: Floats  # (draw,) those of the run among them; of as much of what is known as can be trusted
    whole: Weighed
    """By all that has become known, whether or not the draws can stand for it."""


def _directions(problem: Problem) -> Floats:
    """Where documents point the effects on talks, (framing, indicator)."""
    return directions_of(whiten_judgements(problem.judgements, problem.catalogue.size, SHIPPED.priors), SHIPPED.priors)


def _drop_oldest(kept: "OrderedDict[str, Any]", most: int) -> None:
    while len(kept) > most:
        kept.popitem(last=False)


def _read_days(record: Record, read: Record) -> list[list[tuple[int, ...]]]:
    """Of each type, the events of a record on the days that another attests."""
    meetings = zip(*(getattr(record.meetings, name).tolist() for name in Meetings.__slots__), strict=True)
    of_type = (
        (list(meetings), read.talks_span),
        ([(day,) for day in record.contacts.tolist()], read.contact_span),
        ([(day,) for day in record.crises.tolist()], read.crisis_span),
    )
    return [[event for event in events if span.first <= event[0] <= span.last] for events, span in of_type]


def read_anchor(
    connection: Connection,
    posteriors: Posteriors,
    case_id: str,
    today: date,
    kept: dict[int, Anchor] | None = None,
    *,
    draws: int = DRAWS,
) -> Anchor:
    """So many draws of the last published full run.

    What is made is put into `kept`, by the draws asked for, and taken from it again while that is still the run.

    Raises
    ------
    NoPosterior
        if nothing was published yet, or what was published cannot be used with the case as it is now
    """
    run = read_standing(connection, case_id, today)
    if run is None or run.file_hash is None:
        raise NoPosterior(UNPUBLISHED)
    known = None if kept is None else kept.get(draws)
    if known is not None and known.run.id == run.id:
        return known
    if not is_present(run):  # before its posterior is read, which may hold other parameters
        raise NoPosterior(f"run {run.id} is {other_model(structure_of(run))}")
    try:
        with opened(connection, posteriors, run.file_hash) as path:
            drawn = read_draws(path, draws)
    except StoreError as error:
        raise NoPosterior(f"no provisional forecast: {error}") from None
    if drawn.parameters is None:
        raise NoPosterior(f"run {run.id} was made by another model; run `parley update` for a forecast by this one")
    anchor = _anchored(connection, run, drawn.parameters, drawn.slant)
    if kept is not None:
        kept[draws] = anchor
    return anchor


def read_anchor_for(
    readings: Sequence[Reading],
    connection: Connection,
    posteriors: Posteriors,
    case_id: str,
    today: date,
    kept: dict[int, Anchor] | None = None,
) -> Anchor:
    """The same with draws enough for what is on file: more of them where events or attestations teach the rates.

    What the fewer draws tell decides, whatever is kept: so every desk answers the same entry with the same draws.
    """
    anchor = read_anchor(connection, posteriors, case_id, today, kept)
    if not learns(anchor, readings):
        return anchor
    return read_anchor(connection, posteriors, case_id, today, kept, draws=TAUGHT_DRAWS)


def prepare_standing(anchor: Anchor, reading: Reading) -> tuple[Prepared, Floats]:
    """What is on file, ready to be projected again and again, and the weights of the draws, (draw,).

    Raises
    ------
    NoPosterior
        if the rows make no problem, or the case is no longer the one the posterior was made for
    """
    if reading.solvable is None:
        raise NoPosterior(f"no provisional forecast: {reading.lacking}")
    check_case(anchor, reading.rows)
    reporting = reporting_of(reading.rows.case.priors)
    weights = anchor.weigh(anchor.stand(reading.solvable, reporting)).weights
    return anchor.prepared_for(reading.solvable, reporting), weights


def learns(anchor: Anchor, readings: Sequence[Reading]) -> bool:
    """Whether what the run had not read tells its draws apart by more than few of them can carry.

    That is so of an entry that itself teaches, and of others for as long as what has happened before them weighs.
    """
    known = [
        (each.solvable, reporting_of(each.rows.case.priors))
        for each in readings
        if each.solvable is not None and anchor.fits(each.rows)
    ]
    if not any(anchor.is_taught(each.problem, reporting) for each, reporting in known):
        return False
    standings = [anchor.stand(each, reporting) for each, reporting in known]
    first = standings[0].log_likelihood
    if any(np.ptp(each.log_likelihood - first) > _ALIKE for each in standings):
        return True
    return anchor.weigh(standings[0]).whole.effective < NEARLY_ALL * len(anchor.weights)


def _anchored(connection: Connection, run: RunRow, parameters: Parameters, slant: Floats | None) -> Anchor:
    """Weights that reproduce the run, if what it had read can be read again."""
    equal = np.full(len(parameters.unit), 1 / len(parameters.unit))
    reading = take_reading(read_rows(connection, read_when(run), case_id=run.case_id))
    if reading.solvable is None:
        raise NotEnough(reading.lacking)
    rows, problem = reading.rows, reading.solvable.problem
    published = {(row.target, row.horizon_days, row.deadline): row for row in read_targets(connection, run.id)}
    found = [[published.get((target, *reach_of(horizon))) for horizon in problem.horizons] for target in TARGETS]
    anchor = Anchor(
        run=run,
        parameters=parameters,
        fitted=problem,
        reach=reading.reach,
        lean=np.zeros(len(equal)) if slant is None else pack(parameters, SHIPPED) @ slant,
        weights=equal,
        base=None,
        errors=np.zeros((len(TARGETS), len(problem.horizons))),
    )
    if reading.solvable.name != run.inputs_hash or not all(all(line) for line in found):
        return anchor
    means = np.array([[row.mean if row else 0.0 for row in line] for line in found])
    errors = np.array([[row.mcse if row else 0.0 for row in line] for line in found])
    base = anchor.stand(reading.solvable, reporting_of(rows.case.priors))
    tolerance = np.maximum(errors, 1e-4)
    tolerance[TARGETS.index(rows.case.headline)] = EXACT
    known = weigh(base.log_likelihood)
    weights = rake(base.projection.targets.reshape(len(equal), -1), means.ravel(), tolerance.ravel(), known.weights)
    return replace(anchor, weights=weights, base=base, errors=errors)


def shift(anchor: Anchor, before: Reading, after: Reading, recorded_at: datetime | None) -> Provisional:
    """The forecast from `after`, and what it moved from.

    Raises
    ------
    NoPosterior
        if the rows make no problem, or the case is no longer the one the posterior was made for
    """
    if before.solvable is None or after.solvable is None:
        raise NoPosterior(f"no provisional forecast: {before.lacking or after.lacking}")
    check_case(anchor, after.rows)
    old = anchor.stand(before.solvable, reporting_of(before.rows.case.priors))
    new = anchor.stand(after.solvable, reporting_of(after.rows.case.priors))
    before_it, taught = anchor.weigh(old), anchor.weigh(new)
    earlier, weights = before_it.weights, taught.weights
    headline, values = after.rows.case.headline, new.projection.targets
    quantiles = np.quantile(values, QUANTILES, axis=0, weights=weights, method="inverted_cdf")
    p_dry = float(weights @ new.projection.p_dry)
    run = new_run(after.rows, new.problem, p_dry, kind="provisional", seed=anchor.run.seed, inputs=new.name)
    means, beside = _mean(weights, values), {"base_rate": new.base_rate}
    return Provisional(
        headline=headline,
        source=anchor.run.id,
        structure=structure_of(anchor.run),
        anchored=anchor.base is not None,
        by_target={target: _shifts((old, earlier), (new, weights), t) for t, target in enumerate(TARGETS)},
        untaught=_untaught(anchor, new, taught.whole),
        done={target: _shifts((old, earlier), (new, earlier), t) for t, target in enumerate(TARGETS)},
        run=replace(run, posterior_hash=anchor.run.posterior_hash, as_recorded=recorded_at),
        targets=tuple(target_rows(new.problem, means, _level_error(anchor, new, weights), quantiles, beside)),
        scenarios=tuple(scenario_rows(new.problem, _mean(weights, new.projection.scenarios))),
        states=tuple(state_rows(after.rows, after.evidence, new.problem, new.filtered)),
    )


def _untaught(anchor: Anchor, new: Standing, whole: Weighed) -> str:
    """What of all that has happened is not in the numbers."""
    run = anchor.run.id
    if anchor.overlooks(new.problem):
        return (
            f"not in these numbers: what is new on days that run {run} had read as complete, and teaches of the rates; "
            "run `parley update`"
        )
    if whole.trusted:
        return ""
    draws = f"{whole.effective:.0f} of {len(whole.weights)} draws would stay effective, Pareto k {whole.k:.2f}"
    return (
        f"only in part in these numbers: what events and attestations since run {run} teach of the rates, which is "
        f"more than its fit can stand for ({draws}); run `parley update`"
    )


def check_case(anchor: Anchor, rows: Rows) -> None:
    if not anchor.fits(rows):
        raise NoPosterior(f"the case has changed since run {anchor.run.id}; run `parley update` for a forecast")


def _mean(weights: Floats, values: Floats) -> Floats:
    return np.asarray(np.einsum("d,dkh->kh", weights, values))


def _shifts(old: tuple[Standing, Floats], new: tuple[Standing, Floats], t: int) -> tuple[Shift, ...]:
    """Of one target; each standing with the weights of the draws in it."""
    (before, _), (after, _) = sides = [(each.projection.targets[:, t], weights) for each, weights in (old, new)]
    assert before.shape == after.shape
    means = [weights @ values for values, weights in sides]
    error = difference_error(*sides)
    rows = zip(new[0].problem.horizons, *means, error, strict=True)
    return tuple(Shift(*reach_of(horizon), float(a), float(b), float(e)) for horizon, a, b, e in rows)


def difference_error(old: tuple[Floats, Floats], new: tuple[Floats, Floats]) -> Floats:
    """Monte-Carlo error of the difference of two weighted means over the same draws, (…).

    That of the sum over draws of w' (x' - m') - w (x - m): what both have in common cancels.
    """
    shares = []
    for values, weights in (old, new):
        away = values - np.tensordot(weights, values, axes=1)
        shares.append(weights.reshape(-1, *[1] * (values.ndim - 1)) * away)
    return np.asarray(np.sqrt(np.square(shares[1] - shares[0]).sum(axis=0)))


def _level_error(anchor: Anchor, new: Standing, weights: Floats) -> Floats:
    """Monte-Carlo error of the means, (target, horizon): the full run's own, and that of the way from there."""
    values = new.projection.targets
    if anchor.base is None or anchor.base.projection.targets.shape != values.shape:
        return weighted_error(weights, values)
    away = difference_error((anchor.base.projection.targets, anchor.weights), (values, weights))
    return np.hypot(anchor.errors, away)
