"""Files as people have them, each a kind of table that once went wrong: what the program makes of it."""

import re
from pathlib import Path

import pytest
from import_worlds import CASES, HEADER, Program, cells, install_shipped, levels, program

THIRD = ("kcna_tone", "2026-11-03", -1.0)


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


def case(name: str) -> str:
    return str(CASES / name)


@pytest.mark.parametrize(
    ("name", "encoding", "source"),
    [
        ("e22_cp1252.csv", "windows-1252", "Kim’s statement"),
        ("e22b_cp1252_accent.csv", "cp1252", "Café de la paix – déclaration"),
        ("e22c_macroman.csv", "mac_roman", "Kim’s statement – “no talks”"),
        ("e22f_cp1251.csv", "windows-1251", "ТАСС: заявление МИД"),
    ],
)
def test_western_cyrillic_and_mac_texts_go_in_by_name(parley: Program, name: str, encoding: str, source: str) -> None:
    found = parley.read(case(name), "--encoding", encoding)
    assert cells(found, "source_title") == [(source,)]
    for wrong in ("shift_jis", "euc_kr", "gb18030"):
        lines = parley.refused(case(name), "--encoding", wrong)
        assert not any(re.search(rf"give --encoding {wrong}", line) for line in lines)
    code, out, err = parley("import", case(name), "--dry-run")
    assert source in " ".join(out.split()) if code == 0 else not re.search("shift_jis|euc_kr", err)


def test_markers_of_missing_origins_make_the_rows_that_empty_ones_make(parley: Program) -> None:
    marked = parley.stored(case("na_NA.csv"))
    assert any(re.fullmatch(r"NA \(\d+\) in origin read as empty", line) for line in marked["understood"])
    assert parley.stored(case("na_blank.csv"))["action"] == "unchanged"


def test_sheets_are_named_and_read_on_request(parley: Program) -> None:
    first = parley.read(case("e18b_two_weeks.xlsx"))
    said = " ".join((*first["understood"], *first["left_out"]))
    assert "week 44" in said
    assert "week 45" in said
    assert levels(first) == [THIRD]
    for sheet in ("week 45", "2"):
        assert levels(parley.read(case("e18b_two_weeks.xlsx"), "--sheet", sheet)) == [("kcna_tone", "2026-11-10", -1.0)]


def test_a_sheet_per_indicator_is_named_with_what_it_lacks(parley: Program) -> None:
    name = "e18_sheet_per_indicator.xlsx"
    (missing,) = parley.refused(case(name), "--map", "observed_on=date")
    assert "column indicator: is missing" in missing
    assert missing.endswith("--set indicator=kcna_tone")
    given = ("--map", "observed_on=date", "--set", "indicator=us_posture", "--sheet", "us_posture")
    assert levels(parley.read(case(name), *given)) == [("us_posture", "2026-11-03", -1.0)]


def test_hidden_rows_are_named(parley: Program) -> None:
    found = parley.read(case("e13_hidden.xlsx"))
    assert any("hidden" in line for line in (*found["understood"], *found["left_out"]))


@pytest.mark.parametrize("name", ["sameurl.csv", "v3url.csv", "v7.csv", "e30b_zwsp_source.csv"])
def test_spellings_of_one_page_or_title_are_named_or_count_once(parley: Program, name: str) -> None:
    found = parley.read(case(name))
    rows = (CASES / name).read_text(encoding="utf-8").strip().count("\n")
    alike = len(found["likely_duplicates"])
    assert alike + found["unchanged"] >= rows - 1 - (name == "v7.csv")


@pytest.mark.parametrize("name", ["e30_zwsp.csv", "e30d_bidi.csv"])
def test_invisible_characters_are_taken_out_and_said(parley: Program, name: str) -> None:
    found = parley.read(case(name))
    assert found["new"] == 1
    assert found["entries"][0]["indicator_id"] == "kcna_tone"
    assert found["entries"][0]["source_title"].isprintable()
    assert (
        any("invisible character" in line for line in (*found["understood"], *found["notes"])) or name == "e30_zwsp.csv"
    )


@pytest.mark.parametrize(
    "name", ["d_dtime.csv", "d_short.csv", "d_jp.csv", "d_kr.csv", "x_isodate.xlsx", "semi.csv", "e21_tab.csv"]
)
def test_days_that_can_be_one_day_only_are_read(parley: Program, name: str) -> None:
    indicator, day, level = THIRD
    assert levels(parley.read(case(name))) == [(indicator, day, -0.5 if name == "semi.csv" else level)]


