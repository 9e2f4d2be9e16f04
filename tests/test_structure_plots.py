"""Series across a change of the model: lines and areas stop at it, and what is recomputed says that it is."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from conftest import PUBLISHED_AS_OF
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from toy_runs import add_run, install_toy

from db.engine import Database, open_database
from db.progress import silent
from db.when import When
from forecast.brief.facts import read_brief
from forecast.desk.actions import Desk, log
from forecast.engine.assemble import ROLLING_DAYS, read_rows
from forecast.evaluation.forecasters import MODEL, shipped_forecasters
from forecast.evaluation.origins import problems_at
from forecast.facts.pictures import HistoryFacts, Recomputed, stretches, turns
from forecast.plots import recomputed
from forecast.plots.history import draw_history, read_history
from forecast.plots.recomputed import recompute
from forecast.plots.scenarios import draw_scenarios, read_scenarios_shown
from forecast.words.english import plots as english
from forecast.words.english.labels import LABELS as ENGLISH
from forecast.words.japanese import plots as japanese
from forecast.words.japanese.labels import LABELS as JAPANESE
from forecast.words.labels import Labels
from models.spec import TARGETS, Horizon
from models.structure import SHIPPED

FIRST = date(2019, 9, 1)
STRUCTURES = (1, 1, 1, 2, 2, 2)
TURN = FIRST.toordinal() + 2.5


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Six days, of which the last three are by another structure."""
    with install_toy(tmp_path_factory.mktemp("turned")) as database:
        for n, structure in enumerate(STRUCTURES):
            add_run(database, as_of=FIRST + timedelta(days=n), kind="official", detail={"structure": structure})
        yield database


def history(database: Database) -> HistoryFacts:
    with database.read() as connection:
        return read_history(connection)


def across(axes: Axes) -> list[object]:
    """What is drawn through both sides of the change."""
    lines = [line.get_xdata() for line in axes.lines if line.get_linestyle() != "None" and len(line.get_xdata()) > 1]
    areas = [path.vertices[:, 0] for area in axes.collections for path in area.get_paths() if len(path.vertices)]
    return [x for x in (*lines, *areas) if min(x) < TURN < max(x)]


@pytest.mark.parametrize(("labels", "name"), [(ENGLISH, "model 2"), (JAPANESE, "モデル2")])
def test_nothing_is_drawn_through_a_change_of_model(world: Database, labels: Labels, name: str) -> None:
    with world.read() as connection:
        shown = read_scenarios_shown(connection)
    for axes in (draw_history(history(world), labels).axes[0], draw_scenarios(shown, labels).axes[1]):
        assert not across(axes)
        (mark,) = [text for text in axes.texts if text.get_text() == name]
        assert mark.xy[0] == TURN  # type: ignore[attr-defined]
        assert any(list(line.get_xdata()) == [TURN, TURN] for line in axes.lines)


def test_captions_say_from_when_on(world: Database) -> None:
    sentence = "Not joined where the model changed: from 2019-09-04 on by model 2."
    assert sentence in english.history_caption(history(world))
    with world.read() as connection:
        assert sentence in english.scenarios_caption(read_scenarios_shown(connection))
        brief = read_brief(connection, world.posteriors, date(2019, 9, 7))
    assert "2019年9月4日以降はモデル2" in japanese.history_caption(brief.figures.history)
    assert "2019年9月4日以降はモデル2" in japanese.scenarios_caption(brief.figures.scenarios)


@given(st.lists(st.integers(1, 3), min_size=1, max_size=20))
def test_every_stretch_is_of_one_structure_and_no_day_is_lost(structures: list[int]) -> None:
    days = [FIRST + timedelta(days=n) for n in range(len(structures))]
    pieces = stretches(days, structures)
    assert [day for piece in pieces for day in days[piece]] == days
    assert all(len(set(structures[piece])) == 1 for piece in pieces)
    assert len(pieces) == 1 + len(turns(days, structures))
    assert all(structures[a.stop - 1] != structures[b.start] for a, b in pairwise(pieces))


# Recomputed


@pytest.fixture
def published(published_copy: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setattr(recomputed, "REACH_DAYS", 14)
    with open_database(f"sqlite:///{published_copy / 'parley.db'}") as opened:
        yield opened


def again(database: Database) -> Recomputed:
    with database.read() as connection:
        return recompute(connection, "toy", "contact", 180, When(as_of=PUBLISHED_AS_OF))


def test_what_is_recomputed_is_what_a_strict_backtest_says(published: Database) -> None:
    found = again(published)
    assert [day for day, _ in found] == [PUBLISHED_AS_OF - timedelta(days=ago) for ago in (14, 7, 0)]
    with published.read() as connection:
        today = read_rows(connection, When(as_of=PUBLISHED_AS_OF))
        horizons = tuple(map(Horizon, ROLLING_DAYS))
        problems = list(problems_at(connection, [day for day, _ in found], horizons, "strict", today))
    said = [shipped_forecasters(SHIPPED)[MODEL](problem).targets[TARGETS.index("contact")] for problem in problems]
    assert [p for _, p in found] == pytest.approx([float(means[ROLLING_DAYS.index(180)]) for means in said], abs=2e-3)


def test_what_came_later_changes_nothing_of_it(published: Database) -> None:
    before = again(published)
    tomorrow = PUBLISHED_AS_OF + timedelta(days=1)
    log(Desk(published, "kim", day=lambda: tomorrow), "press_tone", 2, on=tomorrow, source="Leader", grade="A1")
    assert again(published) == before


def test_a_date_without_a_forecast_is_left_out(published: Database) -> None:
    with published.read() as connection:
        early = When(as_of=date(2011, 1, 3))
        assert [day for day, _ in recompute(connection, "toy", "contact", 180, early)] == [date(2011, 1, 3)]
        assert recompute(connection, "toy", "contact", date(2016, 1, 1), When(as_of=PUBLISHED_AS_OF)) == ()


def test_a_picture_says_that_it_is_no_track_record(published: Database) -> None:
    with published.read() as connection:
        facts = read_history(connection, recomputing=silent)
    assert "every 7 days, by Laplace's approximation; recomputed, no track record." in english.history_caption(facts)
    assert facts.first == PUBLISHED_AS_OF - timedelta(days=14)
    figure = draw_history(facts)
    (line,) = [line for line in figure.axes[0].lines if line.get_label() == "recomputed, no track record"]
    assert list(line.get_ydata()) == [p for _, p in facts.recomputed]
    assert line.get_linestyle() == "--"
