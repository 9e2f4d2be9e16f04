"""How far the forecasts can be trusted, in Korean."""

from collections.abc import Mapping, Sequence

from forecast.facts.quality import BLOCKS, LEVEL, TOLD_WITHIN, Calibration, Miss, Ranked, Source, Timeline
from forecast.facts.track import Counts
from forecast.facts.trust import Checked, Trust
from forecast.words.korean.checks import check_sentence
from forecast.words.korean.labels import LABELS
from forecast.words.korean.trust_labels import PAGE as PAGE
from forecast.words.korean.trust_labels import TABLES as TABLES

KINDS = {
    "strict": "각 시점까지 공표된 판단만 사용",
    "retrospective": "현재의 판단을 과거에 적용",
}
ENGINES = {
    "laplace": "라플라스 근사",
    "psis": "NUTS(다시 추정하기 전까지는 가중치 조정)",
    "nuts": "NUTS(시점마다 추정)",
}
ORIGINS = {"all": "전체 시점", "dry": "협상 공백기의 시점", "wet": "협상 진행기의 시점"}
_BAND = LABELS.percent(LEVEL)
_POINTS = f"{100 * TOLD_WITHIN:.0f}%p"


def statement(measure: str, situation: str) -> str:
    """What is asked of the model by a measure over the origins of a situation."""
    what = {
        "difference": "로그 점수가 최선의 단순 예측보다 나음",
        "bias": f"예측 평균과 빈도의 차이가 {_POINTS} 이내",
        "curve": f"보정 곡선이 {_BAND} 띠 안에 있음",
    }[measure]
    return f"{what}({TABLES.situations[situation]})"


def rule() -> str:
    """When a number is told: what is enough."""
    return (
        f"판단 가능하다고 보는 조건: 차이는 {_BAND} 구간에 0이 들지 않을 것, 빈도와 편향은 구간이 양쪽으로 {_POINTS} "
        f"이내일 것, 보정 곡선은 띠를 벗어나거나 띠가 양쪽으로 {_POINTS} 이내일 것. 아울러 시점이 18개월 블록 "
        f"{BLOCKS}개 이상에 걸쳐 있고 실현된 기간과 실현되지 않은 기간이 모두 있어야 한다. 이를 충족하지 못한 "
        "수치에는 건수가 부족하다는 뜻으로 물음표를 붙인다."
    )


def track_counts(counts: Counts, pending: int, structure: int | None) -> str:
    """What was counted and what not; of one structure of the model, where there are several."""
    by = "" if structure is None else f"(모형 {structure})"
    return (
        f"공표된 실행{by} 가운데 포함 {counts.counted}회. 제외: 사후 실행 {counts.after_the_fact}회, 같은 기준일의 "
        f"재실행 {counts.repeats}회, 잠정 실행 {counts.provisional}회. 채점을 기다리는 대상·시나리오 예측 {pending}건."
    )


def kept_apart() -> str:
    """That the records of several structures are not joined."""
    return "실적은 모형별로 집계하며, 서로 다른 모형의 예측은 합치지 않는다."


def backtest(source: Source) -> str:
    """Which backtest, of which origins: no sentence."""
    name = "프로그램에 포함된 것" if source.evaluation_id is None else f"번호 {source.evaluation_id}"
    standard = "" if source.standard else ", 표준 계획에 따르지 않은 것"
    engine = f", 추정은 {ENGINES.get(source.engine, source.engine)}" if source.engine else ""
    first, last = LABELS.date(source.first), LABELS.date(source.last)
    return f"{name}{standard}, {first}부터 {last}까지 {source.origins}개 시점, {KINDS[source.kind]}{engine}"


def eras(days: int, year: int) -> str:
    """What the rows of the eras mean."""
    return (
        f"연대별 행은 {days}일 기간에 대한 것이다. 모형의 구조는 {year - 1}년까지의 시점으로 골랐고 {year}년 이후의 "
        "시점은 고르는 데 쓰지 않았다."
    )


def best_naive(rows: Mapping[str, Sequence[str]]) -> str:
    """Which naive forecast was best in which rows, by its name; everywhere, where there is one alone."""
    if len(rows) == 1:
        return f"최선의 단순 예측: 모두 {next(iter(rows))}."
    return f"최선의 단순 예측: {', '.join(f'{name}[{" / ".join(where)}]' for name, where in rows.items())}."


def best_naive_rows(rows: Mapping[str, Sequence[int]]) -> str:
    """The same, with rows by their numbers."""
    return best_naive({name: [f"{', '.join(map(str, where))}행"] for name, where in rows.items()})


def came_true(scenarios: Sequence[Ranked]) -> str:
    """How often each scenario came true; "" where nothing was counted."""
    counts = " / ".join(
        f"{LABELS.window(one.horizon_days, None)} {', '.join(f'{label} {n}' for label, n in one.counts.items() if n)}"
        for one in scenarios
        if one.counts
    )
    return f"실현된 시점의 수: {counts}." if counts else ""


