"""Lists of what is on file, as tables."""

from datetime import date, datetime

from rich.text import Text

from forecast.cli.tables import bold, emit, facts, grid_with_words, level_cells, paragraph
from forecast.facts.entries import (
    Contradiction,
    ContradictionList,
    DocumentDetail,
    DocumentList,
    Ending,
    EventDetail,
    EventEntry,
    EventList,
    EventVersion,
    IndicatorDetail,
    IndicatorEntry,
    IndicatorList,
    JudgementEntry,
    ObservationEntry,
    ObservationList,
    ObservationVersion,
    RunEntry,
    RunList,
)
from forecast.facts.reasons import Taught
from forecast.words.english import show
from forecast.words.english.codings import coding_text, contradiction_text, contradiction_title
from forecast.words.english.reasons import taught_words
from forecast.words.names import target_name
from forecast.words.numbers import counted, percent, signed
from indicators.case_rows import CASE_ANALYST
from indicators.content import NO_FRAMING

SHOWN_CONTRADICTIONS = 5


def print_indicators(listed: IndicatorList) -> None:
    header = ("indicator", *show.LEVELS, "obs")
    rows = [(one.id, *_level(one), str(one.observations)) for one in listed.indicators]
    title = bold(f"{counted(len(rows), 'indicator')} {_when(listed.as_of, listed.as_recorded)}")
    told = [f"{one.name}. {one.question} ({_timing(one)})" for one in listed.indicators]
    words = [
        ". ".join(filter(None, (_at_desk(one), words))) for one, words in zip(listed.indicators, told, strict=True)
    ]
    emit([title, *grid_with_words(header, rows, words, "question", left=(0, 5)), *_contradicted(listed.disagreements)])


def _words_of(one: IndicatorEntry) -> str:
    asks = f"{one.name}. {one.question} ({_timing(one)})"
    return ". ".join(filter(None, (_at_desk(one), asks)))


def print_indicator(found: IndicatorDetail) -> None:
    one = found.indicator
    mean, sd, last, days, stale = _level(one)
    seen = (
        f"last observed {last}" + (f", {days} d ago" if one.last_observed_on else "") + (f", {stale}" if stale else "")
    )
    level = f"{mean} ± {sd}" if one.active else mean
    emit(
        [
            bold(f"{one.id}: {one.name}"),
            *paragraph(one.question),
            "",
            *facts(
                [
                    ("level", f"{level} {_when(found.as_of, found.as_recorded)}; {seen}"),
                    ("at the desk", _at_desk(one)),
                    ("coding", _timing(one)),
                    *(("effect", _effect(effect)) for effect in one.effects),
                    ("group", one.group),
                    ("orientation", found.orientation),
                    ("sources", "; ".join(found.typical_sources)),
                    ("documents", ", ".join(found.documents)),
                    ("places", "; ".join(found.document_refs)),
                    ("note", found.note),
                    ("bears on", "; ".join(found.bears_on)),
                ]
            ),
            "",
            bold("Levels"),
            *facts([(f"{_coded(each.level):>2}", each.criterion) for each in reversed(found.levels)]),
            "",
            bold(f"Last {len(found.last_observations)} of {counted(one.observations, 'observation')}"),
            *_observations(found.last_observations),
            *_cut_off(found),
            *_contradicted(found.disagreements),
        ]
    )


def print_observations(listed: ObservationList, *, ended: bool) -> None:
    """The observations; with `ended` each with its status."""
    entries = listed.observations
    title = bold(f"{counted(listed.matching, 'observation')} {_when(listed.as_of, listed.as_recorded)}")
    header = ("row", "indicator", "observed", "known", "level", "grade", "analyst")
    rows = [(str(o.row), o.indicator, *_coding(o)) for o in entries]
    words = [_sentences(_status(o) if ended else "", *_source_words(o)) for o in entries]
    title_of_words = "status, note and source" if ended else "note and source"
    table = grid_with_words(header, rows, words, title_of_words, left=(1, 2, 3, 5, 6)) if rows else []
    more = listed.matching - len(entries)
    rest = [f"… and {more} more; --last 0 shows all"] if more else []
    emit([title, *table, *paragraph(_sentence(listed.nothing)), *rest])


