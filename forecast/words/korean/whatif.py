"""What if, in Korean."""

from datetime import date

from forecast.facts.whatif import (
    ARMS_CONTROL,
    ATTESTATION,
    CONTACT,
    CRISIS,
    DEAL,
    DENUCLEARISATION,
    DO,
    EVENT,
    EXACT,
    JUDGEMENT,
    LEVEL,
    REFITTED,
    WITHDRAWAL,
    Answer,
    Saved,
    Statement,
    Tornado,
)
from forecast.words.korean.labels import LABELS
from forecast.words.numbers import level_text
from forecast.words.whatif_numbers import (
    AHEAD,
    APART,
    CHANCE,
    DONE,
    FORESEEN,
    FRESH,
    LEARNT,
    NOTHING,
    TAUGHT,
    Named,
    change_text,
    compared_with_chance,
    effective_text,
    ends_text,
    error_text,
    left_alone,
    made_apart,
    most_moved,
    shape_text,
)
from forecast.words.why_numbers import points_text

_EVENTS = {
    CONTACT: "접촉",
    CRISIS: "위기",
    DEAL: "제한적 합의",
    ARMS_CONTROL: "군비통제 협상",
    DENUCLEARISATION: "비핵화 협상",
}
_UNTOUCHED = {
    FRESH: "오늘까지의 수준 관측은 수준 추정만 움직인다. 모수는 그대로다.",
    AHEAD: "앞날의 수준 관측은 그날의 앞과 뒤 수준에 모두 영향을 준다. 모수는 그대로다.",
    DONE: "개입(고정한 수준, 일으킨 사건)은 수준 추정, 모수, 그 이전 날을 모두 그대로 둔다.",
    APART: "개입으로 일으킨 사건({})은 협상 전망을 바꾸지 않는다. 모형에서 협상의 시작은 이에 좌우되지 않기 때문이다.",
    TAUGHT: "사건의 관측이나 사건이 없었다는 확인에서는 발생률에 관해서도 배운다. 그 몫은 수치에 들어 있다.",
    FORESEEN: "앞날에 관측한다고 가정한 사건의 확률은 {}였다. "
    "표본마다 그 사건을 얼마나 내다봤는지에 따라 가중치를 주었다.",
    LEARNT: "판단을 바꾸면 추정되는 효과도 바뀐다. 그 몫은 수치에 들어 있다.",
}
_LABELS = {
    "now": "현재",
    "then": "가정 시",
    "points": "%p",
    "error": "몬테카를로 오차",
    "interval": "90% 구간",
    "difference": "{}와 {}의 차",
    "scenarios": "시나리오(현재 → 가정 시)",
    "indicator": "지표",
    "level": "현재 수준",
    "low": "−2일 때",
    "high": "+2일 때",
    "swing": "폭",
    "present": "현재 수준",
    "supposed": "가정",
}


def statement(one: Statement, names: Named) -> str:
    return _LEVELS[one.mode == DO](one, names) if one.kind == LEVEL else _KINDS[one.kind](one, names)


def _seen(one: Statement, names: Named) -> str:
    origin = f", 원출처 {one.origin}" if one.origin else ""
    return f"관측: {_name(one, names)} {level_text(one.level)}({LABELS.date(one.day)}, {one.grade}{origin})"


def _set(one: Statement, names: Named) -> str:
    day = LABELS.date(one.day)
    days = {None: f"{day} 이후", one.day: f"{day} 하루만"}
    when = days.get(one.until) or f"{day}~{LABELS.date(one.until or one.day)}"
    return f"개입: {_name(one, names)} 수준을 {level_text(one.level)}로 고정({when})"


def _happens(one: Statement, names: Named) -> str:
    event, day = _EVENTS[one.event], LABELS.date(one.day)
    return f"개입: 사건을 일으킴, {event}({day})" if one.mode == DO else f"관측: {event}({day})"


def _attested(one: Statement, names: Named) -> str:
    what = f"{LABELS.event(one.event)} 없음" if one.event else "그 밖의 사건 없음"
    return f"확인: {LABELS.date(one.day)}까지 {what}"


def _withdrawn(one: Statement, names: Named) -> str:
    return f"철회: 사건 {names.get(one.event, one.event)}"


def _judged(one: Statement, names: Named) -> str:
    author, weight = names.get(one.document, one.document), level_text(one.weight)
    return f"판단: {author}, {_name(one, names)}의 {LABELS.target(one.target)} 가중치 {weight}"


_LEVELS = {True: _set, False: _seen}
_KINDS = {EVENT: _happens, ATTESTATION: _attested, WITHDRAWAL: _withdrawn, JUDGEMENT: _judged}


def _name(one: Statement, names: Named) -> str:
    return names.get(one.indicator, one.indicator)


def title(found: Answer, target: int, reach: int) -> str:
    name = f"‘{found.name}’" if found.name else "이 가정"
    if compared_with_chance(found, target, reach) == NOTHING:
        stays = LABELS.percent(found.after[target][reach])
        return f"{name}에 따르면 {_what(found, target, reach)} 확률은 {stays} 그대로({_run(found)})"
    before, after = _ends(found, target, reach)
    moved = f"{change_text(found, target, reach)}%p"
    return f"{name}에 따르면 {_what(found, target, reach)} 확률은 {before}가 아니라 {after}: {moved}({_run(found)})"


