"""How the daily runs stand, and what was made, as tables."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from rich.text import Text

from db.run_rows import AttemptRow, RunRow
from forecast.cli.render import headline_lines
from forecast.cli.tables import bold, emit, facts, grid_with_words, paragraph
from forecast.facts.summary import Summary
from forecast.schedule.backups import Backups
from forecast.schedule.channels import Trial
from forecast.schedule.slots import Slot
from forecast.schedule.status import AlertState, Behind, ChannelState, Holder, Status, Waiting, lasting
from forecast.words.numbers import counted, minute

SHOWN_DAYS = 5
"""Of many missing days the first."""


def print_status(status: Status) -> None:
    standing = status.standing
    first, *more = paragraph(f"{'STALE: ' * standing.stale}{standing.reason}.")
    blocks: list[list[str | Text]] = [
        [bold(first), *more, *paragraph(f"→ {standing.remedy}" if standing.remedy else "", hanging="  ")],
        list(facts(_facts(status))),
        _attempts_block("Last runs", status.attempts),
        _alerts_block(status.alerts),
    ]
    emit([line for block in blocks if block for line in ("", *block)][1:])


def print_made(attempts: Sequence[AttemptRow], newest: Summary | None, day: date, at: datetime, why: str = "") -> None:
    """What was made, or why nothing was; the headline of the newest forecast, and which run is due when."""
    nothing = f"Nothing was due. {why}." if why else "Nothing was due."
    skipped = [row for row in attempts if row.outcome == "skipped"]
    made = [row for row in attempts if row not in skipped] if len(skipped) > 1 else attempts
    blocks: list[list[str | Text]] = [
        [] if attempts else list(paragraph(nothing)),
        list(paragraph(_skipped(skipped))) if len(skipped) > 1 else [],
        _attempts_block("Made", made),
        headline_lines(newest) if newest else [],
        list(paragraph(f"The next run, of {day}, is due at {minute(at)}.")),
    ]
    emit([line for block in blocks if block for line in ("", *block)][1:])


def _skipped(rows: Sequence[AttemptRow]) -> str:
    """Days that were skipped in one pass; the ledger has a line for each."""
    first, last = rows[0], rows[-1]
    days = f"{counted(len(rows), 'day')}, {first.scheduled_for} to {last.scheduled_for}"
    return f"Skipped: {days}{f' ({last.error})' if last.error else ''}."


def print_trials(trials: Sequence[Trial]) -> None:
    """What became of a test message, a line a channel."""
    emit(facts((one.channel, ": ".join(filter(None, (one.outcome, one.error)))) for one in trials))


def _facts(status: Status) -> list[tuple[str, str]]:
    """Name and value of what is said in a line."""
    published, missing = status.published, status.missing
    issued = f"run {published.run_id}, issued {minute(published.issued_at)}" if published else ""
    return [
        ("next run", f"{_instant(status.next_at, status)}, as of {status.next_day - timedelta(days=1)}"),
        ("published", f"{published.day}, as of {published.as_of}: {issued}" if published else _never(status.stands)),
        ("stands", _stands(status)),
        ("due now", _days(missing.due)),
        ("waiting", "; ".join(_waiting(one, status.holder) for one in missing.waiting)),
        ("lapsed", _days(missing.lapsed)),
        ("service", _holder(status.holder, status.now)),
        ("attested", _attested(status.completeness)),
        ("alerts", _undelivered(status.alerts)),
        ("settings", "; ".join(status.doubts)),
        ("backups", _backups(status.backups) if status.backups else ""),
    ]


def _backups(backups: Backups) -> str:
    """The last one, the last that could be restored, and what is wrong."""
    if backups.hindrance:
        return backups.hindrance
    made, restored = backups.made, backups.restored
    last = f"the last of {made.day}, made {minute(made.at)}" if made else "none yet"
    checked = f"that of {restored.day} restored and verified {minute(restored.at)}" if restored else "none restored yet"
    return "; ".join((f"{last}; {checked}; in {backups.folder}", *backups.troubles, *backups.overdue))


def _instant(at: datetime, status: Status) -> str:
    """In UTC and, where that differs, in the schedule's own time."""
    local = at.astimezone(status.calendar.zone)
    own = f" ({local:%H:%M} {status.calendar.zone})" if local.utcoffset() else ""
    return f"{minute(at)}{own}"