def print_contradictions(listed: ContradictionList) -> None:
    """Every disagreement with all of its codings."""
    found = listed.disagreements
    lines: list[str | Text] = [
        bold(f"{counted(len(found), 'disagreement')} {_when(listed.as_of, listed.as_recorded)}"),
        *paragraph(_sentence(listed.nothing)),
    ]
    for one in found:
        lines += ["", *paragraph(contradiction_title(one, one.indicator)), *_observations(one.codings)]
    emit(lines)


def print_documents(listed: DocumentList) -> None:
    header = ("document", "published", "counts from", "directness", "analyst", "explicit", "inferred")
    rows = [
        (
            one.id,
            str(one.published_on),
            str(one.counts_from),
            one.directness,
            one.analyst,
            str(one.explicit),
            str(one.inferred),
        )
        for one in listed.documents
    ]
    title = bold(f"{counted(len(rows), 'document')} {_when(listed.as_of, listed.as_recorded)}")
    words = [". ".join(filter(None, (_withdrawn(one.ending), one.author))) for one in listed.documents]
    emit([title, *grid_with_words(header, rows, words, "author", left=(0, 1, 2, 3, 4))])


def print_document(found: DocumentDetail) -> None:
    one = found.document
    emit(
        [
            bold(f"{one.id}: {one.author}"),
            *paragraph(found.title),
            "",
            *facts(
                [
                    ("published", "; ".join(filter(None, (str(one.published_on), found.publisher)))),
                    ("counts from", f"{one.counts_from}; entered by {one.analyst}"),
                    ("retracted", _withdrawn(one.ending)),
                    ("information to", str(found.information_cutoff or "")),
                    ("language", found.language),
                    ("directness", one.directness),
                    ("caveats", found.caveats),
                    ("read", _when(found.as_of, found.as_recorded)),
                ]
            ),
            "",
            bold(f"Judgements: {one.explicit} explicit, {one.inferred} inferred; weight from −3 to +3"),
            *_judgements(found.judgements),
        ]
    )


def print_events(listed: EventList, *, ended: bool) -> None:
    """The events and how far the record is complete; with `ended` each with its status."""
    header = ("row", "event", "type", "framing", "started", "ended", "confidence")
    rows = [_event(one) for one in listed.events]
    title = bold(f"{counted(len(rows), 'event')} {_when(listed.as_of, listed.as_recorded)}")
    words = [_sentences(_status(one) if ended else "", _event_words(one)) for one in listed.events]
    table = grid_with_words(header, rows, words, "what", left=range(1, len(header))) if rows else []
    emit([title, *table, *paragraph(_sentence(listed.nothing)), *paragraph(_complete(listed))])


def print_event(found: EventDetail) -> None:
    one = found.event
    dates = str(one.started_on) if one.started_on == one.ended_on else f"{one.started_on} to {one.ended_on}"
    dispute = f"{one.reason}; left out of forecasts until settled" if one.disputed else ""
    emit(
        [
            bold(f"{one.id}: {_kind(one)}"),
            *paragraph(one.note),
            "",
            *facts(
                [
                    ("dates", f"{dates} (precise to the {one.date_precision}), known on {one.known_on}"),
                    ("level", one.level),
                    ("format", one.format),
                    ("venue", one.venue),
                    ("confidence", _confidence(one)),
                    ("disputed", dispute),
                    ("source", found.source),
                    ("analyst", one.analyst),
                    ("row", str(one.row)),
                    ("status", _status(one)),
                    ("read", _when(found.as_of, found.as_recorded)),
                ]
            ),
            *_history(found.history),
        ]
    )


