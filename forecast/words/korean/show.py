"""`parley show` in Korean."""

from collections.abc import Mapping, Sequence
from datetime import date

from db.run_rows import RunRow, TargetForecastRow
from forecast.facts.news import Week
from forecast.facts.reasons import LEAST
from forecast.facts.summary import Lacking, Summary
from forecast.run_facts import diagnostics_of, failures_of, looked_through
from forecast.structures import ModelChange, structure_of
from forecast.words.korean import why
from forecast.words.korean.labels import LABELS
from forecast.words.korean.news import kinds_to_learn, untaught_words
from forecast.words.korean.reasons import SET_BY_DOCUMENTS
from forecast.words.numbers import figure, minute, second
from forecast.words.selection import explaining, in_order, said_by_form

ROWS: Mapping[str, str] = {
    "mean": "평균",
    "error": "±몬테카를로 오차",
    "median": "중앙값",
    "half": "50% 구간",
    "ninety": "90% 구간",
    "base_rate": "기저율",
    "documents_only": "문헌만 반영",
    "history_only": "과거 기록만 반영",
}
SCENARIOS = "시나리오: 기간마다 반드시 하나만 성립한다"
INDICATORS = "지표: −2는 협상 성사에 불리, +2는 유리. 예상 간격의 두 배가 지나면 ‘지연’"
METHOD = "방법"
LEVELS: Sequence[str] = ("수준", "±표준편차", "최근 관측", "경과 일수", "")
EFFECTS: Sequence[str] = ("효과", "사건 학습")
CELLS: Mapping[str, str] = {"inactive": "미사용", "never": "없음", "stale": "지연", "untaught": "문헌"}
_STATUSES = {"published": "공표", "rejected": "공표 보류", "failed": "실패", "started": "미완료", None: "미완료"}
_ATTEMPTS = {
    "rejected": "공표가 보류되었다",
    "failed": "실패했다",
    "started": "끝나지 않았다",
    None: "끝나지 않았다",
}
_FAILURES = {
    r"R-hat (\S+) of (.+) is above (\S+)": "{1}의 R-hat {0}(상한 {2} 초과)",
    r"bulk ESS (\S+) of (.+) is below (\S+)": "{1}의 벌크 ESS {0}(하한 {2} 미달)",
    r"tail ESS (\S+) of (.+) is below (\S+)": "{1}의 꼬리 ESS {0}(하한 {2} 미달)",
    r"(\d+) of (\d+) draws diverged": "추출 {1}회 중 {0}회 발산",
    r"E-BFMI (\S+) is below (\S+)": "E-BFMI {0}(하한 {1} 미달)",
    r"(.+) not finite": "유한하지 않은 값: {0}",
}


def title(summary: Summary) -> str:
    """The case and the day that the numbers are as of."""
    return f"{summary.case_name}: {LABELS.date(summary.shown.as_of)} 기준 전망"


def headline(row: TargetForecastRow) -> str:
    """The headline over its longest window, with its interval."""
    interval = LABELS.percent_range(row.q05, row.q95)
    window = LABELS.window(row.horizon_days, row.deadline)
    return f"{window} {LABELS.target(row.target)} 확률: {LABELS.percent(row.mean)}(90% 구간 {interval})"


def others(rows: Sequence[TargetForecastRow]) -> str:
    """The headline over other windows, in one line."""
    return ", ".join(f"{LABELS.window(row.horizon_days, row.deadline)} {LABELS.percent(row.mean)}" for row in rows)


def since_heading(run: RunRow) -> str:
    """Above what came on file after a run had read."""
    return f"실행 {run.id}(기준일 {LABELS.date(run.as_of)}) 이후 기록된 것"


def not_taken_in(lacking: Lacking | None) -> str:
    """That the numbers know nothing of it."""
    why = f"({said})" if lacking and (said := lacking_words(lacking)) else ""
    return f"미반영: 아래 수치에는 반영되어 있지 않다. `parley update`를 실행할 것{why}."


