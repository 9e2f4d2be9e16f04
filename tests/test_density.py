"""One density, three forms: NumPy, compiled and PyMC; its parts against statsmodels and SciPy."""

from ctypes import POINTER, c_double
from dataclasses import fields, replace

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import gradient as oracle
from oracles.density import WholeDensity
from problems import SHIPPED, Solved, make_catalogue, make_observations, make_problem
from scipy.optimize import approx_fprime
from scipy.stats import bernoulli, multivariate_normal, norm

from models.bayes import build_model
from models.compiled import c_functions
from models.density import Density
from models.gradient import compile_density
from models.laplace import build_density, start_at
from models.processes import BASE, EFFECT
from models.sampling import sample
from models.settings import SamplerSettings
from models.spec import Floats, Judgements, Problem
from models.structure import Structure, whiten_judgements

VARIANTS = (
    SHIPPED,
    Structure(moment_term=True),
    Structure(regime=False),
    Structure(indicators=False),
    Structure(continuation_effect=False),
    Structure(duration=False),
    Structure(memory=False),
    Structure(change=False),
)


numbers = st.integers(0, 2**32 - 1)


def _random_problem(rng: np.random.Generator) -> Problem:
    """Whatever a case may hold: one indicator or many, no event or many, rows that fill no block or several."""
    size, days = int(rng.integers(1, 9)), int(rng.integers(100, 1500))
    started = rng.integers(0, days, rng.integers(0, 30))
    meetings = [(int(day), int(day + rng.integers(0, 5)), int(rng.integers(0, 2))) for day in np.sort(started)]
    seen = rng.integers(0, days, rng.integers(0, 40))
    rows = [(int(rng.integers(size)), int(day), int(day), rng.normal(), rng.uniform(0.1, 1)) for day in seen]
    said = int(rng.integers(0, 20))
    problem = make_problem(
        meetings,
        rng.integers(0, days, rng.integers(0, 20)).tolist(),
        rng.integers(0, days, rng.integers(0, 20)).tolist(),
        days=days,
        observations=make_observations(rows),
        catalogue=make_catalogue(rng.random(size) < 0.5, rng.uniform(20, 400, size), rng.integers(0, 60, size)),
        deals=rng.random(len(meetings)) < 0.3,
    )
    judgements = Judgements(
        rng.integers(0, 3, said),
        rng.integers(0, size, said),
        rng.integers(0, 5, said),
        rng.normal(1, 1, said),
        rng.random(said) < 0.5,
    )
    return replace(problem, judgements=judgements)


def _points(density: Density, number: int = 4, spread: float = 0.3) -> Floats:
    noise = np.random.default_rng(2).standard_normal((number, density.layout.size))
    return np.asarray(start_at(density) + spread * noise)


@pytest.mark.parametrize("structure", VARIANTS, ids=lambda s: str(s)[10:60])
def test_the_gradient_is_that_of_the_value(solved_toy: Solved, structure: Structure) -> None:
    """Central differences of a value of some thousands keep about seven digits."""
    density = _leaning(build_density(solved_toy.problem, structure))
    theta, step = _points(density, 1)[0], 1e-5
    numeric = np.array(
        [(density.at(theta + e).value - density.at(theta - e).value) / (2 * step) for e in step * np.eye(len(theta))]
    )
    gradient = density.at(theta).gradient
    assert gradient == pytest.approx(numeric, rel=1e-5, abs=1e-4 * np.abs(gradient).max() / 10)


def test_the_information_is_the_curvature_where_the_data_are_as_expected(solved_toy: Solved) -> None:
    """Fisher information is minus the expected Hessian: it equals it in the rates, which enter linearly."""
    density = build_density(solved_toy.problem, SHIPPED)
    theta, where = _points(density, 1)[0], density.layout.slices["base"]

    def slope(base: Floats) -> Floats:
        there = theta.copy()
        there[where] = base
        return density.at(there).gradient[where]

    hessian = approx_fprime(theta[where], slope, 1e-6)
    assert density.at(theta).information[where, where] == pytest.approx(-hessian, rel=1e-4, abs=1e-3)


