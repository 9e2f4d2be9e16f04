"""What is done after the runs of a pass: steps, taken in order, which the command line hands to the service.

A step that did not come to its end is taken again at the next pass: it does each thing once, by what is on record.
"""

import logging
from collections.abc import Callable
from time import monotonic

from db.append import append_alerts
from db.errors import StoreError
from db.keeping import sweep
from db.progress import silent
from db.read_schedule import read_alerts
from db.run_rows import NewAlert
from db.zone import Moment, read_zone
from forecast.errors import NotAnswered, NotExplained
from forecast.plan.overtaken import missing_answers
from forecast.schedule.alerts import raise_alerts
from forecast.schedule.briefs import due_brief
from forecast.schedule.explaining import LIMIT_S, TRIES, missing_pairs
from forecast.schedule.leader import Leader
from forecast.schedule.slots import calendar_of
from forecast.words.language import LANGUAGES

logger = logging.getLogger("parley.schedule")

KEEP = "keep"
"""The rule of alerts that posteriors could not be thinned."""

type Step = Callable[[Leader], None]


def store_explanations(leader: Leader) -> None:
    """Have stored what moved the newest forecasts, before alerts and the brief name the causes.

    What cannot be told is logged, and tried again at a later pass: alerts go out without causes rather than late.
    """
    if leader.explain is None:
        return
    until = monotonic() + LIMIT_S
    with leader.database.read() as connection:
        today = Moment(instant=leader.clock(), zone=read_zone(connection)).today
        missing = missing_pairs(connection, leader.case_id, today)
    for pair in missing:
        if leader.unexplained[pair] >= TRIES or monotonic() > until:
            continue
        fields = {"before": pair.before, "after": pair.after}
        try:
            leader.explain(pair, silent, leader.heartbeat)
        except NotExplained as error:
            leader.unexplained[pair] += 1
            logger.warning("forecast not explained", extra=fields | {"why": str(error)})
        else:
            logger.info("forecast explained", extra=fields)


def answer_scenarios(leader: Leader) -> None:
    """Have saved scenarios answered by the newest run; what cannot be answered is logged, and costs nothing else."""
    if leader.answer is None:
        return
    until = monotonic() + LIMIT_S
    with leader.database.read() as connection:
        today = Moment(instant=leader.clock(), zone=read_zone(connection)).today
        missing = missing_answers(connection, leader.case_id, today)
    for asked in missing:
        if leader.unanswered[asked] >= TRIES or monotonic() > until:
            continue
        fields = {"scenario": asked.scenario_id, "run": asked.run_id}
        try:
            leader.answer(asked, silent, leader.heartbeat)
        except NotAnswered as error:
            leader.unanswered[asked] += 1
            logger.warning("scenario not answered", extra=fields | {"why": str(error)})
        else:
            logger.info("scenario answered", extra=fields)


def record_alerts(leader: Leader) -> None:
    """Put on record what is worth an alert; the worker delivers it."""
    with leader.database.write() as connection:
        raised = raise_alerts(connection, leader.case_id, leader.settings, leader.clock())
    for alert in raised:
        logger.info("alert", extra={"rule": alert.rule, "title": alert.title})


def thin_old_posteriors(leader: Leader) -> None:
    """Thin what nothing protects any more, where the settings say so; after the backup, which then holds the whole."""
    if not leader.settings.keep.thin:
        return
    # arrays with names, which a service that thins nothing need not hold
    from forecast.engine.thinning import thin_posteriors

    try:
        sweep(leader.database)
        done = thin_posteriors(leader.database, days=leader.settings.keep.whole_days, clock=leader.clock)
    except (StoreError, OSError) as error:
        logger.error("posteriors not thinned", extra={"error": str(error)})
        _alert_of_thinning(leader, str(error))
        return
    if done.thinned:
        logger.info("posteriors thinned", extra={"runs": len(done.thinned), "bytes": done.freed})


def _alert_of_thinning(leader: Leader, why: str) -> None:
    """Raise an alert that posteriors could not be thinned, once a day."""
    day = calendar_of(leader.settings.schedule).newest_due(leader.clock())
    with leader.database.write() as connection:
        if any(alert.subject == str(day) for alert in read_alerts(connection, leader.case_id, rules=(KEEP,))):
            return
        title, *lines = LANGUAGES[leader.settings.alerts.language].alerts.thinning_failed(day, why)
        alert = NewAlert(
            case_id=leader.case_id,
            rule=KEEP,
            subject=str(day),
            run_id=None,
            title=title,
            body="\n".join(lines),
            facts={"subjects": [str(day)], "error": why},
            channels=leader.settings.alerts.channels,
        )
        append_alerts(connection, [alert], leader.clock())
    logger.info("alert", extra={"rule": alert.rule, "title": alert.title})


def record_brief(leader: Leader) -> None:
    """Put on record that the brief is to go out by mail, where it is; the worker writes and delivers it."""
    if leader.settings.mail.brief == "never":
        return
    with leader.database.write() as connection:
        brief = due_brief(connection, leader.case_id, leader.settings, leader.clock())
        append_alerts(connection, [brief] if brief else [], leader.clock())
    if brief:
        logger.info("brief due", extra={"subject": brief.subject, "run": brief.run_id, "readers": len(brief.channels)})
