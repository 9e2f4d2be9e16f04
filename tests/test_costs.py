"""What things cost to find out, from a file: what it may say, and what it is told where it says something else."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.rows import IndicatorRow
from forecast.plan.costs import ATTESTING, Costs, read_costs
from indicators.errors import CaseError

COSTS = """\
[us_posture]
minutes = 20
lead_days = 2

[attestation]
minutes = 5

[dprk_statements]
lead_days = 365
"""


def indicator(id_: str) -> IndicatorRow:
    parts: dict[str, Any] = dict.fromkeys((part.name for part in fields(IndicatorRow)), "")
    return IndicatorRow(**{**parts, "indicator_id": id_})


CATALOGUE = [indicator(id_) for id_ in ("us_posture", "dprk_statements", "mil_exercises")]


def written(folder: Path, text: str) -> Path:
    path = folder / "costs.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))
    return path


def problems_of(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(CaseError) as caught:
        read_costs(written(folder, text), CATALOGUE)
    return caught.value.problems


def test_a_file_is_read_as_it_says(tmp_path: Path) -> None:
    costs = read_costs(written(tmp_path, COSTS), CATALOGUE)
    names = ("us_posture", ATTESTING, "dprk_statements", "mil_exercises")
    assert [costs.of(name) for name in names] == [20, 5, 1, 1]
    assert [costs.lead_of(name) for name in names] == [2, 0, 365, 0]
    assert costs == Costs(minutes={"us_posture": 20, ATTESTING: 5}, lead_days={"us_posture": 2, "dprk_statements": 365})


def test_without_a_file_all_cost_the_same() -> None:
    assert (Costs().of("us_posture"), Costs().of(ATTESTING), Costs().lead_of("us_posture")) == (1.0, 1.0, 0)


@pytest.mark.parametrize(
    "text", ["us_posture.minutes = 0.5", "us_posture = {minutes = 0.5}", '\ufeff["us_posture"]\r\nminutes=5e-1\r\n']
)
def test_it_is_any_toml(tmp_path: Path, text: str) -> None:
    assert read_costs(written(tmp_path, text), CATALOGUE).of("us_posture") == 0.5


@pytest.mark.parametrize("cost", ["0.001", "100_000"])
def test_the_ends_of_what_a_cost_may_be(tmp_path: Path, cost: str) -> None:
    assert read_costs(written(tmp_path, f"[us_posture]\nminutes = {cost}"), CATALOGUE).of("us_posture") == float(cost)


@pytest.mark.parametrize(
    "value", ["0", "0.0", "-0.0", "-20", "nan", "-nan", "inf", "-inf", "1e400", "100_001", "true", '"20"', "[20]", "{}"]
)
def test_a_cost_is_a_number_above_nothing(tmp_path: Path, value: str) -> None:
    path = written(tmp_path, COSTS.replace("20", value, 1))
    with pytest.raises(
        CaseError,
        match=r"\Acosts.toml: line 2, key us_posture.minutes: .+ is of the wrong kind or size; "
        r"write a number from 0.001 to 100000\Z",
    ):
        read_costs(path, CATALOGUE)


@pytest.mark.parametrize("value", ["-1", "366", "2.0", "0.5", "nan", "inf", "true", "false", '"2"', "2026-10-10", "[]"])
def test_a_lead_is_whole_days_of_a_year_at_most(tmp_path: Path, value: str) -> None:
    path = written(tmp_path, COSTS.replace("lead_days = 2", f"lead_days = {value}"))
    with pytest.raises(
        CaseError,
        match=r"\Acosts.toml: line 3, key us_posture.lead_days: .+ is of the wrong kind or size; "
        r"write a whole number from 0 to 365\Z",
    ):
        read_costs(path, CATALOGUE)


BAD = [
    ("[us_posture]", "[us_postur]", r"line 1, key us_postur: unknown indicator 'us_postur'; did you mean 'us_posture'"),
    ("[us_posture]", "[US_POSTURE]", r"line 1, key US_POSTURE: unknown indicator 'US_POSTURE'; did you mean 'us_pos"),
    ("[attestation]", "[attesting]", r"line 5, key attesting: unknown indicator 'attesting'; did you mean 'attestatio"),
    (
        "[us_posture]",
        "[weather]",
        r"line 1, key weather: unknown indicator 'weather'; "
        r"use one of us_posture, dprk_statements, mil_exercises, attestation$",
    ),
    ("[us_posture]", '[""]', r"line 1, key : unknown indicator ''; use one of us_posture, dprk"),
    (
        "[us_posture]\nminutes = 20",
        "minutes = 20\n[us_posture]",
        r"line 1, key minutes: stands in no table; write it be",
    ),
    ("[us_posture]\nminutes = 20\n", "", r"line 1, key lead_days: stands in no table; write it below that of its indi"),
    ("minutes = 20", "minute = 20", r"line 2, key us_posture.minute: unknown key 'minute'; did you mean 'minutes'\?$"),
    ("lead_days = 2", "lead = 2", r"line 3, key us_posture.lead: unknown key 'lead'; did you mean 'lead_days'\?$"),
    ("minutes = 20", "price = 20", r"line 2, key us_posture.price: unknown key 'price'; use one of minutes, lead_day"),
    ("[attestation]\nminutes = 5", "[attestation]", r"line 5, key attestation: holds no costs; write minutes = 20, le"),
    ("[us_posture]", "[[us_posture]]", r"line 1, key us_posture: \[.*\] is of .*; write a table \[us_posture\]$"),
    (
        "[us_posture]\nminutes = 20\nlead_days = 2",
        "us_posture = 20",
        r"line 1, key us_posture: 20 is of .*; write a table \[us_posture\]$",
    ),
    ("minutes = 5", "minutes =", r"line 6, column 10: malformed TOML \(Invalid value\); write it as TOML: key = value"),
    ("minutes = 5", "minutes = 5\nminutes = 6", r"line 7, column 12: malformed TOML \(Cannot overwrite a value\); "),
    ("[attestation]", "[us_posture]", r"line 5, column 12: malformed TOML \(Cannot declare .* twice\); write it as"),
    ("minutes = 20", f"minutes = {'9' * 5000}", "holds a number of too many digits; write one of fewer$"),
    (COSTS, "indicator,minutes\nus_posture,20\n", r"line 1, column 10: malformed TOML \(.*\); write it as TOML: key ="),
    (COSTS, "", r"holds no costs; write a table for each indicator, such as \[us_posture\], with minutes = 20, lead_"),
    (COSTS, " \n# later\n", r"holds no costs; write a table for each indicator, such as \[us_posture\], with minutes"),
    (COSTS, "\udcff", r"byte 0 is 0xff, which is not UTF-8; save the file as UTF-8$"),
    (COSTS, "\0", r"row 1: holds a null character; save the file as plain text$"),
]


@pytest.mark.parametrize(("old", "new", "sentence"), BAD)
def test_what_is_wrong_is_told_in_one_line(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in COSTS
    with pytest.raises(CaseError, match=rf"\Acosts.toml: {sentence}") as caught:
        read_costs(written(tmp_path, COSTS.replace(old, new, 1)), CATALOGUE)
    assert len(caught.value.problems) == 1
    assert "\n" not in str(caught.value)


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = "[us_postures]\nminutes = 1\n[mil_exercises]\nminutes = -1\nlead_days = 1.5\n[attestation]\ndays = 3\n"
    assert [line.split(": ")[1] for line in problems_of(tmp_path, text)] == [
        "line 1, key us_postures",
        "line 4, key mil_exercises.minutes",
        "line 5, key mil_exercises.lead_days",
        "line 7, key attestation.days",
    ]


def test_a_file_that_is_not_there_is_told_by_its_path(tmp_path: Path) -> None:
    missing = tmp_path / "none" / "costs.toml"
    with pytest.raises(CaseError, match=r"none/costs.toml: there is no such file; name one that is there$") as caught:
        read_costs(missing, CATALOGUE)
    assert str(caught.value).startswith(str(tmp_path))
    dangling = tmp_path / "dangling.toml"
    dangling.symlink_to(missing)
    with pytest.raises(CaseError, match=r"dangling.toml: there is no such file; name one that is there$"):
        read_costs(dangling, CATALOGUE)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r": cannot be read \(Is a directory\); make it a readable file$"):
        read_costs(tmp_path, CATALOGUE)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(COSTS)), st.integers(0, 30), st.sampled_from(["", "[", "]", "=", "\n", "-", "9e99", '"']))
def test_damage_is_either_refused_in_lines_or_harmless(tmp_path: Path, at: int, cut: int, pasted: str) -> None:
    costs: Costs = Costs()
    problems: tuple[str, ...] = ()
    try:
        costs = read_costs(written(tmp_path, COSTS[:at] + pasted + COSTS[at + cut :]), CATALOGUE)
    except CaseError as error:
        problems = error.problems
    assert all(line.startswith("costs.toml: ") and "\n" not in line for line in problems)
    assert all(0 < cost <= 100_000 for cost in costs.minutes.values())
    assert {*costs.minutes, *costs.lead_days} <= {"us_posture", "dprk_statements", ATTESTING}
