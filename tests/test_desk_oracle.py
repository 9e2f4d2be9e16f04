"""The desk's answers against all of it made anew: evidence of every row, every filter, whole projections.

The oracle reads the database afresh and projects by the code of the first desk (`oracles.projection`).
"""

import random
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from conftest import PUBLISHED_AS_OF
from oracles.projection import project
from sizes import slow, soak

from db.engine import open_database
from db.read import read_case
from db.when import When
from forecast.desk.actions import Desk, Receipt, add_event, attest, log, retract, revise
from forecast.engine.assemble import assemble, inputs_hash, read_rows
from forecast.engine.looking import reporting_of
from forecast.engine.provisional import PATHS, Anchor, Standing, read_anchor_for
from indicators.content import Reporting
from indicators.disagreements import standing_on
from indicators.evidence import form_evidence
from models.baselines import base_rate
from models.projection import Projection
from models.spec import TARGETS, Horizon
from models.states import filter_states
from models.structure import SHIPPED, directions_of, whiten_judgements

INDICATORS = ("press_tone", "border_posture", "harvest")
SOURCES = ("Gazette", "Leader", "Observers", "Office")
BEGINS = (PUBLISHED_AS_OF, date(2020, 1, 20))
"""The day of the forecast, and one by which half a year has been attested that it had not read, and some weeks not."""
DRAWS_AGREE, MEANS_AGREE = 1e-8, 1e-10
"""A millionth of a point in any draw, a hundredth of that in a mean; probabilities."""


@dataclass(slots=True, kw_only=True)
class Walk:
    """A desk at which somebody does one thing after another, beside a colleague, from day to day."""

    desk: Desk
    colleague: Desk
    rng: random.Random
    day: date
    seen: set[str] = field(default_factory=set)
    worst_draw: float = 0.0
    worst_mean: float = 0.0

    def step(self) -> None:
        acts: dict[Callable[[], Receipt | None], int] = {
            self.code: 24,
            self.try_out: 3,
            self.colleague_codes: 3,
            self.revise: 3,
            self.retract: 2,
            self.happen: 1,
            self.attest: 1,
            self.sleep: 2,
        }
        (act,) = self.rng.choices([*acts], weights=[*acts.values()])
        receipt = act()
        if receipt is not None and receipt.forecast is not None and receipt.stored:
            self.seen.add(receipt.action)
            self.check(receipt)

    def code(self, *, dry_run: bool = False, desk: Desk | None = None) -> Receipt:
        observed = self.day - timedelta(self.rng.choice((0, 0, 1, 3, 30, 200)))
        known = min(self.day, observed + timedelta(self.rng.choice((0, 0, 2, 40))))
        return log(
            self.desk if desk is None else desk,
            self.rng.choice(INDICATORS),
            self.rng.choice((-2, -1, -0.5, 0, 1, 2)),
            on=observed,
            known_on=known,
            source=self.rng.choice(SOURCES),
            grade=self.rng.choice(("A1", "B2", "C3")),
            origin=self.rng.choice((None, None, None, "wire", "Wire", "memo")),
            url=self.rng.choice((None, None, "https://a.org/1")),
            note=str(self.rng.random()),
            dry_run=dry_run,
        )

    def try_out(self) -> Receipt:
        return self.code(dry_run=True)

    def colleague_codes(self) -> None:
        self.code(desk=self.colleague)

    def standing(self) -> int:
        with self.desk.database.read() as connection:
            rows = read_rows(connection, When(as_of=self.day)).observations
        return self.rng.choice([row.id for row in standing_on(rows, self.day)])

    def revise(self) -> Receipt:
        return revise(self.desk, self.standing(), level=self.rng.choice((-1.5, 1.5)), note=str(self.rng.random()))

    def retract(self) -> Receipt:
        return retract(self.desk, self.standing(), "misread")

    def happen(self) -> Receipt:
        kind = self.rng.choice(("contact", "crisis"))
        return add_event(self.desk, kind, on=self.day - timedelta(self.rng.choice((0, 3))), source="Gazette")

    def attest(self) -> Receipt:
        """The days up to the day before, where nobody has."""
        with self.desk.database.read() as connection:
            rows = read_rows(connection, When(as_of=self.day)).completeness
        kind = self.rng.choice(("crisis", "contact"))
        if max(row.complete_through for row in rows if row.type == kind) >= self.day - timedelta(1):
            return self.code()
        return attest(self.desk, self.day - timedelta(1), types=[kind])

    def sleep(self) -> None:
        self.day += timedelta(self.rng.choice((1, 1, 5)))

    def check(self, receipt: Receipt) -> None:
        """Every draw, every mean and the hash of the inputs, of what is on file and of what was before."""
        stored, forecast = self.desk.stored, receipt.forecast
        assert stored is not None
        assert forecast is not None
        with self.desk.database.read() as connection:
            rows = read_rows(connection, When(as_of=self.day), case_id=read_case(connection).case_id)
            anchor = read_anchor_for(
                (stored.before, stored.after), connection, self.desk.database.posteriors, "toy", self.day
            )
        evidence = form_evidence(rows.observations, rows.catalogue, rows.grades, rows.events)
        problem = assemble(rows, evidence)
        assert forecast.run.inputs_hash == inputs_hash(problem)
        assert stored.after.solvable is not None
        mine = anchor_of(self.desk, anchor).kept[stored.after.solvable.name]
        theirs = project_anew(anchor, mine, reporting_of(rows.case.priors))
        for name in ("targets", "scenarios", "p_dry"):
            self.worst_draw = max(
                self.worst_draw, np.abs(getattr(mine.projection, name) - getattr(theirs.projection, name)).max()
            )
        weights = anchor.weigh(theirs).weights
        means = np.einsum("d,dth->th", weights, theirs.projection.targets)
        found = np.array([row.mean for row in forecast.targets]).reshape(len(TARGETS), -1)
        self.worst_mean = max(self.worst_mean, np.abs(found - means).max())
        assert self.worst_draw < DRAWS_AGREE
        assert self.worst_mean < MEANS_AGREE


