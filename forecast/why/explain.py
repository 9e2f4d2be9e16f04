"""Why the forecast of one run differs from that of another, as facts: lines that add up."""

from dataclasses import replace
from datetime import date

import numpy as np
from sqlalchemy import Connection

from db.posteriors import Posteriors
from db.progress import Progress, silent
from db.rows import EventRow, JudgementRow, ObservationRow
from db.run_rows import RunRow
from forecast.facts.why import (
    ALL,
    CASE,
    CHANCE,
    DAYS,
    DOCUMENT,
    ENTRIES,
    FADING,
    LEARNING,
    LOST_AFTER,
    LOST_BEFORE,
    MODEL,
    NO_OVERLAP,
    OPEN,
    OTHER_MODEL,
    OTHER_SHAPES,
    REST,
    SILENCE,
    TAUGHT_BY,
    THINNED_AFTER,
    THINNED_BEFORE,
    TIME,
    VERSION,
    Attested,
    Coded,
    End,
    Explanation,
    Grid,
    Happened,
    Learning,
    Line,
    Passed,
    Published,
    Subject,
)
from forecast.identity import code_version, model_version
from forecast.structures import is_present
from forecast.why.differences import Difference
from forecast.why.draws import both_scales
from forecast.why.news import foretell
from forecast.why.nodes import open_days, spans_of
from forecast.why.situation import LOST, with_odds
from forecast.why.split import Side, Split, split
from models.spec import TARGETS, Floats


def explain(
    connection: Connection, posteriors: Posteriors, before: RunRow, after: RunRow, progress: Progress = silent
) -> Explanation:
    """Say what made the difference between two published full runs of one case, the earlier first.

    Nothing is fitted and nothing stored; it takes seconds.

    Raises
    ------
    NotExplained
        if what the runs had read cannot be read again, or neither posterior is there
    """
    found = split(connection, posteriors, before, after, progress)
    return explanation_of(found)


def explanation_of(found: Split) -> Explanation:
    """The numbers of a split as facts."""
    lines = [*_versions(found), *_time(found), *_entries(found)]
    rest = found.moved.rest
    if np.abs(rest[0]).max() > LOST:
        lines.append(_line(found, REST, REST, rest))
    lines += _learnt(found)
    lines = _closed(found, lines)
    before, after = found.before, found.after
    learnt = found.learnt
    return Explanation(
        case_id=after.rows.case.case_id,
        headline=after.rows.case.headline,
        targets=TARGETS,
        reaches=found.reads.asked,
        before=_end(before),
        after=_end(after),
        lines=tuple(lines),
        expected_chance=None if found.expected is None else grid(100 * found.expected),
        interaction=None if found.interaction is None else grid(100 * found.interaction),
        learning=Learning(
            pareto_k=float("nan") if learnt is None else learnt.pareto_k,
            ess=float("nan") if learnt is None else learnt.ess,
            pooled=0 if learnt is None else learnt.pooled,
        ),
        lacking=_lacking(found),
        orders=found.moved.entries.orders,
        code_version=code_version(),
        model_version=model_version(),
        old_entries=found.from_before,
    )


def grid(values: Floats) -> Grid:
    """An array, (target, reach), as facts hold it."""
    return tuple(tuple(map(float, row)) for row in values)


def _end(side: Side) -> End:
    run = side.run
    return End(run_id=run.id, as_of=run.as_of, kind=run.kind, mean=grid(side.mean), mcse=grid(side.mcse))


def _lacking(found: Split) -> tuple[str, ...]:
    a, b = found.before.posterior, found.after.posterior
    if not found.from_before:
        if not is_present(found.before.run):
            return (OTHER_MODEL,)
        return (LOST_BEFORE,) if a is None else (OTHER_SHAPES,)
    assert a is not None
    if b is None:
        return (LOST_AFTER,)
    codes = ((THINNED_BEFORE, a.thinned), (THINNED_AFTER, b.thinned))
    thinned = tuple(code for code, thin in codes if thin)
    if not thinned and found.learnt is not None and not found.learnt.told_apart:
        return (NO_OVERLAP,)
    return thinned


