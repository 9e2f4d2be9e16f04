"""A small second case, written into a folder: three indicators, thirty events, nothing of Korea."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path

CASE = """\
id = "toy"
name = "Talks between Ruritania and Graustark"
headline = "arms_control_talks"
record_from = 2010-01-01
dry_after_days = 90
knots_until = 2024-01-01
"""

INDICATORS = """\
# Orientation: +2 favours talks.
[press_tone]
id = "press_tone"
name = "Tone of the Graustark press"
question = "How hostile is the press?"
orientation = "+ = milder"
kind = "event"
group = "signals"
half_life_days = 30
expected_cadence_days = 30
lag_days = 30
contested = false
typical_sources = ["Graustark Gazette"]
documents = ["rassendyll-2015"]
document_refs = ["rassendyll-2015 p. 3"]
note = "Leading articles only."
[press_tone.levels]
"-2" = "Calls for war."
"-1" = "Hostile."
"0" = "Routine."
"1" = "Mild."
"2" = "Calls for talks."

[border_posture]
id = "border_posture"
name = "Posture at the border"
question = "How many regiments stand at the border?"
orientation = "+ = fewer"
kind = "state"
group = "forces"
half_life_days = 180
expected_cadence_days = 90
lag_days = 0
contested = false
typical_sources = ["observers"]
documents = ["rassendyll-2015"]
document_refs = []
note = ""
[border_posture.levels]
"-2" = "Six or more."
"-1" = "Four or five."
"0" = "Three."
"1" = "One or two."
"2" = "None."

[harvest]
id = "harvest"
name = "Harvest in Graustark"
question = "How good was the harvest?"
orientation = "+ = worse"
kind = "state"
group = "economy"
half_life_days = 365
expected_cadence_days = 365
lag_days = 0
contested = true
typical_sources = ["statistical office"]
documents = ["rassendyll-2015", "tarlenheim-2017"]
document_refs = []
note = ""
[harvest.levels]
"-2" = "Record."
"-1" = "Good."
"0" = "Average."
"1" = "Poor."
"2" = "Failed."
"""

DOCUMENT = ("document_id", "author", "title", "publisher", "published_on", "information_cutoff", "language")
DOCUMENTS = (
    (*DOCUMENT, "directness", "caveats"),
    (
        "rassendyll-2015",
        "R. Rassendyll",
        "Play the game",
        "Strelsau Review",
        "2015-03-01",
        "2015-02-20",
        "en",
        "high",
        "",
    ),
    ("tarlenheim-2017", "F. Tarlenheim", "Bread first", "Strelsau Review", "2017-06-15", "", "en", "low", "A letter."),
)
JUDGEMENTS = (
    ("document_id", "indicator_id", "target", "weight", "basis", "location", "note"),
    ("rassendyll-2015", "press_tone", "arms_control_talks", "1", "explicit", "p. 3", ""),
    ("rassendyll-2015", "border_posture", "arms_control_talks", "2.5", "inferred", "p. 4", ""),
    ("rassendyll-2015", "border_posture", "crisis", "-2", "explicit", "p. 4", ""),
    ("tarlenheim-2017", "harvest", "arms_control_talks", "-1", "inferred", "", "hunger hardens"),
)
OBSERVATION = ("indicator_id", "observed_on", "known_on", "level", "source_title", "source_publisher", "source_url")
EVENT = ("event_id", "type", "framing", "started_on", "ended_on", "known_on", "date_precision", "level", "format")

type Rows = Iterable[Iterable[object]]


def toy_grades() -> Rows:
    """The full table: sd grows with both letters and numbers."""
    yield ("reliability", "credibility", "sd_levels")
    for row, reliability in enumerate("ABCDEF"):
        for credibility in range(1, 7):
            yield (reliability, credibility, round(0.25 + 0.25 * row + 0.15 * (credibility - 1), 2))


def toy_observations(through: int = 2019) -> Rows:
    """One row per indicator and quarter (harvest: year) from 2010 on; each July one report feeds two indicators."""
    yield (*OBSERVATION, "origin", "reliability", "credibility", "note")
    for year in range(2010, through + 1):
        for quarter, month in enumerate((1, 4, 7, 10)):
            day, level = date(year, month, 5), (year + quarter) % 5 - 2
            origin = f"{year}-observers-report" if month == 7 else ""
            yield ("press_tone", day, day, level, "Leader", "Gazette", "", origin, "B", 2, "")
            later = day + timedelta(days=10)
            yield ("border_posture", day, later, -level, "Count", "Observers", "", origin, "A", 1, "")
        published = date(year + 1, 3, 1)
        yield ("harvest", date(year, 12, 31), published, year % 3 - 1, "Yearbook", "Office", "", "", "C", 3, "")


def toy_events(through: int = 2019) -> Rows:
    """Thirty events over ten years: each year talks of alternating framing, and by turns a contact, deal or crisis."""
    yield (*EVENT, "venue", "note", "source", "confidence")
    for year in range(2010, through + 1):
        framing = "arms_control" if year % 2 == 0 else "denuclearisation"
        yield _event(f"T{year}-1", "talks", framing, date(year, 3, 10), 2)
        yield _event(f"T{year}-2", "talks", framing, date(year, 4, 20), 0)
        third = ("contact", "deal", "crisis")[year % 3]
        start = date(year, 4, 20) if third == "deal" else date(year, 9, 1)
        yield _event(f"{third[0].upper()}{year}", third, "none", start, 0)


def _event(id_: str, type_: str, framing: str, start: date, days: int) -> tuple[object, ...]:
    end = start + timedelta(days=days)
    return (id_, type_, framing, start, end, end, "day", "envoy", "bilateral", "Strelsau", "", "Gazette", "high")


def toy_completeness(through: int = 2019) -> Rows:
    yield ("type", "complete_from", "complete_through", "known_on")
    for type_ in ("talks", "contact", "deal", "crisis"):
        yield (type_, date(2010, 1, 1), date(through, 12, 31), "")


def toy_files(through: int = 2019) -> dict[str, str]:
    """The text of every file of the toy case, by name; `through` is the last year of observations and events."""
    tables: Mapping[str, Rows] = {
        "grades.csv": toy_grades(),
        "deadlines.csv": (("deadline", "meaning"), ("2016-01-01", "end of a reign"), ("2022-01-01", "end of a reign")),
        "documents.csv": DOCUMENTS,
        "judgements.csv": JUDGEMENTS,
        "observations.csv": toy_observations(through),
        "events.csv": toy_events(through),
        "completeness.csv": toy_completeness(through),
    }
    texts = {name: _csv_text(rows) for name, rows in tables.items()}
    return {"case.toml": CASE, "indicators.toml": INDICATORS, **texts}


def write_toy_case(folder: Path, changed: Mapping[str, str] | None = None, *, through: int = 2019) -> Path:
    """Write the toy case into `folder` (made if need be) and return it; `changed` replaces or adds whole files."""
    files = toy_files(through)
    assert (changed or {}).keys() <= {*files, "priors.toml", "stories.toml"}, f"files are {', '.join(files)}"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {**files, **(changed or {})}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _csv_text(rows: Rows) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
