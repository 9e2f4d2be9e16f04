"""What to look at next, in Japanese."""

from collections.abc import Sequence

from forecast.facts.plan import (
    ATTESTATION,
    ATTESTED_UNTIL,
    DEADLINE,
    EXPECTED,
    SILENT,
    Candidate,
    Dated,
    Plan,
    Signpost,
)
from forecast.words.japanese.labels import LABELS
from forecast.words.numbers import level_text
from forecast.words.whatif_numbers import attesting, best_of, overdue, priced
from forecast.words.why_numbers import size_text

_LABELS = {
    "candidate": "調べること",
    "moves": "見込まれる動き",
    "range": "範囲",
    "level": "現在の水準",
    "age": "最終観測",
    "stale": "遅れ",
    "cost": "費用",
    "per_cost": "費用当たり",
    "never": "なし",
    "days": "{}日前",
    "calendar": "予定",
    "ranked": "それぞれの価値",
    "movement": "見込まれる動き（ポイント）",
    "observe": "指標の観測",
    "attest": "記録漏れの確認",
    "line": "費用当たり{}ポイント",
}
_OUTCOMES = {
    SILENT: "出来事なし",
    "contact": "接触",
    "crisis": "危機",
    "deal": "限定的合意",
    "arms_control_talks": "軍備管理協議",
    "denuclearisation_talks": "非核化協議",
}


def title(found: Plan) -> str:
    of = f"実行{found.base_run_id}、基準日{LABELS.date(found.as_of)}"
    return f"{_what(found)}について次に調べること：現在{LABELS.percent(found.now.rolling)}（{of}）"


def _what(found: Plan) -> str:
    return f"{LABELS.target(found.target)}（{LABELS.window(found.reach.horizon_days, found.reach.deadline)}）"


def sentences(found: Plan) -> list[str]:
    best, days = best_of(found), attesting(found)
    said = [_best(best)] if best else ["調べることのうち、この確率を動かすと見込まれるものはない。"]
    if days is None:
        said.append("漏れ未確認の日はなく、確認すべき記録はない。")
    elif best is not days:
        said.append(f"{candidate(days)}で見込まれる動きは{_points(days)}ポイント。")
    if days is not None:
        said.append(outcomes(days))
    late = overdue(found)
    if late:
        said.append(f"観測の遅れがある指標は{late}件。")
    return [*said, _ranked(found)]


def _best(one: Candidate) -> str:
    moves = f"見込まれる動きは{_points(one)}ポイント"
    if one.kind == ATTESTATION:
        return f"最も価値があるのは{candidate(one)}で、{moves}。"
    ends = f"−2なら{LABELS.percent(one.low)}、+2なら{LABELS.percent(one.high)}"
    return f"最も価値があるのは{one.name}の観測で、{moves}（{ends}）。{_known(one)}。"


def _known(one: Candidate) -> str:
    level = f"現在の水準は{level_text(round(one.level, 1))} ±{one.level_sd:.1f}とみられ"
    return f"{level}、まだ観測がない" if one.age_days is None else f"{level}、最後の観測は{one.age_days}日前"


def _points(one: Candidate) -> str:
    return size_text(100 * one.movement)


def _ranked(found: Plan) -> str:
    by = "費用当たりに見込まれる動き" if priced(found) else "見込まれる動き"
    return f"並びは{by}の大きい順、観測は等級{found.main_grade}の場合による。"


def candidate(one: Candidate) -> str:
    if one.kind != ATTESTATION:
        return one.name
    if one.open_from is None or one.open_through is None:
        return "記録漏れの確認"
    first, last = LABELS.date(one.open_from), LABELS.date(one.open_through)
    return f"{first if first == last else f'{first}〜{last}'}の記録漏れの確認"


def outcomes(one: Candidate) -> str:
    said = [
        f"{_OUTCOMES[each.kind]}（{LABELS.percent(each.probability)}） → {LABELS.percent(each.after)}"
        for each in one.outcomes
    ]
    return f"この間にあり得たことと、その場合の見通し：{'、'.join(said)}。" if said else ""


def signposts(found: Plan) -> str:
    return f"分岐点：{LABELS.date(found.signposts[0].by)}時点の{_what(found)}" if found.signposts else ""


def signpost(one: Signpost, target: str) -> str:
    now, seen, unseen = one.now, one.seen, one.unseen
    day, level = LABELS.date(one.by), level_text(one.level)
    said = f"{one.name}が{day}までに{level}（{_criterion(one)}）になれば"
    said += f"{LABELS.percent(now.rolling)} → {LABELS.percent(seen.rolling)}、"
    said += f"それまでに何も観測されなければ{LABELS.percent(unseen.rolling)}"
    if now.deadline is None or seen.deadline is None or unseen.deadline is None:
        return said
    ends = f"{LABELS.percent(now.deadline)} → {LABELS.percent(seen.deadline)}、{LABELS.percent(unseen.deadline)}"
    return f"{said}（期限までは{ends}）"


def _criterion(one: Signpost) -> str:
    return one.criterion.rstrip("。.")


def entry(dated: Dated) -> tuple[str, str]:
    if dated.signpost is not None:
        one = dated.signpost
        return f"分岐点：{one.name}は{level_text(one.level)}か", f"{signpost(one, '')}。"
    return {
        EXPECTED: (
            f"{dated.name}を調べる",
            f"次の観測の時期。観測は`parley log {dated.subject} LEVEL --on DATE --source TEXT`で記録する。",
        ),
        DEADLINE: (f"期限：{dated.name}", "見通しはこの日まで及ぶ。"),
        ATTESTED_UNTIL: (
            "記録漏れの確認",
            "この日以降は漏れ未確認：`parley event none --through DATE`で確認を記録する。",
        ),
    }[dated.kind]


def expected(names: Sequence[str]) -> str:
    return f"{'、'.join(names)}を調べる"


def caption(found: Plan) -> str:
    return "".join((f"{title(found)}。", *sentences(found)))


def label(name: str) -> str:
    return _LABELS[name]
