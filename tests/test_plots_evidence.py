"""Pictures of the evidence: levels through time, and judgements side by side."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from drawn import cut_off
from sqlalchemy import Connection
from toy_case import JUDGEMENTS, write_toy_case
from toy_runs import LOADED, install_toy

from db.append import append_observations
from db.engine import Database, open_database
from db.migrate import create_database
from db.read import read_documents, read_judgements
from db.rows import NewObservation
from db.when import When
from forecast.engine.assemble import read_problem
from forecast.engine.rows import state_rows
from forecast.errors import NothingToDraw, UnknownId
from forecast.facts.evidence import JudgementsFacts
from forecast.plots.indicators import build_ladder, wrap_words
from forecast.plots.judgements import draw_judgements, read_judgements_shown
from forecast.plots.states import POINTS, StatesFacts, draw_states, read_states
from forecast.plots.states import Path as LevelPath
from forecast.plots.style import as_png, as_svg
from forecast.record.catalogue import read_indicator_list
from forecast.words.english import plots as english
from indicators.folder import read_case_folder
from indicators.install import install_case
from models.states import filter_states

WHEN = When(as_of=date(2019, 12, 1))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the toy case, which tests copy instead of installing it again."""
    folder = tmp_path_factory.mktemp("installed")
    install_toy(folder).close()
    return folder / "parley.db"


