"""The documents' stories, in Japanese."""

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
from forecast.words.japanese.labels import LABELS
from forecast.words.whatif_numbers import Named
from forecast.words.why_numbers import points_text, size_text

_WINDOWS = {NOW: "最初の90日", LATER: "181日目〜365日目", BY_DEADLINE: "期限まで"}
_DIRECTIONS = {UP: "上昇", DOWN: "低下", NONE: "不変", UP_OR_NONE: "上昇か不変"}
_VERDICTS = {AGREES: "一致", OPPOSES: "逆", NO_EFFECT: "効果なし"}
_READINGS = {"explicit": "明示", "inferred": "推測", "advice": "提言"}
_LABELS = {
    "claimed": "主張",
    "with_author": "全判断",
    "without_author": "著者を除く",
    "set": "筋書き",
    "against": "比較対象",
    "contrast": "成り行きのまま",
    "ends": "{} → {}",
    "none": "–",
}


def title(found: Stories) -> str:
    return f"文献の述べる因果の筋書き（基準日{LABELS.date(found.as_of)}、実行{found.base_run_id}）"


def heading() -> str:
    return "確かめるのは、モデルが教えられたとおりのことを言うかどうかであり、著者が正しいかどうかではない。"


def retrospective(found: Stories) -> str:
    if not found.retrospective:
        return ""
    return f"今日の判断を{LABELS.date(found.as_of)}の水準に当てはめたもので、当時これを言えたわけではない。"


def story(one: Told) -> str:
    what = f"{one.author}「{one.title}」" if one.title else one.author or one.document_id
    return f"{one.name}（{what}、{one.place}、{_READINGS.get(one.reading, one.reading)}）"


def claim(one: Claim) -> str:
    return f"{LABELS.target(one.target)}、{_WINDOWS[one.when]}"


def direction(direction: str) -> str:
    return _DIRECTIONS[direction]


def verdict(direction: str, effect: Effect | None) -> str:
    if effect is None:
        return "–"
    return f"{points_text(effect.points)} {_VERDICTS[verdict_of(direction, effect)]}"


def lacking(one: Told, names: Named) -> str:
    return f"計算せず：{names.get(one.lacking, one.lacking)}はその日には使われていない。" if one.lacking else ""


def counts(found: Stories) -> str:
    whole, less = found.count(without=False), found.count(without=True)
    said = f"全判断では{_counted(whole)}"
    return f"{said}。その著者の判断を除くと{_counted(less)}。" if sum(less.values()) else f"{said}。"


def _counted(found: dict[str, int]) -> str:
    number = sum(found.values())
    return f"主張{number}件のうち一致{found[AGREES]}件、逆{found[OPPOSES]}件、効果が見えないもの{found[NO_EFFECT]}件"


def chance(found: Stories) -> str:
    share, errors = LABELS.percent(VISIBLE_SHARE), f"{VISIBLE_ERRORS:.0f}"
    return (
        f"効果は、確率の{share}以上かつモンテカルロ誤差の{errors}倍以上なら見えるとする。"
        f"誤差は最大±{size_text(found.largest_error)}ポイント（標本{found.draws}個）。"
    )


def label(name: str) -> str:
    return _LABELS[name]
