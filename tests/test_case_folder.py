"""Reading a case folder: what loads, what is refused and in which words."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy_case import toy_files, write_toy_case

from indicators.errors import CaseError
from indicators.folder import FILES, read_case_folder
from indicators.shipped import shipped_case, shipped_cases

_TRICKY = [
    b'"',
    b",",
    b"\n",
    b"\r",
    b"[",
    b"]",
    b"nan",
    b"1e999",
    b"9999-99-99",
    b"true",
    b"1979-05-27T07:32:00Z",
    b"{}",
]


def _problems(folder: Path) -> tuple[str, ...]:
    with pytest.raises(CaseError, match=r": ") as caught:
        read_case_folder(folder)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def _edit(folder: Path, file: str, old: str, new: str) -> Path:
    """The toy case with one replacement in one file."""
    text = toy_files()[file]
    assert old in text
    return write_toy_case(folder, {file: text.replace(old, new, 1)})


def test_the_shipped_case_loads_with_every_row() -> None:
    assert shipped_cases() == ("us_dprk",)
    folder = read_case_folder(shipped_case())
    assert (folder.case.id, folder.case.record_from, folder.case.dry_after_days) == ("us-dprk", date(1993, 1, 1), 90)
    assert [len(rows) for rows in (folder.indicators, folder.documents, folder.judgements)] == [19, 5, 96]
    assert [len(rows) for rows in (folder.observations, folder.events, folder.completeness)] == [503, 209, 4]
    assert [len(rows) for rows in (folder.grades, folder.deadlines)] == [36, 9]


def test_an_unknown_shipped_case_names_the_choices() -> None:
    with pytest.raises(LookupError, match=r"^no shipped case 'korea'; use one of us_dprk$"):
        shipped_case("korea")


def test_a_second_case_is_a_folder_of_data(tmp_path: Path) -> None:
    toy = read_case_folder(write_toy_case(tmp_path))
    assert (toy.case.id, [indicator.id for indicator in toy.indicators]) == (
        "toy",
        ["press_tone", "border_posture", "harvest"],
    )
    assert len(toy.events) == 30
    assert toy.judgements[1].weight == 2.5
    assert toy.documents[1].information_cutoff is None
    assert toy.indicators[0].levels[0] == (-2, "Calls for war.")


def test_an_event_without_known_on_is_known_when_it_ended(tmp_path: Path) -> None:
    folder = _edit(tmp_path, "events.csv", "2010-03-12,2010-03-12,day", "2010-03-12,,day")
    assert read_case_folder(folder) == read_case_folder(write_toy_case(tmp_path / "plain"))


@pytest.mark.parametrize(
    "rewrite",
    [
        pytest.param(lambda text: b"\xef\xbb\xbf" + text, id="byte order mark"),
        pytest.param(lambda text: text.replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(lambda text: text + b"\n\n", id="blank lines"),
    ],
)
def test_content_does_not_depend_on_how_text_is_saved(tmp_path: Path, rewrite: Callable[[bytes], bytes]) -> None:
    write_toy_case(tmp_path)
    plain = read_case_folder(tmp_path)
    for name in FILES:
        (tmp_path / name).write_bytes(rewrite((tmp_path / name).read_bytes()))
    assert read_case_folder(tmp_path) == plain


def test_the_hash_ignores_the_order_of_rows_and_columns(tmp_path: Path) -> None:
    plain = read_case_folder(write_toy_case(tmp_path))
    for name in (name for name in FILES if name.endswith(".csv")):
        header, *rows = (tmp_path / name).read_text(encoding="utf-8").splitlines()
        (tmp_path / name).write_text("\n".join([header, *reversed(rows)]), encoding="utf-8")
    (tmp_path / "deadlines.csv").write_text("meaning,deadline\nend of a reign,2022-01-01\nend of a reign,2016-01-01\n")
    assert read_case_folder(tmp_path).case_hash == plain.case_hash


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("case.toml", "Ruritania", "Zenda"),
        ("indicators.toml", "half_life_days = 30", "half_life_days = 31"),
        ("grades.csv", "A,1,0.25", "A,1,0.26"),
        ("deadlines.csv", "2016-01-01", "2016-01-02"),
        ("documents.csv", "Play the game", "The game"),
        ("judgements.csv", ",2.5,", ",2,"),
        ("observations.csv", "Yearbook", "Annual"),
        ("events.csv", "Strelsau", "Hentzau"),
        ("completeness.csv", "2019-12-31", "2019-12-30"),
    ],
)
def test_the_hash_changes_with_any_content(tmp_path: Path, file: str, old: str, new: str) -> None:
    plain = read_case_folder(write_toy_case(tmp_path / "plain"))
    assert read_case_folder(_edit(tmp_path / "other", file, old, new)).case_hash != plain.case_hash


BAD_CELLS = [
    (
        "observations.csv",
        "known_on,level",
        "known_om,level",
        "observations.csv: row 1, column known_om: unknown column 'known_om'; did you mean 'known_on'?",
    ),
    (
        "completeness.csv",
        ",known_on",
        "",
        "completeness.csv: row 1, column known_on: is missing; the columns are "
        "type, complete_from, complete_through, known_on",
    ),
    (
        "deadlines.csv",
        "deadline,meaning",
        "deadline,deadline",
        "deadlines.csv: row 1, column deadline: stands more than once in the header; name each column once",
    ),
    (
        "observations.csv",
        "press_tone,2010-01-05",
        "pres_tone,2010-01-05",
        "observations.csv: row 2, column indicator_id: unknown indicator 'pres_tone'; did you mean 'press_tone'?",
    ),
    (
        "judgements.csv",
        "rassendyll-2015,press_tone",
        "zenda,press_tone",
        "judgements.csv: row 2, column document_id: unknown document 'zenda'; "
        "use one of rassendyll-2015, tarlenheim-2017",
    ),
    (
        "judgements.csv",
        "arms_control_talks,1",
        "arms_control_talk,1",
        "judgements.csv: row 2, column target: unknown target 'arms_control_talk'; did you mean 'arms_control_talks'?",
    ),
    (
        "judgements.csv",
        ",2.5,",
        ",3.5,",
        "judgements.csv: row 3, column weight: '3.5' is not a number from -3 to 3; write one, such as 3",
    ),
    (
        "judgements.csv",
        ",explicit,",
        ",implied,",
        "judgements.csv: row 2, column basis: 'implied' is not allowed; use one of explicit, inferred",
    ),
    (
        "observations.csv",
        "2010-01-05,2010-01-05,-2",
        "2010-01-05,2010-01-05,-3",
        "observations.csv: row 2, column level: '-3' is not a level; write one of -2, -1, 0, 1, 2",
    ),
    (
        "observations.csv",
        "2010-01-05,2010-01-05,-2",
        "2010-01-05,2010-01-05,-1.5",
        "observations.csv: row 2, column level: '-1.5' is not a level; write one of -2, -1, 0, 1, 2",
    ),
    (
        "observations.csv",
        "2010-01-05,2010-01-05",
        "2010-01-05,2010-01-04",
        "observations.csv: row 2, column known_on: 2010-01-04 lies before observed_on 2010-01-05; "
        "write 2010-01-05 or a later day",
    ),
    (
        "observations.csv",
        "2010-01-05,2010-01-05",
        "05/01/2010,2010-01-05",
        "observations.csv: row 2, column observed_on: '05/01/2010' is not a date; write YYYY-MM-DD, such as 2026-10-10",
    ),
    (
        "observations.csv",
        "B,2,",
        "G,2,",
        "observations.csv: row 2, column reliability: 'G' is not allowed; use one of A, B, C, D, E, F",
    ),
    (
        "observations.csv",
        "B,2,",
        "B,7,",
        "observations.csv: row 2, column credibility: '7' is not a credibility; write one of 1, 2, 3, 4, 5, 6",
    ),
    (
        "events.csv",
        "T2010-1,talks,arms_control",
        "T2010-1,talks,none",
        "events.csv: row 2, column framing: 'none' does not say what the talks were about; "
        "write arms_control or denuclearisation",
    ),
    (
        "events.csv",
        "T2010-1,talks,arms_control",
        "T2010-1,talks,arms_controll",
        "events.csv: row 2, column framing: 'arms_controll' is not allowed; did you mean 'arms_control'?",
    ),
    (
        "events.csv",
        "2010-03-10,2010-03-12,2010-03-12",
        "2010-03-10,2010-03-09,2010-03-12",
        "events.csv: row 2, column ended_on: 2010-03-09 lies before started_on 2010-03-10; "
        "write 2010-03-10 or a later day",
    ),
    (
        "events.csv",
        "T2010-2",
        "T2010-1",
        "events.csv: row 3, column event_id: 'T2010-1' repeats row 2; keep one of the two",
    ),
    (
        "completeness.csv",
        "2010-01-01,2019-12-31",
        "2010-01-01,2009-12-31",
        "completeness.csv: row 2, column complete_through: 2009-12-31 lies before complete_from 2010-01-01; "
        "write 2010-01-01 or a later day",
    ),
    (
        "documents.csv",
        "tarlenheim-2017",
        "",
        "documents.csv: row 3, column document_id: is empty; write a value",
    ),
    (
        "grades.csv",
        "A,1,0.25",
        "A,1,0",
        "grades.csv: row 2, column sd_levels: '0' is not a number from 0.01 to 100; write one, such as 100",
    ),
    (
        "grades.csv",
        "B,2,0.65\n",
        "",
        "observations.csv: row 2, column credibility: grade 'B2' is not in grades.csv; "
        "add it there or use one of A1, A2, A3, A4, A5, A6, B1, B3, … (35 in all)",
    ),
    (
        "deadlines.csv",
        "2016-01-01,end",
        "2016-01-01,the, end",
        "deadlines.csv: row 2: has 3 cells; write 2, one per column, and quote a cell that holds a comma",
    ),
    (
        "deadlines.csv",
        "end of a reign",
        '"end of a reign',
        "deadlines.csv: row 2: malformed CSV (unexpected end of data); close the quotes and double those inside a cell",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "sentence"), BAD_CELLS)
def test_a_bad_cell_is_named_with_its_place(tmp_path: Path, file: str, old: str, new: str, sentence: str) -> None:
    problems = _problems(_edit(tmp_path, file, old, new))
    assert problems[0] == sentence


BAD_ENTRIES = [
    (
        "case.toml",
        "knots_until = 2024-01-01",
        "knots_until = [",
        "case.toml: at its end: malformed TOML (Invalid value); write it as TOML: key = value",
    ),
    (
        "case.toml",
        "Ruritania and",
        "Ruritania\0 and",
        "case.toml: row 2: holds a null character; save the file as plain text",
    ),
    (
        "indicators.toml",
        "[press_tone]\n",
        "version = 2\n[press_tone]\n",
        "indicators.toml: line 2, key version: 2 is of the wrong kind or size; write a table [version]",
    ),
    (
        "indicators.toml",
        "contested = false",
        'contested = "no"',
        "indicators.toml: line 12, key press_tone.contested: 'no' is of the wrong kind or size; write true or false",
    ),
    (
        "indicators.toml",
        '["Graustark Gazette"]',
        '"Graustark Gazette"',
        "indicators.toml: line 13, key press_tone.typical_sources: 'Graustark Gazette' is of the wrong kind or size; "
        "write a list of strings",
    ),
    (
        "case.toml",
        'id = "toy"',
        'id = "Toy case"',
        "case.toml: line 1, key id: 'Toy case' is not an identifier; write lower-case letters and digits joined by "
        "- or _, beginning with a letter, such as us-dprk",
    ),
    (
        "case.toml",
        "dry_after_days",
        "dry_after_day",
        "case.toml: line 5, key dry_after_day: unknown key 'dry_after_day'; did you mean 'dry_after_days'?",
    ),
    (
        "case.toml",
        "= 90",
        "= true",
        "case.toml: line 5, key dry_after_days: True is of the wrong kind or size; "
        "write a whole number from 1 to 100000",
    ),
    (
        "case.toml",
        "2010-01-01",
        '"2010-01-01"',
        "case.toml: line 4, key record_from: '2010-01-01' is of the wrong kind or size; "
        "write a date without quotes, such as 2026-10-10",
    ),
    (
        "case.toml",
        "2024-01-01",
        "2009-01-01",
        "case.toml: line 6, key knots_until: 2009-01-01 is not after record_from 2010-01-01; write a later day",
    ),
    (
        "case.toml",
        '"arms_control_talks"',
        '"arms_control_talk"',
        "case.toml: line 3, key headline: 'arms_control_talk' is not allowed; did you mean 'arms_control_talks'?",
    ),
    (
        "case.toml",
        'headline = "arms_control_talks"\n',
        "",
        "case.toml: key headline: is missing; write headline = …",
    ),
    (
        "case.toml",
        'id = "toy"',
        'id "toy"',
        "case.toml: line 1, column 4: malformed TOML (Expected '=' after a key in a key/value pair); "
        "write it as TOML: key = value",
    ),
    (
        "indicators.toml",
        'kind = "event"',
        'kind = "flow"',
        "indicators.toml: line 7, key press_tone.kind: 'flow' is not allowed; use one of state, event",
    ),
    (
        "indicators.toml",
        'id = "press_tone"',
        'id = "tone"',
        "indicators.toml: line 3, key press_tone.id: 'tone' differs from the name of its table; write 'press_tone'",
    ),
    (
        "indicators.toml",
        "half_life_days = 30",
        "half_life_days = 0",
        "indicators.toml: line 9, key press_tone.half_life_days: 0 is of the wrong kind or size; "
        "write a number above 0, at most 100000",
    ),
    (
        "indicators.toml",
        'documents = ["rassendyll-2015"]',
        'documents = ["rassendyl-2015"]',
        "indicators.toml: line 14, key press_tone.documents: unknown document 'rassendyl-2015'; "
        "did you mean 'rassendyll-2015'?",
    ),
    (
        "indicators.toml",
        '"2" = "Calls for talks."',
        '"3" = "Calls for talks."',
        "indicators.toml: line 22, key press_tone.levels.3: '3' is not a level; write one of -2, -1, 0, 1, 2",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "sentence"), BAD_ENTRIES)
def test_a_bad_key_is_named_with_its_place(tmp_path: Path, file: str, old: str, new: str, sentence: str) -> None:
    assert _problems(_edit(tmp_path, file, old, new)) == (sentence,)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(FILES), st.floats(0, 1), st.integers(0, 30), st.binary(max_size=3) | st.sampled_from(_TRICKY))
def test_damage_is_either_refused_in_lines_or_harmless(
    tmp_path: Path, file: str, where: float, cut: int, pasted: bytes
) -> None:
    write_toy_case(tmp_path)
    data = (tmp_path / file).read_bytes()
    at = int(where * len(data))
    (tmp_path / file).write_bytes(data[:at] + pasted + data[at + cut :])
    problems: tuple[str, ...] = ()
    try:
        read_case_folder(tmp_path)
    except CaseError as error:
        problems = error.problems
    assert all(": " in problem and "\n" not in problem for problem in problems)


def test_all_problems_are_named_at_once(tmp_path: Path) -> None:
    changed = toy_files()["observations.csv"].replace("press_tone", "tone").replace("B,2", "B,9")
    write_toy_case(tmp_path, {"observations.csv": changed, "deadlines.csv": "deadline,meaning\nsoon,end\n"})
    with pytest.raises(CaseError, match=r": ") as caught:
        read_case_folder(tmp_path)
    assert len(caught.value.problems) == 1 + 2 * 40
    first = "deadlines.csv: row 2, column deadline: 'soon' is not a date; write YYYY-MM-DD, such as 2026-10-10"
    assert caught.value.summary() == f"{first} … and 80 more"


def test_a_missing_file_is_reported_once_and_not_for_every_row_that_names_it(tmp_path: Path) -> None:
    write_toy_case(tmp_path)
    (tmp_path / "indicators.toml").unlink()
    (tmp_path / "documents.csv").unlink()
    assert sorted(_problems(tmp_path)) == [
        f"documents.csv: is missing in {tmp_path}; a case folder needs it",
        f"indicators.toml: is missing in {tmp_path}; a case folder needs it",
    ]


def test_a_row_is_named_by_the_line_it_starts_on(tmp_path: Path) -> None:
    write_toy_case(tmp_path, {"deadlines.csv": 'deadline,meaning\n2016-01-01,"two\nlines"\n\n2016-13-01,end\n'})
    what = "'2016-13-01' is not a date; write YYYY-MM-DD, such as 2026-10-10"
    assert _problems(tmp_path) == (f"deadlines.csv: row 5, column deadline: {what}",)


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    write_toy_case(tmp_path)
    (tmp_path / "deadlines.csv").write_bytes(b"deadline,meaning\n2016-01-01,fin du r\xe8gne\n")
    what = "byte 36 is 0xe8, which is not UTF-8; save the file as UTF-8"
    assert _problems(tmp_path) == (f"deadlines.csv: {what}",)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    assert _problems(write_toy_case(tmp_path, {"deadlines.csv": ""})) == (
        "deadlines.csv: is empty; its first line names the columns deadline, meaning",
    )


def test_a_folder_that_does_not_exist_is_one_clear_line(tmp_path: Path) -> None:
    sentence = f"{tmp_path / 'none'}: there is no such folder; name one that holds {', '.join(FILES)}"
    with pytest.raises(CaseError, match=f"^{re.escape(sentence)}$"):
        read_case_folder(tmp_path / "none")
    file = write_toy_case(tmp_path) / "case.toml"
    with pytest.raises(CaseError, match=f"^{re.escape(str(file))}: is a file; name the folder that holds "):
        read_case_folder(file)
    with pytest.raises(CaseError, match=r"aa: cannot be read \(File name too long\); name a folder that holds"):
        read_case_folder(tmp_path / ("a" * 300))
