"""Laws of the split between two runs, on desks with real fits: it adds up, and every line is of what it says."""

import itertools
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from conftest import made_once
from toy_runs import add_run, install_toy
from why_worlds import FIT, TOY, Hand, make_shipped, make_toy, opened, runs_by_name

from db.engine import Database, open_database
from db.fill import copy_database
from db.read_runs import read_run, read_runs, read_targets
from db.run_rows import RunRow
from forecast.engine.assemble import assemble, inputs_hash
from forecast.engine.draws import FORECAST
from forecast.engine.fit import fit_problem
from forecast.engine.posterior_file import SAID
from forecast.engine.thinning import thin_posteriors
from forecast.errors import NoForecast, NotExplained
from forecast.facts.why import (
    ALL,
    CHANCE,
    CORRECTION,
    DAYS,
    DOCUMENT,
    ENTRIES,
    EVENT,
    EVENTS,
    FADING,
    LATE,
    LEARNING,
    NO_OVERLAP,
    OBSERVATION,
    OPEN,
    REVISED,
    SILENCE,
    THINNED_BEFORE,
    TIME,
    WITHDRAWN,
    Explanation,
    Line,
)
from forecast.why.differences import find_differences, rows_with
from forecast.why.draws import Base
from forecast.why.explain import explain, explanation_of
from forecast.why.nodes import node
from forecast.why.pairs import choose_pair, published_in_order
from forecast.why.split import Split, read_side, split
from indicators.evidence import form_evidence
from models.attribution import MOST_PAIRS, MOST_VALUES
from models.projection import project
from models.sampling import parameters_of
from models.spec import TARGETS
from models.structure import SHIPPED

HEADLINE = TARGETS.index("arms_control_talks")
CONTACT = TARGETS.index("contact")


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory.getbasetemp(), "why-toy", make_toy)


@pytest.fixture(scope="session")
def shipped_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory.getbasetemp(), "why-shipped", make_shipped)


@pytest.fixture(scope="session")
def toy(toy_folder: Path) -> Iterator[Database]:
    with opened(toy_folder) as database:
        yield database


@pytest.fixture(scope="session")
def shipped(shipped_folder: Path) -> Iterator[Database]:
    with opened(shipped_folder) as database:
        yield database


@pytest.fixture(scope="session")
def runs(toy: Database, toy_folder: Path) -> dict[str, RunRow]:
    return runs_by_name(toy, toy_folder)


@pytest.fixture(scope="session")
def splits(toy: Database, runs: dict[str, RunRow]) -> "Splits":
    return Splits(toy, runs)


class Splits:
    """Splits of the toy desk by the names of the runs, each made once."""

    def __init__(self, database: Database, runs: dict[str, RunRow]) -> None:
        self.database, self.runs = database, runs
        self._known: dict[tuple[str, str], Split] = {}

    def of(self, before: str, after: str) -> Split:
        if (before, after) not in self._known:
            with self.database.read() as connection:
                made = split(connection, self.database.posteriors, self.runs[before], self.runs[after])
            self._known[before, after] = made
        return self._known[before, after]

    def told(self, before: str, after: str) -> Explanation:
        return explanation_of(self.of(before, after))


def explained(database: Database, before: RunRow, after: RunRow) -> Explanation:
    with database.read() as connection:
        return explain(connection, database.posteriors, before, after)


def line_of(found: Explanation, cls: str, kind: str) -> Line:
    (one,) = (line for line in found.of(cls) if line.kind == kind)
    return one


def all_points(lines: tuple[Line, ...]) -> list[float]:
    return [points for line in lines for row in line.points for points in row]


TOY_PAIRS = list(itertools.combinations(sorted(TOY, key=lambda name: TOY[name]), 2))


def check_sums(found: Explanation) -> None:
    """All lines add up to the change, and those of entries to what all draws say of them."""
    assert found.identity < 1e-9
    for line in found.lines:
        if line.rows and line.cls in ENTRIES:
            rows = np.sum([np.array(row.points) for row in line.rows], axis=0)
            np.testing.assert_allclose(rows, np.array(line.points), atol=1e-9)


