"""Why a forecast moved, in Korean."""

from forecast.facts.why import (
    ALL,
    CASE,
    CHANCE,
    CODE,
    CORRECTION,
    CORRECTIONS,
    DAILY,
    DAYS,
    DOCUMENT,
    DOCUMENTS,
    EVENT,
    EVENTS,
    FADING,
    LATE,
    LEARNING,
    LEVELS,
    LOST_AFTER,
    LOST_BEFORE,
    MODEL,
    NO_OVERLAP,
    OBSERVATION,
    OPEN,
    OTHER_MODEL,
    OTHER_SHAPES,
    REFERENCE,
    REST,
    RETRACTED,
    REVISED,
    REVISED_SINCE,
    SILENCE,
    THINNED_AFTER,
    THINNED_BEFORE,
    TIME,
    VERSION,
    WITHDRAWN,
    Cause,
    Coded,
    End,
    Explanation,
    Happened,
    Line,
    chance_of,
    forgotten,
    meeting_elsewhere,
    name_causes,
)
from forecast.words.korean.labels import LABELS
from forecast.words.numbers import level_text
from forecast.words.why_numbers import (
    attested_through,
    change_text,
    ends_text,
    passed_of,
    points_text,
    report_of,
    size_text,
)

_CLASSES = {
    VERSION: "프로그램과 사례",
    TIME: "시간의 경과와 사건 없는 날",
    OBSERVATION: "새 관측",
    CORRECTION: "정정",
    EVENT: "사건(협상 상황에 미친 영향)",
    DOCUMENT: "문헌",
    REST: "적은 표본으로 계산해 생긴 나머지",
    LEARNING: "재추정",
    CHANCE: "몬테카를로 오차",
}
_VERSIONS = {CODE: "프로그램 버전의 차이", CASE: "사례 버전의 차이", MODEL: "모형의 차이"}
_TAUGHT = {
    REFERENCE: "참조 사례 갱신에서 배운 몫",
    SILENCE: "사건이 없었다는 데서 배운 몫",
    EVENTS: "사건에서 배운 몫",
    LEVELS: "새 수준에서 배운 몫",
    CORRECTIONS: "정정에서 배운 몫",
    DOCUMENTS: "문헌에서 배운 몫",
}
_LACKING = {
    THINNED_BEFORE: "실행 {before}의 사후분포가 솎아져 있어, 배운 몫과 몬테카를로 오차를 나눌 수 없다.",
    THINNED_AFTER: "실행 {after}의 사후분포가 솎아져 있어, 배운 몫과 몬테카를로 오차를 나눌 수 없다.",
    NO_OVERLAP: "두 추정 사이가 너무 멀어 배운 몫과 몬테카를로 오차를 나눌 수 없다. 더 가까운 실행끼리 비교해야 한다.",
    OTHER_MODEL: "실행 {before}은(는) 다른 모형에 따른 것이다. ‘모형의 차이’에는 재추정과 몬테카를로 오차도 들어 있고, "
    "나머지 줄은 현재 모형에 따른다.",
    OTHER_SHAPES: "실행 {before} 이후 사례의 지표가 바뀌어, 그 줄에는 재추정과 몬테카를로 오차도 들어 있다.",
    LOST_BEFORE: "실행 {before}의 사후분포가 없어져, 배운 몫과 몬테카를로 오차를 나눌 수 없다.",
    LOST_AFTER: "실행 {after}의 사후분포가 없어져, 배운 몫과 몬테카를로 오차를 나눌 수 없다.",
}
_LABELS = {
    "before": "이전",
    "after": "이후",
    "points": "%p",
    "expected": "예상",
    "said": "관측값",
    "surprise": "예상과의 차이",
    "moved": "수준 변화",
    "others": "그 밖의 {}건",
    "chance": "예상 범위 ±{}",
}


def title(found: Explanation, target: int, reach: int) -> str:
    window = found.reaches[reach]
    what = f"{LABELS.target(found.targets[target])}({LABELS.window(window.horizon_days, window.deadline)})"
    before, after = ends_text(found, target, reach)
    old, new = f"{_percent(before)}({_run(found.before)})", f"{_percent(after)}({_run(found.after)})"
    return f"{what} 확률이 {old}에서 {new}로 움직인 이유: {change_text(found, target, reach)}%p"


