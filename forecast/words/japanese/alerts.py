"""What the schedule notifies, in Japanese."""

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
from forecast.words.days import first_of, stretches
from forecast.words.japanese.labels import LABELS
from forecast.words.japanese.why import causes
from forecast.words.numbers import error_size, signed, told_apart

_SPANS = {DAY: "1日の変化", WEEK: "1週間の変化", DRIFT: "緩やかな変化"}
_BACKUPS = {BACKUP: "{}のバックアップに失敗", RESTORE: "{}のバックアップを復元・検証できず"}


def moved(found: HeadlineMoved) -> list[str]:
    """One line as the title; then where the headline is, what moved since when, and what was last notified."""
    movement, about = found.movement, _about(found.target, found.horizon_days)
    now = movement.now
    said = f"{LABELS.date(now.as_of)}時点、実行{now.run_id}、モンテカルロ誤差±{error_size(now.mcse)}ポイント"
    return [
        _moved_title(movement, about),
        f"{about}：{LABELS.percent(now.mean)}（{said}）。",
        *(_step(step, movement) for step in movement.steps),
        f"{_last(movement)}。詳細：`parley show --run {now.run_id}`。",
        *_why(found),
        *_remodelled(found),
    ]


def _about(target: str, horizon_days: int) -> str:
    return f"{LABELS.window(horizon_days, None)}の{LABELS.target(target)}"


def _moved_title(movement: Movement, about: str) -> str:
    first = movement.steps[0]
    crossed = [step for step in movement.steps if step.crossed]
    beyond = f"（{_bounds(crossed[0])}を{_side(crossed[0], movement)}）" if crossed else ""
    title = f"{about}：{_change(first, movement)}{beyond}"
    return title if first.before == movement.notified else f"{title}。{_last(movement)}"


def _step(step: Step, movement: Movement) -> str:
    if step.crossed:
        before = "下回っていた" if _side(step, movement) == _ABOVE else "上回っていた"
        return f"現在は{_bounds(step)}を{_side(step, movement)}。前回確認した時点では{before}。"
    since = f"{LABELS.date(step.before.as_of)}比{signed(step.points, 1)}ポイント"
    return f"{_SPANS[step.rule]}：{_change(step, movement)}（{since}）。通知の基準は{step.bound:g}ポイント超。"


_ABOVE, _BELOW = "上回る", "下回る"


def _side(step: Step, movement: Movement) -> str:
    """All thresholds that one run crosses lie on the same side of it."""
    return _ABOVE if movement.now.mean > step.crossed[0] else _BELOW


def _bounds(step: Step) -> str:
    return "、".join(f"{100 * threshold:g}%" for threshold in step.crossed)


def _change(step: Step, movement: Movement) -> str:
    return "→".join(one.replace(" %", "%") for one in told_apart(step.before.mean, movement.now.mean))


def _last(movement: Movement) -> str:
    what = "前回の通知は" if movement.alerted else "初回の定期実行では"
    last = movement.notified
    if last.said is None:
        return f"{what}{LABELS.percent(last.mean)}（{LABELS.date(last.as_of)}時点）"
    carried = f"旧モデルによる。現在のモデルでは{LABELS.percent(last.mean)}"
    return f"{what}{LABELS.percent(last.said)}（{LABELS.date(last.as_of)}時点、{carried}）"


def _why(found: HeadlineMoved) -> list[str]:
    explained, place = found.explained, found.place
    return [] if explained is None or place is None else [f"理由：{causes(explained, *place)}。"]


def _remodelled(found: HeadlineMoved) -> list[str]:
    change = found.remodelled
    if change is None:
        return []
    return [
        f"実行{change.run_id}の後にモデルが改訂された。モデル{change.old}からモデル{change.new}への改訂だけで数値は"
        f"{signed(change.points, 1)}ポイント動いており、これは上の変化に含めていない。"
    ]