def check_situation(made: Split) -> None:
    """Law 1: before what was learnt, the lines of the headline add up to the way at the earlier draws."""
    moved = made.moved
    told = moved.silence + moved.days + moved.fading + moved.open + sum(moved.entries.mean.values())
    way = made.known[made.stations.end.name] - made.known[made.stations.start.name]
    assert np.abs(told[0, HEADLINE] - way[HEADLINE]).max() < 1e-9
    np.testing.assert_allclose(told[0] + moved.rest[0], way, atol=1e-12)


def chance_in_sizes(found: Explanation) -> list[float]:
    """What chance made, in its expected sizes, of every target and window where there is any."""
    if found.expected_chance is None:
        return []
    made = np.array(line_of(found, CHANCE, CHANCE).points)
    size = np.array(found.expected_chance)
    return list((made[size > 0] / size[size > 0]).ravel())


@pytest.mark.slow
@pytest.mark.parametrize("part", range(2))
def test_the_lines_of_random_pairs_of_the_toy_desk_add_up(splits: Splits, part: int) -> None:
    sizes = []
    for before, after in random.Random(2).sample(TOY_PAIRS, 14)[part::2]:
        found = splits.told(before, after)
        check_sums(found)
        check_situation(splits.of(before, after))
        sizes += chance_in_sizes(found)
    assert np.mean(np.abs(sizes) <= 3) >= 0.95


@pytest.mark.slow
@pytest.mark.parametrize("part", range(5))
def test_the_lines_of_random_pairs_of_the_shipped_desk_add_up(shipped: Database, part: int) -> None:
    """Thirty pairs in all, with corrections, events, documents and attestations of two analysts between them."""
    with shipped.read() as connection:
        found = published_in_order(connection, "us-dprk")
    pairs = list(itertools.combinations(found, 2))
    random.Random(1).shuffle(pairs)
    sizes = []
    for before, after in pairs[:30][part::5]:
        with shipped.read() as connection:
            made = split(connection, shipped.posteriors, before, after)
        told = explanation_of(made)
        check_sums(told)
        check_situation(made)
        assert len(told.reaches) >= 4
        sizes += chance_in_sizes(told)
    assert not sizes or np.mean(np.abs(sizes) <= 3) >= 0.95


def test_all_differences_make_what_the_later_run_had_read(toy: Database, runs: dict[str, RunRow]) -> None:
    """Law 2, for every pair."""
    with toy.read() as connection:
        sides = {name: read_side(connection, toy.posteriors, run) for name, run in runs.items()}
        for before, after in TOY_PAIRS:
            a, b = sides[before], sides[after]
            differences = find_differences(connection, a.rows, b.rows)
            ground = replace(
                b.rows, observations=a.rows.observations, events=a.rows.events, judgements=a.rows.judgements
            )
            rows = rows_with(ground, differences, {one.key for one in differences})
            evidence = form_evidence(rows.observations, rows.catalogue, rows.grades, rows.events)
            assert inputs_hash(assemble(rows, evidence)) == b.run.inputs_hash


def test_what_was_read_otherwise_is_refused(toy: Database, runs: dict[str, RunRow]) -> None:
    altered = replace(runs["quiet"], inputs_hash="0" * 64)
    with toy.read() as connection, pytest.raises(NotExplained, match=r"^what run \d+ had read cannot be read again"):
        split(connection, toy.posteriors, altered, runs["report"])