def test_the_information_is_symmetric_and_positive(solved_shipped: Solved) -> None:
    density = solved_shipped.fit.density
    for theta in _points(density, 3):
        information = density.at(theta).information
        assert np.array_equal(information, information.T) or np.allclose(information, information.T, rtol=1e-12)
        assert np.linalg.eigvalsh(information).min() > 0


@pytest.mark.parametrize("structure", VARIANTS, ids=lambda s: str(s)[10:60])
def test_few_columns_give_what_the_whole_jacobian_gives(solved_shipped: Solved, structure: Structure) -> None:
    _agree(_leaning(build_density(solved_shipped.problem, structure)), 1)


@settings(max_examples=15)
@given(seed=numbers)
def test_whatever_a_case_holds_few_columns_give_what_the_whole_jacobian_gives(seed: int) -> None:
    rng = np.random.default_rng(seed)
    _agree(build_density(_random_problem(rng), VARIANTS[seed % len(VARIANTS)]), seed)


def _agree(density: Density, seed: int) -> None:
    """Value, gradient, information and spread of the present density and of its oracle."""
    whole = WholeDensity(**{item.name: getattr(density, item.name) for item in fields(density)})
    theta, size = _points(density, 1)[0], density.layout.size
    root = 0.03 * np.random.default_rng(seed).standard_normal((size, size))
    spread = whole.spread(theta, root @ root.T)
    for found, expected in zip(density.spread(theta, root @ root.T), spread, strict=True):
        assert found == pytest.approx(expected, rel=1e-10, abs=1e-13)
    for held in ((), spread):
        ours, theirs = density.at(theta, held), whole.at(theta, held)
        assert ours.value == pytest.approx(theirs.value, rel=1e-12, abs=1e-10)
        for name in ("gradient", "information"):
            expected = getattr(theirs, name)
            assert getattr(ours, name) == pytest.approx(expected, rel=1e-10, abs=1e-12 * np.abs(expected).max())


def _leaning(density: Density) -> Density:
    """With a slope of what no row of the likelihood holds."""
    return replace(density, slant=np.random.default_rng(3).standard_normal(density.layout.size))


@pytest.mark.parametrize("leans", [False, True])
@pytest.mark.parametrize("case", ["solved_toy", "solved_shipped"])
def test_the_compiled_density_is_the_same(case: str, leans: bool, request: pytest.FixtureRequest) -> None:
    density: Density = request.getfixturevalue(case).fit.density
    density = _leaning(density) if leans else density
    compiled = compile_density(density)
    for theta in _points(density):
        expected, (value, gradient) = density.at(theta), compiled(theta)
        assert value == pytest.approx(expected.value, rel=1e-12)
        assert gradient == pytest.approx(expected.gradient, rel=1e-9, abs=1e-9)


@settings(max_examples=25)
@given(seed=numbers)
def test_blocks_give_what_whole_arrays_give(seed: int) -> None:
    rng = np.random.default_rng(seed)
    density = build_density(_random_problem(rng), SHIPPED)
    density = _leaning(density) if seed % 2 else density
    blocked, whole = compile_density(density), oracle.compile_density(density)
    for theta in _points(density, 2, spread=1.0):
        (value, gradient), (expected, slopes) = blocked(theta), whole(theta)
        assert value == pytest.approx(expected, rel=1e-12, abs=1e-10)
        assert gradient == pytest.approx(slopes, rel=1e-11, abs=1e-12 * np.abs(slopes).max())


