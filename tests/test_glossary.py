"""One term, one translation: no rejected rendering in the words of a language, and every translation is used."""

import ast
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from forecast.words.glossary import COLUMNS, ENGINE, TRANSLATIONS, Term, read_glossary
from indicators.names import COLUMNS as NAMES_COLUMNS
from indicators.shipped import shipped_case

REPOSITORY = Path(__file__).parents[1]
WORDS = REPOSITORY / "forecast" / "words"
TEMPLATE = REPOSITORY / "indicators" / "template_words.py"
HEADINGS = REPOSITORY / "indicators" / "headings.py"
CASE = shipped_case() / "glossary.csv"
PACKAGES = {"ja": WORDS / "japanese", "ko": WORDS / "korean"}
OWN_LETTERS = {"ja": r"[\u3041-\u30ff\u4e00-\u9fff]", "ko": r"[\uac00-\ud7a3]"}
ALIKE = {("ko", "출처"): {"source", "citation"}}
"""Translations that more than one term has: Japanese tells whom one relies on from what one cites."""
LANGUAGE = pytest.mark.parametrize("language", TRANSLATIONS)

TERMS = read_glossary() + read_glossary(CASE)


@dataclass(frozen=True)
class Said:
    """One string of a language, and where it stands."""

    text: str
    place: str


def strings(path: Path) -> Iterator[Said]:
    """The strings of a module without its docstrings; the parts of an f-string are one, gaps shown as {}."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    silent |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if id(node) in silent:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield Said(node.value, f"{path.relative_to(REPOSITORY)}:{node.lineno}")
        elif isinstance(node, ast.JoinedStr):
            parts = (str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
            yield Said("".join(parts), f"{path.relative_to(REPOSITORY)}:{node.lineno}")


def names(language: str) -> Iterator[Said]:
    """The texts of the shipped case."""
    path = shipped_case() / f"names.{language}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        assert tuple(reader.fieldnames or ()) == NAMES_COLUMNS
        for row in reader:
            yield Said(row["name"], f"{path.relative_to(REPOSITORY)}:{reader.line_num}")


def said_in(language: str) -> list[Said]:
    """All that a language says: what of modules of several languages has its letters."""
    own = re.compile(OWN_LETTERS[language])
    modules = [*sorted(PACKAGES[language].rglob("*.py")), TEMPLATE, HEADINGS]
    found = [one for path in modules for one in strings(path) if own.search(one.text)]
    return [*found, *names(language)]


def amiss(text: str, language: str, terms: Sequence[Term]) -> list[tuple[str, Term]]:
    """Rejected renderings in a text, with their terms; not within what is right there, of this term or another."""
    right = {term.translations[language] for term in terms}
    found = []
    for term in terms:
        for wrong in term.rejected[language]:
            phrases = [one for one in (*right, *term.allowed[language]) if wrong in one]
            rest = text
            for phrase in sorted(phrases, key=len, reverse=True):
                rest = rest.replace(phrase, "\n")
            if wrong in rest:
                found.append((wrong, term))
    return found


@LANGUAGE
def test_no_rejected_rendering_is_said(language: str) -> None:
    """Where one is right in a phrase that means something else, the glossary lists it under `except_`."""
    lines = [
        f"{one.place}: {wrong} in “{one.text.strip()[:60]}”; {term.english!r} ({term.term}) is "
        f"{term.translations[language]}"
        for one in said_in(language)
        for wrong, term in amiss(one.text, language, TERMS)
    ]
    assert not lines, "\n" + "\n".join(lines)


@LANGUAGE
def test_every_translation_is_used(language: str) -> None:
    """A term that only documents have says so in the column `use`."""
    told = "\n".join(one.text for one in said_in(language))
    unused = [
        f"{term.term} ({term.english}): {term.translations[language]}"
        for term in TERMS
        if term.shown and not _has(told, term.translations[language])
    ]
    assert not unused, "never said, or said in other words:\n" + "\n".join(unused)


def _has(told: str, translation: str) -> bool:
    """Whether it is said; a figure or a verb ending may be filled in."""
    number = re.match(r"\d+%", translation)
    return translation in told or (number is not None and translation.replace(number[0], "{}") in told)


def test_every_term_has_all_languages() -> None:
    for path in (ENGINE, CASE):
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            assert tuple(reader.fieldnames or ()) == COLUMNS
            rows = list(reader)
        assert all(
            row["term"] and row["en"] and all(row[language].strip() for language in TRANSLATIONS) for row in rows
        )
        assert {row["use"] for row in rows} <= {"", "documents"}
    keys = [term.term for term in TERMS]
    assert len(set(keys)) == len(keys)


@LANGUAGE
def test_no_two_terms_share_a_translation(language: str) -> None:
    by_translation: dict[str, set[str]] = {}
    for term in TERMS:
        by_translation.setdefault(term.translations[language], set()).add(term.term)
    shared = {(language, one): terms for one, terms in by_translation.items() if len(terms) > 1}
    assert shared == {key: terms for key, terms in ALIKE.items() if key[0] == language}


@LANGUAGE
def test_a_glossary_rejects_none_of_its_own(language: str) -> None:
    """No translation is what another term, or its own, rejects; what is allowed holds what is rejected."""
    for term in TERMS:
        own = term.translations[language]
        assert own not in {wrong for each in TERMS for wrong in each.rejected[language]}, term.term
        assert re.search(OWN_LETTERS[language], own) or own == "%p", term.term
        assert all(any(wrong in phrase for wrong in term.rejected[language]) for phrase in term.allowed[language]), term


@pytest.mark.parametrize(
    ("language", "text", "wrong"),
    [
        ("ko", "북미 정상회담의 개최", []),
        ("ko", "북미 회합의 개최", ["회합"]),
        ("ko", "공동 문서의 채택", []),
        ("ko", "문서의 판단", ["문서"]),
        ("ko", "무기한 연기", []),
        ("ko", "기한까지", ["기한"]),
        ("ja", "米朝枠組み合意", []),
        ("ja", "協議の枠組み", ["枠組み"]),
        ("ja", "平壌宣言と平壌", ["平壌"]),
    ],
)
def test_a_rejected_rendering_is_told_from_a_part_of_another_word(language: str, text: str, wrong: list[str]) -> None:
    assert [found for found, _ in amiss(text, language, TERMS)] == wrong


def test_a_module_is_read_string_by_string(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "REPOSITORY", tmp_path)
    path = tmp_path / "korean.py"
    path.write_text('"""문서"""\n\ndef f(n):\n    """회합"""\n    return f"협상 {n}회" + "접촉"\n', encoding="utf-8")
    assert {(one.text, one.place) for one in strings(path)} == {("협상 {}회", "korean.py:5"), ("접촉", "korean.py:5")}


def test_korean_has_no_semicolons() -> None:
    """It is no mark of Korean: clauses with commas of their own are numbered."""
    assert not [one for one in said_in("ko") if ";" in one.text]