def test_projecting_again_gives_what_is_stored(toy: Database, runs: dict[str, RunRow]) -> None:
    """Law 3: draw by draw, by the same sources."""
    with toy.read() as connection:
        side = read_side(connection, toy.posteriors, runs["contact"])
        said = {(row.target, row.horizon_days, row.deadline): row.mean for row in read_targets(connection, side.run.id)}
    assert side.of_this_code
    posterior = side.posterior
    assert posterior is not None
    assert posterior.shares is not None
    assert posterior.said is not None
    base = Base(parameters=posterior.parameters, weights=posterior.shares, chains=posterior.chains, seed=side.run.seed)
    values = base.values(node(side.problem))
    stored = np.stack([*posterior.said.values()], axis=-1)
    np.testing.assert_allclose(values, stored, atol=1e-12)
    np.testing.assert_allclose(base.mean(values), side.mean, atol=1e-12)
    assert len(said) == side.mean.size


def test_where_nothing_came_only_time_moves_the_forecast(splits: Splits) -> None:
    """Law 4: between days on which nothing was entered or attested, all but time and open days is exactly 0."""
    found = splits.told("entries", "open")
    assert {line.cls for line in found.lines} <= {TIME, LEARNING, CHANCE}
    assert {line.kind for line in found.of(TIME)} >= {DAYS, FADING, OPEN}


def test_with_the_same_draws_nothing_is_learnt(toy_folder: Path, tmp_path: Path) -> None:
    """Laws 4 and 12: days that nobody has attested, and a fresh row of a case that reports nothing, teach nothing."""
    shutil.copytree(toy_folder, tmp_path / "desk")
    with opened(tmp_path / "desk") as database:
        hand = Hand(database, "toy", datetime(2020, 6, 1, 12, tzinfo=UTC))
        first = hand.run(date(2020, 3, 10))
        second = hand.run(date(2020, 3, 20))
        hand.observe("border_posture", date(2020, 3, 25), 2.0)
        third = hand.run(date(2020, 3, 30))
        with database.read() as connection:
            one, two, three = (read_run(connection, number) for number in (first, second, third))
        quiet, fresh = explained(database, one, two), explained(database, two, three)
    for found in (quiet, fresh):
        assert all_points(found.of(LEARNING)) == [0.0] * len(all_points(found.of(LEARNING)))
        assert np.abs(all_points(found.of(CHANCE))).max() < 1e-10
        assert found.expected_chance is not None
        assert np.array(found.expected_chance).max() == 0
    assert quiet.of(*ENTRIES) == ()
    assert {line.kind for line in quiet.of(TIME)} == {DAYS, FADING, OPEN}
    (row,) = fresh.of(OBSERVATION)
    assert abs(row.at(HEADLINE, 3)) > 0


def test_a_contact_leaves_the_chain_of_talks_and_teaches(splits: Splits) -> None:
    """Law 5: of talks its own line is exactly 0; what it taught is not."""
    found = splits.told("report", "contact")
    (event,) = (line for line in found.of(EVENT) if line.happened and line.happened.type == "contact")
    taught = line_of(found, LEARNING, EVENTS)
    for target, name in enumerate(TARGETS):
        if name in ("arms_control_talks", "denuclearisation_talks", "limits_talks", "deal"):
            assert event.points[target] == (0.0,) * len(found.reaches)
            assert any(abs(points) > 1e-6 for points in taught.points[target])
    assert any(abs(points) > 0.01 for points in event.points[CONTACT])


@pytest.mark.slow
def test_a_contact_that_is_reported_and_not_attested_teaches_as_well(shipped: Database) -> None:
    """Law 5, on a day that nobody has attested: it weighs the draws by what would have been reported."""
    with shipped.read() as connection:
        *_, before, after, _ = published_in_order(connection, "us-dprk")
    found = explained(shipped, before, after)
    (event,) = found.of(EVENT)
    assert event.happened is not None
    assert event.happened.type == "contact"
    limits = TARGETS.index("limits_talks")
    assert event.points[limits] == (0.0,) * len(found.reaches)
    taught = line_of(found, LEARNING, EVENTS)
    assert abs(taught.points[HEADLINE][3]) > 1e-3


