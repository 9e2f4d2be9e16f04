"""What is stored: triggers, seals, the case, attestations, forecasts, and the daily runs."""

from contextlib import suppress
from datetime import date, timedelta
from itertools import groupby

from sqlalchemy import select

from db import triggers
from db.chain import last_link
from db.errors import StoreError
from db.kinds import FULL_KINDS
from db.read import read_case, read_completeness, read_events, read_loading_instants, read_observations
from db.read_runs import last_published, read_runs
from db.read_schedule import read_attempts
from db.rows import CaseRow, CompletenessRow, EventRow, ObservationRow
from db.tables import CHAINED, seals
from db.when import When
from db.zone import Moment, read_zone
from forecast.doctor.finding import NOTICE, PROBLEM, Finding, Found, Opened
from forecast.engine.standing import last_looked
from forecast.errors import BadSettings
from forecast.evaluation.track import ISSUE_LAG_DAYS
from forecast.record.codings import contradictions
from forecast.schedule.settings import ScheduleSettings, read_settings
from forecast.schedule.slots import calendar_of, owed_as_of
from forecast.schedule.status import read_status
from forecast.words.english.codings import coding_text, contradiction_text
from forecast.words.numbers import counted, minute
from indicators.content import EVENT_TYPES
from indicators.disagreements import standing_on
from indicators.folder import read_case_folder
from indicators.shipped import shipped_case

ATTESTED_WITHIN = timedelta(days=14)
NAMED = 5
"""Disagreements that are told one by one."""


def check_triggers(opened: Opened) -> Found:
    """The tables refuse changes."""
    absent = triggers.missing(opened.connection)
    if absent:
        named = f"{', '.join(absent[:3])}{', …' * (len(absent) > 3)}"
        what = f"{counted(len(absent), 'trigger')} missing or altered ({named}), so rows could be changed"
        yield Finding("triggers", PROBLEM, what, "run `parley init`, then `parley verify`")


def check_seals(opened: Opened) -> Found:
    """Each table ends where its last seal says."""
    for table in CHAINED:
        if table is seals:
            continue
        columns = seals.c.last_id, seals.c.head
        query = select(*columns).where(seals.c.table_name == table.name).order_by(seals.c.id.desc()).limit(1)
        row = opened.connection.execute(query).first()
        sealed = (row.last_id, row.head) if row else (0, "")
        last = last_link(opened.connection, table)
        if last != sealed:
            told = f"ends at row {last[0]}, but its last seal is at row {sealed[0]}"
            what = f"{table.name} {told if last[0] != sealed[0] else f'row {last[0]} is not the row that was sealed'}"
            yield Finding("seals", PROBLEM, what, "run `parley verify`, then restore a backup")


def check_case(opened: Opened) -> Found:
    """A case can be spoken of, and the shipped one is as shipped."""
    read_case(opened.connection, opened.case_id)
    folder = read_case_folder(shipped_case())
    stored = _stored_case(opened, folder.case.id)
    if stored and stored.stems_from != folder.case_hash:
        what = (
            f"the shipped case {folder.case.id} ({folder.case_hash[:8]}) is not the version in the database "
            f"({stored.stems_from[:8]}, loaded on {stored.recorded_at:%Y-%m-%d})"
        )
        yield Finding("case", NOTICE, what, "run `parley init`, unless you loaded that version from your own folder")


def _stored_case(opened: Opened, case_id: str | None) -> CaseRow | None:
    try:
        return read_case(opened.connection, case_id)
    except StoreError:
        return None


