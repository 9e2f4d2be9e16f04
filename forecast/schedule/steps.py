"""What is done after the runs of a pass: steps, taken in order, which the command line hands to the service.

A step that did not come to its end is taken again at the next pass: it does each thing once, by what is on record.
"""

import logging
from collections.abc import Callable

from db.append import append_alerts
from db.errors import StoreError
from db.keeping import sweep
from db.read_schedule import read_alerts
from db.run_rows import NewAlert
from forecast.schedule.alerts import raise_alerts
from forecast.schedule.briefs import due_brief
from forecast.schedule.duty import Duty
from forecast.schedule.slots import calendar_of

logger = logging.getLogger("parley.schedule")

KEEP = "keep"
"""The rule of alerts that posteriors could not be thinned."""

type Step = Callable[[Duty], None]


def record_alerts(duty: Duty) -> None:
    """Put on record what is worth telling; the courier delivers it."""
    with duty.database.write() as connection:
        raised = raise_alerts(connection, duty.case_id, duty.settings, duty.clock())
    for alert in raised:
        logger.info("alert", extra={"rule": alert.rule, "title": alert.title})


def thin_old_posteriors(duty: Duty) -> None:
    """Thin what nothing protects any more, where the settings say so; after the backup, which then holds the whole."""
    if not duty.settings.keep.thin:
        return
    # arrays with names, which a service that thins nothing need not hold
    from forecast.engine.thinning import thin_posteriors

    try:
        sweep(duty.database)
        done = thin_posteriors(duty.database, days=duty.settings.keep.whole_days, clock=duty.clock)
    except (StoreError, OSError) as error:
        logger.error("posteriors not thinned", extra={"error": str(error)})
        _tell_of_thinning(duty, str(error))
        return
    if done.thinned:
        logger.info("posteriors thinned", extra={"runs": len(done.thinned), "bytes": done.freed})


def _tell_of_thinning(duty: Duty, why: str) -> None:
    """Raise an alert that posteriors could not be thinned, once a day."""
    day = str(calendar_of(duty.settings.schedule).newest_due(duty.clock()))
    with duty.database.write() as connection:
        if any(alert.subject == day for alert in read_alerts(connection, duty.case_id, rules=(KEEP,))):
            return
        alert = NewAlert(
            case_id=duty.case_id,
            rule=KEEP,
            subject=day,
            run_id=None,
            title=f"The thinning of old posteriors on {day} failed",
            body=f"{why.rstrip('.')}.\nIt is tried again every hour.",
            facts={"subjects": [day], "error": why},
            channels=duty.settings.alerts.channels,
        )
        append_alerts(connection, [alert], duty.clock())
    logger.info("alert", extra={"rule": alert.rule, "title": alert.title})


def record_brief(duty: Duty) -> None:
    """Put on record that the brief is to go out by mail, where it is; the courier writes and delivers it."""
    if duty.settings.mail.brief == "never":
        return
    with duty.database.write() as connection:
        brief = due_brief(connection, duty.case_id, duty.settings, duty.clock())
        append_alerts(connection, [brief] if brief else [], duty.clock())
    if brief:
        logger.info("brief due", extra={"subject": brief.subject, "run": brief.run_id, "readers": len(brief.channels)})
