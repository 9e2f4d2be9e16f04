"""What is worth an alert: rules over what is on record, evaluated as often as one likes, each thing notified once.

Nothing is remembered but the alerts themselves: a rule looks at the ledger, the runs and the attestations as they are,
and leaves out what has been notified. What a crash kept from being notified is notified at the next look.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from db.append import append_alerts
from db.kinds import BACKFILL
from db.read import read_case, read_catalogue, read_completeness
from db.read_runs import last_published, read_published_details, read_run, read_states
from db.read_schedule import ScheduledValue, read_alerts, read_attempts, read_scheduled_values
from db.rows import IndicatorRow
from db.run_rows import AlertRow, AttemptRow, IndicatorStateRow, NewAlert
from db.when import When
from db.zone import Moment, read_zone
from forecast.facts.alerts import (
    AttestationDue,
    CaughtUp,
    FailedDay,
    HeadlineMoved,
    Movement,
    RecoveredDay,
    RejectedDay,
    Skipped,
    Unattested,
    Unobserved,
)
from forecast.facts.causes import Explained, of_headline
from forecast.facts.news import Overtaken, Week
from forecast.record.news import read_week
from forecast.record.overtaken import overtaken_json, read_overtaken
from forecast.run_facts import failures_of, is_stale
from forecast.schedule.bridging import Bridge
from forecast.schedule.movement import facts_of, find_movement, notified_values
from forecast.schedule.settings import AlertSettings, Settings
from forecast.schedule.slots import read_skipped, retry_at
from forecast.structures import change_of, structure_in
from forecast.why.found import find_stored
from forecast.why.payload import causes_json
from forecast.why.told import in_language as named
from forecast.words.language import LANGUAGES, Language
from indicators.content import EVENT_TYPES
from indicators.languages import in_language, standing_names

FAILED, RECOVERED, REJECTED = "failed", "recovered", "rejected"
CATCH_UP, STALE, COMPLETENESS = "catch_up", "stale", "completeness"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All that the rules look at."""

    case_id: str
    headline: str
    settings: AlertSettings
    words: Language
    today: date
    alerts: tuple[AlertRow, ...]
    """Raised already, the latest first."""
    attempts: tuple[AttemptRow, ...]
    """The ledger, the latest recorded first."""
    reasons: Mapping[int, tuple[str, ...]]
    """Why runs were rejected, by run; of those not notified yet."""
    values: tuple[ScheduledValue, ...]
    """The headline of every published scheduled run, by day."""
    bridge: Bridge
    """From the numbers of an earlier model to those of a later one."""
    catalogue: tuple[IndicatorRow, ...]
    """With the texts of the language, where the case has any."""
    state_run: int | None
    """The newest published run, provisional ones included: it knows the latest observations."""
    states: tuple[IndicatorStateRow, ...]
    """As that run has them."""
    explained: Callable[[int, int], Explained | None]
    """What moved the forecast from one run to another, where that is on file; names are those of the language."""
    through: Mapping[str, date]
    """The day up to which each type of event is attested; absent where none is."""
    overtaken: Overtaken | None
    """What came on file after the last full run had read."""
    week: Week


def raise_alerts(connection: Connection, case_id: str, settings: Settings, now: datetime) -> tuple[AlertRow, ...]:
    """Append what is worth an alert and has not been notified; return it, the first appended first.

    Takes the connection of `Database.write()`: the look and the append must be one transaction.
    """
    record = read_record(connection, case_id, settings.alerts, now)
    found = [alert for rule in RULES for alert in rule(record)]
    append_alerts(connection, found, now)
    return read_alerts(connection, case_id, limit=len(found))[::-1] if found else ()