@pytest.mark.parametrize("name", ["semi.csv", "e21_tab.csv", "e21b_utf16tab.csv", "e20_sep.csv", "e09_title_row.xlsx"])
def test_what_is_not_plain_about_a_file_is_said(parley: Program, name: str) -> None:
    found = parley.read(case(name))
    assert found["new"] == 1
    assert found["understood"] or found["left_out"]


def test_a_time_of_day_is_no_part_of_a_day(parley: Program) -> None:
    found = parley.read(case("p_time.csv"))
    assert cells(found, "observed_on", "known_on") == [("2026-11-03", "2026-11-03"), ("2026-11-05", "2026-11-06")]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("d_serial.csv", r"'46329' is a serial number of Excel"),
        ("d_two.csv", r"'11/3/26'"),
        ("d_dmy.csv", r"'03/11/2026' .*(two days|2026-11-03 or 2026-03-11|may be)"),
        ("d_monyy.csv", r"'Nov-26'"),
        ("e15_formula.xlsx", r"formula"),
    ],
)
def test_what_may_be_two_days_or_was_never_calculated_has_a_sentence_of_its_own(
    parley: Program, name: str, sentence: str
) -> None:
    lines = parley.refused(case(name))
    assert any(re.search(sentence, line) for line in lines), lines


def test_a_wide_table_is_named_and_turned(parley: Program) -> None:
    shape, missing = parley.refused(case("e18c_wide.xlsx"))
    assert re.search(r"is a wide table: 2 of its columns are indicators \(kcna_tone, us_posture\).*give --wide", shape)
    assert "--map observed_on=date" in missing
    found = parley.read(case("e18c_wide.xlsx"), "--wide", "--map", "observed_on=date")
    assert levels(found) == [THIRD, ("us_posture", "2026-11-03", 1.0)]


def test_further_columns_are_named_in_one_line(parley: Program) -> None:
    (line,) = parley.refused(case("e39_extra.csv"))
    assert "2 columns are none of observations (Comments, Timestamp); leave out with --ignore-other-columns" in line
    assert "--map note=Comments" in line
    found = parley.read(case("e39_extra.csv"), "--ignore-other-columns")
    assert found["left_out"] == ["2 columns: Comments, Timestamp"]


def test_answers_of_a_form_go_in_by_mapping(parley: Program) -> None:
    shape, missing, _ = parley.refused(case("e40_gforms.csv"))
    assert shape.endswith("try --mapping google_forms")
    assert "--map 'indicator=Which indicator?' 'observed_on=Date observed' 'level=Level (-2 to 2)'" in missing
    found = parley.read(case("e40_gforms.csv"), "--mapping", "google_forms")
    assert levels(found) == [THIRD]
    assert cells(found, "source_url") == [("https://example.org/1",)]


def test_acled_goes_in_by_mapping_alone(parley: Program) -> None:
    shape, missing, others = parley.refused(case("r4_acled.csv"))
    assert "holds 31 columns" in shape
    assert missing.startswith("r4_acled.csv: row 1, columns indicator, observed_on, level, grade: are missing; ")
    assert "--map observed_on=event_date" in missing
    assert "--ignore-other-columns" in others
    given = ("--map", "observed_on=event_date", "note=notes", "--ignore-other-columns")
    constant = ("--set", "indicator=dprk_weapons_testing", "grade=B2", "level=-1", "--where", "country=North Korea")
    found = parley.read(case("r4_acled.csv"), *given, *constant)
    assert [(each[0], each[2]) for each in levels(found)] == [("dprk_weapons_testing", -1.0)] * found["new"]
    assert found["entries"][0]["observed_on"] == "2024-01-06"


def test_every_file_is_read_or_refused_in_lines(parley: Program) -> None:
    files = sorted(CASES.iterdir())
    assert len(files) >= 35
    for path in files:
        code, out, err = parley("import", str(path), "--dry-run")
        assert code in (0, 1)
        assert (out == "") == (code == 1), path
        assert "Traceback" not in err
        assert len(err.splitlines()) <= 6, path


def test_our_own_header_needs_no_word(parley: Program) -> None:
    parley.table(HEADER, "kcna_tone,2026-11-03,-1,B2,KCNA")
    found = parley.read("week.csv")
    assert (levels(found), found["left_out"], found["mapping"]) == ([THIRD], [], {})