def print_runs(listed: RunList) -> None:
    measures = ("headline", "within", "model", "R-hat", "ESS", "div.", "draws")
    header = ("run", "as of", "kind", "status", "issued (UTC)", *measures)
    rows = [_run(one) for one in listed.runs]
    title = bold(f"{counted(listed.total, 'run')}; headline: {target_name(listed.headline)}")
    words = ["; ".join((*(f"named {name}" for name in one.names), *one.failures)) for one in listed.runs]
    title_of_words = "names, failures" if any(one.names for one in listed.runs) else "failures"
    table = grid_with_words(header, rows, words, title_of_words, left=(1, 2, 3, 4)) if rows else []
    more = listed.total - len(rows)
    rest = [f"… and {more} more; --limit {listed.total} for all"] if more else []
    emit([title, *table, *paragraph(_sentence(listed.nothing)), *rest])


def _level(one: IndicatorEntry) -> list[str]:
    return level_cells(
        one.mean, one.sd, one.active, one.last_observed_on, one.stale_days, stale=one.stale, words=show.CELLS
    )


def _timing(one: IndicatorEntry) -> str:
    parts = [
        one.kind,
        f"half-life {one.half_life_days:g} d",
        f"lag {one.lag_days} d",
        f"expected every {one.expected_cadence_days:g} d",
        "contested" if one.contested else "",
    ]
    return ", ".join(filter(None, parts))


def _effect(one: Taught) -> str:
    said, unit = taught_words(one.events_taught), "log odds" if one.target == "deal" else "log rate"
    return f"on {target_name(one.target)} {signed(one.mean)} ± {one.sd:.2f} {unit} per level{said and f'; {said}'}"


def _when(as_of: date, as_recorded: datetime | None) -> str:
    return f"as of {as_of}" + (f", as recorded by {as_recorded:%Y-%m-%d %H:%M:%S} UTC" if as_recorded else "")


def _observations(entries: tuple[ObservationEntry, ...]) -> list[str | Text]:
    if not entries:
        return []
    header = ("row", "observed", "known", "level", "grade", "analyst")
    rows = [(str(o.row), *_coding(o)) for o in entries]
    words = [_sentences(*_source_words(o)) for o in entries]
    return grid_with_words(header, rows, words, "note and source", left=(1, 2, 4, 5))


def _coding(one: ObservationEntry) -> tuple[str, ...]:
    return (str(one.observed_on), str(one.known_on), _coded(one.level), one.grade, one.analyst)


def _source_words(one: ObservationEntry) -> tuple[str, ...]:
    return (one.note, _listed(one.source_title, one.source_publisher), one.source_url, _origin(one))


def _origin(one: ObservationEntry) -> str:
    return f"origin {one.origin}" if one.origin else ""


def _cut_off(found: IndicatorDetail) -> list[str]:
    """That the day of the last observation shown has others, so that none is taken for all."""
    if not found.also_that_day:
        return []
    day = found.last_observations[-1].observed_on if found.last_observations else None
    return paragraph(f"… and {found.also_that_day} more of {day}; `parley observations` lists all")


def _contradicted(found: tuple[Contradiction, ...]) -> list[str | Text]:
    """The newest disagreements, each with all of its codings."""
    if not found:
        return []
    lines: list[str | Text] = ["", bold("Codings of one report or day, two levels or more apart")]
    for one in found[:SHOWN_CONTRADICTIONS]:
        codings = [coding_text(each, f"row {each.row}") for each in one.codings]
        lines += paragraph(contradiction_text(one, codings, one.indicator), hanging="  ")
    more = len(found) - SHOWN_CONTRADICTIONS
    return [*lines, f"… and {more} more: parley disagreements"] if more > 0 else lines


def _judgements(entries: tuple[JudgementEntry, ...]) -> list[str | Text]:
    if not entries:
        return []
    header = ("target", "indicator", "weight", "basis")
    rows = [(one.target, one.indicator, _coded(one.weight), one.basis) for one in entries]
    words = [_listed(_withdrawn(one.ending), _entered(one), one.location, one.note) for one in entries]
    return grid_with_words(header, rows, words, "place and note", left=(0, 1, 3))


def _entered(one: JudgementEntry) -> str:
    """Who entered a judgement, and from when it counts; of those of the case their document says so."""
    return "" if one.analyst == CASE_ANALYST else f"by {one.analyst}, counts from {one.counts_from}"


def _withdrawn(ending: Ending | None) -> str:
    return f"retracted on {ending.on} by {ending.analyst}: {ending.reason}" if ending else ""