def test_two_reports_of_one_origin_share_what_one_makes(splits: Splits) -> None:
    """Law 6: equal lines that add up to the line of one alone; and what was entered and withdrawn makes nothing.

    But for indicators with a lag: what follows a meeting sees, for so many days, what was held to be known then.
    """
    found = splits.told("contact", "entries")
    (pair,) = (line for line in found.of(OBSERVATION) if len(line.rows) == 2)
    one, other = (np.array(row.points) for row in pair.rows)
    np.testing.assert_allclose(one, other, atol=1e-9)
    assert [row.foretold.forecast for row in pair.rows if row.foretold] == pytest.approx(
        [pair.rows[0].foretold.forecast] * 2 if pair.rows[0].foretold else []
    )
    gone = [line for line in found.of(OBSERVATION) if line.kind == WITHDRAWN]
    assert [line.subject.indicator for line in gone] == ["harvest"]
    assert np.abs(np.array(gone[0].points)).max() < 1e-9


def test_entries_are_of_the_kinds_they_are(splits: Splits) -> None:
    found = splits.told("contact", "entries")
    kinds = {(line.cls, line.kind) for line in found.of(*ENTRIES)}
    assert {(OBSERVATION, LATE), (CORRECTION, REVISED), (CORRECTION, "retracted"), (EVENT, "new")} <= kinds
    revised = line_of(found, CORRECTION, REVISED)
    assert revised.coded is not None
    assert (revised.coded.level_before, revised.coded.level) == (-1.0, 2.0) or revised.coded.level == 2.0
    late = next(line for line in found.of(OBSERVATION) if line.kind == LATE)
    assert late.coded is not None
    assert late.coded.known_on <= found.before.as_of < found.after.as_of


def test_lines_depend_on_content_alone(toy_folder: Path, tmp_path: Path) -> None:
    """Law 7: the same entries in another order of recording, with other numbers, make the same lines."""
    found = []
    for order in (0, 1):
        folder = tmp_path / str(order)
        shutil.copytree(toy_folder, folder)
        with opened(folder) as database:
            hand = Hand(database, "toy", datetime(2020, 6, 1, 12, tzinfo=UTC))
            first = hand.run(date(2019, 12, 20))
            entries = [("press_tone", 2.0), ("border_posture", -1.0), ("harvest", 1.0)]
            for indicator, level in entries if order == 0 else reversed(entries):
                hand.observe(indicator, date(2019, 12, 22), level)
            second = hand.run(date(2019, 12, 24))
            with database.read() as connection:
                pair = read_run(connection, first), read_run(connection, second)
            found.append(explained(database, *pair))
    one, other = ({line.subject.indicator: line.points for line in each.of(OBSERVATION)} for each in found)
    assert one == other
    assert len(one) == 3
    assert [line.points for line in found[0].of(TIME)] == [line.points for line in found[1].of(TIME)]


