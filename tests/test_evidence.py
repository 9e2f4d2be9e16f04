"""The evidence rules: common origin, best grade, shared precision, and when each holds."""

import random
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.rows import EventRow, GradeRow, IndicatorRow, ObservationRow
from indicators.errors import CaseError
from indicators.evidence import DISPUTED_VARIANCE, NEVER, Evidence, form_evidence, last_observed, valid_on
from models.spec import Catalogue, Observations
from models.states import filter_states

START = date(2020, 1, 1)
GRADES = (GradeRow("A", 1, 0.1), GradeRow("B", 2, 0.4), GradeRow("C", 3, 0.7))


def _indicator(position: int, id_: str) -> IndicatorRow:
    return IndicatorRow(
        indicator_id=id_,
        position=position,
        name=id_,
        question="",
        orientation="",
        kind="state",
        group_name="",
        half_life_days=90,
        expected_cadence_days=30,
        lag_days=0,
        contested=False,
        typical_sources=(),
        documents=(),
        document_refs=(),
        note="",
        levels=(),
    )


CATALOGUE = tuple(_indicator(position, id_) for position, id_ in enumerate(("tone", "posture", "harvest")))


def _row(
    indicator: str = "tone",
    known: int = 0,
    level: float = 1,
    grade: str = "B2",
    origin: str = "",
    *,
    observed: int | None = None,
    until: int | None = None,
    title: str = "a title",
) -> ObservationRow:
    """One row; days count from START, `observed` is the day it is known unless given."""
    return ObservationRow(
        case_id="toy",
        indicator_id=indicator,
        observed_on=START + timedelta(days=known if observed is None else observed),
        known_on=START + timedelta(days=known),
        level=level,
        source_title=title,
        source_publisher="a publisher",
        source_url="",
        origin=origin,
        reliability=grade[0],
        credibility=int(grade[1]),
        analyst="kim",
        note="",
        id=1,
        recorded_at=datetime(2020, 1, 1, tzinfo=UTC),
        row_key="",
        valid_from=START + timedelta(days=known),
        valid_until=None if until is None else START + timedelta(days=until),
    )


def _form(rows: Iterable[ObservationRow]) -> Evidence:
    return form_evidence(rows, CATALOGUE, GRADES)


def _event(source: str, known: int = 0) -> EventRow:
    day = START + timedelta(days=known)
    return EventRow(
        case_id="toy",
        event_id=f"T{known}",
        type="talks",
        framing="arms_control",
        started_on=day,
        ended_on=day,
        known_on=day,
        date_precision="day",
        level="envoy",
        format="bilateral",
        venue="",
        note="",
        source=source,
        confidence="high",
        id=known + 1,
        recorded_at=datetime(2020, 1, 1, tzinfo=UTC),
    )


def _table(evidence: Evidence) -> list[tuple[float, ...]]:
    """(indicator, observed, entered, since, until, level, variance) per row; days from START, -1 for never."""
    first = START.toordinal()
    days = (evidence.observed - first, evidence.entered - first, evidence.since - first)
    until = np.where(evidence.until == NEVER, -1, evidence.until - first)
    columns = (evidence.indicator, *days, until, evidence.level, np.round(evidence.variance, 9))
    return [tuple(float(cell) for cell in row) for row in zip(*columns, strict=True)]


def test_a_row_without_origin_stands_alone() -> None:
    rows = [_row(known=3, observed=1), _row(known=3, observed=1, level=-1, title="another"), _row("posture", known=3)]
    assert _table(_form(rows)) == [
        (0, 1, 3, 3, -1, -1, 0.16),
        (0, 1, 3, 3, -1, 1, 0.16),
        (1, 3, 3, 3, -1, 1, 0.16),
    ]


def test_rows_of_one_indicator_day_and_source_share_one() -> None:
    rows = [_row(known=2, observed=1, level=0), _row(known=5, observed=1, level=1), _row(known=9, observed=2)]
    assert _table(_form(rows)) == [
        (0, 1, 2, 2, 5, 0, 0.16),
        (0, 1, 2, 5, -1, 0.5, 0.66),
        (0, 2, 9, 9, -1, 1, 0.16),
    ]


def test_no_variance_lies_below_the_floor_of_coding_error() -> None:
    assert _form([_row(grade="A1")]).variance == pytest.approx([0.09])