def lacking_words(lacking: Lacking) -> str:
    """Why no forecast takes it in, without a full stop."""
    return "이를 반영한 전망을 계산할 수 없다" if lacking.why else "이를 반영한 전망이 없다"


def before(summary: Summary) -> str:
    """What the full run said before what came since, and how the number came about; "" where nothing came."""
    made, of = summary.standing, summary.forecast_of
    if made is None or of is None:
        return ""
    which = f"잠정 실행 {made.run_id}" if made.run_id is not None else "잠정 계산"
    left = f"(단, {kinds_to_learn(summary.since)} 제외)" if summary.since.to_learn else ""
    learn = " 제외된 것은 전체 실행(`parley update`)에서만 반영된다." if left else ""
    if made.untaught:
        learn += f" {untaught_words(made.untaught)}."
    return (
        f"위 기록을 반영한 값{left}으로, 모형을 다시 적합하지 않은 {which}의 결과이다.{learn} 반영 전 실행 "
        f"{of.id}의 값: "
        f"{others(in_order(summary.headline_rows()))}."
    )


def moved(summary: Summary) -> str:
    """What moved the headline since the run of a week before, or how to find out; "" where there is none."""
    if summary.why is None:
        return ""
    before, told = summary.why.before, summary.why.explained
    if told is None:
        since = f"실행 {before.id}({LABELS.date(before.as_of)} 기준) 이후"
        return f"{since} 변동 요인: `{explaining(summary)}`."
    return why.since(told.explanation, told.target, told.reach)


def week_heading(week: Week) -> str:
    """Above events and attestations of the week, and disputes that stand."""
    return f"{LABELS.date(week.since)} 이후의 사건과 누락 없음 확인, 사실 여부가 미확정인 사건"


def attempt(run: RunRow) -> str:
    """What became of a run that was not published, and why."""
    what = f"실행 {run.id}(기준일 {LABELS.date(run.as_of)}): {_ATTEMPTS.get(run.status, run.status)}"
    reasons = _failures(run)
    return f"{what}({reasons})." if reasons else f"{what}."


def _failures(run: RunRow) -> str:
    return ", ".join(said_by_form(one, _FAILURES) for one in failures_of(run))


def last_good(good: RunRow | None) -> str:
    """That an earlier forecast stands, and by which run where that is to be said."""
    which = f"(실행 {good.id}, 기준일 {LABELS.date(good.as_of)})" if good else ""
    return f"이전 전망: 아래는 마지막으로 공표된 전망이다{which}."


def no_forecast(run: RunRow) -> str:
    """That none was published up to the day of a run."""
    return (
        f"전망 없음: 기준일 {LABELS.date(run.as_of)}까지 공표된 것이 없다. "
        f"`parley update --as-of {run.as_of} --draws 4000`을 실행할 것."
    )


def overdue(run: RunRow, owed: date | None) -> str:
    """That a newer forecast should be there by now."""
    due = f"{LABELS.date(owed)} 기준 전망이" if owed else "더 새로운 전망이"
    return (
        f"갱신 지연: 마지막 실행의 기준일은 {LABELS.date(run.as_of)}이며, 지금쯤 {due} 나와 있어야 한다. "
        "`parley update`를 실행할 것."
    )


def situation(summary: Summary) -> str:
    """Dry or wet, since when, and what silence on unattested days says."""
    run = summary.shown.run
    days = run.days_since_talks
    since = "회담 기록 없음" if days is None else f"마지막 회담으로부터 {days:,}일"
    now = f"{LABELS.date(run.complete_through)} 현재 {'협상 공백기' if run.dry else '협상 진행기'}({since})"
    if run.complete_through < run.as_of and run.p_dry_now is not None:
        dry = LABELS.percent(run.p_dry_now)
        now += f". 그 뒤는 미확인이며, {LABELS.date(run.as_of)}에도 협상 공백기일 확률은 {dry}"
    return f"{now}. {_looking(summary)}".rstrip()


