"""What the schedule notifies, in English."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from forecast.facts.alerts import (
    BACKUP,
    DAY,
    DRIFT,
    RESTORE,
    WEEK,
    AttestationDue,
    BackupTrouble,
    BriefDue,
    CaughtUp,
    Compared,
    FailedDay,
    HeadlineMoved,
    Movement,
    RecoveredDay,
    RejectedDay,
    Step,
    Unattested,
    Unobserved,
)
from forecast.words.days import first_of, stretches
from forecast.words.english.why import causes
from forecast.words.names import target_name
from forecast.words.numbers import counted, error_size, minute, percent, signed, told_apart

_SPANS = {DAY: "In a day", WEEK: "In a week", DRIFT: "Little by little"}
_BACKUPS = {BACKUP: "The backup of {} failed", RESTORE: "The backup of {} could not be restored and verified"}


def moved(found: HeadlineMoved) -> list[str]:
    """One line as the title; then where the headline is, what moved since when, and what was last notified."""
    movement, about = found.movement, _capital(_about(found.target, found.horizon_days))
    now = movement.now
    error = f"± {error_size(now.mcse)} points Monte Carlo"
    return [
        _moved_title(movement, about),
        f"{about}: {percent(now.mean)} as of {now.as_of} (run {now.run_id}, {error}).",
        *(_step(step, movement) for step in movement.steps),
        f"{_capital(_last(movement))}. All of it: `parley show --run {now.run_id}`.",
        *_why(found),
        *_remodelled(found),
    ]


def _about(target: str, horizon_days: int) -> str:
    return f"{target_name(target)} in {horizon_days} d"


def _moved_title(movement: Movement, about: str) -> str:
    first = movement.steps[0]
    crossed = [step for step in movement.steps if step.crossed]
    beyond = f", {_beyond(crossed[0], movement)}" if crossed else ""
    title = f"{about}: {_change(first, movement)}{beyond}"
    return title if first.before == movement.notified else f"{title}; {_last(movement)}"


def _step(step: Step, movement: Movement) -> str:
    if step.crossed:
        return f"It is now {_beyond(step, movement)}; it was last known on the other side."
    since = f"{_change(step, movement)} since {step.before.as_of}, {signed(step.points, 1)} points"
    return f"{_SPANS[step.rule]}: {since}; more than {step.bound:g} points are told of."


def _beyond(step: Step, movement: Movement) -> str:
    """All thresholds that one run crosses lie on the same side of it."""
    bounds = " and ".join(f"{100 * threshold:g} %" for threshold in step.crossed)
    return f"{'above' if movement.now.mean > step.crossed[0] else 'below'} {bounds}"


def _change(step: Step, movement: Movement) -> str:
    return " → ".join(told_apart(step.before.mean, movement.now.mean))


def _last(movement: Movement) -> str:
    what = "last told" if movement.alerted else "the first scheduled run said"
    last = movement.notified
    number, carried = percent(last.mean), ""
    if last.said is not None:
        number, carried = percent(last.said), f" by an earlier model ({percent(last.mean)} by the present one)"
    return f"{what} {number} as of {last.as_of}{carried}"


def _why(found: HeadlineMoved) -> list[str]:
    explained, place = found.explained, found.place
    return [] if explained is None or place is None else [f"Why: {causes(explained, *place)}."]


def _remodelled(found: HeadlineMoved) -> list[str]:
    change = found.remodelled
    if change is None:
        return []
    return [
        f"The model has changed since run {change.run_id}: model {change.new} instead of model {change.old} moved the "
        f"number by {signed(change.points, 1)} points, which is not counted here."
    ]


def week_heading(since: date) -> str:
    return f"Events and attestations since {since}, and disputes:"


def failed(found: Sequence[FailedDay]) -> list[str]:
    return [f"The {_runs([one.day for one in found])} failed", *first_of([_failure(one) for one in found], _MORE)]


def _failure(one: FailedDay) -> str:
    """A sentence on the tries of one day."""
    often = "failed" if one.failures == 1 else f"failed {one.failures} times, the last time"
    error = one.error.rstrip(".") or "no reason is on record"
    log = f" Log: {one.log}." if one.log else ""
    again = f"Next try: {minute(one.retry_at)}."
    return f"The run of {one.day} {often} at {minute(one.ended_at)}: {error}. {again}{log}"


def recovered(found: Sequence[RecoveredDay]) -> list[str]:
    lines = [f"The run of {one.day} was published at {minute(one.ended_at)} (run {one.run_id})." for one in found]
    return [f"The {_runs([one.day for one in found])} {_was(found)} published after all", *first_of(lines, _MORE)]


def rejected(found: Sequence[RejectedDay], stands: tuple[int, date] | None) -> list[str]:
    lines = [
        f"The run of {one.day} (run {one.run_id}) was rejected: {'; '.join(one.reasons) or 'no reason is on record'}."
        for one in found
    ]
    standing = "No scheduled run has been published yet."
    if stands is not None:
        standing = f"The forecast that stands is run {stands[0]}, as of {stands[1]}: `parley show`."
    title = f"The {_runs([one.day for one in found])} {_was(found)} rejected by the diagnostics"
    return [title, *first_of(lines, _MORE), standing]


def _was(found: Sequence[object]) -> str:
    return "was" if len(found) == 1 else "were"


def caught_up(found: CaughtUp) -> list[str]:
    sorts = (("Published", found.published), ("Rejected", found.rejected), ("Skipped", found.skipped))
    return [
        _caught_up_title(found),
        *(f"{outcome}: {len(days)} ({_spelt(days)})." for outcome, days in sorts if days),
        *(f"Skipped because: {reason.error}." for reason in found.reasons),
    ]


def _caught_up_title(found: CaughtUp) -> str:
    made, skipped = found.made, len(found.skipped)
    if not made:
        return f"{counted(skipped, 'missing day')} skipped: {_spelt(found.skipped)}"
    left = f"; {skipped} skipped" if skipped else ""
    return f"Caught up on {counted(len(made), 'missing day')}: {_spelt(made)}{left}"


def stale(found: Sequence[Unobserved]) -> list[str]:
    return [
        f"Gone stale: {found[0].name}" if len(found) == 1 else f"{len(found)} indicators have gone stale",
        *(f"- {_unobserved(one)}" for one in found),
        "Enter what was observed since: `parley log INDICATOR LEVEL --on DATE --source TEXT --grade B2`.",
    ]


def _unobserved(one: Unobserved) -> str:
    last = f"last observed on {one.last_observed_on}, {_ago(one.days_ago)}"
    return f"{one.name} ({one.id}): {last}, expected every {one.cadence_days:g} days."


def unattested(found: AttestationDue) -> list[str]:
    kinds = [one.type for one in found.types]
    only = "" if found.every_type else "".join(f" --type {kind}" for kind in kinds)
    return [
        f"Events not attested for more than {counted(found.bound_days, 'day')}: {', '.join(kinds)}",
        *(f"- {one.type}: {_attested(one)}." for one in found.types),
        f"Add what happened since, then run `parley event none{only} --through DATE`.",
    ]


def _attested(one: Unattested) -> str:
    if one.through is None or one.days_ago is None:
        return "not attested complete for any day"
    return f"complete through {one.through}, {_ago(one.days_ago)}"


def backup_title(rule: str, day: date) -> str:
    return _BACKUPS[rule].format(day)


def backup_trouble(found: BackupTrouble) -> list[str]:
    again = "It is tried again every hour." if found.rule == BACKUP else "The next backup is tried as well."
    return [
        backup_title(found.rule, found.day),
        f"At {minute(found.at)}: {found.why.rstrip('.')}.",
        again,
        *(_backups(found) if found.known else ()),
    ]


def _backups(found: BackupTrouble) -> list[str]:
    """Which there are to go back to."""
    last = f"{found.made.file}, made at {minute(found.made.at)}" if found.made else "none"
    sure = f"{found.restored.file}, at {minute(found.restored.at)}" if found.restored else "none"
    return [f"The last backup: {last}.", f"The last that was restored and verified: {sure}."]


def thinning_failed(day: date, why: str) -> list[str]:
    return [f"The thinning of old posteriors on {day} failed", f"{why.rstrip('.')}.", "It is tried again every hour."]


def brief_due(found: BriefDue) -> list[str]:
    about = f"{_about(found.target, found.horizon_days)}: {percent(found.value)}, as of {found.as_of}"
    return [f"Brief by mail; {about}", f"The brief of run {found.run_id} goes out by mail; {about}."]


def brief_mailed(number: int) -> str:
    return f"Report {number} by mail, at a command"


def trial(host: str, folder: str) -> list[str]:
    where = f"from {host}, folder {folder}"
    return ["Test of the alerts", f"Nothing has happened: this was sent {where}, to see whether it arrives."]


def compared(found: Compared) -> tuple[str, str]:
    what = f"since {found.before_as_of}"
    if found.crossed is not None:
        what = f"crossing {' and '.join(f'{100 * bound:g} %' for bound in found.crossed)}"
    change = f"{percent(found.before)} ({found.before_as_of}) → {percent(found.now)} ({found.now_as_of})"
    return f"within {found.horizon_days} d, {what}", f"{change}, {signed(found.points, 1)} points"


def origin(raised_at: datetime, rule: str, case_id: str) -> str:
    return f"Raised {minute(raised_at)} by the rule {rule}, case {case_id}."


def see(command: str) -> str:
    return f"See `{command}`."


def goes_on() -> str:
    return "… It goes on: `parley schedule status --json` has all of it."


_MORE = "and {} more"


def _runs(days: Sequence[date]) -> str:
    return f"run{'s' if len(days) > 1 else ''} of {_spelt(days)}"


def _spelt(days: Iterable[date]) -> str:
    """Days as stretches from the first to the last that follow one another."""
    spelt = [f"{first} to {last}" if first != last else str(first) for first, last in stretches(days)]
    return ", ".join(first_of(spelt, _MORE))


def _ago(days: int) -> str:
    return f"{counted(days, 'day')} ago"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
