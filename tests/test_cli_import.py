"""Foreign tables at the command line: named in a line, mapped by options, shown before they are stored."""

import json
import re
from pathlib import Path

import pytest
from import_worlds import HEADER, NOW, Program, cells, install_shipped, levels, program
from toy_programs import converse

from indicators.mapping import FileMapping, read_mapping

ROW = "kcna_tone,2026-11-03,-1,B2,KCNA"
FOREIGN = "Day,Score,Reliability code,Headline,Web address,Remarks"
FOREIGN_ROWS = ("2026-11-03,soft,B2,KCNA statement,https://example.org/1,fine", "2026-11-05,hard,B2,Rodong,,")
MAPPED = ("--map", "observed_on=Day", "level=Score", "grade=Reliability code", "source=Headline")
SET = ("--set", "indicator=kcna_tone")
LEVELS = ("--level-map", "soft=1,hard=-1")
IGNORE = "--ignore-other-columns"
ACLED = "event_id_cnty,event_date,sub_event_type,country,source,notes,iso"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shipped")
    install_shipped(folder)
    return folder


@pytest.fixture
def parley(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Program:
    return program(template, tmp_path / "desk", monkeypatch, capsys)


def test_a_foreign_table_is_named_in_a_line_and_what_is_missing_comes_first(parley: Program) -> None:
    parley.table(FOREIGN, *FOREIGN_ROWS)
    shape, missing, others = parley.refused("week.csv")
    assert shape.startswith(
        "week.csv: holds 6 columns (Day, Score, Reliability code, Headline, Web address, …), none of"
    )
    assert re.match(
        r"week\.csv: row 1, columns indicator, observed_on, level, grade, source: are missing; .*give --map "
        r"observed_on=Day level=Score source=Headline; what is the same in all rows goes in --set indicator=… grade=…$",
        missing,
    )
    assert "3 columns are none of observations (Reliability code, Web address, Remarks)" in others
    assert (
        "leave out with --ignore-other-columns, or read them by --map url='Web address' note=Remarks"
        in others.replace("'url=Web address'", "url='Web address'")
    )


def test_options_map_it(parley: Program) -> None:
    parley.table(FOREIGN, *FOREIGN_ROWS)
    found = parley.read("week.csv", *MAPPED, *SET, *LEVELS, IGNORE)
    assert levels(found) == [("kcna_tone", "2026-11-03", 1.0), ("kcna_tone", "2026-11-05", -1.0)]
    assert cells(found, "source_title", "reliability", "analyst") == [
        ("KCNA statement", "B", "kim"),
        ("Rodong", "B", "kim"),
    ]
    assert found["left_out"] == ["2 columns: Web address, Remarks"]
    assert found["mapping"]["columns"] == {
        "observed_on": "Day",
        "level": "Score",
        "grade": "Reliability code",
        "source": "Headline",
    }
    assert found["sample"] == found["entries"]
    assert (found["new"], found["unchanged"], found["file_rows"]) == (2, 0, 2)


@pytest.mark.parametrize(
    "given",
    [
        ("--map", "observed_on=Day,level=Score,grade=Reliability code,source=Headline"),
        ("--map", "observed_on=Day", "--map", "level=Score", "--map=grade=Reliability code", "source=Headline"),
        ("--map", "Day=observed_on", "level=Score", "Reliability code=grade", "source=HEADLINE"),
        ("--map", "Observed on= day ", "level=score", "grade=reliability  code", "source=headline"),
    ],
)
def test_pairs_may_be_said_in_several_ways(parley: Program, given: tuple[str, ...]) -> None:
    parley.table(FOREIGN, *FOREIGN_ROWS)
    expected = levels(parley.read("week.csv", *MAPPED, *SET, *LEVELS, IGNORE))
    assert levels(parley.read(*given, "week.csv", *SET, *LEVELS, IGNORE)) == expected


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--map", "observed_on=Dai"), r"--map observed_on=Dai: the file has no column 'Dai'; did you mean 'Day'\?"),
        (("--map", "observed=Day"), r"--map observed=Day: 'observed' is no column of observations; did you mean"),
        (("--set", "indicater=kcna_tone"), r"--set indicater=kcna_tone: .*did you mean 'indicator'\?"),
        (("--map", "observed_on=Day", "--set", "observed_on=2026-11-03"), r"observed_on is mapped as well; give one"),
        (("--map", "observed_on"), r"--map: 'observed_on' is not of the form NAME=VALUE; write it as in observed_on="),
        (("--set", "grade=A1", "grade=B2"), r"--set: grade is given both 'A1' and 'B2'; give it once"),
        (("--where", "Land=Nord"), r"--where Land=Nord: the file has no column 'Land'"),
        (
            (*MAPPED, *SET, *LEVELS, IGNORE, "--where", "Score=none"),
            r"leaves no row; the column holds 'soft', 'hard'$",
        ),
        (
            (*MAPPED, *SET, IGNORE),
            r"column 'Score' \(level\): holds words: 'soft' \(1\), 'hard' \(1\); say which levels",
        ),
        ((*MAPPED, *SET, "--level-map", "soft=high", IGNORE), r"--level-map soft=high: 'high' is no level"),
        ((*MAPPED, *LEVELS, "--set", "indicator=kcna_tune", IGNORE), r"^week.csv: --set indicator: unknown indicator"),
        (("--wide",), r"week.csv: is no wide table: none of its columns is named by an indicator or a day"),
        (("--mapping", "acledd"), r"--mapping: there is no mapping 'acledd'; did you mean 'acled'\?"),
        (("--mapping", "../x"), r"--mapping: '../x' is not a name for a mapping"),
    ],
)
def test_what_cannot_be_mapped_has_its_sentence(parley: Program, options: tuple[str, ...], sentence: str) -> None:
    parley.table(FOREIGN, *FOREIGN_ROWS)
    lines = parley.refused("week.csv", *options)
    assert any(re.search(sentence, line) for line in lines), lines


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--kind", "observation files"), r"Invalid value for '--kind': 'observation files' is no kind of file"),
        (("--dates", "ymd"), r"Invalid value for '--dates': 'ymd' is not known; "),
        (("--encoding", "klingon"), r"Invalid value for '--encoding': 'klingon' is not known"),
    ],
)
def test_bad_usage_is_told_before_anything_is_read(parley: Program, options: tuple[str, ...], sentence: str) -> None:
    code, out, err = parley("import", "nothing.csv", *options)
    assert (code, out) == (2, "")
    assert re.match(f"error: {sentence}", err)