def week_heading(since: date) -> str:
    return f"{LABELS.date(since)}以降の出来事と記録漏れの確認、および真偽が未確定の出来事："


def failed(found: Sequence[FailedDay]) -> list[str]:
    title = f"{len(found)}日分の実行が失敗：{_spelt(one.day for one in found)}"
    return [title, *first_of([_failure(one) for one in found], _MORE)]


def _failure(one: FailedDay) -> str:
    """A sentence on the tries of one day."""
    at = f"{_minute(one.ended_at)}に失敗"
    often = at if one.failures == 1 else f"{one.failures}回失敗（最後は{_minute(one.ended_at)}）"
    error = one.error.rstrip(".") or _NO_REASON
    log = f"ログ：{one.log}。" if one.log else ""
    return f"{LABELS.date(one.day)}の実行は{often}：{error}。次の試行：{_minute(one.retry_at)}。{log}"


def recovered(found: Sequence[RecoveredDay]) -> list[str]:
    lines = [
        f"{LABELS.date(one.day)}の実行は{_minute(one.ended_at)}に公表された（実行{one.run_id}）。" for one in found
    ]
    title = f"失敗していた{len(found)}日分の実行を公表：{_spelt(one.day for one in found)}"
    return [title, *first_of(lines, _MORE)]


def rejected(found: Sequence[RejectedDay], stands: tuple[int, date] | None) -> list[str]:
    lines = [
        f"{LABELS.date(one.day)}の実行（実行{one.run_id}）は公表見送り：{'、'.join(one.reasons) or _NO_REASON}。"
        for one in found
    ]
    standing = "公表された定期実行はまだない。"
    if stands is not None:
        standing = f"引き続き有効な見通しは実行{stands[0]}（{LABELS.date(stands[1])}時点）：`parley show`。"
    title = f"診断の結果、{len(found)}日分の実行を公表見送り：{_spelt(one.day for one in found)}"
    return [title, *first_of(lines, _MORE), standing]


def caught_up(found: CaughtUp) -> list[str]:
    sorts = (("公表", found.published), ("公表見送り", found.rejected), ("省略", found.skipped))
    return [
        _caught_up_title(found),
        *(f"{outcome}：{len(days)}日（{_spelt(days)}）。" for outcome, days in sorts if days),
        *(f"省略の理由：{_why_skipped(reason)}。" for reason in found.reasons),
    ]


def _caught_up_title(found: CaughtUp) -> str:
    made, skipped = found.made, len(found.skipped)
    if not made:
        return f"欠けていた{skipped}日分の実行を省略：{_spelt(found.skipped)}"
    left = f"。ほかに{skipped}日分を省略" if skipped else ""
    return f"欠けていた{len(made)}日分を補完実行：{_spelt(made)}{left}"


def _why_skipped(reason: Skipped) -> str:
    return reason.error.rstrip(".") if reason.beyond_days is None else f"補完実行は{reason.beyond_days}日前まで"


def stale(found: Sequence[Unobserved]) -> list[str]:
    name = f"：{found[0].name}" if len(found) == 1 else ""
    return [
        f"{len(found)}指標に観測の遅れ{name}",
        *(f"- {_unobserved(one)}" for one in found),
        "その後の観測を入力すること：`parley log INDICATOR LEVEL --on DATE --source TEXT --grade B2`。",
    ]


def _unobserved(one: Unobserved) -> str:
    last = f"最後の観測は{LABELS.date(one.last_observed_on)}（{one.days_ago}日前）"
    return f"{one.name}（{one.id}）：{last}、想定される間隔は{one.cadence_days:g}日。"


def unattested(found: AttestationDue) -> list[str]:
    only = "" if found.every_type else "".join(f" --type {one.type}" for one in found.types)
    names = "、".join(LABELS.events[one.type] for one in found.types)
    return [
        f"{found.bound_days}日を超えて記録漏れの確認がない種別：{names}",
        *(f"- {LABELS.events[one.type]}（{one.type}）：{_attested(one)}。" for one in found.types),
        f"その後の出来事を入力し、`parley event none{only} --through DATE`を実行すること。",
    ]