def _percent(text: str) -> str:
    return text.replace(" %", "%")


def _run(end: End) -> str:
    return f"실행 {end.run_id}, 기준일 {LABELS.date(end.as_of)}"


def sentences(found: Explanation, target: int, reach: int) -> list[str]:
    named = name_causes(found, target, reach, 4)
    said = [_moved_most(named)] if named else ["몬테카를로 오차보다 큰 요인은 하나도 없다."]
    meeting = meeting_elsewhere(found, target, reach)
    if meeting is not None:
        line, own, points = meeting
        said.append(
            f"{cause(line)}은 여기서 {points_text(line.at(target, reach))}%p의 요인이 된다. "
            f"협상은 시작할 때의 의제로 이어지는 경향이 있기 때문이며, {LABELS.target(own)}에서는 "
            f"{points_text(points)}%p의 요인이 된다."
        )
    return [*said, *_forgotten(found, target, reach), _chance(found, target, reach)]


def _moved_most(named: tuple[Cause, ...]) -> str:
    first, *others = (f"{_named(one)}({points_text(one.points)})" for one in named)
    then = f", 그다음은 {', '.join(others)}" if others else ""
    return f"가장 크게 움직인 요인: {first}{then}."


def _named(one: Cause) -> str:
    if one.cls == TIME:
        days = max(passed_of(line).days for line in one.lines if line.kind != SILENCE or len(one.lines) == 1)
        return f"{days}일의 경과"
    return f"{cause(one.line)} 및 거기서 발생률에 관해 배운 몫" if len(one.lines) > 1 else cause(one.line)


def _forgotten(found: Explanation, target: int, reach: int) -> list[str]:
    told = forgotten(found, target, reach)
    if told is None:
        return []
    other, here, there = told
    return [
        f"시간의 경과는 여기서 {points_text(here)}%p의 요인이 된다. 협상이 끊기면서 그 의제의 영향도 "
        f"옅어지기 때문이며, {LABELS.target(other)}에서는 {points_text(there)}%p의 요인이 된다."
    ]


def _chance(found: Explanation, target: int, reach: int) -> str:
    chance = chance_of(found, target, reach)
    if chance is None:
        return "이 가운데 몬테카를로 오차가 얼마인지는 여기서 알 수 없다."
    made, expected = chance
    if not expected:
        return "두 전망은 같은 표본에 따른 것이라 몬테카를로 오차로 생긴 차이는 없다."
    return (
        f"몬테카를로 오차로 생긴 차이는 {points_text(made)}%p이고 예상 범위는 ±{size_text(expected)}이다. "
        "이보다 작은 줄에는 큰 의미가 없다."
    )


def class_label(cls: str) -> str:
    return _CLASSES[cls]


def line_label(line: Line) -> str:
    if line.coded is not None:
        return _coded(line.coded, line.kind)
    if line.happened is not None:
        return _happened(line.happened, line.kind)
    if line.published is not None:
        one = line.published
        return f"{one.author}, ‘{one.title}’: 판단 {one.judgements}건"
    if line.rows and line.subject.origin:
        return f"한 보도에서 나온 {len(line.rows)}건: {report_of(line)}"
    return _other(line)


def _coded(one: Coded, kind: str) -> str:
    day, source = LABELS.date(one.observed_on), f"{one.grade} {one.publisher}".strip()
    if kind == REVISED and one.level_before is not None:
        old, new = level_text(one.level_before), level_text(one.level)
        if old == new and one.grade_before != one.grade:
            old, new = f"{old} {one.grade_before}", f"{new} {one.grade}"
        return f"{one.name}({day}): {old} → {new}"
    late = f", 늦게 입력({LABELS.date(one.known_on)}부터 알 수 있었음)"
    told = f"{one.name} {level_text(one.level)}({day}, {source})"
    return told + {LATE: late, REVISED_SINCE: ", 이후 정정", WITHDRAWN: ", 이후 철회", RETRACTED: ", 철회"}.get(
        kind, ""
    )


