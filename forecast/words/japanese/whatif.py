"""What if, in Japanese."""

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
from forecast.words.japanese.labels import LABELS
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
    CONTACT: "接触",
    CRISIS: "危機",
    DEAL: "限定的合意",
    ARMS_CONTROL: "軍備管理協議",
    DENUCLEARISATION: "非核化協議",
}
_UNTOUCHED = {
    FRESH: "今日までの水準の観測は、水準の推定だけを動かす。パラメーターは変わらない。",
    AHEAD: "将来の日の水準の観測は、その日の前と後の両方の水準に影響する。パラメーターは変わらない。",
    DONE: "介入（固定した水準、起こした出来事）は、水準の推定、パラメーター、それより前の日のいずれも変えない。",
    APART: "介入で起こした{}は協議の見通しを変えない。モデルでは、協議の始まりがこれに左右されないためである。",
    TAUGHT: "出来事の観測、または出来事がなかったという確認からは、発生率についても学ぶ。その分は数値に含まれる。",
    FORESEEN: "将来の日に観測するとした出来事の確率は{}だった。標本には、それぞれがその出来事をどれだけ見込んでいたかに"
    "応じて重みを付けている。",
    LEARNT: "判断を変えると、推定される効果も変わる。その分は数値に含まれる。",
}
_LABELS = {
    "now": "現在",
    "then": "想定後",
    "points": "ポイント",
    "error": "モンテカルロ誤差",
    "interval": "90%区間",
    "difference": "{}と{}の差",
    "scenarios": "シナリオ（現在 → 想定後）",
    "indicator": "指標",
    "level": "現在の水準",
    "low": "−2のとき",
    "high": "+2のとき",
    "swing": "幅",
    "present": "現在の水準",
    "supposed": "想定",
}


def statement(one: Statement, names: Named) -> str:
    return _LEVELS[one.mode == DO](one, names) if one.kind == LEVEL else _KINDS[one.kind](one, names)


def _seen(one: Statement, names: Named) -> str:
    origin = f"、出所{one.origin}" if one.origin else ""
    return f"観測：{_name(one, names)} {level_text(one.level)}（{LABELS.date(one.day)}、{one.grade}{origin}）"


def _set(one: Statement, names: Named) -> str:
    day = LABELS.date(one.day)
    days = {None: f"{day}以降", one.day: f"{day}のみ"}
    when = days.get(one.until) or f"{day}〜{LABELS.date(one.until or one.day)}"
    return f"介入：{_name(one, names)}を{level_text(one.level)}に固定（{when}）"


def _happens(one: Statement, names: Named) -> str:
    event, day = _EVENTS[one.event], LABELS.date(one.day)
    return f"介入：{event}を起こす（{day}）" if one.mode == DO else f"観測：{event}（{day}）"


def _attested(one: Statement, names: Named) -> str:
    what = f"{LABELS.event(one.event)}なし" if one.event else "ほかに出来事なし"
    return f"確認：{LABELS.date(one.day)}まで{what}"


def _withdrawn(one: Statement, names: Named) -> str:
    return f"撤回：出来事{names.get(one.event, one.event)}"


def _judged(one: Statement, names: Named) -> str:
    author, weight = names.get(one.document, one.document), level_text(one.weight)
    return f"判断：{author}は{LABELS.target(one.target)}に対する{_name(one, names)}の重みを{weight}とする"


_LEVELS = {True: _set, False: _seen}
_KINDS = {EVENT: _happens, ATTESTATION: _attested, WITHDRAWAL: _withdrawn, JUDGEMENT: _judged}


def _name(one: Statement, names: Named) -> str:
    return names.get(one.indicator, one.indicator)


def title(found: Answer, target: int, reach: int) -> str:
    name = f"「{found.name}」" if found.name else "この想定"
    if compared_with_chance(found, target, reach) == NOTHING:
        stays = LABELS.percent(found.after[target][reach])
        return f"{name}では、{_what(found, target, reach)}は{stays}のまま（{_run(found)}）"
    before, after = _ends(found, target, reach)
    moved = f"{change_text(found, target, reach)}ポイント"
    return f"{name}では、{_what(found, target, reach)}は{before}ではなく{after}：{moved}（{_run(found)}）"


def _ends(found: Answer, target: int, reach: int) -> tuple[str, str]:
    before, after = (text.replace(" %", "%") for text in ends_text(found, target, reach))
    return before, after


def _run(found: Answer | Tornado) -> str:
    return f"実行{found.base_run_id}、基準日{LABELS.date(found.as_of)}"


