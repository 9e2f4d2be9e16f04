"""The documents' stories, in Korean."""

from forecast.facts.stories import (
    AGREES,
    BY_DEADLINE,
    DOWN,
    LATER,
    NO_EFFECT,
    NONE,
    NOW,
    OPPOSES,
    UP,
    UP_OR_NONE,
    VISIBLE_ERRORS,
    VISIBLE_SHARE,
    Claim,
    Effect,
    Stories,
    Told,
)
from forecast.facts.stories import verdict as verdict_of
from forecast.words.korean.labels import LABELS
from forecast.words.whatif_numbers import Named
from forecast.words.why_numbers import points_text, size_text

_WINDOWS = {NOW: "첫 90일", LATER: "181~365일째", BY_DEADLINE: "시한까지"}
_DIRECTIONS = {UP: "상승", DOWN: "하락", NONE: "불변", UP_OR_NONE: "상승 또는 불변"}
_VERDICTS = {AGREES: "일치", OPPOSES: "반대", NO_EFFECT: "효과 없음"}
_READINGS = {"explicit": "명시", "inferred": "추론", "advice": "제언"}
_LABELS = {
    "claimed": "주장",
    "with_author": "모든 판단",
    "without_author": "저자 제외",
    "set": "서술",
    "against": "비교 대상",
    "contrast": "그대로 진행",
    "ends": "{} → {}",
    "none": "–",
}


def title(found: Stories) -> str:
    return f"문헌이 서술하는 인과관계(기준일 {LABELS.date(found.as_of)}, 실행 {found.base_run_id})"


def heading() -> str:
    return "확인하는 것은 모형이 배운 대로 말하는지이지, 저자가 옳은지가 아니다."


def retrospective(found: Stories) -> str:
    if not found.retrospective:
        return ""
    return f"오늘의 판단을 {LABELS.date(found.as_of)}의 수준에 적용한 것으로, 당시에 이렇게 말할 수 있었던 것은 아니다."


def story(one: Told) -> str:
    what = f"{one.author}, ‘{one.title}’" if one.title else one.author or one.document_id
    return f"{one.name}({what}, {one.place}, {_READINGS.get(one.reading, one.reading)})"


def claim(one: Claim) -> str:
    return f"{LABELS.target(one.target)}, {_WINDOWS[one.when]}"


def direction(direction: str) -> str:
    return _DIRECTIONS[direction]


def verdict(direction: str, effect: Effect | None) -> str:
    if effect is None:
        return "–"
    return f"{points_text(effect.points)} {_VERDICTS[verdict_of(direction, effect)]}"


def lacking(one: Told, names: Named) -> str:
    return f"계산하지 않음: 그날 쓰이지 않는 지표 {names.get(one.lacking, one.lacking)}." if one.lacking else ""


def counts(found: Stories) -> str:
    whole, less = found.count(without=False), found.count(without=True)
    said = f"모든 판단을 반영하면 {_counted(whole)}"
    return f"{said}. 해당 저자의 판단을 빼면 {_counted(less)}." if sum(less.values()) else f"{said}."


def _counted(found: dict[str, int]) -> str:
    told = f"일치 {found[AGREES]}건, 반대 {found[OPPOSES]}건, 효과가 보이지 않음 {found[NO_EFFECT]}건"
    return f"주장 {sum(found.values())}건 가운데 {told}"


def chance(found: Stories) -> str:
    share, errors = LABELS.percent(VISIBLE_SHARE), f"{VISIBLE_ERRORS:.0f}"
    return (
        f"효과는 확률의 {share} 이상이고 몬테카를로 오차의 {errors}배 이상이면 보이는 것으로 친다. "
        f"오차는 최대 ±{size_text(found.largest_error)}%p(표본 {found.draws}개)."
    )


def label(name: str) -> str:
    return _LABELS[name]
