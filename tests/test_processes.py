"""One table of processes: density, simulator, layout and description say the same of each."""

import numpy as np
import pytest
from problems import SHIPPED, Solved

from models.describe import describe
from models.parameters import unpack
from models.processes import BASE, PROCESSES, STRUCTURE
from models.simulate import _daily_rates, daily_levels
from models.spec import EFFECT_TARGETS, TARGETS


def test_the_simulator_draws_from_the_rates_of_the_density(solved_shipped: Solved) -> None:
    """On cells of one day, whose levels are those of the day: the terms of silence, pace and momentum aside."""
    problem, density = solved_shipped.problem, solved_shipped.fit.density
    par = solved_shipped.fit.draw(1, 4).aimed(density.directions)
    levels = daily_levels(problem, density)
    rates = _daily_rates(problem, density, levels, par)
    checked = 0
    for process, rows in zip(PROCESSES, density._rows(par), strict=True):
        if process.marks:
            continue
        cells, part = getattr(density.exposure, process.rows), density.parts[process.name]
        mine = np.ones(len(cells.days), dtype=bool) if process.framing is None else cells.framing == process.framing
        single = part.days == 1
        day = cells.start[mine][single] - int(levels.days[0])
        slopes = [np.atleast_2d(getattr(par, term.parameter))[0, term.place] for term in process.terms]
        terms = part.columns[single] @ np.array(slopes)
        assert np.log(rates[process.name][day]) + terms == pytest.approx(rows.eta[single], rel=1e-9)
        checked += int(single.sum())
    assert checked > 50


def test_every_process_has_its_places_its_rows_and_its_line(solved_shipped: Solved) -> None:
    problem, density = solved_shipped.problem, solved_shipped.fit.density
    text, size = describe(problem, density), density.layout.size
    for process in PROCESSES:
        assert f"{process.name} " in text
        places = [density.layout.base(process), *(density.layout.coefficient(term) for term in process.terms)]
        assert all(0 <= place < size for place in places)
        part = density.parts[process.name]
        assert len(part.days) > 0
        assert part.columns.shape == (len(part.days), len(process.terms))
        assert process.base in BASE or process.base == "change"


def test_draws_lie_in_the_units_of_their_parameters(solved_shipped: Solved) -> None:
    layout = solved_shipped.fit.density.layout
    theta = 3 * np.random.default_rng(5).standard_normal((200, layout.size))
    p = unpack(theta, layout, SHIPPED)
    assert p.duration.min() >= 0
    assert 0 <= p.change.min() <= p.change.max() <= 1
    assert p.unit.min() > 0


def test_targets_have_one_order() -> None:
    assert tuple(target for target in TARGETS if target in EFFECT_TARGETS) == EFFECT_TARGETS
    assert STRUCTURE == 2