def _looking(summary: Summary) -> str:
    """What silence on unattested days says; "" where there are none, or the run does not say who looked."""
    source = summary.forecast_of
    if source is None or "unattested" not in source.detail or summary.shown.run.complete_through >= source.as_of:
        return ""
    day = looked_through(source)
    if summary.since and (day is None or day <= source.complete_through):
        return (
            f"실행 {source.id}의 계산에 쓸 그 뒤의 입력이 없었다. 그동안 보도가 없었다는 사실은 다음 실행부터 반영된다."
        )
    if day is None or day <= source.complete_through:
        return "그 뒤의 입력이 없어, 미확인 기간에 기록이 없다는 사실은 단서가 되지 않는다."
    return (
        f"입력은 {LABELS.date(day)}까지 이어진다. 그날까지는 보도되었다면 기록되었을 범위에서 기록이 없다는 "
        "사실도 반영한다."
    )


def target_heading(target: str, *, headline: bool) -> str:
    """Above the windows of a target."""
    return f"{LABELS.target(target)}{' [주요 대상]' if headline else ''}: 한 번이라도 일어날 확률"


def method() -> str:
    """How intervals and what stands beside a forecast come about."""
    return (
        "구간은 모수, 현재 수준, 현재 국면의 사후분포에서 추출한 ‘일어날 확률’의 양쪽 꼬리 확률이 같은 구간이다. "
        "±몬테카를로 오차는 시뮬레이션에 따른 평균의 오차를 %p로 나타낸다. ‘문헌만 반영’은 기저율과 목록에 "
        "정한 방향에서 "
        "출발하며, ‘과거 기록만 반영’과 함께 라플라스 근사에 따른다."
    )


def taught_note() -> str:
    """What the columns of effects mean."""
    return (
        "효과: 수준 한 단계당 주요 대상의 로그 발생률 변화. 사건 학습: 그 분산 가운데 사건에서 학습한 비율. ‘문헌’은 "
        f"{100 * LEAST:.0f}% 미만({SET_BY_DOCUMENTS})."
    )


def run_heading(run: RunRow) -> str:
    """Above the facts of a run."""
    return f"실행 {run.id}(기준일 {LABELS.date(run.as_of)})"


def run_facts(run: RunRow, zone: str, names: Sequence[str]) -> list[tuple[str, str]]:
    """Name and value of what a run is; a value is "" where there is nothing to say."""
    d = diagnostics_of(run)
    sampled = (
        f"R-hat ≤ {figure(d['rhat_max'], '.4f')}, 벌크 ESS ≥ {figure(d['ess_bulk_min'], '.0f')}, "
        f"꼬리 ESS ≥ {figure(d['ess_tail_min'], '.0f')}, 발산 {figure(d['divergences'], 'd')}회"
        f"(추출 {figure(d['draws'], 'd')}회)"
    )
    borrowed = run.detail.get("posterior_of")
    return [
        ("이름", ", ".join(names)),
        ("종류", f"{LABELS.kinds[run.kind]}, {_STATUSES.get(run.status, run.status)}"),
        ("공표", second(run.issued_at)),
        ("날짜의 시간대", zone),
        ("진단", "" if borrowed else sampled),
        ("적합 없음", f"수준과 장래 계산만 새로 함. 사후분포는 실행 {borrowed}의 것" if borrowed else ""),
        ("보류 사유", _failures(run)),
        ("모형", str(structure_of(run))),
        ("코드", f"{run.code_version}, 난수 시드 {run.seed}"),
        ("사례", f"{run.case_id} {run.case_hash}"),
        ("입력", run.inputs_hash),
        ("사후분포", run.file_hash or ""),
        ("솎아냄", minute(run.thinned_at) if run.thinned_at else ""),
    ]


def model_heading(change: ModelChange) -> str:
    """Above what a change of the model alone did, target by target."""
    models = f"모형 {change.to_structure}에서 모형 {change.from_structure}의 값을 뺀 차이"
    return f"{models}(실행 {change.from_run}에서 읽은 기록 기준, %p)"
