"""Pictures of the forecast: history, horizons, scenarios. What is drawn is what is stored, in both languages."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
import pytest
import toy_runs
from drawn import cut_off
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from toy_runs import FAILURES, LOADED, SCENARIOS, TARGETS, WINDOWS, add_run, install_toy, toy_targets

from db.engine import Database
from db.errors import StoreError
from db.read import read_events
from db.read_runs import read_scenarios, read_targets
from db.run_rows import TargetForecastRow
from db.when import WHENEVER, When
from forecast.errors import NoForecast
from forecast.facts.pictures import (
    GAP_DAYS,
    RHYTHM,
    Context,
    HistoryFacts,
    HorizonsFacts,
    ScenariosFacts,
    gap_days,
    stretches,
)
from forecast.plots import history
from forecast.plots.axes import show_dates, show_percents, spread
from forecast.plots.chosen import Span
from forecast.plots.history import draw_history, read_history
from forecast.plots.horizons import draw_horizons, read_horizons
from forecast.plots.scenarios import draw_scenarios, read_scenarios_shown
from forecast.plots.style import WIDTH, as_png, as_svg
from forecast.words.english import plots as english
from forecast.words.english.labels import LABELS as ENGLISH
from forecast.words.japanese.labels import LABELS as JAPANESE
from forecast.words.korean.labels import LABELS as KOREAN
from forecast.words.labels import Labels
from forecast.words.numbers import percent

DEADLINE = date(2022, 1, 1)
RUNS = (
    ("backfill", date(2019, 3, 1), 0.00),
    ("backfill", date(2019, 10, 1), 0.01),
    ("backfill", date(2019, 11, 1), 0.03),
    ("official", date(2019, 12, 1), 0.02),
    ("manual", date(2019, 12, 1), 0.05),
    ("manual", date(2020, 1, 1), 0.04),
    ("provisional", date(2020, 1, 1), 0.06),
)
"""Kind, as-of date, and how far above the toy's probabilities; with a long gap and two runs on one day."""
REJECTED = date(2019, 12, 15)
SPAN = ("first", "last", "kinds", "when")
LANGUAGES = pytest.mark.parametrize("labels", [ENGLISH, JAPANESE, KOREAN], ids=["english", "japanese", "korean"])


def _shifted(by: float) -> list[TargetForecastRow]:
    names = ("mean", "q05", "q25", "q50", "q75", "q95")
    return [replace(row, **{name: min(getattr(row, name) + by, 1.0) for name in names}) for row in toy_targets()]