def read_record(connection: Connection, case_id: str, settings: AlertSettings, now: datetime) -> Record:
    """Everything the rules look at, as it is in this transaction."""
    case = read_case(connection, case_id)
    today = Moment(instant=now, zone=read_zone(connection)).today
    alerts, attempts = read_alerts(connection, case_id), read_attempts(connection, case_id)
    newest = last_published(connection, case_id)
    details = read_published_details(connection, case_id)
    attested = read_completeness(connection, case_id, When(as_of=today))
    catalogue = read_catalogue(connection, case)
    names = standing_names(catalogue, case_id, settings.language)

    def explained(before: int, after: int) -> Explained | None:
        found = find_stored(connection, read_run(connection, before), read_run(connection, after))
        return named(of_headline(found, settings.horizon_days) if found else None, names)

    return Record(
        case_id=case_id,
        headline=case.headline,
        settings=settings,
        words=LANGUAGES[settings.language],
        today=today,
        alerts=alerts,
        attempts=attempts,
        reasons=_read_reasons(connection, attempts, _notified(alerts, REJECTED)),
        values=read_scheduled_values(connection, case_id, case.headline, settings.horizon_days),
        bridge=Bridge(
            structures={run_id: structure_in(detail) for run_id, detail in details.items()},
            changes=tuple(change for detail in details.values() if (change := change_of(detail))),
            target=case.headline,
            horizon_days=settings.horizon_days,
        ),
        catalogue=in_language(catalogue, case_id, settings.language),
        state_run=newest.id if newest else None,
        states=read_states(connection, newest.id) if newest else (),
        explained=explained,
        through={row.type: min(row.complete_through, today) for row in attested if row.complete_from <= today},
        overtaken=read_overtaken(connection, case_id, today),
        week=read_week(connection, case_id, today),
    )


def _read_reasons(
    connection: Connection, attempts: Sequence[AttemptRow], notified: Collection[str]
) -> dict[int, tuple[str, ...]]:
    return {
        row.run_id: failures_of(read_run(connection, row.run_id))
        for row in attempts
        if row.outcome == "rejected" and row.run_id is not None and row.scheduled_for.isoformat() not in notified
    }


def _notified(alerts: Sequence[AlertRow], rule: str) -> frozenset[str]:
    found: set[str] = set()
    for alert in alerts:
        subjects = alert.facts.get("subjects", [])
        if alert.rule == rule and isinstance(subjects, list):
            found.update(subjects)
    return frozenset(found)


def movement(record: Record) -> Iterator[NewAlert]:
    """The headline has crossed a threshold, or moved by more than is let pass: one alert a run, which says it all."""
    horizon = record.settings.horizon_days
    onto = record.values[-1].run_id if record.values else 0
    notified = record.bridge.carry(notified_values(record.alerts, record.headline, horizon), onto)
    found = find_movement(record.bridge.carry(record.values, onto), notified, record.settings)
    if found is None:
        return
    remodelled = record.bridge.remodelled(found.notified, onto)
    moved = HeadlineMoved(
        target=record.headline,
        horizon_days=horizon,
        movement=found,
        remodelled=remodelled,
        explained=_explained(record, found),
    )
    title, *lines = record.words.alerts.moved(moved)
    yield NewAlert(
        case_id=record.case_id,
        rule=found.steps[0].rule,
        subject=f"run {found.now.run_id}",
        run_id=found.now.run_id,
        title=title,
        body="\n".join([*_happened(record), *lines, *_of_the_week(record)]),
        facts=facts_of(found, record.headline, horizon) | {"causes": _causes(record, moved)} | _news_facts(record),
        channels=record.settings.channels,
    )


def _explained(record: Record, found: Movement) -> dict[int, Explained]:
    """What moved it since each run that is compared with; not across a change of model, which is told apart."""
    runs = dict.fromkeys(step.before.run_id for step in found.steps if step.before.said is None)
    told = {run: record.explained(run, found.now.run_id) for run in runs}
    return {run: one for run, one in told.items() if one is not None}


def _causes(record: Record, moved: HeadlineMoved) -> list[dict[str, object]]:
    """Those of the body, under the names that other programs use."""
    about = {"target": moved.target, "horizon_days": moved.horizon_days}
    return [
        {"from_run_id": run, **about, **cause}
        for run, explained in moved.explained.items()
        for cause in causes_json(explained.explanation, explained.target, explained.reach, record.words)
    ]


