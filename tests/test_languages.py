"""The catalogue in Japanese and Korean: every text has its own and says the same figures, and gives way to changes."""

import json
import re
from collections import Counter
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
from indicators.languages import LANGUAGES, in_language, standing_names, untranslated
from indicators.names import KINDS, group_name, read_names, source_name
from indicators.shipped import shipped_case

type Program = Callable[..., tuple[int, str, str]]

CATALOGUE = new_case(read_case_folder(shipped_case())).indicators
SHOWN = {language: in_language(CATALOGUE, "us-dprk", language) for language in ("ja", "ko")}
LANGUAGE = pytest.mark.parametrize("language", SHOWN)
SPELLED = {"three months": "3 months", "about ten": "about 10", "March": "3", "August": "8", "a third": "1 3"}
SPELLED |= {"two thirds": "2 3"}
NO_FIGURES = {"ja": (), "ko": ("제3자", "2차 제재")}
"""Words with a digit that is no figure."""
FRACTION = {"ja": "分の", "ko": "분의 "}
LETTERS = {"ja": "[\u3041-\u30fe\u4e00-\u9fff]", "ko": "[\uac00-\ud7a3]"}
PROPER = ("ICBM", "NPT")
"""Latin words that are no one's translation; beside them only ids stand in texts."""
OUTLETS = {"BBC", "CNS", "CSIS", "GitHub", "MENAFN", "NDTV", "NPR", "NTI", "OANA", "TVNZ"}
"""The same of names of publishers."""
DEFINED = ("arms_control_talks", "denuclearisation_talks", "contact", "deal", "crisis")
OFTEN = 2
"""More than so many observations of the shipped case are by one publisher: it has a name in each language."""
NAMED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    r"NPT": {"ja": ("NPT",), "ko": ("NPT",)},
    r"ICBM": {"ja": ("ICBM",), "ko": ("ICBM",)},
    r"UN\b": {"ja": ("国連",), "ko": ("유엔",)},
    r"Security Council": {"ja": ("安保理",), "ko": ("안전보장이사회",)},
    r"Japan\b|Tokyo": {"ja": ("日本", "日韓"), "ko": ("일본", "한일")},
    r"Seoul": {"ja": ("韓国", "日韓"), "ko": ("한국", "한일")},
    r"Pyongyang|DPRK": {"ja": ("北朝鮮", "米朝", "露朝", "中朝"), "ko": ("북한", "대북", "북미", "북러", "북중")},
    r"Beijing|China": {"ja": ("中国", "対中"), "ko": ("중국", "대중")},
    r"Russian?\b|Moscow": {"ja": ("ロシア", "露朝", "対露"), "ko": ("러시아", "북러", "대러")},
    r"Washington": {"ja": ("米政府", "米国", "対米"), "ko": ("미국 정부", "대미")},
    r"US\b": {"ja": ("米",), "ko": ("미국", "북미", "대미", "한미")},
    r"President|president": {"ja": ("大統領",), "ko": ("대통령",)},
    r"White House": {"ja": ("ホワイトハウス",), "ko": ("백악관",)},
    r"Bank of Korea": {"ja": ("韓国銀行",), "ko": ("한국은행",)},
    r"Foreign-ministry": {"ja": ("外務省",), "ko": ("외무성",)},
    r"defence minister": {"ja": ("国防相",), "ko": ("국방장관",)},
    r"denuclearisation": {"ja": ("非核化",), "ko": ("비핵화",)},
    r"\b[Ff]reeze": {"ja": ("凍結",), "ko": ("동결",)},
    r"arms control|arms-control": {"ja": ("軍備管理",), "ko": ("군비통제",)},
    r"2018": {"ja": ("2018年",), "ko": ("2018년",)},
} | {
    name: dict.fromkeys(("ja", "ko"), (name,))
    for name in (
        *("hiraiwa-2025", "38north-2025", "lankov-2025", "hastings-2023"),
        *("us_formal_goal", "us_relief_offer", "sanctions_relief", "sanctions_pressure"),
    )
}
"""What a text names, and how those of other languages must name it: governments, not their capitals."""


def texts(row: IndicatorRow) -> dict[str, str]:
    """Every text of an indicator, by what it is."""
    said = {"name": row.name, "question": row.question, "orientation": row.orientation, "note": row.note}
    return said | {f"level {level.level}": level.criterion for level in row.levels}


def pairs(language: str) -> dict[tuple[str, str], tuple[str, str]]:
    """Every text of the catalogue and what stands for it."""
    return {
        (own.indicator_id, what): (text, texts(shown)[what])
        for own, shown in zip(CATALOGUE, SHOWN[language], strict=True)
        for what, text in texts(own).items()
    }


