"""What is said under pictures, in Korean."""

import math
from collections.abc import Sequence
from datetime import date, datetime

from forecast.facts.brief import Mark
from forecast.facts.evidence import (
    TRUSTED,
    DiagnosticsTold,
    EffectsFacts,
    JudgementsFacts,
    ReliabilityFacts,
    StatesTold,
    Verdict,
)
from forecast.facts.pictures import (
    RECOMPUTED_DAYS,
    Context,
    Curve,
    HistoryFacts,
    HistoryPoint,
    Horizon,
    HorizonPoint,
    HorizonsFacts,
    Recomputed,
    ScenariosFacts,
    Turn,
)
from forecast.facts.quality import Calibration, Source
from forecast.facts.reasons import LEAST
from forecast.run_facts import STALE_AFTER_CADENCES
from forecast.structures import present_structure
from forecast.words.korean.labels import LABELS
from forecast.words.korean.reasons import siblings_sentence
from forecast.words.numbers import minute, signed

NAMED = 3
"""Indicators a caption names."""
_OCCURS = {
    "arms_control_talks": "군비통제 협상이 열릴",
    "denuclearisation_talks": "비핵화 협상이 열릴",
    "limits_talks": "핵·미사일 제한 협상(군비통제·비핵화 포함)이 열릴",
    "contact": "당국 간 접촉이 이루어질",
    "deal": "제한적 합의가 성립할",
    "crisis": "위기가 발생할",
}
_KINDS = {"strict": "당시 공개된 정보만 사용", "retrospective": "현재의 사례 정의를 과거에 적용"}


def history_caption(facts: HistoryFacts) -> str:
    if facts.windows:
        return _beside_caption(facts)
    first, last = LABELS.date(facts.points[0].as_of), LABELS.date(facts.points[-1].as_of)
    window = f"{facts.horizon_days}일 이내에" if facts.deadline is None else f"{LABELS.date(facts.deadline)}까지"
    span = first if first == last else f"{first}부터 {last}까지"
    counts = _run_counts([point.kind for point in facts.points])
    sentences = (
        f"{window} {_OCCURS.get(facts.target, f'{facts.target} 사건이 일어날')} 확률의 추이(1회 이상). 평균과 "
        f"50%·90% 구간, {counts}, "
        f"기준일 {span}.",
        "시한은 고정되어 있으므로 기준일이 시한에 가까워질수록 기간은 짧아진다." if facts.deadline else "",
        f"실행 간격이 {facts.gap}일을 넘는 곳에서는 선과 띠가 끊긴다." if facts.gap else "",
        _turned(facts.turns),
        _context(facts.context) if facts.context else "",
        _recomputed(facts.recomputed) if facts.recomputed else "",
        f"아래는 기록된 사건 {len(facts.events)}건." if facts.events else "",
        f"실행 {facts.end.run_id}({LABELS.date(facts.end.as_of)} 기준): {_number(facts.end)}.",
    )
    return " ".join(filter(None, sentences))


def last_mark(mark: Mark | None) -> str:
    if mark is None:
        return ""
    drawn, shown = LABELS.percent(mark.drawn), LABELS.percent(mark.shown)
    which = f"그림에 나타낸 실행의 값({drawn})" if mark.windows else f"마지막 점({drawn})"
    number = "확률에 변화가 없다" if drawn == shown else f"위에 제시한 {shown}가 된다"
    return f"{which}은 그 뒤의 기록을 반영하기 전의 것으로, 반영하면 {number}."


def _beside_caption(facts: HistoryFacts) -> str:
    end, window = facts.end, LABELS.window(facts.horizon_days, facts.deadline)
    return (
        f"추이를 그리기에는 아직 날짜가 적다. {_run(end.run_id, end.kind, end.as_of)}에 따른 "
        f"{LABELS.target(facts.target)}의 기간별 "
        "확률(1회 이상). 평균과 50%·90% 구간에 기저율, 그리고 문헌만 또는 과거 기록만 반영한 값을 함께 나타냈다. "
        f"{window}: {_number(end)}."
    )