def test_the_best_grade_speaks_for_its_origin_and_enters_when_it_is_known() -> None:
    rows = [_row(known=1, level=-2, grade="C3", origin="x"), _row(known=4, observed=2, level=1, origin="x")]
    assert _table(_form(rows)) == [(0, 1, 1, 1, 4, -2, 0.49), (0, 2, 4, 4, -1, 1, 0.16)]
    assert _table(_form([*rows, _row(known=7, level=2, grade="C3", origin="x")])) == _table(_form(rows))


def test_rows_of_equal_grade_are_averaged_and_keep_the_earliest_day() -> None:
    rows = [_row(known=day, level=level, origin="x") for day, level in ((1, 0), (3, 1), (5, 2))]
    assert _table(_form(rows)) == [(0, 1, 1, 1, 3, 0, 0.16), (0, 1, 1, 3, 5, 0.5, 0.66), (0, 1, 1, 5, -1, 1, 1.16)]


def _of_one_report(*levels: float, grade: str = "B2") -> Evidence:
    """What several coders make of it, on the day on which all have spoken."""
    return _form(_row(level=level, grade=grade, origin="x") for level in levels)


@given(st.lists(st.sampled_from([-2.0, -1.0, 0.0, 1.0, 2.0]), min_size=2, max_size=6), st.sampled_from(["A1", "C3"]))
def test_disagreement_never_makes_a_level_surer_than_agreement_would(levels: list[float], grade: str) -> None:
    disputed, agreed = _of_one_report(*levels, grade=grade), _of_one_report(*[levels[0]] * len(levels), grade=grade)
    assert agreed.variance[0] <= disputed.variance[0] <= max(agreed.variance[0], DISPUTED_VARIANCE)
    assert disputed.level[0] == pytest.approx(np.mean(levels))
    spread = agreed.variance[0] + np.var(levels, ddof=1)
    assert disputed.variance[0] == pytest.approx(max(agreed.variance[0], min(spread, DISPUTED_VARIANCE)))


@pytest.mark.parametrize("levels", [(2.0, -2.0), (1.0, -1.0), (0.0, 2.0), (2.0, -2.0, 2.0)])
@pytest.mark.parametrize("fades", [True, False])
def test_coders_two_levels_apart_leave_a_level_no_surer_than_one_of_them_alone(
    levels: tuple[float, ...], fades: bool
) -> None:
    def variance(evidence: Evidence) -> float:
        rows = Observations(
            indicator=evidence.indicator,
            observed=evidence.observed,
            entered=evidence.entered,
            since=evidence.since,
            until=evidence.until,
            level=evidence.level,
            variance=evidence.variance,
        )
        catalogue = Catalogue(("tone",), np.array([fades]), np.array([90.0]), np.array([0]))
        day = np.array([START.toordinal()])
        return float(filter_states(rows, catalogue).at(day, day.astype(float)).variance[0, 0])

    assert variance(_of_one_report(*levels)) >= variance(_of_one_report(levels[0]))


def test_a_disputed_level_of_two_indicators_is_disputed_in_both_and_shares_its_precision() -> None:
    both = [_row(indicator, level=level, origin="x") for indicator in ("tone", "posture") for level in (0, 1)]
    assert _form(both).variance == pytest.approx([2 * 0.66, 2 * 0.66])


def test_an_origin_shares_its_precision_among_the_indicators_it_feeds() -> None:
    rows = [_row("tone", 1, origin="x"), _row("posture", 4, origin="x"), _row("harvest", 4, origin="y")]
    assert _table(_form(rows)) == [
        (0, 1, 1, 1, 4, 1, 0.16),
        (0, 1, 1, 4, -1, 1, 0.32),
        (1, 4, 4, 4, -1, 1, 0.32),
        (2, 4, 4, 4, -1, 1, 0.16),
    ]


def test_a_retraction_ends_a_row_and_gives_its_share_back() -> None:
    rows = [_row("tone", 1, origin="x"), _row("posture", 1, origin="x", until=6)]
    assert _table(_form(rows)) == [
        (0, 1, 1, 1, 6, 1, 0.32),
        (1, 1, 1, 1, 6, 1, 0.32),
        (0, 1, 1, 6, -1, 1, 0.16),
    ]


