"""The bell that rings every day at its time: APScheduler, with its jobs in the project's database.

It only wakes the service, and a bell that was missed or rings twice does no harm: which runs are due is read from the
ledger. So what a job store forgets, a clock that jumps and two services on one store cannot cost a day.
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
"""After so long a bell that the database broke is hung anew."""
ENDING_S = 0.2

_rung: dict[str, Event] = {}
"""What the job, which is stored by name, rings in this process."""

logger = logging.getLogger("parley.schedule")


def ring(case_id: str) -> None:
    """The job."""
    if case_id in _rung:
        _rung[case_id].set()


@contextmanager
def hung(database: Database, case_id: str, calendar: Calendar) -> Iterator[Event]:
    """An event that is set every day at its time, for as long as the context lasts."""
    _rung[case_id] = rung = Event()
    ended, hanging = Event(), list[BlockingScheduler]()

    def keep() -> None:
        while not ended.is_set():
            hanging[:] = [_scheduler(database, case_id, calendar)]
            try:
                hanging[0].start()
            except (SQLAlchemyError, JobLookupError) as error:
                logger.warning("bell broken", extra={"error": str(error).partition("\n")[0]})
                ended.wait(AGAIN_S)

    thread = Thread(target=keep, name="parley-bell", daemon=True)
    thread.start()
    try:
        yield rung
    finally:
        ended.set()
        while thread.is_alive():
            if hanging and hanging[0].running:
                hanging[0].shutdown(wait=False)
            thread.join(ENDING_S)
        del _rung[case_id]


def _scheduler(database: Database, case_id: str, calendar: Calendar) -> BlockingScheduler:
    """One job, which rings however late it is, and once where it should have rung several times."""
    scheduler = BlockingScheduler(
        jobstores={"default": SQLAlchemyJobStore(engine=database.engine)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        timezone=calendar.zone,
    )
    at = calendar.at
    trigger = CronTrigger(hour=at.hour, minute=at.minute, second=at.second, timezone=calendar.zone)
    scheduler.add_job(f"{__name__}:ring", trigger, args=[case_id], id=f"forecast of {case_id}", replace_existing=True)
    return scheduler