def test_two_candidates_are_a_question(parley: Program) -> None:
    parley.table("indicator,date,event_date,level,grade,source", "kcna_tone,2026-11-03,2026-11-04,-1,B2,KCNA")
    line = parley.refused("week.csv")[0]
    assert "is observed_on what 'date' or 'event_date' holds? Then give --map observed_on=date or --map" in line
    assert levels(parley.read("week.csv", "--map", "observed_on=date", IGNORE))[0][1] == "2026-11-03"


def test_a_known_archive_is_named_with_its_mapping(parley: Program) -> None:
    rows = (
        "PRK1,06 January 2024,Shelling,North Korea,KCNA; Yonhap,Shots fell.,408",
        "KOR1,07 January 2024,Protest,South Korea,Yonhap,A protest.,410",
    )
    parley.table(ACLED, *rows)
    assert (
        "it looks like ACLED, political violence (acleddata.com): try --mapping acled" in parley.refused("week.csv")[0]
    )
    given = ("--mapping", "acled", "--set", "indicator=dprk_weapons_testing", "level=-1")
    found = parley.read("week.csv", *given, "--where", "country=north korea")
    assert levels(found) == [("dprk_weapons_testing", "2024-01-06", -1.0)]
    assert cells(found, "source_title", "note", "reliability", "source_publisher") == [
        ("KCNA; Yonhap", "Shots fell.", "C", "ACLED")
    ]
    assert found["left_out"][-1] == "1 row by --where country=north korea"
    for others in ("country!=South Korea", "country=North Korea|Japan"):
        assert levels(parley.read("week.csv", *given, "--where", others)) == levels(found)


def test_a_table_without_names_is_named_so(parley: Program) -> None:
    row = "1240000001\t20261103\t202611\t2026\tPRK\t\t\t19\t-6.5\thttps://example.org/1"
    parley.write(f"{row}\n{row}\n", "gdelt.csv")
    (line,) = parley.refused("gdelt.csv")
    assert re.search(r"(holds numbers, days or addresses where the names of the columns should stand|no header)", line)


def test_month_and_year_apart_are_named(parley: Program) -> None:
    parley.table("Month,Year,Type,Event", "Mar,1990,Other,Tunnel")
    assert "has columns for Year and Month, and none for the day" in parley.refused("week.csv")[0]


WIDE = [
    ("date,kcna_tone,us_posture,source,grade", "2026-11-03,-1,1,weekly,B2", "2026-11-10,NA,,weekly,B2"),
    ("indicator,2026-11-03,2026-11-10,source,grade", "kcna_tone,-1,,weekly,B2", "us_posture,1,NA,weekly,B2"),
    (",2026/11/3,2026/11/10,source,grade", "kcna_tone,-1,-,weekly,B2", "us_posture,1,,weekly,B2"),
    ("date,KCNA tone,US posture,source,grade", "2026-11-03,-1,1,weekly,B2"),
]


