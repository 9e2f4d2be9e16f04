"""The catalogue in Japanese: every text has its own and says the same figures; it gives way where the case changed."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from brief_worlds import install_shipped, numbers
from rich.cells import cell_len
from toy_runs import install_toy

from db.rows import IndicatorRow
from forecast.cli.app import run
from forecast.cli.tables import paragraph
from forecast.identity import ROOTS, sources
from indicators.case_rows import new_case
from indicators.folder import FILES, read_case_folder
from indicators.languages import LANGUAGES, in_language, untranslated
from indicators.shipped import shipped_case

type Program = Callable[..., tuple[int, str, str]]

CATALOGUE = new_case(read_case_folder(shipped_case())).indicators
SHOWN = in_language(CATALOGUE, "us-dprk", "ja")
SPELLED = {"three months": "3 months", "about ten": "about 10", "March": "3", "August": "8", "a third": "1 3"}
SPELLED |= {"two thirds": "2 3"}
NAMED: Mapping[str, tuple[str, ...]] = {
    r"NPT": ("NPT",),
    r"ICBM": ("ICBM",),
    r"UN\b": ("国連",),
    r"Security Council": ("安保理",),
    r"Japan\b|Tokyo": ("日本", "日韓"),
    r"Seoul": ("韓国", "日韓"),
    r"Pyongyang": ("平壌",),
    r"Beijing": ("北京", "中国"),
    r"China": ("中国", "対中"),
    r"Russian?\b": ("ロシア",),
    r"Moscow": ("モスクワ",),
    r"Washington": ("ワシントン",),
    r"DPRK": ("北朝鮮", "米朝"),
    r"US\b": ("米",),
    r"President|president": ("大統領",),
    r"White House": ("ホワイトハウス",),
    r"Bank of Korea": ("韓国銀行",),
    r"Foreign-ministry": ("外務省",),
    r"defence minister": ("国防相",),
    r"denuclearisation": ("非核化",),
    r"freeze": ("凍結",),
    r"hiraiwa-2025": ("hiraiwa-2025",),
    r"38north-2025": ("38north-2025",),
    r"lankov-2025": ("lankov-2025",),
    r"hastings-2023": ("hastings-2023",),
    r"us_formal_goal": ("us_formal_goal",),
    r"us_relief_offer": ("us_relief_offer",),
    r"sanctions_relief": ("sanctions_relief",),
    r"sanctions_pressure": ("sanctions_pressure",),
    r"2018": ("2018年",),
}
"""What a text names, and how the Japanese one must name it."""


def texts(row: IndicatorRow) -> dict[str, str]:
    """Every text of an indicator, by what it is."""
    said = {"name": row.name, "question": row.question, "orientation": row.orientation, "note": row.note}
    return said | {f"level {level.level}": level.criterion for level in row.levels}


PAIRS = {
    (own.indicator_id, what): (text, texts(shown)[what])
    for own, shown in zip(CATALOGUE, SHOWN, strict=True)
    for what, text in texts(own).items()
}
CRITERIA = {key: pair for key, pair in PAIRS.items() if key[1].startswith("level") or key[1] == "note"}


def test_every_text_of_the_shipped_case_has_its_japanese() -> None:
    for key, (own, shown) in PAIRS.items():
        assert bool(own) == bool(shown), key
        assert not own or (shown != own and re.search("[\u3041-\u30fe\u4e00-\u9fff]", shown)), key


def test_the_japanese_says_the_same_figures() -> None:
    for key, (own, shown) in CRITERIA.items():
        plain = own
        for spelled, figure in SPELLED.items():
            plain = plain.replace(spelled, figure)
        assert numbers(plain) == numbers(shown.replace("分の", " ")), key


def test_the_japanese_names_whom_the_text_names() -> None:
    missing = [
        (key, pattern, own, shown)
        for key, (own, shown) in CRITERIA.items()
        for pattern, names in NAMED.items()
        if re.search(pattern, own) and not any(name in shown for name in names)
    ]
    assert missing == []


def test_criteria_are_sentences_of_one_form() -> None:
    for (id_, what), (_, shown) in PAIRS.items():
        if what.startswith("level"):
            assert shown.endswith("。"), (id_, what)
            assert not re.search("です|ます。|[０-９]|[A-Za-z]", re.sub("NPT|ICBM", "", shown)), (id_, what, shown)
    criteria = [shown for (_, what), (_, shown) in PAIRS.items() if what.startswith("level")]
    assert len(set(criteria)) == len(criteria) == 5 * len(CATALOGUE)


def test_nothing_but_words_is_another() -> None:
    for own, shown in zip(CATALOGUE, SHOWN, strict=True):
        words = {name: getattr(own, name) for name in ("name", "question", "orientation", "note", "levels")}
        assert replace(shown, **words) == own
        assert [level.level for level in shown.levels] == [level.level for level in own.levels]


def test_what_a_case_no_longer_says_is_not_said_in_japanese() -> None:
    """A desk may have revised a criterion; by the translation of the old one it would be coded wrongly."""
    first, *_ = CATALOGUE
    levels = (replace(first.levels[0], criterion="Something else."), *first.levels[1:])
    (shown,) = in_language([replace(first, levels=levels)], "us-dprk", "ja")
    assert shown.levels[0].criterion == "Something else."
    assert shown.levels[1:] == SHOWN[0].levels[1:]
    assert untranslated([replace(first, levels=levels)], [shown]) == (first.indicator_id,)
    assert untranslated(CATALOGUE, SHOWN) == ()


def test_other_cases_and_languages_keep_their_own_words() -> None:
    stranger = replace(CATALOGUE[0], indicator_id="new_one")
    assert in_language([stranger], "us-dprk", "ja") == (stranger,)
    assert in_language(CATALOGUE, "toy", "ja") == CATALOGUE == in_language(CATALOGUE, "us-dprk", "en")
    assert LANGUAGES == ("en", "ja")


def test_no_number_depends_on_a_translation() -> None:
    assert not {name for name in FILES if name.startswith("names")}
    assert not {path.name for path in sources(ROOTS)} & {"names.py", "languages.py", "headings.py", "columns.py"}


# The command


@pytest.fixture
def parley(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.delenv("PARLEY_DATABASE_URL", raising=False)
    monkeypatch.delenv("PARLEY_CASE", raising=False)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


DAY = ("--as-of", "2026-10-10")


def test_an_indicator_is_shown_in_japanese(parley: Program, tmp_path: Path) -> None:
    install_shipped(tmp_path).close()
    shown = next(row for row in SHOWN if row.indicator_id == "us_posture")
    code, out, err = parley("indicators", "us_posture", *DAY, "--language", "ja")
    assert (code, err) == (0, "")
    told = re.sub(r"\s+", "", out)
    for text in texts(shown).values():
        assert re.sub(r"\s+", "", text) in told
    found = json.loads(parley("indicators", "us_posture", *DAY, "--language", "ja", "--json")[1])
    assert [one["criterion"] for one in found["levels"]] == [level.criterion for level in shown.levels]
    assert (found["indicator"]["name"], found["note"]) == (shown.name, shown.note)
    own = json.loads(parley("indicators", "us_posture", *DAY, "--json")[1])
    differing = {name for name in own if own[name] != found[name]}
    assert differing == {"indicator", "orientation", "note", "levels"}
    assert {name for name in own["indicator"] if own["indicator"][name] != found["indicator"][name]} == {
        "name",
        "question",
    }


@pytest.mark.parametrize("columns", [40, 80, 100])
def test_japanese_keeps_to_the_width_there_is(
    parley: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    """Letters of double width count for two, and no line begins with a mark that closes."""
    monkeypatch.setenv("COLUMNS", str(columns))
    for row in SHOWN:
        for text in texts(row).values():
            lines = paragraph(text, indent="+2  ", hanging="    ")
            assert "".join(line[4:] for line in lines).replace(" ", "") == text.replace(" ", "")
            assert not [line for line in lines if line[4:5] in "、。）」："]
            assert max(map(cell_len, lines)) <= columns + 4, text  # two closing marks may hang over


def test_korean_breaks_between_words_and_english_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    said = ["북한 외무성은 미국과의 대화를 전면적으로", "거부했다."]
    assert paragraph(" ".join(said)) == said
    assert paragraph("Arms-control talks take place again in 30 d.") == [
        "Arms-control talks take place again",
        "in 30 d.",
    ]


def test_the_list_is_shown_in_japanese(parley: Program, tmp_path: Path) -> None:
    install_shipped(tmp_path).close()
    code, out, _ = parley("indicators", *DAY, "--language", "ja", "--json")
    listed = json.loads(out)["indicators"]
    assert code == 0
    assert [(one["id"], one["name"]) for one in listed] == [(row.indicator_id, row.name) for row in SHOWN]


def test_a_case_without_japanese_shows_its_own(parley: Program, tmp_path: Path) -> None:
    install_toy(tmp_path).close()
    own = parley("indicators", "harvest", "--as-of", "2020-01-01")
    assert parley("indicators", "harvest", "--as-of", "2020-01-01", "--language", "ja") == own
    assert own[0] == 0


@pytest.mark.parametrize("command", [("indicators",), ("template", "a.xlsx")])
def test_a_language_in_which_nothing_is_said_is_refused(parley: Program, tmp_path: Path, command: list[str]) -> None:
    install_toy(tmp_path).close()
    code, out, err = parley(*command, "--language", "ko")
    assert (code, out) == (2, "")
    assert "Invalid value for '--language': 'ko' is not known; use one of en, ja" in err
    assert not Path("a.xlsx").exists()