def _at_desk(one: IndicatorEntry) -> str:
    """What the desk has done to an indicator."""
    if one.retired_on is not None:
        return f"RETIRED on {one.retired_on} by {one.analyst}: {one.reason}"
    return f"added on {one.added_on} by {one.analyst}: {one.reason}" if one.added_on is not None else ""


def _coded(number: float) -> str:
    return signed(number, 0 if float(number).is_integer() else 1)


def _event(one: EventEntry) -> tuple[str, ...]:
    framing = "" if one.framing == NO_FRAMING else one.framing
    return (str(one.row), one.id, one.type, framing, str(one.started_on), str(one.ended_on), _confidence(one))


def _event_words(one: EventEntry) -> str:
    about = [
        f"disputed: {one.reason}" if one.disputed else "",
        f"source: {one.source or 'none named'}",
        _listed(one.venue, one.format, one.level),
        one.note,
        "" if one.date_precision == "day" else f"precise to the {one.date_precision}",
        "" if one.known_on == one.ended_on else f"known {one.known_on}",
        "" if one.analyst == CASE_ANALYST else f"entered by {one.analyst}",
    ]
    return _sentences(*about)


def _confidence(one: EventEntry) -> str:
    return f"{one.confidence} (disputed)" if one.disputed else one.confidence


def _status(one: ObservationVersion | EventEntry) -> str:
    ending = one.ending
    if ending is None:
        return one.status
    if one.status == "superseded":
        return f"superseded by row {ending.row} on {ending.on}" + (f": {ending.reason}" if ending.reason else "")
    by = f" (by {ending.analyst})" if ending.analyst else ""
    return f"{one.status} on {ending.on}: {ending.reason}{by}"


def _complete(listed: EventList) -> str:
    """Spans by who attested them."""
    spans: dict[str, list[str]] = {}
    for span in listed.complete:
        spans.setdefault(span.attested_by, []).append(f"{span.type} {span.complete_from} to {span.complete_through}")
    names = {name: "the case" if name == CASE_ANALYST else name for name in spans}
    attested = "; ".join(f"{'; '.join(each)}, last attested by {names[name]}" for name, each in spans.items())
    return f"Complete: {attested or 'no one has attested anything'}."


def _history(versions: tuple[EventVersion, ...]) -> list[str | Text]:
    if len(versions) < 2:
        return []
    header = ("row", "recorded (UTC)", "known on", "analyst")
    rows = [(str(v.row), f"{v.recorded_at:%Y-%m-%d %H:%M}", str(v.known_on), v.analyst) for v in versions]
    return ["", bold("History"), *grid_with_words(header, rows, [*map(_changed, versions)], "what", left=(1, 2, 3))]


def _changed(version: EventVersion) -> str:
    if version.reason:
        return f"{version.what}: {version.reason}"
    changes = "; ".join(
        f"{change.field.replace('_', ' ')} {change.before or 'nothing'} → {change.after or 'nothing'}"
        for change in version.changes
    )
    return f"{version.what}: {changes}" if changes else version.what


def _kind(one: EventEntry) -> str:
    return one.type if one.framing == NO_FRAMING else f"{one.type}, {one.framing}"


def _run(one: RunEntry) -> tuple[str, ...]:
    return (
        str(one.id),
        str(one.as_of),
        one.kind,
        one.status or "started",
        f"{one.issued_at:%Y-%m-%d %H:%M}",
        percent(one.headline),
        "–" if one.horizon_days is None else f"{one.horizon_days} d",
        str(one.structure),
        *("–" if value is None else form.format(value) for value, form in _diagnostics(one)),
    )


def _diagnostics(one: RunEntry) -> list[tuple[float | None, str]]:
    return [(one.rhat_max, "{:.3f}"), (one.ess_bulk_min, "{:.0f}"), (one.divergences, "{}"), (one.draws, "{}")]


def _listed(*parts: str) -> str:
    return ", ".join(filter(None, parts))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _sentences(*parts: str) -> str:
    return ". ".join(part.rstrip(".") for part in parts if part)