def test_a_sampler_that_calls_c_gets_the_same_bits_and_is_told_where_there_is_no_value(solved_toy: Solved) -> None:
    density = solved_toy.fit.density
    compiled, (log_density, keep) = compile_density(density), c_functions()
    theta, gradient, value = _points(density, 1)[0], np.empty(density.layout.size), np.empty(1)

    def call(theta: Floats) -> int:
        pointers = [array.ctypes.data_as(POINTER(c_double)) for array in (theta, gradient, value)]
        return int(log_density.ctypes(len(theta), *pointers, compiled.memory.ctypes.data))

    assert call(theta) == 0
    expected, slopes = compiled(theta)
    assert (value[0], gradient.tobytes()) == (expected, slopes.tobytes())
    beyond = theta.copy()
    beyond[density.layout.slices["base"]] = 800.0  # an intensity overflows
    assert call(beyond) > 0
    kept = np.empty_like(theta)
    places = [array.ctypes.data_as(POINTER(c_double)) for array in (theta, kept)]
    assert keep.ctypes(len(theta), len(theta), *places, compiled.memory.ctypes.data) == 0
    assert kept.tobytes() == theta.tobytes()


def test_draws_do_not_depend_on_how_many_chains_run_at_once(solved_toy: Solved) -> None:
    quick = SamplerSettings(chains=3, draws=20, tune=30)
    one, three = (
        sample(solved_toy.problem, solved_toy.fit.density, replace(quick, cores=cores), seed=5)["posterior"]
        for cores in (1, 3)
    )
    assert one["weight"].values.tobytes() == three["weight"].values.tobytes()


def test_only_the_shipped_structure_is_compiled(solved_toy: Solved) -> None:
    with pytest.raises(ValueError, match=r"only the shipped structure has compiled code, not Structure.*regime=False"):
        compile_density(build_density(solved_toy.problem, Structure(regime=False)))


@pytest.mark.parametrize("leans", [False, True])
def test_the_pymc_model_differs_by_a_constant(solved_toy: Solved, leans: bool) -> None:
    """PyMC adds the normalising constants of the normal distributions; in nothing else do the two differ."""
    density = _leaning(solved_toy.fit.density) if leans else solved_toy.fit.density
    model = build_model(solved_toy.problem, density)
    logp = model.compile_logp(mode="FAST_COMPILE")
    own = {
        "log_unit": "unit_log__",
        "log_judgement_sd": "judgement_excess_log__",
        "soft_duration": "duration_soft__",
        "logit_change": "change_logodds__",
    }
    names = {own.get(name, name): where for name, where in density.layout.slices.items()}
    shapes = {name: value.shape for name, value in model.initial_point().items()}
    assert shapes.keys() == names.keys()
    difference = [
        float(logp({name: theta[where].reshape(shapes[name]) for name, where in names.items()}))
        - density.at(theta).value
        for theta in _points(density, 5)
    ]
    assert difference == pytest.approx([difference[0]] * 5, rel=0, abs=1e-8)


def _contact_part(density: Density, theta: Floats) -> tuple[float, Floats]:
    """Value and gradient of contact's likelihood alone: with it, less without it."""
    cells = density.exposure.contact
    nothing = replace(cells, days=np.zeros(len(cells.days)), count=np.zeros(len(cells.days)))
    rest = replace(density, exposure=replace(density.exposure, contact=nothing)).at(theta)
    whole = density.at(theta)
    return whole.value - rest.value, whole.gradient - rest.gradient


def _with_contact(density: Density, free: Floats) -> tuple[Floats, list[int]]:
    """Theta of zeros (unit one, no regime) but for contact's base, momentum and weights, and where those lie."""
    s, n = density.layout.slices, density.layout.indicators
    first = s["weight"].start + EFFECT["contact"] * n
    where = [s["base"].start + BASE["contact"], s["momentum"].start, *range(first, first + n)]
    theta = np.zeros(density.layout.size)
    theta[where] = free
    return theta, where