def _run(run_id: int, kind: str, as_of: date) -> str:
    return f"실행 {run_id}({LABELS.kinds.get(kind, kind)}, {LABELS.date(as_of)} 기준)"


def _number(point: HistoryPoint | HorizonPoint) -> str:
    base = "" if point.base_rate is None else f", 기저율 {LABELS.percent(point.base_rate)}"
    return f"확률 {LABELS.percent(point.mean)}, 90% 구간 {LABELS.percent_range(point.q05, point.q95)}{base}"


def _run_counts(kinds: Sequence[str]) -> str:
    """The number of runs of each kind, after that of all where there are several kinds."""
    listed = [f"{name} {kinds.count(kind)}회" for kind, name in LABELS.kinds.items() if kind in kinds]
    return f"실행 {len(kinds)}회({', '.join(listed)})" if len(listed) > 1 else listed[0]


def _turned(turns: Sequence[Turn]) -> str:
    """That nothing is joined across a change; nothing where there is none."""
    listed = ", ".join(f"{LABELS.date(turn.first)}부터 모형 {turn.structure}" for turn in turns)
    return f"모형이 바뀐 곳({listed})에서는 앞뒤를 잇지 않는다." if turns else ""


def _context(context: Context) -> str:
    return (
        f"회색 선은 {LABELS.date(context.origins[0])} 이후에 나왔을 값을 소급 검증({_KINDS[context.kind]}, 모형 버전 "
        f"{context.model_version})으로 구한 것이며 실적이 아니다."
    )


def _recomputed(again: Recomputed) -> str:
    return (
        f"파선은 {LABELS.date(again[0][0])} 이후 {RECOMPUTED_DAYS}일 간격의 값을 모형 {present_structure()} 기준으로 "
        "다시 계산한 것"
        "(라플라스 근사)이며 실적이 아니다."
    )


def horizons_caption(facts: HorizonsFacts) -> str:
    number, main = len(facts.curves), facts.curves[0]
    of = f"대상 {number}개 각각의" if number > 1 else f"{LABELS.target(main.target)}의"
    others = "작은 그림의 세로축은 공통이다. " if number > 2 else ""
    return (
        f"{_run(facts.run_id, facts.kind, facts.as_of)}에 따른 {of} 누적 확률. 각 기간이 끝날 때까지 1회 이상 일어날 "
        "확률의 평균과 "
        f"50%·90% 구간을 직선으로 이었다. {others}{LABELS.target(main.target)}, {_longest(main)}: "
        f"{_number(main.longest)}."
    )


def curve_caption(facts: HorizonsFacts) -> str:
    main = facts.curves[0]
    return (
        f"{_run(facts.run_id, facts.kind, facts.as_of)}에 따른 {LABELS.target(main.target)}의 누적 확률. 각 기간이 "
        "끝날 때까지 1회 "
        f"이상 일어날 확률의 평균과 50%·90% 구간을 직선으로 이었다. {_longest(main)}: {_number(main.longest)}."
    )


def _longest(curve: Curve) -> str:
    return LABELS.window(curve.longest.days, curve.longest.deadline)


def scenarios_caption(facts: ScenariosFacts) -> str:
    run, window = _run(facts.run_id, facts.kind, facts.as_of), _reach(facts.horizon)
    drawn = f"{run}의 기간별 확률"
    if facts.history:
        first, last = LABELS.date(facts.history[0].as_of), LABELS.date(facts.history[-1].as_of)
        drawn = (
            f"왼쪽은 {drawn}, 오른쪽은 실행 {len(facts.history)}회(기준일 {first}부터 {last}까지)의 {window} 확률 추이"
        )
    shares = sorted(zip(LABELS.scenarios.values(), facts.told.probabilities, strict=True), key=lambda pair: -pair[1])
    sentences = (
        f"각 기간에는 반드시 하나의 시나리오만 성립하므로 각 시점에서 높이의 합은 100%이다. {drawn}.",
        f"실행 간격이 {facts.gap}일을 넘는 곳에서는 끊긴다." if facts.gap else "",
        f"{window}: {', '.join(f'{name} {LABELS.percent(p)}' for name, p in shares)}.",
        _turned(facts.turns),
        siblings_sentence(facts.siblings, facts.headline),
    )
    return " ".join(filter(None, sentences))


