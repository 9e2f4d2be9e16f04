"""How good the forecasts have been, in Korean: live, in the backtest, and against bounds."""

from forecast.facts.quality import Alike, Bound, Overall, Quality, Tested
from forecast.facts.track import (
    UNATTESTED,
    Counts,
    Pending,
    ScenarioLine,
    TrackLine,
    TrackRecord,
    Unscored,
    first_pending,
    telling_line,
)
from forecast.identity import model_version
from forecast.structures import present_structure
from forecast.words.korean.labels import LABELS
from forecast.words.numbers import share, signed

TOO_FEW = "건수가 적어 우열을 판단할 수 없다"
TRACK_RULE = (
    "예측 실적에는 사전에 공표한 예측만 센다. 곧 각 기준일에 처음 공표된 실행 가운데 기준일 다음 날(UTC)이 "
    "끝나기 전에 공표되었고 "
    "잠정이 아닌 것이다. 모든 예측은 기간이 끝나고 그 끝까지의 기록이 확인되면, 일어난 경우와 일어나지 않은 "
    "경우를 가리지 않고 "
    "채점한다."
)
_KINDS = {"strict": "당시 공개된 정보만 사용", "retrospective": "현재의 사례 정의를 과거에 적용"}
_SITUATIONS = {"all": "전체 시점", "dry": "협상 공백기", "wet": "협상 진행기"}
_VERDICTS = {
    "few": "사건이 적어 우열을 판단할 수 없다",
    "better": "우연으로 설명하기 어려울 만큼 낫다",
    "worse": "우연으로 설명하기 어려울 만큼 못하다",
}
_MEASURES = {
    "difference": "로그 점수가 최선의 단순 예측보다 좋을 것",
    "bias": "예측 평균과 실제 빈도의 차이가 5%p 이내일 것",
    "curve": "보정 곡선이 90% 띠 안에 들 것",
}


def quality_sentence(quality: Quality) -> str:
    """What the newest backtest found of forecasts like the one that is shown; or that none was made."""
    if quality.alike:
        return alike_sentence(quality.alike)
    if quality.model_version is None:
        return "이 사례에서는 예측의 정확도를 아직 검증하지 않았다. 검증하려면 `parley backtest`를 실행한다."
    return "현재와 같은 상황의 예측은 검증되지 않았다."


def quality_note(quality: Quality) -> str:
    """That the backtest was of another model than the forecast, or of other code; "" where of the same."""
    tested = quality.structure
    if quality.model_version is None or tested is None:
        return ""
    if tested != quality.by:
        again = "" if tested == present_structure() else " `parley backtest`를 실행할 것."
        return f"검증한 것은 모형 {tested}, 이 전망을 낸 것은 모형 {quality.by}이다.{again}"
    version = quality.model_version
    if version == model_version():
        return ""
    return f"검증한 모형의 판은 {version}, 현재의 판은 {model_version()}이다. `parley backtest`를 실행할 것."


def overall_sentence(found: Overall) -> str:
    """One sentence an editor could print, on the headline over the longest window."""
    apart = ", ".join(
        f"{_SITUATIONS[one.situation]}({one.n}개 시점)에는 평균 {LABELS.percent(one.mean_forecast)}로 예측했으나 "
        "실제로 일어난 "
        f"비율은 {_share(one.frequency)}"
        for one in found.apart
    )
    return (
        f"소급 검증({_KINDS[found.kind]}, {found.first.year}년부터 {found.last.year}년까지 {found.n}개 시점)의 "
        f"{found.horizon_days}일 이내 {LABELS.target(found.target)} 예측: 로그 점수(작을수록 좋다)는 "
        f"{found.log_score:.2f}, 최선의 단순 예측은 {found.naive_log_score:.2f}이다(차이 {_signed(found.difference)}, "
        f"{LABELS.level(round(100 * found.level))} {_signed(found.low)}에서 {_signed(found.high)}까지: "
        f"{_VERDICTS[found.verdict]}). {apart}."
    )


def alike_sentence(found: Alike) -> str:
    """What it says, for an editor to print."""
    reach = "" if found.asked_days == found.horizon_days else f"(표시된 {found.asked_days}일에는 미치지 못한다)"
    interval = ""
    if found.low is not None and found.high is not None:
        interval = f", 90% 구간 {_signed(found.low)}에서 {_signed(found.high)}까지"
    return (
        f"소급 검증({_KINDS[found.kind]}, {found.first.year}년부터 {found.last.year}년까지 {found.origins}개 시점)의 "
        f"{found.horizon_days}일 이내 {LABELS.target(found.target)} 예측{reach}: 현재와 같은 "
        f"{_SITUATIONS[found.situation]}의 {found.n}개 시점에서 평균 {LABELS.percent(found.mean_forecast)}로 "
        f"예측했으나 실제로 일어난 비율은 {_share(found.frequency)}였다. 로그 점수(작을수록 좋다)는 "
        f"{found.log_score:.2f}, 최선의 단순 예측은 "
        f"{found.naive_log_score:.2f}이다(차이 {signed(found.difference)}{interval}: {_VERDICTS[found.verdict]})."
        f"{_band(found)}"
    )


