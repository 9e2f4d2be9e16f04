"""A brief of one page in Korean; `forecast.words.english.short` says the same."""

from forecast.facts.brief import Brief
from forecast.facts.changes import REPORT, Step
from forecast.facts.levels import Watched
from forecast.facts.news import RETRACTED, EventNews, ObservationNews
from forecast.facts.quality import Alike
from forecast.facts.track import Pending, TrackRecord, scored_line, waiting
from forecast.words.korean import why
from forecast.words.korean.brief import GROUNDS, compared, model_moved
from forecast.words.korean.labels import LABELS
from forecast.words.korean.plots import last_mark
from forecast.words.numbers import level_text
from forecast.words.parts.short import ShortHeadings
from forecast.words.selection import shown, side

COLON = ": "
HEADINGS = ShortHeadings(
    confidence="확신도",
    moved="확률의 변화",
    week="이번 주에 일어난 일",
    watch="앞으로 주시할 점",
    quality="예측 실적과 과거 검증",
)
_EVENTS, _OBSERVATIONS = 4, 3
"""Lines of each kind."""
_SIDES = {1: "협상 성사에 유리", 0: "중립", -1: "협상 성사에 불리"}
"""By the sign of a level."""
_PUBLIC = {"strict": " 당시 공개된 정보만으로", "retrospective": ""}
"""By the kind of backtest."""
_TIMES = {"all": "", "dry": "지금처럼 협상이 없는 ", "wet": "지금처럼 협상이 진행 중인 "}
_VERDICTS = {
    "few": "사건이 적어 단순 예측보다 나은지 판단할 수 없다",
    "better": "단순 예측보다 낫고, 그 차이는 우연으로 설명하기 어렵다",
    "worse": "단순 예측보다 못하고, 그 차이는 우연으로 설명하기 어렵다",
}
_MORE = "그 밖에 {}건"


def dateline(brief: Brief, number: int | None) -> str:
    told = "미등록 보고서" if number is None else f"보고서 제{number}호"
    return f"{told}({LABELS.date(brief.written_on)} 작성) · 요약본"


def number(brief: Brief) -> str:
    return LABELS.percent(brief.headline.mean)


def reach(brief: Brief) -> str:
    return f"{LABELS.date(brief.ends_on)}까지 {LABELS.target(brief.headline.target)} 확률"


def interval(brief: Brief) -> str:
    return f"90% 구간 {LABELS.percent_range(brief.headline.q05, brief.headline.q95)}"


def base_rate(brief: Brief) -> str:
    base = brief.headline.base_rate
    return "" if base is None else f"기저율 {LABELS.percent(base)}"


def meaning() -> str:
    return "구간은 확률 추정의 불확실성을, 기저율은 지표를 쓰지 않고 과거의 발생 빈도만으로 구한 확률을 나타낸다."


def ground(brief: Brief) -> str:
    against, main = len(brief.grounds.against()), brief.main_ground(GROUNDS)
    if not against:
        return f"낮추는 요인은 없다. 높이는 주된 요인: {main}."
    return f"낮추는 요인은 {against}개이며, 주된 것은 다음과 같다: {main}."


def moved(brief: Brief) -> str:
    since, step = brief.changes.since, brief.step
    if since.run is None or step is None:
        return compared(brief)
    day = LABELS.date(since.run.as_of)
    what = f"이전 보고서(제{since.report_id}호, {day} 기준)" if since.reason == REPORT else f"{day} 기준 전망"
    return f"{what}에 비해 {_moved(step)}."


def _moved(step: Step) -> str:
    numbers = f"({LABELS.percent(step.before)}→{LABELS.percent(step.now)})"
    if step.within_error:
        return f"계산 오차를 넘는 변화는 없다{numbers}"
    way = "상승했다" if step.change > 0 else "하락했다"
    return f"{abs(100 * step.change):.1f}%p {way}{numbers}"


def movers(brief: Brief) -> str:
    """The change of model first; then the indicators that moved most, by the way they moved."""
    changes = brief.changes
    if changes.since.run is None:
        return ""
    told = changes.why_at(brief.headline.horizon_days)
    if told is not None:
        return LABELS.sentences([model_moved(brief), f"{why.causes(*told)}(%p)."])
    towards, away = (", ".join(one.name for one in moves) for moves in (changes.towards, changes.away))
    parts = [f"(협상이 열리기 쉬운 쪽) {towards}" if towards else "", f"(열리기 어려운 쪽) {away}" if away else ""]
    most = ", ".join(filter(None, parts))
    alone = "" if changes.entered else "(시간 경과에 따른 것임)"
    said = f"가장 크게 움직인 지표{alone}: {most}." if most else "눈에 띄게 움직인 지표는 없다."
    return " ".join(filter(None, (model_moved(brief), said)))