def _reach(horizon: Horizon) -> str:
    return LABELS.window(None, horizon) if isinstance(horizon, date) else LABELS.window(horizon, None)


def states_caption(facts: StatesTold) -> str:
    first, last = LABELS.date(facts.first), LABELS.date(facts.last)
    recorded = "" if facts.as_recorded is None else f", {_instant(facts.as_recorded)}까지 기록된"
    return (
        f"{first}부터 {last}까지 지표 {facts.indicators}개의 수준(필터로 추정). 각 날짜의 값은 그날 알려진 정보에 "
        "따른다"
        f"({LABELS.date(facts.as_of)}까지 알려진{recorded} 자료). 평균과 50%·90% 구간(정규 근사), 그리고 관측 "
        f"{facts.observations:,}건(점이 클수록 등급이 높다). {_stale(facts)}"
    )


def _instant(instant: datetime) -> str:
    _, clock, zone = minute(instant).split()
    return f"{LABELS.date(instant.date())} {clock} {zone}"


def _stale(facts: StatesTold) -> str:
    rule = f"빗금: 예상 간격의 {STALE_AFTER_CADENCES:g}배 넘게 관측이 없음"
    day = LABELS.date(facts.last)
    if not facts.stale:
        return f"{day} 현재 관측이 지연된 지표는 없다({rule})."
    longest = max(facts.stale, key=lambda name: facts.stale[name])
    return (
        f"{day} 현재 지표 {facts.indicators}개 중 {len(facts.stale)}개의 관측이 지연되었다({rule}). 가장 오래된 것은 "
        f"‘{longest}’ "
        f"{facts.stale[longest]:,}일."
    )


def effects_caption(facts: EffectsFacts) -> str:
    top, number = facts.largest, len(facts.effects)
    best = top.estimates["posterior"]
    low, high = (signed(end) for end in best.interval(90))
    shown = ", ".join(LABELS.effects.sources[source] for source in facts.sources)
    unit = LABELS.effects.units["odds" if facts.odds else "intensity"]
    sentences = (
        f"{_run(facts.run_id, facts.kind, facts.as_of)}에서 지표 {number}개가 {LABELS.target(facts.target)}에 미치는 "
        f"효과({unit}): "
        f"{shown}. 평균과 50%·90% 구간(평균과 표준편차에 따른 정규 근사).",
        f"가장 큰 것은 ‘{top.name}’ {signed(best.mean)}(1단계당 {math.exp(best.mean):.2f}배, 90% 구간 {low}에서 "
        f"{high}까지).",
        f"사후분포의 90% 구간이 0을 포함하지 않는 지표는 {number}개 중 {facts.clear}개.",
        _taught(facts.shares),
    )
    return " ".join(filter(None, sentences))


def _taught(shares: Sequence[float]) -> str:
    if not shares:
        return ""
    by_documents = sum(share < LEAST for share in shares)
    return (
        f"오른쪽 끝은 효과의 분산 중 사건에서 학습한 비율이다. ‘{LABELS.effects.by_documents}’ 표시는 그 비율이 "
        f"{100 * LEAST:.0f}% "
        f"미만이어서 효과가 사건이 아니라 문헌으로 정해졌음을 뜻한다({len(shares)}개 중 {by_documents}개)."
    )