def test_the_rate_of_contacts_is_a_poisson_regression(solved_shipped: Solved) -> None:
    """statsmodels' GLM with the log of exposure as offset: the same log likelihood, no gradient at its estimate.

    It counts in `count * log(days)`, which no parameter moves; so differences are compared.
    """
    density = solved_shipped.fit.density
    cells = density.exposure.contact
    design = np.column_stack([np.ones(len(cells.days)), cells.recent, cells.states.mean])
    glm = sm.GLM(cells.count, design, family=sm.families.Poisson(), offset=np.log(cells.days))
    points = [np.append([-4.0, 0.3], 0.2 * np.random.default_rng(k).standard_normal(19)) for k in range(3)]
    ours = [_contact_part(density, _with_contact(density, point)[0])[0] for point in points]
    assert np.diff(ours) == pytest.approx(np.diff([glm.loglike(point) for point in points]), rel=1e-9)
    known = [0, 1, *(2 + np.argsort(-np.abs(cells.states.mean).sum(axis=0))[:5])]  # the five that speak most
    offset, estimate = np.log(cells.days), np.zeros(21)
    small = sm.GLM(cells.count, design[:, known], family=sm.families.Poisson(), offset=offset)
    estimate[known] = small.fit(tol=1e-12).params
    theta, where = _with_contact(density, estimate)
    assert np.abs(_contact_part(density, theta)[1][where][known]).max() < 1e-6


def test_marks_are_independent_coins(solved_shipped: Solved) -> None:
    density, where = solved_shipped.fit.density, solved_shipped.fit.density.layout.slices["base"].start + BASE["deal"]
    deals = density.exposure.deals
    states, marked = deals.states, deals.marked
    none = replace(states, mean=states.mean[:0], variance=states.variance[:0], active=states.active[:0])
    gone = replace(deals, states=none, marked=marked[:0], silence=deals.silence[:0], last=deals.last[:0])
    without = replace(density, exposure=replace(density.exposure, deals=gone))
    rng = np.random.default_rng(3)
    for _ in range(3):
        theta, weight, base = np.zeros(density.layout.size), rng.normal(0, 0.3, 19), rng.normal(-2, 1)
        theta[where], theta[EFFECT["deal"] * 19 : EFFECT["deal"] * 19 + 19] = base, weight
        direct = bernoulli.logpmf(marked, 1 / (1 + np.exp(-(base + states.mean @ weight)))).sum()
        assert density.at(theta).value - without.at(theta).value == pytest.approx(direct, rel=1e-9)


def test_whitened_judgements_are_one_normal_with_author_and_shared_effects() -> None:
    """SciPy's multivariate normal with the covariance of author effects, shared errors and bases written out."""
    rng, n, size = np.random.default_rng(6), 14, 3
    said = Judgements(
        rng.integers(0, 4, n), rng.integers(0, size, n), rng.integers(0, 5, n), rng.normal(1, 1, n), rng.random(n) < 0.5
    )
    priors = SHIPPED.priors
    # Each judgement = weight + author's tilt + error shared on its question + its own error.
    author = (said.document[:, None] == np.arange(4)).astype(float)
    question = (said.target * size + said.indicator)[:, None] == np.arange(5 * size)
    covariance = (
        np.diag(np.where(said.explicit, 1.0, priors.inferred_ratio) ** 2)
        + priors.author_ratio**2 * author @ author.T
        + priors.shared_ratio**2 * question.astype(float) @ question.T.astype(float)
    )
    block, ours, theirs = whiten_judgements(said, size, priors), [], []
    for k in range(4):
        weight, sigma = rng.normal(0, 1, 5 * size), 0.5 + 0.3 * k
        ours.append(norm.logpdf(block.value, block.design @ weight, sigma).sum())
        theirs.append(multivariate_normal.logpdf(said.weight, question @ weight, sigma**2 * covariance))
    assert np.diff(ours) == pytest.approx(np.diff(theirs), rel=1e-10)


def test_no_judgement_says_nothing() -> None:
    none = np.empty(0, dtype=np.int64)
    block = whiten_judgements(Judgements(none, none, none, np.empty(0), np.empty(0, dtype=bool)), 3, SHIPPED.priors)
    assert block.design.shape == (0, 15)
    assert block.value.shape == (0,)