def _scaled(by: float) -> list[TargetForecastRow]:
    """The toy's rows with other probabilities, in order."""
    spread_ = {"q05": 0.2, "q25": 0.6, "q50": 0.9, "mean": 1.0, "q75": 1.3, "q95": 2.0}
    return [
        replace(row, **{name: min(row.mean * by * factor, 1.0) for name, factor in spread_.items()}, base_rate=None)
        for row in toy_targets()
    ]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Read only."""
    with install_toy(tmp_path_factory.mktemp("plots")) as database:
        for kind, as_of, by in RUNS:
            add_run(database, as_of=as_of, kind=kind, targets=_shifted(by))
        add_run(database, as_of=REJECTED, status="rejected", failures=FAILURES)
        yield database


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Database]:
    with install_toy(tmp_path) as database:
        yield database


def _span(asked: dict[str, object]) -> Span:
    """The span among what is asked, which keeps the rest."""
    return Span(**{name: asked.pop(name) for name in SPAN if name in asked})  # type: ignore[arg-type]


def _history(database: Database, **asked: object) -> HistoryFacts:
    with database.read() as connection:
        return read_history(connection, None, _span(asked), **asked)  # type: ignore[arg-type]


def _horizons(database: Database, **asked: object) -> HorizonsFacts:
    with database.read() as connection:
        return read_horizons(connection, **asked)  # type: ignore[arg-type]


def _scenarios(database: Database, **asked: object) -> ScenariosFacts:
    with database.read() as connection:
        return read_scenarios_shown(connection, None, _span(asked), **asked)  # type: ignore[arg-type]


def _solid(axes: Axes) -> list[Line2D]:
    """Lines through numbers, without marks and what stands for them in the legend."""
    return [line for line in _drawn(axes) if line.get_linestyle() == "-" and line.get_marker() in ("None", "", None)]


def _drawn(axes: Axes) -> list[Line2D]:
    return [line for line in axes.lines if len(line.get_xdata())]


def _bands(axes: Axes) -> list[dict[float, tuple[float, float]]]:
    """Of each filled area the lowest and highest value by place."""
    out = []
    for area in axes.collections:
        if isinstance(area, PolyCollection) and area.get_paths() and len(area.get_paths()[0].vertices):
            ends: dict[float, tuple[float, float]] = {}
            for x, y in area.get_paths()[0].vertices:
                low, high = ends.get(float(x), (np.inf, -np.inf))
                ends[float(x)] = (min(low, y), max(high, y))
            out.append(ends)
    return out


def _legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


# History


def test_the_points_are_what_the_runs_said(world: Database) -> None:
    facts = _history(world)
    assert (facts.target, facts.horizon_days, facts.deadline) == ("arms_control_talks", 365, None)
    assert [(point.kind, point.as_of) for point in facts.points] == [(kind, as_of) for kind, as_of, _ in RUNS]
    with world.read() as connection:
        for point in facts.points:
            (row,) = [
                row
                for row in read_targets(connection, point.run_id)
                if (row.target, row.horizon_days) == ("arms_control_talks", 365)
            ]
            said = (row.mean, row.q05, row.q25, row.q75, row.q95, row.base_rate)
            assert (point.mean, point.q05, point.q25, point.q75, point.q95, point.base_rate) == said


def test_line_bands_and_base_rate_are_drawn_through_the_points(world: Database) -> None:
    facts = _history(world)
    axes = draw_history(facts).axes[0]
    mean = {x: y for line in _solid(axes) for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)}
    assert mean == {point.as_of.toordinal(): point.mean for point in facts.line}
    outer, inner = _bands(axes)
    for point in facts.line[1:]:
        assert outer[point.as_of.toordinal()] == pytest.approx((point.q05, point.q95))
        assert inner[point.as_of.toordinal()] == pytest.approx((point.q25, point.q75))
        assert point.q05 < point.q25 < point.mean < point.q75 < point.q95
    dashed = [line for line in _drawn(axes) if line.get_linestyle() == "--"]
    assert {rate for line in dashed for rate in line.get_ydata()} == {point.base_rate for point in facts.line}


def test_the_last_full_run_of_a_day_carries_the_line_and_the_others_are_hollow(world: Database) -> None:
    facts = _history(world)
    assert [point.run_id for point in facts.points if not point.leads] == [4, 7]
    marks = [line for line in _drawn(draw_history(facts).axes[0]) if len(line.get_xdata()) == 1]
    hollow = [line for line in marks if line.get_markerfacecolor() == "white"]
    by_id = {point.run_id: point for point in facts.points}
    assert {line.get_ydata()[0] for line in hollow} == {by_id[4].mean, by_id[7].mean}
    assert {line.get_marker() for line in marks} >= {"D", "o", "s", "+"}


def test_a_long_gap_is_not_drawn_through_and_a_run_alone_has_bars(world: Database) -> None:
    facts = _history(world)
    axes = draw_history(facts).axes[0]
    alone, rest = (piece for piece in stretches([point.as_of for point in facts.line]))
    assert (alone.stop, rest.stop - rest.start) == (1, 4)
    first = facts.points[0]
    bars = [segments.get_segments()[0] for segments in axes.collections if hasattr(segments, "get_segments")]
    assert [tuple(bar[:, 1]) for bar in bars] == [(first.q05, first.q95), (first.q25, first.q75)]
    assert f"broken where over {GAP_DAYS} days lie between runs" in english.history_caption(facts)


def test_a_slow_rhythm_is_no_gap() -> None:
    quarters = [date(2010 + i // 4, 1 + 3 * (i % 4), 1) for i in range(RHYTHM)]
    assert len(stretches(quarters)) == 1
    assert len(stretches(quarters[:3])) == 3
    assert len(stretches([*quarters, date(2019, 1, 1)])) == 2
    assert gap_days([date(2020, 1, 1) + timedelta(days) for days in range(30)]) == GAP_DAYS
    assert stretches([]) == ()


def test_a_run_that_was_not_published_is_marked_at_the_bottom(world: Database) -> None:
    facts = _history(world)
    assert facts.unpublished == (REJECTED,)
    (mark,) = [line for line in _drawn(draw_history(facts).axes[0]) if line.get_marker() == "X"]
    assert (list(mark.get_xdata()), list(mark.get_ydata())) == ([REJECTED.toordinal()], [0])


def test_what_happened_stands_under_it_by_type_and_framing(world: Database) -> None:
    facts = _history(world)
    with world.read() as connection:
        events = read_events(connection, "toy", WHENEVER)
    spanned = [event for event in events if event.started_on >= date(2019, 3, 1)]
    assert [(mark.type, mark.started_on) for mark in facts.events] == [
        (event.type, event.started_on) for event in spanned
    ]
    assert f"Below, {len(spanned)} events on record." in english.history_caption(facts)
    strip = draw_history(facts).axes[1]
    assert [label.get_text() for label in strip.get_yticklabels()] == ["contact", "talks"]
    marks = [line for line in _drawn(strip) if len(line.get_xdata()) == 1]
    assert {line.get_xdata()[0] for line in marks} == {event.started_on.toordinal() for event in spanned}
    hollow = {line.get_xdata()[0] for line in marks if line.get_markerfacecolor() == "white"}
    assert hollow == {event.started_on.toordinal() for event in spanned if event.framing == "denuclearisation"}


def test_a_span_without_events_has_no_strip(world: Database) -> None:
    facts = _history(world, first=date(2019, 10, 1))
    assert facts.events == ()
    assert len(draw_history(facts).axes) == 1


def test_a_caption_names_runs_levels_and_the_last_number(world: Database) -> None:
    facts = _history(world)
    end = facts.line[-1]
    assert "P(arms-control talks in 365 d), at least one" in english.history_caption(facts)
    assert (
        "50 % and 90 % intervals of 7 runs (1 official, 2 manual, 3 backfill, 1 provisional)"
        in english.history_caption(facts)
    )
    assert "as of 2019-03-01 to 2020-01-01" in english.history_caption(facts)
    assert f"Run {end.run_id}, as of {end.as_of}: {percent(end.mean)} (90 % interval" in english.history_caption(facts)


def test_a_deadline_is_the_same_day_for_all(world: Database) -> None:
    facts = _history(world, target="crisis", horizon=DEADLINE)
    assert (facts.target, facts.horizon_days, facts.deadline) == ("crisis", None, DEADLINE)
    assert "P(crisis by 2022-01-01)" in english.history_caption(facts)
    assert "The deadline is fixed" in english.history_caption(facts)
    assert draw_history(facts).axes[0].get_title(loc="left") == "Crisis by 2022-01-01: at least one"


def test_spans_and_kinds_part_the_history(world: Database) -> None:
    every = set(_history(world).run_ids)
    kinds = [set(_history(world, kinds=[kind]).run_ids) for kind in ("official", "manual", "backfill", "provisional")]
    assert set.union(*kinds) == every
    assert sum(map(len, kinds)) == len(every)
    early, late = _history(world, last=date(2019, 11, 30)), _history(world, first=date(2019, 12, 1))
    assert set(early.run_ids) | set(late.run_ids) == every
    assert not set(early.run_ids) & set(late.run_ids)


def test_provisional_runs_by_themselves_carry_what_the_caption_names(world: Database) -> None:
    facts = _history(world, kinds=["provisional"])
    assert [point.run_id for point in facts.line] == [7]
    assert "Run 7, as of 2020-01-01" in english.history_caption(facts)
    axes = draw_history(facts).axes[0]
    assert "+" in {line.get_marker() for line in _drawn(axes)}
    assert f"{percent(facts.line[-1].mean)}" in {text.get_text() for text in axes.texts}


def test_one_run_is_a_bar_at_its_date(toy: Database) -> None:
    add_run(toy)
    figure = draw_history(_history(toy))
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["2020-01-01"]
    assert len(axes.get_xticks()) == 1
    figure.draw_without_rendering()


def test_what_comes_later_changes_no_earlier_history(toy: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    as_of = date(2020, 1, 1)
    add_run(toy, as_of=as_of)
    then, known = When(as_of=as_of), When(as_of=WHENEVER.as_of, as_recorded=LOADED)
    before = _history(toy, when=then), _scenarios(toy, when=then), _horizons(toy, when=then)
    recorded = _history(toy, when=known), _scenarios(toy, when=known), _horizons(toy, when=known)
    monkeypatch.setattr(toy_runs, "LOADED", datetime(2020, 3, 1, tzinfo=UTC))
    add_run(toy, as_of=date(2020, 2, 1), targets=_shifted(0.1))
    assert (_history(toy, when=then), _scenarios(toy, when=then), _horizons(toy, when=then)) == before
    add_run(toy, as_of=as_of, targets=_shifted(0.2))
    assert (_history(toy, when=known), _scenarios(toy, when=known), _horizons(toy, when=known)) == recorded
    assert _history(toy, when=then) != before[0]


def test_of_many_runs_some_are_marked_and_the_last_always(toy: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MARKED", 5)
    days = [date(2019, 1, 1) + timedelta(days) for days in range(0, 140, 7)]
    for day in days:
        add_run(toy, as_of=day, kind="official")
    figure = draw_history(_history(toy))
    marks = [line for line in _drawn(figure.axes[0]) if line.get_marker() == "o"]
    assert len(marks) == 5
    assert max(line.get_xdata()[0] for line in marks) == days[-1].toordinal()
    assert "official run (1 in 4 marked)" in _legend(figure)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            {"horizon": 60},
            r"^no run here forecast arms-control talks in 60 d; there are forecasts in 30 d, in 90 d, in 180 d, "
            r"in 365 d, by 2022-01-01$",
        ),
        ({"first": date(2021, 1, 1)}, r"^no published run as of 2021-01-01 or later; published: 7 runs \(1 official, "),
        (
            {"last": date(2019, 5, 1), "kinds": ["official", "manual"]},
            "^no published official or manual run as of 2019-05-01 or before; published: ",
        ),
        (
            {"when": When(as_of=date(2019, 1, 1))},
            "^nothing was published as of 2019-01-01 or before; run `parley update --as-of 2019-01-01`$",
        ),
        (
            {"when": When(as_of=WHENEVER.as_of, as_recorded=datetime(2019, 1, 1, tzinfo=UTC))},
            "^nothing had been published by 2019-01-01 00:00 UTC; name a later instant$",
        ),
        ({"target": "truce"}, "^no run here forecast truce; name another target$"),
    ],
)
def test_a_history_that_is_not_there_says_what_is(world: Database, asked: dict[str, object], said: str) -> None:
    with pytest.raises(NoForecast, match=said):
        _history(world, **asked)


@pytest.mark.parametrize("read", [_history, _horizons, _scenarios])
def test_nothing_published_names_what_to_run(toy: Database, read: Callable[[Database], object]) -> None:
    add_run(toy, status="rejected", failures=FAILURES)
    with pytest.raises(NoForecast, match=r"^nothing has been published yet; run `parley update`$"):
        read(toy)


# Horizons


def test_a_curve_is_what_the_run_said(world: Database) -> None:
    facts = _horizons(world)
    assert (facts.run_id, facts.kind, facts.as_of) == (6, "manual", date(2020, 1, 1))
    assert [curve.target for curve in facts.curves] == [*TARGETS]
    with world.read() as connection:
        rows = read_targets(connection, 6)
    for curve in facts.curves:
        said = [
            (row.mean, row.q05, row.q25, row.q75, row.q95, row.base_rate) for row in rows if row.target == curve.target
        ]
        drawn = [(p.mean, p.q05, p.q25, p.q75, p.q95, p.base_rate) for p in curve.points]
        assert drawn == said
        assert [point.days for point in curve.points] == [30, 90, 180, 365, (DEADLINE - facts.as_of).days]


def test_curves_are_drawn_from_nothing_and_never_fall(world: Database) -> None:
    facts = _horizons(world)
    figure = draw_horizons(facts)
    assert len(figure.axes) == len(TARGETS)
    for axes, curve in zip(figure.axes, facts.curves, strict=True):
        (line,) = [line for line in _solid(axes) if len(line.get_xdata()) > 1]
        assert list(line.get_xdata()) == [0, *(point.days for point in curve.points)]
        assert list(line.get_ydata()) == [0, *(point.mean for point in curve.points)]
        assert all(low <= high for low, high in pairwise(line.get_ydata()))
        outer, inner = _bands(axes)
        for point in curve.points:
            assert outer[point.days] == pytest.approx((point.q05, point.q95))
            assert inner[point.days] == pytest.approx((point.q25, point.q75))
        assert [line.get_xdata()[0] for line in _drawn(axes) if line.get_marker() == "s"] == [curve.points[-1].days]


def test_the_headline_stands_large_and_the_others_share_a_scale(world: Database) -> None:
    figure = draw_horizons(_horizons(world))
    figure.draw_without_rendering()
    main, *others = figure.axes
    assert main.get_title(loc="left") == "Arms-control talks"
    assert all(main.get_position().width > 1.5 * axes.get_position().width for axes in others)
    assert len({axes.get_ylim() for axes in others}) == 1
    assert "2022-01-01" in [label.get_text() for label in main.get_xticklabels()]
    assert main.get_xlabel() == "days after 2020-01-01"


def test_a_deadline_stands_where_it_falls_among_the_windows(toy: Database) -> None:
    add_run(toy, as_of=DEADLINE - timedelta(days=50))
    facts = _horizons(toy)
    assert [point.days for point in facts.curves[0].points] == [30, 50, 90, 180, 365]
    assert [point.deadline for point in facts.curves[0].points] == [None, DEADLINE, None, None, None]
    large = draw_horizons(facts).axes[0]
    labels = dict(zip(large.get_xticks(), large.get_xticklabels(), strict=True))
    assert labels[50].get_text() == DEADLINE.isoformat()


def test_any_published_run_can_be_asked_for(world: Database) -> None:
    facts = _horizons(world, run_id=7)
    assert (facts.run_id, facts.kind) == (7, "provisional")
    assert english.horizons_caption(facts).startswith(
        "Run 7 (provisional), as of 2020-01-01: probability of each of 6 targets"
    )
    first = facts.curves[0].points[3]
    assert f"Arms-control talks in 365 d: {percent(first.mean)} (90 % interval" in english.horizons_caption(facts)


@pytest.mark.parametrize("read", [_horizons, _scenarios])
def test_a_run_without_a_forecast_is_refused(world: Database, read: Callable[..., object]) -> None:
    said = r"^run 8 was not published \(rejected\) and holds no forecast; the last published is run 6$"
    with pytest.raises(NoForecast, match=said):
        read(world, run_id=8)
    with pytest.raises(StoreError, match=r"^no run 9; runs go from 1 to 8$"):
        read(world, run_id=9)


def test_one_target_has_one_panel(toy: Database) -> None:
    add_run(toy, targets=[row for row in toy_targets() if row.target == "deal"])
    facts = _horizons(toy)
    assert [curve.target for curve in facts.curves] == ["deal"]
    assert len(draw_horizons(facts).axes) == 1
    assert "smaller panels" not in english.horizons_caption(facts)


# Scenarios


def test_shares_are_what_the_runs_said_and_sum_to_one(world: Database) -> None:
    facts = _scenarios(world)
    assert facts.run_id == 6
    assert [shares.run_id for shares in facts.history] == [1, 2, 3, 5, 6]
    with world.read() as connection:
        said = {
            (row.scenario, row.horizon_days, row.deadline): row.probability for row in read_scenarios(connection, 6)
        }
    for shares, window in zip(facts.windows, WINDOWS, strict=True):
        assert shares.probabilities == tuple(said[scenario, *window] for scenario in SCENARIOS)
    assert all(sum(shares.probabilities) == pytest.approx(1) for shares in (*facts.windows, *facts.history))


def _stack(areas: Sequence[dict[float, tuple[float, float]]], x: float) -> list[float]:
    """Heights of the areas at a place, which lie one on the other from 0."""
    floors = [0.0, *(area[x][1] for area in areas)]
    assert [area[x][0] for area in areas] == pytest.approx(floors[:-1])
    return [high - low for low, high in pairwise(floors)]


def test_areas_lie_on_each_other_and_reach_one(world: Database) -> None:
    facts = _scenarios(world)
    left, right = draw_scenarios(facts).axes
    areas = _bands(left)
    assert _stack(areas, 0.0) == pytest.approx([1, 0, 0, 0, 0, 0])
    for shares in facts.windows:
        assert _stack(areas, float(shares.days)) == pytest.approx(shares.probabilities)
    alone, rest = _bands(right)[:6], _bands(right)[6:]
    for shares in facts.history[1:]:
        assert _stack(rest, float(shares.as_of.toordinal())) == pytest.approx(shares.probabilities)
    for x in alone[0]:
        assert _stack(alone, x) == pytest.approx(facts.history[0].probabilities)


def test_areas_are_told_apart_without_colour_and_named_at_their_end(world: Database) -> None:
    facts = _scenarios(world)
    left, right = draw_scenarios(facts).axes
    hatches = [area.get_hatch() for area in left.collections]
    assert all(one != other for one, other in pairwise(hatches))
    names = [text.get_text() for text in left.texts]
    assert names[0] == f"S0 status quo  {percent(facts.windows[-1].probabilities[0])}"
    assert len(names) == len(SCENARIOS)
    last = zip(SCENARIOS, facts.history[-1].probabilities, strict=True)
    assert [text.get_text() for text in right.texts] == [f"{scenario}  {percent(p)}" for scenario, p in last]
    shares = facts.windows[-1].probabilities
    middles = [end - p / 2 for end, p in zip(accumulate(shares), shares, strict=True)]
    assert [text.xy[1] for text in left.texts] == pytest.approx(middles)


def test_one_date_has_no_history(toy: Database) -> None:
    add_run(toy)
    facts = _scenarios(toy)
    assert facts.history == ()
    assert len(draw_scenarios(facts).axes) == 1
    assert english.scenarios_caption(facts).startswith(
        "Scenarios: exactly one holds in each window, so that the areas sum to 100 %: by window"
    )


def test_a_history_of_scenarios_ends_with_the_run_asked_for(world: Database) -> None:
    facts = _scenarios(world, run_id=4)
    assert [shares.run_id for shares in facts.history] == [1, 2, 3, 4]
    assert _scenarios(world, last=date(2019, 11, 30)).run_id == 3
    assert _scenarios(world, kinds=["official"]).run_ids == (4,)


def test_scenarios_may_be_followed_in_another_window(world: Database) -> None:
    facts = _scenarios(world, horizon=DEADLINE)
    assert {shares.deadline for shares in facts.history} == {DEADLINE}
    assert (
        "right, by 2022-01-01 for 5 runs as of 2019-03-01 to 2020-01-01, broken where over 45 days"
        in english.scenarios_caption(facts)
    )
    with pytest.raises(NoForecast, match=r"^no run here forecast scenarios in 60 d; there are forecasts in 30 d, "):
        _scenarios(world, horizon=60)
    with pytest.raises(NoForecast, match=r"^no run here fitted the model; scenarios are drawn of official, manual"):
        _scenarios(world, kinds=["provisional"])


# All three


def _figures(database: Database, labels: Labels) -> list[Figure]:
    return [
        draw_history(_history(database), labels),
        draw_horizons(_horizons(database), labels),
        draw_scenarios(_scenarios(database), labels),
    ]


def test_the_same_facts_give_the_same_bytes(world: Database) -> None:
    for one, other in zip(_figures(world, ENGLISH), _figures(world, ENGLISH), strict=True):
        assert as_svg(one) == as_svg(other)
        assert one.get_size_inches()[0] == WIDTH
    one, other = (draw_history(_history(world), JAPANESE) for _ in range(2))
    assert as_png(one) == as_png(other)


@LANGUAGES
def test_no_word_of_a_legend_is_cut_off(world: Database, labels: Labels) -> None:
    before = [date(2016, 1, 1) + timedelta(days=30 * number) for number in range(30)]
    context = Context(kind="strict", model_version="1" * 8, origins=tuple(before), said=(0.2,) * len(before))
    figures = [*_figures(world, labels)[:2], draw_history(replace(_history(world), context=context), labels)]
    for figure in figures:
        assert cut_off(figure) == []
    assert len(_legend(figures[-1])) > len(_legend(figures[0]))


@LANGUAGES
def test_a_legend_names_what_is_drawn(toy: Database, labels: Labels) -> None:
    """A line that runs through two dates has an entry; runs that lie by themselves have none of it."""
    for number, day in enumerate((date(2019, 3, 1), date(2019, 9, 1), date(2019, 10, 1))):
        add_run(toy, as_of=day)
        figure = draw_history(_history(toy), labels)
        assert (labels.mean in _legend(figure)) == (number == 2)
        axes = figure.axes[0]
        named = {_look(line) for line in axes.lines if str(line.get_label())[0] != "_"}
        assert named <= {_look(line) for line in _drawn(axes)}


def _look(line: Line2D) -> tuple[object, ...]:
    return line.get_color(), line.get_linestyle(), line.get_marker()


def test_provisional_runs_of_one_date_hide_neither_each_other_nor_a_full_run(toy: Database) -> None:
    add_run(toy)
    for _ in range(3):
        add_run(toy, kind="provisional")
    axes = draw_history(_history(toy)).axes[0]
    (cross,) = [line for line in _drawn(axes) if line.get_marker() == "+"]
    (square,) = [line for line in _drawn(axes) if line.get_marker() == "s"]
    assert cross.get_xdata() == square.get_xdata()
    axes.get_figure(root=True).draw_without_rendering()
    places = [line.get_transform().transform(line.get_xydata())[0, 0] for line in (cross, square)]
    assert places[0] < places[1]


@LANGUAGES
@pytest.mark.parametrize("by", [0.6, 0.95, 1.0, 1.1, 1.5])
def test_no_number_stands_on_the_base_rate(toy: Database, labels: Labels, by: float) -> None:
    """Nor beside its end: it would be read as its label."""
    add_run(toy, targets=[replace(row, base_rate=min(row.mean * by, 1.0)) for row in toy_targets()])
    figure = draw_horizons(_horizons(toy), labels)
    figure.draw_without_rendering()
    for axes in figure.axes:
        (dashed,) = [line for line in axes.lines if line.get_linestyle() == "--"]
        path = dashed.get_transform().transform_path(dashed.get_path())
        boxes = [Text.get_window_extent(text) for text in axes.texts]
        assert len(boxes) >= 1
        assert not any(path.intersects_bbox(box, filled=False) for box in boxes)
        end = path.vertices[-1][1]
        assert not any(box.y0 <= end <= box.y1 for box in boxes if box.x0 >= axes.bbox.x1)


@pytest.mark.parametrize("by", [1e-5, 1e-3, 0.9, 2.4])
def test_probabilities_near_the_ends_are_readable(toy: Database, by: float) -> None:
    for day in (date(2019, 12, 1), date(2020, 1, 1)):
        add_run(toy, as_of=day, targets=_scaled(by))
    for figure in _figures(toy, ENGLISH)[:2]:
        figure.draw_without_rendering()
        axes = figure.axes[0]
        ticks = [label.get_text() for label in axes.get_yticklabels()]
        assert len(set(ticks)) == len(ticks) >= 2
        assert all(re.fullmatch(r"\d+(\.\d+)? %", tick) for tick in ticks)
        assert [float(tick.removesuffix(" %")) for tick in ticks] == pytest.approx([100 * y for y in axes.get_yticks()])
        assert axes.get_ylim()[0] == 0


# Axes

AXES = Figure().subplots()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_words_keep_apart_in_their_order(heights: list[float]) -> None:
    moved = spread(sorted(heights), 0.1, 1)
    assert all(later - earlier >= 0.1 - 1e-9 for earlier, later in pairwise(moved))
    assert moved[0] >= 0.05 - 1e-9
    assert moved[-1] <= 0.95 + 1e-9


def test_words_that_are_apart_stay() -> None:
    assert spread([0.2, 0.5, 0.8], 0.1, 1) == [0.2, 0.5, 0.8]


@LANGUAGES
@given(first=st.dates(date(1993, 1, 1), date(2026, 1, 1)), days=st.integers(0, 12_000))
def test_dates_are_regular_and_have_room(labels: Labels, first: date, days: int) -> None:
    axes, last = AXES, first + timedelta(days=days)
    show_dates(axes, first, last, labels, room=6.3)
    ticks = [int(tick) for tick in axes.get_xticks()]
    assert 1 <= len(ticks) <= 12
    assert first.toordinal() <= ticks[0]
    assert ticks[-1] <= last.toordinal()
    gaps = [later - earlier for earlier, later in pairwise(ticks)]
    assert not gaps or max(gaps) - min(gaps) <= 4
    assert len({label.get_text() for label in axes.get_xticklabels()}) == len(ticks)
    low, high = axes.get_xlim()
    assert low < ticks[0] <= ticks[-1] < high


@given(st.floats(1e-7, 1))
def test_per_cents_start_at_nought_and_leave_head_room(highest: float) -> None:
    show_percents(AXES, highest, ENGLISH)
    low, high = AXES.get_ylim()
    assert low == 0
    assert highest < high <= 1.03
    ticks = [label.get_text() for label in AXES.get_yticklabels()]
    assert ticks[0].strip("0. %") == ""
    assert len(set(ticks)) == len(ticks) >= 2
