"""What the checks of the machinery found, in Korean."""

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
from forecast.words.korean.labels import LABELS

ASSUMPTIONS: Mapping[str, str] = {
    "framing leans to arms control (+1)": "의제가 군비통제로 기운다(로그 오즈 +1)",
    "framing leans to denuclearisation (-1)": "의제가 비핵화로 기운다(로그 오즈 −1)",
    "framing remembered for 1 year": "직전 의제의 영향이 1년에 걸쳐 옅어진다",
    "framing remembered for 3 years": "직전 의제의 영향이 3년에 걸쳐 옅어진다",
    "silence does not matter": "협상 공백은 영향이 없다",
    "silence matters without end": "협상 공백의 영향이 한계 없이 계속 커진다",
    "indicators say nothing": "지표에 정보가 없다",
    "regime half as lively (sd 0.35)": "국면의 변동을 절반 정도로 둔다(표준편차 0.35)",
    "regime livelier (sd 1.0)": "국면의 변동을 크게 둔다(표준편차 1.0)",
    "priors of the case alone": "사전분포를 이 사례만으로 정한다",
}
QUANTITIES: Mapping[str, str] = {
    "filtered states": "필터링한 수준",
    "cells of onset": "협상 개시의 계산 구간",
    "cells of continuation": "협상 지속의 계산 구간",
    "cells of contact": "접촉의 계산 구간",
    "cells of crisis": "위기의 계산 구간",
    "unit": "판단의 단위",
    "slope": "협상 개시에 대한 효과",
    "tilt": "의제에 대한 효과",
    "onset": "협상 개시의 기준 강도",
    "framing": "의제의 기준 로그 오즈",
    "continuation": "협상 지속의 기준 강도",
    "contact": "접촉의 기준 강도",
    "crisis": "위기의 기준 강도",
    "deal": "합의의 기준 로그 오즈",
    "pace from day 15": "15일째 이후 회담의 빈도",
    "fraction": "효과가 협상 지속에 미치는 비율",
    "momentum of contact": "접촉의 연쇄",
    "momentum of crisis": "위기의 연쇄",
    "memory": "직전 의제의 영향",
    "duration": "공백 기간의 영향",
    "change": "의제가 바뀔 확률",
    "weight of the first indicator on arms-control talks": "첫째 지표의 군비통제 협상 가중치",
    "deviation of the first indicator on arms-control talks": "첫째 지표의 군비통제 협상 편차",
    "regime now": "현재의 국면",
    "judgement sd": "판단의 표준편차",
    "log intensity of beginnings now": "현재 협상 개시의 로그 강도",
    "log odds of arms control now": "현재 군비통제의 로그 오즈",
    "P(headline in 180 d)": "180일 이내 주 대상의 확률",
    "meetings": "회담 수",
    "beginnings of talks": "협상 개시 수",
    "contacts": "접촉 수",
    "crises": "위기 수",
    "deals": "합의 수",
    "changes of framing within a spell": "이어진 협상 안에서 의제가 바뀐 횟수",
    "share of dry days": "협상 공백일의 비율",
    "longest gap between meetings, days": "회담 간격의 최댓값(일)",
    "median gap between meetings, days": "회담 간격의 중앙값(일)",
    "share of meetings within 14 days of the last": "직전 회담부터 14일 이내인 회담의 비율",
    "variance over mean of yearly meetings": "연간 회담 수의 분산과 평균의 비",
    "share of beginnings in another framing, under 400 days of silence": "다른 의제로 개시된 비율(공백 400일 미만)",
    "share of beginnings in another framing, 400 days or more": "다른 의제로 개시된 비율(공백 400일 이상)",
    "beginnings a year of silence, to 180 days": "공백 1년당 협상 개시(180일까지)",
    "beginnings a year of silence, 181 to 365 days": "공백 1년당 협상 개시(181~365일)",
    "beginnings a year of silence, 366 to 730 days": "공백 1년당 협상 개시(366~730일)",
    "beginnings a year of silence, 731 to 1825 days": "공백 1년당 협상 개시(731~1825일)",
    "beginnings a year of silence, over 1825 days": "공백 1년당 협상 개시(1825일 초과)",
    "all priors": "사전분포 전체",
    "judgements": "판단",
    "record of events": "사건 기록",
    "prior: orientation": "지표 방향의 사전분포",
    "prior: unit, slope and tilt": "판단의 단위 및 협상 개시·의제 효과의 사전분포",
    "prior: silence and memory": "공백 기간과 직전 의제 영향의 사전분포",
    "prior: regime": "국면의 사전분포",
    "prior: judgement sd": "판단 표준편차의 사전분포",
    "prior: rates and the rest": "발생률 등의 사전분포",
    "prior": "사전분포",
    "documents alone": "문헌만 반영",
}
POSTERIORS = {"laplace": "라플라스 근사", "nuts": "NUTS"}
KINDS = {"indicator": "지표", "document": "문헌"}
PER_DECADE = " per decade"


def assumption_name(name: str) -> str:
    return ASSUMPTIONS.get(name, name)