def week(brief: Brief) -> list[str]:
    summary = brief.summary
    lines = shown(summary.week.events, _event, _EVENTS, _MORE)
    if not lines:
        through = LABELS.date(min(brief.standing.complete_through, brief.standing.as_of))
        lines.append(f"이번 주의 사건 기록은 없다(사건 기록은 {through}까지 확인됨).")
    lines += shown(summary.since.observations, _observation, _OBSERVATIONS, _MORE)
    if summary.since and summary.standing is None:
        lines.append("이 전망 이후에 기록된 내용은 여기에 실린 확률에 반영되어 있지 않다.")
    return lines


def _event(one: EventNews) -> str:
    days = LABELS.date(one.started_on)
    if one.ended_on != one.started_on:
        days = f"{days}부터 {LABELS.date(one.ended_on)}까지"
    framing = f"{LABELS.events[one.framing]}, " if one.framing in LABELS.events else ""
    where = f", {one.venue}" if one.venue else ""
    dispute = f". 사실 여부 미확정: {one.reason}" if one.disputed else ""
    gone = f". 철회: {one.reason}" if one.what == RETRACTED else ""
    return f"{LABELS.event(one.type)}({framing}{days}{where}): {one.source or '출처 표기 없음'}{dispute}{gone}"


def _observation(one: ObservationNews) -> str:
    gone = f". 철회: {one.reason}" if one.what == RETRACTED else ""
    level = f"수준 {level_text(one.level)}({_SIDES[side(one.level)]})"
    return f"{one.indicator}: {level}, {LABELS.date(one.observed_on)}({one.source}){gone}"


def watched(one: Watched) -> str:
    way = "쉬운 쪽" if one.step > 0 else "어려운 쪽"
    moves = "상승한다" if one.change > 0 else "하락한다"
    about = "최대 약" if one.at_most else "약"
    unsure = "" if one.certain else "(방향 불확실)"
    return f"협상이 열리기 {way}으로 한 단계 움직이면 확률은 {about} {abs(100 * one.change):.1f}%p {moves}{unsure}."


def favours(one: Watched) -> str:
    return f"협상 성사에 유리: {one.favours}"


def hinders(one: Watched) -> str:
    return f"협상 성사에 불리: {one.hinders}"


def quality(brief: Brief) -> str:
    found = brief.alike
    past = _tested(found) if found else "이런 예측에 대한 과거 검증은 아직 이루어지지 않았다."
    return f"{_live(brief.track)} {past}"


def _live(record: TrackRecord | None) -> str:
    if record is None:
        return "공표한 예측은 아직 채점할 수 없다."
    name, line = LABELS.target(record.headline), scored_line(record)
    if line is None:
        return f"공표한 {name} 예측 가운데 채점된 것은 아직 없다{_due(waiting(record))}."
    few = "" if line.enough else "(건수가 적어 우열을 판단할 수 없음)"
    window = LABELS.window(line.horizon_days, line.deadline)
    return (
        f"공표한 {name} 예측({window}) 가운데 채점된 것은 {line.forecasts}건이다. "
        f"평균 {LABELS.percent(line.mean_forecast)}로 예측했고 실제로 일어난 비율은 {LABELS.share(line.frequency)}였다"
        f"{few}."
    )


def _due(first: Pending | None) -> str:
    if first is None:
        return ""
    if not first.missing:
        return f"(첫 채점은 {LABELS.date(first.scored_on)} 이후)"
    return f"(첫 채점은 {LABELS.date(first.missing[0].needed_through)}까지 사건 기록에 누락이 없음을 확인한 뒤에 가능)"


def _tested(found: Alike) -> str:
    return (
        f"{found.first.year}년부터 {found.last.year}년까지 과거의 각 시점에{_PUBLIC[found.kind]} 예측했다고 가정한 검증"
        f"(예측 실적이 아님)에서는 {_TIMES[found.situation]}{found.n}개 시점에서 평균 "
        f"{LABELS.percent(found.mean_forecast)}로 예측했으나 실제로 일어난 비율은 {LABELS.share(found.frequency)}였다"
        f"({_VERDICTS[found.verdict]})."
    )


def caption(brief: Brief) -> str:
    facts = brief.figures.history
    if facts.windows:
        said = "기간별 확률과 그 50%·90% 구간. 추이를 그리기에는 아직 전망의 수가 적다."
        return LABELS.sentences((said, last_mark(brief.overtaken)))
    tested = " 회색 선은 과거의 각 시점에 예측했다고 가정한 값으로, 예측 실적이 아니다." if facts.context else ""
    said = f"확률의 추이와 그 50%·90% 구간. 점선은 기저율이다.{tested}"
    return LABELS.sentences((said, last_mark(brief.overtaken)))


def longer() -> str:
    return "모든 수치와 방법, 출처는 전체 보고서에 실려 있다."