def calibration_sentence(one: Calibration) -> str:
    """Whether a curve lies in its band."""
    place = " 안에 있다" if one.inside else "를 벗어난다"
    return (
        f"{_subject(one.target, one.horizon_days)} 곡선은 {ORIGINS[one.situation]}(n={one.n})에서 "
        f"{LABELS.percent(one.level)} 띠{place}. 띠는 평균적으로 양쪽 {100 * one.half_width:.0f}%p에 "
        f"이른다.{'' if one.enough else ' 건수가 적어 그 이상은 판단할 수 없다.'}"
    )


def timeline_sentence(one: Timeline) -> str:
    """What was said on average, what came true, and which forecasts were furthest off."""
    furthest = ", ".join(map(_miss, one.furthest))
    return (
        f"{_subject(one.target, one.horizon_days)} 예측은 평균 {LABELS.percent(one.mean)}, 실현된 것은 {one.n}개 "
        f"기간의 {LABELS.share(one.frequency)}였다. 가장 크게 빗나간 예측: {furthest}."
    )


def _miss(one: Miss) -> str:
    came = "실현됨" if one.came_true else "실현되지 않음"
    return f"{LABELS.date(one.origin)}의 {LABELS.percent(one.probability)}({came})"


def _subject(target: str, days: int) -> str:
    return f"{LABELS.window(days, None)} {LABELS.target(target)}"


def check_found(one: Checked) -> str:
    """What a check found, in English where too little was stored to say it anew; or how to run it."""
    if one.sentence is None:
        return f"미실시. {how_to_run(one.name)}"
    return f"(영어 원문) {one.sentence}" if one.found is None else check_sentence(one.found)


def how_to_run(name: str) -> str:
    """The command that runs a check, where it was not run."""
    return f"`parley check {name}` 명령으로 실시한다."


def last_run(one: Checked) -> str:
    """As of when and by which code a check was last run, no sentence."""
    day = "–" if one.as_of is None else LABELS.date(one.as_of)
    return f"{day} 기준, 코드 {one.code_version}"


def last_runs(runs: Mapping[str, Sequence[str]]) -> str:
    """The names of checks by what `last_run` says of them."""
    listed = " / ".join(f"{', '.join(names)}({when})" for when, names in runs.items())
    return f"마지막 실시: {listed}." if listed else ""


def provenance(trust: Trust) -> tuple[tuple[str, str], ...]:
    """Name and value of what the backtest was made from, with which code; an empty value is not known."""
    source, now = trust.source, trust.case_hash[:12]
    outdated = "" if source.case_hash == trust.case_hash else f"(현재는 {now}. `parley backtest` 명령을 실행한다)"
    stored = f"({source.recorded_at:%Y-%m-%d %H:%M:%S} UTC 저장)" if source.recorded_at else ""
    code = f", 코드 {source.code_version}" if source.code_version else ""
    return (
        ("실제 결과", f"{LABELS.date(source.as_of)}까지 알려진 사건과 누락 없음 확인{stored}"),
        (
            "모형",
            f"{source.structure}, 버전 {source.model_version}, 이 프로그램의 버전 {trust.model_version}{code}",
        ),
        ("사례", f"{trust.case_id} {source.case_hash[:12]}{outdated}"),
        ("입력", source.inputs_hash or ""),
        ("배열", source.file_hash or ""),
    )


def reading() -> tuple[str, ...]:
    """How to read the page, term by term."""
    scenarios = ", ".join(f"{label} {name}" for label, name in LABELS.scenarios.items())
    return (
        "**로그 점수**: 실제로 일어난 것에 부여한 확률의 로그에 음의 부호를 붙인 값(단위 나트)의 평균. 작을수록 좋다. "
        "항상 50%로 예측하면 0.693이 된다.",
        "**단순 예측**은 사건이 일어난 시점과 협상의 유무만 이용한다. 과거 빈도, 로지스틱 회귀, 일정 발생률이 있으며 "
        "모두 각 시점까지의 기록으로 추정한다. 행마다 가장 좋은 것을 사후에 고르므로 단순 예측에 유리한 비교이다.",
        "**n**은 시점의 수이다. 기간은 서로 겹치고 조용한 해는 서로 닮아 있다. 결과가 같은 시점이 이어진 "
        "**묶음**의 수가 독립적인 결과의 수에 더 가깝다. 구간을 18개월 블록의 재표집으로 구하는 것은 이 때문이다.",
        "**협상 공백기**: 직전 90일 안에 끝난 해당 회담이 없는 시기. **협상 진행기**: 그러한 회담이 있는 시기. 협상 "
        "공백기의 시점에서는 협상이 시작되는가라는 더 어려운 물음이 된다.",
        f"**시나리오**: 기간마다 정확히 하나만 성립한다. {scenarios}.",
        "**편향**: 예측 평균에서 실현 빈도를 뺀 차이(%p). 0보다 크면 예측이 지나치게 높았다는 뜻이다.",
        "**건수 부족**: 독립적인 결과가 기록에 충분하지 않아 그 이상은 말할 수 없다. 비교 대상과 대등하다는 "
        "뜻도, 그보다 못하다는 뜻도 아니다.",
    )