def check_completeness(opened: Opened) -> Found:
    """Someone has attested each type of event up to lately."""
    case = _stored_case(opened, opened.case_id)
    if case is None:
        return
    today = Moment(instant=opened.now, zone=read_zone(opened.connection)).today
    rows = read_completeness(opened.connection, case.case_id, When(as_of=today))
    through = {row.type: min(row.complete_through, today) for row in rows if row.complete_from <= today}
    looked = _looked_through(opened, case, today)
    for known, group in groupby(sorted(EVENT_TYPES, key=lambda kind: through.get(kind, date.min)), through.get):
        if known is None or today - known > ATTESTED_WITHIN:
            kinds = tuple(group)
            far = f"attested only through {known}, {_ago(today, known)}" if known else "not attested for any day"
            only = "" if len(kinds) == len(EVENT_TYPES) else "".join(f" --type {kind}" for kind in kinds)
            run = f"add what has happened since, then run `parley event none{only} --through DATE`"
            quiet = looked is None or (known is not None and looked <= known)
            said = "; nobody has entered anything since, so silence is no evidence" if quiet else ""
            yield Finding("completeness", NOTICE, f"{', '.join(kinds)}: {far}{said}", run)


def _looked_through(opened: Opened, case: CaseRow, today: date) -> date | None:
    """The last day on which a person entered what became known on it."""
    when = When(as_of=today)
    entered: list[ObservationRow | EventRow | CompletenessRow] = [
        *read_observations(opened.connection, case.case_id, when),
        *read_events(opened.connection, case.case_id, when),
        *read_completeness(opened.connection, case.case_id, when),
    ]
    return last_looked(entered, read_loading_instants(opened.connection, case.case_id), today)


def check_codings(opened: Opened) -> Found:
    """Codings of one report or one day do not contradict each other."""
    case = _stored_case(opened, opened.case_id)
    if case is None:
        return
    today = Moment(instant=opened.now, zone=read_zone(opened.connection)).today
    found = contradictions(standing_on(read_observations(opened.connection, case.case_id, When(as_of=today)), today))
    for one in found[:NAMED]:
        codings = [coding_text(each, f"row {each.row}") for each in one.codings]
        run = "decide which is right, then run `parley revise ROW` for the other"
        yield Finding("codings", NOTICE, contradiction_text(one, codings, one.indicator), run)
    if len(found) > NAMED:
        what = f"{counted(len(found) - NAMED, 'more disagreement')} between codings"
        yield Finding("codings", NOTICE, what, "run `parley disagreements`")


def check_forecast(opened: Opened) -> Found:
    """The last published full run is of these days, and none was begun and never ended."""
    case = _stored_case(opened, opened.case_id)
    if case is None:
        return
    here = Moment(instant=opened.now, zone=read_zone(opened.connection))
    last = last_published(opened.connection, case.case_id, kinds=FULL_KINDS)
    owed = owed_as_of(_schedule(), here.zone, opened.now)
    if last is None:
        yield Finding("forecast", NOTICE, "no forecast has been published yet", "run `parley update`")
    elif last.as_of < owed:
        ago = _ago(here.today, last.as_of)
        stands = f"the last published forecast (run {last.id}) is as of {last.as_of}, {ago}"
        what = f"{stands}: one as of {owed} is due"
        yield Finding("forecast", NOTICE, what, "run `parley update`")
    for run in read_runs(opened.connection, case.case_id, statuses=("started",)):
        what = f"run {run.id} was started at {minute(run.status_at or run.recorded_at)} and has not finished"
        yield Finding("forecast", NOTICE, what, "run `parley update`, unless it is still running")


def _schedule() -> ScheduleSettings:
    try:
        return read_settings().schedule
    except BadSettings:  # which is a finding of its own
        return ScheduleSettings()


def check_schedule(opened: Opened) -> Found:
    """Where runs have been scheduled, the newest day has its forecast."""
    case = _stored_case(opened, opened.case_id)
    if case is None or not read_attempts(opened.connection, case.case_id, limit=1):
        return
    with suppress(BadSettings):  # which is a finding of its own
        settings = read_settings()
        standing = read_status(opened.connection, settings, opened.now, case.case_id).standing
        if standing.stale:
            yield Finding("schedule", NOTICE, standing.reason, standing.remedy)
        lag = calendar_of(settings.schedule, read_zone(opened.connection)).lag_days(opened.now)
        if lag > ISSUE_LAG_DAYS:
            what = f"scheduled runs are issued {lag} UTC days after their as-of date, too late for the track record"
            yield Finding("schedule", NOTICE, what, "choose an earlier time of day in the settings")


def _ago(today: date, day: date) -> str:
    return f"{(today - day).days} days ago"
