"""The reference class as data: its tables keep their rules, and QA.md says what they hold."""

import re
import tomllib
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parent.parent
HOME = ROOT / "indicators" / "reference"
TRACK = ["dyad", "track"]
DAYS = ["started_on", "ended_on"]
AUDITED = ["N", "K"]
MAIN_FIT = ["N", "K", "S"]
DRY_DAYS = 90
BINS = {"3–6": 0, "6–12": 183, "12–24": 365, "24–60": 730, "> 60": 1826}
"""Names in QA.md, and the whole days of silence, on the eve of an onset, at which each bin begins."""
WORDS = {
    "date_precision": {"day", "month"},
    "kind": {"meeting", "spell"},
    "level": {"leader", "minister", "envoy", "working", "military", "technical"},
    "confidence": {"high", "medium", "low"},
    "coder_certainty": {"high", "medium", "low"},
}


def _table(name: str) -> pd.DataFrame:
    return pd.read_csv(HOME / name, dtype=str, keep_default_na=False)


def _talks() -> pd.DataFrame:
    """Rows of talks.csv with their track's class and window, days as dates, and the silence before each."""
    rows = _table("talks.csv").merge(_table("dyads.csv"), on=TRACK, validate="many_to_one", suffixes=("", "_of_track"))
    for column in [*DAYS, "observed_from", "observed_to"]:
        rows[column] = pd.to_datetime(rows[column], format="%Y-%m-%d")
    rows = rows.sort_values([*TRACK, *DAYS], ignore_index=True)
    wet_until = rows.groupby(TRACK)["ended_on"].transform(lambda ends: ends.cummax().shift())
    rows["silence"] = (rows["started_on"] - wet_until).dt.days
    rows["first"] = rows.groupby(TRACK)["started_on"].transform("min")
    rows["onset"] = rows["silence"].isna() | (rows["silence"] >= DRY_DAYS)
    return rows


TALKS = _talks()
DYADS = _table("dyads.csv")
AUDIT = _table("audit.csv")


def _said(heading: str) -> pd.DataFrame:
    """The first table of QA.md whose head holds a text; its first column is the index."""
    page = (HOME / "QA.md").read_text(encoding="utf-8")
    blocks = [re.findall(r"^\|.*\|$", block, re.MULTILINE) for block in page.split("\n\n")]
    rows = next(lines for lines in blocks if lines and heading in lines[0])
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in rows]
    return pd.DataFrame(cells[2:], columns=cells[0]).set_index(cells[0][0])


def _keys(rows: pd.DataFrame, day: str) -> set[tuple[str, str, str]]:
    return set(zip(rows["dyad"], rows["track"], rows[day].astype(str).str[:10], strict=True))


def test_every_row_is_of_a_track_and_every_track_is_there_once() -> None:
    assert len(TALKS) == len(_table("talks.csv"))
    assert not DYADS.duplicated(TRACK).any()


def test_days_are_in_order_and_inside_the_window_of_their_track() -> None:
    assert (TALKS["started_on"] <= TALKS["ended_on"]).all()
    assert (TALKS["observed_from"] <= TALKS["started_on"]).all()
    assert (TALKS["started_on"] <= TALKS["observed_to"]).all()


def test_no_row_is_there_twice_and_none_overlaps_another_of_its_track() -> None:
    assert not TALKS.duplicated([*TRACK, *DAYS]).any()
    assert not (TALKS["silence"] < 0).any()


def test_a_meeting_of_a_known_day_is_short() -> None:
    """Longer ones are spells: what happens inside them is not known day by day."""
    known = TALKS[(TALKS["kind"] == "meeting") & (TALKS["date_precision"] == "day")]
    assert (known["ended_on"] - known["started_on"]).dt.days.max() < DRY_DAYS


@pytest.mark.parametrize("column", sorted(WORDS))
def test_columns_use_their_words(column: str) -> None:
    assert set(TALKS[column]) == WORDS[column]


