"""Commands that make the daily runs: parley schedule run, once."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict
from datetime import datetime
from functools import partial
from threading import Event
from types import FrameType

import typer

from db.engine import Database
from db.read import read_case
from db.run_rows import AlertRow, AttemptRow
from forecast.brief.letter import Letter
from forecast.cache import is_warm
from forecast.cli import console
from forecast.cli.console import Json, case_id, database_url, opened, print_json
from forecast.cli.lazy import Interrupted
from forecast.cli.progress import watch
from forecast.cli.schedule_tables import print_made
from forecast.cli.streams import answering
from forecast.errors import NoForecast, NotWritten
from forecast.record.summary import as_json, read_summary
from forecast.schedule.backups import keep_backups
from forecast.schedule.service import make_due_once, serve
from forecast.schedule.settings import Settings, read_settings
from forecast.schedule.slots import calendar_of, find_next, read_ledger
from forecast.schedule.status import attempt_json, fate, read_status
from forecast.schedule.steps import (
    Step,
    answer_scenarios,
    record_alerts,
    record_brief,
    store_explanations,
    thin_old_posteriors,
)
from forecast.words.numbers import counted, minute

UNMADE = ("failed", "rejected")
STOPPING = b"ending; a second Ctrl-C ends at once\n"


def run() -> None:
    """Make the forecast every day. A service that runs until Ctrl-C; days that were missed are caught up first."""
    settings = read_settings()
    typer.echo(_announcement(settings), err=True)
    with _stoppable() as stop:
        serve(
            database_url(),
            settings,
            case_id=case_id(),
            stop=stop,
            steps=_steps(),
            reread=read_settings,
            compose=_compose,
        )


def _steps(failed: Callable[[str], None] = lambda sentence: None) -> tuple[Step, ...]:
    """What the service does after its runs; `failed` is told of a backup that could not be made or restored."""
    backups = partial(keep_backups, failed=failed)
    return store_explanations, record_alerts, record_brief, answer_scenarios, backups, thin_old_posteriors


def _compose(database: Database, alert: AlertRow, settings: Settings, now: datetime) -> Letter:
    """Write a brief to be mailed."""
    # pictures and pandas, which a service that mails no brief need not hold
    from forecast.schedule.letters import compose_letter

    return compose_letter(database, alert, settings, now)


def once(json_: Json = False) -> None:
    """Make every run that is due now. For cron; exit 1 if one failed or was rejected, or a backup failed."""
    warm = is_warm()
    failed: list[str] = []
    settings = read_settings()
    try:
        with watch(warm=warm) as progress:
            made = make_due_once(
                database_url(),
                settings,
                case_id=case_id(),
                progress=progress,
                steps=_steps(failed.append),
                compose=_compose,
            )
    except KeyboardInterrupt:
        kept = "stopped; runs made so far are stored, the next `parley schedule once` goes on"
        raise Interrupted(kept) from None
    with answering(f"what was made is stored ({counted(len(made), 'run')})") if made else nullcontext():
        _print_made(settings, made, json_)
    if unmade := _unmade(made):
        raise NoForecast("; ".join((*failed, _unmade_sentence(unmade))))
    if failed:
        raise NotWritten("; ".join(failed))


def _unmade(made: Sequence[AttemptRow]) -> list[AttemptRow]:
    """Of each day that has no forecast now the last try: a failure that was made up for at once is none."""
    last = {row.scheduled_for: row for row in made}
    return [row for row in last.values() if row.outcome in UNMADE]


def _announcement(settings: Settings) -> str:
    """What the service will do."""
    with opened(to_write=True) as database:
        with database.read() as connection:
            case = read_case(connection, case_id()).case_id
            ledger = read_ledger(connection, case)
        log = database.folder / settings.log.file
    _, at = find_next(ledger, calendar_of(settings.schedule), console.now())
    when = f"every day at {settings.schedule.at:%H:%M} {settings.schedule.time_zone}"
    return f"makes the forecast of {case} {when}; next: {minute(at)}; log: {log}; Ctrl-C ends it"


@contextmanager
def _stoppable() -> Iterator[Event]:
    """An event that SIGTERM and Ctrl-C set; either, again, ends the process as it would without this."""
    stop = Event()

    def ask(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)
        if number == signal.SIGINT:
            with suppress(OSError):
                os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, STOPPING)

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _print_made(settings: Settings, made: tuple[AttemptRow, ...], json_: bool) -> None:
    """What was made or why nothing was, the headline of the newest published, and when the next is due."""
    newest = max((row.run_id for row in made if row.outcome == "published" and row.run_id), default=None)
    with opened() as database, database.read() as connection:
        today = console.today(connection)
        summary = read_summary(connection, today, run_id=newest, case_id=case_id()) if newest else None
        found = read_status(connection, settings, console.now(), case_id())
    standing, day, at = None if made else found.standing, found.next_day, found.next_at
    if json_:
        forecast = as_json(summary) if summary else None
        print_json(
            {
                "attempts": [attempt_json(row) for row in made],
                "forecast": forecast,
                "next": {"day": day, "at": at},
                "standing": asdict(standing) if standing else None,
            }
        )
    else:
        print_made(made, summary, day, at, standing.reason if standing else "")


def _unmade_sentence(unmade: Sequence[AttemptRow]) -> str:
    said = "; ".join(f"the run of {row.scheduled_for} {fate([row])}" for row in unmade)
    return f"{said}; see `parley schedule status`"