def _what(found: Answer, target: int, reach: int) -> str:
    window = found.reaches[reach]
    return f"{LABELS.target(found.targets[target])}（{LABELS.window(window.horizon_days, window.deadline)}）"


def sentences(found: Answer, target: int, reach: int) -> list[str]:
    said = [_chance(found, target, reach)]
    other = most_moved(found, target, reach)
    if other is not None:
        before, after = _ends(found, other, reach)
        moved = f"{change_text(found, other, reach)}ポイント"
        said.append(f"{LABELS.target(found.targets[other])}はこれより大きく動く：{before} → {after}、{moved}。")
    return [*said, status(found)]


def _chance(found: Answer, target: int, reach: int) -> str:
    error = f"±{error_text(found, target, reach)}ポイント"
    return {
        NOTHING: "この確率は最後の桁まで変わらない。",
        CHANCE: f"この差はモンテカルロ誤差（{error}）で生じ得る範囲にとどまる。",
    }.get(compared_with_chance(found, target, reach), f"この差はモンテカルロ誤差（{error}）より大きい。")


def status(found: Answer) -> str:
    if found.status == EXACT:
        return "厳密：この想定からパラメーターについて学ぶことはない。"
    left = f"{found.draws}個の標本のうち実質{effective_text(found)}個が有効、パレートのkは{shape_text(found)}"
    if found.status == REFITTED and found.trusted:
        return f"再推定：想定のすべてからパラメーターを推定し直した（{left}）。結果は保存していない。"
    if found.trusted:
        return f"重み付け：実行{found.base_run_id}の標本に、観測に応じた重みを付けた（{left}）。"
    what = f"信頼できない：実行{found.base_run_id}の標本では"
    if found.foreseen is not None:
        return f"{what}将来の観測を表せず（{left}）、推定も将来の日は読めない。代わりに--doを使う。"
    return f"{what}推定の代わりにならない（{left}）。--no-refitを外せば推定し直す。"


def untouched(found: Answer) -> list[str]:
    made = LABELS.listed([_EVENTS[one] for one in made_apart(found)])
    filled = {APART: made, FORESEEN: LABELS.percent(found.foreseen)}
    return [_UNTOUCHED[name].format(filled.get(name, "")) for name in left_alone(found)]


def compared(one: Answer, other: Answer) -> str:
    return f"A：{one.name}、B：{other.name}（{_run(one)}）"


def tornado(found: Tornado) -> str:
    window = LABELS.window(found.reach.horizon_days, found.reach.deadline)
    what = f"{LABELS.target(found.target)}（{window}）"
    now = LABELS.percent(found.now)
    return f"一つの指標を明日から−2または+2に固定した場合の{what}：現在{now}（{_run(found)}）"


def beside(found: Tornado) -> list[str]:
    said = []
    if found.swings:
        first = found.swings[0]
        ends = f"−2で{LABELS.percent(first.low)}、+2で{LABELS.percent(first.high)}"
        said.append(f"幅が最も大きい指標は{first.name}：{ends}（{points_text(first.points)}ポイント）。")
    return [
        *said,
        "この順序は観測する価値の順序ではない。水準がすでによく分かっている指標もあるためで、"
        "その順序は`parley next`で見られる。",
    ]


def saved(one: Saved) -> str:
    return f"第{one.version}版、担当者{one.analyst}、{LABELS.date(one.since)}から：{one.reason}"


def answered(one: Saved, target: int, reach: int) -> str:
    if one.overtaken:
        return f"もう計算されない：{_over(one.overtaken)}"
    if one.answer is None:
        return f"まだ計算されていない：`parley what-if --load '{one.name}'`で計算できる"
    before, after = _ends(one.answer, target, reach)
    moved = f"{change_text(one.answer, target, reach)}ポイント"
    return f"{_what(one.answer, target, reach)}：{before} → {after}、{moved}（{_run(one.answer)}）"


def _over(day: date) -> str:
    return f"介入の日（{LABELS.date(day)}）が過ぎた。後の日に改め、--reviseを付けて保存し直してほしい"


def kept(name: str) -> str:
    return f"「{name}」を保存した。実行のたびに計算し直される（`parley what-if --list`）"


def withdrawn(name: str) -> str:
    return f"「{name}」を撤回した。これまでの版と計算結果は記録に残る"


def none_saved() -> str:
    return "保存された想定はない。想定に --save NAME --reason TEXT を添えると保存される。"


def label(name: str) -> str:
    return _LABELS[name]
