"""What the schedule notifies, in Korean."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

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
    Skipped,
    Step,
    Unattested,
    Unobserved,
)
from forecast.words.days import SPELT, first_of, stretches
from forecast.words.korean.labels import LABELS
from forecast.words.korean.why import causes
from forecast.words.numbers import error_size, signed, told_apart

_SPANS = {DAY: "1일간 변화", WEEK: "1주간 변화", DRIFT: "완만한 변화"}
_BACKUPS = {BACKUP: "{} 백업 실패", RESTORE: "{} 백업의 복원·검증 실패"}


def moved(found: HeadlineMoved) -> list[str]:
    """One line as the title; then where the headline is, what moved since when, and what was last notified."""
    movement, about = found.movement, _about(found.target, found.horizon_days)
    now = movement.now
    said = f"{LABELS.date(now.as_of)} 기준, 실행 {now.run_id}, 몬테카를로 오차 ±{error_size(now.mcse)}%p"
    return [
        _moved_title(movement, about),
        f"{about}: {LABELS.percent(now.mean)}({said}).",
        *(_step(step, movement) for step in movement.steps),
        f"{_last(movement)}. 자세한 내용: `parley show --run {now.run_id}`.",
        *_why(found),
        *_remodelled(found),
    ]


def _about(target: str, horizon_days: int) -> str:
    return f"{LABELS.window(horizon_days, None)} {LABELS.target(target)}"


def _moved_title(movement: Movement, about: str) -> str:
    first = movement.steps[0]
    crossed = [step for step in movement.steps if step.crossed]
    beyond = f"({_bounds(crossed[0].crossed)} {_side(crossed[0], movement)})" if crossed else ""
    title = f"{about} {_change(first, movement)}{beyond}"
    return title if first.before == movement.notified else f"{title}. {_last(movement)}"


def _step(step: Step, movement: Movement) -> str:
    if step.crossed:
        before = "하회했다" if _side(step, movement) == _ABOVE else "상회했다"
        return f"현재 {_bounds(step.crossed)}를 {_side(step, movement)}한다. 직전 확인 시점에는 {before}."
    since = f"{LABELS.date(step.before.as_of)} 대비 {signed(step.points, 1)}%p"
    return f"{_SPANS[step.rule]}: {_change(step, movement)}({since}). 알림 기준은 {step.bound:g}%p 초과."


_ABOVE, _BELOW = "상회", "하회"


def _side(step: Step, movement: Movement) -> str:
    """All thresholds that one run crosses lie on the same side of it."""
    return _ABOVE if movement.now.mean > step.crossed[0] else _BELOW


def _bounds(crossed: Iterable[float]) -> str:
    return "·".join(f"{100 * threshold:g}%" for threshold in crossed)


def _change(step: Step, movement: Movement) -> str:
    return "→".join(one.replace(" %", "%") for one in told_apart(step.before.mean, movement.now.mean))


def _last(movement: Movement) -> str:
    what = "직전 알림" if movement.alerted else "첫 정기 실행"
    last = movement.notified
    if last.said is None:
        return f"{what} {LABELS.percent(last.mean)}({LABELS.date(last.as_of)} 기준)"
    carried = f"이전 모형의 값이며 현재 모형으로는 {LABELS.percent(last.mean)}"
    return f"{what} {LABELS.percent(last.said)}({LABELS.date(last.as_of)} 기준, {carried})"


def _why(found: HeadlineMoved) -> list[str]:
    explained, place = found.explained, found.place
    return [] if explained is None or place is None else [f"이유: {causes(explained, *place)}."]


def _remodelled(found: HeadlineMoved) -> list[str]:
    change = found.remodelled
    if change is None:
        return []
    return [
        f"실행 {change.run_id} 이후 모형이 개정되었다. 모형 개정(모형 {change.old}→모형 {change.new})만으로 수치가 "
        f"{signed(change.points, 1)}%p 움직였으며, 위의 변화에는 포함하지 않았다."
    ]


def week_heading(since: date) -> str:
    return f"{LABELS.date(since)} 이후의 사건과 누락 없음 확인, 사실 여부가 미확정인 사건:"


def failed(found: Sequence[FailedDay]) -> list[str]:
    title = f"{len(found)}일분 실행 실패: {_spelt(one.day for one in found)}"
    return [title, *first_of([_failure(one) for one in found], _MORE)]


def _failure(one: FailedDay) -> str:
    """A sentence on the tries of one day."""
    at = _minute(one.ended_at)
    often = f"실패({at})" if one.failures == 1 else f"{one.failures}회 실패(마지막 시도 {at})"
    log = f" 로그: {one.log}." if one.log else ""
    again = f"다음 시도: {_minute(one.retry_at)}."
    return f"{LABELS.date(one.day)} 실행 {often}: {one.error.rstrip('.') or _NO_REASON}. {again}{log}"


def recovered(found: Sequence[RecoveredDay]) -> list[str]:
    lines = [f"{LABELS.date(one.day)} 실행 공표: {_minute(one.ended_at)}(실행 {one.run_id})." for one in found]
    title = f"실패했던 {len(found)}일분 실행 공표: {_spelt(one.day for one in found)}"
    return [title, *first_of(lines, _MORE)]


def rejected(found: Sequence[RejectedDay], stands: tuple[int, date] | None) -> list[str]:
    lines = [
        f"{LABELS.date(one.day)} 실행(실행 {one.run_id}) 공표 보류: {', '.join(one.reasons) or _NO_REASON}."
        for one in found
    ]
    standing = "공표된 정기 실행이 아직 없다."
    if stands is not None:
        standing = f"계속 유효한 전망: 실행 {stands[0]}({LABELS.date(stands[1])} 기준), `parley show`."
    title = f"{len(found)}일분 실행, 진단에 따라 공표 보류: {_spelt(one.day for one in found)}"
    return [title, *first_of(lines, _MORE), standing]


def caught_up(found: CaughtUp) -> list[str]:
    sorts = (("공표", found.published), ("공표 보류", found.rejected), ("생략", found.skipped))
    return [
        _caught_up_title(found),
        *(f"{outcome}: {len(days)}일({_spelt(days)})." for outcome, days in sorts if days),
        *(f"생략 사유: {_why_skipped(reason)}." for reason in found.reasons),
    ]


def _caught_up_title(found: CaughtUp) -> str:
    made, skipped = found.made, len(found.skipped)
    if not made:
        return f"누락된 {skipped}일분 실행 생략: {_spelt(found.skipped)}"
    left = f". 외 {skipped}일분 생략" if skipped else ""
    return f"누락된 {len(made)}일분 소급 실행: {_spelt(made)}{left}"


def _why_skipped(reason: Skipped) -> str:
    return reason.error.rstrip(".") if reason.beyond_days is None else f"소급 실행 한도인 {reason.beyond_days}일을 넘음"


def stale(found: Sequence[Unobserved]) -> list[str]:
    name = f": {found[0].name}" if len(found) == 1 else ""
    return [
        f"지표 {len(found)}개 관측 지연{name}",
        *(f"- {_unobserved(one)}" for one in found),
        "이후의 관측 입력: `parley log INDICATOR LEVEL --on DATE --source TEXT --grade B2`.",
    ]


def _unobserved(one: Unobserved) -> str:
    last = f"마지막 관측 {LABELS.date(one.last_observed_on)}({one.days_ago:,}일 전)"
    return f"{one.name}({one.id}): {last}, 예상 간격 {one.cadence_days:g}일."


def unattested(found: AttestationDue) -> list[str]:
    only = "" if found.every_type else "".join(f" --type {one.type}" for one in found.types)
    names = ", ".join(LABELS.events[one.type] for one in found.types)
    return [
        f"{found.bound_days:,}일 넘게 누락 여부를 확인하지 않은 사건 유형: {names}",
        *(f"- {LABELS.events[one.type]}({one.type}): {_attested(one)}." for one in found.types),
        f"이후의 사건을 입력한 뒤 다음 명령을 입력: `parley event none{only} --through DATE`.",
    ]


def _attested(one: Unattested) -> str:
    if one.through is None or one.days_ago is None:
        return "확인된 날이 없음"
    return f"{LABELS.date(one.through)}까지 확인({one.days_ago:,}일 전)"


def backup_title(rule: str, day: date) -> str:
    return _BACKUPS[rule].format(LABELS.date(day))


def backup_trouble(found: BackupTrouble) -> list[str]:
    again = "1시간마다 다시 시도한다." if found.rule == BACKUP else "다음 백업도 복원·검증해 본다."
    return [
        backup_title(found.rule, found.day),
        f"{_minute(found.at)}: {found.why.rstrip('.')}.",
        again,
        *(_backups(found) if found.known else ()),
    ]


def _backups(found: BackupTrouble) -> list[str]:
    """Which there are to go back to."""
    last = f"{found.made.file}({_minute(found.made.at)} 작성)" if found.made else "없음"
    sure = f"{found.restored.file}({_minute(found.restored.at)})" if found.restored else "없음"
    return [f"마지막 백업: {last}.", f"복원·검증된 마지막 백업: {sure}."]


def thinning_failed(day: date, why: str) -> list[str]:
    return [f"{LABELS.date(day)} 오래된 사후분포 파일 정리 실패", f"{why.rstrip('.')}.", "1시간마다 다시 시도한다."]


def brief_due(found: BriefDue) -> list[str]:
    about, number = _about(found.target, found.horizon_days), LABELS.percent(found.value)
    as_of = f"{LABELS.date(found.as_of)} 기준"
    return [
        f"{about} {number}({as_of}), 보고서 메일 발송",
        f"실행 {found.run_id}의 보고서를 메일로 발송한다. {about}: {number}({as_of}).",
    ]


def brief_mailed(number: int) -> str:
    return f"보고서 제{number}호: 명령에 따라 메일 발송"


def trial(host: str, folder: str) -> list[str]:
    return ["알림 시험", f"실제로 일어난 일은 없다. 도착 여부를 확인하려고 보낸 것이다({host}, 폴더 {folder})."]


def compared(found: Compared) -> tuple[str, str]:
    what = f"{LABELS.date(found.before_as_of)} 이후"
    if found.crossed is not None:
        what = f"{_bounds(found.crossed)} {_ABOVE if found.now > found.crossed[0] else _BELOW}"
    before = f"{LABELS.percent(found.before)}({LABELS.date(found.before_as_of)})"
    now = f"{LABELS.percent(found.now)}({LABELS.date(found.now_as_of)})"
    return f"{LABELS.window(found.horizon_days, None)}, {what}", f"{before}→{now}, {signed(found.points, 1)}%p"


def origin(raised_at: datetime, rule: str, case_id: str) -> str:
    return f"알림 시각: {_minute(raised_at)}, 규칙: {rule}, 사례: {case_id}."


def see(command: str) -> str:
    return f"참조: `{command}`."


def goes_on() -> str:
    return "… 이어지는 전체 내용: `parley schedule status --json`."


_MORE = "외 {}건"
_NO_REASON = "기록된 사유 없음"


def _spelt(days: Iterable[date]) -> str:
    """Days as stretches from the first to the last that follow one another."""
    spelt = [
        f"{LABELS.date(first)}~{LABELS.date(last)}" if first != last else LABELS.date(first)
        for first, last in stretches(days)
    ]
    left = spelt[SPELT:]
    more = f" 외 {len(left)}{'개 기간' if any('~' in one for one in left) else '일'}" if left else ""
    return ", ".join(spelt[:SPELT]) + more


def _minute(instant: datetime) -> str:
    at = instant.astimezone(UTC)
    return f"{LABELS.date(at.date())} {at:%H:%M} UTC"