@pytest.fixture
def toy(installed: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(installed, tmp_path)
    with open_database(f"sqlite:///{tmp_path / 'parley.db'}") as database:
        yield database


@pytest.fixture
def connection(toy: Database) -> Iterator[Connection]:
    with toy.read() as opened:
        yield opened


def by_name(facts: StatesFacts) -> dict[str, LevelPath]:
    return {path.indicator: path for path in facts.paths}


def observe(database: Database, **changes: object) -> None:
    """Store an observation of the press, as an analyst would enter it."""
    row = NewObservation(
        case_id="toy",
        indicator_id="press_tone",
        observed_on=date(2019, 11, 1),
        known_on=date(2019, 11, 1),
        level=2.0,
        source_title="Leader",
        source_publisher="Gazette",
        source_url="",
        origin="",
        reliability="A",
        credibility=1,
        analyst="kim",
        note="",
    )
    with database.write() as connection:
        append_observations(connection, [replace(row, **changes)], LOADED)


# Levels


def test_levels_are_those_of_the_filter_on_each_day(connection: Connection) -> None:
    facts = read_states(connection, WHEN)
    _, _, problem = read_problem(connection, WHEN)
    filtered = filter_states(problem.observations, problem.catalogue)
    for path in facts.paths:
        place = problem.catalogue.names.index(path.indicator)
        states = filtered.at(path.day, path.day.astype(float))
        np.testing.assert_array_equal(path.mean, np.where(states.active[:, place], states.mean[:, place], np.nan))
        np.testing.assert_array_equal(path.sd**2 > 0, states.active[:, place])
        assert (path.day[0], path.day[-1]) == (facts.first.toordinal(), facts.last.toordinal())


def test_a_path_ends_at_the_level_that_the_list_shows(connection: Connection) -> None:
    facts, listed = read_states(connection, WHEN), read_indicator_list(connection, WHEN).indicators
    paths = by_name(facts)
    for one in listed:
        assert (paths[one.id].mean[-1], paths[one.id].sd[-1]) == (one.mean, one.sd)
        assert paths[one.id].stale_days == (one.stale_days if one.stale else None)


def test_a_path_reaches_the_levels_that_a_run_stores(connection: Connection) -> None:
    rows, evidence, problem = read_problem(connection, WHEN)
    stored = state_rows(rows, evidence, problem, filter_states(problem.observations, problem.catalogue))
    paths = by_name(read_states(connection, WHEN))
    assert {row.indicator_id: (row.mean, row.sd) for row in stored} == {
        name: (path.mean[-1], path.sd[-1]) for name, path in paths.items()
    }


def test_what_is_known_later_does_not_change_the_path_before(connection: Connection) -> None:
    first, middle = date(2016, 1, 1), date(2018, 6, 1)
    early = read_states(connection, When(as_of=middle), first=first)
    later = by_name(read_states(connection, WHEN, first=first))
    for path in early.paths:
        shared, here, there = np.intersect1d(path.day, later[path.indicator].day, return_indices=True)
        assert len(shared) > 20
        np.testing.assert_array_equal(path.mean[here], later[path.indicator].mean[there])
        np.testing.assert_array_equal(path.sd[here], later[path.indicator].sd[there])
        seen = [stretch for stretch in later[path.indicator].stale if stretch[1] < middle]
        assert [stretch for stretch in path.stale if stretch[1] < middle] == seen


def test_a_window_is_five_years_or_what_was_asked(connection: Connection) -> None:
    facts = read_states(connection, WHEN)
    assert (facts.first, facts.last) == (WHEN.as_of - timedelta(days=1826), WHEN.as_of)
    asked = read_states(connection, WHEN, first=date(2015, 1, 1), last=date(2015, 12, 31))
    assert (asked.first, asked.last) == (date(2015, 1, 1), date(2015, 12, 31))
    assert {dot.observed_on.year for path in asked.paths for dot in path.dots} == {2015}
    assert read_states(connection, WHEN, last=date(2030, 1, 1)).last == WHEN.as_of
    with pytest.raises(NothingToDraw, match="from 2019-12-01 to 2019-12-01 are no stretch of days; choose a first day"):
        read_states(connection, WHEN, first=WHEN.as_of)


def test_a_path_is_drawn_on_both_sides_of_every_jump(connection: Connection) -> None:
    (path,) = read_states(connection, WHEN, first=date(2010, 1, 1), indicators=["border_posture"]).paths
    for dot in path.dots:
        known = dot.known_on.toordinal()
        assert known >= WHEN.as_of.toordinal() or {known - 1, known} <= set(path.day.tolist())
    assert len(path.day) <= POINTS + 2 * len(path.dots)


def test_an_indicator_is_blank_before_its_first_observation(connection: Connection) -> None:
    (path,) = read_states(connection, WHEN, first=date(2009, 1, 1), indicators=["harvest"]).paths
    blank = path.day < date(2011, 3, 1).toordinal()
    assert np.isnan(path.mean[blank]).all()
    assert np.isfinite(path.mean[~blank]).all()


def test_stale_stretches_follow_the_rule(connection: Connection) -> None:
    """The press is to be observed monthly and is quarterly: stale from day 61 until the next one is known."""
    (path,) = read_states(connection, WHEN, first=date(2017, 1, 1), indicators=["press_tone"]).paths
    known = sorted(dot.known_on for dot in path.dots)
    expected = [(day + timedelta(days=61), after - timedelta(days=1)) for day, after in pairwise(known)]
    assert [stretch for stretch in path.stale if stretch[0] > known[0]] == expected
    assert path.stale_days is None


def test_dots_are_observations_as_coded_and_those_replaced_are_hollow(toy: Database) -> None:
    observe(toy)
    with toy.read() as connection:
        (before,) = read_states(connection, WHEN, indicators=["press_tone"]).paths
    newest = before.dots[-1]
    assert (newest.level, newest.grade, newest.stands) == (2.0, "A1", True)
    with toy.read() as connection:
        row = connection.exec_driver_sql("SELECT max(id) FROM observations").scalar()
    observe(toy, level=-1.0, supersedes=row, known_on=date(2019, 11, 15), reason="read again")
    with toy.read() as connection:
        facts = read_states(connection, WHEN, indicators=["press_tone"])
    found = [(dot.level, dot.stands) for dot in facts.paths[0].dots if dot.observed_on == date(2019, 11, 1)]
    assert sorted(found) == [(-1.0, True), (2.0, False)]
    legend = [text.get_text() for text in draw_states(facts).legends[0].get_texts()]
    first, *others = "mean", "50 % band", "90 % band", "stale (grey, hatched)"
    assert legend == [first, *others, "grade A1", "grade B2", "grade C3", "grade F6", "since replaced"]


def test_better_grades_have_larger_dots(connection: Connection) -> None:
    facts = read_states(connection, WHEN)
    assert [grade for grade, _ in facts.grades] == ["A1", "B2", "C3", "F6"]
    weights = [weight for _, weight in facts.grades]
    assert weights == sorted(weights, reverse=True)
    assert dict(facts.grades)["B2"] == pytest.approx(1 / 0.65)


def test_a_caption_counts_what_is_drawn(connection: Connection) -> None:
    facts = read_states(connection, WHEN)
    dots = sum(len(path.dots) for path in facts.paths)
    assert "Filtered levels of 3 indicators from 2014-12-01 to 2019-12-01" in english.states_caption(facts.told)
    assert f"50 and 90 % bands (normal), and {dots} observations" in english.states_caption(facts.told)
    assert english.states_caption(facts.told).endswith(
        "None is stale on 2019-12-01 (hatched: unobserved for more than 2 times the cadence)."
    )
    stale = read_states(connection, When(as_of=date(2019, 12, 30)), indicators=["press_tone"])
    assert "1 of 1 is stale on 2019-12-30" in english.states_caption(stale.told)
    assert "the longest of these press_tone, 86 days." in english.states_caption(stale.told)


def test_panels_hold_the_paths_to_one_scale(connection: Connection) -> None:
    facts = read_states(connection, WHEN)
    figure = draw_states(facts)
    assert cut_off(figure) == []
    assert len(figure.axes) == 3
    assert {axes.get_ylim() for axes in figure.axes} == {(-2.8, 2.8)}
    assert {axes.get_xlim() for axes in figure.axes} == {figure.axes[0].get_xlim()}
    for axes, path in zip(figure.axes, facts.paths, strict=True):
        np.testing.assert_array_equal(axes.lines[0].get_ydata(), path.mean)
        assert axes.get_title(loc="left").startswith(f"{path.group}: {path.name}")
        assert axes.texts[0].get_text() == path.indicator
        assert [label.get_text() for label in axes.get_yticklabels()] == ["−2", "0", "+2"]


def test_indicators_can_be_named_and_an_unknown_one_is_told(connection: Connection) -> None:
    facts = read_states(connection, WHEN, indicators=["harvest", "press_tone"])
    assert [path.indicator for path in facts.paths] == ["press_tone", "harvest"]
    with pytest.raises(UnknownId, match="press_tone"):
        read_states(connection, WHEN, indicators=["pres_tone"])


def test_forty_indicators_make_a_taller_picture(tmp_path: Path) -> None:
    with _wide_case(tmp_path) as database, database.read() as connection:
        said = read_judgements_shown(connection, WHEN)
        facts = read_states(connection, WHEN, first=date(2019, 1, 1), indicators=["posture_3"])
    assert draw_judgements(said).get_size_inches()[1] > 10
    assert as_png(draw_states(facts))  # a character without a glyph would warn


@pytest.mark.slow
def test_forty_panels_stand_in_three_columns(tmp_path: Path) -> None:
    with _wide_case(tmp_path) as database, database.read() as connection:
        figure = draw_states(read_states(connection, WHEN, first=date(2019, 1, 1)))
    assert len(figure.axes) == 40
    assert figure.get_size_inches()[1] > 15
    assert len({round(axes.get_position().x0, 3) for axes in figure.axes}) == 3


def _wide_case(folder: Path) -> Database:
    """The toy case with 37 more indicators, named in Japanese."""
    case = write_toy_case(folder / "wide")
    text = (case / "indicators.toml").read_text(encoding="utf-8")
    block = text[text.index("[border_posture]") : text.index("[harvest]")].replace(
        "Posture at the border", "国境の軍備"
    )
    more = [block.replace("border_posture", f"posture_{number}") for number in range(37)]
    (case / "indicators.toml").write_text("\n".join([text, *more]), encoding="utf-8")
    database = create_database(f"sqlite:///{folder / 'parley.db'}")
    install_case(database, read_case_folder(case), LOADED)
    return database


# Judgements


def test_judgements_are_those_on_file(connection: Connection) -> None:
    facts = read_judgements_shown(connection, WHEN)
    rows = [row for row in read_judgements(connection, "toy", WHEN) if row.target == "arms_control_talks"]
    drawn = {
        (author.document, indicator, said.weight, said.explicit)
        for author in facts.authors
        for indicator, said in author.said.items()
    }
    assert drawn == {(row.document_id, row.indicator_id, row.weight, row.basis == "explicit") for row in rows}
    assert [author.published_on for author in facts.authors] == sorted(
        row.published_on for row in read_documents(connection, "toy", WHEN)
    )


def test_silence_is_no_judgement(connection: Connection) -> None:
    facts = read_judgements_shown(connection, WHEN)
    rassendyll, tarlenheim = facts.authors
    assert "harvest" not in rassendyll.said
    assert rassendyll.mean == pytest.approx((1 + 2.5) / 2)
    assert tarlenheim.mean == -1
    assert {asked.indicator: asked.weights for asked in facts.indicators} == {
        "press_tone": (1.0,),
        "border_posture": (2.5,),
        "harvest": (-1.0,),
    }


def test_documents_speak_from_their_day_on(connection: Connection) -> None:
    facts = read_judgements_shown(connection, When(as_of=date(2017, 6, 14)))
    assert [author.author for author in facts.authors] == ["R. Rassendyll"]
    assert next(asked for asked in facts.indicators if asked.indicator == "harvest").mean is None
    with pytest.raises(NothingToDraw, match="no document had been published by 2014-01-01; choose a later date"):
        read_judgements_shown(connection, When(as_of=date(2014, 1, 1)))


def test_a_target_no_one_speaks_of_is_told(connection: Connection) -> None:
    with pytest.raises(NothingToDraw, match="speaks of deal; there are some on arms_control_talks, crisis: name one"):
        read_judgements_shown(connection, WHEN, target="deal")
    assert len(read_judgements_shown(connection, WHEN, target="crisis").authors) == 1


def test_a_caption_counts_judgements(connection: Connection) -> None:
    caption = english.judgements_caption(read_judgements_shown(connection, WHEN))
    assert "What 2 documents published by 2019-12-01 say on arms-control talks: 3 judgements on 3 of 3" in caption
    assert "1 explicit (filled) and 2 inferred (hatched); an empty cell is silence, not 0" in caption
    assert caption.endswith("No two authors differ in sign.")


def disputed(folder: Path) -> JudgementsFacts:
    """Both authors on the harvest with different signs; one says that the press does not matter."""
    more = [("rassendyll-2015", "harvest", "arms_control_talks", "2", "explicit", "", "")]
    more += [("tarlenheim-2017", "press_tone", "arms_control_talks", "0", "explicit", "", "")]
    more += [("tarlenheim-2017", "press_tone", "limits_talks", "1", "explicit", "", "")]
    text = "\n".join(",".join(row) for row in (*JUDGEMENTS, *more)) + "\n"
    case = write_toy_case(folder / "disputed", {"judgements.csv": text})
    with create_database(f"sqlite:///{folder / 'parley.db'}") as database:
        install_case(database, read_case_folder(case), LOADED)
        with database.read() as connection:
            return read_judgements_shown(connection, WHEN)


def test_authors_who_differ_in_sign_are_marked(tmp_path: Path) -> None:
    facts = disputed(tmp_path)
    assert [asked.indicator for asked in facts.indicators if asked.disputed] == ["harvest"]
    assert english.judgements_caption(facts).endswith("Authors differ in sign on harvest.")
    assert "With 1 judgement more on talks on limits, any framing, not drawn." in english.judgements_caption(facts)
    figure = draw_judgements(facts)
    assert cut_off(figure) == []
    bold = [label.get_text() for label in figure.axes[0].get_yticklabels() if label.get_fontweight() == "bold"]
    assert bold == ["harvest"]


def test_bars_are_the_weights_filled_if_explicit(tmp_path: Path) -> None:
    facts = disputed(tmp_path)
    figure = draw_judgements(facts)
    assert len(figure.axes) == len(facts.authors) + 1
    for axes, author in zip(figure.axes, facts.authors, strict=False):
        bars = [container.patches[0] for container in axes.containers]
        assert sorted(bar.get_width() for bar in bars) == sorted(s.weight for s in author.said.values() if s.weight)
        hatched = sum(bar.get_hatch() is not None for bar in bars)
        assert hatched == sum(not said.explicit and said.weight != 0 for said in author.said.values())
        assert axes.get_title(loc="center").endswith(str(author.published_on.year))
        assert axes.get_xlabel().endswith(f"n = {len(author.said)}")
        numbers = {text.get_text() for text in axes.texts}
        assert {"0", "−1"} <= numbers or "+2.5" in numbers
    told = {text.get_text() for text in figure.legends[0].get_texts() if text.get_text().startswith("0")}
    noughts = {said.explicit for author in facts.authors for said in author.said.values() if not said.weight}
    assert told == {f"0: no bearing, {'explicit' if explicit else 'inferred'}" for explicit in noughts} != set()


# Both


@pytest.mark.parametrize("kind", ["states", "judgements"])
def test_the_same_facts_give_the_same_bytes(connection: Connection, kind: str) -> None:
    if kind == "states":
        figures = [draw_states(read_states(connection, WHEN, indicators=["harvest"])) for _ in range(2)]
    else:
        figures = [draw_judgements(read_judgements_shown(connection, WHEN)) for _ in range(2)]
    assert as_svg(figures[0]) == as_svg(figures[1])
    assert as_png(figures[0]) == as_png(figures[1])


def test_rows_stand_under_their_groups() -> None:
    ladder = build_ladder(["a", "a", "b"], heading=0.5)
    assert ladder.places == (1.0, 2.0, 3.5)
    assert ladder.headings == (("a", 0.25), ("b", 2.75))
    assert ladder.height == 4.0


def test_words_are_broken_by_the_room_they_take() -> None:
    assert wrap_words("one two three", 7, 2) == "one two\nthree"
    assert wrap_words("one two three four", 7, 2) == "one two\nthree…"
    assert wrap_words("国境地帯の軍備", 8, 2) == "国境地帯の\n軍備"
    assert wrap_words("북한이 밝힌 협상 조건과 외교 행보", 20, 2) == "북한이 밝힌 협상\n조건과 외교 행보"
