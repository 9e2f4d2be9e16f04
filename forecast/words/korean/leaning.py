"""What the headline leans on beside the record, in Korean: judgement, and assumptions the record cannot settle."""

from forecast.facts.summary import Summary
from forecast.words.korean.labels import LABELS
from forecast.words.selection import assumed_ends, longest_rolling

ASSUMPTIONS = {
    "framing leans to arms control (+1)": "의제가 군비통제로 기운다(+1)",
    "framing leans to denuclearisation (-1)": "의제가 비핵화로 기운다(−1)",
    "framing remembered for 1 year": "의제의 기억은 1년",
    "framing remembered for 3 years": "의제의 기억은 3년",
    "silence does not matter": "협상 공백은 영향이 없다",
    "silence matters without end": "협상 공백의 영향이 한계 없이 계속 커진다",
    "indicators say nothing": "지표는 아무것도 말해 주지 않는다",
    "regime half as lively (sd 0.35)": "국면의 변동이 절반이다(표준편차 0.35)",
    "regime livelier (sd 1.0)": "국면의 변동이 더 크다(표준편차 1.0)",
    "priors of the case alone": "사전분포는 이 사례만으로 정한다",
}
"""By the names under which they are stored."""


def judgement_sentence(summary: Summary) -> str | None:
    """How much of the headline number is judgement, at the longest rolling horizon; None where it is not known."""
    row = longest_rolling(summary.shown_headline())
    if row is None or row.history_only is None or row.documents_only is None or row.base_rate is None:
        return None
    base, mean = LABELS.percent(row.base_rate), LABELS.percent(row.mean)
    subject = f"{LABELS.window(row.horizon_days, None)} {LABELS.target(row.target)}"
    documents = LABELS.percent(row.documents_only)
    if row.history_only == row.mean:
        return (
            f"판단의 비중: 공표된 문헌은 없다. {subject} 확률은 기저율 {base}에서 출발해 각 지표가 어느 쪽으로 "
            "작용하는지에 대한 "
            f"가정만 쓰면 {documents}, 과거 기록을 더하면 {mean}이다. 지표 수준의 평가도 판단이다."
        )
    return (
        f"판단의 비중: {subject} 확률은 문헌의 판단을 제외하면 {LABELS.percent(row.history_only)}, 더하면 "
        f"{mean}이다. 문헌만 "
        f"반영하면 기저율 {base}에서 출발해 {documents}가 된다. 지표 수준의 평가와 각 지표가 어느 쪽으로 "
        "작용하는지에 대한 "
        "가정도 판단이며, 기저율을 뺀 모든 값이 여기에 달려 있다."
    )


def assumption_sentence(summary: Summary) -> str | None:
    """Between what the headline lies with one assumption changed, at the longest rolling horizon."""
    ends = assumed_ends(summary)
    if ends is None or summary.forecast_of is None:
        return None
    (low, lowest), (high, highest) = ends
    run = summary.forecast_of
    of_run = "" if summary.shown.run_id == run.id else f"(실행 {run.id}의 계산)"
    return (
        "기록만으로는 판별할 수 없는 가정: 모형의 가정을 하나만 바꾸면 확률은 "
        f"{LABELS.percent(low)}(‘{assumption_name(lowest)}’)에서 "
        f"{LABELS.percent(high)}(‘{assumption_name(highest)}’) 사이가 된다{of_run}. 전체 목록은 "
        "`parley check assumptions`로 볼 수 있다(모두 라플라스 근사)."
    )


def assumption_name(name: str) -> str:
    """An assumption by the name under which it is stored."""
    return ASSUMPTIONS.get(name, name)
