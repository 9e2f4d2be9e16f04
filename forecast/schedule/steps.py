"""What is done after the runs of a pass: steps, taken in order, which the command line hands to the service.

A step that did not come to its end is taken again at the next pass: it does each thing once, by what is on record.
"""

import logging
from collections.abc import Callable

from db.append import append_alerts
from db.keeping import sweep
from forecast.schedule.alerts import raise_alerts
from forecast.schedule.briefs import due_brief
from forecast.schedule.duty import Duty

logger = logging.getLogger("parley.schedule")

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

    sweep(duty.database)
    done = thin_posteriors(duty.database, days=duty.settings.keep.whole_days, clock=duty.clock)
    if done.thinned:
        logger.info("posteriors thinned", extra={"runs": len(done.thinned), "bytes": done.freed})


def record_brief(duty: Duty) -> None:
    """Put on record that the brief is to go out by mail, where it is; the courier writes and delivers it."""
    if duty.settings.mail.brief == "never":
        return
    with duty.database.write() as connection:
        brief = due_brief(connection, duty.case_id, duty.settings, duty.clock())
        append_alerts(connection, [brief] if brief else [], duty.clock())
    if brief:
        logger.info("brief due", extra={"subject": brief.subject, "run": brief.run_id, "readers": len(brief.channels)})
