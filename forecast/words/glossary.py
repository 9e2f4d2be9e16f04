"""The terms of the words: each has one translation in every language, and renderings that were rejected."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ENGINE = Path(__file__).with_name("glossary.csv")
"""The terms of the engine. A case has its own beside its names: `indicators/cases/us_dprk/glossary.csv`."""
TRANSLATIONS = ("ja", "ko")
COLUMNS = (
    *("term", "en", *TRANSLATIONS),
    *(f"not_{language}" for language in TRANSLATIONS),
    *(f"except_{language}" for language in TRANSLATIONS),
    "use",
)
DOCUMENTS = "documents"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One term; what is said by language is by its code."""

    term: str
    english: str
    translations: Mapping[str, str]
    rejected: Mapping[str, tuple[str, ...]]
    """Renderings that the words may not have."""
    allowed: Mapping[str, tuple[str, ...]]
    """Phrases in which a rejected rendering is right, since it means something else there."""
    shown: bool
    """Whether the words that are shown have it; some terms are only for documents."""


def read_glossary(path: Path = ENGINE) -> tuple[Term, ...]:
    """The terms of a glossary, in its order."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(_term(row) for row in csv.DictReader(file))


def _term(row: Mapping[str, str]) -> Term:
    return Term(
        term=row["term"],
        english=row["en"],
        translations={language: row[language] for language in TRANSLATIONS},
        rejected={language: _listed(row[f"not_{language}"]) for language in TRANSLATIONS},
        allowed={language: _listed(row[f"except_{language}"]) for language in TRANSLATIONS},
        shown=row["use"] != DOCUMENTS,
    )


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in cell.split(";"))))
