"""Read a case folder: its files in, one checked `CaseFolder` out, or one `CaseError` with every problem."""

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from indicators.bearings import check_bearing
from indicators.content import (
    EVENT_TYPES,
    FRAMINGS,
    LEVELS,
    NO_FRAMING,
    TARGETS,
    Case,
    CaseFolder,
    Completeness,
    Deadline,
    Document,
    Event,
    Grade,
    Indicator,
    Judgement,
    Observation,
)
from indicators.entries import Entry, read_entries
from indicators.errors import CaseError
from indicators.priors import read_priors
from indicators.stories import read_stories
from indicators.tables import Problems, Row, read_table, suggest

COLUMNS: dict[str, tuple[str, ...]] = {
    "grades.csv": ("reliability", "credibility", "sd_levels"),
    "deadlines.csv": ("deadline", "meaning"),
    "documents.csv": (
        "document_id",
        "author",
        "title",
        "publisher",
        "published_on",
        "information_cutoff",
        "language",
        "directness",
        "caveats",
    ),
    "judgements.csv": ("document_id", "indicator_id", "target", "weight", "basis", "location", "note"),
    "observations.csv": (
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
    ),
    "events.csv": (
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
    ),
    "completeness.csv": ("type", "complete_from", "complete_through", "known_on"),
}
FILES: tuple[str, ...] = ("case.toml", "indicators.toml", *COLUMNS)
"""Those that every case folder needs."""

_CASE_KEYS = ("id", "name", "headline", "record_from", "dry_after_days", "knots_until")
_INDICATOR_KEYS = (
    "id",
    "name",
    "question",
    "orientation",
    "kind",
    "group",
    "half_life_days",
    "expected_cadence_days",
    "lag_days",
    "contested",
    "typical_sources",
    "documents",
    "document_refs",
    "note",
    "levels",
)
_OPTIONAL_KEYS = ("bears_on",)
_CASE_ID = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_INDICATOR_ID = re.compile(r"[a-z][a-z0-9_]*")
_RELIABILITIES = ("A", "B", "C", "D", "E", "F")
_CREDIBILITIES = (1, 2, 3, 4, 5, 6)
_DEGREES = ("high", "medium", "low")
_GRADE = re.compile(r"[A-F][1-6]")
_SMALLEST_SD, _LARGEST_SD = 0.01, 100.0
_LARGEST_WEIGHT = 3.0
_LONGEST_DAYS = 100_000


@dataclass(frozen=True, slots=True)
class Known:
    """Ids that rows may name; None where what defines them was refused, so that one fault is reported once."""

    indicators: frozenset[str] | None
    documents: frozenset[str] | None
    grades: frozenset[str] | None = None


def read_case_folder(path: Path | str) -> CaseFolder:
    """Read and check a case folder; files other than `FILES`, that of priors and that of stories are ignored.

    Raises CaseError with one line per problem: file, row (the line of the file), column, what is wrong, what is right.
    """
    folder = Path(path)
    _check_folder(folder)
    problems = Problems()
    tables = {name: read_table(folder / name, columns, problems) for name, columns in COLUMNS.items()}
    case = _read_case(folder, problems)
    documents = _rows(tables["documents.csv"], read_document, "document_id", lambda row: row.document_id)
    grades = _rows(tables["grades.csv"], _grade, "credibility", lambda row: (row.reliability, row.credibility))
    document_ids = _ids(row.document_id for row in documents)
    indicators = _read_indicators(folder / "indicators.toml", document_ids, problems)
    known = Known(
        indicators=_ids(row.id for row in indicators),
        documents=document_ids,
        grades=_ids(f"{row.reliability}{row.credibility}" for row in grades),
    )
    content = CaseFolder(
        case=case,
        indicators=indicators,
        grades=grades,
        deadlines=_rows(tables["deadlines.csv"], _deadline, "deadline", lambda row: row.deadline),
        documents=documents,
        judgements=_rows(
            tables["judgements.csv"],
            lambda row: read_judgement(row, known),
            "target",
            lambda row: (row.document_id, row.indicator_id, row.target),
        ),
        observations=_rows(
            tables["observations.csv"], lambda row: _observation(row, known), "indicator_id", lambda row: row
        ),
        events=_rows(tables["events.csv"], _event, "event_id", lambda row: row.event_id),
        completeness=_rows(
            tables["completeness.csv"], _completeness, "type", lambda row: (row.type, row.complete_from, row.known_on)
        ),
        priors=read_priors(folder, problems),
        stories=read_stories(folder, problems, known.indicators, known.documents),
    )
    problems.raise_any()
    return content


def _check_folder(folder: Path) -> None:
    try:
        stands = folder.exists()
    except OSError as error:
        right = f"name a folder that holds {', '.join(FILES)}"
        raise CaseError([f"{folder}: cannot be read ({error.strerror}); {right}"]) from error
    if not stands:
        raise CaseError([f"{folder}: there is no such folder; name one that holds {', '.join(FILES)}"])
    if not folder.is_dir():
        raise CaseError([f"{folder}: is a file; name the folder that holds {', '.join(FILES)}"])