def test_a_revision_takes_over_on_its_own_day() -> None:
    rows = [_row(known=1, level=2, until=5), _row(known=5, observed=1, level=0)]
    assert _table(_form(rows)) == [(0, 1, 1, 1, 5, 2, 0.16), (0, 1, 5, 5, -1, 0, 0.16)]


def test_a_row_replaced_on_the_day_it_enters_is_never_valid() -> None:
    assert _table(_form([_row(known=2, level=2, until=2), _row(known=2, level=0)])) == [(0, 2, 2, 2, -1, 0, 0.16)]


@pytest.mark.parametrize("later", [0, 3, 400])
@pytest.mark.parametrize("origin", ["", "x"])
def test_the_same_row_again_changes_nothing(later: int, origin: str) -> None:
    rows = [_row("tone", 1, origin=origin), _row("posture", 2, origin=origin)]
    again = _row("tone", 1 + later, observed=1, origin=origin)
    assert _table(_form([*rows, again])) == _table(_form(rows))


def test_a_row_of_an_indicator_outside_the_catalogue_is_named_and_left_out() -> None:
    evidence = _form([_row(origin="x"), _row("weather", origin="x")])
    assert (evidence.left_out, evidence.variance.tolist()) == (("weather",), pytest.approx([0.16]))


def test_a_grade_outside_the_table_is_refused() -> None:
    sentence = r"^the grade 'F6' of tone on 2020-01-03 is not in the case's table; revise it to one of A1, B2, C3$"
    with pytest.raises(CaseError, match=sentence):
        _form([_row(known=2, grade="F6")])


def test_no_rows_make_empty_evidence() -> None:
    evidence = _form([])
    assert (len(evidence), evidence.level.shape, evidence.catalogue_size) == (0, (0,), 3)
    assert last_observed(evidence, START.toordinal()).tolist() == [-1, -1, -1]


def test_last_observed_counts_valid_rows_only() -> None:
    evidence = _form([_row(known=2, observed=1), _row(known=6, observed=5, until=9), _row("harvest", known=4)])
    seen = [last_observed(evidence, START.toordinal() + day).tolist() for day in (1, 2, 6, 9)]
    first = START.toordinal()
    assert seen == [
        [-1, -1, -1],
        [first + 1, -1, -1],
        [first + 5, -1, first + 4],
        [first + 1, -1, first + 4],
    ]