def _happened(one: Happened, kind: str) -> str:
    first, last = LABELS.date(one.started_on), LABELS.date(one.ended_on)
    days = first if first == last else f"{first}~{last}"
    place = f", {one.venue}" if one.venue else ""
    told = f"{_event(one)}({days}{place})"
    return told + {LATE: ", 늦게 입력", REVISED: ", 정정", RETRACTED: ", 철회"}.get(kind, "")


def _event(one: Happened) -> str:
    if one.type != "talks":
        return LABELS.event(one.type)
    return f"{'비핵화' if one.framing == 'denuclearisation' else '군비통제'} 회담"


def _other(line: Line) -> str:
    passed = passed_of(line)
    if line.cls == LEARNING:
        return "배운 몫(몬테카를로 오차 포함)" if line.kind == ALL else _TAUGHT[line.kind]
    if line.cls == TIME:
        return {
            SILENCE: _silence(line),
            DAYS: f"사건 없이 {passed.days}일 경과(수준은 그대로)",
            FADING: line.subject.indicator or "수준이 옅어지고 불확실성이 커짐",
            OPEN: f"이 가운데 {passed.open_days}일은 누락 여부 미확인",
        }[line.kind]
    return _VERSIONS.get(line.kind) or class_label(line.cls)


def _silence(line: Line) -> str:
    passed = passed_of(line)
    named = [("·".join(map(LABELS.event, kinds)), last) for kinds, last in attested_through(passed)]
    types = ", ".join(f"{kinds} {LABELS.date(last)}까지" for kinds, last in named)
    looked = f"{LABELS.date(passed.looked_through)}까지 기록 점검" if passed.looked_through else "기록 점검"
    return f"누락 여부 미확인이던 {passed.days}일에 사건이 없었음이 드러남: {types or looked}"


def cause(line: Line) -> str:
    if line.coded is not None:
        one = line.coded
        return f"{one.name} 정정" if line.cls == CORRECTION else f"{one.name} {level_text(one.level)}"
    if line.happened is not None:
        return f"{LABELS.date(line.happened.started_on)} {_event(line.happened)}"
    if line.published is not None:
        return f"{line.published.author}의 문헌"
    if line.rows and line.subject.origin:
        return f"{report_of(line)}({len(line.rows)}건)"
    return _other(line)


def causes(found: Explanation, target: int, reach: int, number: int = 3) -> str:
    before, after = (_percent(text) for text in ends_text(found, target, reach))
    named = [f"{_short(one)} {points_text(one.points)}" for one in name_causes(found, target, reach, number)]
    if not named:
        chance = chance_of(found, target, reach)
        size = f"(±{size_text(chance[1])})" if chance else ""
        return f"{before} → {after}: 몬테카를로 오차보다 큰 요인 없음{size}"
    return f"{before} → {after}: {', '.join(named)}"


def _short(one: Cause) -> str:
    return "시간의 경과" if one.cls == TIME else cause(one.line)


def since(found: Explanation, target: int, reach: int) -> str:
    command = f"`parley why {found.before.run_id} {found.after.run_id}`"
    window = found.reaches[reach]
    about = LABELS.window(window.horizon_days, window.deadline)
    day = LABELS.date(found.before.as_of)
    return f"{day} 이후({about}, %p): {causes(found, target, reach)}. 전체 내역: {command}."


def limits(found: Explanation) -> list[str]:
    told = [_LACKING[code].format(before=found.before.run_id, after=found.after.run_id) for code in found.lacking]
    if found.path == DAILY:
        told.append(
            "날마다 나눈 값의 합이다. 각 줄은 그것이 들어온 날에 움직인 몫이고, "
            "이후 옅어진 몫은 시간의 경과에 들어 있다."
        )
    if found.orders:
        told.append(f"항목별 기여는 들어올 수 있던 {found.orders}가지 순서의 평균이다.")
    if not found.old_entries:
        told.append("항목별 기여는 나중 추정의 효과에 따른다.")
    return told


def label(name: str) -> str:
    return _LABELS[name]