@pytest.mark.parametrize("table", WIDE)
def test_wide_tables_are_named_and_turned_when_asked(parley: Program, table: tuple[str, ...]) -> None:
    parley.table(*table)
    assert re.match(r"week\.csv: is a wide table: \d of its columns are .*; give --wide", parley.refused("week.csv")[0])
    mapped = () if table[0].startswith(("i", ",")) else ("--map", "observed_on=date")
    found = parley.read("week.csv", "--wide", *mapped)
    assert sorted(levels(found)) == [("kcna_tone", "2026-11-03", -1.0), ("us_posture", "2026-11-03", 1.0)]
    assert any(line.startswith("turned: 2 of its columns are") for line in found["understood"])


def test_what_a_wide_table_lacks_is_set(parley: Program) -> None:
    parley.table("date,kcna_tone,us_posture", "2026-11-03,-1,1")
    missing = parley.refused("week.csv")[1]
    assert "columns observed_on, grade, source: are missing" in missing
    assert "--map observed_on=date" in missing
    assert "--set grade=… source=…" in missing
    found = parley.read("week.csv", "--wide", "--map", "observed_on=date", "--set", "grade=B2", "source=weekly")
    assert len(found["entries"]) == 2


def test_a_mapping_is_kept_and_used_again(parley: Program) -> None:
    parley.table(FOREIGN, *FOREIGN_ROWS)
    given = (*MAPPED, *LEVELS, IGNORE, "--set", "indicator=kcna_tone")
    assert parley.read("week.csv", *given, "--save-mapping", "north")["new"] == 2
    assert not (parley.folder / "mappings").exists()
    stored = parley.stored("week.csv", *given, "--save-mapping", "north")
    kept = parley.folder / "mappings" / "north.toml"
    assert f"mapping saved as {kept}" in stored["notes"]
    assert read_mapping(kept) == FileMapping(
        columns=stored["mapping"]["columns"],
        constants={"indicator": "kcna_tone"},
        levels={"soft": "1", "hard": "-1"},
        ignore_other_columns=True,
    )
    assert parley.stored("week.csv", "--mapping", "north")["unchanged"] == 2
    assert parley.stored("week.csv", "--mapping", str(kept), "--save-mapping", "north")["unchanged"] == 2
    other = parley.read("week.csv", "--mapping", "north", "--set", "indicator=us_posture")
    assert {indicator for indicator, _, _ in levels(other)} == {"us_posture"}


def test_a_mapping_never_takes_the_place_of_something_else(parley: Program) -> None:
    parley.table(HEADER, ROW)
    (parley.folder / "mine.toml").write_text("[somebody]\nelse = true\n")
    before = sorted(parley.folder.rglob("*"))
    for name in ("mine.toml", "parley.db", "a/b"):
        (line,) = parley.refused("week.csv", "--save-mapping", name)
        assert re.search(r"exists with other contents|is not a name for a mapping", line)
    assert sorted(parley.folder.rglob("*")) == before
    assert parley.read("week.csv")["new"] == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("colums = 1\n", r"key colums: is no part of a mapping; did you mean 'columns'\?"),
        ("columns = 1\n", r"key columns: 1 is of the wrong kind; write a table of texts"),
        ("wide = 'yes'\n", r"key wide: 'yes' is of the wrong kind; write true or false"),
        ("dates = 'ymd'\n", r"key dates: 'ymd' is no order of days; use dmy or mdy"),
        ("[columns\n", r"is no mapping \("),
        ("x = " + "[" * 20_000, r"is no mapping \("),
    ],
)
def test_a_bad_mapping_has_its_sentence(parley: Program, text: str, sentence: str) -> None:
    parley.table(HEADER, ROW)
    parley.write(text, "bad.toml")
    (line,) = parley.refused("week.csv", "--mapping", "bad.toml")
    assert re.search(sentence, line)


def test_an_origin_that_many_share_is_named(parley: Program) -> None:
    names = ("kcna_tone", "us_posture", "sanctions_relief", "third_party_mediation")
    parley.table(f"{HEADER},origin", *(f"{name},2026-11-03,1,B2,Wire {name},wire" for name in names))
    assert any(
        "origin 'wire' is shared by 4 rows, 4 indicators and 1 day" in note for note in parley.read("week.csv")["notes"]
    )
    parley.table(f"{HEADER},origin", *(f"kcna_tone,2026-11-0{day},1,B2,Wire {day},wire" for day in range(1, 5)))
    assert any(
        "origin 'wire' is shared by 4 rows, 1 indicator and 4 days" in note for note in parley.read("week.csv")["notes"]
    )
    parley.table(f"{HEADER},origin", *(f"kcna_tone,2026-11-0{day},1,B2,Wire {day},own {day}" for day in range(1, 5)))
    assert not any("is that of" in note for note in parley.read("week.csv")["notes"])