def _rows[T](rows: list[Row], make: Callable[[Row], T], column: str, key_of: Callable[[T], Hashable]) -> tuple[T, ...]:
    """The content of all rows; a row whose key stood in an earlier row is refused at `column`."""
    made: list[T] = []
    first: dict[Hashable, int] = {}
    for row in rows:
        before = len(row.problems.lines)
        content = make(row)
        made.append(content)
        if len(row.problems.lines) > before:
            continue  # its key may hold a placeholder
        earlier = first.setdefault(key_of(content), row.line)
        if earlier != row.line:
            row.refuse(column, f"{row.cells[column]!r} repeats row {earlier}; keep one of the two")
    return tuple(made)


def _ids(ids: Iterable[str]) -> frozenset[str] | None:
    """The ids a file defines; None when it defines none, which is a problem of that file alone."""
    return frozenset(ids) or None


def _read_case(folder: Path, problems: Problems) -> Case:
    entry = read_entries(folder / "case.toml", problems) or Entry("case.toml", (), {}, {}, Problems())
    entry.check_keys(_CASE_KEYS)
    case = Case(
        id=entry.text("id"),
        name=entry.text("name"),
        headline=entry.choice("headline", TARGETS),
        record_from=entry.day("record_from"),
        dry_after_days=entry.whole("dry_after_days", 1, _LONGEST_DAYS),
        knots_until=entry.day("knots_until"),
    )
    if case.id and not _CASE_ID.fullmatch(case.id):
        right = "write lower-case letters and digits joined by - or _, beginning with a letter, such as us-dprk"
        entry.refuse("id", f"{case.id!r} is not an identifier; {right}")
    if date.min not in (case.record_from, case.knots_until) and case.knots_until <= case.record_from:
        what = f"{case.knots_until} is not after record_from {case.record_from}; write a later day"
        entry.refuse("knots_until", what)
    return case


def _read_indicators(path: Path, documents: frozenset[str] | None, problems: Problems) -> tuple[Indicator, ...]:
    entry = read_entries(path, problems)
    return () if entry is None else read_indicators(entry, documents)


def read_indicators(
    entry: Entry, documents: frozenset[str] | None, others: Sequence[str] = ()
) -> tuple[Indicator, ...]:
    """The indicators of a table of tables, one by its id, after `others` of the catalogue."""
    if not entry.values:
        entry.problems.add(entry.file, "holds no indicator; write one table per indicator, such as [us_posture]")
    tables = [table for id_ in entry.values if (table := entry.table(id_)) is not None]
    indicators = tuple(_indicator(position, table, documents) for position, table in enumerate(tables, len(others)))
    for table, indicator in zip(tables, indicators, strict=True):
        _check_bearings(table, indicator.bears_on, (*others, *entry.values))
    return indicators


def _indicator(position: int, entry: Entry, documents: frozenset[str] | None) -> Indicator:
    entry.check_keys(_INDICATOR_KEYS, _OPTIONAL_KEYS)
    _check_indicator_id(entry)
    indicator = Indicator(
        id=entry.path[-1],
        position=position,
        name=entry.text("name"),
        question=entry.text("question"),
        orientation=entry.text("orientation"),
        kind=entry.choice("kind", ("state", "event")),
        group=entry.text("group"),
        half_life_days=entry.positive("half_life_days", _LONGEST_DAYS),
        expected_cadence_days=entry.positive("expected_cadence_days", _LONGEST_DAYS),
        lag_days=entry.whole("lag_days", 0, _LONGEST_DAYS),
        contested=entry.flag("contested"),
        typical_sources=entry.texts("typical_sources"),
        documents=entry.texts("documents"),
        document_refs=entry.texts("document_refs"),
        note=entry.text("note", empty=True),
        levels=_criteria(entry.table("levels")),
        bears_on=entry.texts("bears_on"),
    )
    _check_documents(entry, "documents", indicator.documents, documents)
    _check_documents(entry, "document_refs", tuple(ref.split()[0] for ref in indicator.document_refs), documents)
    return indicator


def _check_indicator_id(entry: Entry) -> None:
    id_, table = entry.text("id"), entry.path[-1]
    if not _INDICATOR_ID.fullmatch(table):
        right = "write lower-case letters, digits and _, beginning with a letter, such as us_posture"
        entry.refuse("id", f"{table!r} is not an identifier; {right}")
    elif id_ and id_ != table:
        entry.refuse("id", f"{id_!r} differs from the name of its table; write {table!r}")


def _check_documents(entry: Entry, key: str, named: tuple[str, ...], documents: frozenset[str] | None) -> None:
    for name in dict.fromkeys(named):
        if documents is not None and name not in documents:
            entry.refuse(key, f"unknown document {name!r}; {suggest(name, tuple(sorted(documents)))}")


def _check_bearings(entry: Entry, bears_on: tuple[str, ...], ids: tuple[str, ...]) -> None:
    for text in bears_on:
        wrong = check_bearing(text, entry.path[-1], ids)
        if wrong:
            entry.refuse("bears_on", wrong)