def _line(found: Split, cls: str, kind: str, moved: Floats, subject: Subject | None = None) -> Line:
    """A line without more facts; `moved` are probabilities and log odds, (2, target, reach)."""
    return Line(
        cls=cls,
        kind=kind,
        subject=subject or Subject(),
        points=grid(100 * moved[0]),
        log_odds=grid(moved[1] * with_odds(found.moved.few, found.known)),
    )


def _versions(found: Split) -> list[Line]:
    told = found.version.items()
    return [_line(found, VERSION, kind, moved) for kind, moved in told]


def _time(found: Split) -> list[Line]:
    """Open days that turned out silent, days that passed, levels that faded, days that are open."""
    moved, reads, stations = found.moved, found.reads, found.stations
    day, before = reads.before.as_of.toordinal(), spans_of(stations.start.problem.record)
    attested = {kind: min(last, day) for kind, last in spans_of(stations.end.problem.record).items()}
    were_open = tuple(
        Attested(kind, date.fromordinal(before[kind] + 1), date.fromordinal(last))
        for kind, last in attested.items()
        if last > before[kind]
    )
    lines = []
    if were_open or np.abs(moved.silence).max() > 0:
        seen = reads.looked_after.toordinal() if reads.looked_after else 0
        days = max(min(max(*attested.values(), seen), day) - min(before.values()), 0)
        passed = Passed(days=days, attested=were_open, looked_through=reads.looked_after)
        subject = Subject(table="completeness", rows=_new_words(found))
        lines.append(replace(_line(found, TIME, SILENCE, moved.silence, subject), passed=passed))
    if reads.days or np.abs(moved.days).max() > 0:
        lines.append(replace(_line(found, TIME, DAYS, moved.days), passed=Passed(days=reads.days)))
    if reads.days:
        rows = tuple(
            _line(found, TIME, FADING, one, Subject(table="indicators", indicator=name))
            for name, one in moved.fading_by.items()
            if np.abs(one).max() > 0
        )
        passed = Passed(days=reads.days)
        lines.append(replace(_line(found, TIME, FADING, moved.fading), passed=passed, rows=rows))
    if stations.opened.name != stations.faded.name:
        left = min(open_days(stations.opened.problem), reads.days)
        passed = Passed(days=reads.days, open_days=left, looked_through=reads.looked_after)
        lines.append(replace(_line(found, TIME, OPEN, moved.open), passed=passed))
    return lines


def _new_words(found: Split) -> tuple[int, ...]:
    """The attestations that the later run had read and the earlier one had not."""
    old = {row.id for row in found.reads.before.completeness}
    return tuple(sorted(row.id for row in found.reads.after.completeness if row.id not in old))


def _entries(found: Split) -> list[Line]:
    """Of each class the largest first, by what it makes of the headline at the longest rolling horizon."""
    blocks: dict[tuple[str, ...], list[Line]] = {}
    for one in found.reads.differences:
        block = (one.cls, "origin", one.origin) if one.origin else (one.cls, *one.key)
        blocks.setdefault(block, []).append(_entry(found, one))
    lines = [mine[0] if len(mine) == 1 else _of_origin(mine) for mine in blocks.values()]
    place = TARGETS.index(found.reads.after.case.headline)
    asked = found.reads.asked
    main = max((h for h, reach in enumerate(asked) if reach.deadline is None), default=0)
    return sorted(lines, key=lambda line: (ENTRIES.index(line.cls), -abs(line.at(place, main))))


def _of_origin(rows: list[Line]) -> Line:
    """Several rows of one origin."""
    kinds = {row.kind for row in rows}
    subject = Subject(
        table=rows[0].subject.table,
        rows=tuple(sorted(number for row in rows for number in row.subject.rows)),
        origin=rows[0].subject.origin,
    )
    return Line(
        cls=rows[0].cls,
        kind=rows[0].kind if len(kinds) == 1 else ALL,
        subject=subject,
        points=_summed([row.points for row in rows]),
        log_odds=_summed([row.log_odds for row in rows if row.log_odds is not None]),
        rows=tuple(rows),
    )


def _summed(grids: list[Grid]) -> Grid:
    return grid(np.sum([np.array(one) for one in grids], axis=0))


