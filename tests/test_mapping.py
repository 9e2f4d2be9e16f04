"""Mappings: whatever the names and order of columns, the right rows or a line; what is kept is what was said."""

import re
import tomllib
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.errors import StoreError
from db.rows import NewObservation
from db.zone import Moment, zone_named
from indicators.coding import OBSERVATION_COLUMNS, REQUIRED, Rules, new_observation
from indicators.errors import CaseError
from indicators.foreign import read_table
from indicators.grid import Grid
from indicators.kinds import ATTESTATIONS, EVENTS, OBSERVATIONS
from indicators.mapping import AS_NAMED, FileMapping, fold, mapping_of, mapping_text, parse_levels, parse_pairs
from indicators.meanings import may_mean
from indicators.missing import MARKERS, is_missing
from indicators.shipped import shipped_mappings
from indicators.tables import Problems
from indicators.wide import called

KINDS = (OBSERVATIONS, EVENTS, ATTESTATIONS)
NAMES = {"us_posture": "US posture", "kcna_tone": "Tone of KCNA"}
TODAY = date(2026, 11, 22)
RULES = Rules(
    case_id="toy",
    indicators=tuple(NAMES),
    grades=frozenset({"A1", "B2"}),
    moment=Moment(instant=datetime(2026, 11, 22, tzinfo=UTC)),
    analyst="kim",
)

CELLS = ["kcna_tone", "2026-11-03", "-1", "B2", "KCNA"]

words = st.text(st.characters(categories=["Lu", "Ll", "Lo", "Nd"]), min_size=1, max_size=12)
sources = st.text(st.characters(categories=["Lu", "Ll", "Lo"]), min_size=3, max_size=20).filter(
    lambda text: not is_missing(text)
)
days = st.dates(date(1995, 1, 1), TODAY)
rows = st.fixed_dictionaries(
    {
        "indicator": st.sampled_from(sorted(NAMES)),
        "observed_on": days.map(str),
        "level": st.sampled_from(["-2", "-1", "0", "0.5", "2"]),
        "grade": st.sampled_from(["A1", "B2"]),
        "source": sources,
        "note": sources,
    }
)


def read(
    header: list[str], records: list[list[str]], mapping: FileMapping = AS_NAMED
) -> tuple[list[NewObservation | None], list[str]]:
    problems = Problems()
    grid = Grid(file="t.csv", line=1, header=tuple(header), records=list(enumerate(records, start=2)))
    table = read_table(grid, mapping, KINDS, NAMES, problems)
    if table is None or problems.lines:
        assert problems.lines
        return [], problems.lines
    assert table.kind is OBSERVATIONS
    return [new_observation(row, RULES) for row in table.rows], problems.lines


def direct(table: list[dict[str, str]]) -> list[NewObservation | None]:
    columns = [*REQUIRED, "note"]
    return read(columns, [[row[name] for name in columns] for row in table])[0]


@given(st.lists(rows, min_size=1, max_size=5), st.permutations([*REQUIRED, "note"]), st.data())
def test_whatever_the_columns_are_called_and_their_order_the_rows_are_the_same(
    table: list[dict[str, str]], order: list[str], data: st.DataObject
) -> None:
    """Columns under any other names, among others that mean nothing, some the same in all rows and set."""
    taken = {fold(name) for name in (*OBSERVATION_COLUMNS, *called(NAMES))}
    foreign = words.filter(lambda name: fold(name) not in taken)
    names = data.draw(st.lists(foreign, min_size=len(order) + 2, max_size=len(order) + 2, unique_by=fold))
    renamed = data.draw(st.sets(st.sampled_from(order)))
    constant = data.draw(st.sampled_from([None, "indicator", "grade", "level"]))
    if constant is not None:
        table = [{**row, constant: table[0][constant]} for row in table]
    kept = [name for name in order if name != constant]
    called_ = {name: names[place] if name in renamed else name for place, name in enumerate(kept)}
    header = [*(called_[name] for name in kept), *names[-2:]]
    mapping = FileMapping(
        columns={name: called_[name] for name in kept if name in renamed},
        constants={} if constant is None else {constant: table[0][constant]},
        ignore_other_columns=True,
    )
    records = [[*(row[name] for name in kept), "x", ""] for row in table]
    found, problems = read(header, records, mapping)
    assert problems == []
    assert found == direct(table)
    if renamed & set(REQUIRED):
        wrong = read(header, records)[1]
        assert any("missing" in line for line in wrong)


@given(st.lists(rows, min_size=1, max_size=4), st.lists(words, min_size=1, max_size=8), st.data())
def test_any_header_gives_the_right_rows_or_lines(
    table: list[dict[str, str]], others: list[str], data: st.DataObject
) -> None:
    """Names of ours and of others at random: what is read is what stands under the names of ours."""
    header = data.draw(st.permutations([*data.draw(st.lists(st.sampled_from(OBSERVATION_COLUMNS))), *others]))
    records = [[row.get(name, "x") for name in header] for row in table]
    found, problems = read(header, records)
    if not problems:
        expected = [(row["indicator"], row["observed_on"], row["source"]) for row in table]
        assert [(e.indicator_id, str(e.observed_on), e.source_title) for e in found if e is not None] == expected