def _happened(record: Record) -> list[str]:
    """Before any number what has overtaken it, and the run that takes it in."""
    return record.words.news.overtaken_lines(record.overtaken) if record.overtaken else []


def _of_the_week(record: Record) -> list[str]:
    lines = record.words.news.week_lines(record.week)
    return [record.words.alerts.week_heading(record.week.since), *lines] if lines else []


def _news_facts(record: Record) -> dict[str, object]:
    since = overtaken_json(record.overtaken) if record.overtaken else None
    return {"since": _plain(since), "week": _plain(asdict(record.week))}


def _plain(value: object) -> object:
    """The same with days as text, as JSON has them."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def failed(record: Record) -> Iterator[NewAlert]:
    """Days whose run failed and that have none yet: each once, however often it is tried."""
    done = {row.scheduled_for for row in record.attempts if row.outcome != "failed"}
    tries: dict[str, list[AttemptRow]] = {}
    for row in record.attempts:
        if row.scheduled_for not in done:
            tries.setdefault(row.scheduled_for.isoformat(), []).append(row)
    news = _news(record, FAILED, tries)
    if news and record.settings.failures:
        days = [_failed_day(rows) for rows in news.values()]
        facts = {"failures": [_failure_facts(day) for day in days]}
        yield _alert(record, FAILED, news, record.words.alerts.failed(days), facts)


def recovered(record: Record) -> Iterator[NewAlert]:
    """Days whose failed run was notified, and that were published after all."""
    made = {row.scheduled_for.isoformat(): row for row in record.attempts if row.outcome == "published"}
    notified = _notified(record.alerts, FAILED)
    news = _news(record, RECOVERED, {day: row for day, row in made.items() if day in notified})
    if news and record.settings.failures:
        days = [RecoveredDay(row.scheduled_for, row.ended_at, row.run_id) for row in news.values()]
        facts = {"runs": [{"scheduled_for": day, "run_id": row.run_id} for day, row in news.items()]}
        yield _alert(record, RECOVERED, news, record.words.alerts.recovered(days), facts, run_id=days[-1].run_id)


def _failed_day(rows: Sequence[AttemptRow]) -> FailedDay:
    """The tries of one day, which come the latest first."""
    last = rows[0]
    return FailedDay(
        day=last.scheduled_for,
        failures=len(rows),
        ended_at=last.ended_at,
        error=last.error,
        log=last.log,
        retry_at=retry_at(len(rows), last.ended_at),
    )


def _failure_facts(day: FailedDay) -> dict[str, object]:
    return {
        "scheduled_for": day.day.isoformat(),
        "failures": day.failures,
        "ended_at": day.ended_at.isoformat(),
        "error": day.error,
        "log": day.log,
        "retry_at": day.retry_at.isoformat(),
    }


def rejected(record: Record) -> Iterator[NewAlert]:
    """Days whose run did not pass the diagnostics: it is not published, and the last good forecast stands."""
    runs = {
        row.scheduled_for.isoformat(): (row.run_id, record.reasons.get(row.run_id, ()))
        for row in record.attempts
        if row.outcome == "rejected" and row.run_id is not None
    }
    news = _news(record, REJECTED, runs)
    if not (news and record.settings.failures):
        return
    days = [RejectedDay(date.fromisoformat(day), *found) for day, found in news.items()]
    facts = [
        {"scheduled_for": day, "run_id": run_id, "failures": list(reasons)} for day, (run_id, reasons) in news.items()
    ]
    stands = (record.values[-1].run_id, record.values[-1].as_of) if record.values else None
    said = record.words.alerts.rejected(days, stands)
    yield _alert(record, REJECTED, news, said, {"runs": facts}, run_id=days[-1].run_id)


def caught_up(record: Record) -> Iterator[NewAlert]:
    """Days whose run was made after they were over, or is left out for good."""
    late = {
        row.scheduled_for.isoformat(): row
        for row in record.attempts
        if row.outcome == "skipped" or (row.outcome != "failed" and row.kind == BACKFILL)
    }
    news = _news(record, CATCH_UP, late)
    if not (news and record.settings.catch_up):
        return
    days = {
        outcome: [day for day, row in news.items() if row.outcome == outcome]
        for outcome in ("published", "rejected", "skipped")
    }
    errors = dict.fromkeys(row.error for row in news.values() if row.outcome == "skipped" and row.error)
    found = CaughtUp(
        **{outcome: tuple(map(date.fromisoformat, those)) for outcome, those in days.items()},
        reasons=tuple(Skipped(error, read_skipped(error)) for error in errors),
    )
    yield _alert(record, CATCH_UP, news, record.words.alerts.caught_up(found), days)


def stale(record: Record) -> Iterator[NewAlert]:
    """Indicators unobserved for longer than their cadence lets expect, by the rule of `parley show`, as of today."""
    known = {row.indicator_id: row for row in record.catalogue if row.in_use(record.today)}
    gone = {
        f"{state.indicator_id} {last}": (known[state.indicator_id], last)
        for state in record.states
        if (last := state.last_observed_on) is not None
        and state.indicator_id in known
        and is_stale((record.today - last).days, known[state.indicator_id].expected_cadence_days)
    }
    news = _news(record, STALE, gone)
    if not (news and record.settings.stale_indicators):
        return
    found = [_unobserved(record, indicator, last) for indicator, last in news.values()]
    facts = [
        {"id": one.id, "last_observed_on": one.last_observed_on.isoformat(), "stale_days": one.days_ago}
        for one in found
    ]
    yield _alert(record, STALE, news, record.words.alerts.stale(found), {"indicators": facts}, run_id=record.state_run)


def _unobserved(record: Record, indicator: IndicatorRow, last: date) -> Unobserved:
    days_ago = (record.today - last).days
    return Unobserved(indicator.indicator_id, indicator.name, last, days_ago, indicator.expected_cadence_days)


def completeness(record: Record) -> Iterator[NewAlert]:
    """Types of event that nobody has attested for longer than the settings let pass."""
    bound = record.settings.completeness_days
    behind = {
        f"{kind} {day or 'never'}": (kind, day)
        for kind in EVENT_TYPES
        for day in (record.through.get(kind),)
        if (record.today - (day or date.min)).days > bound
    }
    news = _news(record, COMPLETENESS, behind)
    if not news:
        return
    types = tuple(Unattested(kind, day, (record.today - day).days if day else None) for kind, day in news.values())
    due = AttestationDue(bound, types, len(types) == len(EVENT_TYPES))
    facts = [{"type": one.type, "complete_through": one.through.isoformat() if one.through else None} for one in types]
    said = record.words.alerts.unattested(due)
    yield _alert(record, COMPLETENESS, news, said, {"types": facts, "bound_days": bound})


RULES: tuple[Callable[[Record], Iterator[NewAlert]], ...] = (
    movement,
    failed,
    recovered,
    rejected,
    caught_up,
    stale,
    completeness,
)


def _news[T](record: Record, rule: str, found: Mapping[str, T]) -> dict[str, T]:
    """What no alert of the rule has notified, by subject in order."""
    notified = _notified(record.alerts, rule)
    return {subject: found[subject] for subject in sorted(found) if subject not in notified}


def _alert(
    record: Record,
    rule: str,
    subjects: Iterable[str],
    said: Sequence[str],
    facts: Mapping[str, object],
    *,
    run_id: int | None = None,
) -> NewAlert:
    """An alert named by its first subject: none is ever notified twice. `said` has the title first."""
    subjects, (title, *lines) = list(subjects), said
    return NewAlert(
        case_id=record.case_id,
        rule=rule,
        subject=subjects[0],
        run_id=run_id,
        title=title,
        body="\n".join(lines),
        facts={"subjects": subjects, **facts},
        channels=record.settings.channels,
    )