def quantity_name(name: str) -> str:
    if name.endswith(PER_DECADE):
        return f"10년당 {quantity_name(name.removesuffix(PER_DECADE))}"
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
        return f"{', '.join(map(LABELS.date, found.leaked))} 기준으로 읽는 내용이 뒤에 알려진 기록 때문에 달라진다."
    return (
        f"과거 {found.origins}개 시점에서 읽는 내용은 뒤에 알려진 기록이 전혀 없는 데이터베이스에서 읽는 내용과 "
        f"일치한다(제외되는 기록은 최대 {found.behind}건)."
    )


def _solved(found: Solved) -> str:
    if found.wrong:
        return f"다음의 수준이 관측에서 구한 값과 다르다: {_names(found.wrong)}(차이는 최대 {found.largest:.2f})."
    return f"관측에서 다시 구한 수준 {found.levels}개와 모형에 주어지는 수준의 차이는 최대 {found.largest:.1e}이다."


def _recovered(found: Recovered) -> str:
    band = f"전체 {LABELS.percent(found.level)} 동시 띠"
    scope = f"모의 기록 {found.worlds}건{_refusals(found.refused)}"
    fewer = f" 공표용 검증에는 {PUBLISHED_SIMULATIONS}건을 쓴다." if found.worlds < PUBLISHED_SIMULATIONS else ""
    if found.outside:
        return f"{scope}에서 다음이 {band}를 벗어났다: {_names(found.outside)}.{fewer}"
    smallest = f"p값의 최솟값은 {found.smallest_p:.2f}"
    return f"{scope}에서 {found.quantities}개 양이 모두 {band} 안에 있다({smallest}).{fewer}"


def _before_record(found: BeforeRecord) -> str:
    scope = f"사전분포에서 생성한 기록 {found.worlds}건{_refusals(found.refused)}의 중앙 90%"
    verdict = (
        f"실제 기록 가운데 다음이 {scope}를 벗어난다: {_names(found.outside)}"
        if found.outside
        else f"실제 기록은 모든 면에서 {scope} 안에 있다"
    )
    medians = ", ".join(f"{quantity_name(one.name)} {_percent(one.probability)}" for one in found.medians)
    return f"{verdict}. {_probability(found.target, found.reach)}의 중앙값: {medians}."


def _after_record(found: AfterRecord) -> str:
    by = POSTERIORS.get(found.posterior, found.posterior)
    scope = f"사후분포({by})에서 생성한 기록 {found.worlds}건{_refusals(found.refused)}"
    ends = f"{TAIL}~{1 - TAIL}"
    verdict = (
        f"{scope}에 비추어 실제 기록 가운데 다음이 극단적이다(p값이 {ends} 밖): {_names(found.outside)}"
        if found.outside
        else f"실제 기록은 {scope}과 같은 부류로 볼 수 있다({found.statistics}개 p값이 모두 {ends} 안)"
    )
    return f"{verdict}. 가장 극단적인 통계량이 그 이상으로 극단적인 기록은 생성한 기록의 {_percent(found.joint)}이다."


def _led(found: Led) -> str:
    what = f"{LABELS.target(found.target)} 확률"
    rule = f"감도가 {found.notable}와 우연의 범위를 모두 넘는 것"
    if not found.leaders:
        return f"{what}에는 주도 요인({rule})이 없다. 사전분포, 판단, 기록 모두 이에 미치지 못한다."
    return f"{what}의 주도 요인({rule}): {_listed(found.leaders)}."


def _listed(leaders: Sequence[Leader]) -> str:
    return ", ".join(
        f"{quantity_name(one.name)}({_window(one.reach)} 감도 최대 {one.sensitivity:.2f}"
        f"{f', 그중에서도 {quantity_name(one.above_all)}' if one.above_all else ''})"
        for one in leaders
    )


def _assumed(found: Assumed) -> str:
    least, greatest = found.least, found.greatest
    return (
        f"{_probability(found.target, found.reach)}은 {_percent(found.whole)}(라플라스 근사). 가정을 하나씩 바꾸면 "
        f"{_percent(least.probability)}({assumption_name(least.name)})에서 {_percent(greatest.probability)}"
        f"({assumption_name(greatest.name)})까지이다."
    )


def _left_out(found: LeftOut) -> str:
    kind = KINDS[found.kind]
    if not found.most:
        return f"제외할 {kind} 항목이 없거나, 라플라스 근사에서 최빈값을 찾지 못했다."
    listed = ", ".join(f"{one.name}(제외하면 {_percent(one.probability)})" for one in found.most)
    return (
        f"{_probability(found.target, found.reach)}은 {_percent(found.whole)}(라플라스 근사). 가장 크게 의존하는 "
        f"{kind}: {listed}. 로그 오즈로 ±0.02인 변화는 오차 범위이다."
    )


def _probability(target: str, reach: Reach) -> str:
    return f"{_window(reach)} {LABELS.target(target)} 확률"


def _window(reach: Reach) -> str:
    return LABELS.window(reach.horizon_days, reach.deadline)


def _names(names: Sequence[str]) -> str:
    return ", ".join(map(quantity_name, names))


def _percent(p: float | None) -> str:
    return "–" if p is None else LABELS.percent(p)


def _refusals(refused: int) -> str:
    return f"(사건이 지나치게 많은 {refused}건 제외)" if refused else ""
