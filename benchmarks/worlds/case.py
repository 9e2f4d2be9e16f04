"""A world written as a case folder, and its truth beside it."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.worlds.evidence import (
    INDICATORS,
    SDS,
    Document,
    Report,
    simulate_documents,
    simulate_levels,
    simulate_reports,
)
from benchmarks.worlds.hidden import (
    ARMS_CONTROL_TALKS,
    DRY_AFTER,
    FRAMING_CHANGE,
    HORIZONS,
    LIMITS,
    REGIMES,
    SCORED,
    Floats,
    History,
    Ints,
    attainable_probabilities,
    simulate_history,
    situation,
    true_probabilities,
)

BEGIN, RECORD_FROM, END = date(1990, 1, 1), date(1993, 1, 1), date(2026, 10, 10)
"""First day simulated, so that the record does not open on an empty clock; first and last day of the record."""
FIRST_ORIGIN = date(1995, 1, 1)
PUBLISHED = (date(2018, 5, 1), date(2021, 9, 1), date(2024, 3, 1))

DOCUMENT = (
    "document_id",
    "author",
    "title",
    "publisher",
    "published_on",
    "information_cutoff",
    "language",
    "directness",
    "caveats",
)
OBSERVATION = (
    "indicator_id",
    "observed_on",
    "known_on",
    "level",
    "source_title",
    "source_publisher",
    "source_url",
    "origin",
    "reliability",
    "credibility",
    "note",
)
EVENT = (
    "event_id",
    "type",
    "framing",
    "started_on",
    "ended_on",
    "known_on",
    "date_precision",
    "level",
    "format",
    "venue",
    "note",
    "source",
    "confidence",
)

type Rows = Iterable[Iterable[object]]


@dataclass(frozen=True, slots=True)
class Chances:
    """How likely a target is, and what came of it, (origin, horizon)."""

    true: Floats  # P(a meeting of the target begins within the horizon | everything hidden)
    attainable: Floats  # the same given all events, by one who knows the generator
    outcome: Floats  # 1 if one began, 0 if not, nan where the world ends before


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What a world's case folder does not say, at the first of every month."""

    origins: tuple[date, ...]
    regime: Ints  # (origin,) index into REGIMES
    alive: np.ndarray[tuple[int], np.dtype[np.bool_]]  # (origin,) whether a process is alive
    age: Ints  # (origin,) days since the last meeting ended
    arms_control: np.ndarray[tuple[int], np.dtype[np.bool_]]  # (origin,) the last meeting's framing
    of: Mapping[str, Chances]  # by target


def write_world(
    folder: Path,
    seed: int,
    change: float = FRAMING_CHANGE,
    tell: Callable[[list[Report]], Iterable[Report]] = lambda reports: reports,
) -> Truth:
    """Write the world of a seed into ``folder`` (made if need be) and its truth to ``<folder>-truth.csv`` beside it.

    ``change`` is the probability that a meeting changes the framing of its process; nothing else depends on it.
    ``tell`` makes of what is reported what is coded.
    """
    history = simulate_history(BEGIN.toordinal(), END.toordinal(), seed, change)
    levels = simulate_levels(history, seed)
    first_days = np.array([date(indicator.first_year, 1, 1).toordinal() for indicator in INDICATORS])
    reports = tell(simulate_reports(history, levels, first_days, seed))
    documents = simulate_documents(np.array([day.toordinal() for day in PUBLISHED]), seed)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in case_files(seed, history, reports, documents).items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    truth = find_truth(history)
    folder.with_name(f"{folder.name}-truth.csv").write_text(csv_text(_truth_rows(truth)), encoding="utf-8", newline="")
    return truth