def test_the_order_of_many_entries_hardly_matters(splits: Splits) -> None:
    """Law 8: of few entries every order is averaged; of more, the error of the average is told and small."""
    few, many = splits.told("contact", "entries"), splits.told("quiet", "entries")
    assert few.orders == 0
    assert many.orders >= 4
    rows = [row for line in many.of(*ENTRIES) for row in line.rows or (line,)]
    errors = [row.error[HEADLINE][3] for row in rows if row.error is not None]
    assert len(errors) == len(rows)
    assert max(errors) < 0.05 or many.orders == 2 * min(MOST_PAIRS, MOST_VALUES // (2 * len(rows)))


def test_silence_never_raises_talks(splits: Splits) -> None:
    """Law 11: in the chain, and on contact by what it taught of contact alone."""
    found = splits.told("open", "attested")
    silence = line_of(found, TIME, SILENCE)
    assert silence.passed is not None
    assert silence.passed.days == 32
    limits = TARGETS.index("limits_talks")
    assert all(points <= 1e-9 for points in silence.points[limits])
    assert all(points <= 1e-9 for points in line_of(found, LEARNING, SILENCE).points[CONTACT])


def test_where_fits_do_not_overlap_chance_is_not_told_apart(splits: Splits) -> None:
    """Law 17b: one line for what was learnt and chance, and a word why."""
    found = splits.told("undocumented", "entries")
    assert found.lacking == (NO_OVERLAP,)
    assert [line.kind for line in found.of(LEARNING)] == [ALL]
    assert found.of(CHANCE) == ()
    assert found.expected_chance is None
    assert found.identity < 1e-9


def test_a_document_moves_nothing_but_what_is_learnt(splits: Splits) -> None:
    found = splits.told("undocumented", "documented")
    (document,) = found.of(DOCUMENT)
    assert document.published is not None
    assert document.published.judgements == 1
    assert all_points((document,)) == [0.0] * len(all_points((document,)))


@pytest.mark.slow
def test_what_was_learnt_is_what_refits_say(toy: Database, runs: dict[str, RunRow], splits: Splits) -> None:
    """Law 10: within three of its errors, over five seeds of the sampler, for the headline at every window."""
    made = splits.of("report", "contact")
    assert made.learnt is not None
    taught = 100 * np.sum([*made.learnt.by.values()], axis=0)[0, HEADLINE]
    error = 100 * made.learnt.error[HEADLINE]
    away = []
    for seed in range(101, 106):
        fits = [
            fit_problem(side.problem, "arms_control_talks", FIT, seed, lambda *told: None)
            for side in (made.before, made.after)
        ]
        end = made.stations.end
        means = []
        for fit in fits:
            draws = parameters_of(fit.tree, SHIPPED)
            projected = project(end.problem, end.filtered, draws, SHIPPED, paths=2, seed=made.before.run.seed)
            means.append(100 * fit.weighed.mean(projected.targets)[HEADLINE])
        away.append(means[1] - means[0])
    spread = np.std(away, axis=0, ddof=1) / np.sqrt(len(away))
    assert np.all(np.abs(np.mean(away, axis=0) - taught) <= 3 * np.hypot(error, spread))


def test_a_thinned_run_is_explained_as_far_as_it_goes(toy_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(toy_folder, tmp_path / "desk")
    with opened(tmp_path / "desk") as database:
        runs = runs_by_name(database, tmp_path / "desk")
        later = datetime(2021, 6, 1, tzinfo=UTC)
        done = thin_posteriors(database, days=30, clock=lambda: later)
        assert runs["quiet"].id in done.thinned
        with database.read() as connection:
            before, after = read_run(connection, runs["quiet"].id), read_run(connection, runs["contact"].id)
        found = explained(database, before, after)
    assert THINNED_BEFORE in found.lacking
    assert found.of(CHANCE) == ()
    assert found.identity < 1e-9
    assert found.of(OBSERVATION)


def test_a_run_whose_posterior_is_gone_is_explained_at_the_later_draws(toy: Database, runs: dict[str, RunRow]) -> None:
    gone = replace(runs["report"], posterior_hash="0" * 64)
    with toy.read() as connection:
        found = explain(connection, toy.posteriors, gone, runs["contact"])
        assert found.lacking == ("lost_before",)
        assert not found.old_entries
        assert found.identity < 1e-9
        other = replace(runs["contact"], posterior_hash="0" * 64)
        lost = explain(connection, toy.posteriors, runs["report"], other)
        assert lost.lacking == ("lost_after",)
        assert lost.identity < 1e-9
        with pytest.raises(NotExplained, match=r"^neither the posterior of run \d+ nor that of run \d+ can be used"):
            explain(connection, toy.posteriors, gone, other)


def test_across_models_the_model_is_one_line(toy: Database, runs: dict[str, RunRow]) -> None:
    old = replace(runs["report"], detail={**runs["report"].detail, "structure": 1})
    with toy.read() as connection:
        found = explain(connection, toy.posteriors, old, runs["contact"])
    assert found.lacking == ("other_model",)
    assert [line.kind for line in found.of("version")] == ["model"]
    assert found.of(LEARNING) == ()
    assert found.identity < 1e-9
    assert len(found.of(EVENT)) == 1


@pytest.mark.parametrize("empty_url", ["postgresql"], indirect=True)
def test_postgresql_gives_the_same_lines(toy: Database, splits: "Splits", empty_url: str) -> None:
    """Law 18: a copy of the desk on a server is explained to the last digit as the desk is."""
    copy_database(toy, empty_url)
    with open_database(empty_url) as server:
        for before, after in (("report", "contact"), ("contact", "entries"), ("open", "attested")):
            pair = splits.runs[before], splits.runs[after]
            assert explained(server, *pair).lines == splits.told(before, after).lines


def test_the_group_of_what_draws_say_goes_by_one_name() -> None:
    assert FORECAST == SAID


def test_pairs_are_chosen_or_refused_in_a_line(toy: Database, runs: dict[str, RunRow]) -> None:
    numbers = {name: run.id for name, run in runs.items()}
    today = date(2020, 6, 1)

    def chosen(**asked: object) -> tuple[int, int]:
        with toy.read() as connection:
            before, after = choose_pair(connection, "toy", today, **asked)  # type: ignore[arg-type]
        return before.id, after.id

    assert chosen() == (numbers["open"], numbers["attested"])
    assert chosen(before=numbers["quiet"]) == (numbers["quiet"], numbers["attested"])
    assert chosen(since="week") == (numbers["open"], numbers["attested"])
    assert chosen(since=date(2019, 10, 25)) == (numbers["contact"], numbers["attested"])
    assert chosen(since="week", after=numbers["contact"]) == (numbers["report"], numbers["contact"])
    refused = {
        r"^run \d+ is compared with itself; name two runs": {"before": numbers["quiet"], "after": numbers["quiet"]},
        r"^run \d+, as of 2019-10-20, comes after run \d+, as of 2019-06-01; put the earlier one first: `parley why": {
            "before": numbers["contact"],
            "after": numbers["quiet"],
        },
        r"^nothing was published as of 2001-01-01 or before; the first forecast is run \d+, as of 2017-05-01": {
            "since": date(2001, 1, 1)
        },
        r"^no brief of a run before \d+ is on record; `parley report` makes one": {"since": "brief"},
        r"^run \d+, as of 2017-05-01, is the first that was published": {"after": numbers["undocumented"]},
        r"^2020-05-01 is not before run \d+, as of 2020-03-01": {"since": date(2020, 5, 1)},
    }
    for message, asked in refused.items():
        with pytest.raises(NoForecast, match=message):
            chosen(**asked)
    with toy.read() as connection:
        provisional = read_runs(connection, "toy", kinds=("provisional",))[0].id
    of_kind = {
        rf"^run {provisional} is provisional: a forecast without a fit; name a full run": {"before": provisional},
    }
    for message, asked in of_kind.items():
        with pytest.raises(NoForecast, match=message):
            chosen(**asked)
    with toy.read() as connection, pytest.raises(NoForecast, match=r"^run \d+ is of case toy, not other"):
        choose_pair(connection, "other", today, before=numbers["quiet"], after=numbers["contact"])


def test_a_run_that_was_rejected_is_no_end_of_a_comparison(tmp_path: Path) -> None:
    with install_toy(tmp_path) as database:
        first, refused, last = (
            add_run(database, as_of=day, status=status)
            for day, status in (
                (date(2019, 1, 1), "published"),
                (date(2019, 2, 1), "rejected"),
                (date(2019, 3, 1), "published"),
            )
        )
        message = rf"^run {refused} was not published \(rejected\).* published next to it: run {first} and run {last}$"
        with database.read() as connection, pytest.raises(NoForecast, match=message):
            choose_pair(connection, "toy", date(2020, 1, 1), before=first, after=refused)
        with database.read() as connection:
            before, after = choose_pair(connection, "toy", date(2020, 1, 1))
        assert (before.id, after.id) == (first, last)