def _expected_on(rows: list[ObservationRow], day: date) -> set[tuple[float, ...]]:
    """The rule of one day, by its definition: (indicator, observed, entered, level, variance) of what is valid."""
    sd = {(grade.reliability, grade.credibility): grade.sd_levels for grade in GRADES}
    origins: defaultdict[object, defaultdict[str, list[ObservationRow]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.valid_from <= day and (row.valid_until is None or day < row.valid_until):
            alone = (row.indicator_id, row.observed_on, row.source_publisher, row.source_title)
            origins[row.origin or alone][row.indicator_id].append(row)
    ids = [indicator.indicator_id for indicator in CATALOGUE]
    found: set[tuple[float, ...]] = set()
    for fed in origins.values():
        for id_, members in fed.items():
            best = min(sd[row.reliability, row.credibility] for row in members)
            carrying = [row for row in members if sd[row.reliability, row.credibility] == best]
            observed = min(row.observed_on for row in carrying).toordinal()
            entered = min(row.known_on for row in carrying).toordinal()
            level = sum(row.level for row in carrying) / len(carrying)
            between = np.var([row.level for row in carrying], ddof=1) if len(carrying) > 1 else 0
            variance = round(min(max(best, 0.3) ** 2 + between, 2) * len(fed), 9)
            found.add((ids.index(id_), observed, entered, round(level, 9), variance))
    return found


_ROWS = st.lists(
    st.builds(
        lambda indicator, known, lag, level, grade, origin, title, ended: _row(
            indicator,
            known,
            level,
            grade,
            origin,
            observed=known - lag,
            title=title,
            until=None if ended is None else known + ended,
        ),
        st.sampled_from(["tone", "posture", "harvest"]),
        st.integers(0, 12),
        st.integers(0, 2),
        st.integers(-2, 2),
        st.sampled_from(["A1", "B2", "C3"]),
        st.sampled_from(["", "x", "y"]),
        st.sampled_from(["s", "t"]),
        st.none() | st.integers(0, 8),
    ),
    max_size=14,
)


@given(_ROWS)
def test_on_every_day_the_valid_rows_are_those_of_the_definition(rows: list[ObservationRow]) -> None:
    evidence = _form(rows)
    for offset in range(22):
        day = START + timedelta(days=offset)
        valid = valid_on(evidence, day.toordinal())
        columns = (evidence.indicator, evidence.observed, evidence.entered)
        values = (np.round(evidence.level, 9), np.round(evidence.variance, 9))
        found = [tuple(column[index] for column in (*columns, *values)) for index in np.flatnonzero(valid)]
        assert set(found) == _expected_on(rows, day)


@given(_ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: list[ObservationRow], chance: random.Random) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert _table(_form(shuffled)) == _table(_form(rows))


@given(_ROWS, st.integers(0, 20))
def test_what_is_learnt_later_changes_no_earlier_day(rows: list[ObservationRow], offset: int) -> None:
    day = START + timedelta(days=offset)
    then = [
        replace(row, valid_until=row.valid_until if row.valid_until and row.valid_until <= day else None)
        for row in rows
        if row.known_on <= day
    ]
    early, late = _table(_form(then)), _table(_form(rows))
    assert [row[:4] + row[5:] for row in early] == [row[:4] + row[5:] for row in late if row[3] <= offset]
    assert sorted(row for row in early if row[4] >= 0) == sorted(row for row in late if 0 <= row[4] <= offset)


@given(_ROWS)
def test_spans_of_validity_are_not_empty_and_begin_once_known(rows: list[ObservationRow]) -> None:
    evidence = _form(rows)
    assert np.all(evidence.since < evidence.until)
    assert np.all(evidence.observed <= evidence.entered)
    assert np.all(evidence.entered <= evidence.since)


def test_ten_times_the_rows_take_about_ten_times_as_long() -> None:
    """Half of them of one origin, half spread over many: neither may cost more than its share."""
    few, many = (_seconds_for(number) for number in (5_000, 50_000))
    assert many < 30 * few


def _seconds_for(number: int) -> float:
    """Processor time for so many rows."""
    chance = random.Random(7)
    rows = [
        _row(
            chance.choice(("tone", "posture", "harvest")),
            chance.randrange(9000),
            chance.randint(-2, 2),
            origin=f"o{chance.randrange(number // 2) * (n % 2)}",
        )
        for n in range(number)
    ]
    begun = time.process_time()
    _form(rows)
    return time.process_time() - begun


def test_an_event_is_one_of_the_things_its_report_feeds() -> None:
    """From the day it is known on, and once, however many events and names of the report there are."""
    rows = [
        _row(known=1, origin="Wire of 1 January"),
        replace(_row("posture", known=1), source_url="https://example.org/story"),
        _row("harvest", known=1),
    ]
    events = [_event("Wire of 1 January", 4), _event("Wire of 1 January", 6), _event("https://example.org/story", 1)]
    unmoved = (2, 1, 1, 1, -1, 1, 0.16)
    expected = [(0, 1, 1, 1, 4, 1, 0.16), (1, 1, 1, 1, -1, 1, 0.32), unmoved, (0, 1, 1, 4, -1, 1, 0.32)]
    assert _table(form_evidence(rows, CATALOGUE, GRADES, events)) == expected
    assert _table(form_evidence(rows, CATALOGUE, GRADES, reversed(events))) == expected


def test_a_title_and_a_day_tell_a_report() -> None:
    rows = [_row(known=1, title="Reuters"), _row(known=2, title="Reuters")]
    found = _table(form_evidence(rows, CATALOGUE, GRADES, [_event("Reuters", 2)]))
    assert found == [(0, 1, 1, 1, -1, 1, 0.16), (0, 2, 2, 2, -1, 1, 0.32)]


def test_an_event_whose_report_no_row_goes_back_to_changes_nothing() -> None:
    """A title tells a report only with its day: what is "general knowledge" would be one."""
    rows = [_row(known=1, origin="Wire"), _row("posture", known=1, title="general knowledge")]
    events = [_event(""), _event("general knowledge"), _event("another wire")]
    assert _table(form_evidence(rows, CATALOGUE, GRADES, events)) == _table(_form(rows))