def test_classes_are_those_of_the_rules() -> None:
    ruled = re.findall(r"^\| (\w+) \| .* \| (\d+) \|$", (HOME / "rules.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert DYADS["reference_class"].value_counts().to_dict() == {name: int(count) for name, count in ruled}


def test_the_subject_of_the_forecasts_is_not_among_them() -> None:
    assert not DYADS["dyad"].isin(["US-DPRK", "DPRK-US"]).any()


def test_rows_onsets_and_years_of_a_track_are_its_own_count() -> None:
    counted = TALKS.groupby(TRACK)["onset"].agg(["size", "sum"])
    counted = counted.reindex(pd.MultiIndex.from_frame(DYADS[TRACK]), fill_value=0)
    assert counted["size"].tolist() == DYADS["rows"].astype(int).tolist()
    assert counted["sum"].tolist() == DYADS["onsets"].astype(int).tolist()
    days = pd.to_datetime(DYADS["observed_to"]) - pd.to_datetime(DYADS["observed_from"])
    assert np.abs(days.dt.days / 365.25 - DYADS["years"].astype(float)).max() < 0.06


def _onsets_day_by_day(rows: pd.DataFrame) -> int:
    """Days on which a row starts and none of the 89 days before has a meeting: the rule, taken literally."""
    start = date.fromisoformat(str(rows["started_on"].min())[:10]).toordinal() - DRY_DAYS
    spans = [[pd.Timestamp(day).toordinal() - start for day in span] for span in rows[DAYS].to_numpy()]
    wet = np.zeros(max(end for _, end in spans) + 1, dtype=bool)
    for first, last in spans:
        wet[first : last + 1] = True
    return sum(not wet[first - DRY_DAYS + 1 : first].any() for first, _ in spans)


def test_onsets_are_counted_alike_day_by_day_and_in_qa() -> None:
    brute = sum(_onsets_day_by_day(rows) for _, rows in TALKS.groupby(TRACK))
    assert brute == TALKS["onset"].sum() == int(_said("onsets").loc["all", "onsets"])


def test_qa_says_what_each_class_holds() -> None:
    said = _said("onsets").drop(index="all").astype(int)
    counted = TALKS.groupby("reference_class")["onset"].agg(rows="size", onsets="sum").astype(int)
    counted["tracks"] = DYADS["reference_class"].value_counts()
    pd.testing.assert_frame_equal(said.sort_index(), counted[said.columns], check_names=False)


def test_qa_says_what_the_main_fit_has_by_silence() -> None:
    long = (TALKS["observed_to"] - TALKS["first"]).dt.days > 400
    main = TALKS[TALKS["reference_class"].isin(MAIN_FIT) & long]
    onsets = main[(main["silence"] >= DRY_DAYS) & (main["started_on"] < main["observed_to"])]
    edges = [*BINS.values(), np.inf]
    binned = pd.cut(onsets["silence"] - 1, edges, right=False, labels=list(BINS)).value_counts().to_dict()
    tracks = onsets.groupby(TRACK).ngroups
    assert _said("silence")["now"].astype(int).to_dict() == binned | {"all": len(onsets), "in tracks": tracks}


def test_qa_says_how_sure_the_rows_are() -> None:
    sure = TALKS["confidence"].value_counts()
    alone = (TALKS["source"] == "general knowledge").sum()
    said = f"{sure['high']} rows are of high confidence, {sure['medium']} medium, {sure['low']} low; {alone} rest on"
    assert said in (HOME / "QA.md").read_text(encoding="utf-8")


def test_every_row_of_the_audited_classes_has_a_verdict() -> None:
    audited = TALKS[TALKS["reference_class"].isin(AUDITED)]
    assert _keys(audited, "started_on") - _keys(AUDIT, "row_started_on") == set()
    assert _keys(AUDIT, "row_started_on") - _keys(TALKS, "started_on") == set()
    assert not AUDIT.duplicated([*TRACK, "started_on"]).any()


def test_verdicts_have_their_words_and_a_page_where_one_was_reached() -> None:
    assert set(AUDIT["now"]) == {"right", "wrong", "unreached", "added"}
    assert (AUDIT["page"].eq("") == AUDIT["now"].eq("unreached")).all()
    assert AUDIT["note"].ne("")[AUDIT["now"].isin(["wrong", "unreached", "added"])].all()
    assert (AUDIT["found"].ne("") == AUDIT["now"].eq("added")).all()


def test_only_a_page_makes_a_row_surely_known() -> None:
    read = AUDIT[AUDIT["now"] != "unreached"]
    unread = _keys(AUDIT, "row_started_on") - _keys(read, "row_started_on")
    high = TALKS[TALKS["confidence"] == "high"]
    assert unread & _keys(high, "started_on") == set()
    assert not high["source"].isin(["", "general knowledge"]).any()
    assert TALKS["source"].ne("").all()


@pytest.mark.parametrize(("column", "passes"), [("after the first pass", ["first pass"]), ("now", None)])
def test_qa_says_how_the_audit_went(column: str, passes: list[str] | None) -> None:
    coded = AUDIT[AUDIT["now"] != "added"]
    verdicts = coded["first" if passes else "now"].value_counts()
    found = AUDIT[AUDIT["now"] == "added"]
    counted = {
        "looked for": len(coded),
        "reached": verdicts["right"] + verdicts["wrong"],
        **{verdict: verdicts[verdict] for verdict in ("right", "wrong", "unreached")},
        "added": len(found if passes is None else found[found["found"].isin(passes)]),
    }
    assert _said("rows of N and K")[column].astype(int).to_dict() == counted


def test_qa_lists_what_the_second_pass_mended() -> None:
    mended = AUDIT[(AUDIT["first"] == "unreached") & (AUDIT["now"] == "wrong")]
    said = {row.replace("–", "-", row.startswith("US")) for row in _said("row as first coded").index}
    assert said == set(mended["dyad"] + " " + mended["started_on"])


def test_it_goes_into_the_package() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-data"]
    packed = {path for pattern in listed["indicators"] for path in (ROOT / "indicators").glob(pattern)}
    assert set(HOME.iterdir()) <= packed
