"""What the checks of the machinery found, in Japanese."""

from collections.abc import Mapping, Sequence
from typing import assert_never

from forecast.facts.checks import (
    PUBLISHED_SIMULATIONS,
    TAIL,
    AfterRecord,
    Assumed,
    BeforeRecord,
    Found,
    Leader,
    Led,
    LeftOut,
    Reach,
    ReadAsOf,
    Recovered,
    Solved,
)
from forecast.words.japanese.labels import LABELS
from forecast.words.japanese.leaning import assumption_name

QUANTITIES: Mapping[str, str] = {
    "filtered states": "フィルター後の水準",
    "cells of onset": "協議開始の計算区間",
    "cells of continuation": "協議継続の計算区間",
    "cells of contact": "接触の計算区間",
    "cells of crisis": "危機の計算区間",
    "unit": "判断の単位",
    "slope": "協議開始への効果",
    "tilt": "議題への効果",
    "onset": "協議開始の基準強度",
    "framing": "議題の基準対数オッズ",
    "continuation": "協議継続の基準強度",
    "contact": "接触の基準強度",
    "crisis": "危機の基準強度",
    "deal": "合意の基準対数オッズ",
    "pace from day 15": "15日目以降の会合の頻度",
    "fraction": "効果が協議継続に及ぶ割合",
    "momentum of contact": "接触の連鎖",
    "momentum of crisis": "危機の連鎖",
    "memory": "前回の議題の影響",
    "duration": "途絶期間の影響",
    "change": "議題変更の確率",
    "weight of the first indicator on arms-control talks": "第1指標の軍備管理協議に対する重み",
    "deviation of the first indicator on arms-control talks": "第1指標の軍備管理協議に対する偏差",
    "regime now": "現在の局面",
    "judgement sd": "判断の標準偏差",
    "log intensity of beginnings now": "現在の協議開始の対数強度",
    "log odds of arms control now": "現在の軍備管理の対数オッズ",
    "P(headline in 180 d)": "180日以内の主要対象の確率",
    "meetings": "会合の数",
    "beginnings of talks": "協議開始の数",
    "contacts": "接触の数",
    "crises": "危機の数",
    "deals": "合意の数",
    "changes of framing within a spell": "一連の協議の中での議題変更の数",
    "share of dry days": "協議のない日の割合",
    "longest gap between meetings, days": "会合の間隔の最大値（日）",
    "median gap between meetings, days": "会合の間隔の中央値（日）",
    "share of meetings within 14 days of the last": "前回から14日以内の会合の割合",
    "variance over mean of yearly meetings": "年間会合数の分散と平均の比",
    "share of beginnings in another framing, under 400 days of silence": "別議題での協議開始の割合（途絶400日未満）",
    "share of beginnings in another framing, 400 days or more": "別議題での協議開始の割合（途絶400日以上）",
    "beginnings a year of silence, to 180 days": "途絶1年当たりの協議開始（180日まで）",
    "beginnings a year of silence, 181 to 365 days": "途絶1年当たりの協議開始（181〜365日）",
    "beginnings a year of silence, 366 to 730 days": "途絶1年当たりの協議開始（366〜730日）",
    "beginnings a year of silence, 731 to 1825 days": "途絶1年当たりの協議開始（731〜1825日）",
    "beginnings a year of silence, over 1825 days": "途絶1年当たりの協議開始（1825日超）",
    "all priors": "事前分布全体",
    "judgements": "判断",
    "record of events": "出来事の記録",
    "prior: orientation": "指標の向きの事前分布",
    "prior: unit, slope and tilt": "判断の単位と、協議開始・議題への効果の事前分布",
    "prior: silence and memory": "途絶期間と前回の議題の影響の事前分布",
    "prior: regime": "局面の事前分布",
    "prior: judgement sd": "判断の標準偏差の事前分布",
    "prior: rates and the rest": "発生率その他の事前分布",
    "prior": "事前分布",
    "documents alone": "文献のみ",
}
POSTERIORS = {"laplace": "ラプラス近似", "nuts": "NUTS"}
KINDS = {"indicator": "指標", "document": "文献"}
PER_DECADE = " per decade"


def quantity_name(name: str) -> str:
    if name.endswith(PER_DECADE):
        return f"10年当たりの{quantity_name(name.removesuffix(PER_DECADE))}"
    return QUANTITIES.get(name, name)


def check_sentence(found: Found) -> str:
    """What a check found, in one sentence or two."""
    match found:
        case ReadAsOf():
            return _read_as_of(found)
        case Solved():
            return _solved(found)
        case Recovered():
            return _recovered(found)
        case BeforeRecord():
            return _before_record(found)
        case AfterRecord():
            return _after_record(found)
        case Led():
            return _led(found)
        case Assumed():
            return _assumed(found)
        case LeftOut():
            return _left_out(found)
    assert_never(found)