def _attested(one: Unattested) -> str:
    if one.through is None or one.days_ago is None:
        return "記録漏れの確認なし"
    return f"{LABELS.date(one.through)}まで漏れなしと確認（{one.days_ago}日前）"


def backup_title(rule: str, day: date) -> str:
    return _BACKUPS[rule].format(LABELS.date(day))


def backup_trouble(found: BackupTrouble) -> list[str]:
    again = "1時間ごとに再び試みる。" if found.rule == BACKUP else "次のバックアップでも復元・検証を試みる。"
    return [
        backup_title(found.rule, found.day),
        f"{_minute(found.at)}：{found.why.rstrip('.')}。",
        again,
        *(_backups(found) if found.known else ()),
    ]


def _backups(found: BackupTrouble) -> list[str]:
    """Which there are to go back to."""
    last = f"{found.made.file}（{_minute(found.made.at)}に作成）" if found.made else "なし"
    sure = f"{found.restored.file}（{_minute(found.restored.at)}）" if found.restored else "なし"
    return [f"最後のバックアップ：{last}。", f"復元・検証済みの最後のバックアップ：{sure}。"]


def thinning_failed(day: date, why: str) -> list[str]:
    title = f"{LABELS.date(day)}に行う古い事後分布の間引きに失敗"
    return [title, f"{why.rstrip('.')}。", "1時間ごとに再び試みる。"]


def brief_due(found: BriefDue) -> list[str]:
    about, number = _about(found.target, found.horizon_days), LABELS.percent(found.value)
    as_of = f"{LABELS.date(found.as_of)}時点"
    return [
        f"{number}（{as_of}）：{about}。報告をメールで送付",
        f"実行{found.run_id}の報告をメールで送付する。{about}：{number}（{as_of}）。",
    ]


def brief_mailed(number: int) -> str:
    return f"報告第{number}号をコマンドによりメールで送付"


def trial(host: str, folder: str) -> list[str]:
    return ["通知の試験", f"何も起こっていない。届くかどうかを確かめるための送信である（{host}、フォルダー{folder}）。"]


def compared(found: Compared) -> tuple[str, str]:
    what = f"{LABELS.date(found.before_as_of)}以降"
    if found.crossed is not None:
        bounds = "、".join(f"{100 * bound:g}%" for bound in found.crossed)
        what = f"{bounds}を{_ABOVE if found.now > found.crossed[0] else _BELOW}"
    before = f"{LABELS.percent(found.before)}（{LABELS.date(found.before_as_of)}）"
    now = f"{LABELS.percent(found.now)}（{LABELS.date(found.now_as_of)}）"
    return f"{LABELS.window(found.horizon_days, None)}、{what}", f"{before}→{now}、{signed(found.points, 1)}ポイント"


def origin(raised_at: datetime, rule: str, case_id: str) -> str:
    return f"通知の時刻：{_minute(raised_at)}、規則：{rule}、案件：{case_id}。"


def see(command: str) -> str:
    return f"参照：`{command}`。"


def goes_on() -> str:
    return "（以下略）全文は`parley schedule status --json`で表示できる。"


_MORE = "ほか{}件"
_NO_REASON = "理由の記録なし"


def _spelt(days: Iterable[date]) -> str:
    """Days as stretches from the first to the last that follow one another."""
    spelt = [
        f"{LABELS.date(first)}〜{LABELS.date(last)}" if first != last else LABELS.date(first)
        for first, last in stretches(days)
    ]
    return "、".join(first_of(spelt, _MORE))


def _minute(instant: datetime) -> str:
    at = instant.astimezone(UTC)
    return f"{LABELS.date(at.date())}{at:%H:%M} UTC"