def anchor_of(desk: Desk, like: Anchor) -> Anchor:
    """That of the desk with as many draws."""
    return next(each for each in desk._anchors.values() if len(each.weights) == len(like.weights))


def project_anew(anchor: Anchor, standing: Standing, reporting: Mapping[str, Reporting]) -> Standing:
    """The same by the code of the first desk, from the observations on."""
    problem = standing.problem
    filtered = filter_states(problem.observations, problem.catalogue)
    held = anchor.hold(problem, reporting)
    near = replace(held, horizons=(Horizon(1),))
    directions = directions_of(whiten_judgements(held.judgements, held.catalogue.size, SHIPPED.priors), SHIPPED.priors)
    likely = (
        project(near, filtered, anchor.parameters.aimed(directions), SHIPPED, paths=1, seed=0).log_weight
        if held.looked is not None
        else np.zeros(len(anchor.weights))
    )
    found = project(held, filtered, anchor.parameters, SHIPPED, paths=PATHS, seed=anchor.run.seed)
    return replace(
        standing,
        filtered=filtered,
        projection=Projection(
            found.targets, found.scenarios, found.p_dry, found.log_weight, np.ones(len(anchor.weights))
        ),
        log_likelihood=likely - anchor.lean,
        base_rate=base_rate(problem),
    )


@pytest.mark.parametrize(("walks", "steps"), [(1, 12), slow(4, 30), soak("desk", 12, 60)])
def test_every_answer_is_what_all_of_it_made_anew_gives(
    published_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, walks: int, steps: int
) -> None:
    monkeypatch.setattr("forecast.engine.provisional.TAUGHT_DRAWS", 300)
    worst_draw = worst_mean = 0.0
    seen: set[str] = set()
    for seed in range(walks):
        folder = tmp_path / str(seed)
        shutil.copytree(published_folder, folder)
        with open_database(f"sqlite:///{folder / 'parley.db'}") as database:
            desk, colleague = Desk(database, "kim"), Desk(database, "lee")
            walk = Walk(desk=desk, colleague=colleague, rng=random.Random(seed), day=BEGINS[seed % 2])
            walk.desk.day = walk.colleague.day = lambda walk=walk: walk.day
            for _ in range(steps):
                walk.step()
        worst_draw, worst_mean = max(worst_draw, walk.worst_draw), max(worst_mean, walk.worst_mean)
        seen |= walk.seen
    print(f"\nworst draw {100 * worst_draw:.1e}, worst mean {100 * worst_mean:.1e} points; {sorted(seen)}")
    if walks > 1:
        assert seen == {"logged", "revised", "retracted", "attested"}