@given(st.lists(st.sampled_from(["soft", "hard", "neutral"]), min_size=1, max_size=6))
def test_words_become_the_levels_that_are_said(said: list[str]) -> None:
    table = [["us_posture", "2026-11-03", word, "B2", f"Wire {place}"] for place, word in enumerate(said)]
    mapping = FileMapping(levels={"SOFT": "1", "hard": "\u22121", "neutral": "0"})
    found, problems = read([*REQUIRED], table, mapping)
    assert problems == []
    assert [each.level for each in found if each] == [{"soft": 1, "hard": -1, "neutral": 0}[word] for word in said]


@given(
    st.dictionaries(
        days, st.dictionaries(st.sampled_from(sorted(NAMES)), st.sampled_from(["-1", "0", "2"])), min_size=2
    )
)
def test_a_table_turned_either_way_gives_the_levels_it_holds(levels: dict[date, dict[str, str]]) -> None:
    expected = sorted((name, day, float(level)) for day, of in levels.items() for name, level in of.items())
    ids, given_days = sorted(NAMES), sorted(levels)
    tall = (
        ["date", *(NAMES[name] for name in ids)],
        [[str(day), *(levels[day].get(name, "") for name in ids)] for day in given_days],
    )
    flat = ["", *map(str, given_days)], [[name, *(levels[day].get(name, "NA") for day in given_days)] for name in ids]
    constants = {"source": "weekly", "grade": "B2"}
    for header, records in (tall, flat):
        columns = {"observed_on": "date"} if header[0] else {}
        mapping = FileMapping(wide=True, columns=columns, constants=constants)
        found, problems = read(header, records, mapping)
        if expected:
            assert problems == []
            assert sorted((e.indicator_id, e.observed_on, e.level) for e in found if e) == expected
        else:
            assert problems == ["t.csv: holds no observation; write at least one row below the names of its columns"]


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
tables = st.dictionaries(texts, texts, max_size=3)
mappings = st.builds(
    FileMapping,
    kind=texts,
    columns=tables,
    constants=tables,
    levels=tables,
    where=tables,
    recognised_by=st.lists(texts, max_size=2).map(tuple),
    about=texts,
    ignore_other_columns=st.booleans(),
    wide=st.booleans(),
    sheet=texts,
    encoding=texts,
    dates=st.sampled_from(["", "dmy", "mdy"]),
)


@given(mappings)
def test_what_is_kept_of_a_mapping_is_what_was_said(mapping: FileMapping) -> None:
    assert mapping_of(tomllib.loads(mapping_text(mapping)), "m.toml") == mapping


@given(mappings)
def test_nothing_said_changes_nothing_and_what_is_said_anew_goes_before(mapping: FileMapping) -> None:
    assert AS_NAMED.over(mapping) == mapping
    assert mapping.over(AS_NAMED) == mapping
    anew = FileMapping(columns={"level": "Score"}).over(FileMapping(constants={"level": "1", "grade": "B2"}))
    assert (anew.columns, anew.constants) == ({"level": "Score"}, {"grade": "B2"})


def test_pairs_are_cut_at_names_of_ours_only() -> None:
    assert parse_pairs(["source=Title, subtitle,note=a=b", "url=Link"], "--map") == {
        "source": "Title, subtitle",
        "note": "a=b",
        "url": "Link",
    }
    assert parse_levels(["very soft=2,hard, but fair=-1", "強硬=-2"], "--level-map") == {
        "very soft": "2",
        "hard, but fair": "-1",
        "強硬": "-2",
    }
    assert parse_levels(["soft=0,5,hard=-0,5"], "--level-map") == {"soft": "0,5", "hard": "-0,5"}
    with pytest.raises(CaseError, match=r"^--map: 'observed_on=' is not of the form NAME=VALUE"):
        parse_pairs(["observed_on="], "--map")


def test_shipped_mappings_fit_the_tables_they_name() -> None:
    for name, mapping in shipped_mappings().items():
        assert mapping.recognised_by, name
        assert mapping.about, name
        assert set(mapping.columns) | set(mapping.constants) <= set(OBSERVATIONS.targets()), name


@pytest.mark.parametrize(
    "name", ["Date", "event_date", "EventDate", "Date observed", "date of event", "日付", "날짜", "ДАТА", "Ｄａｔｅ"]
)
def test_a_meaning_is_told_by_words_alone(name: str) -> None:
    assert may_mean(name, "observed_on")


@pytest.mark.parametrize(
    "name", ["", "?", "Timestamp", "update", "candidate", "Date Entered/Updated", "date and time zone", "sunday"]
)
def test_what_only_looks_alike_means_nothing(name: str) -> None:
    assert not may_mean(name, "observed_on")


@given(st.sampled_from(sorted(MARKERS)), st.booleans())
def test_markers_are_markers_in_any_case_and_width(marker: str, upper: bool) -> None:
    assert is_missing(marker.upper() if upper else f" {marker} ")