def _entry(found: Split, one: Difference) -> Line:
    entries, shape = found.moved.entries, found.moved.days.shape
    nothing = np.zeros(shape)
    line = _line(found, one.cls, one.kind, entries.mean.get(one.key, nothing), _subject(one))
    if one.cls == DOCUMENT:
        return replace(line, published=_published(one))
    line = replace(
        line,
        low=grid(100 * entries.low[one.key][0]),
        high=grid(100 * entries.high[one.key][0]),
        error=grid(100 * entries.error[one.key][0]) if entries.orders else None,
    )
    row = one.row
    if isinstance(row, EventRow):
        return replace(line, happened=_happened(row))
    assert isinstance(row, ObservationRow)
    return replace(line, coded=_coded(found, one, row), foretold=foretell(found.reads, one))


def _subject(one: Difference) -> Subject:
    row = one.row
    old = {version.id for version in one.before}
    rows = tuple(sorted(version.id for version in one.after if version.id not in old)) or tuple(sorted(old))
    if isinstance(row, ObservationRow):
        return Subject(table="observations", rows=rows, indicator=row.indicator_id, origin=row.origin)
    if isinstance(row, EventRow):
        return Subject(table="events", rows=rows, event=row.event_id)
    return Subject(table="judgements", rows=rows, document=row.document_id)


def _coded(found: Split, one: Difference, row: ObservationRow) -> Coded:
    names = {indicator.indicator_id: indicator.name for indicator in found.reads.after.catalogue}
    old = one.before[-1] if one.before else None
    was = old if isinstance(old, ObservationRow) else None
    return Coded(
        indicator=row.indicator_id,
        name=names.get(row.indicator_id, row.indicator_id),
        observed_on=row.observed_on,
        known_on=row.known_on,
        level=float(row.level),
        publisher=row.source_publisher,
        title=row.source_title,
        grade=f"{row.reliability}{row.credibility}",
        analyst=row.analyst,
        level_before=None if was is None else float(was.level),
        grade_before="" if was is None else f"{was.reliability}{was.credibility}",
    )


def _happened(row: EventRow) -> Happened:
    return Happened(
        event=row.event_id,
        type=row.type,
        framing=row.framing,
        started_on=row.started_on,
        ended_on=row.ended_on,
        known_on=row.known_on,
        source=row.source,
        venue=row.venue,
    )


def _published(one: Difference) -> Published:
    row = one.row
    assert isinstance(row, JudgementRow)
    old = {judgement.id for judgement in one.before}
    new = {judgement.id for judgement in one.after}
    document = one.document
    return Published(
        document=row.document_id,
        author="" if document is None else document.author,
        title="" if document is None else document.title,
        judgements=len(old ^ new),
    )


def _learnt(found: Split) -> list[Line]:
    """By what taught it; where that cannot be told from chance, the line that closes the sum comes later."""
    learnt = found.learnt
    if learnt is None or not learnt.told_apart:
        return []
    shown = [kind for kind in TAUGHT_BY if kind in learnt.by]
    return [_line(found, LEARNING, kind, learnt.by[kind]) for kind in shown]


def _closed(found: Split, lines: list[Line]) -> list[Line]:
    """With the line that makes them add up: chance or, where it cannot be told apart, all that was learnt with it."""
    whole = both_scales(found.after.mean) - both_scales(found.before.mean)
    told = np.sum([np.array([line.points, line.log_odds]) for line in lines], axis=0)
    left = whole - np.array([told[0] / 100, told[1]]) if lines else whole
    if found.expected is not None:
        return [*lines, replace(_line(found, CHANCE, CHANCE, left), error=grid(100 * found.expected))]
    cls, kind = _remaining(found)
    error = np.hypot(found.before.mcse, found.after.mcse)
    last = replace(_line(found, cls, kind, left), error=grid(100 * error))
    return [last, *lines] if cls == VERSION else [*lines, last]


def _remaining(found: Split) -> tuple[str, str]:
    """What is left where re-estimation cannot be told from the rest."""
    if found.from_before or (is_present(found.before.run) and found.before.posterior is None):
        return LEARNING, ALL
    return VERSION, CASE if is_present(found.before.run) else MODEL
