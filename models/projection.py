"""From draws and filtered states to probabilities of targets and scenarios.

For each draw of the parameters some paths of what is still open are simulated — the levels of the indicators from their
filtered states, the regime beyond its current knot — and the chains of talks, contact and crisis are propagated exactly
along each. P(event | draw) is their average. The random numbers depend on the seed alone (common random numbers).
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, is_dataclass, replace

import numpy as np

from models.ahead import (
    Ahead,
    Effects,
    Factors,
    effects_of,
    expected_of,
    factors_of,
    grid_days,
    levels_of,
    look_again,
    look_ahead,
    regime_paths,
    suppose,
    swings_of,
    terms_of,
)
from models.chain import TalksRates
from models.deviations import deviations, with_columns, with_deviations
from models.happenings import follow_recurrent_through, follow_talks_through
from models.known import Known, read_known
from models.lanes import LANES, lanes_of
from models.overlay import Happening, LevelPath, Overlay, level_paths, overlaid
from models.parameters import Parameters
from models.predictors import Levels, Swings, Terms, fill_rates, swing
from models.processes import RECURRENT
from models.spec import SCENARIOS, TARGETS, Floats, Ints, Problem
from models.states import FilteredStates
from models.structure import Structure
from models.talks import ARMS, DEAL, DENUC, GOING_ON, LIMITS, S2, S3, S4

CHUNK = 250
"""Draws whose random numbers come together; they are kept by `prepare`, and by `project` for the time that it takes."""
THREADS = 2


@dataclass(frozen=True, slots=True)
class Projection:
    """Probabilities given each draw."""

    targets: Floats  # (draw, target, horizon), in the order of TARGETS
    scenarios: Floats  # (draw, scenario, horizon)
    p_dry: Floats  # (draw,) P(dry on the as-of date)
    log_weight: Floats  # (draw,) log likelihood of what is known of the days between those attested and the as-of date
    foreseen: Floats  # (draw,) P(the events that are supposed to be seen); 1 where there are none


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunk:
    """Some of the draws, with all of their futures that no observation changes."""

    first: int
    """Place of the first of them."""
    effects: Effects
    noise: Floats  # (path, grid day, draw, indicator) standard normal
    regime: Floats  # (path, draw, knot)
    terms: Terms
    factors: Factors


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moves:
    """The predictors of a chunk as some indicators move them."""

    levels: Levels
    swings: Swings
    sums: list[Floats]  # (column, grid day, lane) of the deviations, for paths that stand side by side

    def joined(self, other: "_Moves") -> "_Moves":
        """Those of both, of other indicators, in the arrays of the other."""
        for mine, theirs in zip((self.levels.expected, *self.sums), (other.levels.expected, *other.sums), strict=True):
            theirs += mine
        return other


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What a projection takes that observations do not change, ready for one filter after another."""

    problem: Problem
    filtered: FilteredStates
    parameters: Parameters
    structure: Structure
    paths: int
    seed: int
    ahead: Ahead
    chunks: tuple[_Chunk, ...]

    def serves(self, problem: Problem) -> bool:
        """Whether the problem differs from the prepared one in its observations and judgements at most."""
        mine = self.problem
        return _same(mine, replace(problem, observations=mine.observations, judgements=mine.judgements))

    def project(self, problem: Problem, filtered: FilteredStates) -> Projection:
        """What `project` gives, bit for bit, in less time; by `project` itself where this does not serve the problem.

        Any indicators may differ from the prepared states; those whose rows do are predicted anew.
        """
        if not self.serves(problem):
            return project(problem, filtered, self.parameters, self.structure, paths=self.paths, seed=self.seed)
        return self._evaluate(look_again(self.ahead, problem, self.filtered, filtered))

    def suppose(self, indicator: int, mean: float, variance: float) -> Projection:
        """The projection had an indicator this state on the as-of date, by what became known on that day.

        What a row does that is known on the as-of date, a revision or a retraction among them: whatever of the past it
        tells, days before see nothing of it. Within 1e-9 of what filtering the rows would give.
        """
        return self._evaluate(suppose(self.ahead, self.problem, indicator, mean, variance))

    def suppose_each(self, indicator: int, states: Iterable[tuple[float, float]]) -> Generator[Projection]:
        """The same for many means and variances of an indicator, each in less time, to the last digits but one.

        A state is asked for when its projection is.
        """
        only = np.array([indicator])
        others = np.delete(np.arange(self.problem.catalogue.size), only)
        with ThreadPoolExecutor(THREADS) as pool:

            def moved(ahead: Ahead, by: Ints) -> list[_Moves]:
                return [_move(self.problem, ahead, chunk, self.structure, by, pool) for chunk in self.chunks]

            rest = moved(self.ahead, others)
            for mean, variance in states:
                ahead = suppose(self.ahead, self.problem, indicator, mean, variance)
                yield _join(
                    [
                        _outcome(self.problem, ahead, chunk, a.joined(b), pool)
                        for chunk, a, b in zip(self.chunks, rest, moved(ahead, only), strict=True)
                    ]
                )

    def overlaid(self, overlay: Overlay) -> Projection:
        """The projection with what is supposed of the days ahead; with nothing supposed, what `project` gives."""
        return next(self.overlaid_each((overlay,)))

    def overlaid_each(self, overlays: Iterable[Overlay]) -> Generator[Projection]:
        """The same of many suppositions, each in less time; whatever is not supposed has the same random numbers."""
        every = np.arange(self.problem.catalogue.size)
        with ThreadPoolExecutor(THREADS) as pool:
            whole = [_move(self.problem, self.ahead, chunk, self.structure, every, pool) for chunk in self.chunks]
            for overlay in overlays:
                paths = level_paths(self.problem, self.ahead, overlay)
                ahead = overlaid(self.problem, self.ahead, paths)
                happening = tuple(sorted(overlay.happening, key=lambda one: one.day))
                yield _join(
                    [
                        _outcome(
                            self.problem,
                            ahead,
                            chunk,
                            self._supposed(ahead, chunk, moves, paths, pool),
                            pool,
                            happening,
                        )
                        for chunk, moves in zip(self.chunks, whole, strict=True)
                    ]
                )

    def _supposed(
        self, ahead: Ahead, chunk: _Chunk, whole: _Moves, paths: Sequence[LevelPath], pool: ThreadPoolExecutor
    ) -> _Moves:
        """What all indicators do to the predictors of a chunk, from what they do where nothing is supposed."""
        if not paths:
            return whole
        problem, last, draws = self.problem, int(ahead.days[-1]), chunk.regime.shape[1]
        moved = np.array([one.indicator for one in paths])
        own = _move(problem, self.ahead, chunk, self.structure, moved, pool)
        expected = expected_of(problem, ahead, chunk.effects, self.structure, moved)
        found = [
            deviations(problem, one, chunk.noise[..., one.indicator], last, (self.seed, chunk.first)) for one in paths
        ]
        lanes = [np.divmod(each, draws) for each in lanes_of(len(chunk.regime) * draws)]
        return _Moves(
            levels=whole.levels._replace(expected=whole.levels.expected - own.levels.expected + expected),
            swings=with_columns(problem, ahead, whole.swings, found),
            sums=[
                with_deviations(every - mine, chunk.effects, found, *at)
                for every, mine, at in zip(whole.sums, own.sums, lanes, strict=True)
            ],
        )

    def _evaluate(self, ahead: Ahead) -> Projection:
        with ThreadPoolExecutor(THREADS) as pool:
            return _join([_evaluate(self.problem, ahead, chunk, self.structure, pool) for chunk in self.chunks])