def find_truth(history: History) -> Truth:
    """The truth at the first of every month from ``FIRST_ORIGIN`` to the end."""
    months = range(FIRST_ORIGIN.year * 12, END.year * 12 + END.month)
    origins = tuple(date(month // 12, month % 12 + 1, 1) for month in months)
    days = np.array([origin.toordinal() for origin in origins])
    at = [situation(history, int(day)) for day in days]
    return Truth(
        origins=origins,
        regime=np.array([now.regime for now in at]),
        alive=np.array([now.alive for now in at]),
        age=np.array([now.age for now in at]),
        arms_control=np.array([now.arms_control for now in at]),
        of={target: find_chances(history, days, target) for target in SCORED},
    )


def find_chances(history: History, days: Ints, target: str = LIMITS) -> Chances:
    return Chances(
        true_probabilities(history, days, target),
        attainable_probabilities(history, days, target),
        outcomes(history, days, target),
    )


def outcomes(history: History, days: Ints, target: str = LIMITS) -> Floats:
    """1 where a meeting of the target began in (D, D + h], else 0, nan where the world ends before, (day, horizon)."""
    counted = [meeting for meeting in history.meetings if meeting.arms_control or target == LIMITS]
    started = np.array([meeting.started for meeting in counted])
    after = days[:, None] + np.array(HORIZONS)
    begun = np.searchsorted(started, after, side="right") > np.searchsorted(started, days, side="right")[:, None]
    return np.where(after <= history.first + len(history.regime) - 1, begun.astype(float), np.nan)


def case_files(seed: int, history: History, reports: Iterable[Report], documents: Iterable[Document]) -> dict[str, str]:
    """The text of every file of the folder, by name."""
    documents = tuple(documents)
    tables: dict[str, Rows] = {
        "grades.csv": _grade_rows(),
        "deadlines.csv": (("deadline", "meaning"), *((date(y, 1, 20), "end of a term") for y in range(1997, 2030, 4))),
        "documents.csv": _document_rows(documents),
        "judgements.csv": _judgement_rows(documents),
        "observations.csv": _report_rows(reports),
        "events.csv": _event_rows(history),
        "completeness.csv": _completeness_rows(),
    }
    texts = {name: csv_text(rows) for name, rows in tables.items()}
    return {"case.toml": _case_text(seed), "indicators.toml": _indicators_text(documents), **texts}


def csv_text(rows: Rows) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _case_text(seed: int) -> str:
    return f"""\
id = "world-{seed}"
name = "Simulated world {seed}"
headline = "arms_control_talks"
record_from = {RECORD_FROM}
dry_after_days = {DRY_AFTER}
knots_until = 2031-01-01
"""


def _indicators_text(documents: tuple[Document, ...]) -> str:
    criteria = "\n".join(f'"{level}" = "Level {level}."' for level in range(-2, 3))
    tables = []
    for indicator in INDICATORS:
        named = ", ".join(f'"{document.id}"' for document in documents if indicator.id in document.weights)
        tables.append(f"""\
[{indicator.id}]
id = "{indicator.id}"
name = "Simulated {indicator.id}"
question = "What is the level of {indicator.id}?"
orientation = "+ = favours talks"
kind = "{indicator.kind}"
group = "simulated"
half_life_days = {indicator.half_life}
expected_cadence_days = {indicator.cadence}
lag_days = {indicator.lag}
contested = {str(indicator.contested).lower()}
typical_sources = ["generator"]
documents = [{named}]
document_refs = []
note = ""
[{indicator.id}.levels]
{criteria}
""")
    return "\n".join(tables)


def _grade_rows() -> Rows:
    yield ("reliability", "credibility", "sd_levels")
    for grade, sd in SDS.items():
        yield (grade[0], grade[1], sd)


def _document_rows(documents: tuple[Document, ...]) -> Rows:
    yield DOCUMENT
    for document in documents:
        day = date.fromordinal(document.published)
        yield (document.id, f"Author of {document.id}", "On talks", "generator", day, "", "en", "high", "")


def _judgement_rows(documents: tuple[Document, ...]) -> Rows:
    yield ("document_id", "indicator_id", "target", "weight", "basis", "location", "note")
    for document in documents:
        for name, weight in document.weights.items():
            basis = "explicit" if name in document.explicit else "inferred"
            yield (document.id, name, "limits_talks", weight, basis, "", "")


def _report_rows(reports: Iterable[Report]) -> Rows:
    yield OBSERVATION
    for row in reports:
        observed, known = date.fromordinal(row.observed), date.fromordinal(row.known)
        yield (row.indicator, observed, known, row.level, row.source, "", "", row.origin, *row.grade, "")


def _event_rows(history: History) -> Rows:
    yield EVENT
    for number, (type_, framing, started, ended) in enumerate(sorted(_events(history), key=lambda e: e[2:]), start=1):
        first, last = date.fromordinal(started), date.fromordinal(ended)
        name = f"{type_[0].upper()}{number:03d}"
        yield (name, type_, framing, first, last, last, "day", "envoy", "bilateral", "", "", "generator", "high")


def _events(history: History) -> Iterator[tuple[str, str, int, int]]:
    """Type, framing, first and last day of what ended within the record, and the last meeting before it."""
    last = history.first + len(history.regime) - 1
    seen = [meeting for meeting in history.meetings if meeting.ended <= last]
    earlier = [meeting for meeting in seen if meeting.started < RECORD_FROM.toordinal()]
    for meeting in (*earlier[-1:], *seen[len(earlier) :]):
        framing = "arms_control" if meeting.arms_control else "denuclearisation"
        yield "talks", framing, meeting.started, meeting.ended
        if meeting.deal:
            yield "deal", framing, meeting.ended, meeting.ended
    for type_, days in (("contact", history.contacts), ("crisis", history.crises)):
        for day in days[days >= RECORD_FROM.toordinal()]:
            yield type_, "none", int(day), int(day)


def _completeness_rows() -> Rows:
    yield ("type", "complete_from", "complete_through", "known_on")
    for type_ in ("talks", "contact", "deal", "crisis"):
        yield (type_, RECORD_FROM, END, "")


def _truth_rows(truth: Truth) -> Rows:
    limits, arms_control = (truth.of[target] for target in (LIMITS, ARMS_CONTROL_TALKS))
    yield (
        *("origin", "regime", "alive", "age", *_chance_names("")),
        *("arms_control", *_chance_names("arms_control_")),
    )
    for i, origin in enumerate(truth.origins):
        yield (
            *(origin, REGIMES[truth.regime[i]], int(truth.alive[i]), truth.age[i], *_chance_cells(limits, i)),
            *(int(truth.arms_control[i]), *_chance_cells(arms_control, i)),
        )


def _chance_names(prefix: str) -> Iterator[str]:
    return (f"{prefix}{field.name}_{days}" for field in fields(Chances) for days in HORIZONS)


def _chance_cells(chances: Chances, i: int) -> Iterator[object]:
    yield from (f"{p:.6f}" for p in (*chances.true[i], *chances.attainable[i]))
    yield from ("" if np.isnan(y) else int(y) for y in chances.outcome[i])