def judgements_caption(facts: JudgementsFacts) -> str:
    said, spoken = facts.judgements, sum(bool(one.weights) for one in facts.indicators)
    explicit = sum(one.explicit for one in said)
    among = " 모두" if spoken == len(facts.indicators) else f" 중 {spoken}개"
    recorded = "" if facts.as_recorded is None else f"({_instant(facts.as_recorded)}까지 기록)"
    sentences = (
        f"{LABELS.date(facts.as_of)}까지 공표된{recorded} 문헌 {len(facts.authors)}건의 "
        f"{LABELS.target(facts.target)}에 대한 판단: 지표 "
        f"{len(facts.indicators)}개{among}에 대해 총 {len(said)}건, 그중 명시 {explicit}건(채움), 추론 "
        f"{len(said) - explicit}건(빗금).",
        "빈칸은 언급이 없음을 뜻하며 0이 아니다. 가중치는 −3부터 +3까지이며, +는 수준이 높을수록 일어나기 쉽다는 "
        "뜻이다. 평균에서는 각 "
        "문헌의 비중이 같다.",
        f"이 밖에 {LABELS.target('limits_talks')}에 대한 판단 {facts.others}건은 나타내지 않았다."
        if facts.others
        else "",
        _dispute(facts),
    )
    return " ".join(filter(None, sentences))


def _dispute(facts: JudgementsFacts) -> str:
    names = [f"‘{one.name}’" for one in facts.disputed]
    if not names:
        return "저자 간에 부호가 엇갈리는 지표는 없다."
    more = f" 외 {len(names) - NAMED}개" if len(names) > NAMED else ""
    return f"저자 간에 부호가 엇갈리는 지표: {', '.join(names[:NAMED])}{more}."


def diagnostics_caption(facts: DiagnosticsTold) -> str:
    return (
        f"{_run(facts.run_id, facts.kind, facts.as_of)}의 진단, 연쇄 {facts.chains}개 × 추출 {facts.draws:,}회, 모수 "
        f"{facts.parameters:,}개: R-hat과 유효 표본 크기(ESS)를 공표 기준과 비교하고(실행 전체의 값에는 "
        "주요 대상의 로짓이 포함된다), 연쇄별 순위"
        f"(띠는 잘 섞인 적합의 {TRUSTED}%에서 한 모수의 모든 연쇄가 드는 범위)와 에너지를 나타낸다. {_verdict(facts)}"
    )


def _verdict(facts: DiagnosticsTold) -> str:
    words = LABELS.diagnostics
    if facts.status == "published":
        kept = ", ".join(f"{words.measures[one.measure]} {one.value}" for one in facts.verdicts)
        return f"공표 기준을 충족하였다: {kept}."
    reasons = [_broke(one) for one in facts.broken] or facts.failures
    return f"{words.statuses.get(facts.status, facts.status)}: {', '.join(reasons)}."


def _broke(one: Verdict) -> str:
    words = LABELS.diagnostics
    return f"{words.measures[one.measure]} {one.value}({words.whose(one)}, 기준 {one.bound})"


def reliability_caption(facts: ReliabilityFacts) -> str:
    source, curves = facts.source, facts.calibrations
    levels = "·".join(f"{level:.0f}%" for level in sorted({100 * one.level for one in curves}))
    first, last = LABELS.date(source.first), LABELS.date(source.last)
    return (
        f"예측한 확률과 실현 비율: {_backtest(source)}({_KINDS[source.kind]}, {first}부터 {last}까지 "
        f"{source.origins}개 시점)에 따른 "
        f"단조 회귀 보정 곡선과 {levels} 띠(잘 보정된 예측이라면 곡선 전체가 그 확률로 띠 안에 든다). "
        f"아래는 각 확률을 예측한 횟수. {', '.join(map(_curve, curves))}."
    )


def _backtest(source: Source) -> str:
    return "프로그램에 포함된 소급 검증" if source.evaluation_id is None else f"소급 검증 {source.evaluation_id}"


def _curve(one: Calibration) -> str:
    words = LABELS.backtest
    few = "" if one.enough else "(건수가 적어 그 이상은 판단할 수 없음)"
    curve = f"{LABELS.window(one.horizon_days, None)} {LABELS.target(one.target)}"
    return f"{curve} 곡선은 {words.situations[one.situation]}(n = {one.n})에서 띠의 {words.sides[one.inside]}{few}"