def prepare(
    problem: Problem,
    filtered: FilteredStates,
    parameters: Parameters,
    structure: Structure,
    *,
    paths: int,
    seed: int,
) -> Prepared:
    """Keep what projections of this situation share: noise, regime, effects and the states of the indicators.

    Parameters and shapes as of `project`. Worth it where several projections follow whose problems differ in
    observations alone: same as-of date, record, horizons and what has been looked at. The noise is kept: a number for
    each draw, path, week and indicator.
    """
    ahead = look_ahead(problem, filtered)
    with ThreadPoolExecutor(THREADS) as pool:
        chunks = tuple(_chunks(problem, ahead, parameters, structure, paths=paths, seed=seed, pool=pool))
    return Prepared(
        problem=problem,
        filtered=filtered,
        parameters=parameters,
        structure=structure,
        paths=paths,
        seed=seed,
        ahead=ahead,
        chunks=chunks,
    )


def project(
    problem: Problem,
    filtered: FilteredStates,
    parameters: Parameters,
    structure: Structure,
    *,
    paths: int,
    seed: int,
    report: Callable[[int, int], None] | None = None,
) -> Projection:
    """Project ``paths`` simulated futures for every draw.

    Parameters
    ----------
    parameters : draws of the posterior; their number is the draw dimension of the result
    paths : simulated paths of levels and regime per draw, at least 1
    seed : of the common random numbers
    report : told (jobs done, jobs in all)
    """
    ahead, found = look_ahead(problem, filtered), []
    with ThreadPoolExecutor(THREADS) as pool:
        for chunk in _chunks(problem, ahead, parameters, structure, paths=paths, seed=seed, pool=pool):
            found.append(_evaluate(problem, ahead, chunk, structure, pool))
            if report is not None:
                report(len(found), -(-len(parameters.unit) // CHUNK))
    return _join(found)


def _join(parts: list[Projection]) -> Projection:
    return Projection(*(np.concatenate([getattr(part, name) for part in parts]) for name in Projection.__slots__))


def _same(a: object, b: object) -> bool:
    """Whether two specifications are equal in every field, arrays by their values."""
    if a is b:
        return True
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return np.array_equal(a, b)
    if is_dataclass(a) and type(a) is type(b):
        return all(_same(getattr(a, each.name), getattr(b, each.name)) for each in fields(a))
    return a == b


def _chunks(
    problem: Problem,
    ahead: Ahead,
    parameters: Parameters,
    structure: Structure,
    *,
    paths: int,
    seed: int,
    pool: ThreadPoolExecutor,
) -> Iterator[_Chunk]:
    """The draws, `CHUNK` at a time. The random numbers of a chunk are those of its place, path by path."""
    draws, size = len(parameters.unit), problem.catalogue.size
    regime = regime_paths(problem, parameters, structure, ahead, paths, seed)
    begins, days = range(0, draws, CHUNK), grid_days(problem, ahead)
    seeds = np.random.SeedSequence(seed).spawn(len(begins) * paths)
    for c, begin in enumerate(begins):
        part = parameters.take(slice(begin, begin + CHUNK))
        # Drawn day by day: a later end of the path then leaves the noise of the days before it as it was.
        shape = (days, len(part.unit), size)

        def draw(of: np.random.SeedSequence, shape: tuple[int, ...] = shape) -> Floats:
            return np.random.default_rng(of).standard_normal(shape)

        yield _Chunk(
            first=begin,
            effects=effects_of(part, structure),
            noise=np.stack(list(pool.map(draw, seeds[c * paths : (c + 1) * paths]))),
            regime=np.ascontiguousarray(regime[:, begin : begin + CHUNK]),
            terms=terms_of(problem, ahead, part, structure.priors),
            factors=factors_of(problem, ahead, part, structure.priors),
        )


def _evaluate(
    problem: Problem, ahead: Ahead, chunk: _Chunk, structure: Structure, pool: ThreadPoolExecutor
) -> Projection:
    """The projection of a chunk."""
    every = np.arange(problem.catalogue.size)
    return _outcome(problem, ahead, chunk, _move(problem, ahead, chunk, structure, every, pool), pool)


def _move(
    problem: Problem, ahead: Ahead, chunk: _Chunk, structure: Structure, indicators: Ints, pool: ThreadPoolExecutor
) -> _Moves:
    """What some indicators do to the predictors of a chunk."""
    paths, draws = chunk.regime.shape[:2]
    swings = swings_of(problem, ahead, chunk.effects, chunk.noise)
    lanes = [np.divmod(each, draws) for each in lanes_of(paths * draws)]
    return _Moves(
        levels=levels_of(problem, ahead, chunk.effects, chunk.regime, structure)._replace(
            expected=expected_of(problem, ahead, chunk.effects, structure, indicators)
        ),
        swings=swings,
        sums=list(pool.map(lambda at: swing(swings, *at, indicators), lanes)),
    )


def _outcome(
    problem: Problem,
    ahead: Ahead,
    chunk: _Chunk,
    moves: _Moves,
    pool: ThreadPoolExecutor,
    happening: Sequence[Happening] = (),
) -> Projection:
    """Where the chains of a chunk lead: of each draw the mean over its paths."""
    paths, draws = chunk.regime.shape[:2]
    known = read_known(problem, ahead.windows)

    def follow(some: list[tuple[Ints, Floats]]) -> list[tuple[Floats, ...]]:
        days, rows = len(ahead.days), GOING_ON + 2 * chunk.terms.pace.shape[1]
        rates, recurring = np.empty((days, rows, LANES)), np.empty((len(RECURRENT), days, LANES))
        found: list[tuple[Floats, ...]] = []
        for lanes, sums in some:
            path, draw = np.divmod(lanes, draws)
            fill_rates(moves.levels, moves.swings, sums, chunk.terms, path, draw, rates, recurring)
            found.append(
                _follow(
                    rates=rates,
                    recurring=recurring,
                    factors=chunk.factors,
                    draw=draw,
                    known=known,
                    happening=happening,
                    as_of=problem.as_of,
                )
            )
        return found

    blocks = list(zip(lanes_of(paths * draws), moves.sums, strict=True))
    each = -(-len(blocks) // THREADS)
    jobs = [blocks[first : first + each] for first in range(0, len(blocks), each)]
    found = [one for some in pool.map(follow, jobs) for one in some]
    position = np.searchsorted(ahead.windows, [h.days for h in problem.horizons])
    targets, scenarios, p_dry, log_weight, foreseen = (
        np.concatenate([part[k] for part in found], axis=-1)[..., : paths * draws] for k in range(5)
    )
    # Up to the as-of date all paths of a draw are one, so that their means of the log likelihood are the number itself.
    return Projection(
        *(
            np.ascontiguousarray(np.moveaxis(values.reshape(*values.shape[:-1], paths, draws).mean(axis=-2), -1, 0))
            for values in (targets[:, position], scenarios[:, position], p_dry, log_weight, foreseen)
        )
    )


def _follow(
    *,
    rates: Floats,
    recurring: Floats,
    factors: Factors,
    draw: Ints,
    known: Known,
    happening: Sequence[Happening],
    as_of: int,
) -> tuple[Floats, ...]:
    """Paths side by side: targets (target, window, lane), scenarios; p_dry, log weight and foreseen, (lane,) each."""
    talks, p_dry, log_weight, seen = follow_talks_through(
        TalksRates(
            daily=rates[known.talks_from :],
            slow=np.ascontiguousarray(factors.slow[draw].T),
            pull=np.ascontiguousarray(factors.pull[:, draw].transpose(0, 2, 1)),
            change=factors.change[draw],
        ),
        known.talks,
        [one for one in happening if one.kind == "talks"],
        as_of,
    )
    happened = []
    for k, (kind, one) in enumerate(zip(RECURRENT, known.recurrent, strict=True)):
        events = [each for each in happening if each.kind == kind]
        out, weight, likely = follow_recurrent_through(
            recurring[k, one.begin :], factors.boost[draw, k], one, events, as_of, known.talks.windows
        )
        happened.append(out)
        log_weight += weight
        seen = seen + likely
    return (*_collect(talks, *happened), p_dry, log_weight, np.exp(seen))


def _collect(talks: Floats, contact: Floats, crisis: Floats) -> tuple[Floats, Floats]:
    """Targets in the order of TARGETS and scenarios in the order of SCENARIOS, (…, window, lane)."""
    of_target = {
        "arms_control_talks": talks[:, ARMS],
        "denuclearisation_talks": talks[:, DENUC],
        "limits_talks": talks[:, LIMITS],
        "contact": contact,
        "deal": talks[:, DEAL],
        "crisis": crisis,
    }
    none = 1 - talks[:, LIMITS]
    of_scenario = {
        "S0": none * (1 - crisis) * (1 - contact),
        "S1": none * (1 - crisis) * contact,
        "S2": talks[:, S2],
        "S3": talks[:, S3],
        "S4": talks[:, S4],
        "S5": none * crisis,
    }
    return (
        np.stack([of_target[t] for t in TARGETS], axis=0),
        np.stack([of_scenario[s] for s in SCENARIOS], axis=0),
    )


def mean_with_error(values: Floats, chains: int) -> tuple[float, float]:
    """Mean of P(event | draw) over the draws of all chains, (draw,), and its Monte-Carlo standard error.

    sd / sqrt(effective sample size), since draws of a chain depend on each other. Vehtari et al. (2021),
    doi:10.1214/20-BA1221.
    """
    from arviz_stats import mcse  # half a second that a projection without a fit does without

    return float(values.mean()), float(mcse(values.reshape(chains, -1), method="mean"))


def weighted_error(weights: Floats, values: Floats) -> Floats:
    """Monte-Carlo standard error of weighted means over independent draws, the first dimension of `values`.

    sqrt(Σ w² (x - Σ w x)²) for weights that sum to 1, (draw,).
    """
    away = values - np.tensordot(weights, values, axes=1)
    return np.asarray(np.sqrt(np.tensordot(weights**2, away**2, axes=1)))