def _ends(found: Answer, target: int, reach: int) -> tuple[str, str]:
    before, after = (text.replace(" %", "%") for text in ends_text(found, target, reach))
    return before, after


def _run(found: Answer | Tornado) -> str:
    return f"실행 {found.base_run_id}, 기준일 {LABELS.date(found.as_of)}"


def _what(found: Answer, target: int, reach: int) -> str:
    window = found.reaches[reach]
    return f"{LABELS.target(found.targets[target])}({LABELS.window(window.horizon_days, window.deadline)})"


def sentences(found: Answer, target: int, reach: int) -> list[str]:
    said = [_chance(found, target, reach)]
    other = most_moved(found, target, reach)
    if other is not None:
        before, after = _ends(found, other, reach)
        moved = f"{change_text(found, other, reach)}%p"
        said.append(f"더 크게 움직이는 대상은 {LABELS.target(found.targets[other])}: {before} → {after}, {moved}.")
    return [*said, status(found)]


def _chance(found: Answer, target: int, reach: int) -> str:
    error = f"±{error_text(found, target, reach)}%p"
    return {
        NOTHING: "이 확률은 마지막 자리까지 그대로다.",
        CHANCE: f"이 차이는 몬테카를로 오차({error})로 생길 수 있는 범위 안이다.",
    }.get(compared_with_chance(found, target, reach), f"이 차이는 몬테카를로 오차({error})보다 크다.")


def status(found: Answer) -> str:
    if found.status == EXACT:
        return "정확: 이 가정에서 모수에 관해 배우는 것은 없다."
    left = f"표본 {found.draws}개 가운데 실효 {effective_text(found)}개, 파레토 k {shape_text(found)}"
    if found.status == REFITTED and found.trusted:
        return f"재추정: 가정 전체로 모수를 다시 추정했다({left}). 결과는 저장하지 않았다."
    if found.trusted:
        return f"가중: 실행 {found.base_run_id}의 표본에 관측에 따른 가중치를 주었다({left})."
    what = f"신뢰할 수 없음: 실행 {found.base_run_id}의 표본으로는"
    if found.foreseen is not None:
        return f"{what} 앞날의 관측을 나타낼 수 없고({left}), 추정도 앞날은 읽지 못한다. 대신 --do를 쓴다."
    return f"{what} 추정을 대신할 수 없다({left}). --no-refit 없이 실행하면 다시 추정한다."


def untouched(found: Answer) -> list[str]:
    made = ", ".join(_EVENTS[one] for one in made_apart(found))
    filled = {APART: made, FORESEEN: LABELS.percent(found.foreseen)}
    return [_UNTOUCHED[name].format(filled.get(name, "")) for name in left_alone(found)]


def compared(one: Answer, other: Answer) -> str:
    return f"A: {one.name}, B: {other.name}({_run(one)})"


def tornado(found: Tornado) -> str:
    window = LABELS.window(found.reach.horizon_days, found.reach.deadline)
    what = f"{LABELS.target(found.target)}({window})"
    now = LABELS.percent(found.now)
    return f"지표 하나를 내일부터 −2 또는 +2로 고정할 때의 {what}: 현재 {now}({_run(found)})"


def beside(found: Tornado) -> list[str]:
    said = []
    if found.swings:
        first = found.swings[0]
        ends = f"−2이면 {LABELS.percent(first.low)}, +2이면 {LABELS.percent(first.high)}"
        said.append(f"폭이 가장 큰 지표는 {first.name}: {ends}({points_text(first.points)}%p).")
    return [
        *said,
        "이 순서는 관측할 가치의 순서가 아니다. 수준이 이미 잘 알려진 지표도 있기 때문이며, "
        "그 순서는 `parley next`에서 볼 수 있다.",
    ]


def saved(one: Saved) -> str:
    return f"{one.version}판, 담당자 {one.analyst}, {LABELS.date(one.since)}부터: {one.reason}"


def answered(one: Saved, target: int, reach: int) -> str:
    if one.overtaken:
        return f"더는 계산되지 않음: {_over(one.overtaken)}"
    if one.answer is None:
        return f"아직 계산되지 않음: `parley what-if --load '{one.name}'`로 계산할 수 있다"
    before, after = _ends(one.answer, target, reach)
    moved = f"{change_text(one.answer, target, reach)}%p"
    return f"{_what(one.answer, target, reach)}: {before} → {after}, {moved}({_run(one.answer)})"


def _over(day: date) -> str:
    return f"개입할 날({LABELS.date(day)})이 지났다. 뒤의 날로 고쳐 --revise로 다시 저장해야 한다"


def kept(name: str) -> str:
    return f"‘{name}’ 저장함. 실행할 때마다 다시 계산된다(`parley what-if --list`)"


def withdrawn(name: str) -> str:
    return f"‘{name}’ 철회함. 이전 판과 계산 결과는 기록에 남는다"


def none_saved() -> str:
    return "저장된 가정이 없다. 가정에 --save NAME --reason TEXT를 붙이면 저장된다."


def label(name: str) -> str:
    return _LABELS[name]