def shipped_texts() -> set[tuple[str, str]]:
    """What a shipped case says that another language may say, by kind and id."""
    case = read_case_folder(shipped_case())
    told = {("case", case.case.id)} | {("group", row.group_name) for row in CATALOGUE}
    told |= {("deadline", str(row.deadline)) for row in case.deadlines}
    for row in CATALOGUE:
        told |= {(kind, row.indicator_id) for kind in ("indicator", "question", "orientation")}
        told |= {("note", row.indicator_id)} if row.note else set()
        told |= {("level", f"{row.indicator_id}:{one.level:+d}".replace("+0", "0")) for one in row.levels}
    told |= {("story", story.id) for story in case.stories or ()}
    return told | {(kind, row.document_id) for kind in ("author", "title") for row in case.documents}


@LANGUAGE
def test_every_text_of_the_shipped_case_has_its_translation(language: str) -> None:
    for key, (own, shown) in pairs(language).items():
        assert bool(own) == bool(shown), key
        assert not own or (shown != own and re.search(LETTERS[language], shown)), key


@LANGUAGE
def test_what_is_named_is_what_the_case_says(language: str) -> None:
    """No text without a translation, and no translation of what the case does not say."""
    names = read_names("us-dprk", language)
    assert {key for key in names if key[0] not in ("definition", "publisher")} == shipped_texts()
    assert {kind for kind, _ in names} == set(KINDS)
    assert all(text == text.strip() != "" for text in names.values())


@LANGUAGE
def test_no_english_is_left_over(language: str) -> None:
    ids = {row.indicator_id for row in CATALOGUE} | {"sanctions_pressure"}
    for key, text in read_names("us-dprk", language).items():
        said = re.sub(r"[a-z0-9]+-20\d\d(?: 00\d:L\d+(?:-L\d+)?)?", "", text)
        words = set(re.findall("[A-Za-z_]{3,}", said))
        assert words <= ids | set(PROPER) | (OUTLETS if key[0] == "publisher" else set()), (key, words)


def test_every_target_is_defined_in_one_line_that_says_the_same_in_every_language() -> None:
    said = {language: read_names("us-dprk", language) for language in LANGUAGES}
    for target in DEFINED:
        found = [said[language]["definition", target] for language in LANGUAGES]
        assert all(len(text) < 200 and not text.endswith((".", "。")) for text in found)
        assert numbers(found[0]) == numbers(found[1]) == numbers(found[2]), target
    defined = {language: {id_ for kind, id_ in names if kind == "definition"} for language, names in said.items()}
    assert all(ids == set(DEFINED) for ids in defined.values())


@LANGUAGE
def test_whoever_publishes_often_has_a_name(language: str) -> None:
    names = read_names("us-dprk", language)
    publishers = Counter(row.source_publisher for row in read_case_folder(shipped_case()).observations)
    often = {name for name, count in publishers.items() if name and count > OFTEN}
    parts = {part for name in often for part in name.split("; ")}
    assert parts <= {id_ for kind, id_ in names if kind == "publisher"}


def test_a_source_keeps_its_words_where_it_has_no_others() -> None:
    names = read_names("us-dprk", "ja")
    assert source_name(names, "Yonhap") == "聯合ニュース"
    assert source_name(names, "Yonhap; KCNA; my notes") == "聯合ニュース; 朝鮮中央通信; my notes"
    assert source_name(names, "") == ""
    assert source_name({}, "Yonhap") == "Yonhap"


@LANGUAGE
def test_groups_are_named(language: str) -> None:
    names, own = read_names("us-dprk", language), read_names("us-dprk", "en")
    groups = {row.group_name for row in CATALOGUE}
    assert len({group_name(names, group) for group in groups}) == len(groups)
    assert all(re.search(LETTERS[language], group_name(names, group)) for group in groups)
    assert all(re.fullmatch(r"[A-Z][A-Za-z ]+", group_name(own, group)) for group in groups)
    assert group_name({}, "harvests") == "harvests"


@LANGUAGE
def test_every_language_says_the_same_figures(language: str) -> None:
    for key, (own, shown) in pairs(language).items():
        plain, said = own, shown
        for word in NO_FIGURES[language]:
            said = said.replace(word, "")
        for spelled, figure in SPELLED.items():
            plain = plain.replace(spelled, figure)
        assert numbers(plain) == numbers(said.replace(FRACTION[language], " ").replace("~", "–")), key


@LANGUAGE
def test_every_language_names_whom_the_text_names(language: str) -> None:
    missing = [
        (key, pattern, own, shown)
        for key, (own, shown) in pairs(language).items()
        for pattern, names in NAMED.items()
        if re.search(pattern, own) and not any(name in shown for name in names[language])
    ]
    assert missing == []


POLITE = {"ja": "です|ます。|[０-９]", "ko": "[습입합됩]니다|[어아해세]요[.?]|[０-９]"}
ENDS = {"ja": "。", "ko": "."}
ASKS = {"ja": "か。", "ko": "가?"}


