"""The trigger that fires every day at its time: APScheduler, with its jobs in the project's database.

It only wakes the service, and a trigger that was missed or fires twice does no harm: which runs are due is read from
the ledger. So what a job store forgets, a clock that jumps and two services on one store cannot cost a day.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from apscheduler.jobstores.base import JobLookupError
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy.exc import SQLAlchemyError

from db.engine import Database
from forecast.schedule.slots import Calendar

AGAIN_S = 30.0
"""After so long a trigger that the database broke is set anew."""
ENDING_S = 0.2

_fired: dict[str, Event] = {}
"""What the job, which is stored by name, sets in this process."""

logger = logging.getLogger("parley.schedule")


def fire(case_id: str) -> None:
    """The job."""
    if case_id in _fired:
        _fired[case_id].set()


@contextmanager
def daily_trigger(database: Database, case_id: str, calendar: Calendar) -> Iterator[Event]:
    """An event that is set every day at its time, for as long as the context lasts."""
    _fired[case_id] = fired = Event()
    ended, running = Event(), list[BlockingScheduler]()

    def keep() -> None:
        while not ended.is_set():
            running[:] = [_scheduler(database, case_id, calendar)]
            try:
                running[0].start()
            except (SQLAlchemyError, JobLookupError) as error:
                logger.warning("trigger broken", extra={"error": str(error).partition("\n")[0]})
                ended.wait(AGAIN_S)

    thread = Thread(target=keep, name="parley-trigger", daemon=True)
    thread.start()
    try:
        yield fired
    finally:
        ended.set()
        while thread.is_alive():
            if running and running[0].running:
                running[0].shutdown(wait=False)
            thread.join(ENDING_S)
        del _fired[case_id]


def _scheduler(database: Database, case_id: str, calendar: Calendar) -> BlockingScheduler:
    """One job, which fires however late it is, and once where it should have fired several times."""
    scheduler = BlockingScheduler(
        jobstores={"default": SQLAlchemyJobStore(engine=database.engine)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone=calendar.zone,
    )
    at = calendar.at
    cron = CronTrigger(hour=at.hour, minute=at.minute, second=at.second, timezone=calendar.zone)
    scheduler.add_job(f"{__name__}:fire", cron, args=[case_id], id=f"forecast of {case_id}", replace_existing=True)
    return scheduler