@given(
    st.floats(-2, 2).map(str)
    | days.map(str)
    | st.sampled_from(["Nader", "Nan Province", "no", "0", "NATO", "unknowns"])
)
def test_values_are_no_markers(text: str) -> None:
    assert not is_missing(text)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        *(("JST", "'Asia/Tokyo'"), ("jst", "'Asia/Tokyo'"), ("KST", "'Asia/Seoul'"), ("Tokyo", "'Asia/Tokyo'")),
        *(("UTC+9", "'Asia/Seoul' or 'Asia/Tokyo'"), ("UTC+09:00", "'Asia/Seoul' or 'Asia/Tokyo'")),
        *(
            ("+9", "'Asia/Seoul' or 'Asia/Tokyo'"),
            ("GMT \u22125", "'America/New_York'"),
            ("asia/tokyo", "'Asia/Tokyo'"),
        ),
        *(
            ("日本時間", "'Asia/Tokyo'"),
            ("new york", "'America/New_York'"),
            ("CST", "'Asia/Shanghai' or 'America/Chicago'"),
        ),
    ],
)
def test_zones_of_other_names_are_suggested_and_none_is_picked(said: str, meant: str) -> None:
    with pytest.raises(StoreError, match=rf"^time zone '.*' is not known here; did you mean {meant}\?$"):
        zone_named(said)


@pytest.mark.parametrize("said", ["", "somewhere", "UTC+99", "XYZ", "America"])
def test_a_zone_that_nobody_knows_has_the_sentence_it_had(said: str) -> None:
    with pytest.raises(StoreError, match=r"is not known here; use a name such as Asia/Tokyo, or UTC$"):
        zone_named(said)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        *(("date", "observed_on"), ("event_date", "observed_on"), ("Date observed", "observed_on")),
        *(("日付", "observed_on"), ("날짜", "observed_on"), ("дата", "observed_on")),
        *(("Which indicator?", "indicator"), ("지표명", "indicator")),
        *(("Level (-2 to 2)", "level"), ("レベル", "level"), ("Score", "level")),
        *(("title", "source"), ("headline", "source"), ("제목", "source")),
        *(("Grade (A1-F6)", "grade"), ("신뢰도", "grade"), ("observed_onn", "observed_on")),
    ],
)
def test_a_guessed_name_is_a_flag_to_type_and_stays_missing(name: str, column: str) -> None:
    header = [*REQUIRED]
    header[header.index(column)] = name
    (line,) = read(header, [CELLS])[1]
    assert line.startswith(f"t.csv: row 1, column {column}: is missing; ")
    flag = re.search(r"give --map ('[^']*'|\S+)$", line)
    assert flag, line
    mapping = FileMapping(columns=parse_pairs([flag[1].strip("'")], "--map"))
    assert read(header, [CELLS], mapping)[0] == read([*REQUIRED], [CELLS])[0]


@pytest.mark.parametrize(
    ("name", "column", "optional"),
    [
        *(("link", "url", "https://example.org/1"), ("Link", "url", ""), ("リンク", "url", "")),
        *(("notes", "note", "x"), ("Comment", "note", "x"), ("메모", "note", "x")),
        *(("outlet", "publisher", "x"), ("分析官", "analyst", "lee"), ("publication date", "known_on", "2026-11-04")),
    ],
)
def test_optional_columns_are_suggested_too(name: str, column: str, optional: str) -> None:
    header, records = [*REQUIRED, name], [[*CELLS, optional]]
    (line,) = read(header, records)[1]
    assert re.search(rf"leave out with --ignore-other-columns, or read it by --map '?{column}={name}'?$", line), line
    assert read(header, records, FileMapping(columns={column: name}))[0] == read([*REQUIRED, column], records)[0]
    assert read(header, records, FileMapping(ignore_other_columns=True))[0] == read([*REQUIRED], [CELLS])[0]


@pytest.mark.parametrize("name", ["Timestamp", "year", "iso", "latitude", "xyz", "Date Entered/Updated"])
def test_nothing_is_suggested_where_nothing_is_known(name: str) -> None:
    lines = read(["indicator", name, "level", "grade", "source"], [CELLS])[1]
    assert lines
    assert not any("--map" in line for line in lines)


WRITTEN = [
    "NA",
    "N/A",
    "n/a",
    "nan",
    "NaN",
    "null",
    "NULL",
    "None",
    "#N/A",
    "-",
    "–",
    "?",
    "unknown",
    "不明",
    "なし",
    "없음",
    "미상",
    ".",
]
OPTIONAL = ("publisher", "url", "origin", "note", "known_on")


@pytest.mark.parametrize("marker", WRITTEN)
def test_markers_of_missing_values_are_empty_where_cells_may_be_and_refused_elsewhere(marker: str) -> None:
    header = [*REQUIRED, *OPTIONAL]
    assert read(header, [[*CELLS, *[marker] * 5]]) == read(header, [[*CELLS, *[""] * 5]])
    for place, column in enumerate(REQUIRED):
        (line,) = read([*REQUIRED], [[*CELLS[:place], marker, *CELLS[place + 1 :]]])[1]
        assert re.match(rf"t\.csv: row 2, column {column}: .* stands for a missing value; write ", line), line