def _read_as_of(found: ReadAsOf) -> str:
    if found.leaked:
        return f"{'、'.join(map(LABELS.date, found.leaked))}の時点で、後日判明した記録により読み取る内容が変わる。"
    return (
        f"過去の{found.origins}時点で読み取る内容は、後日判明した記録を一切含まないデータベースから読み取る内容と一致"
        f"する（除かれる記録は最大{found.behind}件）。"
    )


def _solved(found: Solved) -> str:
    if found.wrong:
        return f"{_names(found.wrong)}の水準が観測から求めた値と一致しない（差は最大{found.largest:.2f}）。"
    return f"観測から改めて求めた{found.levels}個の水準と、モデルに渡される水準との差は最大{found.largest:.1e}である。"


def _recovered(found: Recovered) -> str:
    band = f"全体で{LABELS.percent(found.level)}の同時帯"
    scope = f"模擬記録{found.worlds}件{_refusals(found.refused)}"
    fewer = f"公表用の検証では{PUBLISHED_SIMULATIONS}件を用いる。" if found.worlds < PUBLISHED_SIMULATIONS else ""
    if found.outside:
        return f"{scope}で、{_names(found.outside)}が{band}を外れた。{fewer}"
    smallest = f"p値の最小は{found.smallest_p:.2f}"
    return f"{scope}で、{found.quantities}個の量がすべて{band}に収まる（{smallest}）。{fewer}"


def _before_record(found: BeforeRecord) -> str:
    scope = f"事前分布から生成した記録{found.worlds}件{_refusals(found.refused)}の中央90%"
    verdict = (
        f"実際の記録は、{_names(found.outside)}が{scope}から外れる"
        if found.outside
        else f"実際の記録は、どの点でも{scope}に収まる"
    )
    medians = "、".join(f"{quantity_name(one.name)}では{_percent(one.probability)}" for one in found.medians)
    return f"{verdict}。{_probability(found.target, found.reach)}の中央値は、{medians}である。"


def _after_record(found: AfterRecord) -> str:
    by = POSTERIORS.get(found.posterior, found.posterior)
    scope = f"事後分布（{by}）から生成した記録{found.worlds}件{_refusals(found.refused)}"
    ends = f"{TAIL}〜{1 - TAIL}"
    verdict = (
        f"{scope}に照らすと、実際の記録は{_names(found.outside)}が極端である（p値が{ends}の外）"
        if found.outside
        else f"実際の記録は{scope}と同種とみなせる（{found.statistics}個のp値がすべて{ends}に入る）"
    )
    return f"{verdict}。最も極端な統計量が同程度以上に極端な記録は、生成した記録の{_percent(found.joint)}である。"


def _led(found: Led) -> str:
    what, rule = f"{LABELS.target(found.target)}の確率", f"感度が{found.notable}と偶然の範囲をともに超えるもの"
    if not found.leaders:
        return f"{what}を主導するもの（{rule}）は、事前分布・判断・記録のいずれにもない。"
    return f"{what}を主導するのは{_listed(found.leaders)}である（{rule}）。"


def _listed(leaders: Sequence[Leader]) -> str:
    return "、".join(
        f"{quantity_name(one.name)}（感度は{_window(one.reach)}で最大{one.sensitivity:.2f}"
        f"{f'、中でも{quantity_name(one.above_all)}' if one.above_all else ''}）"
        for one in leaders
    )


def _assumed(found: Assumed) -> str:
    least, greatest = found.least, found.greatest
    return (
        f"{_probability(found.target, found.reach)}は{_percent(found.whole)}（ラプラス近似）。仮定を一つずつ変えると、"
        f"{_percent(least.probability)}（{assumption_name(least.name)}）から{_percent(greatest.probability)}"
        f"（{assumption_name(greatest.name)}）までとなる。"
    )


def _left_out(found: LeftOut) -> str:
    kind = KINDS[found.kind]
    if not found.most:
        return f"除くべき{kind}がないか、ラプラス近似で最頻値が見つからない。"
    most = "、次いで" if len(found.most) > 1 else ""
    listed = most.join(f"{one.name}（除くと{_percent(one.probability)}）" for one in found.most)
    return (
        f"{_probability(found.target, found.reach)}は{_percent(found.whole)}（ラプラス近似）。"
        f"最も大きく依存する{kind}は{listed}である。対数オッズで±0.02の変化は誤差の範囲内である。"
    )


def _probability(target: str, reach: Reach) -> str:
    return f"{_window(reach)}の{LABELS.target(target)}の確率"


def _window(reach: Reach) -> str:
    return LABELS.window(reach.horizon_days, reach.deadline)


def _names(names: Sequence[str]) -> str:
    return "、".join(map(quantity_name, names))


def _percent(p: float | None) -> str:
    return "–" if p is None else LABELS.percent(p)


def _refusals(refused: int) -> str:
    return f"（出来事が多すぎる{refused}件を除外）" if refused else ""