@LANGUAGE
def test_criteria_are_sentences_of_one_form(language: str) -> None:
    found = pairs(language)
    for (id_, what), (_, shown) in found.items():
        if what.startswith("level"):
            assert shown.endswith(ENDS[language]), (id_, what)
            assert not re.search("[A-Za-z]", re.sub("|".join(PROPER), "", shown)), (id_, what, shown)
        if what == "question":
            assert shown.endswith(ASKS[language]), (id_, shown)
        if what == "name":
            assert not shown.endswith((".", "。")), (id_, shown)
        assert not re.search(POLITE[language], shown), (id_, what, shown)
    criteria = [shown for (_, what), (_, shown) in found.items() if what.startswith("level")]
    assert len(set(criteria)) == len(criteria) == 5 * len(CATALOGUE)


def test_korean_criteria_end_in_a_noun() -> None:
    """A criterion is a phrase of a noun (개조식); a note is a sentence (문어체)."""
    for (id_, what), (_, shown) in pairs("ko").items():
        if what.startswith("level") or what == "orientation":
            assert not re.search(r"다\.", shown), (id_, what, shown)
        elif what == "note":
            assert re.search(r"(다|지표|사례)[.)]", shown), (id_, shown)


@LANGUAGE
def test_nothing_but_words_is_another(language: str) -> None:
    for own, shown in zip(CATALOGUE, SHOWN[language], strict=True):
        words = {name: getattr(own, name) for name in ("name", "question", "orientation", "note", "levels")}
        assert replace(shown, **words) == own
        assert [level.level for level in shown.levels] == [level.level for level in own.levels]


@LANGUAGE
def test_what_a_case_no_longer_says_is_not_said_in_another_language(language: str) -> None:
    """A desk may have revised a criterion; by the translation of the old one it would be coded wrongly."""
    first, *_ = CATALOGUE
    levels = (replace(first.levels[0], criterion="Something else."), *first.levels[1:])
    (shown,) = in_language([replace(first, levels=levels)], "us-dprk", language)
    assert shown.levels[0].criterion == "Something else."
    assert shown.levels[1:] == SHOWN[language][0].levels[1:]
    assert untranslated([replace(first, levels=levels)], [shown]) == (first.indicator_id,)
    assert untranslated(CATALOGUE, SHOWN[language]) == ()


@LANGUAGE
def test_other_cases_and_languages_keep_their_own_words(language: str) -> None:
    stranger = replace(CATALOGUE[0], indicator_id="new_one")
    assert in_language([stranger], "us-dprk", language) == (stranger,)
    assert in_language(CATALOGUE, "toy", language) == CATALOGUE == in_language(CATALOGUE, "us-dprk", "en")
    assert LANGUAGES == ("en", "ja", "ko")


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


@LANGUAGE
def test_an_indicator_is_shown_in_another_language(parley: Program, tmp_path: Path, language: str) -> None:
    install_shipped(tmp_path).close()
    shown = next(row for row in SHOWN[language] if row.indicator_id == "us_posture")
    code, out, err = parley("indicators", "us_posture", *DAY, "--language", language)
    assert (code, err) == (0, "")
    told = re.sub(r"\s+", "", out)
    for text in texts(shown).values():
        assert re.sub(r"\s+", "", text) in told
    found = json.loads(parley("indicators", "us_posture", *DAY, "--language", language, "--json")[1])
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
    for row in SHOWN["ja"]:
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


@LANGUAGE
def test_the_list_is_shown_in_another_language(parley: Program, tmp_path: Path, language: str) -> None:
    install_shipped(tmp_path).close()
    code, out, _ = parley("indicators", *DAY, "--language", language, "--json")
    listed = json.loads(out)["indicators"]
    assert code == 0
    assert [(one["id"], one["name"]) for one in listed] == [(row.indicator_id, row.name) for row in SHOWN[language]]


@LANGUAGE
def test_a_case_without_a_language_shows_its_own(parley: Program, tmp_path: Path, language: str) -> None:
    install_toy(tmp_path).close()
    own = parley("indicators", "harvest", "--as-of", "2020-01-01")
    assert parley("indicators", "harvest", "--as-of", "2020-01-01", "--language", language) == own
    assert own[0] == 0


@pytest.mark.parametrize("command", [("indicators",), ("template", "a.xlsx")])
def test_a_language_in_which_nothing_is_said_is_refused(parley: Program, tmp_path: Path, command: list[str]) -> None:
    install_toy(tmp_path).close()
    code, out, err = parley(*command, "--language", "fr")
    assert (code, out) == (2, "")
    assert "Invalid value for '--language': 'fr' is not known; use one of en, ja, ko" in err
    assert not Path("a.xlsx").exists()


def test_no_translation_stands_for_a_text_that_the_desk_has_otherwise() -> None:
    """A brief names indicators by these names as every other face does."""
    first, *others = CATALOGUE
    mine = [replace(first, question="Another question?"), *others]
    whole, standing = (standing_names(rows, "us-dprk", "ja") for rows in (CATALOGUE, mine))
    assert whole == read_names("us-dprk", "ja")
    assert set(whole) - set(standing) == {("question", first.indicator_id)}