def test_of_several_addresses_the_first_is_kept_and_none_is_lost(parley: Program) -> None:
    one, two = "https://example.org/a", "http://example.org/b"
    parley.table(f"{HEADER},url,note", f"{ROW},{one}; {two},seen")
    assert cells(parley.read("week.csv"), "source_url", "note") == [(one, f"seen; {two}")]
    parley.table(f"{HEADER},resources", f"{ROW},A book of clashes", f"{ROW}2,{one}; A book")
    found = parley.read("week.csv", "--map", "url=resources")
    assert cells(found, "source_url", "note") == [("", "A book of clashes"), (one, "A book")]
    parley.table(f"{HEADER},url", f"{ROW},A book of clashes")
    assert "is not a web address" in parley.refused("week.csv")[0]


@pytest.mark.parametrize(("order", "day"), [("dmy", "2026-11-03"), ("mdy", "2026-03-11")])
def test_the_order_of_days_is_a_persons_word(parley: Program, order: str, day: str) -> None:
    parley.table(HEADER, "kcna_tone,03/11/2026,-1,B2,KCNA")
    assert parley.refused("week.csv")
    assert levels(parley.read("week.csv", "--dates", order)) == [("kcna_tone", day, -1.0)]


def test_what_was_understood_stands_before_what_was_stored(parley: Program) -> None:
    parley.table(FOREIGN, *FOREIGN_ROWS)
    code, out, err = parley("import", "week.csv", *MAPPED, *SET, *LEVELS, IGNORE)
    assert (code, err) == (0, "")
    order = ["week.csv: 2 rows, read as observations", "observed_on = column Day", "left out: 2 columns: Web"]
    order += ["kcna_tone +1 on 2026-11-03", "2 observations added as row"]
    places = [out.index(part) for part in order]
    assert places == sorted(places)


@pytest.mark.parametrize(("reply", "stored"), [("y", True), ("", False)])
def test_a_terminal_is_shown_the_rows_and_asked(parley: Program, reply: str, stored: bool) -> None:
    parley.table(HEADER, ROW)
    said, code = converse(["import", "week.csv", "--analyst", "kim"], [reply], parley.folder, at=NOW, columns=100)
    assert code == 0
    assert said.index("kcna_tone −1 on 2026-11-03") < said.index("1 new; 0 already on file")
    assert "Store them? [y/N]" in said
    assert ("1 observation added" in said) == stored
    assert ("nothing was stored" in said) != stored
    assert parley.read("week.csv")["new"] == (0 if stored else 1)


def test_ctrl_c_at_the_question_stores_nothing_and_says_so_in_a_line(parley: Program) -> None:
    parley.table(HEADER, ROW)
    said, code = converse(["import", "week.csv", "--analyst", "kim"], ["\x03"], parley.folder, at=NOW, columns=100)
    assert code == 130
    assert said.rstrip().endswith("stopped; nothing was stored")
    assert parley.read("week.csv")["new"] == 1


def test_a_terminal_is_not_asked_when_told_not_to_or_when_there_is_nothing_to_store(parley: Program) -> None:
    parley.table(HEADER, ROW)
    parley.stored("week.csv")
    said, code = converse(["import", "week.csv", "--analyst", "kim"], [], parley.folder, at=NOW, columns=100)
    assert (code, "Store them?" in said, "already on file" in said) == (0, False, True)
    said, code = converse(["import", "week.csv", "--yes", "--analyst", "lee"], [], parley.folder, at=NOW, columns=100)
    assert (code, "Store them?" in said, "1 observation added" in said) == (0, False, True)


def test_json_says_what_the_screen_says(parley: Program) -> None:
    parley.table(FOREIGN, *FOREIGN_ROWS)
    given = ("import", "week.csv", *MAPPED, *SET, *LEVELS, IGNORE, "--dry-run")
    screen = " ".join(parley(*given)[1].split())
    found = json.loads(parley(*given, "--json")[1])
    for line in (*found["understood"], *found["left_out"], *found["notes"]):
        assert " ".join(line.split()) in screen


def test_markers_of_missing_values_are_said(parley: Program) -> None:
    parley.table(f"{HEADER},origin,note", f"{ROW},NA,-", f"{ROW}2,n/a,")
    found = parley.read("week.csv")
    assert found["understood"][-2:] == ["NA (1), n/a (1) in origin read as empty", "- (1) in note read as empty"]
    assert cells(found, "origin", "note") == [("", ""), ("", "")]


@pytest.mark.parametrize(("said", "meant"), [("JST", "'Asia/Tokyo'"), ("UTC+9", "'Asia/Seoul' or 'Asia/Tokyo'")])
def test_a_zone_of_another_name_is_suggested(parley: Program, said: str, meant: str) -> None:
    code, out, err = parley("init", "--zone", said)
    assert (code, out) == (2, "")
    assert f"Invalid value for '--zone': time zone '{said}' is not known here; did you mean {meant}?" in err