def _days(slots: Sequence[Slot]) -> str:
    named = ", ".join(str(slot.day) for slot in slots[:SHOWN_DAYS])
    more = f", … ({len(slots)} in all)" if len(slots) > SHOWN_DAYS else ""
    return f"{named}{more}"


def _never(stands: RunRow | None) -> str:
    return "never by schedule" if stands else "never"


def _stands(status: Status) -> str:
    """The newest forecast, where it was not a scheduled run that made it."""
    run, published = status.stands, status.published
    if run is None or (published and published.run_id == run.id):
        return ""
    return f"run {run.id}, {run.kind}, as of {run.as_of}, issued {minute(run.issued_at)}"


def _waiting(one: Waiting, holder: Holder | None) -> str:
    """Only a service that is alive tries again by itself."""
    again = "tried again at" if holder and holder.alive else "may be tried again from"
    return f"{one.slot.day}, failed {counted(one.failures, 'time')}, {again} {minute(one.retry_at)}"


def _holder(holder: Holder | None, now: datetime) -> str:
    if holder is None:
        return "none is running"
    lease = holder.lease
    heard = f"heard {lasting(timedelta(seconds=holder.heard_s))} ago"
    said = f"{lease.holder} since {minute(lease.since)}" if holder.alive else f"none; {lease.holder} has died"
    said = f"{said}, {heard}"
    if lease.working_on is None or lease.working_since is None:
        return said
    work = "at" if holder.alive else "it was at"
    return f"{said}; {work} the run of {lease.working_on}, begun {lasting(now - lease.working_since)} ago"


def _attested(behind: Sequence[Behind]) -> str:
    """How far types of events are attested that have fallen behind."""
    if not behind:
        return ""
    far = (
        f"{', '.join(one.types)} {f'through {one.through}, {one.days_ago} days ago' if one.through else 'for no day'}"
        for one in behind
    )
    return f"{'; '.join(far)}: add what happened since, then `parley event none --through DATE`"


def _undelivered(alerts: Sequence[AlertState]) -> str:
    states = [channel.state for one in alerts for channel in one.channels]
    words = {"pending": "still to be sent", "failed": "failed, to be tried again", "abandoned": "abandoned"}
    return ", ".join(f"{states.count(state)} {word}" for state, word in words.items() if state in states)


def _attempts_block(title: str, attempts: Sequence[AttemptRow]) -> list[str | Text]:
    if not attempts:
        return []
    header = ("day", "kind", "outcome", "time", "run")
    rows = [
        (str(row.scheduled_for), row.kind, row.outcome, lasting(timedelta(seconds=row.wall_s)), str(row.run_id or "–"))
        for row in attempts
    ]
    words = [f"{row.error} ({row.log})" if row.error and row.log else row.error for row in attempts]
    return [bold(title), *grid_with_words(header, rows, words, "error (log)", left=(0, 1, 2))]


def _alerts_block(alerts: Sequence[AlertState]) -> list[str | Text]:
    if not alerts:
        return []
    rows = [(f"{one.alert.recorded_at.astimezone(UTC):%Y-%m-%d %H:%M}", one.alert.rule) for one in alerts]
    words = ["; ".join((one.alert.title, *_channels(one))) for one in alerts]
    return [bold("Last alerts"), *grid_with_words(("UTC", "rule"), rows, words, "what; by which channel", left=(0, 1))]


def _channels(state: AlertState) -> list[str]:
    out = []
    for one in state.channels:
        out.append(f"{one.channel} {_tried(one)}{f' ({one.error})' if one.error else ''}")
    return out


def _tried(channel: ChannelState) -> str:
    """How a channel stands, and after how many tries; one that was given up says so itself."""
    if channel.tries < 2 or channel.state == "abandoned":
        return channel.state
    if channel.state == "sent":
        return f"sent at the {_ordinal(channel.tries)} try"
    return f"{channel.state} {counted(channel.tries, 'time')}"


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