def _criteria(entry: Entry | None) -> tuple[tuple[int, str], ...]:
    """(level, criterion) pairs, lowest level first; not every level needs one."""
    if entry is None:
        return ()
    allowed = {str(level): level for level in LEVELS}
    if not entry.values:
        entry.refuse("-2", f"is missing; write the criterion of at least one of {', '.join(allowed)}")
    for key in entry.values:
        if key not in allowed:
            entry.refuse(key, f"{key!r} is not a level; write one of {', '.join(allowed)}")
    return tuple((level, entry.text(key)) for key, level in allowed.items() if key in entry.values)


def _grade(row: Row) -> Grade:
    return Grade(
        reliability=row.choice("reliability", _RELIABILITIES),
        credibility=row.whole("credibility", _CREDIBILITIES, "credibility"),
        sd_levels=row.number("sd_levels", _SMALLEST_SD, _LARGEST_SD),
    )


def _deadline(row: Row) -> Deadline:
    return Deadline(deadline=row.day("deadline"), meaning=row.filled("meaning"))


def read_document(row: Row) -> Document:
    """The document of a row with the cells of `documents.csv`, which holds placeholders where a cell was refused."""
    document = Document(
        document_id=row.filled("document_id"),
        author=row.filled("author"),
        title=row.filled("title"),
        publisher=row.text("publisher"),
        published_on=row.day("published_on"),
        information_cutoff=row.day_or_none("information_cutoff"),
        language=row.text("language"),
        directness=row.choice("directness", _DEGREES),
        caveats=row.text("caveats"),
    )
    if document.information_cutoff is not None:
        row.ordered("published_on", document.published_on, "information_cutoff", document.information_cutoff)
    return document


def read_judgement(row: Row, known: Known) -> Judgement:
    """The judgement of a row with the cells of `judgements.csv`, likewise."""
    return Judgement(
        document_id=row.known("document_id", "document", known.documents),
        indicator_id=row.known("indicator_id", "indicator", known.indicators),
        target=row.known("target", "target", frozenset(TARGETS)),
        weight=row.number("weight", -_LARGEST_WEIGHT, _LARGEST_WEIGHT),
        basis=row.choice("basis", ("explicit", "inferred")),
        location=row.text("location"),
        note=row.text("note"),
    )


def _observation(row: Row, known: Known) -> Observation:
    observation = Observation(
        indicator_id=row.known("indicator_id", "indicator", known.indicators),
        observed_on=row.day("observed_on"),
        known_on=row.day("known_on"),
        level=row.whole("level", LEVELS, "level"),
        source_title=row.filled("source_title"),
        source_publisher=row.text("source_publisher"),
        source_url=row.text("source_url"),
        origin=row.text("origin"),
        reliability=row.choice("reliability", _RELIABILITIES),
        credibility=row.whole("credibility", _CREDIBILITIES, "credibility"),
        note=row.text("note"),
    )
    row.ordered("known_on", observation.known_on, "observed_on", observation.observed_on)
    grade = row.cells["reliability"] + row.cells["credibility"]
    if known.grades is not None and _GRADE.fullmatch(grade) and grade not in known.grades:
        right = suggest(grade, tuple(sorted(known.grades)))
        row.refuse("credibility", f"grade {grade!r} is not in grades.csv; add it there or {right}")
    return observation


def _event(row: Row) -> Event:
    ended_on = row.day("ended_on")
    type_ = row.choice("type", EVENT_TYPES)
    event = Event(
        event_id=row.filled("event_id"),
        type=type_,
        framing=_framing(row, type_),
        started_on=row.day("started_on"),
        ended_on=ended_on,
        known_on=row.day_or_none("known_on") or ended_on,
        date_precision=row.choice("date_precision", ("day", "month")),
        level=row.text("level"),
        format=row.text("format"),
        venue=row.text("venue"),
        note=row.text("note"),
        source=row.filled("source"),
        confidence=row.choice("confidence", _DEGREES),
    )
    row.ordered("ended_on", event.ended_on, "started_on", event.started_on)
    row.ordered("known_on", event.known_on, "started_on", event.started_on)
    return event


def _framing(row: Row, type_: str) -> str:
    """The framing, "none" where it does not apply; talks must have one."""
    framing = row.text("framing")
    if type_ == "talks" and framing in ("", NO_FRAMING):
        row.refuse("framing", f"{framing!r} does not say what the talks were about; write {' or '.join(FRAMINGS)}")
        return NO_FRAMING
    return row.choice("framing", (*FRAMINGS, NO_FRAMING)) if framing else NO_FRAMING


def _completeness(row: Row) -> Completeness:
    span = Completeness(
        type=row.choice("type", EVENT_TYPES),
        complete_from=row.day("complete_from"),
        complete_through=row.day("complete_through"),
        known_on=row.day_or_none("known_on"),
    )
    row.ordered("complete_through", span.complete_through, "complete_from", span.complete_from)
    return span
