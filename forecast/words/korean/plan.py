"""What to look at next, in Korean."""

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
from forecast.words.korean.labels import LABELS
from forecast.words.numbers import level_text
from forecast.words.whatif_numbers import attesting, best_of, overdue, priced
from forecast.words.why_numbers import size_text

_LABELS = {
    "candidate": "알아볼 것",
    "moves": "예상 변동",
    "range": "범위",
    "level": "현재 수준",
    "age": "최근 관측",
    "stale": "지연",
    "cost": "비용",
    "per_cost": "비용당",
    "never": "없음",
    "days": "{}일 전",
    "calendar": "일정",
    "ranked": "각각의 가치",
    "movement": "예상 변동(%p)",
    "observe": "지표 관측",
    "attest": "누락 없음 확인",
    "line": "비용당 {}%p",
}
_OUTCOMES = {
    SILENT: "사건 없음",
    "contact": "접촉",
    "crisis": "위기",
    "deal": "제한적 합의",
    "arms_control_talks": "군비통제 협상",
    "denuclearisation_talks": "비핵화 협상",
}


def title(found: Plan) -> str:
    of = f"실행 {found.base_run_id}, 기준일 {LABELS.date(found.as_of)}"
    return f"{_what(found)}에 관해 다음에 알아볼 것: 현재 {LABELS.percent(found.now.rolling)}({of})"


def _what(found: Plan) -> str:
    return f"{LABELS.target(found.target)}({LABELS.window(found.reach.horizon_days, found.reach.deadline)})"


def sentences(found: Plan) -> list[str]:
    best, days = best_of(found), attesting(found)
    said = [_best(best)] if best else ["알아볼 것 가운데 이 확률을 움직일 것으로 예상되는 것은 없다."]
    if days is None:
        said.append("누락 여부 미확인인 날이 없어 확인할 기록이 없다.")
    elif best is not days:
        said.append(f"{candidate(days)}의 예상 변동은 {_points(days)}%p이다.")
    if days is not None:
        said.append(outcomes(days))
    late = overdue(found)
    if late:
        said.append(f"관측 지연 상태인 지표는 {late}개이다.")
    return [*said, _ranked(found)]


def _best(one: Candidate) -> str:
    moves = f"예상 변동은 {_points(one)}%p이다"
    if one.kind == ATTESTATION:
        return f"가장 가치 있는 것은 {candidate(one)}이며, {moves}."
    ends = f"−2이면 {LABELS.percent(one.low)}, +2이면 {LABELS.percent(one.high)}"
    return f"가장 가치 있는 것은 {one.name} 관측이며, {moves}({ends}). {_known(one)}."


def _known(one: Candidate) -> str:
    level = f"현재 수준은 {level_text(round(one.level, 1))} ±{one.level_sd:.1f}로 추정되며"
    return f"{level} 아직 관측이 없다" if one.age_days is None else f"{level} 최근 관측은 {one.age_days}일 전이다"


def _points(one: Candidate) -> str:
    return size_text(100 * one.movement)


def _ranked(found: Plan) -> str:
    by = "비용당 예상 변동" if priced(found) else "예상 변동"
    return f"{by}이 큰 순서이며 관측은 등급 {found.main_grade} 기준이다."


def candidate(one: Candidate) -> str:
    if one.kind != ATTESTATION:
        return one.name
    if one.open_from is None or one.open_through is None:
        return "누락 없음 확인"
    first, last = LABELS.date(one.open_from), LABELS.date(one.open_through)
    return f"{first if first == last else f'{first}~{last}'} 누락 없음 확인"


def outcomes(one: Candidate) -> str:
    said = [
        f"{_OUTCOMES[each.kind]}({LABELS.percent(each.probability)}) → {LABELS.percent(each.after)}"
        for each in one.outcomes
    ]
    return f"이 기간에 있었을 수 있는 일과 그때의 전망: {', '.join(said)}." if said else ""


def signposts(found: Plan) -> str:
    return f"분기점: {LABELS.date(found.signposts[0].by)} 시점의 {_what(found)}" if found.signposts else ""


def signpost(one: Signpost, target: str) -> str:
    now, seen, unseen = one.now, one.seen, one.unseen
    day, level = LABELS.date(one.by), level_text(one.level)
    said = f"{day}까지 {one.name} 수준이 {level}({_criterion(one)})에 이르면 "
    said += f"{LABELS.percent(now.rolling)} → {LABELS.percent(seen.rolling)}, "
    said += f"그때까지 아무것도 관측되지 않으면 {LABELS.percent(unseen.rolling)}"
    if now.deadline is None or seen.deadline is None or unseen.deadline is None:
        return said
    ends = f"{LABELS.percent(now.deadline)} → {LABELS.percent(seen.deadline)}, {LABELS.percent(unseen.deadline)}"
    return f"{said}(시한까지는 {ends})"


def _criterion(one: Signpost) -> str:
    return one.criterion.rstrip(".")


def entry(dated: Dated) -> tuple[str, str]:
    if dated.signpost is not None:
        one = dated.signpost
        return f"분기점: {one.name}, {level_text(one.level)}인가", f"{signpost(one, '')}."
    return {
        EXPECTED: (
            f"{dated.name} 알아보기",
            f"다음 관측 시점이다. 관측은 `parley log {dated.subject} LEVEL --on DATE --source TEXT`로 입력한다.",
        ),
        DEADLINE: (f"시한: {dated.name}", "전망은 이날까지 미친다."),
        ATTESTED_UNTIL: (
            "누락 없음 확인",
            "이날부터는 누락 여부 미확인이다. `parley event none --through DATE`로 확인을 입력한다.",
        ),
    }[dated.kind]


def expected(names: Sequence[str]) -> str:
    return f"{', '.join(names)} 알아보기"


def caption(found: Plan) -> str:
    return " ".join((f"{title(found)}.", *sentences(found)))


def label(name: str) -> str:
    return _LABELS[name]