def _band(found: Alike) -> str:
    band, when = found.band, _SITUATIONS[found.situation]
    if band is None:
        return ""
    said, now = f"{100 * band.low:.0f}~{100 * band.high:.0f}%", LABELS.percent(found.p)
    if not band.n:
        return f" {when}에 {said}로 예측한 적은 없다(현재 {now})."
    came = f"실현된 것은 {band.came_true}개이다" if band.came_true else "실현된 것은 없다"
    if band.came_true > 1:
        stretches = "모두 하나의 연속된 시기에 몰려" if band.spells == 1 else f"서로 떨어진 {band.spells}개 시기에 걸쳐"
        came = f"실현된 것은 {band.came_true}개이며 {stretches} 있다"
    few = " 판단의 근거로 삼기에는 너무 적다." if band.few else ""
    return (
        f" {when}에 {said}로 예측한 {band.n}개 시점(현재의 {now}도 이 범위에 든다) 가운데 {came}. "
        f"예측 기간은 서로 겹치며, 겹치지 않는 것은 많아야 {band.apart}개이다.{few}"
    )


def _signed(value: float) -> str:
    """With a sign on what rounds to zero too: an interval may end there."""
    return f"{value:+.2f}".replace("-", "−")


def _share(p: float) -> str:
    return share(p).replace(" %", "%")


def track_sentence(found: TrackRecord | Unscored) -> str:
    """What live forecasts of the headline were worth, in one sentence for each structure of the model.

    Where there is one structure alone it is not named.
    """
    if isinstance(found, Unscored):
        return f"공표한 예측을 채점할 수 없다{_unattested(found)}."
    if not found.others:
        return structure_sentence(found)
    return " ".join(f"모형 {one.structure}: {structure_sentence(one)}" for one in (found, *found.others))


def _unattested(found: Unscored) -> str:
    if not found.types:
        return ""
    types = "·".join(map(LABELS.event, found.types))
    command = "`parley event none --type TYPE --since DATE --through DATE`"
    return (
        f": {types} 기록이 언제까지 빠짐없는지 {LABELS.date(found.as_of)} 현재 아무도 확인하지 않았다. "
        f"{command}로 입력한다"
    )


def structure_sentence(record: TrackRecord) -> str:
    """What live forecasts by the structure of a record were worth, whatever those of others were."""
    line = telling_line(record)
    name = LABELS.target(record.headline)
    if line is not None:
        return _resolved(line, f"{LABELS.date(record.as_of)}까지 {name}")
    if not record.counts.counted:
        late = record.counts.after_the_fact
        after = f"(실행 {late}회는 모두 사후에 이루어졌다)" if late else ""
        return f"사전에 공표한 예측은 아직 없다{after}."
    return f"{name} 예측 가운데 결과가 확정된 것은 아직 없다{_due(first_pending(record))}."


def _due(first: Pending | None) -> str:
    if first is None:
        return ""
    if first.state != UNATTESTED:
        return f"(첫 채점은 {LABELS.date(first.scored_on)} 이후)"
    need = first.missing[0]
    return f"(첫 채점을 하려면 {LABELS.event(need.type)} 기록이 {LABELS.date(need.needed_through)}까지 확인되어야 한다)"


def _resolved(line: TrackLine, subject: str) -> str:
    against = "" if line.base_log_score is None else f", 기저율은 {line.base_log_score:.2f}"
    verdict = "작을수록 좋다" if line.enough else TOO_FEW
    score = f"로그 점수는 {line.log_score:.2f}{against}이다({verdict})"
    return f"{subject}({within(line)}) 예측 {line.forecasts}건의 결과가 확정되었다. {score}."


def track_counts(counts: Counts) -> str:
    """How many runs count, and how many of their forecasts were scored."""
    return f"집계 대상 실행 {counts.counted}회, 채점한 예측 {counts.resolved}건."


def within(one: TrackLine | ScenarioLine | Pending) -> str:
    """The window in words."""
    return LABELS.window(one.horizon_days, one.deadline)


def bounds(tested: Tested | None, headline: str) -> str:
    """How many of the bounds set beforehand the backtest missed, and which."""
    if tested is None or not tested.measured:
        return "기준에 대한 검증은 아직 없다. 검증하려면 `parley backtest`를 실행한다."
    name = f"{tested.measured[0].horizon_days}일 이내 {LABELS.target(headline)}"
    which = f"{name}에 대해 사전에 정한 기준 {len(tested.measured)}개 가운데"
    if not tested.missed:
        return f"{which} 충족하지 못한 것은 없다."
    listed = ", ".join(_missed(bound) for bound in tested.missed)
    return f"{which} {len(tested.missed)}개를 충족하지 못했다: {listed}. 전체 기준은 `parley calibrate`로 볼 수 있다."


def _missed(bound: Bound) -> str:
    value = bound.figure.value if bound.figure else 0.0
    points = f"{signed(100 * value, 1)}%p"
    figure = {"difference": signed(value), "bias": points, "curve": f"띠를 최대 {100 * value:.1f}%p 벗어남"}[
        bound.measure
    ]
    return f"{_MEASURES[bound.measure]}({_SITUATIONS[bound.situation]}: {figure})"
